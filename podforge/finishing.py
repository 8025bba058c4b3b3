"""Timeline to mastered audio, one file a format, kept in the store under what decided it.

The mix is made once and lies in a temporary file without a name while it is mastered for each
format.  Each encoded file is decoded and measured; one that missed its target is made again
with what was learnt.
"""

import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from podforge.encodings import ENCODINGS, Encoding
from podforge.errors import storage
from podforge.events import StageDone, StageFailed, StageProgress, StageStarted, Tell
from podforge.mastering import (
    MASTER_VERSION,
    Drive,
    Measured,
    Survey,
    apply,
    solve,
    survey,
    verify,
)
from podforge.media import decode, encode, ffmpeg_version
from podforge.mixing import MIX_VERSION, mix
from podforge.pcm import from_wav
from podforge.plan import digest
from podforge.script import Header
from podforge.signal import Block, Samples
from podforge.store import Store
from podforge.targets import DEFAULT_TARGET, Target, target_of
from podforge.timeline import Placement, Timeline

TELL_SECONDS = 0.2  # between two words of progress
CHANNELS = 1  # speech alone is mono; music and pan will ask for two
PASSES = 3  # encodings of one file at most
LOUDNESS_TOLERANCE_LU = 0.1  # a file further from its target is made again
MOST_OFF_LU = 0.3  # what is further off after all passes is worth a warning


@dataclass(frozen=True)
class Finished:
    """A mastered file in the store, as measured after decoding it."""

    path: Path
    bytes: int
    lufs: float
    true_peak_db: float
    passes: int
    capped: bool  # too quiet for the target: it would have become noise
    target: Target

    @property
    def on_target(self) -> bool:
        """Whether it is as loud as it should be, within what two meters may differ."""
        off = abs(self.lufs - self.target.level_db)
        over = self.true_peak_db - self.target.ceiling_db
        return not self.capped and off <= MOST_OFF_LU and over <= 0.0


def finish(
    header: Header,
    timeline: Timeline,
    formats: Sequence[str],
    store: Store,
    afresh: bool,
    tell: Tell,
) -> Mapping[str, Finished]:
    """The episode in every format, from the store, unless `afresh`, or made now.

    Raises `CorruptBlob` when a clip or a finished file in the store is damaged.
    """
    target = target_of(header.loudness or DEFAULT_TARGET)
    keys = {name: _key(timeline, target, ENCODINGS[name]) for name in formats}
    missing = [name for name, key in keys.items() if afresh or not store.find("master", key)]
    if missing:
        with store.scratch() as folder, _mixed(timeline, store, folder, tell) as (spool, found):
            for name in missing:
                path = folder / f"master.{name}"
                job = _Encoding(ENCODINGS[name], target, timeline, spool, found, tell)
                store.keep_file("master", keys[name], job.make(path), path)
    return {name: _finished(store, key, target) for name, key in keys.items()}


def _key(timeline: Timeline, target: Target, encoding: Encoding) -> str:
    """All that decides the bytes of a mastered file, and nothing else."""
    placed = [
        (p.digest, p.clip_rate, p.start, p.end, p.at, p.gain_db, p.pan, p.fade_in, p.fade_out)
        for section in timeline.sections
        for p in section.placements
    ]
    made_by = [MIX_VERSION, MASTER_VERSION, ffmpeg_version(), encoding.arguments]
    wanted = [target.level_db, target.ceiling_db, CHANNELS]
    return digest([made_by, wanted, timeline.rate, timeline.length, placed])


def _finished(store: Store, key: str, target: Target) -> Finished:
    facts = store.find("master", key)
    assert facts is not None, "it was kept a moment ago"
    return Finished(
        path=store.checked_path(facts["blob"]),
        bytes=facts["length"],
        lufs=facts["lufs"],
        true_peak_db=facts["true_peak_db"],
        passes=facts["passes"],
        capped=facts["capped"],
        target=target,
    )


@contextmanager
def _mixed(
    timeline: Timeline, store: Store, folder: Path, tell: Tell
) -> Iterator[tuple[IO[bytes], Survey]]:
    """The mix in a file without a name, so that nothing is left of it, and its measurements."""

    def read(placement: Placement) -> Samples:
        return from_wav(store.read(placement.digest))[0]

    section = timeline.sections[0]
    seed = int(digest([p.digest for p in section.placements])[:8], 16)
    with tempfile.TemporaryFile(dir=folder) as spool:
        with storage("mixing in", folder), _stage("mixing", timeline.seconds, tell):
            blocks = mix(section, timeline.rate, read, seed, CHANNELS)
            found = survey(_told(blocks, "mixing", timeline.rate, tell), spool, timeline.rate)
        yield spool, found


@dataclass(frozen=True)
class _Encoding:
    """One format of one episode."""

    encoding: Encoding
    target: Target
    timeline: Timeline
    spool: IO[bytes]
    survey: Survey
    tell: Tell

    def make(self, path: Path) -> dict[str, object]:
        """Encode, measure, and if need be correct; the facts of the file that is kept."""
        drive = solve(self.survey, self.target, self.encoding)
        for passes in range(1, PASSES + 1):
            measured = self._attempt(drive, path)
            correction = self._correction(drive, measured)
            if correction == drive or passes == PASSES:
                break
            drive = correction
        return {
            "lufs": measured.lufs,
            "true_peak_db": measured.true_peak_db,
            "passes": passes,
            "capped": drive.capped,
            "gain_db": drive.gain_db,
        }

    def _attempt(self, drive: Drive, path: Path) -> Measured:
        name, rate = f"encoding {self.encoding.name}", self.timeline.rate
        with _stage(name, self.timeline.seconds, self.tell):
            blocks = _told(apply(self.spool, self.survey, drive), name, rate, self.tell)
            encode(blocks, path, rate, CHANNELS, self.encoding.arguments)
        name = f"checking {self.encoding.name}"
        with _stage(name, self.timeline.seconds, self.tell):
            return verify(
                _told(decode(path, rate, CHANNELS), name, rate, self.tell), rate, CHANNELS
            )

    def _correction(self, drive: Drive, measured: Measured) -> Drive:
        """What to do differently; the same drive when the file is as it should be."""
        over = max(0.0, measured.true_peak_db - self.target.ceiling_db)
        off = self.target.level_db - measured.lufs
        if drive.capped or abs(off) <= LOUDNESS_TOLERANCE_LU:
            off = 0.0
        ceiling = drive.ceiling_db - (over + 0.05 if over else 0.0)
        return replace(drive, gain_db=drive.gain_db + off, ceiling_db=ceiling)


@contextmanager
def _stage(name: str, seconds: float, tell: Tell) -> Iterator[None]:
    tell(StageStarted(name, seconds))
    ended: StageDone | StageFailed = StageFailed(name)
    try:
        yield
        ended = StageDone(name)
    finally:
        tell(ended)


def _told(blocks: Iterable[Block], stage: str, rate: int, tell: Tell) -> Iterator[Block]:
    """The blocks, with word of how far they are."""
    done, told = 0, time.monotonic()
    for block in blocks:
        yield block
        done += len(block)
        if time.monotonic() - told >= TELL_SECONDS:
            told = time.monotonic()
            tell(StageProgress(stage, done / rate))
