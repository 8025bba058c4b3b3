"""Filters as matrix products over frames of samples, designed once for each rate.

Frames are short, some 64 samples: wide enough for BLAS, and the waste of a triangle is small.
"""

import math
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from podforge.signal import Samples, padded
from podforge.weighting import Floats, Scan

ROTATOR_STAGES = 4
EDGE_SECONDS = 0.0007  # of the kernel of `high_band`, each side: its edge is 2 kHz wide
KAISER_BETA = 4.5  # its stop band is below -50 dB


@dataclass(frozen=True)
class Recursive:
    """A recursive filter: output = frame @ `direct` + state @ `ringing`, as in `weighting`."""

    direct: NDArray[np.float32]  # (frame, frame): the impulse response, shifted
    ringing: NDArray[np.float32]  # (states, frame): what a state still makes
    excite: NDArray[np.float32]  # (frame, states): what a frame leaves in the state
    scan: Scan  # of what a frame leaves of the state before it

    def __call__(self, sound: Samples) -> Samples:
        """Filter whole frames; before them was silence."""
        frames = sound.reshape(-1, len(self.direct))
        states = self.scan((frames @ self.excite)[None])[0]
        heard = frames @ self.direct
        heard[1:] += states[:-1].astype(np.float32) @ self.ringing
        return heard.reshape(-1)


@dataclass(frozen=True)
class _Section:
    """A filter by its state: s' = a s + b x, y = c s + d x."""

    a: Floats
    b: Floats
    c: Floats
    d: float

    def then(self, after: "_Section") -> "_Section":
        """Both in a row."""
        gap = np.zeros((len(self.a), len(after.a)))
        return _Section(
            np.block([[self.a, gap], [np.outer(after.b, self.c), after.a]]),
            np.concatenate([self.b, after.b * self.d]),
            np.concatenate([after.d * self.c, after.c]),
            after.d * self.d,
        )

    def over(self, frame: int) -> Recursive:
        """The same, a frame at a time."""
        powers = [np.eye(len(self.a))]
        for _ in range(frame):
            powers.append(powers[-1] @ self.a)
        response = [self.d, *(self.c @ power @ self.b for power in powers[: frame - 1])]
        return Recursive(
            _matrix(np.array(response), frame)[frame - 1 :],
            np.stack([self.c @ power for power in powers[:-1]], axis=1).astype(np.float32),
            np.stack([power @ self.b for power in powers[-2::-1]]).astype(np.float32),
            Scan(powers[-1].T),
        )


@lru_cache(maxsize=8)
def low_end(rate: int, high_pass_hz: float, rotate_hz: float, frame: int) -> Recursive | None:
    """A high-pass, a phase rotator, or both in one filter; None where neither is wanted."""
    sections = [_high_pass(rate, high_pass_hz)] if high_pass_hz else []
    sections += ROTATOR_STAGES * [_all_pass(rate, rotate_hz)] if rotate_hz else []
    return reduce(_Section.then, sections).over(frame) if sections else None


def _high_pass(rate: int, corner_hz: float) -> _Section:
    """A Butterworth filter of second order (12 dB an octave) by the bilinear transform."""
    k = math.tan(math.pi * corner_hz / rate)
    scale = 1 + math.sqrt(2) * k + k * k
    a1, a2 = 2 * (k * k - 1) / scale, (1 - math.sqrt(2) * k + k * k) / scale
    b0 = 1 / scale  # b = (b0, -2 b0, b0); the state is that of the transposed direct form II
    a = np.array([[-a1, 1.0], [-a2, 0.0]])
    return _Section(a, b0 * np.array([-2 - a1, 1 - a2]), np.array([1.0, 0.0]), b0)


def _all_pass(rate: int, centre_hz: float) -> _Section:
    """(a + 1/z) / (1 + a/z): every frequency as loud as before, its phase turned."""
    k = math.tan(math.pi * centre_hz / rate)
    a = (k - 1) / (k + 1)
    return _Section(np.array([[-a]]), np.array([1 - a * a]), np.ones(1), a)


@dataclass(frozen=True)
class Convolution:
    """A filter of finite length, as many taps after a sample as before it: no delay."""

    matrix: NDArray[np.float32]  # (frame + taps - 1, frame)

    def __call__(self, sound: Samples) -> Samples:
        """Filter whole frames between silence."""
        width, frame = self.matrix.shape
        margin = (width - frame) // 2
        source = padded(sound, -margin, len(sound) + margin)
        frames = sliding_window_view(source, width)[::frame]
        return (np.ascontiguousarray(frames) @ self.matrix).reshape(-1)


@lru_cache(maxsize=8)
def high_band(rate: int, corner_hz: float, frame: int) -> Convolution:
    """What lies above the corner, in phase with the sound; nothing where the rate ends below."""
    return Convolution(_matrix(_above(corner_hz, rate), frame))


def _above(corner_hz: float, rate: int) -> Floats:
    """A high-pass of linear phase, an odd number of taps: a pulse less a windowed sinc."""
    half = math.ceil(EDGE_SECONDS * rate)
    t = np.arange(-half, half + 1)
    share = min(1.0, 2 * corner_hz / rate)  # of the spectrum that lies below
    low = np.sinc(share * t) * np.kaiser(2 * half + 1, KAISER_BETA)
    return np.asarray((t == 0) - low / low.sum())


def _matrix(response: Floats, frame: int) -> NDArray[np.float32]:
    """A matrix from `frame` inputs and len(response) - 1 before them to `frame` outputs."""
    width = frame + len(response) - 1
    tap = np.arange(frame)[None, :] - np.arange(width)[:, None] + len(response) - 1
    inside = (tap >= 0) & (tap < len(response))
    return np.where(inside, response[np.clip(tap, 0, len(response) - 1)], 0).astype(np.float32)
