"""Plain text of books: its paragraphs, and the marks that take the place of type."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from podforge.reading.asides import SPOKEN, Piece, cut
from podforge.reading.ledger import Ledger

_NOTE = re.compile(
    r"\[\s*_*(?:illustration|footnote|transcriber|sidenote|frontispiece|blank page|decoration|"
    r"editor'?’?s? note|music|image|cover)\b",
    re.I,
)
_HYPHEN = re.compile(r"(?<=[^\W\d_]-)\n[ \t]*(?=[a-z])")  # `to-` and `day` are `to-day`
_FLOWING = 120  # characters a line has on average where each is a paragraph
_SOLID = 8  # lines from which an indented line begins a paragraph of its own
_MOST_NOTE = 8_000  # characters of a note in brackets
_RULE = re.compile(r"[\s*·•.~#=_—–-]{3,}|\s*(?:\*|#|~|§|⁂|o0o|oOo)\s*")
_MARKS = re.compile(
    r"\[(?:\d{1,4}|[A-Za-z]|\*+|Pg\.? ?\w{1,6})\]|\{(?:Pg )?\w{1,6}\}|"  # notes and page numbers
    r"(?<![^\W_])_+|_+(?![^\W_])|(?<!\w)=(?=\S)|(?<=\S)=(?!\w)|[\[\]]"  # italic, bold, brackets
)


class Paragraph(NamedTuple):
    """Lines without a blank one between them, and how many blank ones stand before."""

    number: int  # of its first line, from 1
    lines: tuple[str, ...]
    gap: int

    @property
    def text(self) -> str:
        """All of it on one line."""
        return " ".join(" ".join(self.lines).split())


def notes_in(text: str) -> list[tuple[int, int]]:
    """Where `[Illustration: ...]` and the like stand."""
    spans: list[tuple[int, int]] = []
    opened: list[int] = []
    for match in re.finditer(r"[\[\]]", text):
        if match.group() == "[":
            opened.append(match.start())
        elif opened:
            start = opened.pop()
            if match.end() - start <= _MOST_NOTE and _NOTE.match(text, start):
                while spans and spans[-1][0] > start:
                    spans.pop()
                spans.append((start, match.end()))
    return spans


def without_notes(text: str, spans: Iterable[tuple[int, int]], ledger: Ledger) -> str:
    """The text with blanks in place of notes, which are counted."""
    parts: list[str] = []
    at = 0
    for start, end in spans:
        ledger.add("note", text[start:end])
        parts += [text[at:start], re.sub(r"[^\n]", " ", text[start:end])]
        at = end
    return "".join([*parts, text[at:]])


def paragraphs(lines: Sequence[str], first: int = 1) -> Iterator[Paragraph]:
    """The paragraphs, `first` being the number of the first line."""
    held: list[str] = []
    gap = 0
    for number, line in enumerate((*lines, ""), first):
        if line.strip():
            held.append(line)
            continue
        start = number - len(held)
        for part in _parted(held):
            yield Paragraph(start, tuple(part), gap)
            start, gap = start + len(part), 0
        held = []
        gap += 1


def _parted(lines: list[str]) -> list[list[str]]:
    """A run of lines as paragraphs: some files have one a line, some indent the first line."""
    if not lines:
        return []
    if len(lines) > 1 and sum(map(len, lines)) > _FLOWING * len(lines):
        return [[line] for line in lines]
    indented = [at for at, line in enumerate(lines) if line.startswith(("  ", "\t", "\u3000"))]
    if len(lines) < _SOLID or not 0 < len(indented) <= len(lines) // 2:
        return [lines]
    cuts = sorted({0, *indented, len(lines)})
    return [lines[a:b] for a, b in pairwise(cuts)]


def joined(lines: Sequence[str]) -> str:
    """The lines as one text in which a word with a hyphen at the end of a line is one word."""
    return _HYPHEN.sub("", "\n".join(lines))


def is_rule(text: str) -> bool:
    """Whether a paragraph is a line of stars or dashes: a change of scene."""
    return len(text) <= 100 and bool(_RULE.fullmatch(text))


def unmarked(text: str) -> list[Piece]:
    """The text with the marks of italic and bold, of notes and of pages apart."""

    def judge(match: re.Match[str]) -> Piece:
        noted = len(match.group()) > 1 and match.group()[0] in "[{"
        return Piece("footnote" if noted else "markup", match.group())

    return cut(text, _MARKS, judge)


def shown(text: str) -> str:
    """The text as it is read: without marks."""
    said = "".join(piece.raw for piece in unmarked(text) if piece.rule == SPOKEN)
    return " ".join(said.split())
