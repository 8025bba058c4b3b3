"""Rules for every language: what no engine should ever be given, and the lexicon."""

import re
from collections.abc import Iterator, Mapping

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
    for found in () if text.isascii() else _EMOJI.finditer(text):
        yield found.start(), found.end(), ""


def spaces(text: str) -> Iterator[Replacement]:
    """One plain space between words and none at the ends."""
    if "  " not in text and text == text.strip() and not _ODD_SPACE.search(text):
        return
    for found in _SPACES.finditer(text):
        at_edge = found.start() == 0 or found.end() == len(text)
        yield found.start(), found.end(), "" if at_edge else " "


def lexicon(entries: Mapping[str, str]) -> tuple[Rule, ...]:
    """Whole words as the lexicon says them; the exact spelling wins over another case."""
    if not entries:
        return ()
    folded = {word.casefold(): said for word, said in entries.items()}
    exact = _words(entries)
    loose = re.compile(exact.pattern, re.I)

    def as_written(text: str) -> Iterator[Replacement]:
        for found in exact.finditer(text):
            yield found.start(), found.end(), entries[found.group()]

    def in_any_case(text: str) -> Iterator[Replacement]:
        for found in loose.finditer(text):
            said = folded.get(found.group().casefold())
            if said is not None:
                yield found.start(), found.end(), said

    return as_written, in_any_case


def _words(entries: Mapping[str, str]) -> re.Pattern[str]:
    longest_first = sorted(entries, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
