"""AAC in ADTS (ISO 14496-3, 1.A.2.2), joined into MP4 by ffmpeg."""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from podforge.errors import StorageError
from podforge.media.chapters import AAC_FRAME, mux_mp4
from podforge.streams.base import Body, Chapters, Codec, End, Part, chunks, section_ends

PRIMING = AAC_FRAME  # samples that ffmpeg's encoder gives before the sound

_HEADER_BYTES = 7
_RATE_INDEX = 4  # 44.1 kHz


def split(data: bytes) -> list[bytes]:
    """The ADTS frames of a stream, headers included, nothing cut short."""
    frames, at = [], 0
    while at < len(data):
        size = _size(data[at : at + _HEADER_BYTES])
        if not size:
            raise StorageError(f"no ADTS frame at byte {at} of an encoder's stream")
        frames.append(data[at : at + size])
        at += size
    if at != len(data):
        raise StorageError("the last ADTS frame of an encoder's stream is cut short")
    return frames


def _size(header: bytes) -> int:
    """Bytes of the frame that begins so, or 0 when it is none of 1024 samples at 44.1 kHz."""
    bits = int.from_bytes(header, "big")
    sync, layer, blocks = bits >> 44, bits >> 41 & 3, bits & 3
    rate, size = bits >> 34 & 15, bits >> 13 & 0x1FFF
    known = len(header) == _HEADER_BYTES and sync == 0xFFF and layer == 0 and blocks == 0
    return size if known and rate == _RATE_INDEX and size > _HEADER_BYTES else 0


def body(frames: Sequence[bytes], kept: int) -> tuple[bytes, Body]:
    """The frames one after the other."""
    offsets = list(accumulate(map(len, frames), initial=0))
    ends = tuple(End(count, offsets[count]) for count in section_ends(kept, len(frames)))
    return b"".join(frames), Body(kept, ends)


def join(
    parts: Sequence[Part],
    path: Path,
    samples: int,
    channels: int,  # noqa: ARG001  every frame says how many it has
    chapters: Chapters,
) -> None:
    """An MP4 whose edit list leaves out the priming, and ends with the last sample.

    Frames past the end are left out.  Raises `ValueError` when there are too few.
    """
    if sum(part.frames for part in parts) * AAC_FRAME < samples + PRIMING:
        raise ValueError(f"too few AAC frames for {samples} samples")
    mux_mp4(chunks(parts), samples, AAC.rate, chapters, path)


AAC = Codec(
    "aac",
    frame=AAC_FRAME,
    rate=44_100,
    delay=PRIMING,
    lead=24,
    period=1,
    split=split,
    body=body,
    join=join,
)
