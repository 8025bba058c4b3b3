"""The sound files that cues name: found and checked, decoded once, kept in the store.

Finding them is cheap: it opens nothing and imports no numpy, so that `check` and `plan` do it too.
"""

import math
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from podforge.errors import CorruptBlob, InputError, Place, Problem, storage
from podforge.events import StageDone, StageFailed, StageStarted, Tell
from podforge.plain import plain
from podforge.plan import digest
from podforge.script import Cue, Script
from podforge.settings import FILE, find_project_file
from podforge.sounding import length_problems
from podforge.store import Store
from podforge.store.files import digest_of
from podforge.store.records import Record
from podforge.timeline import Asset
from podforge.units import to_decibels
from podforge.versions import ASSET_VERSION

MOST_HOURS = 4  # of one file: well within the 4 GiB of a WAV
CLIPPED_TELLS_DB = 3.0  # lossy files overshoot by less, and every player cuts that off


@dataclass(frozen=True)
class Sounds:
    """What the cues of a script sound like, by the names of their files as written."""

    assets: Mapping[str, Asset]
    warnings: tuple[Problem, ...] = ()


def find_assets(script: Script) -> dict[str, Path]:
    """The file of each cue that names one, absolute, and as it was named: links are kept.

    Raises `InputError` with every problem, each at its cue.
    """
    problems = tuple(asset_problems(script))
    if problems:
        raise InputError(problems)
    base = _folder(script)
    return {name: _as_named(base / name) for name in _cues(script)}


def asset_problems(script: Script) -> Iterator[Problem]:
    """An error for each cue whose file is not there, is none, or lies outside the project.

    The project is the folder with the `podforge.yaml` that holds for the script, or else the
    script's own folder; `Script.allowed` adds others.  Nothing is opened.
    """
    base = _folder(script)
    marker = find_project_file(base)
    roots = (marker.parent if marker else base.resolve(), *map(_resolved, script.allowed))
    reasons = {name: _unfit(name, base, roots) for name in _cues(script)}
    for item in script.items:
        if isinstance(item, Cue) and item.file and reasons[item.file]:
            text = f'"{plain(item.file)}" {reasons[item.file]}'
            yield Problem(item.place, "error", text)


def load_assets(script: Script, store: Store, rate: int, tell: Tell) -> Sounds:
    """Each cue's sound at `rate`, from the store, or decoded now; its blob was just verified.

    Raises `InputError` with every file that cannot be used, at its cue.
    """
    paths, places = find_assets(script), {name: cue.place for name, cue in _cues(script).items()}
    assets: dict[str, Asset] = {}
    problems: list[Problem] = []
    for name, path in paths.items():
        said = f'"{plain(name)}"'
        try:
            record = _record(path, store, rate, tell)
        except InputError as error:
            reasons = (problem.text for problem in error.problems)
            problems += [Problem(places[name], "error", f"{said}: {text}") for text in reasons]
        else:
            assets[name] = _asset(record)
            problems += [
                Problem(places[name], "warning", f"{said} {text}") for text in record["findings"]
            ]
    heard = (i for i in script.items if isinstance(i, Cue) and i.file in assets)
    problems += length_problems(heard, assets, rate)
    if any(problem.severity == "error" for problem in problems):
        raise InputError(tuple(problems))
    return Sounds(assets, tuple(problems))


# --- finding -------------------------------------------------------------------------------


def _folder(script: Script) -> Path:
    return Path(script.path).parent


def _cues(script: Script) -> dict[str, Cue]:
    """The first cue for each file, by its name as written."""
    found: dict[str, Cue] = {}
    for item in script.items:
        if isinstance(item, Cue) and item.file:
            found.setdefault(item.file, item)
    return found


def _resolved(folder: str) -> Path:
    return Path(folder).resolve()


def _as_named(path: Path) -> Path:
    """The path without `..` in it, where that leads to the same file: depfiles name it once."""
    path = path.absolute()
    plain = Path(os.path.normpath(path))
    return plain if plain.resolve() == path.resolve() else path


def _unfit(name: str, base: Path, roots: Sequence[Path]) -> str:
    """Why a file cannot be used; empty when nothing speaks against it."""
    if "://" in name:
        return "is an address: download it, and name the copy"
    if name.startswith(("~", "/")) or PureWindowsPath(name).drive:
        return "is not relative to the script: copy it beside the script, and name the copy"
    try:
        path = (base / name).resolve()
        if not any(path.is_relative_to(root) for root in roots):
            way = f"copy it there, put a {FILE} further up, or allow its folder with --allow-root"
            return f"lies outside the project, {roots[0]}: {way}"
        found = path.stat()
    except (OSError, ValueError, RuntimeError):  # missing, NUL in it, a loop of links
        slash = "; write / between folders" if "\\" in name else ""
        return f"is not there; names count from the script's folder, {base.resolve()}{slash}"
    if not stat.S_ISREG(found.st_mode):
        return "is not a file"
    if not found.st_size:
        return "is empty"
    return "" if os.access(path, os.R_OK) else "may not be read: look at its permissions"


# --- decoding ------------------------------------------------------------------------------


def _asset(record: Record) -> Asset:
    """The asset that a record tells of; JSON has no infinity, so silence has no level there."""
    levels = (record["lufs"], record["peak_db"])
    lufs, peak_db = (-math.inf if level is None else level for level in levels)
    return Asset(record["blob"], record["channels"], record["samples"], lufs, peak_db)


def _record(path: Path, store: Store, rate: int, tell: Tell) -> Record:
    """The record of a file's sound; its blob is sound."""
    from podforge.media import ffmpeg_version  # brings numpy

    before = _state(path)
    with storage("reading", path):
        key = digest([ASSET_VERSION, digest_of(path), rate, ffmpeg_version()])
    record = store.find("asset", key)
    with suppress(CorruptBlob):  # set aside: then it is decoded again
        if record:
            store.checked_path(record["blob"])
            return record
    with store.scratch() as folder, _reading(path, tell):
        target = folder / "sound.wav"
        facts = _decode(path, target, rate)
        if _state(path) != before:  # it would be kept under the digest of something else
            raise InputError.at(Place(str(path)), "changed while it was read; run again")
        return store.keep_file("asset", key, facts, target, durable=False)


def _decode(path: Path, target: Path, rate: int) -> dict[str, object]:
    """Write a sound file as a WAV of ours; the facts of its record.

    What is louder than full scale, as floats and lossy files may be, is clipped, as a player
    would: scaled down, the sound would need its gain remembered wherever it goes.  Levels are
    those of what is kept.
    """
    import numpy as np

    from podforge.media.decoding import read_sound
    from podforge.metering import Loudness
    from podforge.pcm import HEADER_BYTES, codes, header

    place = Place(str(path))
    damage: list[str] = []
    loudness: Loudness | None = None
    samples, channels, peak = 0, 0, 0.0
    with storage("writing", target), target.open("wb") as file:
        file.write(bytes(HEADER_BYTES))
        for block in read_sound(path, rate, damage.append):
            samples, channels = samples + len(block), block.shape[1]
            highest = float(np.abs(block).max())
            if not math.isfinite(highest):
                raise InputError.at(place, "holds values that are no sound (NaN); export it again")
            if samples > MOST_HOURS * 3600 * rate:
                raise InputError.at(place, f"is longer than {MOST_HOURS} hours; cut it")
            loudness = loudness or Loudness(rate, channels)
            loudness.feed(np.clip(block, -1, 1))
            file.write(codes(block))
            peak = max(peak, highest)
        file.seek(0)
        file.write(header(samples, channels, rate))
    assert loudness is not None, "read_sound gives some sound, or raises"
    lufs, peak_db = loudness.lufs, to_decibels(peak)
    return {
        "samples": samples,
        "channels": channels,
        "lufs": _rounded(lufs),
        "peak_db": _rounded(min(peak_db, 0.0)),
        "findings": list(_findings(lufs, peak_db, damage)),
    }


def _findings(lufs: float, peak_db: float, damage: list[str]) -> Iterator[str]:
    """What the user should know, told each time the file is used."""
    if lufs == -math.inf:
        yield "is silent"
    if peak_db > CLIPPED_TELLS_DB:
        yield f"is {peak_db:.1f} dB louder than full scale and clipped; export it lower"
    for words in damage:
        yield f"may be damaged or cut off; what is there is used (ffmpeg: {words})"


def _rounded(level: float) -> float | None:
    """A level to 0.01 dB, so that rounding elsewhere never decides; None for silence."""
    return None if level == -math.inf else round(level, 2)


def _state(path: Path) -> tuple[int, int, int]:
    """What is another when the file was changed or replaced."""
    with storage("reading", path):
        found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def _reading(path: Path, tell: Tell) -> Iterator[None]:
    stage = f"reading {path.name}"
    tell(StageStarted(stage, 0.0))  # its length is not known before
    ended: StageDone | StageFailed = StageFailed(stage)
    try:
        yield
        ended = StageDone(stage)
    finally:
        tell(ended)
