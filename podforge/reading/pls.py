"""Pronunciation lexicons as files: PLS 1.0 (W3C Recommendation, 14 October 2008)."""

from collections.abc import Iterator

from lxml import etree

from podforge.errors import InputError, Place
from podforge.phonemes import from_xsampa, respelled

MOST_BYTES = 4 * 2**20
MOST_SAY = 200  # characters that stand for one word

_XSAMPA = ("x-sampa", "xsampa", "sampa")


def read_pls(data: bytes, place: Place) -> dict[str, str]:
    """Each grapheme and how it is said: its alias, or its phonemes respelled.

    Of several pronunciations the preferred one counts, else the first (section 4.9.2); those in
    an alphabet other than IPA and X-SAMPA are passed over.  Raises `InputError` at a line of
    `place.file` for what is not XML or not a lexicon.
    """
    if len(data) > MOST_BYTES:
        text = f"{len(data)} bytes of lexicon; at most {MOST_BYTES} are read"
        raise InputError.at(place, text)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        at = Place(place.file, *(error.position or (0, 0)))
        what = error.msg.partition(", line ")[0]
        raise InputError.at(at, f"not valid XML: {what}") from error
    if root is None or _name(root) != "lexicon":
        raise InputError.at(place, "not a pronunciation lexicon: its root must be <lexicon>")
    alphabet = root.get("alphabet", "ipa")
    found: dict[str, str] = {}
    for lexeme in _children(root, "lexeme"):
        say = _said(lexeme, alphabet)
        for grapheme in _children(lexeme, "grapheme") if say else ():
            if word := _text(grapheme):
                found.setdefault(word, say)
    return found


def _said(lexeme: etree._Element, alphabet: str) -> str:
    """How a lexeme is said; empty when nothing here can be."""
    readings: list[str] = []
    for child in _children(lexeme, "alias", "phoneme"):
        text = _text(child)
        say = text if _name(child) == "alias" else _read(text, child.get("alphabet", alphabet))
        if not say or len(say) > MOST_SAY:
            continue
        readings.insert(0 if child.get("prefer") == "true" else len(readings), say)
    return readings[0] if readings else ""


def _read(phonemes: str, alphabet: str) -> str:
    if alphabet.lower() in _XSAMPA:
        return respelled(from_xsampa(phonemes))
    return respelled(phonemes) if alphabet.lower() == "ipa" else ""


def _children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    return (child for child in element if _name(child) in names)


def _name(element: etree._Element) -> str:
    """The name without its namespace; empty for what is not an element."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())
