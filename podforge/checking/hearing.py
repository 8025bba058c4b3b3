"""What a take sounds like, frame by frame: how loud, in which colour, and whether that changes.

The colour is a log-mel spectrum (Davis and Mermelstein 1980, without the cosine transform).
Speech changes its colour all the time, from vowel to consonant to vowel; noise, hum and slow
music do not.  A minute takes half a megabyte.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from podforge.clip import Finding, Span
from podforge.signal import SPEECH_BELOW_LOUD_DB, SPEECH_FLOOR_DB, padded
from podforge.units import to_samples

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

HOP_SECONDS = 0.020
WINDOW_SECONDS = 0.040
BANDS = 32
LOWEST_HZ, HIGHEST_HZ = 60.0, 7_600.0  # where the bands lie, or up to the Nyquist frequency
DEPTH_DB = 60.0  # below the loud parts nothing counts
ABOVE_FLOOR_DB = 6.0  # what stands out from the steady noise of a take, and ...
NEAR_LOUD_DB = 15.0  # ... what is heard in any case: so far below the loud parts, or less
CHANGE_SECONDS, CHANGE_DB = 0.060, 3.0  # a colour that moves more than this, meaning over bands
LIVELY_SECONDS = 1.5  # long enough to hold consonants, however slow the speaker
SOUNDING = 0.5  # of a window must be heard, or it is a pause
LIKE_SPEECH = 0.55  # share of changing frames, in the liveliest windows of a take that speaks
BLOCK = 512  # frames that are transformed at once: they stay in cache
SILENCE_DB = -100.0


@dataclass(frozen=True)
class Fault:
    """A finding, and the frames from `first` to before `last` that are not speech of the text."""

    finding: Finding
    first: int
    last: int


@dataclass(frozen=True)
class Sound:
    """A take in frames of `hop` samples.

    `levels` (frames,) in dBFS; `colours` (frames, BANDS) in dB around the frame's own mean;
    `heard` (frames,) where anything sounds; `changing` where the colour of it moves; `loud` the
    level of the loud parts.
    """

    rate: int
    hop: int
    loud: float
    levels: Floats
    colours: Floats
    heard: Flags
    changing: Flags

    @cached_property
    def liveliest(self) -> float:
        """The share of changing frames in the liveliest parts of the take.

        Not a number where too little is heard: it compares as neither like speech nor like noise.
        """
        shares = self.shares(LIVELY_SECONDS)
        shares = shares[shares <= 1]
        return float(np.percentile(shares, 90)) if len(shares) else math.nan

    @property
    def speaks(self) -> bool:
        """Whether some of it changes like speech; what the tone engine makes does not."""
        return self.liveliest >= LIKE_SPEECH

    def shares(self, seconds: float) -> NDArray[np.float64]:
        """The share of changing frames in each window, of those heard; 2 in a pause."""
        width = self.frames(seconds)
        heard, changing = sums(self.heard, width), sums(self.changing, width)
        return np.where(heard >= SOUNDING * width, changing / np.maximum(heard, 1), 2.0)

    def frame(self, sample: int) -> int:
        """The frame in which a sample lies."""
        return min(sample // self.hop, len(self.levels))

    def frames(self, seconds: float) -> int:
        """A duration in whole frames."""
        return max(1, round(seconds * self.rate / self.hop))

    def utterance(self, spans: Sequence[Span], frame: float) -> int:
        """The utterance that sounds at a frame, or the last one before it; else the first."""
        starts = [span.start for span in spans]
        return max(0, bisect_right(starts, frame * self.hop) - 1)

    def is_inside(self, span: Span, first: int, last: int) -> bool:
        """Whether frames lie between the edges of an utterance."""
        return span.start < first * self.hop and last * self.hop < span.end

    def seconds(self, frames: float) -> float:
        """A number of frames as a duration."""
        return float(frames) * self.hop / self.rate

    def without(self, faults: Iterable[Fault]) -> "Sound":
        """The same with nothing heard where there are faults."""
        heard, changing = self.heard.copy(), self.changing.copy()
        for part in faults:
            heard[part.first : part.last] = changing[part.first : part.last] = False
        return replace(self, heard=heard, changing=changing)


def listen(samples: Floats, rate: int) -> Sound:
    """Frames of a take; `samples` is mono, shape (n,), and finite."""
    hop = to_samples(HOP_SECONDS, rate)
    bands = _bands(samples, rate, hop)
    levels = np.maximum(10 * np.log10(bands.sum(axis=1) + 1e-12), SILENCE_DB)
    audible = levels[levels > SPEECH_FLOOR_DB]
    loud = float(np.percentile(audible, 95)) if len(audible) else SILENCE_DB
    heard = levels > _threshold(levels, loud) if len(audible) else np.zeros(len(levels), np.bool_)
    colours = np.maximum(10 * np.log10(bands + 1e-12), loud - DEPTH_DB)
    colours -= colours.mean(axis=1, keepdims=True)
    return Sound(rate, hop, loud, levels, colours, heard, heard & _changes(colours, hop / rate))


def runs(flags: Flags) -> list[tuple[int, int]]:
    """Every stretch of true flags as (first, past the last)."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def sums(values: NDArray[np.generic], width: int) -> NDArray[np.float64]:
    """The sum over each window of `width` values; one for every place that it fits."""
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return total[width:] - total[:-width] if len(values) >= width else np.zeros(0)


def best_run(gains: NDArray[np.generic]) -> tuple[int, int]:
    """The stretch, as (first, past the last), over which the gains add up to the most."""
    total = np.concatenate([[0.0], np.cumsum(gains, dtype=np.float64)])
    rise = total - np.minimum.accumulate(total)
    last = int(np.argmax(rise))
    return int(np.argmin(total[: last + 1])), last


def _threshold(levels: Floats, loud: float) -> float:
    """Above it something is heard: it adapts to the noise floor of the take, within bounds."""
    floor = float(np.percentile(levels, 5)) + ABOVE_FLOOR_DB
    return float(np.clip(floor, loud - SPEECH_BELOW_LOUD_DB, loud - NEAR_LOUD_DB))


def _changes(colours: Floats, hop_seconds: float) -> Flags:
    lag = max(1, round(CHANGE_SECONDS / hop_seconds))
    changes = np.zeros(len(colours), np.bool_)
    if len(colours) > lag:
        distance = np.abs(colours[lag:] - colours[:-lag]).mean(axis=1)
        changes[lag // 2 : lag // 2 + len(distance)] = distance > CHANGE_DB
    return changes


def _bands(samples: Floats, rate: int, hop: int) -> Floats:
    """Mean square in each band of each frame, shape (frames, BANDS)."""
    width = to_samples(WINDOW_SECONDS, rate)
    size = 1 << (width - 1).bit_length()
    window = np.hanning(width).astype(np.float32)
    filters = _filters(rate, size) * np.float32(2 / (size * np.sum(window**2)))
    count = -(-len(samples) // hop)
    out = np.empty((count, BANDS), np.float32)
    margin = (width - hop) // 2
    for first in range(0, count, BLOCK):
        last = min(first + BLOCK, count)
        low, high = first * hop - margin, (last - 1) * hop - margin + width
        frames = sliding_window_view(padded(samples, low, high), width)[::hop]
        frames = frames - frames.mean(axis=1, keepdims=True)  # an offset leaks into the low bands
        spectrum = np.fft.rfft(frames * window, size)
        out[first:last] = (spectrum.real**2 + spectrum.imag**2).astype(np.float32) @ filters
    return out


def _filters(rate: int, size: int) -> Floats:
    """Triangles, evenly spaced on the mel scale, that add up to one; shape (bins, BANDS)."""
    highest = min(HIGHEST_HZ, 0.49 * rate)
    low, high = (2595 * np.log10(1 + edge / 700) for edge in (LOWEST_HZ, highest))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(size, 1 / rate)[:, None]
    rise = (bins - edges[:-2]) / np.diff(edges)[:-1]
    fall = (edges[2:] - bins) / np.diff(edges)[1:]
    return np.clip(np.minimum(rise, fall), 0, None).astype(np.float32)
