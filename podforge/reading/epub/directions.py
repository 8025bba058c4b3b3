"""Stage directions in plays that do not mark them: brackets, and italics where they stand alone."""

from collections.abc import Iterator
from dataclasses import replace

from podforge.reading.epub.blocks import Block, Piece

_PAIRS = {"]": "[", ")": "("}
_LONGEST_OPEN = 400  # characters of a direction that is never closed


def mark_directions(block: Block, *, labelled: bool, started: bool) -> None:
    """Mark the stage directions of a paragraph in a play.

    Brackets always are; parentheses when all in them is italic, when they are all there is, or
    directly behind the label; and a paragraph in italics without a label, once somebody spoke.
    """
    heard = [piece for piece in block.pieces if piece.kind == "text" and piece.text.strip()]
    if heard and not labelled and started and all(_is_italic(piece) for piece in heard):
        for piece in block.pieces:
            piece.kind = "direction"
        return
    raw = block.raw
    if "[" not in raw and "(" not in raw:
        return
    ranges = list(_ranges(raw, _italics(block), labelled))
    block.pieces = list(_split(block.pieces, ranges))


def _is_italic(piece: Piece) -> bool:
    return piece.italic or not any(map(str.isalnum, piece.text))


def _italics(block: Block) -> list[bool]:
    """For each character whether it is in italics, or no letter."""
    return [
        piece.italic or not character.isalpha()
        for piece in block.pieces
        for character in piece.text
    ]


def _ranges(raw: str, italics: list[bool], labelled: bool) -> Iterator[tuple[int, int]]:
    """Where the directions are, from left to right."""
    closings = _closings(raw)
    at = 0
    while at < len(raw):
        end = closings.get(at, 0)
        if not end:
            at += 1
            continue
        if (
            raw[at] == "["
            or all(italics[at:end])
            or (labelled and not raw[:at].strip())
            or not (raw[:at].strip() or raw[end:].strip())
        ):
            yield at, end
        at = end


def _closings(raw: str) -> dict[int, int]:
    """For each bracket that opens, where its pair has closed; square ones may stay open."""
    found: dict[int, int] = {}
    waiting: dict[str, list[int]] = {"[": [], "(": []}
    for at, character in enumerate(raw):
        if character in waiting:
            waiting[character].append(at)
        elif (opening := _PAIRS.get(character)) and waiting[opening]:
            found[waiting[opening].pop()] = at + 1
    open_ones = (at for at in waiting["["] if len(raw) - at <= _LONGEST_OPEN)
    return found | dict.fromkeys(open_ones, len(raw))


def _split(pieces: list[Piece], ranges: list[tuple[int, int]]) -> Iterator[Piece]:
    """The pieces, cut where a direction begins and ends."""
    edges = iter([edge for pair in ranges for edge in pair])
    edge, inside, at = next(edges, -1), False, 0
    for piece in pieces:
        start, end = at, at + len(piece.text)
        while edge >= 0 and edge < end:
            if edge > start:
                yield _part(piece, start - at, edge - at, inside)
            start, inside, edge = max(start, edge), not inside, next(edges, -1)
        if start < end:
            yield _part(piece, start - at, end - at, inside)
        at = end


def _part(piece: Piece, start: int, end: int, inside: bool) -> Piece:
    kind = "direction" if inside else piece.kind
    return replace(piece, text=piece.text[start:end], kind=kind)
