"""From blocks to the items of a script: chapters, speeches, scene breaks."""

import re
from collections.abc import Sequence

from podforge.errors import Place
from podforge.reading import vocal
from podforge.reading.epub.blocks import Block, Joined, joined
from podforge.reading.epub.chapters import repeats, titled
from podforge.reading.epub.container import Container
from podforge.reading.ledger import Ledger
from podforge.reading.names import normal, several
from podforge.script import Chapter, Item, SceneBreak, Speech, replaced

_BREAK = re.compile(r"(?!\.+$)[*⁂•~#☙❧❦❖❡✶✻✽✦◆◇○●※§=_⸻.\-–—\s·]{1,60}")  # `* * *`
_TOGETHER = re.compile(r"\b(?:both|together)\b", re.I)
_MOST_SWALLOWED = 3  # paragraphs that repeat a title


class Names:
    """Who speaks, by every spelling of a name; the first one is kept."""

    def __init__(self, narrator: str, found: Sequence[str]) -> None:
        self.narrator = narrator
        self._known = {_bare(narrator): narrator}
        for name in found:
            if _bare(name):
                self._known.setdefault(_bare(name), _shown(name))

    def speakers(self, name: str) -> tuple[str, ...]:
        """The speakers a label names: the narrator for none, several for an ensemble of known."""
        if not _bare(name):
            return (self.narrator,)
        together = several(_shown(_TOGETHER.sub("", name)), self._known)
        return together or (self._known[_bare(name)],)


class Teller:
    """The walk over a book's blocks."""

    def __init__(self, container: Container, names: Names, ledger: Ledger, language: str) -> None:
        self.container, self.names, self.ledger = container, names, ledger
        self.language = language
        self.items: list[Item] = []
        self.name = ""  # of the document that is told

    def tell(self, name: str, blocks: Sequence[Block]) -> None:
        """Tell a document."""
        self.name = name
        blocks = [block for block in blocks if not self._left_out(block)]
        at = 0
        while at < len(blocks):
            block = blocks[at]
            if block.kind == "heading" or block.marks:
                at = self._headed(blocks, at)
                continue
            if block.kind == "break" or _BREAK.fullmatch(block.text):
                self._count("scene", block)
                self._scene(self._place(block))
            else:
                self._paragraph(block)
            at += 1

    def finished(self) -> tuple[Item, ...]:
        """Everything that was told."""
        if self.items and isinstance(self.items[-1], SceneBreak):
            self.items.pop()
        return tuple(self.items)

    def _left_out(self, block: Block) -> bool:
        if block.part:
            self._count(block.part, block)
        return bool(block.part)

    def _headed(self, blocks: Sequence[Block], at: int) -> int:
        """Tell the headings that stand together and what the contents call them."""
        first, group = blocks[at], list[Block]()
        end = at
        while (
            end < len(blocks)
            and blocks[end].kind == "heading"
            and (end == at or not blocks[end].marks)
        ):
            group.append(blocks[end])
            end += 1
        texts = [block.text for block in group]
        told = titled(first.marks, texts)
        if not group and len(told) == 1:
            while (
                end - at < _MOST_SWALLOWED
                and end < len(blocks)
                and (end == at or not blocks[end].marks)
                and blocks[end].kind == "paragraph"
                and repeats(told[0][0], [block.text for block in blocks[at : end + 1]])
            ):
                end += 1
            group = list(blocks[at:end])
        for block in group:
            self._count("heading", block)
        for title, begins in told:
            self._title(title, begins, self._place(first))
        if end == at:
            first.marks = []
        return end

    def _title(self, title: str, begins: bool, place: Place) -> None:
        if not any(map(str.isalnum, title)):
            self._scene(place)
            return
        if self.items and isinstance(self.items[-1], SceneBreak):
            self.items.pop()
        if begins:
            self.items.append(Chapter(title, place))
        self.items.append(Speech((self.names.narrator,), title, place))

    def _scene(self, place: Place) -> None:
        if self.items and isinstance(self.items[-1], Speech):
            self.items.append(SceneBreak(place))

    def _paragraph(self, block: Block) -> None:
        """Tell a paragraph: its text, and of its directions what an engine can perform."""
        found = joined(block.pieces)
        heard = bool(found.text)
        self._count("spoken" if heard or found.directions else "markup", block)
        if not heard:
            return
        delivery, events = _performed(found, block.how)
        spoken = replaced(found.text, found.said) if found.said else None
        number = f"{block.number}. " if block.number else ""
        if number and not found.text.startswith(block.number):
            shift = len(number)
            said = [(start + shift, end + shift, text) for start, end, text in found.said]
            events = tuple((offset + shift, event) for offset, event in events)
            found.text = number + found.text
            spoken = replaced(found.text, said) if said else None
        self.items.append(
            Speech(
                self.names.speakers(block.speaker),
                found.text,
                self._place(block),
                delivery,
                events,
                self._language(block),
                spoken,
            )
        )

    def _language(self, block: Block) -> str:
        """The language of a block, when it is another than the book's."""
        tag = block.language().replace("_", "-")
        mine, books = tag.lower().split("-")[0], self.language.lower().split("-")[0]
        return tag if mine and mine != books and mine not in ("und", "zxx", "mul") else ""

    def _count(self, rule: str, block: Block) -> None:
        """Account for a block: its text under `rule`, its label and stage directions as such."""
        for pieces, other in ((block.label, "label"), (block.pieces, rule)):
            for piece in pieces:
                if piece.kind != "extra":
                    aside = piece.kind == "direction" and other == "spoken"
                    self.ledger.add("direction" if aside else other, piece.text)

    def _place(self, block: Block) -> Place:
        return self.container.place(self.name, block.line)


def _performed(found: Joined, beside: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """The delivery and the vocal events among the directions of a speech."""
    delivery = _delivery(beside)
    events: list[tuple[int, str]] = []
    for offset, text in found.directions:
        inside = text.strip(" ()[].,;:—–")
        if event := vocal.event(inside):
            events.append((min(offset, len(found.text)), event))
        elif offset == 0 and not delivery:
            delivery = _delivery(inside)
    return delivery, tuple(events)


def _delivery(text: str) -> str:
    """How a line is said: `Languidly.` is `languidly`; empty for what is done, at length."""
    inside = text.strip(" ()[].,;:—–")
    if not inside or vocal.event(inside) or not vocal.is_delivery(inside):
        return ""
    return inside[:1].lower() + inside[1:]


def _shown(name: str) -> str:
    return " ".join(name.split()).strip(" .:,;—–-")


def _bare(name: str) -> str:
    return normal(_shown(name))
