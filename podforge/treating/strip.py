"""A gentle channel strip for one stretch of speech: high-pass, de-esser, compressor.

Each stretch is treated alone, so its sound does not depend on its neighbours.  Gains are decided
once a millisecond, in dB, and drawn as straight lines between; they fall before what they are
for, so nothing is delayed.
"""

import numpy as np

from podforge.chains import OFF, Chain
from podforge.signal import Samples, decibels, lines, padded, rising
from podforge.treating.filters import high_band, low_end
from podforge.weighting import Floats

HOP_SECONDS = 0.001
FRAME_HOPS = 3  # that a filter makes at once: some 64 samples, wide enough for BLAS
DETECTOR_HOPS = 11  # over which a level is measured: a pulse of a low voice
SILENCE = 1e-12  # mean square below which a level is not told: -120 dBFS

S_CORNER_HZ = 4500.0  # an s lies above, the formants that make a vowel below
S_DETECTOR_HOPS = 5  # over which that of the band is: a hiss has no pulses
S_LOUD_DB = -19.0  # RMS in a levelled voice above which an s is sharp
S_SHARE_DB = -10.0  # of the band in the whole, above which it is an s at all
S_FALL_DB_PER_HOP = 4.0  # 6 dB in 1.5 ms
S_RISE_DB_PER_HOP = 0.12  # 6 dB in 50 ms

THRESHOLD_DB = -15.0  # RMS in a levelled voice: its loud syllables
KNEE_DB = 8.0  # over which the ratio sets in
FALL_DB_PER_HOP = 0.4  # 4 dB in 10 ms
RISE_DB_PER_HOP = 0.04  # 4 dB in 100 ms
MAKEUP_AT_DB = -11.2  # what is this loud stays as loud, and so does speech as a whole


def treat(x: Samples, rate: int, chain: Chain, gain_db: float) -> Samples:
    """`x`, shape (samples,), as the chain wants it: of the same length, without delay.

    `gain_db` is what will bring the speaker to `units.REFERENCE_LUFS` afterwards.  It only says
    how loud the sound counts, and is not in the result.
    """
    if not len(x) or chain == OFF:
        return x
    hop = max(1, round(rate * HOP_SECONDS))
    frame = FRAME_HOPS * hop
    sound = padded(x, 0, len(x) + -len(x) % frame)
    if low := low_end(rate, chain.high_pass_hz, chain.rotate_hz, frame):
        sound = low(sound)
    if chain.de_ess_db:
        high = high_band(rate, S_CORNER_HZ, frame)(sound)
        sound = _de_essed(sound, high, hop, chain.de_ess_db, gain_db)
    if chain.compress > 1:
        sound = _compressed(sound, hop, chain.compress, gain_db)
    return sound[: len(x)]


def _de_essed(sound: Samples, high: Samples, hop: int, most_db: float, gain_db: float) -> Samples:
    """Take up to `most_db` from the high band where it is loud and most of what sounds."""
    band, whole = _levels(high, hop, S_DETECTOR_HOPS), _levels(sound, hop, DETECTOR_HOPS)
    sharp = np.minimum(band + gain_db - S_LOUD_DB, band - whole - S_SHARE_DB)
    wanted = -np.clip(sharp, 0.0, most_db)
    if not wanted.any():
        return sound
    drawn = _slewed(wanted, S_FALL_DB_PER_HOP, S_RISE_DB_PER_HOP)
    return sound - high * (1 - lines(drawn, hop))


def _compressed(sound: Samples, hop: int, ratio: float, gain_db: float) -> Samples:
    """Reduce what is loud, and lift the whole by a makeup that follows from the ratio."""
    wanted = _curve(_levels(sound, hop, DETECTOR_HOPS) + gain_db, ratio)
    drawn = _slewed(wanted, FALL_DB_PER_HOP, RISE_DB_PER_HOP)
    makeup = -float(_curve(np.array([MAKEUP_AT_DB]), ratio)[0])
    return sound * lines(drawn + makeup, hop)


def _curve(levels: Floats, ratio: float) -> Floats:
    """Gain in dB of a compressor with a quadratic knee at each level.

    Giannoulis, Massberg and Reiss, Digital Dynamic Range Compressor Design, JAES 60(6), 2012,
    equation 4.
    """
    into = np.clip(levels - THRESHOLD_DB + KNEE_DB / 2, 0.0, KNEE_DB)
    above = np.maximum(levels - THRESHOLD_DB - KNEE_DB / 2, 0.0)
    return (1 / ratio - 1) * (into**2 / (2 * KNEE_DB) + above)


def _levels(sound: Samples, hop: int, around: int) -> Floats:
    """RMS in dBFS of each hop and its neighbours, an odd number `around` in all."""
    frames = sound.reshape(-1, hop)
    squares = np.square(frames) @ np.ones(hop, np.float32)  # faster than sums of short rows
    mean = np.full(around, 1 / (around * hop), np.float32)
    margin = around // 2
    squares = padded(squares, -margin, len(squares) + margin)
    return decibels(np.convolve(squares, mean, "valid"), SILENCE)


def _slewed(wanted: Floats, fall: float, rise: float) -> Floats:
    """The highest gain in dB at the edges of hops that is nowhere above `wanted`, shape (hops,).

    It moves by at most `fall` and `rise` dB a hop; shape (hops + 1,).
    """
    edges = np.minimum(np.append(wanted, 0.0), np.append(0.0, wanted))
    return rising(rising(edges, rise)[::-1], fall)[::-1]
