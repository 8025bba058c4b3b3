"""A document as blocks: one walk over its elements, without recursion.

Every character is either in a piece of a block or counted in the ledger on the spot.
"""

import re
from collections.abc import Mapping, Sequence

from lxml import etree

from podforge.reading.epub.blocks import Block, Found, Piece
from podforge.reading.epub.elements import BLOCKS, Frame, Reading, entered
from podforge.reading.epub.kinds import is_code, is_line
from podforge.reading.epub.lexicon import respelling
from podforge.reading.epub.lists import Lists
from podforge.reading.epub.markup import Element, attribute, local, visible_in
from podforge.reading.epub.navigation import Entry
from podforge.reading.epub.notes import is_reference, is_typed
from podforge.reading.epub.plays import Row, is_layout, rows_of
from podforge.reading.ledger import Ledger

_INVISIBLE = re.compile("[\xad\u200b\u2060\ufeff\u200e\u200f]")  # soft hyphens and the like
_NOTE_BODY = frozenset(("p", "li", "aside", "dd", "dt", "div", "td"))
_LONGEST_NOTE = 4000  # characters


class Walk:
    """The state of the walk over one document."""

    def __init__(
        self, reading: Reading, marks: Mapping[str, Sequence[Entry]], ledger: Ledger
    ) -> None:
        """`marks` are the entries of the contents that point into the document, by id."""
        self.reading, self.marks, self.ledger = reading, marks, ledger
        self.found = Found()
        self._block: Block | None = None
        self._pending: list[Entry] = list(marks.get("", ()))
        self._lists = Lists()
        self._row = Row(plain=False)
        self._begun = False  # the block has text
        self._ids: list[str] = []  # of what stands before the text of the block
        self._line = 0
        self._number = 0

    def run(self, root: Element, language: str) -> Found:
        """The blocks of everything inside `root`."""
        frames = [Frame(language=language)]
        for event, element in etree.iterwalk(root, events=("start", "end")):
            if event == "start":
                frame = self._enter(element, frames[-1])
                frames.append(frame)
                if element.text:
                    self._text(element.text, frame)
            else:
                self._leave(element, frames.pop())
                if element.tail and element is not root:
                    self._text(element.tail, frames[-1])
        self._flush()
        return self.found

    def _enter(self, element: Element, frame: Frame) -> Frame:
        """What holds inside an element that begins."""
        tag = local(element)
        self._line = element.sourceline or self._line
        inside = entered(element, frame, self.reading)
        if tag in BLOCKS and is_line(element, tag):
            self._text("\n", inside, counted=False)
        elif tag in BLOCKS:
            self._flush()
            inside = self._structure(element, tag, inside)
        elif not frame.silent:
            inside = self._inline(element, tag, inside)
        if element.attrib:
            self._point(element, tag)
        return inside

    def _inline(self, element: Element, tag: str, frame: Frame) -> Frame:
        """The frame inside an element of a line; some stand for text themselves."""
        if tag == "br":
            self._text("\n", frame, counted=False)
        elif tag in ("img", "image"):
            self._picture(element, frame)
        elif tag == "math":
            said = element.get("alttext", "")
            self._text(f" {said} ", frame._replace(silent=""), kind="extra", counted=False)
        elif (element.attrib or tag == "sup") and is_reference(element, self._begun):
            if tag == "a" and (self._begun or is_typed(element)):
                self.found.notes.add(element.get("href", ""))
            return frame._replace(silent=frame.silent or "footnote")
        if (phonemes := attribute(element, "ssml:ph")) and not frame.said:
            self._number += 1
            if said := respelling(phonemes, frame.alphabet):
                return frame._replace(said=(self._number, said))
        return frame

    def _structure(self, element: Element, tag: str, frame: Frame) -> Frame:
        """The frame inside a block-level element; notes, lists, tables and rules begin."""
        identity = element.get("id")
        if identity and tag in _NOTE_BODY and len(visible_in(element)) <= _LONGEST_NOTE:
            frame = frame._replace(ids=(*frame.ids[-3:], identity))
        if tag in ("ol", "ul", "menu"):
            self._lists.begin(element, ordered=tag == "ol")
        elif tag == "li":
            self._lists.item(element)
        elif tag == "hr" and not (frame.silent or frame.part):
            self.found.blocks.append(Block("break", self._line))
        if frame.row and tag in ("tr", "td", "th"):
            return self._cell(element, tag, frame)
        if frame.silent or frame.part:
            return frame
        if tag == "pre" and is_code(element):
            return self._skip(element, frame, "code")
        if tag == "table" and (row := rows_of(element)):
            self._row = row
            return frame._replace(row=True)
        if tag == "table" and not is_layout(element):
            return self._skip(element, frame, "table")
        return frame

    def _cell(self, element: Element, tag: str, frame: Frame) -> Frame:
        """The frame inside a row or a cell of a play."""
        if tag == "tr":
            self._row.begin(element)
            return frame
        if self._row.is_name(element):
            return frame._replace(silent=frame.silent or "label")
        who, how = self._row.speaker, self._row.how
        return frame._replace(speaker=who, how=how, persona=False, strong=False)

    def _skip(self, element: Element, frame: Frame, rule: str) -> Frame:
        self.found.tables.append((self._line, rule, len(visible_in(element).split())))
        return frame._replace(silent=rule)

    def _leave(self, element: Element, frame: Frame) -> None:
        tag = local(element)
        if tag in BLOCKS and not is_line(element, tag):
            self._flush()
        if tag in ("ol", "ul", "menu"):
            self._lists.end()
        elif tag == "tr" and frame.row:
            self._row.end()

    def _point(self, element: Element, tag: str) -> None:
        """Note what points to an element: entries of the contents, and references to a note."""
        for identity in dict.fromkeys((element.get("id"), element.get("name"))):
            if identity:
                self._pending += self.marks.get(identity, ())
                if tag not in BLOCKS and not self._begun:
                    self._ids.append(identity)

    def _picture(self, element: Element, frame: Frame) -> None:
        letter = element.get("alt", "").strip()
        tail = element.tail or ""
        if len(letter) == 1 and letter.isalpha() and tail[:1].isalpha() and not frame.silent:
            self._text(letter, frame, kind="extra", counted=False)  # a drawn initial
        elif not frame.silent:
            self.found.pictures += 1

    def _text(self, text: str, frame: Frame, *, kind: str = "", counted: bool = True) -> None:
        if frame.silent:
            if counted:
                self.ledger.add(frame.silent, text)
            return
        if _INVISIBLE.search(text):
            self.ledger.add("markup", "".join(_INVISIBLE.findall(text)))
            text = _INVISIBLE.sub("", text)
        if counted and "\n" in text:
            text = text.replace("\n", " ")
        if self._block is None:
            if not text.strip():
                return
            self._block = self._opened(frame)
        if text.strip() and not self._begun:
            self._begun = True
            self._block.marks, self._pending = self._pending, []
        if frame.link:
            self._block.links += len(text)
        self._block.pieces.append(
            Piece(
                text,
                "direction" if frame.direction else "extra" if kind == "extra" else "text",
                strong=frame.strong,
                italic=frame.italic,
                persona=frame.persona and not frame.direction,
                language=frame.language,
                said=frame.said,
            )
        )

    def _opened(self, frame: Frame) -> Block:
        return Block(
            "heading" if frame.heading else "paragraph",
            self._line,
            frame.heading,
            frame.part,
            frame.row,
            frame.speaker,
            frame.how,
            ids=(*frame.ids, *self._ids),
            number=self._lists.number(),
            kept=frame.kept,
        )

    def _flush(self) -> None:
        block, self._block = self._block, None
        self._ids, self._begun = [], False
        if block is not None:
            self.found.blocks.append(block)
