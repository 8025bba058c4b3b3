"""The elements of a Fountain file: its title page, and what each run of lines is."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from podforge.reading import vocal
from podforge.reading.asides import EVENTS, SPOKEN, Piece, cut
from podforge.reading.ledger import Ledger
from podforge.reading.tidying import as_label

Kind = Literal[
    "action", "centered", "transition", "scene", "section", "synopsis", "rule", "dialogue"
]
_KEY = re.compile(r"([A-Za-z][\w ]{0,40}?)\s*:\s*(.*)")
_WORDS = """
title credit author authors source notes note copyright contact date revision narrator language
logline format company version draft subtitle episode series
"""
_KEYS = frozenset(_WORDS.split())  # a key of a title page has one of these words
_SCENE = re.compile(r"(?:INT|EXT|EST|I/E|INT\.?/EXT|EXT\.?/INT)(?:[. ]|$)", re.I)
_TRANSITION = re.compile(r"[A-Z0-9 .'’/-]*\bTO:|FADE (?:IN|OUT|TO BLACK)[:.]?|(?:SMASH )?CUT:")
_CUE = re.compile(r"(?P<name>[^()^]{1,80}?)\s*(?P<more>(?:\([^()]{0,60}\)\s*){0,4})\^?\s*")
_PARENS = re.compile(r"\(([^()]*)\)")
_LITTLE = re.compile(r"\b(?:Mc|Mac|De|Di|La|Le|O['’])(?=[A-Z])")  # McCLANE
_PAGE = re.compile(r"\d{1,4}\.?|\(?(?:CONTINUED|MORE|CONT['’]D)\)?:?(?:\s*\(\d+\))?|CONTINUED:.*")
_MARKS = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])|\((?P<aside>[^()\n]{1,40})\)|"
    r"(?<!\s)\*{1,3}|\*{1,3}(?!\s)|(?<![^\W_])_+|_+(?![^\W_])|^[ \t]*~",
    re.M,
)
_SPACES = re.compile(r"[^\n]")


class Line(NamedTuple):
    """A line, its number from 1; `aside` says that it stands in brackets in a speech."""

    number: int
    text: str
    aside: bool = False


class Character(NamedTuple):
    """The name above a speech, without its extensions (`(V.O.)`)."""

    name: str
    delivery: str = ""


class Element(NamedTuple):
    """A run of lines of one kind; the first line of a dialogue is its character."""

    kind: Kind
    lines: tuple[Line, ...]
    level: int = 0  # of a section
    character: Character | None = None


def lean(text: str, ledger: Ledger) -> list[str]:
    """The lines without boneyard and notes, which are counted; blanks stand in their place."""
    for opens, closes, rule in (("/*", "*/", "comment"), ("[[", "]]", "comment")):
        parts: list[str] = []
        at = 0
        while (start := text.find(opens, at)) >= 0 and (
            end := text.find(closes, start + len(opens))
        ) >= 0:
            hidden = text[start : end + len(closes)]
            ledger.add(rule, hidden)
            parts += [text[at:start], _SPACES.sub(" ", hidden)]
            at = end + len(closes)
        text = "".join([*parts, text[at:]])
    return text.split("\n")


def titled(lines: Sequence[str], ledger: Ledger) -> tuple[dict[str, str], int]:
    """The facts of the title page by their keys in small letters, and where the script begins."""
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    found = _KEY.fullmatch(lines[first].strip()) if lines else None
    if not found or not set(found[1].lower().split()) & _KEYS:
        return {}, 0
    facts: dict[str, list[str]] = {}
    key = ""
    at = first
    while at < len(lines) and lines[at].strip():
        line = lines[at]
        ledger.add("front-matter", line)
        found = None if line[0] in " \t" else _KEY.fullmatch(line.strip())
        if found:
            key = found[1].lower()
        value = found[2] if found else line
        facts.setdefault(key, []).append(_plain(value))
        at += 1
    return {key: " ".join(filter(None, values)) for key, values in facts.items()}, at


def elements(lines: Sequence[str], first: int) -> Iterator[Element]:
    """What the lines from `first` on are."""
    at = first
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        kind, level = _kind(lines, at)
        character = _character(lines, at) if kind == "action" else None
        if character:
            end = _end_of_dialogue(lines, at)
            speech = (Line(at + 1, lines[at]), *_said(lines, at + 1, end))
            yield Element("dialogue", speech, character=character)
        else:
            end = at + 1
            while kind == "action" and end < len(lines) and lines[end].strip():
                if _kind(lines, end)[0] != "action":
                    break
                end += 1
            yield Element(kind, tuple(Line(n + 1, lines[n]) for n in range(at, end)), level)
        at = end


def unmarked(text: str) -> list[Piece]:
    """The text without emphasis and escapes; sounds of the voice in brackets are events."""

    def judge(match: re.Match[str]) -> Piece:
        if match["escaped"]:
            return Piece(SPOKEN, match.group(), match["escaped"])
        if match["aside"] is not None:
            event = vocal.event(match["aside"])
            return Piece(EVENTS if event else SPOKEN, match.group(), event)
        return Piece("markup", match.group())

    return cut(text, _MARKS, judge)


def _plain(text: str) -> str:
    said = (piece.value or piece.raw for piece in unmarked(text) if piece.rule == SPOKEN)
    return " ".join("".join(said).split())


def _kind(lines: Sequence[str], at: int) -> tuple[Kind, int]:
    """The kind of a line, and the level of a section."""
    text = lines[at].strip()
    opens = at == 0 or not lines[at - 1].strip()
    if len(text) >= 3 and not text.strip("="):
        return "rule", 0
    if text[0] == "=":
        return "synopsis", 0
    if text[0] == "#" and (level := len(text) - len(text.lstrip("#"))) <= 6:
        return "section", level
    if text[0] == "." and text[1:2].isalnum():
        return "scene", 0
    if text[0] == ">":
        return ("centered" if text[-1] == "<" else "transition"), 0
    if opens and _SCENE.match(text):
        return "scene", 0
    closes = at + 1 == len(lines) or not lines[at + 1].strip()
    if opens and closes and _TRANSITION.fullmatch(text.strip("*_ ")):
        return "transition", 0
    return "action", 0


def _character(lines: Sequence[str], at: int) -> Character | None:
    """The name that a line is: in capitals or behind `@`, a blank line above, text below."""
    text = lines[at].strip()
    forced = text[0] == "@"
    if text[0] in "!~(" or at + 1 == len(lines) or not lines[at + 1].strip():
        return None
    if at and lines[at - 1].strip() and not forced:
        return None
    found = _CUE.fullmatch(_plain(text.lstrip("@")))
    if not found or not (name := as_label(found["name"])):
        return None
    letters = _LITTLE.sub("", found["name"])
    if not forced and (not letters.isupper() or letters[-1] in ":!?…,;" or letters.endswith("--")):
        return None
    if not forced and (_PAGE.fullmatch(letters) or letters.endswith("...")):
        return None
    inside = [part.strip() for part in _PARENS.findall(found["more"])]
    manners = [part for part in inside if part.islower() and vocal.is_delivery(part)]
    delivery = next((part for part in manners if not part.startswith("cont")), "")
    return Character(name, delivery)


def _end_of_dialogue(lines: Sequence[str], at: int) -> int:
    """The line behind a speech: the first one that is empty; two blanks keep a speech going."""
    end = at + 1
    while end < len(lines) and (lines[end].strip() or lines[end].startswith("  ")):
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    return end


def _said(lines: Sequence[str], start: int, end: int) -> Iterator[Line]:
    """The lines of a speech; a bracket over several lines is one."""
    held = ""
    number = start + 1
    for at in range(start, end):
        text = lines[at].strip()
        if not text:
            continue
        number = number if held else at + 1
        held = f"{held} {text}" if held else text
        if held[0] == "(" and ")" not in held and at + 1 < end and len(held) < 300:
            continue
        whole = held[0] == "(" and held[-1] == ")" and held.count("(") == 1
        yield Line(number, held, whole)
        held = ""
    if held:
        yield Line(number, held)
