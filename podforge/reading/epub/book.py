"""The documents of a book: read in order, and decided upon together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from podforge.reading.epub.blocks import Block, Found
from podforge.reading.epub.chapters import mark_headings, unmark
from podforge.reading.epub.container import Container
from podforge.reading.epub.content import Walk
from podforge.reading.epub.drama import find_speakers
from podforge.reading.epub.elements import Reading
from podforge.reading.epub.kinds import document_types
from podforge.reading.epub.markup import language_of, local, parsed, visible_in, written
from podforge.reading.epub.matter import leave_out, leave_out_licence, rule_of_document
from podforge.reading.epub.navigation import Entry, Navigation
from podforge.reading.epub.notes import leave_out_notes
from podforge.reading.epub.package import Package
from podforge.reading.findings import Findings
from podforge.reading.ledger import Ledger, visible

_LEAST_CHAPTERS = 2  # entries of a table of contents that is worth following
_COMMENTS = 200  # characters outside tags that may be comments or styles
_NAMES = {"table": "a table", "code": "code"}


@dataclass
class Document:
    """A document of the book on its way to being told."""

    name: str
    found: Found
    typed: bool  # it says itself that it belongs to the book


class Book:
    """What is known about a book while its documents are read."""

    def __init__(
        self,
        container: Container,
        package: Package,
        navigation: Navigation,
        reading: Reading,
        findings: Findings,
    ) -> None:
        self.container, self.package, self.navigation = container, package, navigation
        self.reading, self.findings = reading, findings
        self.ledger, self.total = Ledger(), 0  # visible characters of all documents
        self._languages: Counter[str] = Counter()
        self._marks: dict[str, dict[str, list[Entry]]] = {}
        for entry in navigation.entries:
            self._marks.setdefault(entry.name, {}).setdefault(entry.fragment, []).append(entry)

    def documents(self) -> list[Document]:
        """Every document of the reading order that is there."""
        read: dict[str, Document] = {}
        for item, linear in self.package.spine:
            name = self.container.find(item.name)
            if name in read or item.media_type.startswith("image/"):
                continue
            data = self.container.read(name) if name else None
            if data is None:
                self.findings.warning(self.container.place(item.name), "is missing from the book")
            elif (document := self._read(name, data, linear)) is not None:
                read[name] = document
        return list(read.values())

    def arrange(self, documents: Sequence[Document]) -> None:
        """Decide what is left out, where chapters begin, and who speaks."""
        every = [document.found.blocks for document in documents]
        if "licence" not in self.reading.include:
            leave_out_licence(every)
        for document in documents:
            leave_out(document.found.blocks, self.reading.include, typed=document.typed)
        if "notes" not in self.reading.include:
            leave_out_notes({one.name: (one.found.blocks, one.found.notes) for one in documents})
        if sum(len(b.marks) for blocks in every for b in blocks if not b.part) < _LEAST_CHAPTERS:
            unmark(every)
            mark_headings(every, self.package.title)
        find_speakers(every)

    def report(self, documents: Sequence[Document]) -> None:
        """Say what is not heard: once for each part of a document."""
        for document in documents:
            for part, (title, words) in _parts(document.found.blocks).items():
                if words:
                    text = f"left out: {title or part.capitalize()} ({words} words)"
                    self.findings.warning(self.container.place(document.name), text)
            for line, rule, words in document.found.tables:
                place = self.container.place(document.name, line)
                self.findings.warning(place, f"{_NAMES[rule]} is not spoken: {words} words")
        if pictures := sum(document.found.pictures for document in documents):
            text = f"pictures are not spoken: {pictures} in all"
            self.findings.warning(self.container.place(""), text)

    def language(self) -> str:
        """The language of most of the text, for a book that does not say; English if none does."""
        return next((tag for tag, _ in self._languages.most_common() if tag), "en")

    def _read(self, name: str, data: bytes, linear: bool) -> Document | None:
        root, sound = parsed(data)
        if root is None:
            if data.strip():
                self.findings.warning(self.container.place(name), "holds no text that can be read")
            return None
        if not sound:
            text = "not well-formed XML: read as a browser would"
            whole = written(data)
            if (lost := whole - visible(visible_in(root))) > max(_COMMENTS, whole // 50):
                text += f"; about {lost} of {whole} characters could not be read"
            self.findings.warning(self.container.place(name), text)
        body = next((one for one in root.iter() if local(one) == "body"), root)
        text = visible_in(body)
        self.total += visible(text)
        language = language_of(body) or language_of(root)
        self._languages[language] += len(text)
        marks: Mapping[str, Sequence[Entry]] = self._marks.get(name, {})
        found = Walk(self.reading, marks, self.ledger).run(body, language)
        types = document_types(root, body)
        rule, typed = self._rule(name, types, found.blocks)
        if rule in self.reading.include:
            rule = ""
        elif not rule and not linear and "nonlinear" not in self.reading.include:
            rule = "nonlinear"
        for block in found.blocks:
            block.part = block.part if block.kept else rule or block.part
        return Document(name, found, typed)

    def _rule(self, name: str, types: Sequence[str], blocks: Sequence[Block]) -> tuple[str, bool]:
        """The rule that leaves a document out, and whether it says itself what it is."""
        if name == self.container.find(self.package.navigation):
            return "contents", True
        title = f"{self.package.title} {self.package.author} {self.package.publisher}".split()
        return rule_of_document(name, types, self.navigation.landmarks.get(name, ()), blocks, title)


def _parts(blocks: Sequence[Block]) -> dict[str, tuple[str, int]]:
    """What is left out, by rule: the heading above it, and its words."""
    found: dict[str, tuple[str, int]] = {}
    for block in blocks:
        if block.part:
            title, words = found.get(block.part, ("", 0))
            if not title and block.kind == "heading" and block.part != "titlepage":
                title = block.text[:80]
            found[block.part] = (title, words + len(block.raw.split()))
    return found
