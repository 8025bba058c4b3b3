"""Chapters of an MP4, told twice, for no player reads both: as a text track and as a list.

Sources: QuickTime File Format Specification, "Chapter Lists", "Text Media" and "Text Sample
Description"; for the list, `chpl`, which Nero added and nobody specified, ffmpeg's movenc.c.
"""

import struct
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from podforge.plain import plain
from podforge.streams import boxes
from podforge.streams.base import Chapters

_RATE = 1000  # of the track's times: in 32 bits a chapter can last 49 days
_MOST_TEXT = 0xFFFF  # bytes of a text sample's title
_IN_MOVIE = 2  # flag of a track: belongs to the movie, but is not shown by itself
_UTF_8 = struct.pack(">I4sI", 12, b"encd", 0x100)  # text encoding: Unicode

_LIST_ENTRIES = 255  # their number is a byte
_LIST_TITLE = 255  # bytes
_LIST_UNITS = 10_000_000  # a second: of 100 ns


def texts(chapters: Chapters) -> list[bytes]:
    """The titles as samples of a text track."""
    titles = [_bytes(title, _MOST_TEXT) for _, title in chapters]
    return [struct.pack(">H", len(title)) + title + _UTF_8 for title in titles]


def text_track(
    number: int, starts: Sequence[float], seconds: float, samples: Sequence[bytes],
    duration: int, at: int, *, wide: bool,
) -> boxes.Box:  # fmt: skip
    """`trak` of the samples that lie one after the other `at` in a file of so many `seconds`.

    They begin at `starts`, in seconds; the first has what is before it as well.  `duration` is
    the whole in the movie's units.
    """
    end = round(seconds * _RATE)
    times = [0, *(min(round(start * _RATE), end) for start in starts[1:]), end]
    lasting = [after - before for before, after in pairwise(times)]
    table = boxes.box(
        b"stbl",
        boxes.described(_description()),
        boxes.durations([(1, each) for each in lasting]),
        boxes.chunked(len(samples), len(samples)),
        boxes.sizes(np.array([len(sample) for sample in samples])),
        boxes.offsets(np.array([at]), wide=wide),
    )
    header = boxes.box(b"gmhd", _graphics(), boxes.box(b"text", boxes.MATRIX))
    return boxes.box(
        b"trak",
        boxes.track_header(number, duration, _IN_MOVIE, sounds=False),
        boxes.media(_RATE, end, b"text", b"ChapterHandler", header, table),
    )


def chapter_list(chapters: Chapters) -> boxes.Box:
    """`chpl` of the first 255 chapters."""
    entries = []
    for start, title in chapters[:_LIST_ENTRIES]:
        text = _bytes(title, _LIST_TITLE)
        entries.append(struct.pack(">QB", round(start * _LIST_UNITS), len(text)) + text)
    return boxes.full_box(b"chpl", 1, 0, struct.pack(">4xB", len(entries)), *entries)


def _graphics() -> boxes.Box:
    """`gmin`: dither copy, a grey that is not used, balance in the middle."""
    return boxes.full_box(b"gmin", 0, 0, struct.pack(">4Hh2x", 0x40, *[0x8000] * 3, 0))


def _description() -> boxes.Box:
    """`text`: not scaled, centred, everything else 0; players take a font of their own."""
    return boxes.sample_entry(b"text", struct.pack(">2I36x", 1, 1))


def _bytes(title: str, most: int) -> bytes:
    """The title on one line, with at most so many bytes of whole characters."""
    return plain(title).encode()[:most].decode(errors="ignore").encode()
