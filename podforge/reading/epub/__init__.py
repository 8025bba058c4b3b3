"""EPUB 2 and 3: a book, or a play, as a script that a narrator and its characters read.

`container` (the zip) → `package`, `navigation`, `styles`, `lexicon` (what the book says about
itself) → `content` (a document to blocks; `elements`, `lists`, `notes`, `plays` say what an
element means) → `matter` (what is not the book) → `drama` (who speaks) → `telling` (items).

What is read is what a listener would want of the book: decisions that could be otherwise are
listed in `matter` (which parts are left out), `elements` (ruby: the base text), and here: the
heading above a chapter is heard, footnotes and what refers to them are not.
"""

from pathlib import Path

from podforge.errors import UsageError
from podforge.reading.epub.book import Book
from podforge.reading.epub.container import Container
from podforge.reading.epub.elements import Reading
from podforge.reading.epub.lexicon import read_lexicons
from podforge.reading.epub.matter import PARTS
from podforge.reading.epub.navigation import read_navigation
from podforge.reading.epub.package import picture, read_package
from podforge.reading.epub.styles import read_styles
from podforge.reading.epub.telling import Names, Teller
from podforge.reading.findings import Findings
from podforge.reading.source import Asked
from podforge.script import Header, Script

__all__ = ["PARTS", "read_epub"]

NARRATOR = "Narrator"


def read_epub(path: Path, asked: Asked, findings: Findings) -> Script:
    """The script in a book; `asked.include` names parts (`PARTS`, or `all`) to read as well.

    Raises `MissingInput` when it cannot be opened, `UsageError` when `include` names what no
    book has, and `InputError` when it is no EPUB, is protected, or is not to be trusted.
    """
    include = _included(asked)
    with Container(path, findings) as container:
        package = read_package(container, findings)
        navigation = read_navigation(container, package, findings)
        reading = Reading(read_styles(container, package), include)
        book = Book(container, package, navigation, reading, findings)
        documents = book.documents()
        book.arrange(documents)
        book.report(documents)
        language = package.language or book.language()
        blocks = [block for document in documents for block in document.found.blocks]
        names = Names(NARRATOR, [block.speaker for block in blocks])
        teller = Teller(container, names, book.ledger, language)
        for document in documents:
            teller.tell(document.name, document.found.blocks)
        lexicon = read_lexicons(container, package, findings)
        cover = picture(container, package.cover)
    items = teller.finished()
    header = Header(
        title=package.title,
        author=package.author,
        narrator=NARRATOR,
        date=package.date,
        language=language,
        description=package.description,
        mode="audiobook",
        closed=True,
        lexicon=lexicon,
        deals=True,
    )
    account = book.ledger.account(book.total)
    return Script(findings.file, header, items, cover=cover, account=account)


def _included(asked: Asked) -> frozenset[str]:
    unknown = [name for name in asked.include if name not in (*PARTS, "all")]
    if unknown:
        raise UsageError(
            f'a book has no part called "{unknown[0]}"', hint=f"one of {', '.join(PARTS)}, all"
        )
    return frozenset(PARTS if "all" in asked.include else asked.include)
