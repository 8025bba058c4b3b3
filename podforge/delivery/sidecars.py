"""The text files that lie beside an episode."""

from collections.abc import Mapping

from podforge.delivery.captions import captions
from podforge.delivery.chapters import chapters_json
from podforge.delivery.transcripts import srt, transcript_json, webvtt
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
