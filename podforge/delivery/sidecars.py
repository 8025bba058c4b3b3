"""The text files that lie beside an episode."""

from collections.abc import Mapping, Sequence

from podforge.delivery.captions import captions
from podforge.delivery.chapters import chapters_json
from podforge.delivery.transcripts import srt, transcript_json, webvtt
from podforge.plain import plain
from podforge.script import Header
from podforge.timeline import Timeline


def sidecars(timeline: Timeline, header: Header) -> Mapping[str, str]:
    """Suffix of the file to its text: transcripts and chapters."""
    found = captions(timeline)
    return {
        ".vtt": webvtt(found),
        ".srt": srt(found),
        ".transcript.json": transcript_json(found),
        ".chapters.json": chapters_json(timeline, header),
    }


def playlist(timeline: Timeline, names: Sequence[str]) -> str:
    """An extended M3U of the files of the sections, in the same folder."""
    lines = ["#EXTM3U", "#EXTENC:UTF-8"]
    for section, name in zip(timeline.sections, names, strict=True):
        entry = f"./{name}" if name.startswith("#") else name  # else it would be a comment
        lines += [f"#EXTINF:{round(section.length / timeline.rate)},{plain(section.title)}", entry]
    return "\n".join(lines) + "\n"
