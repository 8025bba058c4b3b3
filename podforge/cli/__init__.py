"""The command line: one module a group of commands, imported when it is needed."""

import importlib

import click

from podforge import __version__
from podforge.cli.exits import guard
from podforge.threads import stay_single

_COMMANDS = {
    "render": "render:render",
    "plan": "plan:plan",
    "retake": "retake:retake",
    "check": "check:check",
    "cast": "cast:cast",
    "import": "importing:import_file",
    "inspect": "inspect:inspect",
    "voices": "voices:voices_group",
    "engines": "engines:engines_group",
    "cache": "cache:cache_group",
    "config": "config:config_group",
    "doctor": "doctor:doctor",
}
# In the overview; what stands in none of them comes last.
_SECTIONS = {
    "Make": ("render", "retake", "import"),
    "Look, and make nothing": ("check", "cast", "plan", "inspect"),
    "Keep": ("voices", "cache"),
    "Set up": ("doctor", "engines", "config"),
}
_EPILOG = """\b
Exit codes:
  0    done
  1    failed; or lines are suspect or a target is missed, and --strict was given
  2    the command line is wrong
  65   a script, voice or asset has errors: each as FILE:LINE:COL
  66   an input file is not there
  69   an engine or ffmpeg is not installed: podforge doctor
  74   reading or writing failed, or the disk is full
  75   some line has no usable take; run it again, and only that is spoken
  130, 143 and so on: stopped by a signal; run it again to go on

\b
Environment:
  PODFORGE_...     a default for each setting: podforge config show
  PODFORGE_FFMPEG  the ffmpeg to use
  XDG_CACHE_HOME   where the store is, as XDG_CACHE_HOME/podforge
  TMPDIR           where a mix is kept while it is made
  NO_COLOR, TERM   no colours; no moving bar where TERM is dumb

docs/commands.md has the help of every command on one page.
"""


class _Lazy(click.Group):
    """A group that imports a command only when it is used or its help is shown."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by what they are for."""
        shown = {name for names in _SECTIONS.values() for name in names}
        rest = {"Other commands": tuple(name for name in _COMMANDS if name not in shown)}
        for title, names in (_SECTIONS | rest).items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            rows = [(name, found.get_short_help_str(120)) for name, found in commands if found]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(f"podforge.cli.{module}"), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Lazy, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
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
    podforge render --help                  all about one command
    """


def main() -> None:
    """The entry point of the `podforge` command."""
    stay_single()
    guard(podforge)
