"""Measuring a stream of sound in one pass.

The stream is cut anew into stretches of two seconds, so the result does not depend on the blocks
that come in.  Inside a stretch, levels are taken in parts of 10 ms.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podforge.inspecting.histograms import Histogram, histogram, range_of
from podforge.inspecting.measured import Measured
from podforge.inspecting.stretches import ClippedRuns, Gaps
from podforge.metering import HOPS_PER_BLOCK, OFFSET_LU, Loudness, integrated, to_lufs, windows
from podforge.peaks import PeakSearch
from podforge.signal import Block
from podforge.units import to_decibels
from podforge.weighting import HOP_SECONDS, Floats

Planes = NDArray[np.float32]  # (channels, samples), or parts of it

PART_SECONDS = 0.01
PARTS_AT_ONCE = 200  # two seconds
PARTS_PER_STEP = 10
FLOOR_STEPS = 5  # 0.5 s, every 0.1 s: what ACX Check calls the noise floor
SHORT_TERM_HOPS = round(3.0 / HOP_SECONDS)  # EBU Tech 3341
SILENCE_DB = -60.0  # RMS of 10 ms; room tone under speech lies below
DIGITAL_SILENCE = 2.0**-17  # no sample above: rounded to 16 bits, all would be 0
LEAST_ENERGY = 1e-12  # -120 LUFS: a picture knows no infinity
ABSURD = 1e9  # no decoder gives such samples; their squares would drown everything


@dataclass(frozen=True)
class Trace:
    """What a picture of the sound is drawn from.

    `low` and `high` (parts,) are the lowest and highest sample of any channel in each
    `part_seconds`; `short_term_lufs` (hops,) the loudness of the 3 s that end at each 100 ms.
    """

    part_seconds: float
    low: NDArray[np.float16]
    high: NDArray[np.float16]
    short_term_lufs: Floats


class Inspector:
    """Feed it blocks of any size, then finish.

    Memory: 12 bytes for each 100 ms, and 40 more when it is traced.
    """

    def __init__(self, rate: int, channels: int, *, traced: bool = False) -> None:
        self._rate, self._channels, self._traced = rate, channels, traced
        self._part = max(1, round(rate * PART_SECONDS))
        self._held: list[Block] = []
        self._samples_held = self._samples = 0
        self._loudness = Loudness(rate, channels)
        self._peaks = PeakSearch(channels)
        self._sample_peak = 0.0
        self._power = 0.0  # sum of all squares
        self._sums = np.zeros(channels)
        self._not_finite = 0
        self._steps = bytearray()  # float32
        self._silence, self._digital = Gaps(), Gaps()
        self._clipped = ClippedRuns(channels)
        self._lows, self._highs = bytearray(), bytearray()  # float16

    def feed(self, block: Block) -> None:
        """Measure the next block, shape (samples, channels)."""
        self._held.append(block)
        self._samples_held += len(block)
        size = self._part * PARTS_AT_ONCE
        if self._samples_held < size:
            return
        sound = np.concatenate(self._held)
        whole = len(sound) // size * size
        for start in range(0, whole, size):
            self._measure(sound[start : start + size])
        self._held, self._samples_held = [sound[whole:].copy()], len(sound) - whole

    def finish(self) -> Measured:
        """What was fed, measured.  Nothing may be fed afterwards."""
        if self._samples_held:
            self._measure(np.concatenate(self._held))
        energies = self._loudness.energies
        momentary, blocks = _loudest(windows(energies, HOPS_PER_BLOCK))
        short_term, short_terms = _loudest(windows(energies, SHORT_TERM_HOPS))
        highest, at = self._peaks.found()
        values = max(1, self._samples * self._channels)
        head, inner, tail = self._silence.found()
        return Measured(
            rate=self._rate,
            channels=self._channels,
            samples=self._samples,
            lufs=integrated(energies),
            range_lu=range_of(short_terms),
            momentary_lufs=momentary,
            short_term_lufs=short_term,
            true_peak_db=to_decibels(highest),
            true_peak_at=at / self._rate,
            sample_peak_db=to_decibels(self._sample_peak),
            rms_db=to_decibels(math.sqrt(self._power / values)),
            floor_db=self._floor_db(),
            digital_silence=self._seconds(max(self._digital.found())),
            clipped=self._clipped.count,
            dc_offset=tuple((self._sums / max(1, self._samples)).tolist()),
            head_silence=self._seconds(head),
            tail_silence=self._tail_seconds(tail),
            inner_silence=self._seconds(inner),
            not_finite=self._not_finite,
            blocks=blocks,
            short_terms=short_terms,
        )

    def trace(self) -> Trace:
        """What a picture needs, once it is finished; only when it was to be traced."""
        short_terms = np.maximum(windows(self._loudness.energies, SHORT_TERM_HOPS), LEAST_ENERGY)
        return Trace(
            self._part / self._rate,
            np.frombuffer(bytes(self._lows), np.float16),
            np.frombuffer(bytes(self._highs), np.float16),
            OFFSET_LU + 10 * np.log10(short_terms),
        )

    def _measure(self, block: Block) -> None:
        """One stretch: two seconds, or what is left of the last one."""
        sound = np.ascontiguousarray(block.T, np.float32)
        parts, low, high = _in_parts(sound, self._part)
        if not (low.min() > -ABSURD and high.max() < ABSURD):  # NaN: neither is true
            sound = self._repaired(sound)
            parts, low, high = _in_parts(sound, self._part)
        self._samples += len(block)
        self._loudness.feed(sound.T)
        self._peaks.feed(sound)
        peaks = np.maximum(high, -low)
        self._sample_peak = max(self._sample_peak, float(peaks.max()))
        self._clipped.feed(sound, float(peaks.max()))
        powers = np.einsum("cpn,cpn->cp", parts, parts)
        self._power += float(powers.sum(dtype=np.float64))
        self._sums += sound.sum(axis=1, dtype=np.float64)
        lengths = np.full(powers.shape[1], self._part)
        lengths[-1] = len(block) - self._part * (len(lengths) - 1)
        self._silence.feed(powers.max(axis=0) < lengths * 10 ** (SILENCE_DB / 10))
        digital = peaks.max(axis=0) < DIGITAL_SILENCE
        self._digital.feed(digital)
        self._steps += _steps(powers.mean(axis=0) / lengths, digital).tobytes()
        if self._traced:
            self._lows += low.min(axis=0).astype(np.float16).tobytes()
            self._highs += high.max(axis=0).astype(np.float16).tobytes()

    def _repaired(self, sound: Planes) -> Planes:
        """The sound with zeros for what is not a number, or an absurd one."""
        wrong = ~(np.abs(sound) < ABSURD)
        self._not_finite += int(np.count_nonzero(wrong))
        return np.where(wrong, np.float32(0), sound)

    def _floor_db(self) -> float:
        """RMS of the quietest 0.5 s without digital silence in it."""
        steps = np.frombuffer(self._steps, np.float32).astype(np.float64)
        quietest = float(np.fmin.reduce(windows(steps, FLOOR_STEPS), initial=math.inf))
        return to_decibels(math.sqrt(quietest)) if quietest < math.inf else -math.inf

    def _seconds(self, parts: int) -> float:
        return min(parts * self._part, self._samples) / self._rate

    def _tail_seconds(self, parts: int) -> float:
        """The last part may not be whole."""
        missing = -self._samples % self._part
        return max(0, parts * self._part - missing) / self._rate


def inspect(blocks: Iterable[Block], rate: int, channels: int) -> Measured:
    """Measure blocks of shape (samples, channels)."""
    inspector = Inspector(rate, channels)
    for block in blocks:
        inspector.feed(block)
    return inspector.finish()


def _loudest(energies: Floats) -> tuple[float, Histogram]:
    """Loudness of the loudest window, and how many there are of each."""
    return to_lufs(float(energies.max(initial=0))), histogram(energies)


def _in_parts(sound: Planes, part: int) -> tuple[Planes, Planes, Planes]:
    """Shape (channels, parts, samples), zeros fill the last; the lowest and highest of each."""
    channels, samples = sound.shape
    if samples % part:
        sound = np.pad(sound, ((0, 0), (0, -samples % part)))
    parts = sound.reshape(channels, -1, part)
    return parts, parts.min(axis=2), parts.max(axis=2)


def _steps(powers: Floats, digital: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Mean square of each whole 100 ms; NaN where there is digital silence."""
    whole = len(powers) // PARTS_PER_STEP * PARTS_PER_STEP
    marked = np.where(digital, np.nan, powers)[:whole].reshape(-1, PARTS_PER_STEP)
    return np.asarray(marked.mean(axis=1), np.float32)
