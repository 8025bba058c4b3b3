"""All ways of putting a chain of phrases on a take, weighed together.

A lattice has one column per boundary and one node per place where it may lie.  The forward and
backward sums over it give the probability of each node (Rabiner 1989, "A tutorial on hidden
Markov models"; with durations: Levinson 1986); the best chain is the one with the most expected
right boundaries, not the most probable one as a whole (maximum expected accuracy: Durbin et al.
1998, section 4.4).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TAILS = 3.0  # degrees of freedom of Student's t: some phrase is always far from what it should be
FAR_SECONDS, FAR_TIMES = 3.0, 4.0  # no phrase is longer than this and that many times as expected
BLOCK = 48  # places whose sums are made at once: they share a scale


@dataclass(frozen=True)
class Column:
    """Where one boundary may lie: at places `first`, `first + 1`, ..., each with its score in nats.

    `owner` speaks the phrase before it, which should take `expected` seconds, give or take
    `spread`; these three mean nothing for the first column.
    """

    first: int
    score: Floats
    owner: int
    expected: float
    spread: float

    @property
    def places(self) -> slice:
        """Its places among all."""
        return slice(self.first, self.first + len(self.score))


@dataclass(frozen=True)
class Placed:
    """Where the boundaries lie: for each column the probability of each of its places."""

    columns: Sequence[Column]
    weights: Sequence[Floats]

    def pairs(self) -> Iterator[tuple[Column, Floats]]:
        """Each column with its weights."""
        return zip(self.columns, self.weights, strict=True)


def place_all(columns: Sequence[Column], spoken: Floats, evidence: Floats) -> Placed | None:
    """Weigh all chains of one place per column; `None` when there is none.

    `spoken` is seconds of sound before each place, ascending, shape (places,); `evidence` is
    what speaks for each owner up to each place, shape (owners, places).
    """
    forward = [columns[0].score]
    for before, column in pairwise(columns):
        heard = evidence[column.owner]
        sums = _sums(forward[-1] - heard[before.places], before, column, spoken, 1)
        forward.append(sums + heard[column.places] + column.score)
    backward = [np.zeros(len(columns[-1].score))]
    for before, column in reversed(list(pairwise(columns))):
        heard = evidence[column.owner]
        left = backward[-1] + heard[column.places] + column.score
        sums = _sums(left, before, column, spoken, -1)
        backward.append(sums - heard[before.places])
    joint = [ahead + back for ahead, back in zip(forward, reversed(backward), strict=True)]
    if any(nats.max() == -np.inf for nats in joint):
        return None
    weights = [np.exp(nats - nats.max()) for nats in joint]
    return Placed(columns, [weight / weight.sum() for weight in weights])


def _sums(scores: Floats, before: Column, column: Column, spoken: Floats, way: int) -> Floats:
    """Log sums of `scores` times the density of the phrase's duration, over one of two columns.

    `way` is 1 from `before` to `column`, -1 back.
    """
    sources, targets = (before, column)[::way]
    # Time runs backwards on the way back; then later places come first, as on the way there.
    at = way * spoken[sources.places][::way]
    to = way * spoken[targets.places][::way]
    ranks = way * np.arange(sources.places.start, sources.places.stop)[::way]
    goals = way * np.arange(targets.places.start, targets.places.stop)[::way]
    width = column.spread * np.sqrt(TAILS)
    far = FAR_SECONDS + FAR_TIMES * column.expected
    scores, sums = scores[::way], np.full(len(goals), -np.inf)
    for start in range(0, len(goals), BLOCK):
        block = slice(start, start + BLOCK)
        low, high = np.searchsorted(at, to[start] - far), np.searchsorted(ranks, goals[block][-1])
        scale = scores[low:high].max(initial=-np.inf)
        if scale == -np.inf:
            continue
        off = (to[block, None] - column.expected) / width - at[None, low:high] / width
        density = 1 / np.square(np.square(off) + 1) / column.spread
        density[goals[block, None] <= ranks[low:high]] = 0.0
        with np.errstate(divide="ignore"):
            sums[block] = np.log(density @ np.exp(scores[low:high] - scale)) + scale
    return sums[::way]


def best_chain(firsts: Sequence[int], worths: Sequence[Floats]) -> list[int]:
    """One place per column, ascending, of the greatest total worth.

    Column `n` has places `firsts[n]`, `firsts[n] + 1`, ... of `worths[n]`; there must be a chain.
    """
    best, back = worths[0], []
    for (before, _), (first, worth) in pairwise(zip(firsts, worths, strict=True)):
        running = np.maximum.accumulate(best)
        leaders = np.maximum.accumulate(np.where(best == running, np.arange(len(best)), 0))
        nearest = np.minimum(first + np.arange(len(worth)) - 1 - before, len(best) - 1)
        back.append(np.where(nearest >= 0, leaders[nearest], 0) + before)
        best = np.where(nearest >= 0, running[nearest], -np.inf) + worth
    chain = [int(np.argmax(best)) + firsts[-1]]
    for first, leaders in zip(firsts[:0:-1], reversed(back), strict=True):
        chain.append(int(leaders[chain[-1] - first]))
    return chain[::-1]
