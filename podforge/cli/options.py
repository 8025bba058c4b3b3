"""Arguments and options that several commands share.

An option that is not given is None or empty: what then holds, `podforge.cli.choices` finds out.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_PATH = click.Path(path_type=Path)

script_argument = click.argument("script", type=_PATH)
scripts_argument = click.argument("scripts", type=_PATH, nargs=-1, required=True)
encoding_option = click.option(
    "--encoding", metavar="NAME", help="How the script is encoded [utf-8]."
)
cache_option = click.option(
    "--cache", type=_PATH, metavar="DIR", help="The store of finished clips [~/.cache/podforge]."
)
voices_option = click.option(
    "--voices",
    type=_PATH,
    metavar="DIR",
    help="Where voices are looked for [voices/ beside the script and here].",
)
include_option = click.option(
    "--include",
    multiple=True,
    metavar="PART",
    help="A part of a book that is left out otherwise, such as notes; all for everything.",
)
allow_root_option = click.option(
    "--allow-root", "allowed", type=_PATH, multiple=True, metavar="DIR",
    help="A folder outside the project that cues may take music from; may be repeated.",
)  # fmt: skip
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")

draft_option = click.option(
    "--draft/--no-draft", default=None,
    help="Speak all of it with the embedded engine, beside the final one: NAME.draft.mp3.",
)  # fmt: skip


def project_options(command: Callable[..., int]) -> Callable[..., int]:
    """What decides how a script is read and cast, and its store, as one `Typed` in `typed`."""

    @functools.wraps(command)
    def gather(
        *, engine: str, voices: Path | None, cache: Path | None, encoding: str | None,
        include: tuple[str, ...], **given: Any,
    ) -> int:  # fmt: skip
        from podforge.cli.choices import Typed

        typed = Typed(engine=engine, voices=voices, cache=cache, encoding=encoding, include=include)
        return command(typed=typed, **given)

    options = [
        click.option(
            "--engine", default="", metavar="NAME",
            help="The voice engine, in place of those the script names [espeak].",
        ),
        voices_option,
        cache_option,
        encoding_option,
        include_option,
    ]  # fmt: skip
    for option in reversed(options):
        gather = option(gather)
    return gather


# A flag of its own for each setting that several engines have; docs/settings.md has the table.
_ENGINE_FLAGS = {
    "model": ("ID_OR_FOLDER", "The engine's model."),
    "base_url": ("URL", "Where the engine's server is."),
    "device": ("NAME", "Where it computes: auto, cuda, mps, cpu."),
    "dtype": ("NAME", "Numbers it computes with: auto, bfloat16, float32."),
    "steps": ("N", "Diffusion steps a frame."),
    "guidance": ("X", "How closely it follows text and voice."),
    "seed": ("N", "Another number, another take of everything."),
    "window": ("MINUTES", "Speech in one call of the engine, at most."),
    "batch": ("N", "Calls at once."),
    "noise": ("KIND", "The noise in a speaker embedding."),
}


def engine_options(command: Callable[..., int]) -> Callable[..., int]:
    """Settings of engines, and where their models come from, as one `EngineFlags` in `flags`."""

    @functools.wraps(command)
    def gather(
        *, settings: tuple[str, ...], offline: bool | None, update: bool, **given: Any
    ) -> int:
        from podforge.settings import EngineFlags, Flag, parse_flag

        named = ((name, given.pop(name)) for name in _ENGINE_FLAGS)
        flags = [Flag(name, text) for name, text in named if text is not None]
        flags += map(parse_flag, settings)
        return command(flags=EngineFlags(tuple(flags), offline, update), **given)

    options = [
        *(
            click.option(f"--{name.replace('_', '-')}", metavar=metavar, help=text)
            for name, (metavar, text) in _ENGINE_FLAGS.items()
        ),
        click.option(
            "--set", "settings", multiple=True, metavar="ENGINE.SETTING=VALUE",
            help="Any setting of one engine; may be repeated.",
        ),
        click.option("--offline/--no-offline", default=None, help="Download no model."),
        click.option(
            "--update-model", "update", is_flag=True, help="Look for a newer version of the model."
        ),
    ]  # fmt: skip
    for option in reversed(options):
        gather = option(gather)
    return gather
