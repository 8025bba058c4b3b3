"""What a JSON transcript holds beside what is spoken of it: other forms of that, or more speech."""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

from podforge.reading.captions.entries import NESTED_TEXTS, WORDS, Json, says, small, text_of

_WORD = re.compile(r"\w+")
_RUN = 3  # words that are compared together
_REPEATED = 0.5  # share of a text that is said elsewhere, from which it is another form of that
_SENTENCE = 5  # words from which a string in a list can be speech and no tag


class Unspoken(NamedTuple):
    """How many words the lists under a key hold that nobody speaks."""

    key: str
    words: int


class Heard:
    """What is said, to be compared with what else there is."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._new = [texts]
        self._words: set[str] = set()
        self._runs: set[int] = set()

    def add(self, texts: Sequence[str]) -> None:
        """Remember that these are said as well."""
        self._new.append(texts)

    def repeats(self, texts: Sequence[str], least: int = 1) -> bool:
        """Whether texts of at least so many words say what is said already."""
        while self._new:  # most documents have nothing to compare with
            words = _words_of(self._new.pop())
            self._words.update(words)
            self._runs.update(_runs(words))
        words = _words_of(texts)
        known = [run in self._runs for run in _runs(words)] or [one in self._words for one in words]
        return len(words) >= least and sum(known) >= _REPEATED * len(known)


def _words_of(texts: Iterable[str]) -> list[str]:
    return _WORD.findall(" ".join(texts).casefold())


def _runs(words: Sequence[str]) -> Iterator[int]:
    return (
        crc32(" ".join(words[at : at + _RUN]).encode("utf-8", "replace"))
        for at in range(len(words) - _RUN + 1)
    )


def unspoken(document: Json, spoken: Container[int], heard: Heard) -> Iterator[Unspoken]:
    """The lists of speech outside what is spoken (by identity), and strings between its entries."""
    words: Counter[str] = Counter()
    stack: list[tuple[str, Json, bool]] = [("", document, False)]
    while stack:
        key, node, within = stack.pop()
        if isinstance(node, dict):
            within = within or id(node) in spoken
            for name, value in node.items():
                if not within or small(name) not in (*WORDS, *NESTED_TEXTS):
                    stack.append((name, value, within))
        elif isinstance(node, list):
            entries = id(node) in spoken
            texts = _texts(node, strings_only=entries)
            more = bool(texts) and not heard.repeats(texts)
            if more:
                words[key] += sum(len(text.split()) for text in texts)
            if entries or not more:
                stack += ((key, one, entries or within) for one in node if not isinstance(one, str))
    return (Unspoken(key, count) for key, count in words.items())


def _texts(list_: Sequence[Json], strings_only: bool) -> list[str]:
    """What a list could have somebody say; tags and other single words are no speech."""
    strings = [one for one in list_ if isinstance(one, str) and one.strip()]
    if strings_only:
        return strings
    sentences = strings if any(len(text.split()) >= _SENTENCE for text in strings) else []
    said = [text_of(one) for one in list_ if isinstance(one, dict)] if says(list_) else []
    return [*said, *sentences]
