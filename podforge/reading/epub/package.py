"""The package document: what the book is called, what is in it, and in which order.

EPUB 3.3, section 5, and OPF 2.0.1 for EPUB 2.
"""

from dataclasses import dataclass

from podforge.errors import InputError
from podforge.reading.epub.container import Container, resolved
from podforge.reading.epub.markup import (
    Element,
    parsed,
    words,
)
from podforge.reading.epub.metadata import authors, date, first, language, named, plain, title
from podforge.reading.findings import Findings

_OBFUSCATED = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#rc")
_DOCUMENTS = ("application/xhtml+xml", "text/html", "text/x-oeb1-document", "image/svg+xml")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")  # JPEG and PNG


@dataclass(frozen=True)
class Item:
    """A file of the manifest."""

    name: str  # inside the archive
    media_type: str
    properties: tuple[str, ...]


@dataclass(frozen=True)
class Package:
    """What the package document says."""

    title: str
    author: str
    language: str  # BCP 47, or empty
    date: str
    description: str
    publisher: str
    items: tuple[Item, ...]
    spine: tuple[tuple[Item, bool], ...]  # in reading order, and whether it is part of it
    guide: tuple[tuple[str, str], ...]  # name of a document, and what it is (`toc`, `cover`)
    navigation: str  # the document with `nav`, or empty
    ncx: str
    cover: str  # the picture, or empty


def read_package(container: Container, findings: Findings) -> Package:
    """Read the package document; raises `InputError` when there is none, or the book is locked."""
    _check_rights(container)
    name = _package_name(container)
    data = container.read(name) if name else None
    root, sound = parsed(data) if data else (None, True)
    if root is None:
        raise InputError.at(container.place(""), "not an EPUB: it has no package document (.opf)")
    if not sound:
        findings.warning(container.place(name), "not well-formed XML: read as far as possible")
    manifest = _manifest(root, name)
    metadata = next(named(root, "metadata"), root)
    spine = next(named(root, "spine"), None)
    order = _spine(spine, manifest, findings, container, name)
    ncx = manifest.get(spine.get("toc", "") if spine is not None else "")
    items = tuple(manifest.values())
    guide = tuple(
        (resolved(name, reference.get("href", ""))[0], reference.get("type", "").lower())
        for reference in named(root, "reference")
        if "#" not in reference.get("href", "")
    )
    return Package(
        title=title(metadata),
        author=authors(metadata),
        language=language(metadata, root),
        date=date(metadata),
        description=plain(first(metadata, "description")),
        publisher=first(metadata, "publisher"),
        items=items,
        spine=order,
        guide=guide,
        navigation=next((item.name for item in items if "nav" in item.properties), ""),
        ncx=ncx.name if ncx else _by_type(items, "application/x-dtbncx+xml"),
        cover=_cover(metadata, manifest, guide),
    )


def picture(container: Container, name: str) -> bytes:
    """The cover, when it is a JPEG or PNG; else empty."""
    data = (container.read(name) if name else None) or b""
    return data if data.startswith(_PICTURES) else b""


def _package_name(container: Container) -> str:
    data = container.read("META-INF/container.xml")
    root = parsed(data)[0] if data else None
    if root is not None:
        for rootfile in named(root, "rootfile"):
            name = container.find(resolved("", rootfile.get("full-path", ""))[0])
            if name:
                return name
    others = (name for name in container.names() if name.lower().endswith(".opf"))
    return min(others, key=lambda name: name.count("/"), default="")


def _check_rights(container: Container) -> None:
    """Refuse a book under DRM; obfuscated fonts (EPUB 3.3, section 4.4) are no obstacle."""
    data = container.read("META-INF/encryption.xml")
    root = parsed(data)[0] if data else None
    methods = named(root, "encryptionmethod") if root is not None else ()
    if any(method.get("Algorithm", "").lower() not in _OBFUSCATED for method in methods):
        text = "the book is protected (DRM): podforge reads only books without protection"
        raise InputError.at(container.place(""), text)


def _manifest(root: Element, base: str) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for number, item in enumerate(named(root, "item")):
        name = resolved(base, item.get("href", ""))[0]
        key = item.get("id") or f"#{number}"
        kind = item.get("media-type", "").lower()
        found.setdefault(key, Item(name, kind, tuple(words(item.get("properties", "")))))
    return found


def _spine(
    spine: Element | None,
    manifest: dict[str, Item],
    findings: Findings,
    container: Container,
    name: str,
) -> tuple[tuple[Item, bool], ...]:
    order: dict[str, tuple[Item, bool]] = {}
    for reference in named(spine, "itemref") if spine is not None else ():
        item = manifest.get(reference.get("idref", ""))
        if item is None:
            text = f'the reading order names "{reference.get("idref", "")}", which is not listed'
            findings.warning(container.place(name), text)
        else:
            order.setdefault(item.name, (item, reference.get("linear", "").lower() != "no"))
    if not order:
        findings.warning(
            container.place(name), "no reading order: the documents as they are listed"
        )
        listed = (item for item in manifest.values() if item.media_type in _DOCUMENTS[:3])
        order = {item.name: (item, True) for item in listed if "nav" not in item.properties}
    return tuple(order.values())


def _cover(metadata: Element, manifest: dict[str, Item], guide: tuple[tuple[str, str], ...]) -> str:
    for item in manifest.values():
        if "cover-image" in item.properties:
            return item.name
    for meta in named(metadata, "meta"):
        if meta.get("name", "").lower() == "cover":
            meant = manifest.get(meta.get("content", ""))
            if meant and meant.media_type.startswith("image/"):
                return meant.name
    pictures = {item.name for item in manifest.values() if item.media_type.startswith("image/")}
    return next((name for name, kind in guide if kind == "cover" and name in pictures), "")


def _by_type(items: tuple[Item, ...], kind: str) -> str:
    return next((item.name for item in items if item.media_type == kind), "")
