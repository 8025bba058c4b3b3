"""From encoded sound to the files people take away: joined, tagged, with transcripts and report."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from podforge.encodings import Format
from podforge.errors import StorageError, storage
from podforge.timeline import Mark, Section, Timeline

if TYPE_CHECKING:
    from podforge.delivery.report import Report
    from podforge.delivery.tags import Tags
    from podforge.finishing import Finished
    from podforge.project import Project

DEFAULT_FORMATS = (Format("mp3"),)
SIDECARS = (".vtt", ".srt", ".transcript.json", ".chapters.json", ".report.json")
MOST_SLUG = 48  # characters of a title in a file's name
_CHAPTER = re.compile(r"-[0-9]{2,3}(-[a-z0-9-]+)?")  # after the stem; more digits are a year
# Line breaks among them; bytes that are not UTF-8 come as halves of characters (PEP 383).
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Outputs:
    """Where an episode goes: one file a format, and what lies beside them, all `stem.*`.

    With `chapters`, the titles of the sections, each format is a file a chapter and a playlist.
    What no playlist can hold, control characters and bytes that are not UTF-8, become dashes.
    `typed` is the suffix of a file that was named, if it is not written as the format is (`.MP3`).
    One that is `bare` has nothing beside its audio.
    """

    folder: Path
    stem: str
    formats: tuple[Format, ...]  # empty: as the script says
    split: bool = False
    chapters: tuple[str, ...] = ()
    typed: str = ""
    bare: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "stem", _CONTROL.sub("-", self.stem))

    def completed(self, wanted: tuple[Format, ...], chapters: tuple[str, ...]) -> "Outputs":
        """These outputs, in the formats the script wants if the command named none."""
        formats = self.formats or wanted or DEFAULT_FORMATS
        return replace(self, formats=formats, chapters=chapters if self.split else ())

    def files(self, wanted: Format) -> tuple[Path, ...]:
        """The audio files of a format, in the order they are heard."""
        if not self.split:
            suffix = f".{wanted.name}"
            return (self.beside(self.typed if self.typed.lower() == suffix else suffix),)
        digits = max(2, len(str(len(self.chapters))))
        return tuple(
            self.beside(f"-{number:0{digits}}{_slug(title)}.{wanted.name}")
            for number, title in enumerate(self.chapters, start=1)
        )

    def playlist(self, wanted: Format) -> Path:
        """The list of a format's files."""
        return self.beside(".m3u" if len(self.formats) == 1 else f"-{wanted.name}.m3u")

    def beside(self, suffix: str) -> Path:
        """A file of the episode."""
        return self.folder / (self.stem + suffix)

    def audio(self) -> tuple[Path, ...]:
        """All audio files."""
        return tuple(path for wanted in self.formats for path in self.files(wanted))

    def strays(self) -> tuple[Path, ...]:
        """Files of chapters that an earlier render left and that no longer belong to the rest."""
        mine = set(self.audio())
        return tuple(
            path
            for wanted in self.formats
            if self.split
            for path in sorted(self.folder.glob(f"{escape(self.stem)}-*.{wanted.name}"))
            if path not in mine and _CHAPTER.fullmatch(path.stem, len(self.stem))
        )

    def everything(self) -> tuple[Path, ...]:
        """Every file of the episode, the audio last."""
        lists = tuple(self.playlist(wanted) for wanted in self.formats if self.split)
        sidecars = () if self.bare else tuple(map(self.beside, SIDECARS))
        return (*sidecars, *lists, *self.audio())


def check_places(outputs: Outputs) -> None:
    """Make sure that no folder lies where a file goes.  Raises `StorageError`."""
    for path in outputs.everything():
        if path.is_dir():
            raise StorageError(f"{path} is a folder", hint="the file of that name goes there")


def deliver(
    project: "Project",
    timeline: Timeline,
    finished: Mapping[Format, "Finished"],
    report: "Report",
    cover: bytes,
    outputs: Outputs,
    restat: bool = False,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Write all files of an episode; each one appears whole, the audio last.

    With `restat`, files that would get the bytes they have are left alone.  `ready` is called
    when all are made and none is in its place.
    """
    from podforge.delivery.writing import publish, staging

    check_places(outputs)  # again: much time has gone by
    with staging(outputs.folder) as folder:
        package = _Package(project, timeline, cover, folder)
        with ThreadPoolExecutor(1) as pool:  # a long book's captions, while its sound is joined
            texts = pool.submit(_write_texts, project, timeline, report, outputs, folder)
            for wanted, done in finished.items():
                package.write(done, outputs.files(wanted), outputs.split)
        texts.result()
        ready()
        for path in outputs.everything():
            publish(folder / _staged(path), path, restat)


def _write_texts(
    project: "Project", timeline: Timeline, report: "Report", outputs: Outputs, folder: Path
) -> None:
    """Write what lies beside the audio into `folder`."""
    from podforge.delivery.report import report_json
    from podforge.delivery.sidecars import playlist, write_sidecars

    def beside(suffix: str) -> Path:
        return folder / outputs.beside(suffix).name

    texts = {beside(".report.json"): report_json(report)}
    for wanted in outputs.formats if outputs.split else ():
        names = [path.name for path in outputs.files(wanted)]
        texts[folder / outputs.playlist(wanted).name] = playlist(timeline, names)
    with storage("writing", outputs.folder):
        write_sidecars(timeline, project.script.header, beside)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8", newline="")


@dataclass(frozen=True)
class _Package:
    """Files with sound, tags, cover and chapters, made in `folder`."""

    project: "Project"
    timeline: Timeline
    cover: bytes
    folder: Path

    def write(self, done: "Finished", files: Sequence[Path], split: bool) -> None:
        """One file with everything, or one a section."""
        from podforge.delivery.chapters import titled
        from podforge.delivery.tags import tags_of

        tags = tags_of(self.project.script.header)
        if not split:
            marks = titled(self.timeline.chapters)
            self._file(done, slice(None), files[0], tags, marks, self.timeline.length)
            return
        for number, (section, path) in enumerate(zip(self.timeline.sections, files, strict=True)):
            own = _of_chapter(tags, section, number + 1)
            self._file(done, slice(number, number + 1), path, own, (), section.length)

    def _file(
        self,
        done: "Finished",
        which: slice,
        path: Path,
        tags: "Tags",
        marks: Sequence[Mark],
        length: int,
    ) -> None:
        from podforge.delivery.tags import write_tags
        from podforge.pieces import join

        rate, staged = self.timeline.rate, self.folder / _staged(path)
        chapters = [(mark.at / rate, mark.title) for mark in marks]
        join(done.pieces[which], done.encoding, staged, done.channels, chapters)
        write_tags(staged, tags, self.cover, marks, rate, length)


def _of_chapter(tags: "Tags", section: Section, number: int) -> "Tags":
    """The tags of one chapter's file: the work is its album, the chapter its title."""
    title = section.title or f"Chapter {number}"
    return replace(tags, title=title, show=tags.title or tags.show, episode=str(number))


def _staged(path: Path) -> str:
    """What a file is called while it is made: its suffix says how, in small letters."""
    return path.stem + path.suffix.lower()


def _slug(title: str) -> str:
    """`-cold-open` of `Cold open`, in letters that every file system knows; maybe nothing."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:MOST_SLUG].strip("-")
    return f"-{words}" if words else ""
