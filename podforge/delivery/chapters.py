"""Podcasting 2.0 chapters (`application/json+chapters`, version 1.2.0)."""

import json
from collections.abc import Sequence
from dataclasses import replace

from podforge.plain import plain
from podforge.script import Header
from podforge.timeline import Mark, Timeline
from podforge.units import rescale

CHAPTERS_VERSION = "1.2.0"


def titled(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """The marks with titles that can be shown; one without a title gets its number."""
    return tuple(
        replace(mark, title=plain(mark.title) or f"Chapter {number}")
        for number, mark in enumerate(marks, start=1)
    )


def chapters_json(timeline: Timeline, header: Header) -> str:
    """The chapters file: start times in seconds, exact to the millisecond."""
    about = {"title": plain(header.title), "podcastName": plain(header.show)}
    chapters = [
        {"startTime": rescale(mark.at, timeline.rate, 1000) / 1000, "title": mark.title}
        for mark in titled(timeline.chapters)
    ]
    value = {
        "version": CHAPTERS_VERSION,
        **{key: text for key, text in about.items() if text},
        "chapters": chapters,
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
