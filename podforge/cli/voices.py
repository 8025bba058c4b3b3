"""`podforge voices`: who can speak, and how somebody comes to."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podforge.cli.options import cache_option, json_option, voices_option
from podforge.cli.previews import preview
from podforge.cli.remote import remote_group
from podforge.cli.results import print_paths

if TYPE_CHECKING:
    from podforge.voices import VoiceBook, VoiceFile
    from podforge.voices.adding import NewVoice
    from podforge.voices.reference import Choice

_PATH = click.Path(path_type=Path)
_engine_option = click.option(
    "--engine", default="vibevoice", metavar="NAME", help="The engine it is for [vibevoice]."
)


@click.group("voices")
def voices_group() -> None:
    """List and show voices; make one of a recording.

    A voice is a folder in voices/, beside the script or here; some come with podforge.

    \b
    podforge voices list
    podforge voices add me clip.wav --i-have-rights
    """


@voices_group.command("list")
@voices_option
@cache_option
@json_option
def list_voices(voices: Path | None, cache: Path | None, as_json: bool) -> None:
    """List every voice in reach, one a line, with the engines that it has something for.

    \b
    podforge voices list
    podforge voices list --json | jq '.voices[] | select(.engine == "kokoro") | .name'
    """
    from podforge.cli.standings import engines_of, facts_of, standings_of
    from podforge.console import print_rows

    book = _book(voices)
    found = [book.find(name) for name in book.names()]
    look = standings_of(cache)
    if as_json:
        facts = [facts_of(voice, look(voice)) for voice in found]
        click.echo(json.dumps({"version": 1, "voices": facts}, ensure_ascii=False))
        return
    print_rows(
        ("name", "language", "engines", "description"),
        [(v.name, v.language, engines_of(v, look(v)), v.description) for v in found],
    )


@voices_group.command("show")
@click.argument("name")
@voices_option
@cache_option
@json_option
def show_voice(name: str, voices: Path | None, cache: Path | None, as_json: bool) -> None:
    """Show one voice: its recording, its consent, and what it has for each engine, or lacks.

    \b
    podforge voices show mara
    podforge voices show mara --json | jq -r '.engines[] | select(.missing == "") | .engine'
    """
    from podforge.cli.standings import facts_of, rows_of, standings_of
    from podforge.console import print_facts

    voice = _book(voices).find(name)
    consent, standings = voice.consent, standings_of(cache)(voice)
    if as_json:
        facts = {"version": 1, **facts_of(voice, standings)}
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    print_facts(
        {
            "name": voice.name,
            "language": voice.language,
            "description": voice.description,
            "folder": str(voice.folder),
            "reference": _described(voice.reference) if voice.reference else "none",
            "consent": f"{consent.kind}: {consent.owner}, {consent.date}" if consent else "none",
            "allowed uses": consent.allowed_uses if consent else "",
            "usual engine": voice.engine,
            **rows_of(voice, standings),
            **{f"pinned {engine}": _pinned(voice, engine) for engine in voice.embeddings},
        }
    )


@voices_group.command("add")
@click.argument("name")
@click.argument("clip", type=_PATH)
@click.option("--voices", type=_PATH, metavar="DIR",
              help="The voices folder to put it in [voices/ here].")  # fmt: skip
@click.option("--i-have-rights", is_flag=True,
              help="It is your own voice: short for --owner YOU --consent self.")  # fmt: skip
@click.option("--owner", default="", metavar="WHO", help="Whose voice it is.")
@click.option("--consent", "kind", default="", metavar="KIND",
              help="How they agreed: self, written, spoken, licence, public-domain, synthetic.",
              )  # fmt: skip
@click.option("--uses", default="", metavar="TEXT", help="What they allow.")
@click.option("--date", "day", default="", metavar="YYYY-MM-DD", help="When they agreed [today].")
@click.option("--language", default="en", metavar="TAG", help="What it speaks, as en-GB [en].")
@click.option("--description", default="", metavar="TEXT", help="What it is like, for people.")
@click.option("--force", is_flag=True, help="Replace voice.yaml and clip of a voice that is there.")
def add_voice(
    name: str, clip: Path, voices: Path | None, i_have_rights: bool, owner: str, kind: str,
    uses: str, day: str, language: str, description: str, force: bool,
) -> None:  # fmt: skip
    """Make a voice of a recording, for engines that speak like one.

    Takes the best 10 to 30 seconds of speech out of CLIP (any sound file, or the sound of a
    video), and says what is wrong with it: noise, music, clipping.  The owner's consent is
    written down with it.

    \b
    podforge voices add mara interview.mp3 --owner "Mara Quill" --consent written
    podforge voices add me clip.wav --i-have-rights
    """
    from podforge.cli.choices import choices_for
    from podforge.settings.keys import VOICES
    from podforge.voices.adding import NewVoice, add_voice, consent_of

    consent = consent_of(owner, kind, day, uses, i_have_rights)
    folder = choices_for().of(replace(VOICES, folder=False), voices) or Path("voices")
    new = NewVoice(name, clip, folder, consent, language, description)
    _tell_added(new, add_voice(new, replace=force))


@voices_group.command("pin")
@click.argument("name")
@voices_option
@_engine_option
@click.option("--model", metavar="ID_OR_FOLDER", help="The engine's model.")
@click.option("--offline/--no-offline", default=None, help="Download no model.")
@cache_option
def pin_voice(
    name: str, voices: Path | None, engine: str, model: str | None, offline: bool | None,
    cache: Path | None,
) -> None:  # fmt: skip
    """Keep what an engine made of a voice's recording in the voice's folder.

    It is the file NAME/ENGINE.safetensors; being there is what pins it.  The sound stays the
    same, also when the recording is changed or lost, or the store is emptied.  It becomes the
    voice's identity: its lines are spoken again, once.

    \b
    podforge voices pin mara
    podforge voices pin mara --model vibevoice/VibeVoice-7B-hf
    """
    from podforge.cli.choices import choices_for, store_of, with_environment
    from podforge.console import open_console
    from podforge.pinning import pin
    from podforge.settings import EngineFlags, Flag
    from podforge.store import Store

    choices = choices_for()
    voice = _book(voices).find(name)
    flags = EngineFlags((Flag("model", model),) if model else (), offline)
    flags = with_environment(flags, choices)
    with open_console(quiet=False, events=False) as tell:
        pinned = pin(voice, engine, flags, Store(store_of(choices, cache)), tell)
    print_paths(pinned)


@voices_group.command("unpin")
@click.argument("name")
@voices_option
@_engine_option
def unpin_voice(name: str, voices: Path | None, engine: str) -> None:
    """Let a voice's recording be its identity again; its lines are spoken again, once.

    Deletes the pinned file, or gives it another name where the recording has changed since.

    \b
    podforge voices unpin mara
    """
    from podforge.pinning import unpin

    kept = unpin(_book(voices).find(name), engine)
    if kept:
        text = f"it was made of another recording: kept as {kept.name}; you may delete it"
        click.echo(f"podforge: warning: {text}", err=True)
    else:
        again = f"podforge voices pin {name} --engine {engine}"
        click.echo(f"podforge: note: `{again}` makes it again", err=True)


voices_group.add_command(remote_group)
voices_group.add_command(preview)


def _book(voices: Path | None) -> "VoiceBook":
    from podforge.cli.choices import choices_for
    from podforge.project import voice_book
    from podforge.settings.keys import VOICES

    return voice_book(None, choices_for().of(VOICES, voices))


def _tell_added(new: "NewVoice", choice: "Choice") -> None:
    from podforge.cli.standings import engines_of, standings_of
    from podforge.plain import plain
    from podforge.voices import read_voice
    from podforge.voices.pinned import is_stale

    voice = read_voice(new.folder)
    stale = [path.name for key, path in voice.embeddings.items() if is_stale(voice, key)]
    pinned = [f"{name} is still pinned, and was made of another recording" for name in stale]
    for severity, texts in (("note", choice.steps), ("warning", [*choice.warnings, *pinned])):
        for text in texts:
            click.echo(plain(f"{new.clip}: {severity}: {text}"), err=True)
    consent = new.consent
    click.echo(
        plain(
            f"  {choice.seconds:.1f} s; consent: {consent.kind}, {consent.owner}, {consent.date}"
        ),
        err=True,
    )
    ready = engines_of(voice, standings_of(None)(voice))
    click.echo(plain(f"  it has all that these engines need of a voice: {ready}"), err=True)
    print_paths(new.folder)


def _described(reference: Path) -> str:
    from podforge.media import describe_clip

    clip = describe_clip(reference)
    silence = f", {clip.lead_seconds:.1f} s of silence first" if clip.lead_seconds >= 0.1 else ""
    return f"{reference}, {clip.seconds:.1f} s at {clip.dbfs:.1f} dBFS{silence}"


def _pinned(voice: "VoiceFile", engine: str) -> str:
    from podforge.voices.pinned import is_stale, origin_of

    path = voice.embeddings[engine]
    origin = origin_of(path)
    model = f", model {origin.model}" if origin.model else ""
    if not origin.reference:
        return f"{path.name}{model}"
    made_of = "another recording" if is_stale(voice, engine) else "this recording"
    return f"{path.name}, made of {made_of}{model}"
