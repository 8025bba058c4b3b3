"""A mix measured on its way into a spool: all that solving for loudness needs to know of it."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from podforge.metering import Loudness
from podforge.signal import Block, blocks_of
from podforge.weighting import HOP_SECONDS, Floats

BLOCK_SECONDS = 4.0  # numpy's calls cost less in long blocks, and these still fit the cache
PARTS = 20  # peaks are surveyed so much finer than loudness

Peaks = NDArray[np.uint8]  # (hops, PARTS), in steps of dB
_LOWEST_DB, _STEP_DB = -60.0, 0.3  # 0 is silence, 255 stands for +16.2 dBFS and more
PEAK_DB = _LOWEST_DB + _STEP_DB * np.arange(-1, 255)
PEAK_POWER = 10 ** (PEAK_DB / 10)


@dataclass(frozen=True)
class Spool:
    """Files without names, so that nothing is left of them: a mix as float32, and its peaks."""

    sound: IO[bytes]
    peaks: IO[bytes]


@contextmanager
def open_spool(folder: Path | None = None) -> Iterator[Spool]:
    """An empty spool, for as long as the block lasts; by itself where temporary files go."""
    with tempfile.TemporaryFile(dir=folder) as sound, tempfile.TemporaryFile(dir=folder) as peaks:
        yield Spool(sound, peaks)


@dataclass(frozen=True)
class SpooledPeaks:
    """Peaks that lie in a file: 7 MB for ten hours, and of use to the solver alone."""

    file: IO[bytes]
    hops: int
    parts: int  # of a hop

    def read(self, start: int, end: int) -> Peaks:
        """Those of hops `start` to `end`, without moving the file's position."""
        size = (min(end, self.hops) - start) * self.parts
        data = os.pread(self.file.fileno(), size, start * self.parts)
        return np.frombuffer(data, np.uint8).reshape(-1, self.parts)


@dataclass(frozen=True)
class Survey:
    """What is known of a mix that lies in a spool as float32, interleaved.

    `energies` (hops,) are K-weighted mean squares of each 100 ms, `powers` (hops,) those of the
    bare samples; `peaks` the largest samples of their parts, as indices into `PEAK_DB`.
    `samples` of the `spooled` ones were measured; those after them are there for encoders to run
    out on.
    """

    rate: int
    channels: int
    samples: int
    spooled: int
    energies: Floats
    powers: NDArray[np.float32]
    peaks: SpooledPeaks


def survey(blocks: Iterable[Block], spool: Spool, rate: int, samples: int | None = None) -> Survey:
    """Write blocks of shape (samples, channels) to `spool`, measuring the first `samples` of them.

    It must stay open while the survey is used.  Memory: 12 bytes for each 100 ms.
    """
    hop = round(rate * HOP_SECONDS)
    loudness: Loudness | None = None
    powers = bytearray()  # of float32: it grows where it is
    channels = spooled = 0
    for block in blocks_of(blocks, hop * round(BLOCK_SECONDS / HOP_SECONDS)):
        if loudness is None:
            channels = block.shape[1]
            loudness = Loudness(rate, channels)
        spool.sound.write(np.ascontiguousarray(block).data)
        heard = block if samples is None else block[: max(0, samples - spooled)]
        spooled += len(block)
        if len(heard):
            loudness.feed(heard)
            spool.peaks.write(_part_peaks(heard, hop).data)
            powers += _powers(heard, hop).data
    energies = loudness.energies if loudness else np.zeros(0)
    plain = np.frombuffer(powers, np.float32)
    parts = PARTS
    if len(energies) == 1:  # one energy stands for all
        parts, plain = spool.peaks.tell(), plain.mean(keepdims=True)
    spool.sound.flush()
    spool.peaks.flush()
    return Survey(
        rate=rate,
        channels=channels,
        samples=spooled if samples is None else min(samples, spooled),
        spooled=spooled,
        energies=energies,
        powers=plain[: len(energies)],
        peaks=SpooledPeaks(spool.peaks, len(energies), parts),
    )


def _powers(block: Block, hop: int) -> NDArray[np.float32]:
    """Mean square of each hop over all channels, shape (hops,); the last may be part of one."""
    whole = len(block) // hop
    parts = block[: whole * hop].reshape(whole, hop * block.shape[1])
    powers = np.einsum("hn,hn->h", parts, parts) / np.float32(parts.shape[1])
    rest = block[whole * hop :]
    return np.append(powers, np.mean(np.square(rest))) if len(rest) else powers


def _part_peaks(block: Block, hop: int) -> Peaks:
    """Largest sample of each part of each hop; the last hop may be part of one."""
    hops, channels = -(-len(block) // hop), block.shape[1]
    size = np.zeros((hops * hop, channels), np.float32)
    np.abs(block, out=size[: len(block)])
    edges = np.arange(PARTS) * hop // PARTS * channels
    highest = np.maximum.reduceat(size.reshape(hops, hop * channels), edges, axis=1)
    levels = 20 * np.log10(np.maximum(highest, np.float32(1e-6)))
    steps = np.rint((levels - np.float32(_LOWEST_DB)) / np.float32(_STEP_DB)) + 1
    found: Peaks = np.clip(steps, 0, 255).astype(np.uint8)
    return found
