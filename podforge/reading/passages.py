"""A paragraph cut at what looks like speaker labels, before anyone knows which of them are."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from podforge.reading.blocks import Block, Line
from podforge.reading.labels import Label, is_reference, parse, split_inline

_FOOTNOTE = re.compile(r"\\?\[\^[^\[\]]+\\?\]:")
_TASK = re.compile(r"\[[ xX]\](?:\s|$)")
_ALERT = re.compile(r"\\?\[!\w+\\?\]")
_DIRECTION = re.compile(r"(\*{1,3}|_{1,3}|)\s*(?:\\?\[([^\[\]]*?)\\?\]|\(([^()]*)\))\s*\1\.?", re.S)
_DEFINES = re.compile(r"\s{0,3}\[([^\[\]]+)\]:")


@dataclass(frozen=True)
class Piece:
    """A line, or a part of one from an inline label on, and the label it may start with."""

    line: Line
    label: Label | None


@dataclass(frozen=True)
class Passage:
    """A block with its pieces; only paragraphs have any."""

    block: Block
    pieces: tuple[Piece, ...] = ()


def passages(blocks: Iterable[Block]) -> Iterator[Passage]:
    """The blocks of a script without the paragraphs that are never spoken."""
    footnote = silent = False
    for block in blocks:
        if not block.quoted:
            silent = False
        if block.kind != "paragraph":
            footnote = False
            if not (silent and block.quoted):
                yield Passage(block)
            continue
        first = block.lines[0].text
        footnote = bool(_FOOTNOTE.match(first)) or (footnote and block.indented)
        silent = silent or (block.quoted and bool(_ALERT.match(first)))
        task = bool(block.marker and _TASK.match(first))
        if not footnote and not silent and not task:
            yield Passage(block, tuple(_pieces(block)))


def labels(found: Iterable[Passage]) -> list[Label]:
    """The possible labels outside lists and quotations, which alone show who speaks."""
    return [
        piece.label
        for passage in found
        if not (passage.block.listed or passage.block.quoted)
        for piece in passage.pieces
        if piece.label
    ]


def links(blocks: Iterable[Block]) -> dict[str, str]:
    """The names of the link definitions in lower case."""
    found: dict[str, str] = {}
    for block in blocks:
        for line in block.lines if block.kind == "paragraph" else ():
            if (
                "]:" in line.text
                and is_reference(line.text)
                and (name := _DEFINES.match(line.text))
            ):
                found[name[1].lower()] = name[1]
    return found


def direction(text: str) -> str | None:
    """The inside of a paragraph that is one stage direction: `*(...)*`, `*[...]*`, `[...]`."""
    found = _DIRECTION.fullmatch(text.strip())
    if not found:
        return None
    if found[2] is not None:
        return found[2]
    return found[3] if found[1] else None


def _pieces(block: Block) -> Iterator[Piece]:
    for line in block.lines:
        if "]:" in line.text and is_reference(line.text):
            continue
        if block.quoted:
            yield Piece(line, None)
            continue
        for offset, text in split_inline(line.text):
            yield Piece(Line(line.number, line.column + offset, text), parse(text))
