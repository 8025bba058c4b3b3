"""Opus in Ogg (RFC 3533, RFC 6716, RFC 7845).

A body is a run of Ogg pages whose positions count from the section's start.  A join gives each
page its number and its position in the whole, and its checksum anew; packets are not looked at.
"""

import io
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import IO

from podforge.errors import StorageError, storage
from podforge.streams.base import Body, Chapters, Codec, End, Frames, Part, section_ends

FRAME = 960  # samples at 48 kHz, 20 ms
RATE = 48_000
PRE_SKIP = 312  # samples: libopus' look-ahead

_PAGE = struct.Struct("<4sBBqIIIB")  # magic, version, flags, granule, serial, number, CRC, lacing
_HEAD = struct.Struct("<8sBBHIhB")  # magic, version, channels, pre-skip, rate, gain, mapping
_TAGS = struct.pack("<8sI8sI", b"OpusTags", 8, b"podforge", 0)  # vendor, and no comments
_CRC_AT = 22
_FIRST, _LAST = 2, 4  # flags
_SERIAL = 1
_MOST_PACKETS = 50  # a page: a second, as RFC 7845 wants
_MOST_LACING = 255
_MOST_BYTES = _PAGE.size + _MOST_LACING * (1 + 255)  # of a page
_TWENTY_MS = frozenset((1, 5, 9, 13, 15, 19, 23, 27, 31))  # configurations, RFC 6716, table 2
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Page:
    """An Ogg page; `granule` samples of the stream end on it or before."""

    granule: int
    lacing: bytes
    data: bytes
    flags: int = 0

    def written(self, number: int) -> bytes:
        """The page as bytes, with its checksum."""
        head = (b"OggS", 0, self.flags, self.granule, _SERIAL, number, 0, len(self.lacing))
        page = _PAGE.pack(*head) + self.lacing + self.data
        return b"".join((page[:_CRC_AT], _crc(page), page[_CRC_AT + 4 :]))


def _crc(page: bytes) -> bytes:
    """Ogg's CRC-32: zlib's but for the order of bits and the inversion at both ends."""
    inverted = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return inverted.to_bytes(4, "big").translate(_REVERSED)


def _page(packets: Sequence[bytes], granule: int, flags: int = 0) -> Page:
    """A page of whole packets."""
    lacing = b"".join(map(_lacing, packets))
    return Page(granule, lacing, b"".join(packets), flags)


def _lacing(packet: bytes) -> bytes:
    whole, rest = divmod(len(packet), 255)
    return b"\xff" * whole + bytes((rest,))


def _pages(file: IO[bytes]) -> Iterator[Page]:
    """The pages of a file, from where it stands."""
    while head := file.read(_PAGE.size):
        if len(head) < _PAGE.size or head[:4] != b"OggS":
            raise StorageError("no Ogg page where one should begin")
        _, _, flags, granule, _, _, _, count = _PAGE.unpack(head)
        lacing = file.read(count)
        data = file.read(sum(lacing))
        if len(lacing) < count or len(data) < sum(lacing):
            raise StorageError("an Ogg page is cut short")
        yield Page(granule, lacing, data, flags)


def ended(path: Path) -> bool:
    """Whether an Ogg file, of any codec, has its last page: whole, and marked as the last.

    RFC 3533, section 6.  Decoders play what is there.  Raises `StorageError`.
    """
    with storage("reading", path), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _MOST_BYTES))
        tail = file.read()
    try:
        (*_, last) = _pages(io.BytesIO(tail[max(0, tail.rfind(b"OggS")) :]))
    except (StorageError, ValueError):  # cut short, or nothing
        return False
    return bool(last.flags & _LAST)


def _packets(pages: Iterable[Page]) -> Iterator[bytes]:
    """The packets of pages; one may go on from one page to the next."""
    packet = b""
    for page in pages:
        end = 0
        for length in page.lacing:
            packet += page.data[end : end + length]
            end += length
            if length < 255:
                yield packet
                packet = b""
    if packet:
        raise StorageError("an Ogg stream is cut short")


def split(data: bytes) -> Frames:
    """The packets of a stream, the two headers left out.

    Each must have 20 ms, and the encoder must look ahead as far as we skip.
    """
    head, tags, *packets = [*_packets(_pages(io.BytesIO(data))), b"", b""]
    if head[:8] != b"OpusHead" or len(head) < _HEAD.size or tags[:8] != b"OpusTags":
        raise StorageError("an encoder's stream is not Ogg Opus")
    if _HEAD.unpack_from(head)[3] != PRE_SKIP:
        raise StorageError(f"an Opus encoder does not look {PRE_SKIP} samples ahead")
    frames = packets[:-2]
    if not all(frame and frame[0] & 3 == 0 and frame[0] >> 3 in _TWENTY_MS for frame in frames):
        raise StorageError("an Opus encoder's packets do not have 20 ms each")
    return Frames.of(frames)


def body(frames: Sequence[bytes], kept: int) -> tuple[bytes, Body]:
    """Pages, one of which ends wherever the body may end."""
    pages: list[bytes] = []
    ends: list[End] = []
    for first, last in pairwise((0, *section_ends(kept, len(frames)))):
        for begin, end in _page_bounds(frames, first, last):
            pages.append(_page(frames[begin:end], end * FRAME).written(len(pages)))
        ends.append(End(last, sum(map(len, pages))))
    return b"".join(pages), Body(kept, tuple(ends))


def _page_bounds(frames: Sequence[bytes], first: int, last: int) -> Iterator[tuple[int, int]]:
    """Where to cut `frames[first:last]` into pages."""
    begin, lacing = first, 0
    for at in range(first, last):
        needed = len(frames[at]) // 255 + 1
        if at - begin == _MOST_PACKETS or lacing + needed > _MOST_LACING:
            yield begin, at
            begin, lacing = at, 0
        lacing += needed
    if begin < last:
        yield begin, last


def join(
    parts: Sequence[Part],
    path: Path,
    samples: int,
    channels: int,
    chapters: Chapters,  # noqa: ARG001  players read those of the comments
) -> None:
    """An Ogg Opus file whose last position says where the sound ends; pages after it are left out.

    Raises `ValueError` when there are too few frames.
    """
    end = PRE_SKIP + samples
    if not 0 < end <= sum(part.frames for part in parts) * FRAME:
        raise ValueError(f"too few Opus frames for {samples} samples")
    head = _HEAD.pack(b"OpusHead", 1, channels, PRE_SKIP, RATE, 0, 0)
    with storage("writing", path), path.open("wb") as file:
        file.write(_page([head], 0, _FIRST).written(0))
        file.write(_page([_TAGS], 0).written(1))
        for number, page in enumerate(_placed(parts), 2):
            last = page.granule >= end
            if last:
                page = replace(page, granule=end, flags=_LAST)
            file.write(page.written(number))
            if last:
                break


def _placed(parts: Iterable[Part]) -> Iterator[Page]:
    """The pages of the parts, at their positions in the whole."""
    at = 0
    for part in (part for part in parts if part.frames):
        length = part.frames * FRAME
        with storage("reading", part.path), part.path.open("rb") as file:
            file.seek(part.at)
            for page in _pages(file):
                yield replace(page, granule=at + page.granule)
                if page.granule == length:
                    break
            else:
                raise StorageError(f"{part.path} is shorter than it should be")
        at += length


OPUS = Codec(
    "opus",
    frame=FRAME,
    rate=RATE,
    delay=PRE_SKIP,
    lead=50,
    period=1,
    split=split,
    body=body,
    join=join,
)
