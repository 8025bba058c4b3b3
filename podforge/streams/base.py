"""Encoded sound as frames, kept in body files, and joined into finished files without decoding.

A *body* holds the frames of a section, or of a segment of one: the `kept` ones that belong to it,
and after them the few in which the encoder gave the last of the sound, for decoded sound lags.
Bodies are joined one after the other: each gives the frames it keeps (or one less, where rounding
has to be caught up), the last one all it has.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, overload

from podforge.errors import StorageError, storage

CHUNK_BYTES = 1 << 20

Chapters = Sequence[tuple[float, str]]  # start in seconds, ascending; title


@dataclass(frozen=True)
class End:
    """A place where a body may end: how much of it lies before."""

    frames: int
    bytes: int
    crc: int = 0  # of those bytes, where the container wants one (MP3: CRC-16/ARC)


@dataclass(frozen=True)
class Body:
    """What is known of a body: enough to join it without reading its frames."""

    kept: int  # frames of the section itself
    ends: tuple[End, ...]  # after kept - 1, kept, and all frames; ascending
    index: tuple[int, ...] = ()  # byte offset of every so many frames (MP3)
    kbps: tuple[int, ...] = ()  # bit rates of the frames, ascending (MP3); one: constant

    @property
    def frames(self) -> int:
        """All frames, those after the section's end included."""
        return self.ends[-1].frames

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Body":
        """The body that `dataclasses.asdict` made the record of, by way of JSON or not."""
        ends = tuple(End(**end) for end in record["ends"])
        return cls(record["kept"], ends, tuple(record["index"]), tuple(record["kbps"]))


@dataclass(frozen=True)
class Part:
    """So many frames of a body, which lies `at` (bytes) in its file; one of `body.ends`."""

    path: Path
    body: Body
    frames: int
    at: int = 0

    @property
    def end(self) -> End:
        """Where the part ends in its body."""
        return next(end for end in self.body.ends if end.frames == self.frames)


class Frames(Sequence[bytes]):
    """Frames one after the other in `data`; each begins and ends at one of `bounds` (bytes).

    A slice shares the data.  An object for each frame would take more memory than the frames do.
    """

    def __init__(self, data: bytes, bounds: Sequence[int]) -> None:
        self.data, self.bounds = data, bounds

    @classmethod
    def of(cls, frames: Sequence[bytes]) -> "Frames":
        """Frames that do not lie side by side yet."""
        return cls(b"".join(frames), array("q", accumulate(map(len, frames), initial=0)))

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @overload
    def __getitem__(self, index: int) -> bytes: ...

    @overload
    def __getitem__(self, index: slice) -> "Frames": ...

    def __getitem__(self, index: int | slice) -> "bytes | Frames":
        if isinstance(index, slice):
            start, end, _ = index.indices(len(self))
            return Frames(self.data, self.bounds[start : max(start, end) + 1])
        at = range(len(self))[index]
        return self.data[self.bounds[at] : self.bounds[at + 1]]

    def __iter__(self) -> Iterator[bytes]:
        return (self.data[start:end] for start, end in pairwise(self.bounds))


Split = Callable[[bytes], Frames]
MakeBody = Callable[[Frames, int], tuple[bytes | memoryview, Body]]
Join = Callable[[Sequence[Part], Path, int, int, Chapters], None]


@dataclass(frozen=True)
class Codec:
    """A kind of stream: its numbers, and how it is cut and joined.

    `split(data)`: the frames of an encoder's stream; `StorageError` on what is no such stream.

    `body(frames, kept)`: the bytes of a body and what to know of it, the first `kept` frames
    being the section's own.

    `join(parts, path, samples, channels, chapters)` writes the file at `path`, whose decoded
    length is `samples` at the codec's rate; the same parts give the same bytes.  Chapters are
    written only where writers of tags cannot (MP4).  Raises `StorageError` or `DiskFull`, and
    `ValueError` when the parts have too few frames for the samples.

    An encoder that starts at a multiple of `period` frames of earlier sound, and at least `lead`
    of them early, gives the frames that one serial encoding gives (MP3: to the bit).
    """

    name: str
    frame: int  # samples a frame
    rate: int  # of those samples, in Hz
    delay: int  # samples by which decoded sound lags behind what was encoded
    lead: int
    period: int
    split: Split
    body: MakeBody
    join: Join


def section_ends(kept: int, frames: int) -> list[int]:
    """How many frames a body of `frames` may give: kept - 1, kept, all."""
    if not 0 < kept <= frames:
        raise ValueError(f"{frames} frames, {kept} to keep")
    return sorted({kept - 1, kept, frames})


def chunks(parts: Iterable[Part]) -> Iterator[bytes]:
    """The bytes of the parts, one after the other.  Raises `StorageError`."""
    for part in parts:
        yield from read(part.path, part.at, part.end.bytes)


def read(path: Path, at: int, size: int) -> Iterator[bytes]:
    """So many bytes of a file from there on.  Raises `StorageError`."""
    with storage("reading", path), path.open("rb") as file:
        file.seek(at)
        while size:
            data = file.read(min(size, CHUNK_BYTES))
            if not data:
                raise StorageError(f"{path} is shorter than it should be")
            size -= len(data)
            yield data
