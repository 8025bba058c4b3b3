"""The cues of a caption file: WebVTT (https://www.w3.org/TR/webvtt1/, section 4) and SubRip.

One reader for both, as real files mix them: commas and points in times, numbers or none, blank
lines that hold spaces, and captions with a blank line inside.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from podforge.reading.ledger import Ledger

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-{{1,2}}>\s*{_TIME}(?:\s.*)?")
_COMMENT = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s.*)?")
_LANGUAGE = re.compile(r"Language:\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\s*", re.I)


@dataclass(frozen=True)
class CueText:
    """A caption: when it is shown, in seconds, and its lines with their numbers from 1."""

    start: float
    end: float
    lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class CueFile:
    """The captions of a file, and the language that its header names."""

    cues: tuple[CueText, ...]
    language: str = ""
    strays: tuple[int, ...] = ()  # numbers of lines that belong to no cue


def read_cues(text: str, ledger: Ledger) -> CueFile:
    """The cues in order; all that is not a caption's text is counted in the ledger."""
    lines = text.split("\n")
    vtt = lines[0].startswith("WEBVTT")
    timings = [
        (at, found) for at, line in enumerate(lines) if "->" in line and (found := _timing(line))
    ]
    starts = [_begins(lines, at) for at, _ in timings]
    language = _preamble(lines[: starts[0] if starts else len(lines)], ledger)
    cues: list[CueText] = []
    strays: list[int] = []
    for (at, (start, end)), begins, stops in zip(
        timings, starts, (*starts[1:], len(lines)), strict=False
    ):
        for line in lines[begins : at + 1]:
            ledger.add("timestamp", line)
        payload: list[tuple[int, str]] = []
        for number, rule in _payload(lines, at + 1, stops, vtt):
            if rule == "text":
                payload.append((number, lines[number - 1]))
                continue
            ledger.add(rule, lines[number - 1])
            strays += [number] if rule == "stray" else []
        cues.append(CueText(start, end, tuple(payload)))
    return CueFile(tuple(cues), language, tuple(strays))


def _timing(line: str) -> tuple[float, float] | None:
    found = _TIMING.fullmatch(line)
    if not found:
        return None
    numbers = found.groups()
    return _seconds(numbers[:4]), _seconds(numbers[4:8])


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")


def _begins(lines: Sequence[str], timing: int) -> int:
    """The line where a cue begins: that of its identifier, which stands after a blank line."""
    before = timing - 1
    if before < 0 or not lines[before].strip() or "-->" in lines[before]:
        return timing
    apart = before == 0 or not lines[before - 1].strip()
    header = before == 0 and lines[0].startswith("WEBVTT")
    return before if (apart or lines[before].strip().isdigit()) and not header else timing


def _preamble(lines: Sequence[str], ledger: Ledger) -> str:
    """Counts what stands before the first cue; the language it names, if any."""
    language = ""
    comment = False
    for line in lines:
        comment = bool(line.strip()) and (comment or bool(_COMMENT.fullmatch(line)))
        ledger.add("comment" if comment else "front-matter", line)
        if not comment and (found := _LANGUAGE.fullmatch(line)):
            language = found[1]
    return language


def _payload(lines: Sequence[str], first: int, stops: int, vtt: bool) -> Iterator[tuple[int, str]]:
    """The lines of a cue by number, each as text, comment, or stray.

    In WebVTT a cue ends at an empty line; SubRip captions go on up to the next cue.
    """
    rule = "text"
    for at in range(first, stops):
        line = lines[at]
        if not line.strip():
            if rule == "comment":
                rule = "stray" if vtt else "text"
            elif vtt and not line:
                rule = "stray"
            continue
        if not lines[at - 1].strip() and _COMMENT.fullmatch(line) and (vtt or rule == "comment"):
            rule = "comment"
        yield at + 1, rule
