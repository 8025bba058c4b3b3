"""True peaks: the level between the samples, ITU-R BS.1770-4, Annex 2.

Four times oversampling is dear, so it is done only where the samples are high enough that a
true peak could matter.  The filter is applied as one matrix product over the chosen hops.
"""

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

# The interpolating filter of Annex 2, 4 phases of 12 taps; the last two mirror the first two.
_PHASES = (
    (0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875,
     0.1373291015625, 0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250,
     0.0148925781250, -0.0083007812500),
    (-0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500,
     0.4650878906250, 0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625,
     0.0330810546875, -0.0189208984375),
)  # fmt: skip
_FILTER = np.array([*_PHASES, _PHASES[1][::-1], _PHASES[0][::-1]])  # (4, 12)
OVERSHOOT = float(np.abs(_FILTER).sum(axis=1).max())  # true peak / sample peak is at most this
# `_may_exceed`: of each phase the sum of its taps, and that of the sums of those beyond each step
# away from the largest one, the seventh; the mirrored phases have the same.
_WEIGHT = float(np.abs(_FILTER.sum(axis=1)).max())
_LEAN = max(
    float(sum(np.abs(np.cumsum(beyond)).sum() for beyond in (taps[:6], taps[:6:-1])))
    for taps in _FILTER[:2]
)
MARGIN = 6  # samples of the neighbours that the filter looks at on each side
FINE = 32  # samples that a search leaves out, or looks into, together


class PeakSearch:
    """The highest true peak of a stream, and where it is.

    Most stretches of a sound are too low to hold it, which their samples tell.
    """

    def __init__(self, channels: int) -> None:
        self._held = np.zeros((channels, MARGIN), np.float32)
        self._start = 0  # of the stream, in what is held, past the margin
        self._highest, self._at = 0.0, 0

    def feed(self, sound: NDArray[np.float32]) -> None:
        """Search the next samples, shape (channels, samples)."""
        self._held = np.concatenate([self._held, sound], axis=1)
        hops = (self._held.shape[1] - 2 * MARGIN) // FINE
        if hops > 0:
            self._search(self._held, hops)
            self._held = self._held[:, hops * FINE :].copy()
            self._start += hops * FINE

    def found(self) -> tuple[float, int]:
        """The highest true peak so far, as an amplitude, and the sample at or before it."""
        rest = self._held.shape[1] - MARGIN
        hops = -(-rest // FINE)
        self._search(np.pad(self._held, ((0, 0), (0, hops * FINE + MARGIN - rest))), hops)
        return self._highest, self._at

    def _search(self, sound: NDArray[np.float32], hops: int) -> None:
        """Look into the hops whose samples could hold more than the highest so far."""
        if not hops:
            return
        size = _sample_peaks(sound[:, : hops * FINE + 2 * MARGIN], FINE, hops).max(axis=0)
        bound = np.maximum(np.maximum(size[:-2], size[2:]), size[1:-1]) * np.float32(OVERSHOOT)
        if size.max() > self._highest:  # what the best one has rules most of the others out
            self._look_into(sound, bound.argmax(keepdims=True))
        self._look_into(sound, np.flatnonzero(bound > self._highest))

    def _look_into(self, sound: NDArray[np.float32], hops: NDArray[np.intp]) -> None:
        """Interpolate in some hops."""
        frames = sliding_window_view(sound, FINE + 2 * MARGIN, axis=1)[:, hops * FINE]
        chosen = _may_exceed(frames, self._highest).any(axis=0)
        if not chosen.any():
            return
        hops, frames = hops[chosen], frames[:, chosen]
        between = np.abs(frames @ _oversampler(FINE))
        own = np.abs(frames[:, :, MARGIN:-MARGIN])
        peaks = np.maximum(between.max(axis=(0, 2)), own.max(axis=(0, 2)))
        best = int(peaks.argmax())
        if peaks[best] > self._highest:
            values = np.maximum(between[:, best].reshape(-1, FINE, 4).max(axis=2), own[:, best])
            at = int(hops[best]) * FINE + int(values.max(axis=0).argmax())
            self._highest, self._at = float(peaks[best]), self._start + at


def hop_peaks(sound: NDArray[np.float32], hop: int, above: float) -> NDArray[np.float32]:
    """Peak of each hop over all channels, shape (hops,).

    `sound` is (channels, MARGIN + samples + MARGIN).  Where a true peak might exceed `above` it
    is the true peak; elsewhere the sample peak stands in, and both are at most `above`.  A hop
    that is not whole ends in silence.
    """
    samples = sound.shape[1] - 2 * MARGIN
    hops = -(-samples // hop)
    if hops * hop > samples:
        sound = np.pad(sound, ((0, 0), (0, hops * hop - samples)))
    peaks = _sample_peaks(sound, hop, hops)
    near = np.maximum(np.maximum(peaks[:, :-2], peaks[:, 2:]), peaks[:, 1:-1])
    peaks = peaks[:, 1:-1]
    high = np.nonzero(near * OVERSHOOT > above)
    if len(high[0]):
        frames = sliding_window_view(sound, hop + 2 * MARGIN, axis=1)[high[0], high[1] * hop]
        chosen = _may_exceed(frames, above)
        high, frames = (high[0][chosen], high[1][chosen]), frames[chosen]
        between = frames @ _oversampler(hop)
        true = np.maximum(between.max(axis=1), -between.min(axis=1))
        peaks[high] = np.maximum(peaks[high], true)
    highest: NDArray[np.float32] = peaks.max(axis=0, initial=0)
    return highest


def _may_exceed(frames: NDArray[np.float32], above: float) -> NDArray[np.bool_]:
    """Which frames could hold a true peak above a level.

    A value of the filter is the sample beside it times the sum of all taps, and each step from
    one sample to the next times the sum of the taps beyond.  High peaks are of low frequencies,
    where steps are small: on speech four in five frames need not be interpolated.
    """
    steps = np.abs(np.diff(frames)).max(axis=-1, initial=0)
    size = np.abs(frames).max(axis=-1, initial=0)
    bound: NDArray[np.bool_] = size * _WEIGHT + steps * _LEAN > above
    return bound


def _sample_peaks(sound: NDArray[np.float32], hop: int, hops: int) -> NDArray[np.float32]:
    """Largest sample in the margin before, in each hop, and in the margin after."""
    size = np.abs(sound[:, MARGIN : MARGIN + hops * hop])
    size = np.maximum.reduceat(size, np.arange(0, hops * hop, hop), axis=1)
    before = np.abs(sound[:, :MARGIN]).max(axis=1, keepdims=True)
    after = np.abs(sound[:, -MARGIN:]).max(axis=1, keepdims=True)
    return np.concatenate([before, size, after], axis=1)


@lru_cache(maxsize=8)
def _oversampler(hop: int) -> NDArray[np.float32]:
    """Matrix from the samples of a hop and its margins to the 4 * hop values between them."""
    matrix = np.zeros((hop + 2 * MARGIN, hop, 4), np.float32)
    for sample in range(hop):
        matrix[sample + 1 : sample + 13, sample] = _FILTER.T[::-1]
    return matrix.reshape(hop + 2 * MARGIN, 4 * hop)
