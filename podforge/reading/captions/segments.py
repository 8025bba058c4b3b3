"""Finds in a JSON document the list of what is said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from podforge.reading.captions.entries import (
    ENDS,
    SPEAKERS,
    STARTS,
    Group,
    Json,
    entry_of,
    first,
    in_seconds,
    leaves,
    names_in,
    small,
    text_of,
)

_LISTS = (
    "utterances", "script", "segments", "transcript", "beats", "dialogue", "dialog", "turns",
    "paragraphs", "audiosegments", "monologues", "recognizedphrases", "lines", "inputs",
    "entries", "messages", "captions", "cues", "sentences", "transcripts", "items",
)  # fmt: skip
_WORDS = ("words", "items", "wordsegments", "tokens", "elements")
_ABOUT = ("metadata", "meta", "episode", "header", "info", "script", "results", "podcast", "show")
_MOST_TITLE = 200  # characters
_MOST_LOOKED = 50  # objects of a list in which another list is looked for
_TITLES = ("title", "name", "heading", "chapter")
_EVENTS = ("chapter", "pause", "music", "sfx")  # entries that only a script of ours has
_AUTHORED = ("script", "transcript", "segments", "beats", "dialogue")  # where `twin` finds them
_DEEPEST = 5  # levels of objects in which a list is looked for


@dataclass(frozen=True)
class Layout:
    """What is said, in groups with a title or none, and every other value of the document.

    `authored` says that it has the shape of a script written for podforge.
    """

    groups: tuple[Group, ...]
    outside: tuple[str, ...]
    title: str = ""
    language: str = ""
    authored: bool = False


@dataclass(frozen=True)
class _Found:
    """A list of entries, or several under titles."""

    key: str
    groups: tuple[tuple[str, list[Json]], ...]
    depth: int

    @property
    def rank(self) -> tuple[bool, bool, bool, int, int, int]:
        """How good it is: with speakers first, of words last, whole, then by name and length."""
        entries = [entry for _, list_ in self.groups for entry in list_ if isinstance(entry, dict)]
        speakers = any(first(entry, SPEAKERS) not in (None, "") for entry in entries)
        place = _LISTS.index(self.key) if self.key in _LISTS else len(_LISTS)
        whole = len(self.groups) > 1
        return speakers, self.key not in _WORDS, whole, -place, -self.depth, len(entries)


def lay_out(document: Json) -> Layout | None:
    """The parts of a transcript; None when no list of texts is in it."""
    found = max(_lists(document), key=lambda one: one.rank, default=None)
    if found is None:
        return None
    names = dict(names_in(document))
    groups = tuple(
        (title, tuple(entry_of(one, names) for one in list_)) for title, list_ in found.groups
    )
    skipped = {id(one) for _, list_ in found.groups for one in list_ if isinstance(one, dict)}
    return Layout(
        in_seconds(groups),
        tuple(leaves(document, skipped)),
        _about(document, ("title", "episodetitle", "name")),
        _about(document, ("language", "languagecode", "lang")),
        _is_authored(document, found),
    )


def _lists(document: Json) -> Iterator[_Found]:
    """Every list in which most objects have a text, and lists of titled lists of such."""
    level: list[tuple[str, Json]] = [("", document)]
    for depth in range(_DEEPEST):
        below: list[tuple[str, Json]] = []
        for key, node in level:
            if isinstance(node, dict):
                below += [(small(name), value) for name, value in node.items()]
            elif isinstance(node, list) and _says(node):
                yield _Found(key, (("", node),), depth)
            elif isinstance(node, list):
                groups = [(_about(one, _TITLES), _inner(one)) for one in node]
                held = tuple((title, inner) for title, inner in groups if inner)
                if held and len(node) <= 2 * len(held):
                    yield _Found(key, held, depth)
                below += [("", one) for one in node[:_MOST_LOOKED] if isinstance(one, dict)]
        level = below


def _says(list_: Sequence[Json]) -> bool:
    texts = sum(isinstance(one, dict) and bool(text_of(one).strip()) for one in list_)
    return texts > 0 and len(list_) <= 2 * texts


def _inner(one: Json) -> list[Json]:
    """The list of what is said in a chapter or scene."""
    if not isinstance(one, dict):
        return []
    held = [(small(key), value) for key, value in one.items() if isinstance(value, list)]
    return next((list_ for key, list_ in held if key not in _WORDS and _says(list_)), [])


def _about(node: Json, keys: Sequence[str]) -> str:
    """A fact about the whole, from the document or an object in it called so."""
    if not isinstance(node, dict):
        return ""
    inner = [value for key, value in node.items() if small(key) in _ABOUT]
    for one in (node, *inner):
        if isinstance(one, dict) and isinstance(found := first(one, keys), str):
            return " ".join(found.split())[:_MOST_TITLE]
    return ""


def _is_authored(document: Json, found: _Found) -> bool:
    """Whether this is a script as `twin` reads it: texts only, no times, none of the rest."""
    if found.depth > 1 or found.key not in ("", *_AUTHORED) or len(found.groups) > 1:
        return False
    if isinstance(document, dict) and "podforge" in document:
        return True
    entries = found.groups[0][1]
    held = [entry for entry in entries if isinstance(entry, dict)]
    if any(key in _EVENTS for entry in held for key in entry):
        return True
    times = {*STARTS, *ENDS}
    return not any(small(key) in times for entry in held for key in entry) and all(
        isinstance(value, str) for entry in held for value in entry.values()
    )
