"""`podforge voices`: who can speak."""

from pathlib import Path

import click

from podforge.cli.options import voices_option


@click.group("voices")
def voices_group() -> None:
    """List and show voices."""


@voices_group.command("list")
@voices_option
def list_voices(voices: Path | None) -> None:
    """List every voice in reach, one a line.

    \b
    podforge voices list
    """
    from podforge.console import print_rows
    from podforge.project import voice_book

    book = voice_book(None, voices)
    found = [book.find(name) for name in book.names()]
    print_rows(
        ("name", "language", "engines", "description"),
        [(v.name, v.language, " ".join(v.engines), v.description) for v in found],
    )


@voices_group.command("show")
@click.argument("name")
@voices_option
def show_voice(name: str, voices: Path | None) -> None:
    """Show one voice: its settings, its recording, and its consent.

    \b
    podforge voices show mara
    """
    from podforge.console import print_facts
    from podforge.project import voice_book

    voice = voice_book(None, voices).find(name)
    consent = voice.consent
    print_facts(
        {
            "name": voice.name,
            "language": voice.language,
            "description": voice.description,
            "folder": str(Path(voice.place.file).parent),
            "reference": _described(voice.reference) if voice.reference else "none",
            "consent": f"{consent.kind}: {consent.owner}, {consent.date}" if consent else "none",
            "allowed uses": consent.allowed_uses if consent else "",
            **{
                f"engine {engine}": ", ".join(f"{key} {value}" for key, value in kept.items())
                for engine, kept in voice.engines.items()
            },
        }
    )


def _described(reference: Path) -> str:
    from podforge.media import describe_clip

    clip = describe_clip(reference)
    silence = f", {clip.lead_seconds:.1f} s of silence first" if clip.lead_seconds >= 0.1 else ""
    return f"{reference}, {clip.seconds:.1f} s at {clip.dbfs:.1f} dBFS{silence}"
