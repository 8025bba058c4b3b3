"""Where everything sounds: clips, chapters and words on one axis of whole samples.

These are the values; `layout` makes them, the mixer and the writers of files read them.
"""

from dataclasses import dataclass

from podforge.errors import Place
from podforge.script import Cue


@dataclass(frozen=True)
class Placement:
    """`clip[start:end]` (samples of the clip) sounds from `at` (samples of the mix).

    The fades are linear in amplitude, in samples of the mix, and lie inside the stretch.
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


@dataclass(frozen=True)
class TimedWord:
    """A written word and when it sounds, in samples of the mix."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Line:
    """A paragraph as it is heard: who, what, when (samples of the mix), and from where."""

    speakers: tuple[str, ...]
    text: str
    start: int
    end: int
    words: tuple[TimedWord, ...]
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
class Timeline:
    """A finished arrangement: `length` samples at `rate`, placements ordered by `at`."""

    rate: int
    length: int
    placements: tuple[Placement, ...]
    lines: tuple[Line, ...]
    chapters: tuple[Mark, ...]
    cues: tuple[PlacedCue, ...] = ()

    @property
    def seconds(self) -> float:
        """Duration of the episode."""
        return self.length / self.rate
