"""Titles of chapters: what the contents call them, and what stands above them in the text."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from podforge.reading.epub.blocks import Block
from podforge.reading.epub.navigation import Entry

_WORDS = re.compile(r"\w+")
_LONGEST_TITLE = 25  # words


def mark_headings(documents: Sequence[Sequence[Block]], title: str) -> None:
    """Mark chapters by the headings, for a book whose contents say nothing.

    First- and second-level headings begin chapters.  A lone first-level one is the title, and
    second-level ones that only ever stand right below the first are subtitles.
    """
    blocks = [block for document in documents for block in document if not block.part]
    headings = [block for block in blocks if block.kind == "heading"]
    top = [block for block in headings if block.level == 1]
    second = [block for block in headings if block.level == 2]
    lone = len(top) == 1 and (bool(second) or _letters(top[0].text) == _letters(title))
    below = [
        b for a, b in pairwise(blocks) if a.kind == "heading" and a.level == 1 and b.level == 2
    ]
    deepest = 1 if len(below) == len(second) and not lone else 2
    for block in headings:
        if block.level <= deepest and not (lone and block.level == 1):
            block.marks = [Entry(block.text, "", "")]


def unmark(documents: Sequence[Sequence[Block]]) -> None:
    """Forget every mark."""
    for blocks in documents:
        for block in blocks:
            block.marks = []


def titled(entries: Sequence[Entry], headings: Sequence[str]) -> list[tuple[str, bool]]:
    """What is heard where entries of the contents meet headings, and whether it is a chapter.

    One entry takes all the headings; of several each takes those from the one it names.
    """
    headings = [heading for heading in headings if _letters(heading)]
    if not entries:
        return [(heading, False) for heading in headings]
    starts = _starts(entries, headings) if len(entries) > 1 else []
    if not starts:
        return _chapter(entries[-1], headings)
    stops = [*(start for _, start in starts[1:]), len(headings)]
    told = [(heading, False) for heading in headings[: starts[0][1]]]
    for (entry, start), stop in zip(starts, stops, strict=True):
        told += _chapter(entry, headings[start:stop])
    return told


def repeats(title: str, texts: Iterable[str]) -> bool:
    """Whether paragraphs below a title without a heading are that title, or its beginning."""
    said = "".join(map(_letters, texts))
    return bool(said) and _letters(title).startswith(said)


def _starts(entries: Sequence[Entry], headings: Sequence[str]) -> list[tuple[Entry, int]]:
    found: list[tuple[Entry, int]] = []
    at = 0
    for entry in entries:
        for number in range(at, len(headings)):
            if _within(headings[number], entry.title) or _within(entry.title, headings[number]):
                found.append((entry, number))
                at = number + 1
                break
    return found


def _chapter(entry: Entry, headings: Sequence[str]) -> list[tuple[str, bool]]:
    """A chapter with all its headings in the title, or when they are long with the first.

    The title is as the contents have it when that holds all of them.
    """
    own = ""
    for heading in headings:
        own += (" " if own[-1:] in tuple(".:;!?—–") else ": ") * bool(own) + heading
    rest: Sequence[str] = ()
    if len(headings) > 1 and len(own.split()) > _LONGEST_TITLE:
        own, rest = headings[0], headings[1:]
    said = " ".join(entry.title.split())
    title = said if not own or (_letters(said) and _within(own, said)) else own
    return [(title, True), *((heading, False) for heading in rest)]


def _within(inner: str, outer: str) -> bool:
    """Whether the words of one text stand together in another."""
    few, many = (_WORDS.findall(text.casefold()) for text in (inner, outer))
    if not few:
        return False
    return any(many[at : at + len(few)] == few for at in range(len(many) - len(few) + 1))


def _letters(text: str) -> str:
    return "".join(_WORDS.findall(text.casefold()))
