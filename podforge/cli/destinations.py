"""From `-o` and `--format` to the files that each script becomes."""

from collections.abc import Sequence
from pathlib import Path

from podforge.delivering import Outputs
from podforge.encodings import ENCODINGS
from podforge.errors import UsageError


def parse_formats(text: str) -> tuple[str, ...]:
    """The names in a list with commas; `UsageError` for one that is none."""
    names = tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in ENCODINGS:
            raise UsageError(f'no format called "{name}"', hint=f"choose of {_all()}")
    return names


def destinations(
    scripts: Sequence[Path], output: str | None, formats: tuple[str, ...]
) -> list[Outputs]:
    """One `Outputs` a script; empty `formats` there means: as the script says.

    Raises `UsageError` when two scripts would write the same file.
    """
    if output == "":
        raise UsageError("-o names nothing", hint="give it a file or a folder, or leave it out")
    if output and len(scripts) == 1 and not _is_folder(output):
        return [_one_file(Path(output), formats)]
    if output and len(scripts) > 1 and Path(output).suffix.lstrip(".").lower() in ENCODINGS:
        raise UsageError(f"{output} is one file for {len(scripts)} scripts", hint="name a folder")
    found = [
        Outputs(Path(output) if output else Path("output") / script.stem, script.stem, formats)
        for script in scripts
    ]
    _check_distinct(scripts, found)
    return found


def _is_folder(output: str) -> bool:
    return output.endswith("/") or Path(output).is_dir()


def _one_file(path: Path, formats: tuple[str, ...]) -> Outputs:
    name = path.suffix.lstrip(".").lower()
    if name not in ENCODINGS:
        raise UsageError(
            f"cannot tell the format of {path}",
            hint=f"end the name with one of {_all()}, or a folder with /",
        )
    if formats and name not in formats:
        raise UsageError(f"-o {path} contradicts --format {','.join(formats)}", hint="drop one")
    return Outputs(path.parent, path.name[: -len(path.suffix)], formats or (name,))


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
    return ", ".join(f".{name}" for name in ENCODINGS)
