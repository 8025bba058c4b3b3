"""Questions about an element of XHTML: what it says it is, and what it looks like."""

import re

from podforge.reading.epub.markup import Element, attribute, local, words

_SPEAKER = re.compile(
    r"(?:speakers?|persona|dramaspeaker|speakername|charname|charactername|dialogspeaker|"
    r"dialoguespeaker|dramatisname)"
)
_STANZAS = frozenset(("stanza", "linegroup", "lg"))
_LINES = frozenset(("ln", "line", "verseline", "poemline", "vline"))


def types_of(element: Element) -> list[str]:
    """What an element says it is: `epub:type` and `role`, in lower case."""
    said = f"{attribute(element, 'epub:type')} {element.get('role', '')}"
    return words(said)


def classes_of(element: Element) -> list[str]:
    """The classes of an element without hyphens, so that `page-num` is `pagenum`."""
    return [re.sub(r"[-_]", "", name) for name in words(element.get("class", ""))]


def is_speaker(element: Element) -> bool:
    """Whether an element is marked as the name of who speaks."""
    if "z3998:persona" in types_of(element):
        return True
    return any(map(_SPEAKER.fullmatch, classes_of(element)))


def is_line(element: Element, tag: str) -> bool:
    """Whether a block-level element is a line of verse, which goes on in the next one."""
    if tag not in ("div", "p"):
        return False
    mine, parent = set(classes_of(element)), element.getparent()
    if mine & _LINES:
        return True
    around = classes_of(parent) if parent is not None and parent.attrib else ()
    return bool(_STANZAS & set(around)) and not mine & _STANZAS


def document_types(root: Element, body: Element) -> list[str]:
    """What a document says it is: its body, and the one section that fills it."""
    found = [*types_of(root), *types_of(body)]
    inner = body
    while len(inner) == 1 and local(inner[0]) in ("section", "div", "article", "nav", "aside"):
        inner = inner[0]
        found += types_of(inner)
    return found


def is_code(element: Element) -> bool:
    """Whether preformatted text is a programme, and no poem."""
    inside = {local(one) for one in element.iter()}
    named = words(element.get("class", ""))
    return bool({"code", "samp", "kbd"} & inside) or any(
        "code" in n or "listing" in n for n in named
    )
