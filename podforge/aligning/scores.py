"""How well each place of a take fits each boundary, before any duration is considered.

All scores are nats: the logarithm of how much more often such a place is found where this
boundary is than elsewhere.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from podforge.aligning.pauses import HOP_SECONDS, Pauses
from podforge.aligning.phrases import Ending, Phrase

Floats = NDArray[np.float64]

# How often a voice pauses at an ending, the median seconds, and the spread of their logarithm.
PAUSES = {
    Ending.COMMA: (0.70, 0.15, 0.6),
    Ending.SENTENCE: (0.95, 0.35, 0.6),
    Ending.TURN: (0.95, 0.35, 1.0),
}
# What is quiet inside a phrase: how often per second of sound, and mean seconds.
STOPS, STOP_SECONDS = 2.3, 0.030  # the closures of p, t, k; measured on espeak-ng
HESITATIONS, HESITATION_SECONDS = 0.08, 0.30
PLACES = 5.5  # stops and dips per second of sound: one of them it is where no pause is made

MARK_SECONDS = 0.15  # how far a mark is from the pause that it means
STRONG_NATS = 4.0  # at most, against a boundary that is not at its mark
WEAK_TIMES = 6.0  # this much more probable is a boundary where there is some mark


def boundary_scores(
    pauses: Pauses, phrases: Sequence[Phrase], marks: Sequence[int]
) -> list[Floats]:
    """For each boundary between two phrases the score of each place, shape (places,)."""
    by_ending = {ending: _pause_scores(pauses, ending) for ending in Ending}
    scores = [by_ending[phrase.ending] for phrase in phrases[:-1]]
    turns = [n for n, phrase in enumerate(phrases[:-1]) if phrase.ending == Ending.TURN]
    for number, marked in zip(turns, _mark_scores(pauses, len(turns), marks), strict=True):
        scores[number] = scores[number] + marked
    return scores


def _pause_scores(pauses: Pauses, ending: Ending) -> Floats:
    often, median, spread = PAUSES[ending]
    seconds = np.maximum(pauses.seconds, HOP_SECONDS / 2)
    bell = np.exp(-0.5 * np.square(np.log(seconds / median) / spread))
    here = often * bell / (seconds * spread * np.sqrt(2 * np.pi))
    stops = STOPS / STOP_SECONDS * np.exp(-seconds / STOP_SECONDS)
    hesitations = HESITATIONS / HESITATION_SECONDS * np.exp(-seconds / HESITATION_SECONDS)
    paused = np.where(pauses.silent, here / (stops + hesitations), 0.0)
    return np.asarray(np.log(paused + (1 - often) / PLACES))


def _mark_scores(pauses: Pauses, boundaries: int, marks: Sequence[int]) -> Iterator[Floats]:
    """What the model's own marks say about each boundary between two turns.

    As many marks as boundaries (or turns: the last one ends the take) mean one each, and are
    strong evidence; otherwise nobody knows which mark is whose, and they are weak.
    """
    ordered = np.sort(np.asarray(marks, np.float64)) / pauses.hop
    misses = [np.square(_away(pauses, mark) / MARK_SECONDS) / 2 for mark in ordered]
    if boundaries and len(misses) in (boundaries, boundaries + 1):
        yield from (-np.minimum(miss, STRONG_NATS) for miss in misses[:boundaries])
        return
    nearest = np.min([np.full(len(pauses), np.inf), *misses], axis=0)
    for _ in range(boundaries):
        yield np.log(1 + (WEAK_TIMES - 1) * np.exp(-nearest))


def _away(pauses: Pauses, mark: float) -> Floats:
    """Seconds between a mark (in frames) and each place; 0 inside it."""
    frames = np.maximum(np.maximum(pauses.start - mark, mark - pauses.end), 0)
    return np.asarray(frames * pauses.frame_seconds)
