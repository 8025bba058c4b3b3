"""The K-weighting of ITU-R BS.1770-4 at any rate: how loud a frequency seems to be."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Biquad = tuple[Floats, Floats]  # b (3,), a (3,) with a[0] = 1

HOP_SECONDS = 0.1  # gating blocks of 400 ms begin this often
FRAME = 48  # samples a product filters at once, about: divides the hop
SCANNED = 16  # states that a product links at once
# BS.1770-4, tables 3 and 4, for L R C Ls Rs, L R C LFE Ls Rs and 7.1 (L R C LFE, back, side);
# every channel counts 1 otherwise.
CHANNEL_WEIGHTS = {
    5: (1.0, 1.0, 1.0, 1.41, 1.41),
    6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41),
    8: (1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.41, 1.41),
}


class Scan:
    """s[k] = s[k-1] @ decay + steps[k], for all k at once.

    One product links the states of each `SCANNED` steps; what they leave goes on from group to
    group by doubling.
    """

    def __init__(self, decay: Floats) -> None:
        powers = [np.eye(len(decay))]
        for _ in range(SCANNED):
            powers.append(powers[-1] @ decay)
        nothing = np.zeros_like(decay)
        self._links = np.block(
            [
                [powers[to - at] if at <= to else nothing for to in range(SCANNED)]
                for at in range(SCANNED)
            ]
        )
        self._leaves = np.concatenate(powers[1:], axis=1)  # what a state leaves in those after it
        self._decay = powers[-1]

    def __call__(self, steps: NDArray[np.floating[Any]]) -> Floats:
        """The states, of the shape of `steps`: (channels, steps, states)."""
        channels, count, size = steps.shape
        groups = -(-count // SCANNED)
        grouped = np.zeros((channels, groups * SCANNED, size))
        grouped[:, :count] = steps
        linked = grouped.reshape(channels, groups, -1) @ self._links
        ends, decay, reach = linked[:, :, -size:].copy(), self._decay, 1
        while reach < groups and np.abs(decay).max() > 1e-15:
            ends[:, reach:] += ends[:, :-reach] @ decay
            decay, reach = decay @ decay, 2 * reach
        linked[:, 1:] += ends[:, :-1] @ self._leaves
        states: Floats = linked.reshape(grouped.shape)[:, :count]
        return states


class KWeighting:
    """The K-weighting filter as matrix products over frames.

    In a frame, output = input @ `direct` + state @ `ringing`; the state after it is
    state @ decay + input @ `excite`.  This is the recursive filter itself, not a likeness:
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
        self.scan = Scan(powers[-1].T)

    def rest(self, channels: int) -> Floats:
        """The state of a filter that has heard nothing, shape (channels, 4)."""
        return np.zeros((channels, len(self.ringing)))

    def energies(self, sound: NDArray[np.float32], state: Floats) -> tuple[Floats, Floats]:
        """Weighted mean square of each hop, channels summed, and the state after the last.

        `sound` is (channels, whole hops).
        """
        channels = len(sound)
        frames = sound.reshape(channels, -1, self.frame)
        states = self.scan(np.concatenate([state[:, None], frames @ self.excite], axis=1))
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


def _divisors(number: int) -> list[int]:
    return [size for size in range(1, number + 1) if number % size == 0]


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
