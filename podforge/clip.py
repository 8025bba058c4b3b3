"""A clip: the kept take of a job, and what is known about it.

Positions are whole samples of the clip at its own rate.  The sound itself stays in the store,
under `digest`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from podforge.packed import Packed

CUT_SECONDS = 0.080  # a window is cut only in at least this much low energy
CUT_CONFIDENCE = 0.5  # ... beside edges that are at least this sure


@dataclass(frozen=True, slots=True)
class Span:
    """Where one utterance lies: from the first to past the last sample of its speech."""

    start: int
    end: int
    confidence: float = 1.0  # 0 guessed .. 1 told by the engine


@dataclass(frozen=True, slots=True)
class Word:
    """`text[first:last]` of the utterance's spoken text sounds from `start` to `end`."""

    first: int
    last: int
    start: int
    end: int


class Words(Packed[Word]):
    """The words of an utterance, of rows as `Word` has them."""

    __slots__ = ()
    WIDTH = 4
    CODE = "i"  # 32 bits: no clip lasts for half a day

    def _item(self, numbers: Sequence[int]) -> Word:
        return Word(*numbers)


@dataclass(frozen=True, slots=True)
class Level:
    """Gated loudness of one utterance and how many seconds passed the gate (BS.1770)."""

    lufs: float
    seconds: float


@dataclass(frozen=True)
class Finding:
    """Something wrong with an utterance of a take: `failed` is unusable, `suspect` is kept."""

    utterance: int
    severity: Literal["failed", "suspect"]
    text: str


@dataclass(frozen=True, slots=True)
class Clip:
    """The kept take of the job `key`: one span, one level, and maybe words per utterance."""

    key: str
    digest: str
    rate: int
    samples: int
    spans: tuple[Span, ...]
    words: tuple[Sequence[Word], ...]
    levels: tuple[Level, ...]
    findings: tuple[Finding, ...] = ()
    attempt: int = 0

    @property
    def usable(self) -> bool:
        """Whether somebody may hear it: no finding says that it failed."""
        return not any(finding.severity == "failed" for finding in self.findings)

    def can_cut(self, boundary: int) -> bool:
        """Whether the clip may be cut between utterances `boundary - 1` and `boundary`."""
        before, after = self.spans[boundary - 1], self.spans[boundary]
        sure = min(before.confidence, after.confidence) >= CUT_CONFIDENCE
        return sure and after.start - before.end >= CUT_SECONDS * self.rate
