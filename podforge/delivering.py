"""From mastered audio to the files people take away: chapters, tags, transcripts, report."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from podforge.delivery.report import Report
from podforge.errors import StorageError, storage
from podforge.project import Project
from podforge.timeline import Timeline

if TYPE_CHECKING:
    from podforge.finishing import Finished

DEFAULT_FORMATS = ("mp3",)
SIDECARS = (".vtt", ".srt", ".transcript.json", ".chapters.json", ".report.json")


@dataclass(frozen=True)
class Outputs:
    """Where an episode goes: one file a format, and what lies beside them, all `stem.*`."""

    folder: Path
    stem: str
    formats: tuple[str, ...]  # names of `encodings`; the suffix, too; empty: as the script says

    def in_formats(self, wanted: tuple[str, ...]) -> "Outputs":
        """These outputs, in the formats that the script wants if the command named none."""
        return self if self.formats else replace(self, formats=wanted or DEFAULT_FORMATS)

    def path(self, name: str) -> Path:
        """The audio file of a format."""
        return self.beside(f".{name}")

    def beside(self, suffix: str) -> Path:
        """A file of the episode."""
        return self.folder / (self.stem + suffix)

    def audio(self) -> tuple[Path, ...]:
        """All audio files."""
        return tuple(self.path(name) for name in self.formats)

    def everything(self) -> tuple[Path, ...]:
        """Every file of the episode."""
        return self.audio() + tuple(self.beside(suffix) for suffix in SIDECARS)


def deliver(
    project: Project,
    timeline: Timeline,
    finished: Mapping[str, "Finished"],
    report: Report,
    cover: bytes,
    outputs: Outputs,
) -> None:
    """Write all files of an episode; each one appears whole, the audio last."""
    from podforge.delivery.report import report_json
    from podforge.delivery.sidecars import sidecars
    from podforge.delivery.writing import publish, staging

    texts = {**sidecars(timeline, project.script.header), ".report.json": report_json(report)}
    for path in outputs.everything():
        if path.is_dir():
            raise StorageError(f"{path} is a folder", hint="the file of that name goes there")
    with staging(outputs.folder) as folder:
        for suffix, text in texts.items():
            path = folder / (outputs.stem + suffix)
            with storage("writing", outputs.beside(suffix)):
                path.write_text(text, encoding="utf-8", newline="")
        _package(project, timeline, finished, cover, outputs, folder)
        for suffix in [*texts, *(f".{name}" for name in finished)]:
            publish(folder / (outputs.stem + suffix), outputs.beside(suffix))


def _package(
    project: Project,
    timeline: Timeline,
    finished: Mapping[str, "Finished"],
    cover: bytes,
    outputs: Outputs,
    folder: Path,
) -> None:
    """Give each mastered file its chapters, tags and cover."""
    from podforge.delivery.chapters import titled
    from podforge.delivery.tags import tags_of, write_tags
    from podforge.media import remux_with_chapters

    tags, chapters = tags_of(project.script.header), titled(timeline.chapters)
    for name, done in finished.items():
        path = folder / outputs.path(name).name
        if name == "m4b" and chapters:
            marks = [(mark.at / timeline.rate, mark.title) for mark in chapters]
            remux_with_chapters(done.path, marks, timeline.seconds, path)
        else:
            with storage("writing", outputs.path(name)):
                shutil.copyfile(done.path, path)
        write_tags(path, tags, cover, chapters, timeline.rate, timeline.length)
