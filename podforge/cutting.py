"""Where to cut: long paragraphs into pieces, chapters into windows.

Cuts follow content, not counting: the boundary with the smallest hash wins, then each side is
cut again.  An edit therefore moves the cuts beside it and no others (DESIGN, rule 2).  A greedy
cut "every n characters" would shift every later one.
"""

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from podforge.cast import Limits

_SENTENCE = re.compile(r"[.!?…]+[\"'”’)\]]*\s+")  # best places to cut a paragraph
_CLAUSE = re.compile(r"[,;:—–]+[\"'”’)\]]*\s+")  # next best
_SPACE = re.compile(r"\s+")  # better than the middle of a word


def cut_text(text: str, most: int) -> Iterator[tuple[int, str]]:
    """Pieces of at most `most` characters with their offsets; whole sentences if possible."""
    if len(text) <= most:
        yield 0, text
        return
    stack = [(0, len(text))]
    while stack:
        start, end = stack.pop()
        if end - start <= most:
            piece = text[start:end]
            stripped = piece.strip()
            if stripped:
                yield start + piece.index(stripped[0]), stripped
            continue
        middle = _text_cut(text, start, end, most)
        stack += [(middle, end), (start, middle)]


def _text_cut(text: str, start: int, end: int, most: int) -> int:
    """The best boundary that is not close to an end, or the middle of a text without one."""
    margin = min(most // 4, (end - start) // 4)
    for pattern in (_SENTENCE, _CLAUSE, _SPACE):
        found = [m.end() for m in pattern.finditer(text, start + margin, end - margin)]
        if found:
            following = [*found[1:], end]
            return min(
                zip(found, following, strict=True), key=lambda cut: (_hash(text[slice(*cut)]), cut)
            )[0]
    return (start + end) // 2


def cut_windows(
    texts: Sequence[str],
    speakers: Sequence[str],
    ranks: Sequence[tuple[bool, ...]],
    limits: Limits,
) -> list[tuple[int, int]]:
    """Windows `(start, end)` over the utterances of a chapter, in order, none left out.

    `ranks` says how good a cut before each utterance is: lower is better.  A run that fits the
    limits is one window.  A single utterance always is, even one that is too long.
    """
    positions = [0, *accumulate(len(text) for text in texts)]
    hashes = [_hash(text) for text in texts]
    windows = []
    stack = [(0, len(texts))] if texts else []
    while stack:
        start, end = stack.pop()
        fits = positions[end] - positions[start] <= limits.most_characters
        if end - start == 1 or (fits and len(set(speakers[start:end])) <= limits.speakers):
            windows.append((start, end))
            continue
        low = bisect_left(positions, positions[start] + limits.least_characters)
        high = bisect_right(positions, positions[end] - limits.least_characters)
        choices = range(max(low, start + 1), min(high, end)) or range(start + 1, end)
        middle = min(choices, key=lambda i: (ranks[i], hashes[i], i))
        stack += [(middle, end), (start, middle)]
    return windows


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
