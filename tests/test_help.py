"""Help: every command has its page, with examples that are true, and all are in docs/commands.md.

UPDATE_SNAPSHOTS=1 writes docs/commands.md again.
"""

import os
import re
import resource
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

from podforge import cli
from tests.in_process import podforge

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "commands.md"
HEAD = """\
# Commands

The help of every command, as `podforge COMMAND --help` prints it. This page is made of it:
`UPDATE_SNAPSHOTS=1 python -m pytest tests/test_help.py`.
"""
MOST_CPU_SECONDS = 0.25


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(path), command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), name)
            yield from commands(found, (*path, name))


COMMANDS = dict(commands(cli.podforge, ("podforge",)))
EXAMPLES = [
    line.strip()
    for command in COMMANDS.values()
    for line in (command.help or "").splitlines()
    if re.match(r"\s*podforge \S", line)  # Python 3.13 takes the indent away
]


def page_of(path: str) -> str:
    """The help of a command, 80 columns wide."""
    context, command = None, cli.podforge
    for name in path.split():
        if context:
            command = command.get_command(context, name)
        context = command.make_context(
            name, ["--help"], parent=context, resilient_parsing=True, terminal_width=80,
            max_content_width=80,
        )  # fmt: skip
    command._help_option = None  # click keeps it, as it was in whatever context came first
    return command.get_help(context)


def test_every_command_stands_in_the_page_as_its_help_is():
    parts = [f"## {path}\n\n```\n{page_of(path)}\n```\n" for path in COMMANDS]
    text = "\n".join([HEAD, *parts])
    if os.environ.get("UPDATE_SNAPSHOTS"):
        PAGE.write_text(text)
    assert PAGE.read_text() == text


@pytest.mark.parametrize("path", ["podforge", "podforge voices", "podforge voices remote"])
def test_a_group_alone_shows_its_help(path):
    done = podforge(*path.split()[1:])
    assert done.returncode == 2
    assert re.match(rf"Usage: .*{path} \[OPTIONS\] COMMAND", done.stderr)
    assert "\nOptions:\n" in done.stderr
    assert "Error:" not in done.stderr


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_says_what_it_is_and_gives_an_example(path):
    command = COMMANDS[path]
    first = (command.help or "").partition("\n")[0]
    assert first.endswith("."), f"{path}: the first line stands in the overview"
    assert len(first) <= 100
    assert re.search(rf"^\s*{path}( |$)", command.help, re.M), f"{path} has no example"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path} {parameter.name} has no help"
            assert parameter.help.endswith((".", "]", "!")), f"{path}: {parameter.help}"


def test_every_command_has_a_place_in_the_overview():
    placed = [name for names in cli._SECTIONS.values() for name in names]
    assert sorted(placed) == sorted(cli._COMMANDS)


@pytest.mark.parametrize("example", sorted(set(EXAMPLES)))
def test_every_example_can_be_parsed(example):
    """The command, its options and their values; not the comment behind two spaces."""
    words = shlex.split(re.split(r"  +|\s\|\s", example)[0])[1:]
    context, command = click.Context(cli.podforge, info_name="podforge"), cli.podforge
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        command = command.get_command(context, name)
        assert command, f"{example}: there is no {name}"
    with suppress(click.exceptions.Exit):  # of --help
        command.make_context(command.name, words, parent=context)


def test_exit_codes_of_the_overview_are_those_of_the_errors():
    from podforge.cli.exits import _CODES

    said = {int(code) for code in re.findall(r"^  (\d+)  ", cli._EPILOG, re.M)}
    assert said == {0, 1, *_CODES.values()}


def test_help_is_fast():
    """CPU seconds of the quickest of three, each a process of its own."""
    took = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "podforge", "--help"], check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(took) < MOST_CPU_SECONDS
