"""References to notes, which are silent, and how to know them where nothing marks them."""

import re
from collections.abc import Iterable, Mapping, Sequence

from podforge.reading.epub.blocks import Block
from podforge.reading.epub.container import resolved
from podforge.reading.epub.markup import Element, attribute, local, text_of, words

_TYPED = frozenset(("noteref", "doc-noteref", "backlink", "doc-backlink", "annoref"))
_CLASS = re.compile(
    r"(?:noteref|footnoteref|fnref|footnotereference|fnanchor|footnotecall|noteanchor|footnotelink|"
    r"endnoteref|footnotelinkref|notenumber|footnotenumber|fnmarker|footnotemarker)"
)
_MARK = r"(?:\d{1,4}|[*†‡§¶]{1,4}|[A-Za-z]|[ivxlc]{1,6}|↩|note \d{1,4})\ufe0e?"
_BARE = re.compile(_MARK, re.I)
_BRACKETED = re.compile(rf"[\[({{]\s*{_MARK}\s*[\])}}]", re.I)
_TARGET = re.compile(r"foot|fn|note|ftn|endn|_ed?n", re.I)  # in the fragment of a reference
_LONGEST = 12  # characters of a reference


def is_reference(element: Element, begun: bool) -> bool:
    """Whether a link, or what is raised like one, only points to a note or back from it.

    `begun` says whether text stands before it in the paragraph: a note begins with its own mark.
    """
    tag = local(element)
    if is_typed(element):
        return True
    text = text_of(element)
    if len(text) > _LONGEST:
        return False
    classes = [re.sub(r"[-_]", "", name) for name in words(element.get("class", ""))]
    if any(map(_CLASS.fullmatch, classes)):
        return True
    bracketed = bool(_BRACKETED.fullmatch(text))
    if tag != "a":
        return tag == "sup" and (bracketed or (bool(text) and not text.strip("*†‡§¶")))
    href = element.get("href", "")
    _, mark, fragment = href.partition("#")
    if not mark or "://" in href:
        return False
    if text and not text.strip("*†‡§¶"):
        return True
    raised = any(local(one) in ("sup", "small") for one in (*element, *_parents(element)))
    return (bracketed and (begun or _TARGET.search(fragment) is not None)) or bool(
        _BARE.fullmatch(text) and (raised or _TARGET.search(fragment))
    )


def is_typed(element: Element) -> bool:
    """Whether an element says that it is such a reference."""
    types = words(f"{attribute(element, 'epub:type')} {element.get('role', '')}")
    return bool(_TYPED & set(types))


def _parents(element: Element) -> list[Element]:
    parent = element.getparent()
    return [] if parent is None else [parent]


def leave_out_notes(documents: Mapping[str, tuple[Sequence[Block], Iterable[str]]]) -> None:
    """Mark the notes that references point to; by document its blocks and what it refers to."""
    targets = {
        resolved(name, href) for name, (_, hrefs) in documents.items() for href in hrefs if href
    }
    for name, (blocks, _) in documents.items():
        for block in blocks:
            meant = any((name, identity) in targets for identity in block.ids)
            if meant and not block.part and block.kind == "paragraph":
                block.part = "notes"
