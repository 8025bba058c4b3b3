"""What may be the name of a speaker at the head of a paragraph.

<span class="speaker">ANA</span> Text     marked as a name: always one
<b>Ana.</b> Text                          bold or small capitals
ANA (softly). Text                        capitals
ANA                                       alone, and the speech below
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from podforge.reading.epub.blocks import Block, Piece
from podforge.reading.names import stopped

_LETTER = "A-ZÀ-ÖØ-ÞŒ0-9"
_TITLE = r"(?:MR|MRS|MS|DR|ST|STE|REV|CAPT|COL|GEN|LT|SGT|PROF|MME|MLLE|SR|JR)\."
_WORD = rf"(?:{_TITLE}|[{_LETTER}][{_LETTER}'’\-]*)"
_LINK = r"(?:and|of|the|de|du|des|la|le|von|van|y|et|und|&)"
_NAME = rf"{_WORD}(?:[ \u00a0]+(?:{_LINK}[ \u00a0]+){{0,2}}{_WORD}){{0,6}}"
_CAPS = re.compile(_NAME)
# Each part takes all it can and gives nothing back, or the time doubles with each comma.
_BRACKETS = r"\([^()\n]{1,200}\)|\[[^\[\]\n]{1,200}\]|\x01++"
_HOW = rf"(?:\s*(?:{_BRACKETS}|,\s[a-zà-ÿ][^.:\n—(\[\x01]{{0,80}}+))*+"
_END = r"\s*(?:[.:]\)?(?:\s*[—–-]+)?|[—–])(?=[\s\"“‘'«(\[\x01—–]|[A-ZÀ-Þ][a-z]|$)"
_AFTER = re.compile(rf"(?P<how>{_HOW})(?:(?P<end>{_END})|(?P<line>[ \t]*(?:\n|$)))")
_BRACKETED = re.compile(rf"(?:\s*+(?:{_BRACKETS}))+(?=\s|$)")
_ROMAN = re.compile(r"[IVXLCDM]+")
_SCENIC = re.compile(
    r"(?:act|scene|chapter|book|part|canto|volume|letter|stave|section|curtain|end|finis|the end|"
    r"exit|exeunt|enter|re-enter|tableau|persons|characters|dramatis|intermission|page|plate|fig|"
    r"illustration|proof|theorem|lemma|remark|table|figure|ingredients|method|acte|scène|akt|"
    r"aufzug|auftritt|szene|escena|acto|rideau|vorhang|fin|ende)\b.*",
    re.I,
)
_ABBREVIATION = re.compile(r"\b\w{1,4}\.(?=\s|$)")
_SCENIC_WORDS = 12
_LONGEST_MARKED = 60  # characters of a name that is marked as one
_HEAD = 300  # characters in which a label ends
_EDGES = " \t\n\xa0.:,;—–-[]()"

Form = Literal["marked", "strong", "caps"]


@dataclass(frozen=True)
class Label:
    """A name that may be a speaker's, and where the text behind it begins in the raw block."""

    name: str
    form: Form
    how: str
    end: int
    alone: bool


def label_of(block: Block) -> Label | None:
    """The label at the head of a paragraph, if anything there looks like one."""
    if block.kind != "paragraph" or block.part or block.row:
        return None
    head = _head(block)
    start = len(head) - len(head.lstrip())
    for form, end in (
        ("marked", _run(block, lambda piece: piece.persona)),
        ("strong", _run(block, lambda piece: piece.strong and not piece.persona)),
    ):
        if end > start and (found := _styled(block, head, start, end, form)):
            return found
    capitals = _CAPS.match(head, start)
    if capitals is None or sum(map(str.isalpha, capitals.group())) < 2:
        return None
    return _judged(block, head, start, capitals.end(), "caps")


def _styled(block: Block, head: str, start: int, end: int, form: str) -> Label | None:
    """The label in a styled run, whose end mark may stand inside or behind it."""
    run = head[start:end].rstrip()
    inside = re.search(r"\s*[\[(,\x01]", run)
    name = run[: inside.start()] if inside else run
    bare = name.rstrip(_EDGES)
    found = _judged(block, head, start, start + len(bare), form)
    if found or form != "marked":
        return found
    follows = head[end:].lstrip()[:1]
    if head[end : end + 1].isspace() and (follows.isupper() or follows in '"“‘«—'):
        return _made(block, head, start, start + len(bare), "", end, "strong")
    return None


def _judged(block: Block, head: str, start: int, stop: int, form: str) -> Label | None:
    """The label that ends behind `stop`, if what follows is the end of one."""
    after = _AFTER.match(head, stop)
    if after is None or after.end() == stop < len(head.rstrip()):
        after = _BRACKETED.match(head, stop)
        if after is None:
            return None
        return _made(block, head, start, stop, after.group(), after.end(), form)
    return _made(block, head, start, stop, after["how"], after.end(), form)


def _made(
    block: Block, head: str, start: int, stop: int, how: str, end: int, form: str
) -> Label | None:
    name = " ".join(head[start:stop].split()).strip(_EDGES)
    fits = 0 < len(name) <= _LONGEST_MARKED if form == "marked" else is_name(name)
    if not fits:
        return None
    how = block.raw[stop : stop + len(how)].strip(_EDGES)
    kinds: dict[str, Form] = {"marked": "marked", "strong": "strong"}
    alone = not head[end:].strip(" \t\n\xa0\x01")
    return Label(name, kinds.get(form, "caps"), " ".join(how.split()), end, alone)


def is_name(text: str) -> bool:
    """Whether a text can be a name: a few words, a capital first, and no heading."""
    first = next((c for c in text if c.isalpha()), "")
    return (
        1 < len(text) <= 50
        and len(text.split()) <= 7
        and (first.isupper() or not first.islower())
        and bool(first)
        and not _ROMAN.fullmatch(text)
        and not _SCENIC.fullmatch(text)
        and not stopped(text)
        and not re.search(r"[.!?…\"“”;:]", _ABBREVIATION.sub("", text))
    )


def is_scenic(text: str) -> bool:
    """Whether a line belongs to the play and to nobody in it, as `CURTAIN.` does."""
    return bool(_SCENIC.fullmatch(text)) and text.isupper() and len(text.split()) <= _SCENIC_WORDS


def _head(block: Block) -> str:
    """The beginning of a block with its stage directions blotted out, character by character."""
    parts: list[str] = []
    length = 0
    for piece in block.pieces:
        parts.append("\x01" * len(piece.text) if piece.kind == "direction" else piece.text)
        length += len(piece.text)
        if length > _HEAD:
            break
    return "".join(parts)[:_HEAD]


def _run(block: Block, wanted: Callable[[Piece], bool]) -> int:
    """Where the leading pieces of a kind end."""
    length = 0
    for piece in block.pieces:
        if piece.text.strip() and not wanted(piece):
            break
        length += len(piece.text)
        if length > _HEAD:
            return 0
    return length


def split_at(pieces: list[Piece], end: int) -> tuple[list[Piece], list[Piece]]:
    """The pieces before and behind the first `end` characters."""
    before: list[Piece] = []
    behind: list[Piece] = []
    for piece in pieces:
        if end > 0:
            before.append(replace(piece, text=piece.text[:end]))
        if end < len(piece.text):
            behind.append(replace(piece, text=piece.text[max(0, end) :]))
        end -= len(piece.text)
    return before, behind
