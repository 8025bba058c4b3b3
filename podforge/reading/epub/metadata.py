"""What a package document says about the book: Dublin Core, and what refines it."""

import re
from collections.abc import Iterator

from podforge.reading.epub.markup import Element, language_of, local, text_of

_THREE = {  # ISO 639-2 as older books write it, to BCP 47
    "eng": "en", "fre": "fr", "fra": "fr", "ger": "de", "deu": "de", "spa": "es", "ita": "it",
    "por": "pt", "dut": "nl", "nld": "nl", "swe": "sv", "dan": "da", "nor": "no", "fin": "fi",
    "pol": "pl", "rus": "ru", "jpn": "ja", "chi": "zh", "zho": "zh", "lat": "la",
}  # fmt: skip
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_ROLES = ("aut", "")  # MARC relators of who wrote it


def title(metadata: Element) -> str:
    """The main title: the one that says so, else the first."""
    titles = [title for title in named(metadata, "title") if text_of(title)]
    kinds = _refined(metadata, "title-type")
    main = (title for title in titles if kinds.get(title.get("id", "")) == "main")
    chosen = next(main, titles[0] if titles else None)
    return text_of(chosen) if chosen is not None else ""


def authors(metadata: Element) -> str:
    """Who wrote it: the creators with that role, or with none."""
    roles = _refined(metadata, "role")
    creators = list(named(metadata, "creator"))
    names = [
        text_of(creator)
        for creator in creators
        if (roles.get(creator.get("id", "")) or _opf(creator, "role")) in _ROLES
    ]
    return ", ".join(dict.fromkeys(filter(None, names or map(text_of, creators))))


def _refined(metadata: Element, wanted: str) -> dict[str, str]:
    """Values of `<meta refines="#id" property="...">`, by id."""
    return {
        meta.get("refines", "").lstrip("#"): text_of(meta)
        for meta in named(metadata, "meta")
        if meta.get("property") == wanted
    }


def language(metadata: Element, root: Element) -> str:
    """The language as a BCP 47 tag, or empty."""
    said = first(metadata, "language") or language_of(root)
    tag = said.replace("_", "-")
    tag = _THREE.get(tag.lower(), tag)
    return tag if _TAG.fullmatch(tag) and tag.lower() != "und" else ""


def date(metadata: Element) -> str:
    """The day of publication: `2015-05-12` of `2015-05-12T00:01:00Z`."""
    dates = [date for date in named(metadata, "date") if text_of(date)]
    published = (date for date in dates if _opf(date, "event") in ("publication", ""))
    chosen = next(published, dates[0] if dates else None)
    return text_of(chosen).partition("T")[0] if chosen is not None else ""


def plain(text: str) -> str:
    """A description without its markup: many are HTML written as text."""
    return " ".join(re.sub(r"<[^<>]{0,200}>", " ", text).split())


def _opf(element: Element, name: str) -> str:
    value = element.get(f"{{http://www.idpf.org/2007/opf}}{name}") or element.get(f"opf:{name}")
    return (value or "").lower()


def first(metadata: Element, name: str) -> str:
    """The text of the first element of a name that has any."""
    return next((text for one in named(metadata, name) if (text := text_of(one))), "")


def named(root: Element, name: str) -> Iterator[Element]:
    """Every element of a name, whatever its namespace."""
    return (element for element in root.iter() if local(element) == name)
