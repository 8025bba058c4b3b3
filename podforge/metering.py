"""Loudness as ITU-R BS.1770-4 and EBU R 128 define it, at any rate, from a stream."""

import math
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from podforge.clip import Level
from podforge.peaks import MARGIN, hop_peaks
from podforge.signal import Block, Samples
from podforge.units import to_decibels

Floats = NDArray[np.float64]

HOP_SECONDS = 0.1  # gating blocks of 400 ms begin this often
HOPS_PER_BLOCK = 4
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
OFFSET_LU = -0.691  # makes a 997 Hz sine at 0 dBFS in one channel read -3.01
# BS.1770-4, table 3, for L R C Ls Rs and L R C LFE Ls Rs; every channel counts 1 otherwise.
CHANNEL_WEIGHTS = {5: (1.0, 1.0, 1.0, 1.41, 1.41), 6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)}
FRAME = 64  # samples a product filters at once, about: divides the hop
PEAK_HOP = 32  # samples that the search for the highest true peak looks at together


class Loudness:
    """Feed it blocks, then read it.  Memory: 8 bytes for each 100 ms."""

    def __init__(self, rate: int, channels: int) -> None:
        self.samples = 0
        self._weighting = weighting(rate)
        self._state = self._weighting.rest(channels)
        self._held = np.zeros((channels, 0), np.float32)
        self._energies: list[Floats] = []

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
            self._energies.append(energies)

    @property
    def energies(self) -> Floats:
        """Mean square of the K-weighted sound of each whole 100 ms, channels summed.

        A stream of less than 400 ms has a single one, for all of it.
        """
        energies = np.concatenate([np.zeros(0), *self._energies])
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
        self._unsearched = np.zeros((channels, MARGIN), np.float32)
        self._sample_peak = self._true_peak = 0.0

    def feed(self, block: Block) -> None:
        """Measure the next block, shape (samples, channels)."""
        super().feed(block)
        self._sample_peak = max(self._sample_peak, float(np.abs(block).max(initial=0)))
        sound = np.concatenate([self._unsearched, block.T], axis=1)
        whole = (sound.shape[1] - 2 * MARGIN) // PEAK_HOP * PEAK_HOP
        if whole > 0:
            self._true_peak = self._highest(sound[:, : whole + 2 * MARGIN])
            sound = sound[:, whole:]
        self._unsearched = sound

    def _highest(self, sound: NDArray[np.float32]) -> float:
        return float(hop_peaks(sound, PEAK_HOP, self._true_peak).max(initial=self._true_peak))

    @property
    def true_peak_db(self) -> float:
        """Highest true peak, dBTP; -inf for silence."""
        return to_decibels(self._highest(np.pad(self._unsearched, ((0, 0), (0, 2 * MARGIN)))))

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
    heard = _gated(_block_energies(energies))
    return _lufs(float(heard.mean())) if len(heard) else -math.inf


def gated_level(x: Samples, rate: int) -> Level:
    """Loudness of one utterance, shape (samples,), and how many seconds of it passed the gate.

    Where nothing does, the level is that of the absolute gate, with 0 seconds.
    """
    loudness = Loudness(rate, 1)
    loudness.feed(x.reshape(-1, 1))
    blocks = _block_energies(loudness.energies)
    heard = _gated(blocks)
    if not len(heard):
        return Level(ABSOLUTE_GATE_LUFS, 0.0)
    return Level(_lufs(float(heard.mean())), len(x) / rate * len(heard) / len(blocks))


def _block_energies(energies: Floats) -> Floats:
    if len(energies) < HOPS_PER_BLOCK:
        return np.array([energies.mean()]) if len(energies) else energies
    blocks: Floats = sliding_window_view(energies, HOPS_PER_BLOCK).mean(axis=1)
    return blocks


def _gated(blocks: Floats) -> Floats:
    """The blocks that pass both gates."""
    heard = blocks[blocks > _energy(ABSOLUTE_GATE_LUFS)]
    if not len(heard):
        return heard
    return heard[heard > _energy(_lufs(float(heard.mean())) + RELATIVE_GATE_LU)]


def _lufs(energy: float) -> float:
    return OFFSET_LU + 10 * math.log10(energy) if energy > 0 else -math.inf


def _energy(lufs: float) -> float:
    return float(10 ** ((lufs - OFFSET_LU) / 10))


class KWeighting:
    """The K-weighting filter as matrix products over frames.

    In a frame, output = input @ `direct` + state @ `ringing`; the state after it is
    state @ `decay` + input @ `excite`.  This is the recursive filter itself, not a likeness:
    `direct` holds its impulse response, and the states of all frames come from one scan.
    """

    def __init__(self, rate: int) -> None:
        self.hop = round(rate * HOP_SECONDS)
        self.frame = min(_divisors(self.hop), key=lambda size: abs(size - FRAME))
        a, b, c, d = _cascade(_high_shelf(rate), _high_pass(rate))
        powers = [np.eye(len(a))]
        for _ in range(self.frame):
            powers.append(powers[-1] @ a)
        response = np.array([d, *(float(c @ power @ b) for power in powers[: self.frame - 1])])
        delay = np.arange(self.frame)[None, :] - np.arange(self.frame)[:, None]
        self.direct = np.where(delay >= 0, response[delay], 0).astype(np.float32)
        self.ringing = np.stack([c @ power for power in powers[:-1]], axis=1).astype(np.float32)
        self.excite = np.stack([power @ b for power in powers[-2::-1]]).astype(np.float32)
        self.decay = powers[-1].T

    def rest(self, channels: int) -> Floats:
        """The state of a filter that has heard nothing, shape (channels, 4)."""
        return np.zeros((channels, len(self.decay)))

    def energies(self, sound: NDArray[np.float32], state: Floats) -> tuple[Floats, Floats]:
        """Weighted mean square of each hop, channels summed, and the state after the last.

        `sound` is (channels, whole hops).
        """
        channels = len(sound)
        frames = sound.reshape(channels, -1, self.frame)
        states = _scan(np.concatenate([state[:, None], frames @ self.excite], axis=1), self.decay)
        heard = frames @ self.direct
        heard += states[:, :-1].astype(np.float32) @ self.ringing
        hops = heard.reshape(channels, -1, self.hop)
        squares = np.einsum("chn,chn->ch", hops, hops) / self.hop
        weights = np.array(CHANNEL_WEIGHTS.get(channels, (1.0,) * channels))
        return weights @ squares, states[:, -1]


@lru_cache(maxsize=8)
def weighting(rate: int) -> KWeighting:
    """The filter for a rate, made once."""
    return KWeighting(rate)


def _scan(steps: Floats, decay: Floats) -> Floats:
    """s[k] = s[k-1] @ decay + steps[k] along axis 1, by doubling; changes `steps`."""
    reach = 1
    while reach < steps.shape[1] and np.abs(decay).max() > 1e-15:
        steps[:, reach:] += steps[:, :-reach] @ decay
        decay = decay @ decay
        reach *= 2
    return steps


def _divisors(number: int) -> list[int]:
    return [size for size in range(1, number + 1) if number % size == 0]


Biquad = tuple[Floats, Floats]  # b (3,), a (3,) with a[0] = 1


def _high_shelf(rate: int) -> Biquad:
    """First stage of BS.1770-4: the head, about +4 dB of treble.

    The standard tabulates 48 kHz only; these are the analogue values behind the table (as in
    libebur128), taken to any rate by the bilinear transform.
    """
    frequency, gain, q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k = math.tan(math.pi * frequency / rate)
    high = 10 ** (gain / 20)
    middle = high**0.4996667741545416
    b = np.array([high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k])
    return b / (1 + k / q + k * k), _denominator(k, q)


def _high_pass(rate: int) -> Biquad:
    """Second stage of BS.1770-4 (RLB), from its analogue values."""
    k = math.tan(math.pi * 38.13547087602444 / rate)
    return np.array([1.0, -2.0, 1.0]), _denominator(k, 0.5003270373238773)


def _denominator(k: float, q: float) -> Floats:
    scale = 1 + k / q + k * k
    return np.array([1.0, 2 * (k * k - 1) / scale, (1 - k / q + k * k) / scale])


def _cascade(first: Biquad, second: Biquad) -> tuple[Floats, Floats, Floats, float]:
    """Two biquads in a row in state-space form: s' = a s + b x, y = c s + d x."""
    a1, b1, c1, d1 = _state_space(first)
    a2, b2, c2, d2 = _state_space(second)
    a = np.block([[a1, np.zeros((2, 2))], [np.outer(b2, c1), a2]])
    return a, np.concatenate([b1, b2 * d1]), np.concatenate([d2 * c1, c2]), d1 * d2


def _state_space(biquad: Biquad) -> tuple[Floats, Floats, Floats, float]:
    """The transposed direct form II of a biquad."""
    b, a = biquad
    return (
        np.array([[-a[1], 1.0], [-a[2], 0.0]]),
        b[1:] - a[1:] * b[0],
        np.array([1.0, 0.0]),
        float(b[0]),
    )
