"""Speech made faster or slower at the same pitch: WSOLA.

Verhelst and Roelands, An overlap-add technique based on waveform similarity (WSOLA) for high
quality time-scale modification of speech, ICASSP 1993.  Pieces of the sound are taken from about
where they belong, shifted so that each goes on as the one before it did, and cross-faded.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from podforge.signal import Samples, padded
from podforge.units import LEAST_SPEED, MOST_SPEED, at_speed, to_samples

Places = NDArray[np.int64]

HOP_SECONDS = 0.012  # of the result, from one piece to the next: a pulse of an 80 Hz voice
REACH_SECONDS = 0.007  # a piece may be taken from this far to either side of its place,
ERROR_SECONDS = 0.010  # as long as this is how far from its place it is heard at most
HOMESICKNESS = 0.1  # likeness that a shift by the whole reach must bring
SILENCE = 1e-9  # energy of a piece that is like any other


def stretch(x: Samples, rate: int, speed: float) -> Samples:
    """`x`, shape (samples,), in 1/speed of its time, shape (at_speed(samples),).

    What is at t is then at t / speed, give or take 10 ms.  `speed`: `LEAST_SPEED` to `MOST_SPEED`.
    """
    assert LEAST_SPEED <= speed <= MOST_SPEED
    length = at_speed(len(x), speed)
    if speed == 1 or not length:
        return x[:length]
    hop = to_samples(HOP_SECONDS, rate)
    reach = to_samples(min(REACH_SECONDS, ERROR_SECONDS * speed), rate)
    last = max(1, length // hop)
    homes = np.floor(np.arange(last + 1) * (hop * speed) + 0.5).astype(np.int64)
    homes[last] = len(x) - (length - last * hop)  # the end of the sound is that of the result
    margin = hop + reach
    source = padded(x, -margin, len(x) + margin + hop)
    places, likeness = _places(source, homes + margin, hop, reach)
    return _cross_faded(source, places, likeness, hop)[:length]


def _places(
    source: Samples, homes: Places, hop: int, reach: int
) -> tuple[Places, NDArray[np.float64]]:
    """Where each piece is taken from, and how like its run-up is to what it replaces, 0 to 1.

    A piece is faded in over the `hop` samples before its place.  The first and the last stay at
    home.
    """
    places, likeness = homes.copy(), np.zeros(len(homes))
    energies = np.cumsum(np.append(0.0, np.square(source, dtype=np.float64)))
    energies = np.maximum(energies[hop:] - energies[:-hop], SILENCE)  # of `hop` samples from each
    shift = np.arange(-reach, reach + 1) / reach
    dislike = HOMESICKNESS * shift**2
    for n in range(1, len(homes)):
        before = places[n - 1]
        model = source[before : before + hop]
        first = homes[n] - hop - reach
        products = np.correlate(source[first : first + hop + 2 * reach], model, "valid")
        norms = np.sqrt(energies[before] * energies[first : first + 2 * reach + 1])
        alike = products / norms
        best = reach if n == len(homes) - 1 else int(np.argmax(alike - dislike))
        places[n] = first + best + hop
        likeness[n] = min(max(float(alike[best]), 0.0), 1.0)
    return places, likeness


def _cross_faded(
    source: Samples, places: Places, likeness: NDArray[np.float64], hop: int
) -> Samples:
    """Each piece faded into the next, as loud on the way as they are; the last goes on alone."""
    places, likeness = np.append(places, places[-1] + hop), np.append(likeness, 1.0)
    windows = sliding_window_view(source, hop)
    rising = (0.5 - 0.5 * np.cos(np.pi * (np.arange(hop) + 0.5) / hop)).astype(np.float32)
    falling = rising[::-1]
    both = (2 * rising * falling) * (likeness[1:, None].astype(np.float32) - 1)
    out = windows[places[:-1]] * falling
    out += windows[places[1:] - hop] * rising
    out /= np.sqrt(1 + both)  # rising + falling = 1: of like sounds amplitudes add, else powers
    return out.reshape(-1)
