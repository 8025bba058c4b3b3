"""`podforge import`: a book, a play, a screenplay or a transcript as a script to edit."""

from dataclasses import replace
from pathlib import Path

import click

from podforge.cli.options import encoding_option, include_option, voices_option
from podforge.cli.results import print_paths
from podforge.errors import UsageError
from podforge.script import Script


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o", "output", type=click.Path(path_type=Path), metavar="FILE",
    help="The script to write; - for standard output [FILE with .md].",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Write over a script that is there.")
@include_option
@voices_option
@encoding_option
def import_file(
    file: Path,
    output: Path | None,
    force: bool,
    include: tuple[str, ...],
    voices: Path | None,
    encoding: str | None,
) -> None:
    """Write a book, play, screenplay or transcript as a Markdown script to edit.

    The script renders to the same speech as FILE itself, names a voice for every speaker, and
    has the cover, where there is one, beside it (not with -o -).

    \b
    podforge import book.epub                               book.md, book-cover.jpg
    podforge import play.txt --encoding latin-1 -o ham.md
    podforge import talk.vtt -o -
    """
    from podforge.cli.choices import Typed, choices_for, request_for
    from podforge.plain import plain
    from podforge.reading import SCRIPTS, Asked, read

    if file.suffix.lower() in SCRIPTS:
        raise UsageError(f"{file} is a script already", hint=f"podforge render {file}")
    typed = Typed(voices=voices, encoding=encoding, include=include)
    asked = request_for(file, typed, choices_for(file))
    script, voices = read(file, Asked(asked.encoding, include=asked.include)), asked.voices
    for problem in script.warnings:
        click.echo(plain(str(problem)), err=True)
    target = output or file.with_suffix(".md")
    if target == Path("-"):
        click.echo(_markdown(script, voices), nl=False)
        return
    _write(script, voices, target, force=force)
    print_paths(target)


def _write(script: Script, voices: Path | None, target: Path, *, force: bool) -> None:
    """The script at `target`, and its cover beside it."""
    from podforge.delivery.cover import mime_of, own_cover
    from podforge.delivery.writing import publish, staging

    picture = own_cover(script)
    suffix = ".png" if mime_of(picture) == "image/png" else ".jpg"
    cover = target.with_name(f"{target.stem}-cover{suffix}")
    if picture:
        script = replace(script, header=replace(script.header, cover=cover.name))
    files = {target: _markdown(script, voices).encode()} | ({cover: picture} if picture else {})
    for path in files:
        if path.is_dir():
            raise UsageError(f"{path} is a folder", hint="name a file")
        if path.exists() and not force:
            raise UsageError(f"{path} is there already", hint="--force writes over it")
    with staging(target.parent) as folder:
        for path, data in files.items():
            (folder / path.name).write_bytes(data)
            publish(folder / path.name, path)


def _markdown(script: Script, voices: Path | None) -> str:
    from podforge.dealing import deal
    from podforge.project import voice_book
    from podforge.reading import write_markdown

    names = voice_book(Path(script.path), voices).names()
    wanted = [(role.name, role.voice) for role in script.header.roles]
    return write_markdown(script, deal(wanted, names))
