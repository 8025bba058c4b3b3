"""The text files that lie beside an episode."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from podforge.delivery.captions import captions
from podforge.delivery.chapters import chapters_json
from podforge.delivery.transcripts import JSON, SUBRIP, WEBVTT, write
from podforge.plain import plain
from podforge.script import Header
from podforge.timeline import Timeline

TRANSCRIPTS = {".vtt": WEBVTT, ".srt": SUBRIP, ".transcript.json": JSON}


def write_sidecars(timeline: Timeline, header: Header, beside: Callable[[str], Path]) -> None:
    """Write transcripts and chapters, each where `beside` has the file of its suffix.

    Raises `OSError`.
    """
    with ExitStack() as files:
        opened = {
            kind: files.enter_context(beside(suffix).open("w", encoding="utf-8", newline=""))
            for suffix, kind in TRANSCRIPTS.items()
        }
        write(captions(timeline), opened)
    chapters = chapters_json(timeline, header)
    beside(".chapters.json").write_text(chapters, encoding="utf-8", newline="")


def playlist(timeline: Timeline, names: Sequence[str]) -> str:
    """An extended M3U of the files of the sections, in the same folder."""
    lines = ["#EXTM3U", "#EXTENC:UTF-8"]
    for section, name in zip(timeline.sections, names, strict=True):
        entry = f"./{name}" if name.startswith("#") else name  # else it would be a comment
        lines += [f"#EXTINF:{round(section.length / timeline.rate)},{plain(section.title)}", entry]
    return "\n".join(lines) + "\n"
