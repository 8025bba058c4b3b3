"""Timeline to encoded sound: section by section, kept in the store under what decided it.

A section is mixed once, into a temporary file without a name, and mastered from there for each
encoding.  What was encoded is decoded and measured; where it missed its target it is made again
with what was learnt.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from podforge.encodings import Encoding, Format, encoding_of
from podforge.errors import storage
from podforge.events import Tell
from podforge.inspecting import Measured, Verdict, inspect, joined, judge
from podforge.mastering import Drive, apply, solve
from podforge.media import decode, ffmpeg_version
from podforge.media.probing import Probed
from podforge.mixing import mix
from podforge.pcm import from_wav
from podforge.pieces import BEYOND_SAMPLES, Piece, encode_piece, join
from podforge.plan import digest
from podforge.recording import Crew
from podforge.script import Header
from podforge.sidebyside import Stage, side_by_side
from podforge.signal import Samples
from podforge.store import Store
from podforge.surveying import Spool, Survey, open_spool, survey
from podforge.targets import DEFAULT_TARGET, Target, target_of
from podforge.threads import one_arena
from podforge.timeline import Placement, Section, Timeline
from podforge.versions import MASTER_VERSION, MIX_VERSION, PIECE_VERSION

OF_EACH = ("level", "true peak")  # what each chapter of a book must meet
PASSES = 5  # encodings of one section at most
CLOSE_LU = 0.1  # what is further from the target is encoded again
SPARE_DB = 0.25  # below the ceiling, of peaks that were above it: other meters read a little more
MOST_STEP_DB = 0.5  # at first, twice as much each time: a single slip is not to cost much level
MIXING_SHARE = 0.15  # of the time that a section takes; the rest goes to its encodings
ENCODING_SHARE = 0.7  # of an encoding; the rest is decoding and measuring


@dataclass(frozen=True)
class Finished:
    """A timeline in one encoding: a piece for each section, and what they measure together.

    `passes` counts encodings, one for each section where nothing had to be made again.
    """

    encoding: Encoding
    target: Target
    channels: int
    pieces: tuple[Piece, ...]
    measures: tuple[Measured, ...]
    passes: int

    @cached_property
    def measured(self) -> Measured:
        """All sections as one."""
        return joined(self.measures)

    def gate(self, titles: Sequence[str], split: bool) -> tuple[Verdict, ...]:
        """What the target asks for, held against what was made.

        Of files of their own (`split`) each must pass.  Of one file that is joined of sections the
        whole must, and each section its level and peak.  Failures say which, by `titles`.
        """
        alone = [judge(measured, self.target, self._file(measured)) for measured in self.measures]
        whole = judge(self.measured, self.target, self._file(self.measured))
        found: list[Verdict] = []
        for number, verdict in enumerate(whole):
            each = [verdicts[number] for verdicts in alone]
            failed = [
                replace(one, name=f"{title}: {one.name}")
                for title, one in zip(titles, each, strict=True)
                if not one.ok
            ]
            if split:
                found += failed or [replace(verdict, value=f"{len(each)} files", ok=True)]
            else:
                found.append(verdict)
                found += failed if len(each) > 1 and verdict.name in OF_EACH else []
        return tuple(found)

    def _file(self, measured: Measured) -> Probed:
        """What is known of a file without looking at it."""
        return Probed(
            container=self.encoding.stream,
            codec=self.encoding.stream,
            bit_rate=1000 * self.encoding.kbits,
            rate=measured.rate,
            channels=measured.channels,
            seconds=measured.seconds,
            cover=True,
            chapters=(),
            tags={},
        )

    @property
    def bytes(self) -> int:
        """What the sound takes, without tags."""
        return sum(piece.path.stat().st_size for piece in self.pieces)


def finish(
    header: Header,
    timeline: Timeline,
    formats: Sequence[Format],
    store: Store,
    crew: Crew,
    tell: Tell,
) -> dict[Format, Finished]:
    """The episode in every format, from the store or made now.

    Raises `CorruptBlob` when a clip, an asset or an encoded section in the store is damaged.
    """
    target = target_of(header.loudness or DEFAULT_TARGET)
    channels = target.channels or timeline.channels
    encodings = {wanted: encoding_of(wanted, channels, target) for wanted in formats}
    once = tuple(dict.fromkeys(encodings.values()))  # formats may share their sound
    finishing = _Finishing(store, target, channels, crew.workers, tell, crew.afresh)
    made = dict(zip(once, finishing.finish(timeline, once), strict=True))
    return {wanted: made[encoding] for wanted, encoding in encodings.items()}


@dataclass(frozen=True)
class _Finishing:
    """How a timeline is finished: the store, the sound, and so many threads of work."""

    store: Store
    target: Target
    channels: int
    workers: int
    tell: Tell
    afresh: bool = False

    def finish(self, timeline: Timeline, encodings: Sequence[Encoding]) -> list[Finished]:
        """The timeline in every encoding, from the store, unless `afresh`, or made now."""
        keys = {
            encoding: [self._key(section, timeline.rate, encoding) for section in timeline.sections]
            for encoding in encodings
        }
        missing = {
            tuple(found.values()): (section, found)  # equal sections are made once
            for number, section in enumerate(timeline.sections)
            if (found := self._missing({e: keys[e][number] for e in encodings}))
        }
        self._make(list(missing.values()), timeline.rate)
        return [self._finished(encoding, keys[encoding]) for encoding in encodings]

    def _missing(self, keys: Mapping[Encoding, str]) -> dict[Encoding, str]:
        """What is not in the store of one section."""
        return {e: k for e, k in keys.items() if self.afresh or not self.store.find("master", k)}

    def _key(self, section: Section, rate: int, encoding: Encoding) -> str:
        """All that decides the bytes of an encoded section, and nothing else."""
        made_by = [MIX_VERSION, MASTER_VERSION, PIECE_VERSION, ffmpeg_version()]
        coded = [encoding.arguments, encoding.attenuation_db, encoding.overshoot_db]
        target = self.target
        wanted = [target.level_db, target.ceiling_db, target.measure, self.channels]
        return digest(
            [made_by, coded, wanted, rate, section.length, section.tone_db, _sounds(section)]
        )

    def _make(self, missing: Sequence[tuple[Section, Mapping[Encoding, str]]], rate: int) -> None:
        """Mix and encode sections, several at once; a single one in several parts at once."""
        if not missing:
            return
        one_arena()
        seconds = sum(section.length for section, _ in missing) / rate
        at_once = min(self.workers, len(missing))
        with Stage("mixing and encoding", seconds, self.tell) as stage:
            work = partial(self._make_section, rate, -(-self.workers // at_once), stage)
            for _ in side_by_side(work, missing, at_once, stage):
                pass

    def _make_section(
        self, rate: int, threads: int, stage: Stage, job: tuple[Section, Mapping[Encoding, str]]
    ) -> None:
        section, keys = job
        with self.store.scratch() as folder, self._mixed(section, rate, folder, stage) as mixed:
            for number, (encoding, key) in enumerate(keys.items()):
                share = (1 - MIXING_SHARE) / len(keys)
                work = _Encoding(encoding, self.target, *mixed, stage, share, threads)
                path = folder / f"{number}.body"
                self.store.keep_file("master", key, work.make(path), path)

    @contextmanager
    def _mixed(
        self, section: Section, rate: int, folder: Path, stage: Stage
    ) -> Iterator[tuple[Spool, Survey]]:
        """The mix in a file without a name, so that nothing is left of it, and its measures."""

        def read(placement: Placement) -> Samples:
            return from_wav(self.store.read(placement.digest))[0]

        seed = int(digest([p.digest for p in section.placements])[:8], 16)
        blocks = mix(
            section, rate, read, self.store.checked_path, seed, self.channels, BEYOND_SAMPLES
        )
        with open_spool(folder) as spool:
            with storage("mixing in", folder):
                told = stage.told(blocks, rate, MIXING_SHARE)
                found = survey(told, spool, rate, section.length)
            yield spool, found

    def _finished(self, encoding: Encoding, keys: Sequence[str]) -> Finished:
        records = [self.store.find("master", key) for key in keys]
        known = [record for record in records if record]
        assert len(known) == len(keys), "they were kept a moment ago"
        return Finished(
            encoding=encoding,
            target=self.target,
            channels=self.channels,
            pieces=tuple(
                Piece.of(record["piece"], self.store.checked_path(record["blob"]))
                for record in known
            ),
            measures=tuple(Measured.of_facts(record["measured"]) for record in known),
            passes=sum(record["passes"] for record in known),
        )


def _sounds(section: Section) -> list[Any]:
    """All that sounds in a section, as JSON has it."""
    placed = [
        [p.digest, p.clip_rate, p.start, p.end, p.at, p.gain_db, p.pan, p.fade_in, p.fade_out,
         p.speed, p.asked_db, *astuple(p.chain)]
        for p in section.placements
    ]  # fmt: skip
    return [placed, [asdict(bed) for bed in section.beds]]


@dataclass(frozen=True)
class _Encoding:
    """One section in one encoding."""

    encoding: Encoding
    target: Target
    spool: Spool
    survey: Survey
    stage: Stage
    share: float  # of the stage's work
    threads: int

    def make(self, path: Path) -> dict[str, object]:
        """Encode, measure, and if need be correct; the facts of the file that is kept."""
        encoding, louder = self.encoding, 0.0
        tried: list[tuple[float, int, Piece, Measured]] = []
        while len(tried) < PASSES:
            drive = solve(self.survey, self.target, encoding, louder)
            piece, measured = self._attempt(drive, path.with_suffix(f".{len(tried)}"))
            off = 0.0 if drive.capped else self._level(measured) - self.target.level_db
            over = measured.true_peak_db - self.target.ceiling_db
            tried.append((max(over, 0.0) + abs(off), len(tried), piece, measured))
            if abs(off) <= CLOSE_LU and over <= 0:
                break
            louder += off
            if over > 0:
                step = min(over, MOST_STEP_DB * 2 ** (len(tried) - 1))
                foreseen = encoding.overshoot_db + step + SPARE_DB
                encoding = replace(encoding, overshoot_db=foreseen)
        _, _, piece, measured = min(tried)
        piece.path.replace(path)
        return {
            "piece": piece.facts(),
            "measured": measured.facts(),
            "passes": len(tried),
        }

    def _attempt(self, drive: Drive, path: Path) -> tuple[Piece, Measured]:
        rate, channels = self.survey.rate, self.survey.channels
        master = partial(apply, self.spool, self.survey, drive)
        piece = encode_piece(
            master, self.survey.samples, rate, channels, self.encoding, path,
            side_by_side=partial(side_by_side, most=self.threads, stage=self.stage),
            told=partial(self.stage.told, rate=rate, share=self.share * ENCODING_SHARE),
        )  # fmt: skip
        whole = path.with_suffix(f".{self.encoding.stream}")
        join([piece], self.encoding, whole, channels)
        heard_rate = self.encoding.rate or rate  # of the coder: nothing resamples what it gives
        heard = decode(whole, heard_rate, channels)
        told = self.stage.told(heard, heard_rate, self.share * (1 - ENCODING_SHARE))
        measured = inspect(told, heard_rate, channels)
        whole.unlink()
        return piece, measured

    def _level(self, measured: Measured) -> float:
        """What the target asks for, as measured."""
        return measured.rms_db if self.target.measure == "RMS" else measured.lufs
