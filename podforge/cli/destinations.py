"""From `-o` and `--format` to the files that each script becomes."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from podforge.delivering import Outputs
from podforge.depfile import named
from podforge.encodings import STREAMS, Format, format_of
from podforge.errors import UsageError, storage


def parse_formats(text: str) -> tuple[Format, ...]:
    """The formats in a list with commas; `UsageError` for what is none."""
    formats = tuple(dict.fromkeys(format_of(part) for part in text.split(",") if part.strip()))
    if len({wanted.name for wanted in formats}) < len(formats):
        raise UsageError(f"{text} names one format twice", hint="they would be the same file")
    return formats


def destinations(
    scripts: Sequence[Path],
    output: str | None,
    formats: tuple[Format, ...],
    split: bool = False,
    usual: Callable[[Path], Path] = lambda script: Path("output") / script.stem,
) -> list[Outputs]:
    """One `Outputs` a script; empty `formats` there means: as the script says.

    `usual` is the folder for a script where `output` names none.

    Raises `UsageError` when two scripts would write the same file.
    """
    if output == "":
        raise UsageError("-o names nothing", hint="give it a file or a folder, or leave it out")
    if output == "-":  # stdout, which has no folder
        return [Outputs(Path(), script.stem, formats, split) for script in scripts]
    if output and len(scripts) == 1 and not _is_folder(output):
        return [_one_file(Path(output), formats, split)]
    if output and len(scripts) > 1 and Path(output).suffix.lstrip(".").lower() in STREAMS:
        raise UsageError(f"{output} is one file for {len(scripts)} scripts", hint="name a folder")
    folders = [Path(output) if output else usual(script) for script in scripts]
    found = [
        Outputs(folder, script.stem, formats, split)
        for script, folder in zip(scripts, folders, strict=True)
    ]
    _check_distinct(scripts, found)
    return found


def preview(outputs: Outputs) -> Outputs:
    """Where a part of the script goes: `NAME.preview.mp3`, or the file that was named.

    Raises `UsageError` for a name that belongs to an episode, which has a report beside it.
    """
    stem = outputs.stem if outputs.typed else f"{outputs.stem}.preview"
    found = replace(outputs, stem=stem, split=False, bare=True)
    if found.beside(".report.json").exists():
        text = f"{found.beside(found.typed)} is an episode, and this is a part of one"
        raise UsageError(text, hint="name another file with -o")
    return found


def draft(outputs: Outputs) -> Outputs:
    """Where a draft goes: `NAME.draft.mp3`, or the file that was named.

    Raises `UsageError` for a name that belongs to a final episode, as its report says.
    """
    found = outputs if outputs.typed else replace(outputs, stem=f"{outputs.stem}.draft")
    report = found.beside(".report.json")
    if report.exists() and not _is_of_draft(report):
        text = f"{found.beside(found.typed)} is a finished episode, and this is a draft"
        raise UsageError(text, hint="name another file with -o")
    return found


def _is_of_draft(report: Path) -> bool:
    with suppress(ValueError), storage("reading", report):
        facts = json.loads(report.read_bytes())
        return isinstance(facts, dict) and bool(facts.get("draft"))
    return False


def check_depfile(path: Path, scripts: Sequence[Path]) -> None:
    """Refuse, before any work, a depfile that may be a script, and scripts it cannot name.

    `--depfile *.txt` would else write over the first of them.  Raises `UsageError`.
    """
    if path.suffix != ".d":
        raise UsageError(f"--depfile {path} does not end in .d", hint="such as episode.mp3.d")
    for script in scripts:
        named(script, Path.cwd())


def _is_folder(output: str) -> bool:
    return output.endswith("/") or Path(output).is_dir()


def _one_file(path: Path, formats: tuple[Format, ...], split: bool) -> Outputs:
    name = path.suffix.lstrip(".").lower()
    if name not in STREAMS:
        raise UsageError(
            f"cannot tell the format of {path}",
            hint=f"end the name with one of {_all()}, or a folder with /",
        )
    if formats and name not in {wanted.name for wanted in formats}:
        said = ",".join(map(str, formats))
        raise UsageError(f"-o {path} contradicts --format {said}", hint="drop one")
    stem = path.name[: -len(path.suffix)]
    return Outputs(path.parent, stem, formats or (Format(name),), split, typed=path.suffix)


def _check_distinct(scripts: Sequence[Path], found: Sequence[Outputs]) -> None:
    taken: dict[tuple[Path, str], Path] = {}
    for script, outputs in zip(scripts, found, strict=True):
        place = (outputs.folder.absolute(), outputs.stem)
        if place in taken:
            raise UsageError(
                f"{taken[place]} and {script} would both become {outputs.beside('.*')}",
                hint="rename one, or render them into different folders with -o",
            )
        taken[place] = script


def _all() -> str:
    return ", ".join(f".{name}" for name in STREAMS)
