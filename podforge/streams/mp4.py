"""What stands before the frames of an MP4 with AAC (ISO 14496-12, 14496-14, 14496-3).

The index comes first, so that a player can begin before it has the whole file.  An edit list
leaves out the encoder's priming and ends with the last sample; with the roll group beside it that
is what players need to leave nothing out and add nothing (QuickTime File Format Specification,
"Audio Priming - Handling Encoder Delay in AAC").
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podforge.streams import boxes
from podforge.streams.base import Chapters
from podforge.streams.titles import chapter_list, text_track, texts

FRAME = 1024  # samples

Sizes = NDArray[np.uint16]

_CHUNK_FRAMES = 43  # about a second: what a player adds up to find a frame
_PADDING_SHARE = 200  # a 200th of the sound: for tags and a cover, which then move nothing

_SOUND, _TITLES = 1, 2  # numbers of the tracks
_ENABLED_IN_MOVIE = 3  # flags of a track
_AAC = 0x40  # object type of MPEG-4 audio (14496-1, table 5)
_AUDIO_STREAM = 5 << 2 | 1  # stream type, and a bit that is always 1
_BUFFER_BYTES = 768  # a channel: what a decoder must hold (14496-3, 4.5.3.1)


@dataclass(frozen=True)
class Sound:
    """AAC in frames of `sizes` bytes: the encoder's priming, then `samples` to be heard.

    `config` is the AudioSpecificConfig (14496-3, 1.6.2.1).
    """

    config: bytes
    rate: int
    channels: int
    samples: int
    sizes: Sizes

    @property
    def bytes(self) -> int:
        """Of all frames."""
        return int(self.sizes.sum(dtype=np.int64))

    @property
    def media_samples(self) -> int:
        """With the priming."""
        return FRAME + self.samples


def head(sound: Sound, chapters: Chapters) -> boxes.Box:
    """All of the file, in parts, but the frames, which follow one after the other.

    `ftyp`, `moov`, and the titles of the chapters, with which the media data begin.
    """
    brands = b"M4A ", b"M4B ", b"isom", b"iso2", b"mp42"
    kind = boxes.box(b"ftyp", brands[0], struct.pack(">I", 0x200), *brands)
    titles = texts(chapters)
    data = boxes.media_data(boxes.length(titles) + sound.bytes)

    def before(at: int, *, wide: bool) -> boxes.Box:
        return *kind, *_movie(sound, chapters, titles, at, wide=wide), data, *titles

    begin = boxes.length(before(0, wide=False))
    wide = begin + sound.bytes > boxes.MOST_32_BITS
    if wide:
        begin = boxes.length(before(0, wide=True))
    return before(begin, wide=wide)


def _movie(
    sound: Sound, chapters: Chapters, titles: Sequence[bytes], at: int, *, wide: bool
) -> boxes.Box:
    """`moov`; the first frame lies `at` in the file, and the titles just before it."""
    tracks = [_sound_track(sound, at, bool(titles), wide=wide)]
    lists = []
    if titles:
        starts = [start for start, _ in chapters]
        seconds = sound.samples / sound.rate
        first = at - boxes.length(titles)
        tracks.append(text_track(_TITLES, starts, seconds, titles, sound.samples, first, wide=wide))
        lists.append(chapter_list(chapters))
    header = boxes.movie_header(sound.rate, sound.samples, len(tracks))
    room = _room_for_tags(sound.bytes // _PADDING_SHARE)
    return boxes.box(b"moov", header, *tracks, boxes.box(b"udta", room, *lists))


def _room_for_tags(size: int) -> boxes.Box:
    """`meta` without tags, as iTunes lays it out, and so many bytes beside them."""
    handler = boxes.handled(b"mdir", b"", maker=b"appl")
    free = boxes.box(b"free", bytes(size))
    return boxes.full_box(b"meta", 0, 0, handler, boxes.box(b"ilst"), free)


def _sound_track(sound: Sound, at: int, has_chapters: bool, *, wide: bool) -> boxes.Box:
    """`trak` of the frames, the first of which lies `at` in the file."""
    chapters = boxes.box(b"tref", boxes.box(b"chap", struct.pack(">I", _TITLES)))
    handler = b"soun", b"SoundHandler"
    header = boxes.full_box(b"smhd", 0, 0, bytes(4))
    table = _sample_table(sound, at, wide=wide)
    return boxes.box(
        b"trak",
        boxes.track_header(_SOUND, sound.samples, _ENABLED_IN_MOVIE, sounds=True),
        boxes.edit_list(sound.samples, FRAME),
        chapters if has_chapters else b"",
        boxes.media(sound.rate, sound.media_samples, *handler, header, table),
    )


def _sample_table(sound: Sound, at: int, *, wide: bool) -> boxes.Box:
    frames = len(sound.sizes)
    chunks = np.add.reduceat(sound.sizes, range(0, frames, _CHUNK_FRAMES), dtype=np.int64)
    most = int(chunks.max()) * sound.rate * 8 // (_CHUNK_FRAMES * FRAME)
    last = sound.media_samples - (frames - 1) * FRAME
    return boxes.box(
        b"stbl",
        boxes.described(_description(sound, most)),
        boxes.durations([(frames - 1, FRAME), (1, last)]),
        boxes.chunked(frames, _CHUNK_FRAMES),
        boxes.sizes(sound.sizes),
        boxes.offsets(at + np.cumsum(chunks) - chunks, wide=wide),
        *_rolling(frames),
    )


def _rolling(frames: int) -> tuple[boxes.Box, boxes.Box]:
    """`sgpd` and `sbgp` (14496-12, 8.9, 10.1): a frame sounds right after the one before it."""
    roll = struct.pack(">4s2Ih", b"roll", 2, 1, -1)
    group = struct.pack(">4s3I", b"roll", 1, frames, 1)
    return boxes.full_box(b"sgpd", 1, 0, roll), boxes.full_box(b"sbgp", 0, 0, group)


def _description(sound: Sound, most: int) -> boxes.Box:
    """`mp4a` (14496-12, 12.2.3; 14496-14, 5.6); `most` bits are in one second."""
    average = sound.bytes * 8 * sound.rate // sound.media_samples
    decoder = struct.pack(
        ">2B3s2I",
        _AAC,
        _AUDIO_STREAM,
        (_BUFFER_BYTES * sound.channels).to_bytes(3, "big"),
        max(most, average),
        average,
    )
    stream = _descriptor(
        3,
        bytes(3),  # number, and nothing optional (14496-14, 3.1.2)
        _descriptor(4, decoder, _descriptor(5, sound.config)),
        _descriptor(6, b"\2"),  # as in every MP4
    )
    shape = struct.pack(">8x2H4xI", sound.channels, 16, sound.rate << 16)
    return boxes.sample_entry(b"mp4a", shape, boxes.full_box(b"esds", 0, 0, stream))


def _descriptor(tag: int, *content: bytes) -> bytes:
    """A descriptor (14496-1, 8.3.3), its length in the four bytes that players are used to."""
    return b"".join((bytes((tag, 0x80, 0x80, 0x80, sum(map(len, content)))), *content))
