"""From the bytes of a document to its elements, without trusting them.

A DTD is never read, and neither are external entities.  What is not well formed is read as a
browser would.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Protocol, cast, overload

from lxml import etree

from podforge.reading.epub.decoding import decoded, prepared

OPS = "http://www.idpf.org/2007/ops"
SSML = "http://www.w3.org/2001/10/synthesis"
XML = "http://www.w3.org/XML/1998/namespace"
_NAMESPACES = {"epub": OPS, "ssml": SSML, "xml": XML}


class Element(Protocol):
    """What is used of an element of lxml, which has no types of its own."""

    tag: object  # a string, but for comments and the like
    text: str | None
    tail: str | None
    attrib: Mapping[str, str]
    sourceline: int | None

    @overload
    def get(self, key: str) -> str | None: ...
    @overload
    def get(self, key: str, default: str) -> str: ...
    def get(self, key: str, default: str | None = None) -> str | None:
        """An attribute."""

    def __iter__(self) -> Iterator["Element"]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, at: int) -> "Element": ...
    def iter(self) -> Iterator["Element"]:
        """The element and everything in it."""

    def iterancestors(self) -> Iterator["Element"]:
        """What it stands in, from the inside."""

    def itertext(self, *, with_tail: bool = True) -> Iterator[str]:
        """All the text in it."""

    def getparent(self) -> "Element | None":
        """What it stands in."""


_TAG = re.compile(r"<[^<>]*>")
_CLOSED = re.compile(r"<([A-Za-z][A-Za-z0-9]*)((?:\s[^<>]*)?)/>")
_VOIDS = "area base br col embed hr img input link meta source track wbr"
_VOID = frozenset(_VOIDS.split())


def parsed(data: bytes) -> tuple[Element | None, bool]:
    """The root of a document, and whether it is well formed; None when there is no element."""
    text = prepared(decoded(data))
    try:
        return cast(Element, etree.fromstring(text.encode(), _xml(recover=False))), True
    except (etree.XMLSyntaxError, ValueError):
        return _recovered(text), False


def local(element: Element) -> str:
    """The name of an element without its namespace, in lower case."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def attribute(element: Element, name: str) -> str:
    """An attribute by its usual name (`epub:type`), whichever parser read it."""
    value = element.get(name)
    if value is None and ":" in name:
        prefix, _, bare = name.partition(":")
        value = element.get(f"{{{_NAMESPACES[prefix]}}}{bare}")
    return value or ""


def words(value: str) -> list[str]:
    """The lower-case tokens of an attribute such as `class`."""
    return value.lower().split()


def language_of(element: Element) -> str:
    """The language an element declares, or empty."""
    return (attribute(element, "xml:lang") or element.get("lang") or "").strip()


def text_of(element: Element) -> str:
    """All the text inside an element, on one line."""
    return " ".join("".join(element.itertext()).replace("\xad", "").split())


def visible_in(element: Element | None) -> str:
    """All the text inside an element as it stands."""
    return "" if element is None else "".join(element.itertext())


def written(data: bytes) -> int:
    """How many visible characters a document seems to have outside its tags."""
    return len("".join(_TAG.sub("", prepared(decoded(data))).split()))


def _recovered(text: str) -> Element | None:
    """What can be saved of a document: the reading of it that loses less."""
    root: Element | None
    other: Element | None
    try:
        root = etree.fromstring(text.encode(), _xml(recover=True))
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is not None and local(root) != "html":
        return root
    parser = etree.HTMLParser(
        recover=True,
        no_network=True,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        other = etree.fromstring(_CLOSED.sub(_opened, text).encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        other = None
    if root is None or other is None:
        return root if other is None else other
    lost = len(visible_in(root)) < 0.98 * len(visible_in(other))
    return other if lost else root


def _opened(found: re.Match[str]) -> str:
    """`<a id="x"/>` is an empty element in XML, an open one in HTML."""
    name = found[1]
    return found[0] if name.lower() in _VOID else f"<{name}{found[2]}></{name}>"


def _xml(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover,
        resolve_entities=False,
        no_network=True,
        huge_tree=True,  # else all below 256 elements is lost; sizes are bounded before
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
