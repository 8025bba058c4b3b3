"""AAC in ADTS (ISO 14496-3, 1.A.2.2), joined into MP4.

A body begins with the AudioSpecificConfig and the sizes of its frames, two bytes each; the frames
follow without their headers, as an MP4 has them.
"""

import io
from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from podforge.errors import StorageError, storage
from podforge.streams.base import Body, Chapters, Codec, End, Frames, Part, read, section_ends
from podforge.streams.mp4 import FRAME, Sizes, Sound, head

PRIMING = FRAME  # samples that ffmpeg's encoder gives before the sound

_HEADER_BYTES = 7
_VARIABLE_BITS = 28  # of 56 in a header; those before them are the same in all frames
_RATE_INDEX = 4  # 44.1 kHz
_CONFIG_BYTES = 2
_SIZE = np.dtype(">u2")


def split(data: bytes) -> Frames:
    """The ADTS frames of a stream, headers included, nothing cut short."""
    fixed = _header(data) >> _VARIABLE_BITS
    sync, last = (fixed >> 4).to_bytes(3, "big"), fixed & 15
    bounds, at, end = array("q", [0]), 0, len(data) - _HEADER_BYTES
    while at <= end and data.startswith(sync, at) and data[at + 3] >> 4 == last:
        size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        if size <= _HEADER_BYTES or data[at + 6] & 3:  # more than 1024 samples
            break
        at += size
        bounds.append(at)
    if at > len(data):
        raise StorageError("the last ADTS frame of an encoder's stream is cut short")
    if at < len(data):
        raise StorageError(f"no ADTS frame at byte {at} of an encoder's stream")
    return Frames(data, bounds)


def _header(data: bytes) -> int:
    """The header of a stream's first frame, which must be without a checksum, at 44.1 kHz."""
    bits = int.from_bytes(data[:_HEADER_BYTES], "big")
    sync, layer, unchecked, rate = bits >> 44, bits >> 41 & 3, bits >> 40 & 1, bits >> 34 & 15
    if (sync, layer, unchecked, rate) != (0xFFF, 0, 1, _RATE_INDEX):
        raise StorageError("an encoder's stream is not AAC in ADTS at 44.1 kHz")
    return bits


def _config(header: int) -> bytes:
    """The AudioSpecificConfig (1.6.2.1): object type, index of the rate, channels, three zeros."""
    profile, channels = header >> 38 & 3, header >> 30 & 7
    return ((profile + 1) << 11 | _RATE_INDEX << 7 | channels << 3).to_bytes(_CONFIG_BYTES, "big")


def body(frames: Frames, kept: int) -> tuple[bytes, Body]:
    """The frames one after the other, without their headers, after what tells of them."""
    counts = section_ends(kept, len(frames))
    sizes = np.diff(frames.bounds) - _HEADER_BYTES
    about = _config(_header(frames[0])) + sizes.astype(_SIZE).tobytes()
    offsets = len(about) + np.cumsum(np.append(0, sizes))
    data, stream = io.BytesIO(), memoryview(frames.data)  # a join would hold all frames once more
    data.write(about)
    for start, end in pairwise(frames.bounds):
        data.write(stream[start + _HEADER_BYTES : end])
    ends = tuple(End(count, int(offsets[count])) for count in counts)
    return data.getvalue(), Body(kept, ends)


def join(
    parts: Sequence[Part],
    path: Path,
    samples: int,
    channels: int,
    chapters: Chapters,
) -> None:
    """An MP4 whose edit list leaves out the priming, and ends with the last sample.

    Frames past the end are left out.  Raises `ValueError` when there are too few.
    """
    needed = 1 + -(-samples // FRAME)
    if sum(part.frames for part in parts) < needed:
        raise ValueError(f"too few AAC frames for {samples} samples")
    config = _common_config(parts, channels)
    each = [_sizes(part) for part in parts]
    sizes = np.concatenate(each)[:needed]
    sound = Sound(config, AAC.rate, channels, samples, sizes)
    with storage("writing", path), path.open("wb") as file:
        file.writelines(head(sound, chapters))
        for data in _frames(parts, each, sound.bytes):
            file.write(data)


def _common_config(parts: Sequence[Part], channels: int) -> bytes:
    """The AudioSpecificConfig of all parts."""
    configs = {b"".join(read(part.path, part.at, _CONFIG_BYTES)) for part in parts}
    config = configs.pop()
    if configs:
        raise StorageError(f"{parts[0].path} and others to be joined to it differ in kind")
    if int.from_bytes(config, "big") >> 3 & 15 != channels:
        raise StorageError(f"the parts to be joined do not have {channels} channels")
    return config


def _sizes(part: Part) -> Sizes:
    """Of the frames that the part gives."""
    data = b"".join(read(part.path, part.at + _CONFIG_BYTES, part.frames * _SIZE.itemsize))
    return np.frombuffer(data, _SIZE).astype(np.uint16)


def _frames(parts: Sequence[Part], sizes: Sequence[Sizes], most: int) -> Iterator[bytes]:
    """The first so many bytes of the parts' frames."""
    for part, own in zip(parts, sizes, strict=True):
        begin = part.at + _CONFIG_BYTES + part.body.frames * _SIZE.itemsize
        size = min(int(own.sum(dtype=np.int64)), most)
        yield from read(part.path, begin, size)
        most -= size


AAC = Codec(
    "aac",
    frame=FRAME,
    rate=44_100,
    delay=PRIMING,
    lead=24,
    period=1,
    split=split,
    body=body,
    join=join,
)
