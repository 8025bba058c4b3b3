"""Plays that are set as tables: a name in one cell and the speech in the next.

Standard Ebooks sets all its plays so, with the semantics of Z39.98-2012: `z3998:persona`.
"""

from collections.abc import Iterator

from podforge.reading.epub.elements import DIRECTIONS
from podforge.reading.epub.kinds import is_speaker, types_of
from podforge.reading.epub.markup import Element, local

_ASIDE = frozenset(("noteref", "doc-noteref", "pagebreak", "doc-pagebreak"))
_LONGEST_NAME = 60  # characters


def rows_of(table: Element) -> "Row | None":
    """How to read the rows of a table that are speeches; None when they are none."""
    rows = [cells_of(row) for row in table.iter() if local(row) == "tr"]
    if any("z3998:actor" in types_of(cell) for cells in rows for cell in cells):
        return None  # a list of who plays whom
    if any(len(cells) > 1 and is_speaker(cells[0]) for cells in rows):
        return Row(plain=False)
    if not any("z3998:drama" in types_of(one) for one in (table, *table.iterancestors())):
        return None
    names = [name_in(cells[0]) for cells in rows if len(cells) == 2]
    named = [name for name in names if 0 < len(name) <= _LONGEST_NAME]
    several = len(named) >= 4 and len(set(named)) <= 0.6 * len(named)
    return Row(plain=True) if several else None


def is_layout(table: Element) -> bool:
    """Whether a table is only a way to place text."""
    if table.get("role") in ("presentation", "none"):
        return True
    return all(len(cells_of(row)) <= 1 for row in table.iter() if local(row) == "tr")


def cells_of(row: Element) -> list[Element]:
    """The cells of a row."""
    return [cell for cell in row if local(cell) in ("td", "th")]


def name_in(cell: Element) -> str:
    """The name in a cell, without stage directions and references to notes."""
    return " ".join("".join(_texts(cell)).split())


def _texts(cell: Element) -> Iterator[str]:
    yield cell.text or ""
    for child in cell:
        if not (DIRECTIONS | _ASIDE) & set(types_of(child)):
            yield from child.itertext(with_tail=False)
        yield child.tail or ""


class Row:
    """The row that is being read: which cell names the speaker, and who that is."""

    def __init__(self, *, plain: bool) -> None:
        """With `plain` the first of two cells names the speaker, though nothing marks it."""
        self.speaker, self.how = "", ""
        self._plain = plain
        self._name: Element | None = None
        self._spans = 0  # rows that the last name still stands for

    def begin(self, row: Element) -> None:
        """A row begins."""
        cells = cells_of(row)
        marked = next((cell for cell in cells[:2] if is_speaker(cell)), None)
        if self._plain and len(cells) == 2 and 0 < len(name_in(cells[0])) <= _LONGEST_NAME:
            marked = cells[0]
        self._name = marked
        if marked is not None:
            self.speaker = name_in(marked)
            told = (one for one in marked.iter() if DIRECTIONS & set(types_of(one)))
            self.how = next((" ".join("".join(one.itertext()).split()) for one in told), "")
            span = marked.get("rowspan", "")
            self._spans = int(span) if span.isdecimal() and len(span) < 5 else 1
        elif self._spans <= 0:
            self.speaker = self.how = ""

    def end(self) -> None:
        """A row ends."""
        self._spans -= 1

    def is_name(self, cell: Element) -> bool:
        """Whether a cell is the one that names the speaker."""
        return cell is self._name
