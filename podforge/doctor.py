"""Is everything here that a render needs?  Each check says what it found and what to do.

The checks are independent: one that fails, or cannot be made, leaves the others standing.
"""

import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from podforge import __version__
from podforge.delivering import Outputs
from podforge.encodings import Format
from podforge.engines import engine_names, find_engine
from podforge.errors import PodforgeError, UsageError, storage
from podforge.media.children import STALL_SECONDS, child
from podforge.media.programs import ffmpeg_path, ffmpeg_version
from podforge.produce import Order, produce
from podforge.progress import in_bytes
from podforge.project import DEFAULT_ENGINE, Request, voice_book
from podforge.store import default_store_root
from podforge.store.contents import contents_of, is_store
from podforge.store.health import verify_blobs

ENCODERS = ("libmp3lame", "aac", "libopus", "flac")
PYTHONS = ((3, 11), (3, 13))  # the oldest and the newest that podforge is tested with
SAMPLE_BLOBS = 20
LITTLE_BYTES, SCARCE_BYTES = 2e9, 2e8  # an hour of stereo takes about 1.3 GB while it is mixed
MANY_FILES, FEW_FILES = 256, 64  # measured: a render with two workers needs 20
SCRIPT = "---\ntitle: Doctor\n---\n\n**Mara:** All is well here.\n"
# Of programs and libraries that are not what they should be.
_FAULTS = (OSError, ImportError, RuntimeError, ValueError, subprocess.SubprocessError)


Verdict = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Check:
    """What was found, and what to do about it; only a problem keeps renders from working."""

    name: str
    verdict: Verdict
    found: str
    advice: str = ""


def examine(cache: Path | None, voices: Path | None, output: Path) -> Iterator[Check]:
    """All checks, each as it is made; the last one is a render in a folder of its own."""
    yield _python()
    yield Check("system", "ok", platform.platform())
    yield _open_files()
    yield Check("podforge", "ok", f"{__version__} in {Path(__file__).parent}")
    another = "unset PODFORGE_FFMPEG, or let it name a working ffmpeg"
    yield _guarded("ffmpeg", _ffmpeg, advice=another)
    yield _guarded("encoders", _encoders, advice=another)
    for name in engine_names():
        needed: Verdict = "problem" if name == DEFAULT_ENGINE else "warning"
        yield _guarded(f"engine {name}", partial(_engine, name), needed)
    yield _guarded("voices", partial(_voices, voices))
    yield _home()
    yield _guarded("store", partial(_store, cache), advice="name another with --cache")
    yield _guarded("output", partial(_folder, "output", output), advice="name another with -o")
    yield _guarded("temporary", _temporary, advice="free some space there, or set TMPDIR")
    yield _guarded("render", _render)


def _guarded(
    name: str, check: Callable[[], Check], otherwise: Verdict = "problem", advice: str = ""
) -> Check:
    """The check, or what kept it from being made."""
    try:
        return check()
    except PodforgeError as error:
        return Check(name, otherwise, error.text or str(error), error.hint or advice)
    except _FAULTS as error:
        return Check(name, otherwise, f"{type(error).__name__}: {error}", advice)


def _python() -> Check:
    (oldest, newest), found = PYTHONS, f"{platform.python_version()} in {sys.prefix}"
    if oldest <= sys.version_info[:2] <= newest:
        return Check("Python", "ok", found)
    return Check("Python", "warning", found, "podforge is tested with 3.11 to 3.13")


def _open_files() -> Check:
    """How many files a process may have open, with all it starts (getrlimit(2))."""
    most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = "unlimited" if most == resource.RLIM_INFINITY else str(most)
    if found == "unlimited" or most >= MANY_FILES:
        return Check("open files", "ok", found)
    verdict: Verdict = "warning" if most >= FEW_FILES else "problem"
    return Check("open files", verdict, f"{found} at most", f"ulimit -n {min(hard, MANY_FILES)}")


def _ffmpeg() -> Check:
    return Check("ffmpeg", "ok", f"{ffmpeg_version()}, {ffmpeg_path()}")


def _encoders() -> Check:
    with child([ffmpeg_path(), "-hide_banner", "-encoders"], stdout=subprocess.PIPE) as (asked, _):
        answer = asked.communicate(timeout=STALL_SECONDS)[0].decode("utf-8", "replace")
    there = set(re.findall(r"^ A\S{5} (\S+)", answer, re.MULTILINE))
    missing = [name for name in ENCODERS if name not in there]
    if missing:
        advice = "pip install imageio-ffmpeg has an ffmpeg with all; PODFORGE_FFMPEG names it"
        return Check("encoders", "problem", f"this ffmpeg lacks {', '.join(missing)}", advice)
    return Check("encoders", "ok", ", ".join(ENCODERS))


def _engine(name: str) -> Check:
    """Whether an engine has all that it needs, and which version of what it speaks with."""
    engine, remedies = find_engine(name), dict[str, list[str]]()
    for need in engine.needs({}):
        if not need.found:
            remedies.setdefault(need.remedy, []).append(need.what)
    if remedies:
        missing = [what for each in remedies.values() for what in each]
        found, advice = f"not ready: without {', '.join(missing)}", "; then ".join(remedies)
        return Check(f"engine {name}", "warning", found, advice)
    asked = "; the server was not asked" if engine.about.network else ""
    return Check(f"engine {name}", "ok", engine.fingerprint({}) + asked)


def _voices(folder: Path | None) -> Check:
    book = voice_book(None, folder)
    names = [book.find(name).name for name in book.names()]
    return Check("voices", "ok", f"{len(names)}: {', '.join(names)}")


def _home() -> Check:
    try:
        home = Path.home()
    except RuntimeError:
        return Check("home", "warning", "there is none", "set HOME, or name a store with --cache")
    if not home.is_dir():
        return Check("home", "warning", f"{home} is not there", "name a store with --cache")
    return Check("home", "ok", str(home))


def _store(cache: Path | None) -> Check:
    """Writable, with room, and sound as far as a sample shows."""
    root = cache or default_store_root()
    if not root.exists():
        return _folder("store", root)
    if not is_store(root):
        if any(root.iterdir()):
            raise UsageError(f"{root} is another folder, or lost its CACHEDIR.TAG",
                             hint="name another store with --cache")  # fmt: skip
        return _folder("store", root)
    contents = contents_of(root)
    digests = sorted(contents.blobs)
    step = max(1, len(digests) // SAMPLE_BLOBS)
    damage = verify_blobs(root, digests[::step][:SAMPLE_BLOBS])
    if damage:
        found = f"{len(damage)} of {SAMPLE_BLOBS} blobs damaged, and set aside"
        return Check("store", "problem", found, "podforge cache verify; then look at the disk")
    if contents.quarantine:
        found = f"{len(contents.quarantine)} damaged files in {root / 'quarantine'}"
        return Check("store", "warning", found, "podforge cache verify, and look at the disk")
    return _folder("store", root, f"{in_bytes(contents.size)} in it, a sample of it sound")


def _temporary() -> Check:
    return _folder("temporary", Path(tempfile.gettempdir()))


def _folder(name: str, folder: Path, more: str = "") -> Check:
    """Whether files can be made in a folder, or where it would be made, and how many."""
    there = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    with storage("writing", there), tempfile.TemporaryFile(dir=there):
        free = shutil.disk_usage(there).free
    found = ", ".join(filter(None, [str(folder), more, f"{in_bytes(free)} free"]))
    if free < LITTLE_BYTES:
        verdict: Verdict = "problem" if free < SCARCE_BYTES else "warning"
        return Check(name, verdict, found, "free some space")
    return Check(name, "ok", found)


def _render() -> Check:
    """A second of speech by the engine that comes with podforge, to a tagged MP3."""
    with tempfile.TemporaryDirectory(prefix="podforge-doctor-") as name:
        folder = Path(name)
        script = folder / "doctor.md"
        script.write_text(SCRIPT, encoding="utf-8")
        request = Request(script, DEFAULT_ENGINE)
        outputs = Outputs(folder / "output", "doctor", (Format("mp3"),))
        product = produce(Order(request, outputs, folder / "store"), lambda _: None)
        size = product.outputs[0].stat().st_size
    return Check("render", "ok", f"{product.seconds:.1f} s of speech, {in_bytes(size)} of MP3")


def is_well(checks: Sequence[Check]) -> bool:
    """Whether renders will work: warnings do not keep them from it."""
    return all(check.verdict != "problem" for check in checks)
