"""A section encoded: in segments side by side, and joined with others into a file.

Encoders look back and ahead, so a segment is encoded with some of its neighbours, and the frames
that belong to them are dropped.  The grid of segments follows from the length: the same sound
gives the same bytes with any number of processors.
"""

import math
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TypeVar

from podforge.encodings import LOSSLESS, Encoding
from podforge.errors import StorageError, storage
from podforge.media import decode, encode
from podforge.signal import Block
from podforge.streams import CODECS, Body, Codec, Part
from podforge.units import MIX_RATE, rescale

SEGMENT_SECONDS = 600.0  # at most: long beside an encoder's start, short beside an episode
WORTH_SECONDS = 120.0  # what is longer has two segments at least
AFTER_FRAMES = 3  # of what follows a segment, by when an encoder has given all of it
BEYOND_SAMPLES = AFTER_FRAMES * 1152  # that a mix must go on: the longest frame is MP3's

Master = Callable[[int, int], Iterator[Block]]  # blocks of the samples from .. to
Told = Callable[[Iterable[Block]], Iterator[Block]]
A = TypeVar("A")
B = TypeVar("B")


class SideBySide(Protocol):
    """Does work on several items at once."""

    def __call__(self, work: Callable[[A], B], items: Sequence[A]) -> Iterator[B]:
        """The results, in the order of the items."""


@dataclass(frozen=True)
class Piece:
    """A section's encoded sound: `samples` at the mix rate, in a file of one or more bodies.

    Lossless sound is one FLAC file and has no bodies.
    """

    path: Path
    samples: int
    bodies: tuple[Body, ...] = ()

    def facts(self) -> dict[str, Any]:
        """All but the path, as JSON has it."""
        return {"samples": self.samples, "bodies": [asdict(body) for body in self.bodies]}

    @classmethod
    def of(cls, facts: Mapping[str, Any], path: Path) -> "Piece":
        """The piece that `facts` tells of."""
        return cls(path, facts["samples"], tuple(Body.of(body) for body in facts["bodies"]))


def encode_piece(
    master: Master,
    samples: int,
    rate: int,
    channels: int,
    encoding: Encoding,
    path: Path,
    *,
    side_by_side: SideBySide,
    told: Told,
) -> Piece:
    """Encode `samples` of a master, which goes on `BEYOND_SAMPLES` longer, to `path`.

    Raises `DiskFull` or `StorageError`.
    """
    if encoding.stream not in CODECS:
        encode(told(master(0, samples)), path, rate, channels, encoding.arguments)
        return Piece(path, samples)
    codec = CODECS[encoding.stream]
    frame = rescale(codec.frame, codec.rate, rate)
    kept = -(-samples // frame)
    seconds = samples / rate
    segments = max(math.ceil(seconds / SEGMENT_SECONDS), 2 if seconds > WORTH_SECONDS else 1)
    step = -(-kept // segments)
    starts = range(0, kept, step)
    turn = Lock()  # to cut a segment takes all its bytes, and next to no time

    def segment(first: int) -> tuple[Path, Body]:
        last = min(first + step, kept)
        begin = max(0, first - codec.lead) // codec.period * codec.period
        blocks = told(master(begin * frame, (last + AFTER_FRAMES) * frame))
        part = path.with_name(f"{path.name}.{first}")
        encode(blocks, part, rate, channels, encoding.arguments)
        with turn:
            return part, _cut(part, codec, first - begin, last - first, last == kept)

    bodies = []
    with storage("writing", path), path.open("wb") as file:
        for part, body in side_by_side(segment, starts):
            with part.open("rb") as data:
                shutil.copyfileobj(data, file)
            part.unlink()
            bodies.append(body)
    return Piece(path, samples, tuple(bodies))


def _cut(part: Path, codec: Codec, before: int, own: int, ends: bool) -> Body:
    """Leave a segment's `own` frames in its file, and those after them where the section ends."""
    frames = codec.split(part.read_bytes())[before:]
    if len(frames) < own:
        raise StorageError(f"ffmpeg gave {len(frames)} frames of {own}: is it whole?")
    data, body = codec.body(frames if ends else frames[:own], own)
    part.write_bytes(data)  # it may wait for those before it: not in memory
    return body


def join(
    pieces: Sequence[Piece],
    encoding: Encoding,
    path: Path,
    channels: int,
    chapters: Sequence[tuple[float, str]] = (),
) -> None:
    """Write pieces as one file, in the container that its suffix says.

    Only lossless sound is decoded for that, as WAV or where several pieces become one FLAC.

    Raises `DiskFull` or `StorageError`.
    """
    if encoding.stream in CODECS:
        codec = CODECS[encoding.stream]
        samples = rescale(sum(piece.samples for piece in pieces), MIX_RATE, codec.rate)
        codec.join(_parts(pieces, codec), path, samples, channels, chapters)
    elif len(pieces) == 1 and path.suffix == f".{encoding.stream}":
        with storage("writing", path):
            shutil.copyfile(pieces[0].path, path)
    else:
        heard = (block for piece in pieces for block in decode(piece.path, MIX_RATE, channels))
        encode(heard, path, MIX_RATE, channels, LOSSLESS[path.suffix])


def _parts(pieces: Sequence[Piece], codec: Codec) -> list[Part]:
    """What each body gives.

    A section is rarely a whole number of frames long.  Where the rounding up has come to more
    than half a frame, a section's last frame, which is room tone, is left out.
    """
    frame = rescale(codec.frame, codec.rate, MIX_RATE)
    parts: list[Part] = []
    ahead = 0  # of where the sections should end, in samples
    for number, piece in enumerate(pieces):
        at = 0
        for body in piece.bodies:
            parts.append(Part(piece.path, body, body.kept, at))
            at += body.ends[-1].bytes
        last = piece.bodies[-1]
        ahead += sum(body.kept for body in piece.bodies) * frame - piece.samples
        if number == len(pieces) - 1:
            parts[-1] = replace(parts[-1], frames=last.frames)
        elif 2 * ahead >= frame and last.kept > 1:
            parts[-1] = replace(parts[-1], frames=last.kept - 1)
            ahead -= frame
    return parts
