"""`podforge cast`: who speaks in a script, and front matter to paste."""

from pathlib import Path

import click

from podforge.cli.options import encoding_option, script_argument, voices_option


@click.command()
@script_argument
@voices_option
@encoding_option
def cast(script: Path, voices: Path | None, encoding: str | None) -> None:
    """Print the speakers found in a script, and front matter to paste at its top.

    \b
    podforge cast transcript.md
    """
    from podforge.cli.choices import Typed, choices_for, request_for
    from podforge.console import print_rows
    from podforge.project import voice_book
    from podforge.reading import front_matter, has_front_matter, speakers_block, suggest_cast

    choices = choices_for(script)
    asked = request_for(script, Typed(voices=voices, encoding=encoding), choices)
    found = suggest_cast(script, asked.encoding, choices.config.front)
    print_rows(
        ("speaker", "turns", "words", "line"),
        [(s.name, str(s.turns), str(s.words), str(s.place.line)) for s in found.speakers],
    )
    click.echo()
    names = voice_book(script, asked.voices).names()
    if has_front_matter(script, asked.encoding):
        click.echo("Put this into the front matter, in place of its speakers:", err=True)
        click.echo(speakers_block(found, names), nl=False)
    else:
        click.echo(front_matter(found, names), nl=False)
