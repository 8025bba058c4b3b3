"""Paths of results on stdout: as they are for programs, without escapes for a terminal."""

import sys
from pathlib import Path

import click

from podforge.plain import plain


def print_paths(*paths: Path) -> None:
    """A line a path."""
    for path in paths:
        terminal = sys.stdout is not None and sys.stdout.isatty()
        click.echo(plain(str(path)) if terminal else str(path))
