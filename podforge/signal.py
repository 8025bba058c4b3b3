"""Arithmetic on sound: blocks, resampling, room tone, envelopes.

Blocks are float32 of shape (samples, channels), C order; speech is mono, shape (samples,).
The convolutions are matrix products over frames: BLAS does them several times faster than a
sample loop, and importing `scipy.signal` alone would cost over a second of CPU.
"""

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from podforge.units import rescale, to_gain, to_samples

Samples = NDArray[np.float32]  # (samples,)
Block = NDArray[np.float32]  # (samples, channels)

ZERO_CROSSINGS = 32  # of the resampling kernel, each side: a longer one has a steeper edge
KAISER_BETA = 9.0  # stop band below -90 dB
CUTOFF = 0.94  # of the lower Nyquist frequency: the middle of the edge
GROUP = 64  # output samples a product makes at once: wide enough for BLAS, small in cache

ENVELOPE_SECONDS = 0.010
SPEECH_BELOW_LOUD_DB = 35.0  # quieter than this below the loud parts is not speech
SPEECH_FLOOR_DB = -65.0  # nor is anything quieter than this
SPEECH_PAD_SECONDS = 0.020  # breath and decay kept around speech


def blocks_of(blocks: Iterable[Block], size: int, margin: int = 0) -> Iterator[Block]:
    """The same stream in blocks of `size` samples; the last one is shorter.

    With `margin`, each block also carries that many samples of its neighbours on both sides,
    zeros where the stream has none.
    """
    held: list[Block] = []
    count = 0
    for block in blocks:
        if not held:
            held, count = [_silence(margin, block)], margin
        held.append(block)
        count += len(block)
        if count >= size + 2 * margin:
            joined = np.concatenate(held)
            start = 0
            while count - start >= size + 2 * margin:
                yield joined[start : start + size + 2 * margin]
                start += size
            held, count = [joined[start:]], count - start
    if count > margin:
        yield from _tail(np.concatenate([*held, _silence(margin, held[0])]), size, margin)


def _tail(rest: Block, size: int, margin: int) -> Iterator[Block]:
    for start in range(0, len(rest) - 2 * margin, size):
        yield rest[start : start + size + 2 * margin]


def _silence(samples: int, like: Block) -> Block:
    return np.zeros((samples, like.shape[1]), np.float32)


def resample(x: Samples, from_rate: int, to_rate: int) -> Samples:
    """`x` at another rate, `rescale(len(x))` samples long, delay 0."""
    return resample_part(x, from_rate, to_rate, 0, rescale(len(x), from_rate, to_rate))


def resample_part(
    x: Samples, from_rate: int, to_rate: int, start: int, end: int
) -> NDArray[np.float32]:
    """Samples `start` to `end` of the resampled `x`, without making the others."""
    if from_rate == to_rate:
        return x[start:end]
    if end <= start:
        return np.zeros(0, np.float32)
    kernel = _kernel(from_rate, to_rate)
    first = start // kernel.up
    periods = -(-end // kernel.up) - first
    out = np.empty((periods, kernel.up), np.float32)
    origin = first * kernel.down - kernel.pad
    source = padded(x, origin, origin + kernel.reach(periods))
    for column, offset, matrix in kernel.products:
        found = frames(source, offset, kernel.down, (periods, len(matrix)))
        made = out[:, column : column + matrix.shape[1]]
        np.matmul(np.ascontiguousarray(found), matrix, out=made)
    skip = start - first * kernel.up
    return out.reshape(-1)[skip : skip + end - start]


def frames(x: Samples, first: int, step: int, shape: tuple[int, int]) -> NDArray[np.float32]:
    """A view of C-contiguous `x`, shape (frames, samples), whose frames begin `step` apart.

    numpy's `sliding_window_view` does the same, and takes longer than many a product of frames.
    """
    assert first + step * (shape[0] - 1) + shape[1] <= len(x), "within the samples"
    size = x.itemsize
    return np.ndarray(shape, np.float32, x, first * size, (step * size, size))


class _Kernel:
    """A resampler as matrices: `down` input samples make `up` output samples, then again.

    `products` holds (first output, first input, matrix); the inputs count from `pad` samples
    before the period.  The kernel is a sinc under a Kaiser window, evaluated where it is
    needed, so the ratio of the rates may be any.
    """

    def __init__(self, up: int, down: int) -> None:
        repeats = max(1, GROUP // up)
        ratio = down / up
        self.up, self.down = up * repeats, down * repeats
        squeeze = min(1.0, 1 / ratio)  # below 1 when the output has the lower Nyquist frequency
        self.pad = math.ceil(ZERO_CROSSINGS / squeeze)
        self.products = [
            self._product(column, min(GROUP, self.up - column), ratio, squeeze)
            for column in range(0, self.up, GROUP)
        ]

    def _product(
        self, column: int, count: int, ratio: float, squeeze: float
    ) -> tuple[int, int, NDArray[np.float32]]:
        offset = math.floor(column * ratio)
        width = math.ceil((column + count) * ratio) - offset + 2 * self.pad
        inputs = np.arange(width)[:, None] + (offset - self.pad)
        outputs = (column + np.arange(count))[None, :] * ratio
        t = (inputs - outputs) * squeeze
        window = np.i0(KAISER_BETA * np.sqrt(np.maximum(0, 1 - (t / ZERO_CROSSINGS) ** 2)))
        weights = np.sinc(CUTOFF * t) * window * (np.abs(t) < ZERO_CROSSINGS)
        weights /= weights.sum(axis=0)  # a constant stays what it is
        return column, offset, weights.astype(np.float32)

    def reach(self, periods: int) -> int:
        """Input samples that `periods` periods look at."""
        return (periods - 1) * self.down + max(
            offset + len(matrix) for _, offset, matrix in self.products
        )


@lru_cache(maxsize=8)
def _kernel(from_rate: int, to_rate: int) -> _Kernel:
    common = math.gcd(from_rate, to_rate)
    return _Kernel(to_rate // common, from_rate // common)


def padded(x: Samples, start: int, end: int) -> Samples:
    """`x[start:end]` with zeros where the range leaves it, C-contiguous.

    `np.pad` does the same in ten times the calls, which is felt on sounds as short as these.
    """
    inside = x[max(start, 0) : max(end, 0)]
    if len(inside) == end - start:
        return np.ascontiguousarray(inside)
    wider = np.zeros(end - start, np.float32)
    before = min(max(0, -start), end - start)
    wider[before : before + len(inside)] = inside
    return wider


def rising(levels: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """The highest line nowhere above `levels` that rises by at most `step` each time.

    It is the least, over j <= k, of levels[j] + (k - j) * step.
    """
    line = step * np.arange(len(levels))
    lowest: NDArray[np.float64] = np.minimum.accumulate(levels - line)
    return lowest + line


def lines(levels_db: NDArray[np.float64], hop: int) -> Samples:
    """Gains that follow straight lines between points `hop` samples apart, given in dB.

    Shape ((points - 1) * hop,).  A product of pairs of points takes a third of the time of sums
    over rows as short as these, and float32's exponential a tenth of that of a power.
    """
    points = np.exp((levels_db * (math.log(10) / 20)).astype(np.float32))
    after = np.arange(hop, dtype=np.float32) / np.float32(hop)
    pairs = np.stack([points[:-1], points[1:]], axis=1)
    return np.asarray(pairs @ np.stack([1 - after, after]), np.float32).reshape(-1)


def decibels(powers: NDArray[np.float32], least: float) -> NDArray[np.float64]:
    """Levels in dB of mean squares, none of them taken for less than `least`."""
    found = np.log(np.maximum(powers, np.float32(least)))  # of float32: several times as fast
    return found.astype(np.float64) * (10 / math.log(10))


def room_tone(rate: int, seconds: float, seed: int, level_db: float) -> Samples:
    """A loop of quiet, gently pink noise of `level_db` dBFS RMS.

    It is made from its spectrum, so its end runs into its beginning without a seam.
    """
    samples = to_samples(seconds, rate)
    bins = samples // 2 + 1
    frequency = np.arange(bins) * (rate / samples)
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, bins)
    shape = (frequency > 20) / np.sqrt(100 + frequency)  # 3 dB an octave above 100 Hz
    noise = np.fft.irfft(shape * np.exp(1j * phases), samples)
    level = np.sqrt(np.mean(noise**2))
    return np.asarray(noise * (to_gain(level_db) / level), np.float32)


def rms_envelope(x: Samples, rate: int, hop_seconds: float = ENVELOPE_SECONDS) -> Samples:
    """RMS of each hop, shape (hops,); the last hop may be a part of one."""
    hop = max(1, to_samples(hop_seconds, rate))
    whole = len(x) // hop * hop
    frames = x[:whole].reshape(-1, hop)
    squares = np.einsum("hn,hn->h", frames, frames) / np.float32(hop)
    if whole < len(x):
        squares = np.append(squares, np.mean(np.square(x[whole:])))
    return np.asarray(np.sqrt(squares), np.float32)


def speech_bounds(x: Samples, rate: int) -> tuple[int, int]:
    """From the first to past the last sample of speech; (0, 0) where there is none.

    Speech is what lies less than `SPEECH_BELOW_LOUD_DB` below the loud parts.
    """
    envelope = rms_envelope(x, rate)
    if not len(envelope):
        return 0, 0
    loud = float(np.quantile(envelope, 0.95))
    threshold = max(loud * to_gain(-SPEECH_BELOW_LOUD_DB), to_gain(SPEECH_FLOOR_DB))
    heard = np.flatnonzero(envelope > threshold)
    if not len(heard):
        return 0, 0
    hop, pad = to_samples(ENVELOPE_SECONDS, rate), to_samples(SPEECH_PAD_SECONDS, rate)
    return max(0, int(heard[0]) * hop - pad), min(len(x), int(heard[-1] + 1) * hop + pad)
