"""What of a book is not the book: title page, imprint, contents, notes, index, advertisements.

Preface, introduction, foreword, dedication, epigraph, prologue, epilogue, afterword, appendix and
glossary are the book.  What a document says it is (`epub:type`, `role`, guide, landmarks) counts
before its name, and that before what stands in it.
"""

import re
from collections.abc import Iterable, Sequence

from podforge.reading.epub.blocks import Block
from podforge.reading.gutenbergmarks import CREDIT, END, START

# Structural semantics (EPUB 3 Structural Semantics Vocabulary, DPUB-ARIA 1.1, OPF 2.0 guide and
# Z39.98-2012) by the rule that leaves such a part out; the rules are what `--include` names.
_TYPES = {
    "cover": "cover doc-cover",
    "titlepage": "titlepage halftitlepage title-page halftitle half-title",
    "copyright": "copyright-page copyright imprint imprimatur colophon uncopyright other-credits "
    "doc-colophon doc-credits doc-credit",
    "contents": "toc doc-toc landmarks loi loa lot lov page-list doc-pagelist",
    "notes": "footnotes footnote endnotes endnote rearnotes rearnote notes doc-footnote "
    "doc-endnotes doc-endnote",
    "index": "index doc-index index-headnotes index-locator-list",
    "bibliography": "bibliography doc-bibliography biblioentry doc-biblioentry",
    "cast": "z3998:dramatis-personae dramatis-personae",
    "ads": "z3998:publisher-address advertisement ads",
}
_RULES = {kind: rule for rule, kinds in _TYPES.items() for kind in kinds.split()}
_BOOKS = """
bodymatter chapter part volume division section prologue epilogue preface foreword introduction
afterword epigraph dedication conclusion appendix glossary text doc-chapter doc-part doc-prologue
doc-epilogue doc-preface doc-foreword doc-introduction doc-afterword doc-epigraph doc-dedication
doc-conclusion doc-appendix doc-glossary
"""
_BOOK = frozenset(_BOOKS.split())
_NAMES = {
    "cover": "cover",
    "titlepage": "title page|titlepage|half title|half title page|title",
    "copyright": "copyright|copyright page|copyright notice|copyright information|imprint|"
    "colophon|uncopyright|impressum|mentions légales|créditos|legal notice|credits",
    "contents": "contents|table of contents|list of illustrations|illustrations|list of figures|"
    "list of tables|list of maps|list of plates|inhalt|inhaltsverzeichnis|table des matières|"
    "sommaire|índice|indice|contenido|inhoud|innehåll|spis treści",
    "notes": "notes|footnotes|endnotes|footnote|end notes|anmerkungen|fußnoten|notas|"
    "transcriber's note|transcriber's notes|transcriber’s note|transcriber’s notes|"
    "transcribers note|transcribers notes|transcriber notes",
    "index": "index|general index|subject index|index of names|register|sachregister",
    "bibliography": "bibliography|works cited|select bibliography|selected bibliography|"
    "bibliografía|bibliographie|literaturverzeichnis",
    "cast": "dramatis personae|dramatis personæ|persons represented|persons of the play|"
    "persons in the play|characters in the play|characters of the play|the persons of the play|"
    "personen|personnages|personajes|cast of characters|the persons|"
    "list of characters",
    "ads": "advertisements|advertisement|also by|books by the same author|by the same author|"
    "other books by the same author|newsletter|newsletter sign-up|about the publisher|"
    "also available|discover more",
}
_NAMED = {name: rule for rule, names in _NAMES.items() for name in names.split("|")}
_STARTS = re.compile(r"(?:also by|other (?:books|titles|works) by|(?:more )?books by) \S", re.I)
_FILES = re.compile(
    r"(?P<cover>cover(?:page|[-_]page)?|cvi?)|(?P<titlepage>(?:half)?[-_]?title(?:[-_]?page)?|tp)|"
    r"(?P<copyright>copyright(?:[-_]?page)?|imprint|colophon|uncopyright|cop(?:y)?)|"
    r"(?P<contents>toc|contents|loi|lot|nav)|(?P<notes>(?:foot|end|rear)notes?)|"
    r"(?P<bibliography>bibliography)|(?P<cast>dramatis[-_]personae)|"
    r"(?P<ads>ad[-_]?card|also[-_]?by|adverts?|advertisements?|newsletter)",
    re.I,
)
_LEGAL = re.compile(
    r"all rights reserved|\bISBN\b|copyright ©|© ?(?:19|20)\d\d|"
    r"no part of this (?:book|publication)|"
    r"library of congress|first published (?:in|by)|published by|alle rechte vorbehalten|"
    r"tous droits réservés|todos los derechos|dépôt légal|british library",
    re.I,
)

PARTS = (*_TYPES, "licence", "nonlinear")  # what `include` may name, beside `all`
_SHORT = 1500  # words: a chapter that is called like a cover has more
_LONG_PARTS = ("notes", "index", "bibliography")
_SMALL = frozenset(("by", "a", "an", "the", "of", "and", "novel", "novella", "play", "stories"))
_MOST_TITLE = 40  # words of a title page
_LONG = 60  # words: no line of a table of contents has as many
_LINKED = 0.7  # of a table of contents stands in links
_MOST_HEADER = 40  # blocks in which it is said who made the edition
_LONGEST_MARK, _LONGEST_CREDIT = 300, 400  # characters
_MOST_LEGAL = 900  # words of a copyright page


def rule_of_types(types: Iterable[str]) -> str:
    """The rule that leaves out what is of these types, or empty."""
    return next((_RULES[kind] for kind in types if kind in _RULES), "")


def rule_of_document(
    name: str,
    types: Sequence[str],
    listed: Sequence[str],
    blocks: Sequence[Block],
    title: Sequence[str],
) -> tuple[str, bool]:
    """The rule that leaves a whole document out (or empty), and whether it says so itself.

    `types` is what it calls itself, `listed` what landmarks and guide call it, `title` the words
    of title, author and publisher.
    """
    if rule := rule_of_types(types):
        return rule, True
    if _BOOK & set(types):
        return "", True
    words = [word for block in blocks for word in block.text.split()]
    rule = rule_of_types(listed)
    if rule and (len(words) < _SHORT or rule in _LONG_PARTS):
        return rule, False
    if _BOOK & set(listed):
        return "", False
    found = _FILES.fullmatch(name.rpartition("/")[2].partition(".")[0])
    rule = (found.lastgroup or "") if found else ""
    if rule and (len(words) < _SHORT or rule in _LONG_PARTS):
        return rule, False
    return _rule_of_text(blocks, words, title), False


def _rule_of_text(blocks: Sequence[Block], words: Sequence[str], title: Sequence[str]) -> str:
    """The rule that leaves out a document with such a text, or empty."""
    length = sum(len(block.raw) for block in blocks)
    if len(blocks) >= 5 and sum(block.links for block in blocks) > _LINKED * length:
        return "contents"
    text = " ".join(words[:_MOST_LEGAL])
    legal = {found.casefold() for found in _LEGAL.findall(text)}
    if len(words) <= _MOST_LEGAL and len(legal) >= 2:
        return "copyright"
    known = {_bare(word) for word in title} - _SMALL
    named = sum(1 for word in words if _bare(word) in known)
    small = sum(1 for word in words if _bare(word) in _SMALL)
    if named and len(words) <= _MOST_TITLE and named + small >= 0.8 * len(words):
        return "titlepage"
    return ""


def _bare(word: str) -> str:
    return word.casefold().strip(".,:;")


def rule_of_heading(text: str) -> str:
    """The rule that leaves out what stands below such a heading, or empty."""
    name = text.casefold().strip(" .:*—-")
    return _NAMED.get(name, "") or ("ads" if _STARTS.match(text) and len(text) < 80 else "")


def leave_out(blocks: Sequence[Block], include: Iterable[str], *, typed: bool) -> None:
    """Mark what stands below the heading of such a part, up to the next heading of its level.

    The first heading of a document that is `typed` is not judged by its name.
    """
    wanted = set(include)
    rule, level = "", 0
    for block in blocks:
        if block.kind == "heading" and not (rule and block.level > level):
            rule, level = "" if typed else rule_of_heading(block.text), block.level
            rule, typed = "" if rule in wanted else rule, False
        elif rule in ("contents", "ads") and len(block.text.split()) > _LONG and not block.links:
            rule = ""
        if rule and not block.part:
            block.part = rule


def leave_out_licence(documents: Sequence[Sequence[Block]]) -> None:
    """Mark what Project Gutenberg put before and behind a book."""
    flat = [block for blocks in documents for block in blocks]
    header, licence = -1, len(flat)
    for at, block in enumerate(flat):
        said = block.raw.casefold()
        if "gutenberg" not in said and "small print" not in said:
            continue
        if START.search(block.text):
            header = at
        if len(block.text) < _LONGEST_MARK and END.search(block.text):
            licence = min(licence, at)
    if header < 0 and licence == len(flat):
        return
    for at, block in enumerate(flat):
        made = at < _MOST_HEADER and len(block.text) < _LONGEST_CREDIT and CREDIT.match(block.text)
        if at <= header or at >= licence or made:
            block.part = block.part or "licence"
