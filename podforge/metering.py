"""Loudness as ITU-R BS.1770-4 and EBU R 128 define it, at any rate, from a stream."""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from podforge.clip import Level
from podforge.peaks import PeakSearch
from podforge.signal import Block, Samples
from podforge.units import to_decibels
from podforge.weighting import Floats, weighting

HOPS_PER_BLOCK = 4  # gating blocks of 400 ms that overlap by three quarters
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
OFFSET_LU = -0.691  # makes a 997 Hz sine at 0 dBFS in one channel read -3.01


class Loudness:
    """Feed it blocks, then read it.  Memory: 8 bytes for each 100 ms."""

    def __init__(self, rate: int, channels: int) -> None:
        self.samples = 0
        self._weighting = weighting(rate)
        self._state = self._weighting.rest(channels)
        self._held = np.zeros((channels, 0), np.float32)
        self._energies = bytearray()  # float64

    def feed(self, block: Block) -> None:
        """Measure the next block, shape (samples, channels)."""
        self.samples += len(block)
        sound = np.ascontiguousarray(block.T)
        if self._held.shape[1]:
            sound = np.concatenate([self._held, sound], axis=1)
        whole = sound.shape[1] // self._weighting.hop * self._weighting.hop
        self._held = sound[:, whole:]
        if whole:
            energies, self._state = self._weighting.energies(sound[:, :whole], self._state)
            self._energies += energies.tobytes()

    @property
    def energies(self) -> Floats:
        """Mean square of the K-weighted sound of each whole 100 ms, channels summed.

        A stream of less than 400 ms has a single one, for all of it.
        """
        energies = np.frombuffer(bytes(self._energies))
        if len(energies) >= HOPS_PER_BLOCK or not self.samples:
            return energies
        hop = self._weighting.hop
        rest = np.pad(self._held, ((0, 0), (0, hop - self._held.shape[1])))
        total = energies.sum() + self._weighting.energies(rest, self._state)[0].sum()
        return np.array([total * hop / self.samples])

    @property
    def lufs(self) -> float:
        """Integrated loudness; -inf for silence."""
        return integrated(self.energies)


class Meter(Loudness):
    """Loudness, and the peaks beside it."""

    def __init__(self, rate: int, channels: int) -> None:
        super().__init__(rate, channels)
        self._rate = rate
        self._search = PeakSearch(channels)
        self._sample_peak = 0.0

    def feed(self, block: Block) -> None:
        """Measure the next block, shape (samples, channels)."""
        super().feed(block)
        self._sample_peak = max(self._sample_peak, float(np.abs(block).max(initial=0)))
        self._search.feed(block.T)

    @property
    def true_peak_db(self) -> float:
        """Highest true peak, dBTP; -inf for silence."""
        return to_decibels(self._search.found()[0])

    @property
    def sample_peak_db(self) -> float:
        """Largest sample, dBFS; -inf for silence."""
        return to_decibels(self._sample_peak)

    @property
    def seconds(self) -> float:
        """Length of what was fed."""
        return self.samples / self._rate


def integrated(energies: Floats) -> float:
    """Gated loudness, LUFS, of 100 ms mean squares (BS.1770-4, Annex 1); -inf for silence.

    Fewer than four of them are one block.
    """
    blocks = windows(energies, HOPS_PER_BLOCK)
    heard = gated(blocks)
    return to_lufs(float(blocks.mean(where=heard))) if heard.any() else -math.inf


def gated_level(x: Samples, rate: int) -> Level:
    """Loudness of one utterance, shape (samples,), and how many seconds of it passed the gate.

    Where nothing does, the level is that of the absolute gate, with 0 seconds.
    """
    loudness = Loudness(rate, 1)
    loudness.feed(x.reshape(-1, 1))
    blocks = windows(loudness.energies, HOPS_PER_BLOCK)
    heard = gated(blocks)
    if not heard.any():
        return Level(ABSOLUTE_GATE_LUFS, 0.0)
    return Level(to_lufs(float(blocks.mean(where=heard))), len(x) / rate * float(heard.mean()))


def windows(energies: Floats, hops: int) -> Floats:
    """Mean over each `hops` neighbours; over all where there are fewer."""
    if len(energies) < hops:
        return np.array([energies.mean()]) if len(energies) else energies
    means: Floats = sliding_window_view(energies, hops).mean(axis=1)
    return means


def gated(blocks: Floats) -> NDArray[np.bool_]:
    """Which blocks pass both gates of BS.1770-4."""
    heard = blocks > from_lufs(ABSOLUTE_GATE_LUFS)
    if not heard.any():
        return heard
    loud = to_lufs(float(blocks.mean(where=heard))) + RELATIVE_GATE_LU
    passed: NDArray[np.bool_] = heard & (blocks > from_lufs(loud))
    return passed


def to_lufs(energy: float) -> float:
    """Loudness of a K-weighted mean square; -inf for silence."""
    return OFFSET_LU + 10 * math.log10(energy) if energy > 0 else -math.inf


def from_lufs(lufs: float) -> float:
    """The K-weighted mean square of a loudness."""
    return float(10 ** ((lufs - OFFSET_LU) / 10))
