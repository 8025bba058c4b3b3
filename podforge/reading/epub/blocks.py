"""A document as a list of blocks: paragraphs and headings, each in pieces with one look."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from podforge.reading.epub.navigation import Entry

Kind = Literal["text", "direction", "extra"]  # `extra` is heard, but no text of the book


@dataclass(slots=True)
class Piece:
    """A run of text; a line break of the book is a line feed, other white space as it came."""

    text: str
    kind: Kind = "text"
    strong: bool = False  # bold, or small capitals
    italic: bool = False
    persona: bool = False  # marked as the name of who speaks
    language: str = ""
    said: tuple[int, str] | None = None  # a respelling, and which element asked for it


@dataclass(slots=True)
class Block:
    """What stands between two block-level boundaries of a document."""

    kind: Literal["paragraph", "heading", "break"]
    line: int
    level: int = 0  # of a heading
    part: str = ""  # the rule by which this part of the book is left out; empty: it is read
    row: bool = False  # a row of a play that is set as a table
    speaker: str = ""  # who speaks it; empty: the narrator
    how: str = ""  # what stands beside the name: `aside`
    pieces: list[Piece] = field(default_factory=list)
    marks: list[Entry] = field(default_factory=list)  # entries of the contents that point here
    ids: tuple[str, ...] = ()  # of the small elements that hold it: a note may be one
    number: str = ""  # of a list item
    links: int = 0  # characters inside links
    label: list[Piece] = field(default_factory=list)  # the name that stood before the text
    kept: bool = False  # heard though the document around it is not

    @property
    def raw(self) -> str:
        """The text as it came."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def text(self) -> str:
        """The text on one line."""
        return " ".join(self.raw.split())

    def language(self) -> str:
        """The language of the whole block, when all its text has the same."""
        found = {piece.language for piece in self.pieces if any(map(str.isalpha, piece.text))}
        return found.pop() if len(found) == 1 else ""


@dataclass
class Found:
    """What a document holds."""

    blocks: list[Block] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)  # hrefs of the notes it refers to
    tables: list[tuple[int, str, int]] = field(default_factory=list)  # line, what, words
    pictures: int = 0


@dataclass
class Joined:
    """A text with its white space collapsed, and what stands where in it."""

    text: str = ""
    said: list[tuple[int, int, str]] = field(default_factory=list)  # ranges said otherwise
    directions: list[tuple[int, str]] = field(default_factory=list)  # before which character


def joined(pieces: Iterable[Piece]) -> Joined:
    """The text of pieces; stage directions are taken out of it."""
    found, parts = Joined(), list[str]()
    length, gap, last, aside = 0, False, 0, ""
    for piece in pieces:
        if piece.kind == "direction":
            aside, gap = aside + piece.text, True
            continue
        text = " ".join(piece.text.split())
        if not text:
            gap = gap or bool(piece.text)
            continue
        if aside.strip():
            found.directions.append((length and length + 1, " ".join(aside.split())))
        aside = ""
        if length and (gap or piece.text[0].isspace()):
            parts.append(" ")
            length += 1
        parts.append(text)
        if piece.said and piece.said[0] == last:
            start, _, said = found.said.pop()
            found.said.append((start, length + len(text), said))
        elif piece.said:
            last = piece.said[0]
            found.said.append((length, length + len(text), piece.said[1]))
        length += len(text)
        gap = piece.text[-1].isspace()
    if aside.strip():
        found.directions.append((length, " ".join(aside.split())))
    found.text = "".join(parts)
    return found
