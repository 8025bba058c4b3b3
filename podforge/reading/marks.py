"""Marks in a working text: what was removed, escaped, or stands for something else.

Every step of reading a paragraph replaces what it removes by as many `VOID` characters, so that
an offset in the working text is one in the raw text until `finish`.  A few more private-use
characters stand for escaped punctuation, vocal events, readings, and cuts; the input's own
private-use characters are dropped.
"""

import html
import re
from collections.abc import Callable
from typing import NamedTuple

from podforge.script import Spoken, replaced

VOID = "\ue0ff"
_ESCAPED = 0xE000  # plus the code of an ASCII character
EVENT, SAY, SAID = "\ue100", "\ue101", "\ue102"
_MARKS = re.compile(f"([{EVENT}{SAY}{SAID}])")
PRIVATE = re.compile("[\ue000-\uf8ff]")
CUT = "\ue103"  # the text is parted here: a pause or a cue follows
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_CODE = re.compile(r"(?<!`)(`{1,4})(?!`)([^`]+)\1(?!`)")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,31});")


class Finished(NamedTuple):
    """Text without marks, the events in it, and its reading if it has another one."""

    text: str
    events: tuple[tuple[int, str], ...]
    spoken: Spoken | None


def protected(raw: str) -> str:
    """Escapes and code made safe from the other rules; escaped brackets count as brackets."""
    text = PRIVATE.sub(VOID, raw)
    if "\\" in text:
        text = _ESCAPE.sub(lambda m: VOID + (m[1] if m[1] in "[]" else _escape(m[1])), text)
    if "`" in text:
        text = _CODE.sub(lambda m: VOID * len(m[1]) + _escape(m[2]) + VOID * len(m[1]), text)
        text = text.replace("`", VOID)
    return text


def _escape(text: str) -> str:
    return "".join(
        chr(_ESCAPED + ord(c)) if "!" <= c <= "~" and not c.isalnum() else c for c in text
    )


def unescape(text: str) -> str:
    """The text with its escaped punctuation back, and no other marks."""
    return PRIVATE.sub(
        lambda m: chr(ord(m.group()) - _ESCAPED) if ord(m.group()) < _ESCAPED + 128 else "", text
    )


def void(match: re.Match[str]) -> str:
    """A replacement that removes the match."""
    return VOID * len(match.group())


def keep(group: int) -> Callable[[re.Match[str]], str]:
    """A replacement that keeps one group where it is and voids the rest of the match."""

    def replace(match: re.Match[str]) -> str:
        before = match.start(group) - match.start()
        return VOID * before + match[group] + VOID * (match.end() - match.end(group))

    return replace


def cut(match: re.Match[str]) -> str:
    """A replacement that removes the match and parts the text there."""
    return CUT + VOID * (len(match.group()) - 1)


def finish(piece: str, events: list[str], says: list[str]) -> Finished:
    """The text between two cuts, with what its marks stand for: `events` and `says` in order."""
    text = piece.replace(VOID, "")
    if "&" in text:
        text = _ENTITY.sub(lambda m: PRIVATE.sub("", html.unescape(m.group())), text)
    if EVENT not in text and SAY not in text:
        return Finished(" ".join(unescape(text).split()), (), None)
    return _placed(text, events, says)


def _placed(text: str, events: list[str], says: list[str]) -> Finished:
    """Text with its marks resolved to positions; half a reading, cut by a pause, is none."""
    result = ""
    gap = False  # a space is due before the next word
    found: list[tuple[int, str]] = []
    readings: list[tuple[int, int, str]] = []
    begun = -1
    event, say = iter(events), iter(says)
    saying = ""
    for run in _MARKS.split(text):
        here = len(result) + (gap and bool(result))
        if run == EVENT:
            found.append((here, next(event)))
        elif run == SAY:
            begun, saying = here, next(say)
        elif run == SAID:
            if 0 <= begun < len(result):
                readings.append((begun, len(result), saying))
            begun = -1
        elif run:
            words = " ".join(unescape(run).split())
            gap = gap or run[0].isspace()
            if words:
                result += f" {words}" if gap and result else words
                gap = run[-1].isspace()
    where = tuple((min(at, len(result)), name) for at, name in found)
    return Finished(result, where, _spoken(result, readings))


def _spoken(text: str, readings: list[tuple[int, int, str]]) -> Spoken | None:
    return replaced(text, readings) if readings else None
