"""The lists of a JSON document in which something is said, and which of them belong together."""

from bisect import bisect, insort
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from podforge.reading.captions.entries import (
    NESTED_TEXTS,
    SPEAKERS,
    WORDS,
    Json,
    first,
    says,
    small,
    start_of,
    text_key,
    text_of,
)
from podforge.reading.captions.unspoken import Heard

_LISTS = (
    "utterances", "script", "segments", "transcript", "beats", "dialogue", "dialog", "turns",
    "paragraphs", "audiosegments", "monologues", "recognizedphrases", "lines", "inputs",
    "entries", "messages", "captions", "cues", "sentences", "transcripts", "items",
)  # fmt: skip
_ABOUT = ("metadata", "meta", "episode", "header", "info", "script", "results", "podcast", "show")
_MOST_TITLE = 200  # characters
_TITLES = ("title", "name", "heading", "chapter")
_DEEPEST = 5  # levels of objects and lists in which a list is looked for
_SURE = 8  # words from which a list that says what another one says is another form of it
Span = tuple[float, float]


class Part(NamedTuple):
    """Entries under a title or none, and the list or object that holds them and no others."""

    title: str
    entries: Sequence[Json]
    holder: Json


@dataclass(frozen=True)
class Found:
    """A list of entries, or a list of parts that hold some."""

    key: str
    parent: int  # the identity of the object it stands in
    depth: int
    flat: bool
    parts: tuple[Part, ...]

    @cached_property
    def entries(self) -> list[dict[str, Json]]:
        """Everything in it that is an object."""
        return [one for part in self.parts for one in part.entries if isinstance(one, dict)]

    @property
    def rank(self) -> tuple[bool, bool, bool, int, int, int]:
        """How good it is: with speakers first, of words last, whole, then by name and length."""
        entries = self.entries
        speakers = any(first(entry, SPEAKERS) not in (None, "") for entry in entries)
        place = _LISTS.index(self.key) if self.key in _LISTS else len(_LISTS)
        whole = len(self.parts) > 1
        return speakers, self.key not in WORDS, whole, -place, -self.depth, len(entries)

    @property
    def shape(self) -> tuple[str, bool, bool]:
        """Where its entries have their text, and whether they have speakers and times."""
        entries = self.entries
        texts = Counter(text_key(entry) for entry in entries)
        speakers = any(first(entry, SPEAKERS) not in (None, "") for entry in entries)
        return max(texts, key=texts.__getitem__), speakers, self.span is not None

    @cached_property
    def span(self) -> Span | None:
        """When its first and its last entry begin."""
        starts = [time for entry in self.entries if (time := start_of(entry)) is not None]
        return (min(starts), max(starts)) if starts else None


def lists_in(node: Json, key: str = "", parent: int = 0, depth: int = 0) -> Iterator[Found]:
    """Every list of entries, or of parts that hold entries, in the order of the document."""
    if depth == _DEEPEST:
        return
    if isinstance(node, dict):
        for name, value in node.items():
            yield from lists_in(value, small(name), id(node), depth + 1)
    elif isinstance(node, list):
        parts = tuple(_parts(node))
        if parts:
            yield Found(key, parent, depth, False, parts)
        elif says(node):
            yield Found(key, parent, depth, True, (Part("", node, node),))
        else:
            for one in node:
                if isinstance(one, dict):
                    yield from lists_in(one, "", parent, depth + 1)


def _parts(list_: Sequence[Json]) -> Iterator[Part]:
    """The chapters or scenes of a list: what they hold, and entries between them."""
    inner = [() if not isinstance(one, dict) or text_of(one) else _inner(one) for one in list_]
    held = sum(map(bool, inner))
    texts = sum(isinstance(one, dict) and bool(text_of(one).strip()) for one in list_)
    if not held or len(list_) > 2 * (held + texts):
        return
    several = held + texts > 1
    for one, lists in zip(list_, inner, strict=True):
        if not isinstance(one, dict):
            continue
        title = about(one, _TITLES) if several and (lists or not first(one, SPEAKERS)) else ""
        if lists:
            yield lists[0]._replace(title=title)
            yield from lists[1:]
        elif text_of(one).strip():
            yield Part(title, [one], one)


def _inner(one: dict[str, Json]) -> tuple[Part, ...]:
    """The lists of what is said in a chapter or scene."""
    lists = tuple(
        Found(small(key), 0, 0, True, (Part("", value, value),))
        for key, value in one.items()
        if isinstance(value, list) and small(key) not in (*WORDS, *NESTED_TEXTS) and says(value)
    )
    if not lists:
        return ()
    best = max(lists, key=lambda one: one.rank)
    kin = together(lists, best, Heard([text_of(entry) for entry in best.entries]))
    return tuple(part for found in kin for part in found.parts)


def together(lists: Sequence[Found], best: Found, heard: Heard) -> list[Found]:
    """The best list and those that go on with it, in the order of the document.

    They stand beside it or are called like it, their entries have the same shape, and they are
    neither said at the same time nor another form of what is said already.
    """
    shape = best.shape
    spoken = {id(best)}
    spans = [best.span] if best.span else []
    for one in lists:
        akin = one is not best and (one.parent == best.parent or one.key == best.key)
        if not akin or one.key in WORDS or one.shape != shape:
            continue
        texts = [text_of(entry) for entry in one.entries]
        if _alone(one.span, spans) and not heard.repeats(texts, least=_SURE):
            spoken.add(id(one))
            if one.span:
                insort(spans, one.span)
            heard.add(texts)
    return [one for one in lists if id(one) in spoken]


def _alone(span: Span | None, others: list[Span]) -> bool:
    """Whether nothing else begins within a span of time; `others` are sorted, and apart."""
    if span is None:
        return True
    at = bisect(others, span)
    return (at == 0 or others[at - 1][1] < span[0]) and (
        at == len(others) or others[at][0] > span[1]
    )


def about(node: Json, keys: Sequence[str]) -> str:
    """A fact about the whole, from the document or an object in it called so."""
    if not isinstance(node, dict):
        return ""
    inner = [value for key, value in node.items() if small(key) in _ABOUT]
    for one in (node, *inner):
        if isinstance(one, dict) and isinstance(found := first(one, keys), str):
            return " ".join(found.split())[:_MOST_TITLE]
    return ""
