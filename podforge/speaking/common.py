"""Rules for every language: what no engine should ever be given, and the lexicon."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set

from podforge.speaking.offsets import Replacement, Rule

# Engines take control characters for commands; the others are invisible or undefined.
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff0-\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U0010ffff]|\\[\\[|\\]\\]"
)
_EMOJI = re.compile(
    " ?[\u2190-\u21ff\u2300-\u23ff\u2500-\u27bf\u2b00-\u2bff\ufe00-\ufe0f\u20e3"
    "\U0001f000-\U0001faff]"
    "[\u200d\ufe00-\ufe0f\u20e3\U0001f000-\U0001faff\u2600-\u27bf]*"
)
_ODD_SPACE = re.compile(r"[^\S ]")
_TOKEN = re.compile(r"\w+")
_WORD_SIGN = re.compile(r"\w")
_SPACES = re.compile(r"^\s+|\s+$|\s{2,}|[^\S ]")


def harmful(text: str) -> Iterator[Replacement]:
    """Control and invisible characters go; white space among them is a space."""
    if text.isascii() and text.isprintable() and "[[" not in text and "]]" not in text:
        return  # as nearly all are
    for found in _HARMFUL.finditer(text):
        space = found.group().isspace() or found.group() in "\u2028\u2029"
        yield found.start(), found.end(), " " if space else ""


def emoji(text: str) -> Iterator[Replacement]:
    """Pictures inside text are not spoken."""
    for found in _EMOJI.finditer(text):
        yield found.start(), found.end(), ""


def spaces(text: str) -> Iterator[Replacement]:
    """One plain space between words and none at the ends."""
    odd = not text.isprintable() and _ODD_SPACE.search(text)  # the plain space alone is printable
    if not odd and "  " not in text and text == text.strip():
        return
    for found in _SPACES.finditer(text):
        at_edge = found.start() == 0 or found.end() == len(text)
        yield found.start(), found.end(), "" if at_edge else " "


def lexicon(entries: Mapping[str, str], exact_only: Set[str] = frozenset()) -> tuple[Rule, ...]:
    """Whole words as the lexicon says them; the longest wins, then the exact spelling.

    Words in `exact_only` count in no other case.  The time does not grow with the lexicon.
    """
    by_start: dict[str, list[str]] = {}
    longest_first = sorted(entries, key=lambda word: (-len(word), word))
    for word in longest_first:
        if found := _TOKEN.match(word):
            by_start.setdefault(found.group().lower(), []).append(word)
    odd = [word for word in longest_first if not _TOKEN.match(word)]
    signs = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, odd))})(?!\w)") if odd else None

    def words(text: str) -> Iterator[Replacement]:
        for token in _TOKEN.finditer(text):
            start = token.start()
            if word := _best(text, start, by_start.get(token.group().lower(), ()), exact_only):
                yield start, start + len(word), entries[word]

    def others(text: str) -> Iterator[Replacement]:
        for found in signs.finditer(text) if signs else ():
            yield found.start(), found.end(), entries[found.group()]

    return (words, others) if signs else (words,) if entries else ()


def _best(text: str, start: int, words: Sequence[str], exact_only: Set[str]) -> str:
    """The first of some words, longest first, that stands at `start`; exactly, where one does."""
    best = ""
    for word in words:
        end = start + len(word)
        if len(word) < len(best):
            break
        if _WORD_SIGN.match(text, end):
            continue
        if text.startswith(word, start):
            return word
        if not best and word not in exact_only and text[start:end].casefold() == word.casefold():
            best = word
    return best
