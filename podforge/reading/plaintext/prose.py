"""A book in plain text: its chapters and paragraphs, read by a narrator."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from podforge.reading.asides import told
from podforge.reading.findings import Findings
from podforge.reading.ledger import Ledger
from podforge.reading.plaintext.gutenberg import Edition, is_credit
from podforge.reading.plaintext.headings import (
    ORNAMENTS,
    PART,
    Heading,
    contents,
    headings,
    is_prose,
)
from podforge.reading.plaintext.lines import Paragraph, is_rule, joined, shown, unmarked
from podforge.script import Chapter, Header, Item, SceneBreak, Script, Speech
from podforge.sentences import ends_sentence

NARRATOR = "Narrator"
_NOTES = re.compile(r"\W*(?:foot|end)?notes?\W*|\W*transcriber['’]?s? notes?\b.*", re.I)
_NOTE = re.compile(r"\s*\[(?:\d{1,4}|[A-Z*])\]\s")
_NUMBERED = re.compile(r"\s*(?:[\[({]?(?:\d{1,4}|[A-Za-z])[\])}.:]+|[*†‡§¶]+|\[[*†‡§¶]+\])\s*\S")
_EDITOR = re.compile(r"\W*transcriber", re.I)
_BY = re.compile(r"\W*(?:written )?by\W+(\w.{1,80}?)\W*", re.I)
_STOPS = ".!?…。！？"
_FRONT = "front-matter"
_LEFT_OUT = {"footnote": "footnotes", "contents": "contents"}
_LONGEST = 120  # characters of a title
_FAR = 3  # blank lines that end a section of notes
_MOST_FRONT = 40  # paragraphs before the first that is prose


@dataclass(frozen=True)
class _Parts:
    """The paragraphs of a book by what they are."""

    heads: Mapping[int, Heading]
    rules: Mapping[int, str]  # those that are not spoken, each with its rule


def read_book(
    found: Sequence[Paragraph], edition: Edition, findings: Findings, ledger: Ledger
) -> Script:
    """The book as a narrator reads it."""
    parts = _parts(found, edition.licensed)
    title, author = _title_page(found, parts)
    front = [found[at] for at in sorted(parts.rules) if parts.rules[at] == _FRONT]
    words = sum(len(one.text.split()) for one in front)
    if words and not edition.licensed:
        place = findings.place(front[0].number, 1)
        findings.warning(place, f"the title page is not spoken: {words} words")
    for rule, name in _LEFT_OUT.items():
        silent = [found[at] for at in sorted(parts.rules) if parts.rules[at] == rule]
        if silent:
            words = sum(len(one.text.split()) for one in silent)
            place = findings.place(silent[0].number, 1)
            findings.warning(place, f"left out: {name} ({words} words)")
    header = Header(
        title=edition.title or title,
        author=edition.author or author,
        language=edition.language or "en",
        mode="audiobook",
        narrator=NARRATOR,
        closed=True,
        deals=True,
    )
    items = tuple(_items(found, parts, findings, ledger))
    return Script(findings.file, header, items)


def _items(
    found: Sequence[Paragraph], parts: _Parts, findings: Findings, ledger: Ledger
) -> Iterator[Item]:
    lowest = min((head.level for head in parts.heads.values() if head.level > PART), default=PART)
    above: list[str] = []  # titles of parts, which go in front of that of their first chapter
    title_until = -1
    for at, one in enumerate(found):
        place = findings.place(one.number, 1)
        text = joined(one.lines)
        if at < title_until:
            continue
        if at in parts.rules:
            ledger.add(parts.rules[at], text)
            if parts.rules[at] == "scene":
                yield SceneBreak(place)
        elif head := parts.heads.get(at):
            title_until = at + head.size
            held = found[at:title_until]
            for paragraph in held:
                ledger.add("heading", joined(paragraph.lines))
            above.append(_title(held))
            if title_until in parts.heads and parts.heads[title_until].level > head.level:
                continue
            name, above = _one_title(above), []
            if head.level > lowest:
                yield SceneBreak(place)
            else:
                yield Chapter(name, place)
            yield Speech((NARRATOR,), name, place)
        else:
            said = told(unmarked(text), ledger)
            if said.text:
                yield Speech((NARRATOR,), said.text, place, events=said.events)


def _title(held: Sequence[Paragraph]) -> str:
    lines = [line for one in held for line in one.lines if not is_rule(line)]
    return _one_title([shown(line).lstrip("#").strip(ORNAMENTS) for line in lines])


def _one_title(parts: Sequence[str]) -> str:
    """Titles on one line, a full stop between a number and the name below it."""
    said = ""
    for part in filter(None, parts):
        number = said and (said[-1].isalnum() and _is_number_line(said))
        said += (". " if number else " " if said else "") + part
    return said


def _is_number_line(said: str) -> bool:
    return len(said.split()) <= 4


def _parts(found: Sequence[Paragraph], licensed: bool) -> _Parts:
    heads = headings(found)
    rules = dict.fromkeys(contents(found, heads), "contents")
    titles = {at + more for at, head in heads.items() for more in range(1, head.size)}
    notes = _notes(found, heads)
    for at, one in enumerate(found):
        text = one.text[:_LONGEST]
        if at in heads or at in rules or at in titles:
            continue
        if at in notes or _NOTE.match(one.lines[0]):
            rules[at] = "footnote"
        elif is_rule(text):
            rules[at] = "scene"
        elif len(one.text) < 600 and is_credit(text) and _near_an_end(at, len(found)):
            rules[at] = _FRONT
    first = min(heads, default=len(found))
    for at in range(min(first, _MOST_FRONT)):
        sentence = _is_sentence(found[at]) and not (heads and licensed)
        if at not in rules and (sentence or is_prose(found[at])):
            first = at
            break
    if first < len(found):
        for at in range(min(first, len(found))):
            rules.setdefault(at, _FRONT)
    return _Parts(heads, rules)


def _notes(found: Sequence[Paragraph], heads: Mapping[int, Heading]) -> set[int]:
    """The sections of notes: below a title `Notes` from the first numbered one to the last."""
    notes: set[int] = set()
    at = 0
    while at < len(found):
        if at in heads or not _NOTES.fullmatch(found[at].text[:_LONGEST]):
            at += 1
            continue
        end = at + 1
        while end < len(found) and end not in heads and found[end].gap < _FAR:
            end += 1
        below = range(at + 1, end)
        numbered = [one for one in below if _NUMBERED.match(found[one].lines[0])]
        if _EDITOR.match(found[at].text):
            notes.update(range(at, end))
        elif numbered and numbered[0] == at + 1:
            notes.update(range(at, numbered[-1] + 1))
        at = end
    return notes


def _is_sentence(one: Paragraph) -> bool:
    """Whether a short paragraph is said and no line of a title page."""
    words = one.text.split()
    small = sum(word.islower() for word in words)
    text = shown(one.text)
    stop = max(map(text.rfind, _STOPS))
    ends = stop >= 0 and ends_sentence(text, stop)
    return ends and small >= min(2, len(words) - 1) and len(words) > 1


def _near_an_end(at: int, count: int) -> bool:
    return at < 12 or at >= count - 12


def _title_page(found: Sequence[Paragraph], parts: _Parts) -> tuple[str, str]:
    """The title and the author that a text without a header begins with."""
    front = [shown(found[at].text) for at in sorted(parts.rules) if parts.rules[at] == _FRONT]
    # `BY` may stand alone, and the name in the next paragraph.
    named = (
        f"{one} {after}" if one.lower() == "by" else one for one, after in pairwise((*front, ""))
    )
    author = next((by[1] for text in named if (by := _BY.fullmatch(text[:_LONGEST]))), "")
    title = next((text for text in front if text and not _BY.fullmatch(text)), "")
    return (title if len(title) <= _LONGEST else ""), author
