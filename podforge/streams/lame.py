"""Headers of MP3 frames, and the first frame of a file: Xing's header with LAME's tag.

Sources: ISO 11172-3, 2.4.1.3 and 2.4.2.3; "Mp3 Info Tag revision 1" (gabriel.mp3-tech.org);
LAME 3.100, VbrTag.c.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from podforge.streams.crc16 import crc16

HEADER_BYTES = 4
ENCODER_DELAY = 576  # samples: LAME's own
DECODER_DELAY = 529  # samples: every decoder's, and what players add to the encoder's

_ENCODER = b"LAME3.100"
_QUALITY = 57  # 100 - 10 V - q, with LAME's defaults: V 4, q 3
_CBR, _VBR = 1, 4  # methods; LAME 3.100's variable rate is the fourth, "mtrh"
_ATH_TYPE = 4  # LAME's default
_NOISE_SHAPING = 1
_FRAMES_BYTES_TOC_QUALITY = 0b1111
_TAG_BYTES = 4 + 4 + 4 + 4 + 100 + 4 + 36  # Xing's header and LAME's

_MPEG1, _MPEG2, _MPEG25 = 3, 2, 0  # the version's two bits
_LAYER_3 = 1
_RATES = (44_100, 48_000, 32_000)  # of MPEG-1; halved once or twice for the others
_KBPS1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MONO = 3
_STEREO_MODES = (1, 3, 2, 0)  # frame's stereo, joint, dual, mono as LAME's tag numbers them


@dataclass(frozen=True)
class Header:
    """What the four bytes before an MP3 frame say."""

    bits: int
    version: int
    rate: int  # Hz
    kbps: int
    mode: int  # stereo, joint stereo, two languages, mono

    @property
    def channels(self) -> int:
        """1 or 2."""
        return 1 if self.mode == _MONO else 2

    @property
    def samples(self) -> int:
        """Samples a frame, in each channel."""
        return 1152 if self.version == _MPEG1 else 576

    @property
    def size(self) -> int:
        """Bytes of the frame, the header included."""
        padding = self.bits >> 9 & 1
        return self.samples // 8 * 1000 * self.kbps // self.rate + padding

    @property
    def side_bytes(self) -> int:
        """Bytes of side information after the header, when there is no checksum between."""
        if self.version == _MPEG1:
            return 17 if self.channels == 1 else 32
        return 9 if self.channels == 1 else 17


def parsed(data: bytes) -> Header | None:
    """The header in four bytes, or None when there is none (free format included)."""
    if len(data) < HEADER_BYTES:
        return None
    bits = int.from_bytes(data[:HEADER_BYTES], "big")
    version, layer = bits >> 19 & 3, bits >> 17 & 3
    kbps, rate, mode = bits >> 12 & 15, bits >> 10 & 3, bits >> 6 & 3
    if bits >> 21 != 0x7FF or version == 1 or layer != _LAYER_3 or kbps in (0, 15) or rate == 3:
        return None
    halvings = {_MPEG1: 0, _MPEG2: 1, _MPEG25: 2}[version]
    table = _KBPS1 if version == _MPEG1 else _KBPS2
    return Header(bits, version, _RATES[rate] >> halvings, table[kbps], mode)


@dataclass(frozen=True)
class Music:
    """What the first frame tells about those that follow."""

    frames: int
    bytes: int
    crc: int  # CRC-16/ARC of those bytes
    kbps: Sequence[int]  # all bit rates that occur, ascending
    padding: int  # samples after the last one encoded
    places: Sequence[int]  # byte offset of each hundredth of the time


def first_frame(like: Header, music: Music) -> bytes:
    """A frame without sound, of the kind of `like`, that carries header and tag."""
    header = _silent(like, music.kbps[0])
    total = header.size + music.bytes
    toc = bytes(min(255, (header.size + place) * 256 // total) for place in music.places)
    xing = struct.pack(
        ">4s3I100sI",
        b"Info" if len(music.kbps) == 1 else b"Xing",
        _FRAMES_BYTES_TOC_QUALITY,
        music.frames,
        total,
        toc,
        _QUALITY,
    )
    frame = header.bits.to_bytes(HEADER_BYTES, "big") + bytes(header.side_bytes)
    frame += xing + _lame_tag(header, music, total)
    return (frame + crc16(frame).to_bytes(2, "big")).ljust(header.size, b"\0")


def _silent(like: Header, least_kbps: int) -> Header:
    """The header of the smallest frame of that kind that holds the tag, at `least_kbps` or more.

    Neither padding nor a checksum, and the halves of a joint frame as they are.
    """
    bits = (like.bits | 1 << 16) & ~(15 << 12 | 1 << 9 | 3 << 4)
    for index in range(1, 15):
        header = parsed((bits | index << 12).to_bytes(HEADER_BYTES, "big"))
        assert header
        room = header.size - HEADER_BYTES - header.side_bytes
        if header.kbps >= least_kbps and room >= _TAG_BYTES:
            return header
    raise ValueError(f"no MP3 frame at {like.rate} Hz holds the tag")


def _lame_tag(header: Header, music: Music, total: int) -> bytes:
    """LAME's tag but for its last two bytes; what was not measured is 0: low pass, peak, gain."""
    constant = len(music.kbps) == 1
    source = 0 if header.rate <= 32_000 else 1 if header.rate <= 44_100 else 2
    return struct.pack(
        ">9sBBI2HBB3sBBHIH",
        _ENCODER,
        _CBR if constant else _VBR,
        0,  # low pass
        0,  # peak
        *(0, 0),  # replay gains
        _ATH_TYPE,
        min(music.kbps[0], 255),
        (ENCODER_DELAY << 12 | music.padding).to_bytes(3, "big"),
        source << 6 | _STEREO_MODES[header.mode] << 2 | _NOISE_SHAPING,
        0,  # gain
        0,  # preset
        total,
        music.crc,
    )
