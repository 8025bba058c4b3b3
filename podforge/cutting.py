"""Where to cut: long paragraphs into pieces, chapters into windows.

Cuts follow content, not counting: the boundary with the smallest hash wins, then each side is
cut again.  An edit therefore moves the cuts beside it and no others.  A greedy
cut "every n characters" would shift every later one.
"""

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from podforge.cast import Limits
from podforge.sentences import sentence_ends
from podforge.units import spoken_length

_CLAUSE = re.compile(r"[,;:—–]+[\"'”’)\]]*\s+|[，、；：]")
_SPACE = re.compile(r"\s+")


def cut_text(text: str, most: int) -> Iterator[tuple[int, str]]:
    """Pieces of at most `most` characters with their offsets; whole sentences if possible.

    Characters count as `spoken_length` has it: an ideograph takes as long as several letters.
    """
    most = max(1, most * len(text) // max(1, spoken_length(text)))
    tiers = [_hashed(text, cuts) for cuts in _places(text)] if len(text) > most else []
    stack = [(0, len(text))]
    while stack:
        start, end = stack.pop()
        if end - start <= most:
            piece = text[start:end].strip()
            if piece:
                yield start + text[start:end].index(piece[0]), piece
            continue
        middle = _text_cut(tiers, start, end, most)
        stack += [(middle, end), (start, middle)]


def _places(text: str) -> Iterator[list[int]]:
    """Where to cut, best first: between sentences, clauses, words."""
    yield list(sentence_ends(text))
    yield [match.end() for match in _CLAUSE.finditer(text)]
    yield [match.end() for match in _SPACE.finditer(text)]


def _hashed(text: str, cuts: list[int]) -> tuple[list[int], list[bytes]]:
    """The cuts, and the hash of what follows each up to the next."""
    return cuts, [_hash(text[cut:end]) for cut, end in pairwise([*cuts, len(text)])]


def _text_cut(
    tiers: Sequence[tuple[list[int], list[bytes]]], start: int, end: int, most: int
) -> int:
    """The best boundary that is not close to an end, or the middle of a text without one."""
    margin = min(most // 4, (end - start) // 4)
    middle = (start + end) // 2
    for cuts, hashes in tiers:
        found = range(bisect_left(cuts, start + margin), bisect_right(cuts, end - margin))
        if found:
            best = min(found, key=lambda i: (hashes[i], abs(cuts[i] - middle), i))
            if start < cuts[best] < end:
                return cuts[best]
    return middle


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
    positions = [0, *accumulate(spoken_length(text) for text in texts)]
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
        # Equal hashes are equal texts: then the middle keeps the work small.
        middle = min(choices, key=lambda i: (ranks[i], hashes[i], abs(2 * i - start - end), i))
        stack += [(middle, end), (start, middle)]
    return windows


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
