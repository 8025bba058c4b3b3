"""A look-ahead true-peak limiter with linked channels.

The gain is decided once a millisecond and drawn as straight lines between.  It falls before a
peak and recovers after it, both linear in dB, which makes each direction a running minimum.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from podforge.peaks import MARGIN, hop_peaks
from podforge.signal import Block, lines, rising
from podforge.units import to_gain

Floats = NDArray[np.float64]

HOP_SECONDS = 0.001
BLOCK_HOPS = 4000  # far more than any attack lasts: a block needs to know only the next one
ATTACK_DB_PER_SECOND = 1000.0
RELEASE_DB_PER_SECOND = 100.0  # slower than the pulses of a voice
KNEE_DB = 6.0  # what is deeper is a click or a knock, and is let go faster
FAST_RELEASE_DB_PER_SECOND = 500.0


def block_samples(rate: int) -> int:
    """The grid on which gains are decided, in samples."""
    return max(1, round(rate * HOP_SECONDS)) * BLOCK_HOPS


def limit(
    windows: Iterable[Block], rate: int, gain_db: float, ceiling_db: float
) -> Iterator[Block]:
    """Amplify blocks of shape (samples, channels) and keep true peaks at or below the ceiling.

    Each comes with `MARGIN` of its neighbours' samples on both sides, and leaves without; all but
    the last have `block_samples` of their own.
    """
    hop = max(1, round(rate * HOP_SECONDS))
    step = hop / rate
    gain, ceiling = np.float32(to_gain(gain_db)), to_gain(ceiling_db)
    release = Release(step)
    last = 0.0  # what the hop before the block allows
    held: tuple[Block, Floats] | None = None
    for window in windows:
        loud = window * gain
        allowed = reduction_db(hop_peaks(np.ascontiguousarray(loud.T), hop, ceiling), ceiling_db)
        edges = np.minimum(allowed, np.append(last, allowed[:-1]))
        last = float(allowed[-1])
        released = release(edges)
        if held:
            yield _reduced(*held, released, hop, step)
        held = loud[MARGIN : len(loud) - MARGIN], released
    if held:
        yield _reduced(*held, release(np.array([last])), hop, step)


def reduction_db(peaks: NDArray[np.float32], ceiling_db: float) -> Floats:
    """The gain, at most 0 dB, that takes peaks (as amplitudes) down to the ceiling."""
    return np.minimum(0.0, ceiling_db - 20 * np.log10(np.maximum(peaks, 1e-9).astype(np.float64)))


class Release:
    """Recovery after peaks, over a stream of steps of `step` seconds.

    The first `KNEE_DB` of reduction and what lies deeper recover each at its own speed.
    """

    def __init__(self, step: float) -> None:
        self._slow_step = RELEASE_DB_PER_SECOND * step
        self._fast_step = FAST_RELEASE_DB_PER_SECOND * step
        self._slow = self._fast = 0.0

    def __call__(self, levels: Floats) -> Floats:
        """The highest gain in dB that stays at or below `levels` and rises no faster."""
        slow = rising(np.append(self._slow, np.maximum(levels, -KNEE_DB)), self._slow_step)[1:]
        fast = rising(np.append(self._fast, np.minimum(levels + KNEE_DB, 0)), self._fast_step)[1:]
        self._slow, self._fast = float(slow[-1]), float(fast[-1])
        return slow + fast


def attacked(levels: Floats, step: float) -> Floats:
    """The highest gain in dB that stays at or below `levels` and falls no faster than allowed."""
    return rising(levels[::-1], ATTACK_DB_PER_SECOND * step)[::-1]


def _reduced(block: Block, levels: Floats, following: Floats, hop: int, step: float) -> Block:
    """The block under the gain that `levels` (dB at the start of each hop) draw."""
    hops = len(levels)
    drawn = attacked(np.append(levels, following), step)[: hops + 1]
    if drawn.min() > -1e-6:
        return block
    block *= lines(drawn, hop)[: len(block), None]
    return block
