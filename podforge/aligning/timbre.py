"""Who speaks: how each stretch of a take sounds, and which speaker sounds like that.

A stretch lies between two neighbouring places of `Pauses`: about a syllable.  It is described
by the mean log energy in mel bands (Stevens, Volkmann & Newman 1937) and by its pitch, the peak
of the autocorrelation, which is the transform of the power spectrum (Wiener-Khinchin; Rabiner
1977, "On the use of autocorrelation analysis for pitch detection").
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podforge.aligning.pauses import Pauses
from podforge.signal import padded

Floats = NDArray[np.float64]

STEP_FRAMES = 2  # frames of the pauses between two looks at the spectrum
FRAME_SECONDS = 0.045  # of sound that one spectrum sees: three periods of a low voice
LOOKS = 2_048  # spectra made at once
BANDS, LOWEST_HZ, HIGHEST_HZ = 18, 100.0, 5_000.0
ENOUGH_HZ = 16_000  # from this rate on, every other sample will do

PITCHES, LOWEST_PITCH_HZ, HIGHEST_PITCH_HZ = 100, 60.0, 400.0
HARMONICS_HZ = 1_500.0  # the pitch is looked for in what lies below
VOICED = 0.5  # autocorrelation from which a frame has a pitch
VOICED_LOOKS = 2  # that a stretch needs for a pitch

FULL_LOOKS = 8  # a stretch of this many counts fully, a shorter one less
OWN_STRETCHES = 1.5  # the mean of all counts as much as this many of a speaker's own stretches
FREEDOM = 5.0  # of Student's t: a laugh or a cough does not decide who speaks
TRUST = 0.5  # neighbouring stretches are alike, so each tells less than if it stood alone


@dataclass(frozen=True)
class Timbre:
    """How the stretches of a take sound.

    `bands` has shape (stretches, bands); `pitch` is in octaves, NaN where there is none; `weight`
    is 0 for a stretch without sound and at most 1.
    """

    bands: Floats
    pitch: Floats
    weight: Floats


def hear_timbre(samples: NDArray[np.float32], pauses: Pauses) -> Timbre:
    """Describe every stretch of a take; stretch `n` lies between places `n` and `n + 1`."""
    looks = [np.concatenate(part) for part in zip(*_looks(samples, pauses), strict=True)]
    bands, pitch, level = looks
    middles = (pauses.start + pauses.end) / 2
    at = (np.arange(len(level)) + 0.5) * STEP_FRAMES
    stretch = np.searchsorted(middles, at, side="right") - 1
    inside = (stretch >= 0) & (stretch < len(middles) - 1)
    heard = inside & (level > pauses.threshold)
    voiced = heard & ~np.isnan(pitch)

    def total(values: Floats | None, where: NDArray[np.bool_]) -> Floats:
        weights = None if values is None else values[where]
        return np.bincount(stretch[where], weights, minlength=len(middles) - 1).astype(np.float64)

    counts, tones = total(None, heard), total(None, voiced)
    means = np.stack([total(band, heard) for band in bands.T], axis=1)
    means /= np.maximum(counts, 1)[:, None]
    mean_pitch = total(pitch, voiced) / np.maximum(tones, 1)
    return Timbre(
        means,
        np.where(tones >= VOICED_LOOKS, mean_pitch, np.nan),
        np.minimum(counts, FULL_LOOKS) / FULL_LOOKS,
    )


def _looks(samples: NDArray[np.float32], pauses: Pauses) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Log mel energies, pitch in octaves, and level in dBFS, of `LOOKS` frames at a time."""
    every = 2 if pauses.rate >= ENOUGH_HZ else 1
    rate, step = pauses.rate / every, STEP_FRAMES * pauses.hop
    size = 2 ** round(math.log2(FRAME_SECONDS * rate))
    ear = _Ear.of(size, rate)
    count = -(-len(samples) // step)
    for first in range(0, count, LOOKS):
        last = min(count, first + LOOKS)
        start = first * step + (step - every * size) // 2  # frames are centred in their steps
        length = last * step + every * size - start
        part = padded(samples, start, start + length + length % 2)
        if every == 2:
            part = (part[::2] + part[1::2]) * np.float32(0.5)
        begins = np.arange(last - first) * step // every
        yield ear.describe(np.lib.stride_tricks.sliding_window_view(part, size)[begins])


@dataclass(frozen=True)
class _Ear:
    """What turns frames into descriptions.

    `mel` has shape (bins, bands); `cosines`, shape (low bins, lags), turns power into the
    autocorrelation at `lags`, in seconds, and makes good what `window` does to it.
    """

    window: NDArray[np.float32]
    mel: NDArray[np.float32]
    cosines: NDArray[np.float32]
    lags: Floats

    @staticmethod
    def of(size: int, rate: float) -> "_Ear":
        """For frames of `size` samples at `rate`."""
        window = np.hanning(size).astype(np.float32)
        lags = np.geomspace(1 / HIGHEST_PITCH_HZ, 1 / LOWEST_PITCH_HZ, PITCHES)
        low = np.arange(int(HARMONICS_HZ / rate * size)) * (rate / size)  # Hz
        own = np.correlate(window, window, "full")[size - 1 :]
        cosines = np.cos(2 * np.pi * low[:, None] * lags)
        cosines /= np.interp(lags * rate, np.arange(size), own / own[0])
        return _Ear(window, _mel(size, rate), cosines.astype(np.float32), lags)

    def describe(self, frames: NDArray[np.float32]) -> tuple[Floats, Floats, Floats]:
        """Log mel energies (frames, bands), pitch in octaves or NaN, and level in dBFS."""
        power = np.square(np.abs(np.fft.rfft(frames * self.window, axis=1)), dtype=np.float32)
        low = power[:, : len(self.cosines)]
        similar = low @ self.cosines / (low.sum(axis=1, keepdims=True) + 1e-9)
        best = similar.argmax(axis=1)
        voiced = similar[np.arange(len(best)), best] > VOICED
        loudness = 2 * power.sum(axis=1) / (len(self.window) * np.square(self.window).sum())
        return (
            np.log(power @ self.mel + 1e-6).astype(np.float64),
            np.where(voiced, -np.log2(self.lags[best]), np.nan),
            10 * np.log10(loudness.astype(np.float64) + 1e-12),
        )


def _mel(size: int, rate: float) -> NDArray[np.float32]:
    """Triangular bands, evenly spaced in mel, shape (bins, bands)."""
    low, high = (
        2595 * math.log10(1 + hertz / 700) for hertz in (LOWEST_HZ, min(HIGHEST_HZ, 0.475 * rate))
    )
    edges = np.linspace(low, high, BANDS + 2)
    bins = 2595 * np.log10(1 + np.fft.rfftfreq(size, 1 / rate) / 700)[:, None]
    sides = np.minimum(bins - edges[:-2], edges[2:] - bins) / (edges[1] - edges[0])
    return np.asarray(np.maximum(sides, 0), np.float32)


def evidence_of(timbre: Timbre, shares: Floats) -> Floats:
    """What speaks for each speaker up to each place, in nats, shape (speakers, stretches + 1).

    `shares` says how much of each stretch is each speaker's as far as is known, shape (speakers,
    stretches).  Speakers differ in their mean; all scatter alike (linear discriminants: Fisher
    1936), with the tails of Student's t.
    """
    owned = shares * timbre.weight
    nats = _likeness(timbre.bands, owned)
    pitched = ~np.isnan(timbre.pitch)
    if pitched.any():
        pitch = np.where(pitched, timbre.pitch, 0.0)[:, None]
        nats += np.where(pitched, _likeness(pitch, owned * pitched), 0.0)
    prior = np.log((owned.sum(axis=1) + 1) / (owned.sum() + len(owned)))
    joint = nats + prior[:, None]
    nats -= np.logaddexp.reduce(joint, axis=0)
    steps = TRUST * timbre.weight * nats
    return np.concatenate([np.zeros((len(shares), 1)), np.cumsum(steps, axis=1)], axis=1)


def _likeness(values: Floats, owned: Floats) -> Floats:
    """Log density of each stretch under each speaker, but for a constant; (speakers, stretches)."""
    total, size = owned.sum(), values.shape[1]
    common = owned.sum(axis=0) @ values / max(total, 1e-9)
    means = (owned @ values + OWN_STRETCHES * common) / (
        owned.sum(axis=1, keepdims=True) + OWN_STRETCHES
    )
    apart = values - means[:, None]  # (speakers, stretches, size)
    scatter = np.einsum("snd,sn,sne->de", apart, owned, apart, optimize=True) / max(total, 1e-9)
    blur = size / (size + total)  # with few stretches only the diagonal is known
    scatter = (1 - blur) * scatter + blur * np.diag(np.diag(scatter)) + 1e-3 * np.eye(size)
    distance = np.einsum("snd,de,sne->sn", apart, np.linalg.inv(scatter), apart, optimize=True)
    return np.asarray(-0.5 * (FREEDOM + size) * np.log1p(distance / FREEDOM))
