"""Sound as 16-bit WAV: what the store keeps and any player opens.

Speech is mono and read whole; music may be long, so it is written and read in parts.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from podforge.errors import StorageError, storage

FULL_SCALE = 32768.0  # an int16 code of this size would be 1.0; the largest is one less
SAMPLE_BYTES = 2
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")  # RIFF, fmt and data chunk of plain PCM
HEADER_BYTES = _HEADER.size
_MOST = 0xFFFFFFFF  # that a size can say; as a size itself: until the stream ends


def to_wav(samples: NDArray[np.float32], rate: int) -> bytes:
    """Mono float32 of shape (samples,) as a WAV file; louder than full scale is clipped."""
    data = codes(samples)
    return header(len(samples), 1, rate) + data


def from_wav(payload: bytes) -> tuple[NDArray[np.float32], int]:
    """The samples, float32 of shape (samples,), and rate of a file made by `to_wav`.

    Raises `StorageError` for anything else.
    """
    _, channels, rate = _parsed(payload[:HEADER_BYTES], len(payload))
    if channels != 1:
        raise StorageError("a stored clip is not mono")
    return _floats(np.frombuffer(payload, "<i2", offset=HEADER_BYTES)), rate


def codes(samples: NDArray[np.float32]) -> bytes:
    """Float32 of shape (samples,) or (samples, channels) as the data of a WAV file.

    What is louder than full scale is clipped.
    """
    scaled = np.rint(samples * np.float32(FULL_SCALE))
    data: bytes = np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()
    return data


def header(samples: int, channels: int, rate: int) -> bytes:
    """RIFF/WAVE, format 1 (PCM), two bytes a sample, for `samples` in each channel.

    Sizes are those of the format: past 4 GiB they wrap.
    """
    frame = SAMPLE_BYTES * channels
    size = samples * frame
    riff = (b"RIFF", (36 + size) & _MOST, b"WAVE")
    form = (b"fmt ", 16, 1, channels, rate, (rate * frame) & _MOST, frame, 16)
    return _HEADER.pack(*riff, *form, b"data", size & _MOST)


def float_header(channels: int, rate: int) -> bytes:
    """RIFF/WAVE, format 3 (IEEE float), four bytes a sample, for a stream of any length."""
    frame = 4 * channels
    form = (b"fmt ", 16, 3, channels, rate, rate * frame, frame, 32)
    return _HEADER.pack(b"RIFF", _MOST, b"WAVE", *form, b"data", _MOST)


@dataclass(frozen=True)
class WavFile:
    """A WAV file of ours that is read in parts; nothing of it stays open or mapped."""

    path: Path
    samples: int  # in each channel
    channels: int
    rate: int

    def read(self, start: int, end: int) -> NDArray[np.float32]:
        """Samples `start` to `end`, shape (samples, channels); fewer where the file ends.

        Raises `StorageError`.
        """
        start, end = max(0, start), min(end, self.samples)
        count = max(0, end - start) * self.channels
        at = HEADER_BYTES + start * self.channels * SAMPLE_BYTES
        with storage("reading", self.path):
            found = np.fromfile(self.path, "<i2", count, offset=at)
        if len(found) < count:
            raise StorageError(f"{self.path} became shorter while it was read")
        return _floats(found).reshape(-1, self.channels)


def open_wav(path: Path) -> WavFile:
    """A file made of `header` and `codes`.  Raises `StorageError` for anything else."""
    with storage("reading", path), path.open("rb") as file:
        return WavFile(path, *_parsed(file.read(HEADER_BYTES), path.stat().st_size))


def _parsed(start: bytes, length: int) -> tuple[int, int, int]:
    """Samples, channels and rate by the header of a file of `length` bytes."""
    if len(start) == HEADER_BYTES:
        channels, rate = _HEADER.unpack(start)[6:8]
        frame = SAMPLE_BYTES * max(channels, 1)
        samples, rest = divmod(length - HEADER_BYTES, frame)
        if channels and not rest and start == header(samples, channels, rate):
            return samples, channels, rate
    raise StorageError("a stored sound is not a WAV file of ours")


def _floats(data: NDArray[np.int16]) -> NDArray[np.float32]:
    return data * np.float32(1 / FULL_SCALE)
