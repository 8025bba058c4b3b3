"""A paragraph cut at what looks like speaker labels, before anyone knows which of them are."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from podforge.reading.ledger import Coverage
from podforge.reading.markdown.blocks import Block, Line
from podforge.reading.markdown.inferring import Shown, possible
from podforge.reading.markdown.labels import Label, is_reference, parse, split_inline

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


def passages(blocks: Iterable[Block], coverage: Coverage) -> Iterator[Passage]:
    """The blocks of a script without those that are never spoken, which the coverage notes."""
    footnote = silent = False
    for block in blocks:
        if not block.quoted:
            silent = False
        if block.kind != "paragraph":
            footnote = False
            if silent and block.quoted:
                coverage.mark_lines(block.lines, "callout")
            else:
                yield Passage(block)
            continue
        first = block.lines[0].text
        footnote = bool(_FOOTNOTE.match(first)) or (footnote and block.indented)
        silent = silent or (block.quoted and bool(_ALERT.match(first)))
        task = bool(block.marker and _TASK.match(first))
        if footnote or silent or task:
            rule = "footnote" if footnote else "callout" if silent else "task"
            coverage.mark_lines(block.lines, rule)
        else:
            yield Passage(block, tuple(_pieces(block, coverage)))


def labels(found: Iterable[Passage]) -> list[Shown]:
    """The possible labels outside lists and quotations, which alone show who speaks."""
    shown: list[Shown] = []
    section = paragraph = 0
    waits = False  # whether the text of the last label is in the next block
    for passage in found:
        block = passage.block
        if block.kind == "heading" and not block.quoted:
            section += 1
        if waits and block.kind == "paragraph" and not block.listed:
            shown[-1] = shown[-1]._replace(said=_before_label(passage.pieces[:20]))
        waits = False
        if block.listed or block.quoted:
            continue
        paragraph += bool(passage.pieces)
        for at, piece in enumerate(passage.pieces):
            if piece.label and possible(piece.label):
                following = _before_label(passage.pieces[at + 1 : at + 21])
                said = f"{piece.label.rest}\n{following}".strip()
                shown.append(Shown(piece.label, section, paragraph, at == 0, said))
                waits = not said
    return shown


def _before_label(pieces: Iterable[Piece]) -> str:
    """The text of the lines up to the next label."""
    lines = takewhile(lambda piece: not (piece.label and possible(piece.label)), pieces)
    return "\n".join(piece.line.text for piece in lines)


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


def _pieces(block: Block, coverage: Coverage) -> Iterator[Piece]:
    for line in block.lines:
        if "]:" in line.text and is_reference(line.text):
            coverage.mark_lines([line], "reference")
            continue
        if block.quoted:
            yield Piece(line, None)
            continue
        for offset, text in split_inline(line.text):
            yield Piece(Line(line.number, line.column + offset, text), parse(text))
