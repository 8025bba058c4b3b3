"""MPEG audio layer III (ISO 11172-3, 13818-3, and the low rates of "MPEG 2.5").

The streams must be made without a bit reservoir: then a frame holds all of its own sound, and any
frame can follow any other.
"""

from array import array
from collections.abc import Sequence
from functools import lru_cache, reduce
from pathlib import Path

from podforge.errors import StorageError, storage
from podforge.streams.base import Body, Chapters, Codec, End, Frames, Part, chunks, section_ends
from podforge.streams.crc16 import crc16, joined_crc16
from podforge.streams.lame import (
    DECODER_DELAY,
    ENCODER_DELAY,
    HEADER_BYTES,
    Header,
    Music,
    first_frame,
    parsed,
)

INDEX_FRAMES = 25  # a byte offset is kept for every so many frames (0.65 s)
SPARE_FRAMES = 2  # past a section's end: decoders lag by 1105 samples, rounding by half a frame

_header = lru_cache(maxsize=256)(parsed)


def split(data: bytes) -> Frames:
    """The frames of a raw stream: neither tags nor a Xing frame, nothing cut short."""
    bounds, at = array("q", [0]), 0
    while at < len(data):
        header = _header(data[at : at + HEADER_BYTES])
        if not header:
            raise StorageError(f"no MP3 frame at byte {at} of an encoder's stream")
        at += header.size
        bounds.append(at)
    if at != len(data):
        raise StorageError("the last MP3 frame of an encoder's stream is cut short")
    return Frames(data, bounds)


def body(frames: Frames, kept: int) -> tuple[memoryview, Body]:
    """The frames one after the other, without more of them past the section than are of use."""
    frames = frames[: kept + SPARE_FRAMES]
    start = frames.bounds[0]
    data = memoryview(frames.data)[start : frames.bounds[-1]]
    ends: list[End] = []
    crc = begin = 0
    for count in section_ends(kept, len(frames)):
        end = frames.bounds[count] - start
        crc = joined_crc16(crc, crc16(data[begin:end]), end - begin)
        ends.append(End(count, end, crc))
        begin = end
    kbps = {_known(frames.data[at : at + HEADER_BYTES]).kbps for at in frames.bounds[:-1]}
    index = tuple(at - start for at in frames.bounds[::INDEX_FRAMES])
    return data, Body(kept, tuple(ends), index, tuple(sorted(kbps)))


def join(
    parts: Sequence[Part],
    path: Path,
    samples: int,
    channels: int,
    chapters: Chapters,  # noqa: ARG001  players read those of the ID3 tag
) -> None:
    """A file that begins with a Xing frame and a LAME tag, so that players trim and seek.

    Raises `ValueError` when there are too few frames for `samples`, or far too many.
    """
    header = _common_header(parts, channels)
    frames = sum(part.frames for part in parts)
    crc, size = reduce(_add, (part.end for part in parts), (0, 0))
    kbps = sorted({rate for part in parts for rate in part.body.kbps})
    padding = frames * header.samples - ENCODER_DELAY - samples
    if not DECODER_DELAY <= padding < 1 << 12:
        raise ValueError(f"{frames} MP3 frames cannot give {samples} samples")
    places = [_offset(parts, frames * step // 100) for step in range(100)]
    first = first_frame(header, Music(frames, size, crc, kbps, padding, places))
    with storage("writing", path), path.open("wb") as file:
        file.write(first)
        for data in chunks(parts):
            file.write(data)


def _add(so_far: tuple[int, int], end: End) -> tuple[int, int]:
    crc, size = so_far
    return joined_crc16(crc, end.crc, end.bytes), size + end.bytes


def _known(data: bytes) -> Header:
    header = _header(data)
    if not header:
        raise StorageError("no MP3 frame where one should begin")
    return header


def _common_header(parts: Sequence[Part], channels: int) -> Header:
    """The header of the first frame, when the bodies are of one kind."""
    headers: list[Header] = []
    for part in parts:
        with storage("reading", part.path), part.path.open("rb") as file:
            file.seek(part.at)
            headers.append(_known(file.read(HEADER_BYTES)))
    if len({(header.version, header.rate) for header in headers}) != 1:
        raise StorageError(f"{parts[0].path} and others to be joined to it differ in kind")
    if any(header.channels != channels for header in headers):
        raise StorageError(f"not all parts to be joined have {channels} channels")
    return headers[0]


def _offset(parts: Sequence[Part], frame: int) -> int:
    """About how many bytes of all parts lie before a frame."""
    before = 0
    for part in parts:
        if frame < part.frames:
            return before + _offset_within(part.body, frame)
        frame -= part.frames
        before += part.end.bytes
    return before


def _offset_within(body: Body, frame: int) -> int:
    """Between two known offsets frames are taken to be of one size."""
    at, past = divmod(frame, INDEX_FRAMES)
    low, *later = body.index[at : at + 2]
    high = later[0] if later else body.ends[-1].bytes
    return low + (high - low) * past // min(INDEX_FRAMES, body.frames - frame + past)


MP3 = Codec(
    "mp3",
    frame=1152,
    rate=44_100,
    delay=ENCODER_DELAY + DECODER_DELAY,
    lead=98,  # LAME goes on hearing a loud passage for so long
    period=49,  # 128 kbit/s at 44.1 kHz: 20480 / 49 bytes a frame, the rest of which is carried on
    split=split,
    body=body,
    join=join,
)
