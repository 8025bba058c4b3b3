"""What is said of code and of tables, in scripts that want them spoken."""

import re
from collections.abc import Iterator

from podforge.reading.markdown.blocks import Block, Line

_PREFIX = re.compile(r"[ \t>]*(?:(?:[*+-]|\d{1,9}[.)])[ \t]+)*[ \t>]*")
_FENCE = re.compile(r"(?:`{3,}|~{3,})[ \t]*")
_CELL = re.compile(r"(?:[^|\\]|\\.?)+")
_DELIMITERS = re.compile(r"[ \t|:-]+")  # the line below a table's head


def code_lines(block: Block) -> list[Line]:
    """The lines between the fences of a code block."""
    inside = [_inner(line) for line in block.lines[1:]]
    if inside and _FENCE.fullmatch(inside[-1].text):
        inside.pop()
    return inside


def rows(block: Block) -> Iterator[list[Line]]:
    """The rows of a table, its head first, as cells that are not empty."""
    for number, line in enumerate(map(_inner, block.lines)):
        if number == 1 and _DELIMITERS.fullmatch(line.text):
            continue
        cells = (
            Line(line.number, line.column + cell.start(), cell.group())
            for cell in _CELL.finditer(line.text)
        )
        yield [cell for cell in cells if cell.text.strip()]


def _inner(line: Line) -> Line:
    """A line without the marks of the quotation or list that it stands in."""
    found = _PREFIX.match(line.text)
    start = found.end() if found else 0
    return Line(line.number, line.column + start, line.text[start:])
