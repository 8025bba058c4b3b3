"""From probable boundaries to spans."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from podforge.aligning.lattice import Column, Placed, best_chain
from podforge.aligning.pauses import Pauses
from podforge.aligning.phrases import Ending, Phrase
from podforge.clip import CUT_SECONDS, Span

Floats = NDArray[np.float64]

WINDOW_SECONDS = 0.150  # a boundary is right when it is no further off than this
DOUBT = 9.0  # divides the odds of being right: confidence 0.5 means right in 9 cases of 10
UNSURE = 0.2  # confidence of what was only guessed
IN_SOUND = 0.4  # ... and at most, of a boundary where there is no silence
PAD_FRAMES = 2  # breath and decay kept around speech


def likely_spans(
    pauses: Pauses, phrases: Sequence[Phrase], placed: Placed, samples: int
) -> tuple[Span, ...]:
    """The chain of turns with the most boundaries expected to be right, and how sure each is.

    A span is as sure as the less sure of its two ends.
    """
    turns = [0, *_turns(phrases)]
    columns = [placed.columns[turn] for turn in turns]
    exact = [placed.weights[turn] for turn in turns]
    near = [_near(pauses, *each) for each in zip(columns, exact, strict=True)]
    chain = best_chain(
        [c.first for c in columns], [e + n for e, n in zip(exact, near, strict=True)]
    )
    sure = [
        _confidence(mass[place - column.first], bool(pauses.silent[place]))
        for place, mass, column in zip(chain, near, columns, strict=True)
    ]
    edges = [_edges(pauses, place, samples) for place in chain]
    return tuple(
        Span(start, end, min(ends))
        for ((_, start), (end, _)), ends in zip(pairwise(edges), pairwise(sure), strict=True)
    )


def guessed_spans(pauses: Pauses, phrases: Sequence[Phrase], samples: int) -> tuple[Span, ...]:
    """Spans where the lengths of the texts alone expect them."""
    first, last = int(pauses.start[0]) * pauses.hop, int(pauses.end[-1]) * pauses.hop
    ends = np.cumsum([0.0, *(phrase.seconds for phrase in phrases)])
    parts = ends[[0, *_turns(phrases)]] / ends[-1]
    at = [min(samples, round(first + part * (last - first))) for part in parts]
    return tuple(Span(start, end, UNSURE) for start, end in pairwise(at))


def _turns(phrases: Sequence[Phrase]) -> list[int]:
    """Which boundaries end a turn; boundary `n` comes after phrase `n - 1`."""
    return [n + 1 for n, phrase in enumerate(phrases) if phrase.ending == Ending.TURN]


def _near(pauses: Pauses, column: Column, weights: Floats) -> Floats:
    """For each place, how probably the boundary lies within `WINDOW_SECONDS` of it."""
    frames = WINDOW_SECONDS / pauses.frame_seconds
    starts, ends = pauses.start[column.places], pauses.end[column.places]
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    low = np.searchsorted(ends, ends - frames)
    high = np.searchsorted(starts, starts + frames, side="right")
    return np.asarray(sums[high] - sums[low])


def _confidence(probability: float, silent: bool) -> float:
    """The probability, seen with doubt: what may be cut must nearly always be right."""
    right = min(1.0, float(probability))
    confidence = right / (right + DOUBT * (1 - right))
    return confidence if silent else min(confidence, IN_SOUND)


def _edges(pauses: Pauses, place: int, samples: int) -> tuple[int, int]:
    """Past the last sample of sound before a place, and the first after it, with a little air.

    The air never makes a pause too short to cut.
    """
    start, end = int(pauses.start[place]), int(pauses.end[place])
    spare = (end - start - CUT_SECONDS / pauses.frame_seconds) / 2
    pad = min(PAD_FRAMES, max(0, int(spare)))
    return min((start + pad) * pauses.hop, samples), min((end - pad) * pauses.hop, samples)
