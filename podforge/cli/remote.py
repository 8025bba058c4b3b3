"""`podforge voices remote`: the voices that an engine's server keeps."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podforge.cli.options import voices_option

if TYPE_CHECKING:
    from podforge.cast import Settings
    from podforge.engines.network.samples import KeepsVoices, Sample
    from podforge.voices import VoiceFile

_engine_option = click.option("--engine", required=True, metavar="NAME", help="Whose server it is.")
_address_option = click.option("--base-url", metavar="URL", help="Where the server is.")


@click.group("remote")
def remote_group() -> None:
    """List the voices that an engine's server keeps, or give it one.

    \b
    podforge voices remote list --engine kokoro-fastapi
    podforge voices remote add mara --engine qwen3-tts --base-url http://127.0.0.1:8091/v1
    """


@remote_group.command("list")
@_engine_option
@_address_option
def list_remote(engine: str, base_url: str | None) -> None:
    """List the names of the server's voices, one a line.

    \b
    podforge voices remote list --engine kokoro-fastapi
    """
    from podforge.plain import plain

    keeper, settings = _server(engine, base_url)
    for name in keeper.remote_voices(settings):
        click.echo(plain(name))


@remote_group.command("add")
@click.argument("name")
@_engine_option
@_address_option
@voices_option
def add_remote(name: str, engine: str, base_url: str | None, voices: Path | None) -> None:
    """Give a voice's recording to the server, with its owner's consent, and say how to use it.

    The server keeps it: requests then name the voice and send no recording.  Prints the lines for
    its voice.yaml.  A voice without a consent block is refused.

    \b
    podforge voices remote add mara --engine qwen3-tts --base-url http://127.0.0.1:8091/v1
    """
    from podforge.cli.choices import choices_for
    from podforge.plain import plain
    from podforge.project import voice_book
    from podforge.settings.keys import VOICES

    voice = voice_book(None, choices_for().of(VOICES, voices)).find(name)
    sample = _sample(voice, engine)
    keeper, settings = _server(engine, base_url)
    kept = keeper.add_remote_voice(settings, sample)
    # What is text in JSON is text in YAML: a name may be `no`, or hold a colon or a brace.
    click.echo(f"engines:\n  {engine}: {{voice: {json.dumps(plain(kept), ensure_ascii=False)}}}")


def _server(engine: str, base_url: str | None) -> "tuple[KeepsVoices, Settings]":
    """An engine that has one, and its settings.  Raises `UsageError` for any other."""
    from podforge.cli.choices import choices_for, with_environment
    from podforge.engines import find_engine
    from podforge.engines.network.samples import KeepsVoices
    from podforge.errors import Place, UsageError
    from podforge.project import Engines
    from podforge.settings import EngineFlags, Flag

    choices, spec = choices_for(), find_engine(engine)
    if not isinstance(spec, KeepsVoices):
        raise UsageError(f"{engine} has no server that keeps voices")
    flags = EngineFlags((Flag("base_url", base_url),) if base_url else ())
    flags = with_environment(flags, choices)
    engines = Engines(Place(""), config=choices.config, flags=flags)
    engines.use([engine], None)  # raises what is wrong with a setting where it was made
    return spec, engines.values(engine)


def _sample(voice: "VoiceFile", engine: str) -> "Sample":
    """What the server gets.  Raises `InputError` where there is nothing to give."""
    from podforge.engines.network.samples import Sample
    from podforge.errors import InputError

    if not voice.reference or not voice.consent:
        text = "it has no recording, so there is nothing that a server could keep"
        raise InputError.at(voice.place, text)
    given = voice.consent
    return Sample(
        voice.name,
        voice.reference,
        f"{given.kind}: {given.owner}, {given.date}; {given.allowed_uses}",
        voice.engines.get(engine, {}).get("ref_text", ""),
        voice.description,
    )
