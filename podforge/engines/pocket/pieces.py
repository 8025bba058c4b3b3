"""A text in pieces that the model can hold, each as it stands in the text."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from podforge.sentences import sentence_ends

Ends = Callable[[str], Iterable[int]]  # where the next part begins, after each part but the last


def pieces(text: str, fits: Callable[[str], bool]) -> Iterator[str]:
    """Pieces that fit, as long as they can be; cut at sentences, else clauses, else words.

    A single word is never cut.
    """
    start = last = 0
    for cut in _cuts(text, 0, len(text), fits, (sentence_ends, _clause_ends, _word_ends)):
        if last > start and not fits(text[start:cut].strip()):
            yield text[start:last].strip()
            start = last
        last = cut
    if text[start:].strip():
        yield text[start:].strip()


def _cuts(
    text: str, start: int, end: int, fits: Callable[[str], bool], tiers: Sequence[Ends]
) -> Iterator[int]:
    """The ends of the parts of `text[start:end]` that fit, by the first tier that makes such."""
    if not tiers or fits(text[start:end].strip()):
        yield end
        return
    part = text[start:end]
    for cut in (*(start + at for at in tiers[0](part)), end):
        yield from _cuts(text, start, cut, fits, tiers[1:])
        start = cut


def _clause_ends(text: str) -> Iterator[int]:
    return (found.end() for found in re.finditer(r"[,;:—–]+[\"'”’)\]]*\s+", text))


def _word_ends(text: str) -> Iterator[int]:
    return (found.end() for found in re.finditer(r"\s+", text))
