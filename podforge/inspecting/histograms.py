"""How often each loudness occurs, in steps of 0.1 LU: small, and it can be added up.

From it follow the integrated loudness and the loudness range of sounds that were measured one by
one, within the half of a step.
"""

import math
from collections import Counter
from collections.abc import Iterable

import numpy as np

from podforge.metering import ABSOLUTE_GATE_LUFS, OFFSET_LU, RELATIVE_GATE_LU, from_lufs, to_lufs
from podforge.weighting import Floats

STEPS_PER_LU = 10
HIGHEST_LUFS = 5.0  # what is louder counts as this
COUNTED_AT_ONCE = 36_000  # windows, an hour of them: keeps the memory flat
RANGE_GATE_LU = -20.0  # EBU Tech 3342, section 2
RANGE_QUANTILES = 0.10, 0.95

Histogram = tuple[tuple[int, int], ...]  # (tenths of LUFS, how many windows), quiet ones first


def histogram(energies: Floats) -> Histogram:
    """The windows above the absolute gate, from their K-weighted mean squares."""
    return added(
        _histogram(energies[start : start + COUNTED_AT_ONCE])
        for start in range(0, len(energies), COUNTED_AT_ONCE)
    )


def _histogram(energies: Floats) -> Histogram:
    heard = energies[energies > from_lufs(ABSOLUTE_GATE_LUFS)]
    lufs = np.minimum(OFFSET_LU + 10 * np.log10(heard), HIGHEST_LUFS)
    steps, counts = np.unique(np.rint(lufs * STEPS_PER_LU).astype(int), return_counts=True)
    return tuple(zip(steps.tolist(), counts.tolist(), strict=True))


def added(histograms: Iterable[Histogram]) -> Histogram:
    """The histogram of all the windows together."""
    total: Counter[int] = Counter()
    for each in histograms:
        total.update(dict(each))
    return tuple(sorted(total.items()))


def integrated_of(found: Histogram) -> float:
    """Integrated loudness, LUFS, of a histogram of 400 ms blocks; -inf where nothing is heard."""
    return _mean(_above(found, RELATIVE_GATE_LU))


def range_of(found: Histogram) -> float:
    """Loudness range, LU, of a histogram of 3 s windows (EBU Tech 3342)."""
    heard = _above(found, RANGE_GATE_LU)
    if not heard:
        return 0.0
    steps, counts = np.array(heard).T
    ends = np.cumsum(counts)
    ranks = np.rint((ends[-1] - 1) * np.array(RANGE_QUANTILES))
    low, high = steps[np.searchsorted(ends, ranks, side="right")]
    return float(high - low) / STEPS_PER_LU


def _above(found: Histogram, gate_lu: float) -> Histogram:
    """What lies above a gate relative to the mean of all."""
    gate = _mean(found) + gate_lu
    return tuple((step, count) for step, count in found if step / STEPS_PER_LU > gate)


def _mean(found: Histogram) -> float:
    """Loudness of the mean energy; -inf where there is none."""
    if not found:
        return -math.inf
    energy = sum(count * from_lufs(step / STEPS_PER_LU) for step, count in found)
    return to_lufs(energy / sum(count for _, count in found))
