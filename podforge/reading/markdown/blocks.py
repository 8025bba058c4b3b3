"""The blocks of a Markdown body, each line of them with its place.

CommonMark with tables, except: indented code is a paragraph, raw HTML is left to the inline
rules, and link definitions stay paragraphs, so that none of the three can swallow speech.
Paragraphs that start like no other block are found by hand, and so are headings and list items
of one line, because most of a script is such and the full parser costs seconds per megabyte.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

Kind = Literal["paragraph", "heading", "rule", "fence", "table"]


class Line(NamedTuple):
    """A line of a block without its list or quote marks; number and column count from 1."""

    number: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines of one kind.  `marker` is that of the list item which it opens (`2.`)."""

    kind: Kind
    lines: tuple[Line, ...]
    level: int = 0  # of a heading
    marker: str = ""
    quoted: bool = False
    listed: bool = False
    indented: bool = False  # by four columns or more, outside lists

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(line.text for line in self.lines)


_SPECIAL = re.compile(
    r"[ \t>#+=|~`:-]|\d{1,9}[.)]|[*_](?:[ \t]|$)|(?:\*[ \t]*){3,}$|(?:_[ \t]*){3,}$", re.M
)
_CONTINUES = re.compile(r"[ \t]")
_ONE_LINE = re.compile(  # an item that holds one paragraph, or a heading that is not closed
    rf"(?:(?P<marker>[*+-]|\d{{1,9}}[.)])(?: {{1,4}}|\t)(?!{_SPECIAL.pattern})"
    r"|(?P<marks>#{1,6})(?: +|$))(?P<text>|\S.*(?<!#))",
    re.M,
)
_FENCE = re.compile(r"[ \t>]*(?:(?:[*+-]|\d{1,9}[.)])[ \t]+)?(`{3,}(?=[^`]*$)|~{3,})")


def blocks(lines: list[str], line_offset: int) -> Iterator[Block]:
    """The blocks of `lines`, which are preceded by `line_offset` others in their file."""
    region: list[tuple[int, int]] = []  # chunks for the parser, as ranges of lines
    for start, end, special in _chunks(lines):
        if special or (region and _CONTINUES.match(lines[start])):
            region.append((start, end))
            continue
        yield from _special(lines, region, line_offset)
        region = []
        yield Block("paragraph", tuple(_line(lines, n, line_offset) for n in range(start, end)))
    yield from _special(lines, region, line_offset)


def _line(lines: list[str], number: int, line_offset: int) -> Line:
    return Line(line_offset + number + 1, 1, lines[number].rstrip())


def _chunks(lines: list[str]) -> Iterator[tuple[int, int, bool]]:
    """Runs of lines without a blank one, code fences whole, and whether they need the parser."""
    number, count = 0, len(lines)
    while number < count:
        if not lines[number].strip(" \t"):
            number += 1
            continue
        start, special = number, False
        while number < count and (line := lines[number]).strip(" \t"):
            if _SPECIAL.match(line):
                special = True
                fence = _FENCE.match(line)
                if fence:
                    number = _fence_end(lines, number, fence[1])
            number += 1
        yield start, number, special


def _fence_end(lines: list[str], number: int, fence: str) -> int:
    """The line that closes a code fence; the opening one when nothing does."""
    closing = re.compile(rf"[ \t>]*{fence[0]}{{{len(fence)},}}[ \t]*$")
    for at in range(number + 1, len(lines)):
        if closing.match(lines[at]):
            return at
    return number


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": 50}).enable("table")
    parser.disable(["html_block", "reference", "code"])
    parser.core.ruler.disable(["inline", "text_join"])
    return parser


def _special(lines: list[str], region: list[tuple[int, int]], line_offset: int) -> Iterator[Block]:
    """The blocks of a region: one line each where that is sure, and from the parser."""
    start, end = (region[0][0], region[-1][1]) if region else (0, 0)
    fenced = any(_FENCE.match(line) for line in lines[start:end])
    at = start  # what the parser gets begins here
    for number in range(start, end if not fenced else start):
        found = _ONE_LINE.fullmatch(lines[number].rstrip())
        if not found or _goes_on(lines, number + 1, end):
            continue
        follows = number > at and lines[number - 1].strip(" \t")
        if follows and (found["marker"] or "#")[:-1] not in ("", "1"):  # no other ends a paragraph
            continue
        yield from _parse(lines, at, number, line_offset)
        yield _one_line(found, line_offset + number + 1)
        at = number + 1
    yield from _parse(lines, at, end, line_offset)


def _goes_on(lines: list[str], number: int, end: int) -> bool:
    """Whether what stands above a line may go on in it, or behind the blank lines there."""
    below = number
    while below < end and not lines[below].strip(" \t"):
        below += 1
    if below == end:
        return False
    if "|" in lines[below]:  # a table's head to the parser, if nothing stands above it
        return True
    if below == number:
        return not _ONE_LINE.fullmatch(lines[below].rstrip())
    return bool(_CONTINUES.match(lines[below]))


def _one_line(found: re.Match[str], number: int) -> Block:
    line = Line(number, found.start("text") + 1, found["text"])
    if found["marks"]:
        return Block("heading", (line,), len(found["marks"]))
    return Block("paragraph", (line,), marker=found["marker"], listed=True)


def _parse(lines: list[str], start: int, end: int, line_offset: int) -> Iterator[Block]:
    if start < end:
        tokens = _parser().parse("\n".join(lines[start:end]))
        yield from _Walk(lines, start, line_offset).blocks(tokens)


class _Walk:
    """From the parser's tokens to blocks."""

    def __init__(self, lines: list[str], start: int, line_offset: int) -> None:
        self.lines, self.start, self.line_offset = lines, start, line_offset
        self.quotes = self.lists = self.tables = 0
        self.marker = ""

    def blocks(self, tokens: list[Token]) -> Iterator[Block]:
        opener = Token("", "", 0)
        for token in tokens:
            match token.type:
                case "blockquote_open" | "blockquote_close":
                    self.quotes += token.nesting
                case "list_item_open" | "list_item_close":
                    self.lists += token.nesting
                    bullet = f"{token.info}{token.markup}"
                    self.marker = bullet if token.nesting > 0 else ""
                case "table_open" | "table_close":
                    self.tables += token.nesting
                    if token.nesting > 0:
                        yield self.block("table", token)
                case "fence":
                    yield self.block("fence", token)
                case "hr":
                    yield self.block("rule", token)
                case "heading_open" | "paragraph_open":
                    opener = token
                case "inline" if not self.tables:
                    yield from self.inline(token, opener)

    def inline(self, token: Token, opener: Token) -> Iterator[Block]:
        """A paragraph or a heading; text underlined by dashes is one only if it reads so."""
        if opener.tag == "p":
            yield self.block("paragraph", token)
        elif token.map and opener.markup == "-" and not _title_like(token.content.strip()):
            yield self.block("paragraph", token)
            last = self.start + token.map[1]
            yield Block(
                "rule", (_line(self.lines, last, self.line_offset),), quoted=self.quotes > 0
            )
        else:
            yield self.block("heading", token, int(opener.tag[1:]))

    def block(self, kind: Kind, token: Token, level: int = 0) -> Block:
        first, last = token.map or (0, 0)
        first, last = first + self.start, last + self.start
        lines = tuple(self.located(token, first, last))
        marker, self.marker = self.marker, ""
        return Block(
            kind,
            lines,
            level,
            marker,
            quoted=self.quotes > 0,
            listed=self.lists > 0,
            indented=not self.lists and bool(re.match(r" {4}|\t", self.lines[first])),
        )

    def located(self, token: Token, first: int, last: int) -> Iterator[Line]:
        if token.type != "inline":
            yield from (_line(self.lines, n, self.line_offset) for n in range(first, last))
            return
        for number, text in enumerate(token.content.split("\n"), first):
            text = text.strip()
            raw = self.lines[number].rstrip() if number < len(self.lines) else text
            if not raw.endswith(text):  # a heading that is closed: `## Heading ##`
                raw = raw.rstrip("#").rstrip()
            yield Line(self.line_offset + number + 1, len(raw) - len(text) + 1, text)


def _title_like(text: str) -> bool:
    one_line = "\n" not in text and ":" not in text and not text[:1].islower()
    return one_line and not text.endswith((".", "!", "?", "…", '"', "”"))
