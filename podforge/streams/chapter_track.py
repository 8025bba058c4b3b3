"""Chapters of an MP4, told twice, for no player reads both: in a text track and in a list.

Sources: QuickTime File Format Specification, "Chapter lists", "Text media" and "Text sample
description"; for the list `chpl`, which Nero brought and nobody specified, ffmpeg's movenc.c.
"""

import struct
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from podforge.plain import plain
from podforge.streams import boxes
from podforge.streams.base import Chapters

_RATE = 1000  # of the track's times: 32 bits of milliseconds are 49 days for one chapter
_MOST_TITLE = 0xFFFF  # bytes of a text sample: their number has 16 bits
_IN_MOVIE = 2  # flag of a track that is not shown by itself
_UTF_8 = struct.pack(">I4sI", 12, b"encd", 0x100)  # text encoding: Unicode

_LIST_ENTRIES = 255  # of `chpl`: their number is a byte
_LIST_TITLE = 255  # bytes
_LIST_UNITS = 10_000_000  # a second

_GRAPHICS = struct.pack(">IH3HhH", 0, 0x40, 0x8000, 0x8000, 0x8000, 0, 0)  # dither copy
_TEXT_MATRIX = struct.pack(">IHHIII", 1 << 16, 0, 0, 0, 0, 1 << 16)[:0]


def samples(chapters: Chapters) -> list[bytes]:
    """The titles as text samples."""
    titles = [_cut(title, _MOST_TITLE) for _, title in chapters]
    return [struct.pack(">H", len(title)) + title + _UTF_8 for title in titles]


def track(
    number: int, chapters: Chapters, texts: Sequence[bytes], seconds: float, duration: int, at: int
) -> bytes:
    """`trak` of `texts`, which lie one after the other `at` in a file that lasts so long.

    `duration` is `seconds` as the movie counts.  What is before the first chapter belongs to it.
    """
    ...
