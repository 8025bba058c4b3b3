"""The table of contents: EPUB 3 navigation document (EPUB 3.3, section 7), or NCX of EPUB 2."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from podforge.reading.epub.container import Container, resolved
from podforge.reading.epub.markup import Element, attribute, local, parsed, text_of, words
from podforge.reading.epub.package import Package
from podforge.reading.findings import Findings


@dataclass(frozen=True)
class Entry:
    """A line of the table of contents and where it points."""

    title: str
    name: str  # the document inside the archive
    fragment: str  # an id in it; empty: its beginning


@dataclass(frozen=True)
class Navigation:
    """The entries in reading order, and what documents are called by the landmarks."""

    entries: tuple[Entry, ...] = ()
    landmarks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # types by document


def read_navigation(container: Container, package: Package, findings: Findings) -> Navigation:
    """The contents of a book; empty when it has none that can be read."""
    landmarks: dict[str, tuple[str, ...]] = {}
    for name, kind in package.guide:
        landmarks[container.find(name)] = (*landmarks.get(container.find(name), ()), kind)
    entries: tuple[Entry, ...] = ()
    if package.navigation:
        root = _root(container, package.navigation, findings)
        navs = [nav for nav in root.iter() if local(nav) == "nav"] if root is not None else []
        for nav in navs:
            types = words(attribute(nav, "epub:type") + " " + nav.get("role", ""))
            if "landmarks" in types:
                for name, kinds in _landmarks(container, package.navigation, nav):
                    landmarks[name] = (*landmarks.get(name, ()), *kinds)
            elif ("toc" in types or "doc-toc" in types or len(navs) == 1) and not entries:
                entries = tuple(_links(container, package.navigation, nav))
    if not entries and package.ncx:
        root = _root(container, package.ncx, findings)
        entries = tuple(_points(container, package.ncx, root)) if root is not None else ()
    return Navigation(tuple(dict.fromkeys(entries)), landmarks)


def _root(container: Container, name: str, findings: Findings) -> Element | None:
    data = container.read(name)
    root, sound = parsed(data) if data else (None, False)
    if root is None:
        findings.warning(container.place(name), "the table of contents cannot be read")
    elif not sound:
        findings.warning(container.place(name), "not well-formed XML: read as far as possible")
    return root


def _links(container: Container, base: str, nav: Element) -> Iterator[Entry]:
    for link in nav.iter():
        if local(link) == "a" and link.get("href"):
            name, fragment = resolved(base, link.get("href", ""))
            title = text_of(link) or link.get("title", "")
            if title and (found := container.find(name)):
                yield Entry(title, found, fragment)


def _landmarks(
    container: Container, base: str, nav: Element
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for link in nav.iter():
        if local(link) == "a":
            name, fragment = resolved(base, link.get("href", ""))
            if not fragment and (found := container.find(name)):
                yield found, tuple(words(attribute(link, "epub:type")))


def _points(container: Container, base: str, root: Element) -> Iterator[Entry]:
    for point in root.iter():
        if local(point) == "navpoint":
            label = next((one for one in point if local(one) == "navlabel"), None)
            content = next((one for one in point if local(one) == "content"), None)
            if label is None or content is None:
                continue
            name, fragment = resolved(base, content.get("src", ""))
            if (title := text_of(label)) and (found := container.find(name)):
                yield Entry(title, found, fragment)
