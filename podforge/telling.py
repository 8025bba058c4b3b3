"""Events as text: a JSON line for programs, a sentence for people."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import PurePath

from podforge.errors import Place
from podforge.events import (
    EVENTS_VERSION,
    Erred,
    Event,
    FetchDone,
    FetchFailed,
    FetchStarted,
    JobFailed,
    JobWaiting,
    Planned,
    RenderDone,
    RenderStarted,
    Warned,
)
from podforge.progress import in_bytes
from podforge.units import clock


def stamp(now: datetime | None = None) -> str:
    """`2026-03-01T22:04:05.678Z`: the time in UTC, as RFC 3339 section 5.6 writes it."""
    return f"{(now or datetime.now(UTC)).astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def json_line(event: Event) -> str:
    """An event as one line of JSON (docs/events.md).

    ASCII: right in any encoding, and nothing in it moves a terminal.
    """
    envelope = {"v": EVENTS_VERSION, "time": stamp(), "event": type(event).__name__}
    return json.dumps(envelope | asdict(event))


def error_sentence(error: Erred) -> str:
    """An error for people; one in an input as `FILE:LINE:COL: error: TEXT`, for editors."""
    hint = f" ({error.hint})" if error.hint else ""
    place = f"{Place(error.file, error.line, error.column)}: " if error.file else ""
    if error.code == "InputError" and place:
        return f"{place}error: {error.text}{hint}"
    return f"podforge: error: {place}{error.text}{hint}"


def sentence(event: Event) -> str:
    """What an event says to a person; empty for those that only move a bar."""
    match event:
        case RenderStarted(script):
            return script
        case FetchStarted() | FetchDone() | FetchFailed():
            return _fetching(event)
        case Planned(jobs, new, seconds, _, paid):
            speak = f"{new} to speak" if new else "all spoken already"
            speak += f", {paid} characters to be paid" if paid else ""
            return f"  {jobs} job{'s' * (jobs != 1)}, {speak}, about {clock(seconds)} of audio"
        case JobWaiting(_, place):
            return f"  {place}: waiting for another podforge that is speaking this"
        case JobFailed(_, place, reason) if reason != "stopped":
            return f"  {place}: failed: {reason}"
        case Warned(place, text):
            return f"  {place}: warning: {text}" if place else f"  warning: {text}"
        case Erred():
            return error_sentence(event)
        case RenderDone(_, outputs, seconds, unchanged):
            return _made(outputs, "unchanged" if unchanged else clock(seconds))
    return ""


def _made(outputs: Sequence[str], state: str) -> str:
    """Each file and its length, or that of all files where a format is a file a chapter."""
    if len({PurePath(path).suffix for path in outputs}) == len(outputs):
        return "\n".join(f"  {path}  {state}" for path in outputs)
    return "\n".join([*(f"  {path}" for path in outputs), f"  {len(outputs)} files  {state}"])


def _fetching(event: FetchStarted | FetchDone | FetchFailed) -> str:
    match event:
        case FetchStarted(what, size):
            return f"  downloading {what}" + (f": {in_bytes(size)}" if size else "")
        case FetchDone(what):
            return f"  downloaded {what}"
        case FetchFailed(what):
            return f"  {what} did not come whole; the next try goes on from here"
