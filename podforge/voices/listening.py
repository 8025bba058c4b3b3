"""What a recording is like, hop by hop: where somebody speaks, clips, or where tones are held.

Everything here is arithmetic on samples and gives the same answer for the same samples.  The
thresholds were set on synthetic speech, noise, chords and mixtures of them.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from podforge.signal import Samples, resample, rms_envelope
from podforge.units import to_samples

RATE = 24_000  # samples per second of every reference clip
HOP_SECONDS = 0.010
HOPS_PER_SECOND = round(1 / HOP_SECONDS)

SMOOTH_HOPS = 5  # a level is that of 50 ms: the level of noise is then nearly constant
QUIETEST_DB = -85.0  # dBFS; below any microphone's noise: a program silenced it
FLOOR_SECONDS = 4.0  # speakers pause at least once in this
BELOW_LOUD_DB = 35.0  # quieter than this below the loud parts is not speech
ABOVE_LEAST_DB = 8.0  # nor is what stands out of the quietest moment by less than this
PAUSE_SECONDS = 0.200  # a shorter silence is part of a word, as before a plosive

CLIP_SHARE = 0.99  # of the highest sample: where the wave is cut off flat
CLIP_RUN = 3  # neighbouring samples up there
CLIP_PILE = 4.0  # times as many there as just below: a sine has 2.4, speech less than 1

TONE_WINDOW = 4096  # samples, 170 ms: harmonics of a voice blur, those of an instrument do not
TONE_HOP = 1024
TONE_HERTZ = (150.0, 4000.0)
TONE_ABOVE_DB = 15.0  # over the spectrum around it
TONE_AROUND_HERTZ = 250.0
TONE_BELOW_LOUD_DB = 45.0  # a tone that is weaker does no harm
TONE_SECONDS = 0.6  # held on one pitch: no speaker does that

Flags = NDArray[np.bool_]  # (hops,)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Heard:
    """A recording at `RATE`, described; every array has one entry a hop of 10 ms."""

    power: Floats  # mean square
    floor_db: Floats  # level of the noise there, dBFS
    speech: Flags  # words, with the short silences inside them
    clipped: Flags
    held: Flags  # some tone that stands still
    loud_db: float  # RMS level of the loud parts, dBFS
    range_db: float  # from there to the quiet ones: small for noise and for chords


def listen(mono: Samples, rate: int) -> tuple[Samples, Heard]:
    """The recording at `RATE`, and what it is like.  `mono` has shape (samples,)."""
    sound = resample(mono, rate, RATE)
    power = rms_envelope(sound, RATE, HOP_SECONDS).astype(np.float64) ** 2
    levels = _levels(power)
    loud, quiet = (float(np.quantile(levels, q)) if len(levels) else -math.inf for q in (0.95, 0.1))
    least = _around(np.minimum, levels)  # minimum statistics: what is left when nobody speaks
    threshold = np.maximum(
        loud - BELOW_LOUD_DB, np.minimum(least + ABOVE_LEAST_DB, loud - ABOVE_LEAST_DB)
    )
    return sound, Heard(
        power=power,
        floor_db=_around(np.maximum, least),  # so that it rises where the noise does
        speech=_without_gaps(levels > threshold),
        clipped=_per_hop(_clipped(mono), rate, len(levels)),
        held=_held(sound, loud, len(levels)),
        loud_db=loud,
        range_db=loud - quiet if levels.any() else 0.0,
    )


def _levels(power: Floats) -> Floats:
    """Level around each hop, dBFS."""
    smooth = np.convolve(power, np.full(SMOOTH_HOPS, 1 / SMOOTH_HOPS))[SMOOTH_HOPS // 2 :]
    return np.asarray(10 * np.log10(np.maximum(smooth[: len(power)], 10 ** (QUIETEST_DB / 10))))


def _around(reduce: np.ufunc, levels: Floats) -> Floats:
    """The least or the most (`np.minimum`, `np.maximum`) of the seconds around each hop."""
    if not len(levels):
        return levels
    side = round(FLOOR_SECONDS * HOPS_PER_SECOND / 2)
    padded = np.pad(levels, side, mode="edge")
    return np.asarray(reduce.reduce(sliding_window_view(padded, 2 * side + 1), axis=1))


def runs(flags: Flags) -> list[tuple[int, int]]:
    """Where the flags are up without a break, as (first, past the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def bandwidth(sound: Samples, heard: Heard) -> float:
    """The frequency, Hz, above which speech at `RATE` has no energy (60 dB below its most)."""
    hop = to_samples(HOP_SECONDS, RATE)
    frames = sound[: len(sound) // hop * hop].reshape(-1, hop)
    frames = frames[heard.speech[: len(frames)]]
    spectrum: Floats = np.mean(np.abs(np.fft.rfft(frames * np.hanning(hop), axis=1)) ** 2, axis=0)
    top = np.flatnonzero(spectrum > 1e-6 * float(spectrum.max(initial=0)))
    return float(top[-1] * RATE / hop) if len(top) else 0.0


def _without_gaps(speech: Flags) -> Flags:
    """Speech with silences that are too short for a pause filled in."""
    filled = speech.copy()
    for first, last in runs(~speech):
        inside = first > 0 and last < len(speech)
        if inside and last - first < PAUSE_SECONDS * HOPS_PER_SECOND:
            filled[first:last] = True
    return filled


def _clipped(mono: Samples) -> Flags:
    """The samples where the wave was cut off flat; one entry a sample.

    Many samples lie at the very top of a wave that was, and several of them side by side.
    """
    size = np.abs(mono)
    peak = float(size.max(initial=0))
    top = size >= CLIP_SHARE * peak
    highest = int(np.count_nonzero(top))
    below = int(np.count_nonzero(size >= (2 * CLIP_SHARE - 1) * peak)) - highest
    if len(mono) < CLIP_RUN or highest < CLIP_PILE * max(below, 1):
        return np.zeros(len(mono), np.bool_)
    flat: Flags = np.logical_and.reduce(sliding_window_view(top, CLIP_RUN), axis=1)
    flags = np.zeros(len(mono), np.bool_)
    for shift in range(CLIP_RUN):
        flags[shift : shift + len(flat)] |= flat
    return flags


def _per_hop(flags: Flags, rate: int, hops: int) -> Flags:
    """Whether any sample of each hop is flagged."""
    found = np.zeros(hops, np.bool_)
    at = np.flatnonzero(flags) * HOPS_PER_SECOND // rate
    found[at[at < hops]] = True
    return found


def _held(sound: Samples, loud_db: float, hops: int) -> Flags:
    """Where some tone stands still for `TONE_SECONDS`."""
    needed = math.ceil(TONE_SECONDS * RATE / TONE_HOP)
    flags = np.zeros(hops, np.bool_)
    peaks = _peaks(sound, loud_db)
    if len(peaks) < needed:
        return flags
    standing = np.logical_and.reduce(sliding_window_view(peaks, needed, axis=0), axis=2)
    held: Flags = np.logical_or.reduce(standing, axis=1)
    for first, last in runs(held):
        start = first * TONE_HOP * HOPS_PER_SECOND // RATE
        end = ((last + needed - 1) * TONE_HOP + TONE_WINDOW) * HOPS_PER_SECOND // RATE
        flags[start:end] = True
    return flags


def _peaks(sound: Samples, loud_db: float) -> NDArray[np.bool_]:
    """Which frequencies stand out, shape (frames, bins); a few seconds at a time."""
    if len(sound) < TONE_WINDOW:
        return np.zeros((0, 0), np.bool_)
    low, high = (round(hertz * TONE_WINDOW / RATE) for hertz in TONE_HERTZ)
    around = round(TONE_AROUND_HERTZ * TONE_WINDOW / RATE)
    window = np.hanning(TONE_WINDOW)
    # A sine of amplitude a has |X| = a * sum(window) / 2; RMS is a / sqrt(2).
    weakest = 10 ** ((loud_db - TONE_BELOW_LOUD_DB) / 10) * window.sum() ** 2 / 2
    frames = sliding_window_view(sound, TONE_WINDOW)[::TONE_HOP]
    found = []
    for start in range(0, len(frames), 64):
        power = np.abs(np.fft.rfft(frames[start : start + 64] * window, axis=1)) ** 2
        smooth = _smoothed(power, around)
        part = slice(low, high)
        tall = power[:, part] > smooth[:, part] * 10 ** (TONE_ABOVE_DB / 10)
        found.append(tall & (power[:, part] > weakest))
    return np.concatenate(found)


def _smoothed(power: Floats, around: int) -> Floats:
    """The geometric mean over `around` bins on either side: what is usual there."""
    width = 2 * around + 1
    logs = np.log(power + 1e-12)
    padded = np.pad(logs, ((0, 0), (around + 1, around)), mode="edge")
    sums = np.cumsum(padded, axis=1)
    return np.asarray(np.exp((sums[:, width:] - sums[:, :-width]) / width))
