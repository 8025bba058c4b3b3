"""What an element of XHTML means for reading aloud."""

import re
from collections.abc import Set
from dataclasses import dataclass
from typing import NamedTuple

from podforge.reading.epub.kinds import classes_of, is_speaker, types_of
from podforge.reading.epub.markup import Element, attribute, language_of, local, text_of, words
from podforge.reading.epub.matter import rule_of_types
from podforge.reading.epub.styles import Styles, hides

_BLOCKS = """
address article aside blockquote body caption center dd details dialog dir div dl dt fieldset
figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p
pre section summary table tbody td tfoot th thead tr ul
"""
_MACHINES = """
script style template head iframe audio video canvas input select textarea button
"""
BLOCKS = frozenset(_BLOCKS.split())
_SILENT = {
    **dict.fromkeys(_MACHINES.split(), "markup"),
    **dict.fromkeys(("rt", "rp", "rtc"), "ruby"),  # the base text is read: `rt` may be a gloss
    "svg": "picture",
    "math": "math",
}
DIRECTIONS = frozenset(("z3998:stage-direction", "z3998:stagedirection", "stage-direction"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_MARKS = {
    **dict.fromkeys(("b", "strong"), "strong"),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), "italic"),
    "a": "link",
    "hgroup": "grouped",
    "blockquote": "quoted",
}
_DIRECTION = re.compile(r"(?:stage|stagedirections?|stagedirs?|dramastage)")
_PAGE = re.compile(
    r"(?:pagenum|pagenumber|pageno|pagebreak|pagenumbers|pgnum|pb|pageref|lnum|linenum|linenumber|lineno)"
)
_NOTE = re.compile(r"(?:footnotes?|endnotes?|rearnotes?|fnote|footnotetext|endnotetext)")
_SMALL = re.compile(r"(?:smcap|smallcaps?|sc|smcp|scaps)")
_BOILERPLATE = re.compile(r"(?:pgboilerplate|pgheader|pgfooter)")
_GUTENBERG = ("pg-header", "pg-footer")
_APART = frozenset(("epigraph", "doc-epigraph", "dedication", "doc-dedication"))
_TITLES = frozenset(("title", "subtitle", "ordinal", "fulltitle", "covertitle", "halftitle"))
_PAGE_NUMBER = re.compile(r"\W*(?:(?:pages?|pg|p|seite|s)\W*)?(?:\d{1,5}|[ivxlcdm]{1,8})?\W*", re.I)
_LONGEST_PAGE = 16  # characters that may name a page: `[Pg 123]`


class Frame(NamedTuple):
    """What holds for the text at one place of a document; there is one for each element."""

    silent: str = ""  # the rule under which it is not heard
    part: str = ""  # that of the part of the book it stands in
    heading: int = 0
    language: str = ""
    alphabet: str = "ipa"
    said: tuple[int, str] | None = None
    strong: bool = False
    italic: bool = False
    persona: bool = False
    direction: bool = False
    kept: bool = False  # an epigraph or a dedication, wherever it stands
    grouped: bool = False  # in a group of headings
    quoted: bool = False
    ids: tuple[str, ...] = ()
    row: bool = False
    speaker: str = ""
    how: str = ""
    link: bool = False


@dataclass(frozen=True)
class Reading:
    """How the book as a whole is read."""

    styles: Styles
    include: Set[str]


def entered(element: Element, frame: Frame, reading: Reading) -> Frame:
    """What holds inside an element, given what holds around it."""
    tag = local(element)
    if tag in _SILENT:
        return frame._replace(silent=frame.silent or _SILENT[tag])
    if tag in _HEADINGS:
        frame = frame._replace(heading=int(tag[1]))
    elif tag == "p" and frame.grouped:
        frame = frame._replace(heading=6)
    elif tag in _MARKS:
        frame = _marked(frame, _MARKS[tag])
    elif tag == "nav" and "contents" not in reading.include:
        frame = frame._replace(part=frame.part or "contents")
    if not element.attrib:
        return frame
    if rule := _silence(element, reading):
        return frame._replace(silent=frame.silent or rule)
    return _looked(element, tag, frame, reading)


def _marked(frame: Frame, mark: str) -> Frame:
    """The frame with one of its marks set."""
    if mark == "strong":
        return frame._replace(strong=True)
    if mark == "italic":
        return frame._replace(italic=True)
    if mark == "link":
        return frame._replace(link=True)
    return frame._replace(grouped=True) if mark == "grouped" else frame._replace(quoted=True)


def _silence(element: Element, reading: Reading) -> str:
    """The rule by which an element is not heard, or empty."""
    style = element.get("style", "")
    named = words(element.get("class", ""))
    if (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or (style and hides(style))
        or any(name in reading.styles.hidden for name in element.get("class", "").split())
        or "x-ebookmaker-drop" in named
    ):
        return "hidden"
    types, classes = types_of(element), classes_of(element)
    page = {"pagebreak", "doc-pagebreak"} & set(types) or any(map(_PAGE.fullmatch, classes))
    if page and len(text := text_of(element)) <= _LONGEST_PAGE and _PAGE_NUMBER.fullmatch(text):
        return "page"
    return ""


def _placed(element: Element, tag: str, frame: Frame, reading: Reading) -> Frame:
    """The frame of an element by the part of the book it is."""
    types, classes = types_of(element), classes_of(element)
    rule = rule_of_types(types)
    if not rule and tag in BLOCKS and any(map(_NOTE.fullmatch, classes)):
        rule = "notes"
    if any(map(_BOILERPLATE.fullmatch, classes)) or element.get("id") in _GUTENBERG:
        rule = "licence"
    if _APART & set(types):
        return frame._replace(part="", kept=True)
    if not rule or rule in reading.include:
        return frame
    if tag in BLOCKS:
        return frame._replace(part=frame.part or rule)
    return frame._replace(silent=rule) if rule == "notes" else frame


def _looked(element: Element, tag: str, frame: Frame, reading: Reading) -> Frame:
    """The frame of an element with attributes, that is heard, by what its text is."""
    frame = _placed(element, tag, frame, reading)
    types, classes = types_of(element), classes_of(element)
    level = element.get("aria-level", "")
    if "heading" in types and level.isdecimal():
        frame = frame._replace(heading=min(int(level[:2]), 6))
    if tag == "p" and _TITLES & set(types) and not frame.heading and not frame.quoted:
        frame = frame._replace(heading=6)
    if DIRECTIONS & set(types) or any(map(_DIRECTION.fullmatch, classes)):
        frame = frame._replace(direction=True)
    elif not frame.direction and is_speaker(element) and not frame.heading:
        frame = frame._replace(persona=True, strong=True)
    named = {*classes, *element.get("class", "").split()}
    if any(map(_SMALL.fullmatch, named)) or named & reading.styles.small:
        frame = frame._replace(strong=True)
    language = language_of(element) or frame.language
    alphabet = attribute(element, "ssml:alphabet").lower() or frame.alphabet
    return frame._replace(language=language, alphabet=alphabet)
