"""The command line: one module a group of commands, imported when it is needed."""

import importlib

import click

from podforge import __version__
from podforge.cli.exits import guard
from podforge.threads import stay_single

_COMMANDS = {
    "render": "render:render",
    "plan": "plan:plan",
    "check": "check:check",
    "cast": "cast:cast",
    "import": "importing:import_file",
    "inspect": "inspect:inspect",
    "voices": "voices:voices_group",
    "engines": "engines:engines_group",
    "cache": "cache:cache_group",
    "doctor": "doctor:doctor",
}


class _Lazy(click.Group):
    """A group that imports a command only when it is used or its help is shown."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(f"podforge.cli.{module}"), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="podforge")
def podforge() -> None:
    """Build podcasts and audiobooks from scripts.

    A script goes in; a finished, checked, tagged episode comes out; change one line and only
    what depends on it is made again.

    \b
    podforge render episode.md              output/episode/episode.mp3
    podforge render book.md -o book.m4b     an audiobook with chapters
    podforge check episode.md               every problem as file:line:col
    podforge cast episode.md                who speaks, and front matter to paste
    podforge import book.epub               a script to edit, of a book, play or transcript
    """


def main() -> None:
    """The entry point of the `podforge` command."""
    stay_single()
    guard(podforge)
