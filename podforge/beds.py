"""Music and effects under the speech: what of a bed falls into a block, added to it.

A sample depends on its place in the section alone, never on where a block begins, so any split
into blocks gives the same bytes.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from podforge.errors import StorageError
from podforge.pcm import WavFile, open_wav
from podforge.signal import Block, Samples
from podforge.timeline import Bed
from podforge.units import to_gain

Floats = NDArray[np.float64]

_NEPERS_PER_DB = math.log(10) / 20
_HALF_POWER = np.float32(math.sqrt(0.5))


class BedReader:
    """Adds beds to blocks at `rate`; `open_sound` gives the WAV file of an asset's digest.

    A file is read in parts as they are needed: memory does not grow with it.
    """

    def __init__(self, open_sound: Callable[[str], Path], rate: int) -> None:
        self._open_sound = open_sound
        self._rate = rate
        self._files: dict[str, WavFile] = {}

    def add(self, block: Block, bed: Bed, start: int) -> None:
        """Add what falls into a mono or stereo block that begins at `start` of the section.

        Raises `StorageError` when the sound cannot be read.
        """
        first, last = max(start, bed.at), min(start + len(block), bed.end)
        if first >= last:
            return
        file = self._file(bed)
        routes = _routes(bed.pan, file.channels, block.shape[1])
        for at, part in _parts(file, bed, first - bed.at, last - bed.at):
            gain = _gain(bed, bed.at + at, bed.at + at + len(part))
            heard = block[bed.at + at - start :][: len(part)]
            for out, shares in zip(heard.T, routes, strict=True):
                for side, share in zip(part.T, shares, strict=True):
                    if share:  # by columns: rows of two are slow to multiply
                        out += side * (gain * share)

    def _file(self, bed: Bed) -> WavFile:
        digest = bed.asset.digest
        if digest not in self._files:
            self._files[digest] = open_wav(self._open_sound(digest))
        file = self._files[digest]
        if file.rate != self._rate:
            raise StorageError(f"{file.path} has {file.rate} samples a second, not {self._rate}")
        return file


def pan_gains(pan: float, channels: int) -> NDArray[np.float32]:
    """Gain of each channel: -1 left .. 1 right, of equal power, so equally loud anywhere."""
    if channels == 1:
        return np.ones(1, np.float32)
    angle = (pan + 1) * math.pi / 4
    return np.array([math.cos(angle), math.sin(angle)], np.float32)


def _routes(pan: float, sides: int, channels: int) -> NDArray[np.float32]:
    """How much of each side of an asset goes to each channel: shape (channels, sides).

    Two sides keep their image: pan turns the other one down.  In a mono mix they are added at
    half power each.  So a mono file, and the same sound in two equal channels, whose loudness
    is 3 dB higher, come out alike when both are brought to one loudness; sides that have nothing
    in common come out 3 dB below that.
    """
    gains = pan_gains(pan, channels)
    if sides == 1:
        return gains[:, None]
    if channels == 1:
        return np.full((1, 2), _HALF_POWER)
    return np.diag(np.minimum(gains / _HALF_POWER, np.float32(1)))


# --- the file, maybe looped ----------------------------------------------------------------


def _parts(file: WavFile, bed: Bed, first: int, last: int) -> Iterator[tuple[int, Block]]:
    """What sounds from `first` to `last` of the bed (it begins at 0): where, and the sound.

    Two of them overlap at a seam; past the end of a file that does not loop there is none.
    """
    for at, offset, fade_in, fade_out in _passes(file.samples, bed, first):
        if at >= last:
            break
        start, end = max(first, at), min(last, at + file.samples - offset)
        if start < end:
            part = file.read(start - at + offset, end - at + offset)
            _fade(part, start - at, file.samples - offset, fade_in, fade_out)
            yield start, part


def _passes(samples: int, bed: Bed, first: int) -> Iterator[tuple[int, int, int, int]]:
    """The runs through a file that may sound at or after `first`.

    Each is where it begins in the bed, where in the file, and its fades.  Two runs overlap by at
    most half of the file, so that never three sound at once.
    """
    if not bed.loops:
        yield 0, bed.offset, 0, 0
        return
    offset = bed.offset % samples
    overlap = min(bed.crossfade, samples // 2)
    seam = min(overlap, samples - offset)  # the first run may be shorter than the overlap
    yield 0, offset, 0, seam
    begin, period = samples - offset - seam, samples - overlap
    number = max(0, (first - begin) // period - 1)
    while True:
        yield begin + number * period, 0, overlap if number else seam, overlap
        number += 1


def _fade(part: Block, at: int, length: int, fade_in: int, fade_out: int) -> None:
    """Apply what lies in `part`, which begins `at`, of the fades of a run of `length`."""
    rising = _quarter(at, len(part), fade_in)
    part[: len(rising)] *= rising[:, None]
    falling = _quarter(length - at - len(part), len(part), fade_out)[::-1]
    part[len(part) - len(falling) :] *= falling[:, None]


def _quarter(start: int, samples: int, length: int) -> Samples:
    """Of a quarter of a sine wave from 0 to 1 over `length`: at most `samples` from `start`.

    Read backwards it is the cosine that goes with it: their squares add up to 1.
    """
    angles = (np.arange(start, min(start + samples, length)) + 0.5) * (np.pi / 2 / max(length, 1))
    return np.asarray(np.sin(angles), np.float32)


# --- its level -----------------------------------------------------------------------------


def _gain(bed: Bed, first: int, last: int) -> Samples:
    """Amplitude factor of each sample from `first` to `last` of the section."""
    gain = np.empty((last - first, 1), np.float32)
    for start, end, start_db, end_db in _lines(bed.level, first, last):
        low, high = max(first, start), min(last, end)
        gain[low - first : high - first, 0] = (
            to_gain(bed.gain_db + start_db)
            if start_db == end_db
            else _ramp(low, high, start, end, bed.gain_db + start_db, bed.gain_db + end_db)
        )
    _fade(gain, first - bed.at, bed.end - bed.at, bed.fade_in, bed.fade_out)
    return gain[:, 0]


def _lines(
    points: tuple[tuple[int, float], ...], first: int, last: int
) -> Iterator[tuple[int, int, float, float]]:
    """The straight lines that reach into `first` to `last`: start, end, and dB at both.

    Each sample belongs to one line, that which starts at it or before; of two points at one
    sample the later one counts from there on.
    """
    begin = bisect_right(points, first, key=lambda point: point[0])
    end = bisect_right(points, last - 1, key=lambda point: point[0])
    before = points[begin - 1] if begin else (first, points[0][1] if points else 0.0)
    after = points[end] if end < len(points) else (last, points[-1][1] if points else 0.0)
    for (start, start_db), (stop, stop_db) in pairwise((before, *points[begin:end], after)):
        if start < stop:
            yield start, stop, start_db, stop_db


def _ramp(low: int, high: int, start: int, end: int, start_db: float, end_db: float) -> Floats:
    """Gains from `low` to `high` of a line in dB from `start` to `end`."""
    decibels = start_db + (np.arange(low, high) - start) * ((end_db - start_db) / (end - start))
    return np.asarray(np.exp(decibels * _NEPERS_PER_DB))
