"""Marks in a working text: what was removed, escaped, or stands for something else.

Every step of reading a paragraph replaces what it removes by as many `VOID` characters of its
rule, so that an offset in the working text is one in the raw text until `finish`, and the text at
the end says what became of each character (`painted`).  More private-use characters stand for
escaped punctuation, vocal events, readings, and cuts; the input's own are dropped.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from podforge.reading.ledger import NUMBER, RULES
from podforge.script import Spoken, replaced

_ESCAPED = 0xE000  # plus the code of an ASCII character
EVENT, SAY, SAID = "\ue100", "\ue101", "\ue102"
_MARKS = re.compile(f"([{EVENT}{SAY}{SAID}])")
PRIVATE = re.compile("[\ue000-\uf8ff]")
_REMOVING = {rule: number for rule, number in NUMBER.items() if rule not in ("", "spoken")}
# Of a character that a rule removed: nothing, a space, or a place where the text is parted.
VOID: Mapping[str, str] = {rule: chr(0xE200 + number) for rule, number in _REMOVING.items()}
_GAP: Mapping[str, str] = {rule: chr(0xE300 + number) for rule, number in _REMOVING.items()}
_CUT: Mapping[str, str] = {rule: chr(0xE400 + number) for rule, number in _REMOVING.items()}
VOIDS, GAPS, CUTS = "\ue200-\ue2ff", "\ue300-\ue3ff", "\ue400-\ue4ff"  # for classes of `re`
_VOIDS, _GAPS = re.compile(f"[{VOIDS}]+"), re.compile(f"[{GAPS}]")
_FOREIGN = re.compile(f"[\ue000-\uf8ff](?<![{''.join(VOID.values())}])")
_REMOVED = re.compile("([\ue100-\ue4ff])\\1*")
_SAME = re.compile(rb"(.)\1*", re.S)
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
    mark = VOID["markup"]
    text = without_foreign(raw)
    if "\\" in text:
        text = _ESCAPE.sub(lambda m: mark + (m[1] if m[1] in "[]" else _escape(m[1])), text)
    if "`" in text:
        text = _CODE.sub(lambda m: mark * len(m[1]) + _escape(m[2]) + mark * len(m[1]), text)
        text = text.replace("`", mark)
    if "&" in text:
        text = _ENTITY.sub(_decoded, text)
    return text


def without_foreign(raw: str) -> str:
    """The text without private-use characters of its own."""
    return _FOREIGN.sub(VOID["private use"], raw) if marked(raw) else raw


def _decoded(match: re.Match[str]) -> str:
    """What an entity stands for, at its `&`; an unknown one stays text."""
    text = html.unescape(match.group())
    if text == match.group():
        return text
    text = "".join(_GAP["entity"] if c.isspace() else c for c in _escape(PRIVATE.sub("", text)))
    return text + VOID["entity"] * (len(match.group()) - len(text))


def _escape(text: str) -> str:
    return "".join(
        chr(_ESCAPED + ord(c)) if "!" <= c <= "~" and not c.isalnum() else c for c in text
    )


def unescape(text: str) -> str:
    """The text with its escaped punctuation back, and no other marks."""
    return PRIVATE.sub(
        lambda m: chr(ord(m.group()) - _ESCAPED) if ord(m.group()) < _ESCAPED + 128 else "",
        _GAPS.sub(" ", text),
    )


Replace = Callable[[re.Match[str]], str]


@cache
def void(rule: str) -> Replace:
    """A replacement that removes the match."""
    return lambda match: VOID[rule] * len(match.group())


@cache
def keep(group: int, rule: str) -> Replace:
    """A replacement that keeps one group where it is and voids the rest of the match."""

    def replace(match: re.Match[str]) -> str:
        before, after = match.start(group) - match.start(), match.end() - match.end(group)
        return VOID[rule] * before + match[group] + VOID[rule] * after

    return replace


@cache
def gap(rule: str) -> Replace:
    """A replacement that leaves a space for the match."""
    return lambda match: _GAP[rule] + VOID[rule] * (len(match.group()) - 1)


@cache
def cut(rule: str) -> Replace:
    """A replacement that removes the match and parts the text there."""
    return lambda match: _CUT[rule] + VOID[rule] * (len(match.group()) - 1)


def blank(character: str) -> bool:
    """Whether a character of a working text is a space in the end."""
    return character.isspace() or bool(_GAPS.match(character))


def bare(text: str) -> str:
    """The text without what was removed from it."""
    return _VOIDS.sub("", text)


def marked(work: str) -> bool:
    """Whether a working text is not all text."""
    return not work.isascii() and bool(PRIVATE.search(work))


def painted(work: str, spoken: str) -> bytes:
    """The number of the rule of each character; `spoken` is the rule of what is left."""
    rules = bytearray((NUMBER[spoken],)) * len(work)
    for run in _REMOVED.finditer(work):
        start, end = run.span()
        rules[start:end] = bytes((_rule(run[1]),)) * (end - start)
    return bytes(rules)


def shares(raw: str, work: str, spoken: str) -> Iterator[tuple[str, str]]:
    """The raw text of a finished working text, cut where the rule changes, with each rule."""
    rules = painted(work, spoken)
    for run in _SAME.finditer(rules):
        yield RULES[run[1][0]], raw[run.start() : run.end()]


def _rule(mark: str) -> int:
    if mark >= "\ue200":
        return ord(mark) & 0xFF
    return NUMBER["event" if mark == EVENT else "markup"]


def finish(piece: str, events: list[str], says: list[str]) -> Finished:
    """The text between two cuts, with what its marks stand for: `events` and `says` in order."""
    text = _GAPS.sub(" ", bare(piece)) if marked(piece) else piece
    if EVENT not in text and SAY not in text:
        text = unescape(text) if marked(text) else text
        return Finished(" ".join(text.split()), (), None)
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
