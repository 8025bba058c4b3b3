"""`podforge voices preview`: hear a voice before anything is rendered with it."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podforge.cli.options import cache_option, engine_options, json_option, voices_option
from podforge.errors import InputError, UsageError

if TYPE_CHECKING:
    from podforge.previewing import Booth, Sample
    from podforge.settings import Config, EngineFlags
    from podforge.voices import VoiceBook

PAGE = "index.html"


@click.command("preview")
@click.argument("names", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every voice that can speak on the engine.")
@click.option("--engine", default="", metavar="NAME",
              help="The engine [the voice's own, else the project's].")  # fmt: skip
@click.option("--text", metavar="TEXT",
              help="What it says, as plain text [a sentence or two].")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PATH",
              help="The WAV file, or a folder for several voices [output/previews].")  # fmt: skip
@click.option("--no-play", is_flag=True, help="Only write it, also on a terminal.")
@voices_option
@cache_option
@json_option
@engine_options
def preview(
    names: tuple[str, ...], every: bool, engine: str, text: str | None, output: Path | None,
    no_play: bool, voices: Path | None, cache: Path | None, as_json: bool, flags: "EngineFlags",
) -> int:  # fmt: skip
    """Let voices speak a sample: output/previews/NAME.ENGINE.wav.

    It goes through the store as a render does, so that a second time costs nothing.  On a
    terminal it is played, where ffplay, afplay, paplay or aplay is there.  Of several voices
    there is a page that plays them, index.html.

    \b
    podforge voices preview mara
    podforge voices preview mara walter --text "Chapter one."
    podforge voices preview --all --engine kokoro --no-play
    """
    from podforge.cli.choices import choices_for, store_of, with_environment
    from podforge.console import open_console
    from podforge.executors.staff import Staff
    from podforge.previewing import Booth
    from podforge.project import voice_book
    from podforge.settings.keys import OUTPUT, VOICES
    from podforge.store import Store
    from podforge.store.holding import in_use

    if every == bool(names):
        raise UsageError("name voices, or give --all", hint="podforge voices preview mara")
    choices = choices_for()
    book = voice_book(None, choices.of(VOICES, voices))
    store = Store(store_of(choices, cache))
    several = every or len(names) > 1 or bool(output and output.is_dir())
    usual = (choices.of(OUTPUT) or Path("output")) / "previews"
    if output and not several and output.suffix.lower() != ".wav":
        raise UsageError(f"-o {output} is no WAV file", hint="end the name with .wav")
    wish = _Wish(
        dict.fromkeys(names or book.names()), every, engine, text,
        (output or usual) if several or not output else output.parent,
        output.name if output and not several else "", with_environment(flags, choices),
    )  # fmt: skip
    with (
        open_console(quiet=False, events=False) as tell,
        in_use(store.root, make=True),
        Staff() as staff,
    ):
        made = list(_samples(wish, book, choices.config, Booth(store, staff, tell)))
    page = _page(made, wish.folder) if every or len(names) > 1 else None
    if as_json:
        samples = [asdict(each) | {"path": str(each.path)} for each in made]
        click.echo(json.dumps({"version": 1, "samples": samples}, ensure_ascii=False))
        return 0
    for path in [*(each.path for each in made), *([page] if page else [])]:
        click.echo(str(path))
    if not no_play and sys.stdout.isatty():
        _play(made)
    return 0


@dataclass(frozen=True)
class _Wish:
    """What is asked for.  `name` is that of the file, where it was named."""

    names: dict[str, None]
    every: bool
    engine: str
    text: str | None
    folder: Path
    name: str
    flags: "EngineFlags"


def _samples(
    wish: _Wish, book: "VoiceBook", config: "Config", booth: "Booth"
) -> "Iterator[Sample]":
    """A sample a voice; of all voices, those that have nothing for the engine are passed over."""
    from podforge.errors import Place
    from podforge.events import Warned
    from podforge.previewing import engine_for, sample
    from podforge.project import Engines

    for voice in wish.names:
        file = book.find(voice)
        engine = wish.engine or engine_for(file, config)
        engines = Engines(Place(file.place.file), config=config, flags=wish.flags)
        path = wish.folder / (wish.name or f"{voice}.{engine}.wav")
        try:
            yield sample(file, engine, wish.text, engines, path, booth)
        except InputError as error:
            if not wish.every:
                raise
            for problem in error.problems:
                booth.tell(Warned(str(problem.place), f"{voice} is passed over: {problem.text}"))


def _page(made: "Sequence[Sample]", folder: Path) -> Path:
    from podforge.delivery.writing import write_text
    from podforge.previewing import page_of

    write_text(folder / PAGE, page_of(made, folder))
    return folder / PAGE


def _play(made: "Sequence[Sample]") -> None:
    from podforge.previewing import play, player

    if command := player():
        for each in made:
            play(each.path, command)
    else:
        click.echo("podforge: note: no player is on the PATH: ffplay, afplay, paplay, aplay",
                   err=True)  # fmt: skip
