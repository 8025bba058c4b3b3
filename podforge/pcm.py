"""Clips as 16-bit WAV bytes: what the store keeps and any player opens."""

import struct

import numpy as np
from numpy.typing import NDArray

from podforge.errors import StorageError

FULL_SCALE = 32768.0  # an int16 code of this size would be 1.0; the largest is one less
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")  # RIFF, fmt and data chunk of plain PCM


def to_wav(samples: NDArray[np.float32], rate: int) -> bytes:
    """Mono float32 of shape (samples,) as a WAV file; louder than full scale is clipped."""
    codes = np.rint(samples * np.float32(FULL_SCALE))
    data: bytes = np.clip(codes, -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()
    return _header(len(data), rate) + data


def from_wav(payload: bytes) -> tuple[NDArray[np.float32], int]:
    """The samples, float32 of shape (samples,), and rate of a file made by `to_wav`.

    Raises `StorageError` for anything else.
    """
    size = len(payload) - _HEADER.size
    if size < 0 or size % 2:
        raise StorageError("a stored clip is not a WAV file of ours")
    rate = _HEADER.unpack_from(payload)[7]
    if payload[: _HEADER.size] != _header(size, rate):
        raise StorageError("a stored clip is not a WAV file of ours")
    codes = np.frombuffer(payload, "<i2", offset=_HEADER.size)
    return codes * np.float32(1 / FULL_SCALE), rate


def _header(size: int, rate: int) -> bytes:
    """RIFF/WAVE, format 1 (PCM), one channel, two bytes a sample, then `size` bytes of data."""
    riff = (b"RIFF", (36 + size) & 0xFFFFFFFF, b"WAVE")
    form = (b"fmt ", 16, 1, 1, rate, (2 * rate) & 0xFFFFFFFF, 2, 16)
    return _HEADER.pack(*riff, *form, b"data", size & 0xFFFFFFFF)
