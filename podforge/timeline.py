"""Where everything sounds: clips, chapters and words on one axis of whole samples.

These are the values; `layout` makes them, the mixer and the writers of files read them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from podforge.chains import GENTLE, Chain
from podforge.errors import Place, Problem
from podforge.packed import Packed
from podforge.script import Cue


@dataclass(frozen=True, slots=True)
class Placement:
    """`clip[start:end]` (samples of the clip) sounds from `at` (samples of its section).

    The stretch goes through `chain` at its level in the mix and is played at `speed`.  The fades
    are linear in amplitude, in samples of the mix, and lie inside the stretch.
    """

    digest: str
    key: str
    clip_rate: int
    start: int
    end: int
    at: int
    gain_db: float
    pan: float
    fade_in: int
    fade_out: int
    chain: Chain = GENTLE
    speed: float = 1.0  # 1.1: a tenth faster, at the same pitch
    asked_db: float = 0.0  # what of `gain_db` the script asks for: it comes after the chain


@dataclass(frozen=True)
class Asset:
    """The sound of a cue's file, decoded at the mix rate; it lies in the store under `digest`."""

    digest: str
    channels: int  # 1 or 2
    samples: int  # in each channel
    lufs: float  # gated loudness (BS.1770); -inf for silence
    peak_db: float  # largest sample, dBFS


@dataclass(frozen=True)
class Bed:
    """Music or an effect: an asset that sounds from `at` to `end` (samples of its section).

    It begins `offset` samples into the asset; one that loops goes on from the asset's start,
    overlapping itself by `crossfade` samples, else it must be long enough.  `level` are points
    (sample of the section, dB) with straight lines between, constant before and after; they
    carry the ducking and come on top of `gain_db`.  The fades have equal power.
    """

    asset: Asset
    offset: int
    at: int
    end: int
    gain_db: float = 0.0
    pan: float = 0.0
    fade_in: int = 0
    fade_out: int = 0
    level: tuple[tuple[int, float], ...] = ()
    loops: bool = False
    crossfade: int = 0


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A written word and when it sounds, in samples of the mix."""

    text: str
    start: int
    end: int


class TimedWords(Packed[TimedWord]):
    """The words of a text: of rows of where each lies in it and when it sounds."""

    __slots__ = ("_text",)
    WIDTH = 4

    def __init__(self, text: str, rows: Iterable[Sequence[int]]) -> None:
        super().__init__(rows)
        self._text = text

    def _item(self, numbers: Sequence[int]) -> TimedWord:
        first, last, start, end = numbers
        return TimedWord(self._text[first:last], start, end)


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph as it is heard: who, what, when (samples of the mix), and from where."""

    speakers: tuple[str, ...]
    text: str
    start: int
    end: int
    words: Sequence[TimedWord]
    place: Place


@dataclass(frozen=True)
class Mark:
    """A chapter of the finished file begins at `at`."""

    title: str
    at: int


@dataclass(frozen=True)
class PlacedCue:
    """A cue of the script and where it falls."""

    cue: Cue
    at: int


@dataclass(frozen=True)
class Section:
    """What is mixed, mastered and encoded as one: an episode, or a chapter of a book.

    It stands `at` in the timeline; everything in it counts from its own start, so that it is the
    same wherever it stands.  Placements are ordered by `at`.
    """

    title: str
    at: int
    length: int
    placements: tuple[Placement, ...]
    beds: tuple[Bed, ...] = ()
    tone_db: float | None = -65.0  # of the room tone under everything, dBFS RMS; None: silence


@dataclass(frozen=True)
class Timeline:
    """A finished arrangement: `length` samples at `rate`, one section after the other."""

    rate: int
    length: int
    sections: tuple[Section, ...]
    lines: tuple[Line, ...]
    chapters: tuple[Mark, ...]
    cues: tuple[PlacedCue, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def channels(self) -> int:
        """Two where something stands beside the middle or is stereo, else one."""
        beside = any(placed.pan for part in self.sections for placed in part.placements)
        wide = any(bed.pan or bed.asset.channels > 1 for p in self.sections for bed in p.beds)
        return 2 if beside or wide else 1

    @property
    def seconds(self) -> float:
        """Duration of the episode."""
        return self.length / self.rate
