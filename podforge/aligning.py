"""Where each utterance of a take lies.

A single utterance is found by its energy.
For a window from an engine that does not tell, boundaries are put where the text's lengths
expect them and moved into the nearest silence; a boundary that finds none is unsure, and an
unsure boundary is never cut (DESIGN, rule 1).
"""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from podforge.clip import CUT_SECONDS, Span
from podforge.plan import Utterance
from podforge.signal import rms_envelope, speech_bounds
from podforge.units import to_gain

HOP_SECONDS = 0.010  # resolution of the search for silences
QUIET_DB = -35.0  # a silence is this far below the loud parts
REACH_SECONDS = 3.0  # how far from where it is expected a boundary is looked for
UNSURE = 0.2  # confidence of a boundary that found no silence


def align(
    samples: NDArray[np.float32],
    rate: int,
    utterances: Sequence[Utterance],
    marks: Sequence[int] = (),  # noqa: ARG001 - TODO
) -> tuple[Span, ...]:
    """One span per utterance.

    `samples` is mono, shape (n,).  `marks` are samples where the model said that a turn ended.
    """
    lengths = [len(said.text) for said in utterances]
    start, end = speech_bounds(samples, rate)
    if len(lengths) == 1:
        return (Span(start, end),)
    silences = _silences(samples, rate)
    total = sum(lengths)
    spans, at, sure = [], start, 1.0
    for characters in list(accumulate(lengths))[:-1]:
        expected = start + (end - start) * characters // total
        quiet = _nearest(silences, expected, at, round(REACH_SECONDS * rate))
        stop, following = quiet or (max(at, expected), max(at, expected))
        confidence = 1.0 - abs(expected - (stop + following) / 2) / (2 * REACH_SECONDS * rate)
        found = confidence if quiet else UNSURE
        spans.append(Span(at, stop, min(sure, found)))
        at, sure = following, found
    return (*spans, Span(at, max(at, end), sure))


def _silences(samples: NDArray[np.float32], rate: int) -> list[tuple[int, int]]:
    """Every stretch of low energy that is long enough to cut in, as (start, end)."""
    envelope = rms_envelope(samples, rate, HOP_SECONDS)
    if not envelope.size:
        return []
    quiet = envelope < np.percentile(envelope, 95) * to_gain(QUIET_DB)
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8), prepend=0, append=0))
    hop = HOP_SECONDS * rate
    return [
        (round(first * hop), min(round(last * hop), len(samples)))
        for first, last in edges.reshape(-1, 2)
        if (last - first) * HOP_SECONDS >= CUT_SECONDS
    ]


def _nearest(
    silences: Sequence[tuple[int, int]], expected: int, after: int, reach: int
) -> tuple[int, int] | None:
    """The silence within reach that is best: near, and long."""
    inside = [s for s in silences if s[0] > after and abs(sum(s) // 2 - expected) <= reach]
    return min(inside, key=lambda s: abs(sum(s) / 2 - expected) - (s[1] - s[0]), default=None)
