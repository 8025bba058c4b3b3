"""Boxes of an MP4 (ISO 14496-12), and what every track has of them; no box carries a date.

Numbers in parentheses are sections of ISO 14496-12:2015.
"""

import struct
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Box = tuple[bytes, ...]
"""A box in parts: of ten hours an index has 6 MB, and is not copied from box to box."""

UNDETERMINED = 0x55C4  # the language "und" in three times five bits (8.4.2)
MOST_32_BITS = 0xFFFF_FFFF

MATRIX = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)  # nothing is turned
_ONE = 1 << 16  # in 16.16 fixed point
_OWN_DATA = 1  # flag of a `url `: the samples are in this file


def box(kind: bytes, *content: bytes | Box) -> Box:
    """A box of below 4 GiB (4.2)."""
    parts = tuple(_parts(content))
    return struct.pack(">I4s", 8 + length(parts), kind), *parts


def length(parts: Sequence[bytes]) -> int:
    """Bytes of all parts."""
    return sum(map(len, parts))


def full_box(kind: bytes, version: int, flags: int, *content: bytes | Box) -> Box:
    """A box with a version and 24 bits of flags (4.2)."""
    return box(kind, struct.pack(">I", version << 24 | flags), *content)


def media_data(size: int) -> bytes:
    """The start of `mdat` (8.1.1), which so many bytes of samples follow."""
    if 8 + size > MOST_32_BITS:
        return struct.pack(">I4sQ", 1, b"mdat", 16 + size)
    return struct.pack(">I4s", 8 + size, b"mdat")


def movie_header(rate: int, duration: int, tracks: int) -> Box:
    """`mvhd` (8.2.2): the movie lasts `duration`, in units of 1 / `rate` seconds."""
    version, time = _times(duration)
    times = struct.pack(f">2{time}I{time}", 0, 0, rate, duration)
    volume, unset = struct.pack(">IH10x", _ONE, 1 << 8), bytes(24)
    return full_box(b"mvhd", version, 0, times, volume, MATRIX, unset, _number(tracks + 1))


def track_header(number: int, duration: int, flags: int, *, sounds: bool) -> Box:
    """`tkhd` (8.3.2); `duration` as the movie counts."""
    version, time = _times(duration)
    times = struct.pack(f">2{time}I4x{time}", 0, 0, number, duration)
    mix = struct.pack(">8x2hH2x", 0, 1 if sounds else 0, 1 << 8 if sounds else 0)
    return full_box(b"tkhd", version, flags, times, mix, MATRIX, bytes(8))


def edit_list(duration: int, start: int) -> Box:
    """`edts` (8.6.5) with a single edit: `duration`, as the movie counts, from `start` on."""
    version, time = _times(max(duration, start))
    edit = struct.pack(f">I2{time}2H", 1, duration, start, 1, 0)
    return box(b"edts", full_box(b"elst", version, 0, edit))


def media(rate: int, duration: int, handler: bytes, name: bytes, header: Box, samples: Box) -> Box:
    """`mdia` (8.4.1) that lasts `duration`, in units of 1 / `rate` seconds.

    `header` is the box of its kind of media, `samples` its sample table.
    """
    version, time = _times(duration)
    times = struct.pack(f">2{time}I{time}2H", 0, 0, rate, duration, UNDETERMINED, 0)
    here = full_box(b"dref", 0, 0, _number(1), full_box(b"url ", 0, _OWN_DATA))
    return box(
        b"mdia",
        full_box(b"mdhd", version, 0, times),
        handled(handler, name),
        box(b"minf", header, box(b"dinf", here), samples),
    )


def handled(kind: bytes, name: bytes, maker: bytes = bytes(4)) -> Box:
    """`hdlr` (8.4.3): what reads the media, and a name for people."""
    return full_box(b"hdlr", 0, 0, struct.pack(">4x4s4s8x", kind, maker), name + b"\0")


def sample_entry(kind: bytes, *content: bytes | Box) -> Box:
    """What describes samples (8.5.2.2): they lie in the first place that `dref` names."""
    return box(kind, struct.pack(">6xH", 1), *content)


def described(entry: Box) -> Box:
    """`stsd` (8.5.2) with the one entry that all samples share."""
    return full_box(b"stsd", 0, 0, _number(1), entry)


def durations(each: Sequence[tuple[int, int]]) -> Box:
    """`stts` (8.6.1.2) of runs: so many samples, of a duration."""
    return full_box(b"stts", 0, 0, _number(len(each)), *(struct.pack(">2I", *run) for run in each))


def chunked(samples: int, most: int) -> Box:
    """`stsc` (8.7.4): chunks of `most` samples, the last one of what is left."""
    whole, rest = divmod(samples, most)
    runs = [(1, most)] if whole else []
    runs += [(whole + 1, rest)] if rest else []
    entries = (struct.pack(">3I", first, count, 1) for first, count in runs)
    return full_box(b"stsc", 0, 0, _number(len(runs)), *entries)


def sizes(each: NDArray[np.integer]) -> Box:
    """`stsz` (8.7.3.2)."""
    return full_box(b"stsz", 0, 0, struct.pack(">2I", 0, len(each)), each.astype(">u4").tobytes())


def offsets(each: NDArray[np.integer], *, wide: bool) -> Box:
    """`stco`, or the `wide` `co64` (8.7.5): where chunks begin in the file."""
    kind, number = (b"co64", ">u8") if wide else (b"stco", ">u4")
    return full_box(kind, 0, 0, _number(len(each)), each.astype(number).tobytes())


def _parts(content: Sequence[bytes | Box]) -> Iterator[bytes]:
    for each in content:
        if isinstance(each, bytes):
            yield each
        else:
            yield from each


def _number(value: int) -> bytes:
    return struct.pack(">I", value)


def _times(longest: int) -> tuple[int, str]:
    """The version of a box that holds such a time, and its format: 64 bits only where needed.

    A signed media time (8.6.6) has a bit less; there our times are small.
    """
    return (1, "Q") if longest > MOST_32_BITS else (0, "I")
