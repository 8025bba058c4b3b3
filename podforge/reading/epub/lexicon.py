"""How a book says its words are pronounced: PLS lexicons and SSML attributes (EPUB 3.3, 6.1)."""

from podforge.errors import InputError
from podforge.phonemes import from_xsampa, respelled
from podforge.reading.epub.container import Container
from podforge.reading.epub.package import Package
from podforge.reading.findings import Findings
from podforge.reading.pls import read_pls

PLS = "application/pls+xml"


def respelling(phonemes: str, alphabet: str) -> str:
    """How `ssml:ph` is written for a reader of English; empty for an alphabet nobody knows."""
    if alphabet in ("x-sampa", "xsampa"):
        return respelled(from_xsampa(phonemes))
    return respelled(phonemes) if alphabet in ("ipa", "") else ""


def read_lexicons(container: Container, package: Package, findings: Findings) -> dict[str, str]:
    """The words of every lexicon of the book and how they are said; the first one wins."""
    words: dict[str, str] = {}
    for item in package.items:
        data = container.read(item.name) if item.media_type == PLS else None
        if not data:
            continue
        place = container.place(item.name)
        try:
            found = read_pls(data, place)
        except InputError as error:
            findings.warning(place, f"the lexicon is not used: {error.problems[0].text}")
            continue
        words = {**found, **words}
    return words
