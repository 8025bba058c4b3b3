"""Tags, cover and chapters inside the audio file; the only user of mutagen.

MP3 and WAV carry ID3v2.3, M4B has atoms of its own, Opus and FLAC share Vorbis comments.  The
same tags give the same bytes: no time of writing, no padding.
"""

# mutagen has types in parts only
# mypy: disable-error-code="no-untyped-call"

import base64
import io
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from mutagen import MutagenError, id3
from mutagen.flac import FLAC, Picture
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.oggopus import OggOpus
from mutagen.wave import WAVE

from podforge.delivery.chapters import titled
from podforge.delivery.cover import mime_of
from podforge.delivery.fields import NAMES, Tags, fields_of, tags_of
from podforge.delivery.languages import iso_639_2
from podforge.errors import StorageError, storage
from podforge.timeline import Mark
from podforge.units import rescale

__all__ = ["Tags", "tags_of", "write_tags"]

_MEDIA_KIND = {"audiobook": 2, "podcast": 21}  # the `stik` atom, as iTunes reads it
_CHUNK = struct.Struct("<4sI")  # name and size of a RIFF chunk
_FIRST_CHUNK_AT = 12
_RF64_SIZE_AT = 20  # after RF64, its unused size, WAVE, and the name and size of ds64
_CONTENTS_ENTRIES = 255  # of one CTOC frame: its count is a byte (ID3v2 Chapter Frame, 3.2)


def write_tags(
    path: Path,
    tags: Tags,
    cover: bytes | None,
    chapters: Sequence[Mark],
    rate: int,
    length: int,
) -> None:
    """Replace the tags of an audio file; its suffix says the format.

    `chapters` and `length` are in samples at `rate`.  In an M4B the chapters that are there
    stay, and none are written.  Raises `StorageError` or `DiskFull`.
    """
    write = _WRITERS[path.suffix.lower()]
    times = [rescale(at, rate, 1000) for at in (*(mark.at for mark in chapters), length)]
    spans = [
        _Chapter(mark.title, start, max(start, end))
        for mark, (start, end) in zip(titled(chapters), pairwise(times), strict=True)
    ]
    with storage("tagging", path):
        try:
            write(path, tags, cover, spans)
        except MutagenError as error:
            if error.args and isinstance(error.args[0], OSError):
                raise error.args[0] from error
            raise StorageError(f"tagging {path} failed: {error}") from error


@dataclass(frozen=True)
class _Chapter:
    """A chapter from `start` to `end`, in milliseconds."""

    title: str
    start: int
    end: int


def _write_mp3(path: Path, tags: Tags, cover: bytes | None, chapters: Sequence[_Chapter]) -> None:
    frames = id3.ID3()
    _fill_id3(frames, tags, cover, chapters)
    frames.save(path, v1=0, v2_version=3, padding=_no_padding)
    with path.open("r+b") as file:
        _put_chapters_in_order(file, 0)


def _write_wav(path: Path, tags: Tags, cover: bytes | None, chapters: Sequence[_Chapter]) -> None:
    if _is_rf64(path):
        _append_to_rf64(path, tags, cover, chapters)
        return
    file: Any = WAVE(path)
    if file.tags is None:
        file.add_tags()
    file.tags.clear()
    _fill_id3(file.tags, tags, cover, chapters)
    file.tags.save(path, v2_version=3, padding=_no_padding)
    with path.open("r+b") as riff:
        _put_chapters_in_order(riff, _id3_chunk(riff))


def _id3_chunk(riff: IO[bytes]) -> int:
    """Where the data of the chunk `id3 ` begin, which is there."""
    at, name = _FIRST_CHUNK_AT, b""
    while name.lower() != b"id3 ":
        riff.seek(at)
        name, size = _CHUNK.unpack(riff.read(_CHUNK.size))
        begin, at = at + _CHUNK.size, at + _CHUNK.size + size + size % 2
    return begin


def _is_rf64(path: Path) -> bool:
    """Whether it is a WAV of over 4 GiB (EBU Tech 3306), which mutagen does not know."""
    with path.open("rb") as file:
        return file.read(4) == b"RF64"


def _append_to_rf64(
    path: Path, tags: Tags, cover: bytes | None, chapters: Sequence[_Chapter]
) -> None:
    """Add the chunk `id3 ` at the end, and its bytes to the size in the first chunk, `ds64`."""
    frames, data = id3.ID3(), io.BytesIO()
    _fill_id3(frames, tags, cover, chapters)
    frames.save(data, v1=0, v2_version=3, padding=_no_padding)
    _put_chapters_in_order(data, 0)
    body = data.getvalue()
    with path.open("r+b") as file:
        end = file.seek(0, io.SEEK_END)
        file.write(bytes(end % 2) + b"id3 " + len(body).to_bytes(4, "little") + body)
        file.write(bytes(len(body) % 2))
        size = file.tell() - 8
        file.seek(_RF64_SIZE_AT)
        file.write(size.to_bytes(8, "little"))


def _write_m4b(path: Path, tags: Tags, cover: bytes | None, _: Sequence[_Chapter]) -> None:
    file: Any = MP4(path)
    if file.tags is None:
        file.add_tags()
    file.tags.clear()
    for field, text in fields_of(tags).items():
        for atom in NAMES[field].mp4:
            file.tags[atom] = [_mp4_value(atom, text)]
    file.tags["stik"] = [_MEDIA_KIND[tags.mode]]
    if cover:
        kind = MP4Cover.FORMAT_PNG if mime_of(cover) == "image/png" else MP4Cover.FORMAT_JPEG
        file.tags["covr"] = [MP4Cover(cover, imageformat=kind)]
    file.save(padding=lambda info: max(info.padding, 0))  # no gigabyte is moved for it


def _write_opus(path: Path, tags: Tags, cover: bytes | None, chapters: Sequence[_Chapter]) -> None:
    file = OggOpus(path)
    _fill_vorbis(file, tags, chapters)
    if cover:
        picture = base64.b64encode(_picture(cover).write()).decode("ascii")
        file["METADATA_BLOCK_PICTURE"] = picture
    file.save(padding=_no_padding)


def _write_flac(path: Path, tags: Tags, cover: bytes | None, chapters: Sequence[_Chapter]) -> None:
    file = FLAC(path)
    if file.tags is None:
        file.add_tags()
    _fill_vorbis(file, tags, chapters)
    file.clear_pictures()
    if cover:
        file.add_picture(_picture(cover))
    file.save(deleteid3=True, padding=_no_padding)


_WRITERS: Mapping[str, Callable[[Path, Tags, bytes | None, Sequence[_Chapter]], None]] = {
    ".mp3": _write_mp3,
    ".m4a": _write_m4b,
    ".m4b": _write_m4b,
    ".opus": _write_opus,
    ".flac": _write_flac,
    ".wav": _write_wav,
}


def _fill_id3(
    frames: id3.ID3Tags, tags: Tags, cover: bytes | None, chapters: Sequence[_Chapter]
) -> None:
    language = iso_639_2(tags.language)
    for field, text in fields_of(tags).items():
        for name in NAMES[field].id3:
            frames.add(_id3_frame(name, text, language))
    if cover:
        frames.add(id3.APIC(encoding=0, mime=mime_of(cover), type=3, desc="", data=cover))
    _add_chapters(frames, chapters)
    frames.update_to_v23()


def _id3_frame(name: str, text: str, language: str) -> id3.Frame:
    kind, _, about = name.partition(":")
    if kind == "TXXX":
        return id3.TXXX(encoding=1, desc=about, text=[text])
    if kind == "COMM":
        return id3.COMM(encoding=1, lang=language, desc="", text=[text])
    if kind == "TLAN":
        return id3.TLAN(encoding=0, text=[language])
    return id3.Frames[kind](encoding=1, text=[text])


def _add_chapters(frames: id3.ID3Tags, chapters: Sequence[_Chapter]) -> None:
    """CHAP frames and the tables of contents that order them (ID3v2 Chapter Frame Addendum)."""
    names = [f"chp{number:05}" for number in range(len(chapters))]
    for name, chapter in zip(names, chapters, strict=True):
        frames.add(
            id3.CHAP(
                element_id=name,
                start_time=chapter.start,
                end_time=chapter.end,
                start_offset=0xFFFFFFFF,  # not given: the times count
                end_offset=0xFFFFFFFF,
                sub_frames=[id3.TIT2(encoding=1, text=[chapter.title])],
            )
        )
    if not names:
        return
    parts = [
        names[first : first + _CONTENTS_ENTRIES]
        for first in range(0, len(names), _CONTENTS_ENTRIES)
    ]
    if len(parts) > 1:  # a table of tables
        for number, part in enumerate(parts):
            frames.add(_contents(f"toc{number}", part, top=False))
        names = [f"toc{number}" for number in range(len(parts))]
    frames.add(_contents("toc", names, top=True))


def _put_chapters_in_order(file: IO[bytes], at: int) -> None:
    """Reorder the frames of the ID3v2.3 tag at a place, the chapters last and by their names.

    mutagen writes frames by size.  The standard leaves their order free, but many players show
    chapters in the order of the file and pass over the table of contents.
    """
    file.seek(at)
    header = file.read(10)
    size = sum(byte << shift for byte, shift in zip(header[6:], (21, 14, 7, 0), strict=True))
    frames = sorted(_frames(file.read(size)), key=_chapter_name)
    file.seek(at + 10)
    file.write(b"".join(frames))


def _frames(body: bytes) -> Iterator[bytes]:
    """The frames of an ID3v2.3 tag without padding, each with its header (3.3)."""
    at = 0
    while at < len(body):
        end = at + 10 + int.from_bytes(body[at + 4 : at + 8])
        yield body[at:end]
        at = end


def _chapter_name(frame: bytes) -> bytes:
    return frame[10 : frame.index(b"\0", 10)] if frame.startswith(b"CHAP") else b""


def _contents(name: str, entries: list[str], *, top: bool) -> id3.CTOC:
    flags = id3.CTOCFlags.ORDERED | (id3.CTOCFlags.TOP_LEVEL if top else 0)
    return id3.CTOC(element_id=name, flags=flags, child_element_ids=entries, sub_frames=[])


def _mp4_value(atom: str, text: str) -> object:
    if atom in ("trkn", "disk"):
        return int(text), 0
    if atom.startswith("----"):
        return MP4FreeForm(text.encode())
    return text


def _fill_vorbis(file: Any, tags: Tags, chapters: Sequence[_Chapter]) -> None:
    """Comments, and chapters in the form that ffmpeg and most players read."""
    file.tags.clear()
    for field, text in fields_of(tags).items():
        for name in NAMES[field].vorbis:
            file[name] = text
    for number, chapter in enumerate(chapters):
        file[f"CHAPTER{number:03}"] = _clock(chapter.start)
        file[f"CHAPTER{number:03}NAME"] = chapter.title


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _picture(cover: bytes) -> Picture:
    picture = Picture()
    picture.type = 3  # front cover
    picture.mime = mime_of(cover)
    picture.data = cover
    return picture


def _no_padding(_: object) -> int:
    return 0
