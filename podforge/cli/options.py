"""Arguments and options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])

_PATH = click.Path(path_type=Path)

script_argument = click.argument("script", type=_PATH)
scripts_argument = click.argument("scripts", type=_PATH, nargs=-1, required=True)
encoding_option = click.option(
    "--encoding", default="utf-8", metavar="NAME", help="How the script is encoded [utf-8]."
)
voices_option = click.option(
    "--voices",
    type=_PATH,
    envvar="PODFORGE_VOICES",
    metavar="DIR",
    help="Where voices are looked for [voices/ beside the script and here].",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def project_options(command: Command) -> Command:
    """What decides how a script is read and cast."""
    options = [
        click.option(
            "--engine", default="", envvar="PODFORGE_ENGINE", metavar="NAME",
            help="The voice engine, in place of those the script names [espeak].",
        ),
        voices_option,
        click.option(
            "--cache", type=_PATH, envvar="PODFORGE_CACHE", metavar="DIR",
            help="The store of finished clips [~/.cache/podforge].",
        ),
        encoding_option,
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command
