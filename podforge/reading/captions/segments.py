"""What a JSON document says: its lists of speech in order, and everything else in it."""

from dataclasses import dataclass

from podforge.reading.captions.entries import (
    ENDS,
    STARTS,
    Group,
    Json,
    entry_of,
    in_seconds,
    leaves,
    names_in,
    small,
    text_of,
)
from podforge.reading.captions.lists import Found, about, lists_in, together
from podforge.reading.captions.unspoken import Heard, Unspoken, unspoken

_EVENTS = ("chapter", "pause", "music", "sfx")  # entries that only a script of ours has
_AUTHORED = ("script", "transcript", "segments", "beats", "dialogue")  # where `twin` finds them


@dataclass(frozen=True)
class Layout:
    """What is said, in groups with a title or none, and every other value of the document.

    `authored` says that it has the shape of a script written for podforge.
    """

    groups: tuple[Group, ...]
    outside: tuple[str, ...]
    unspoken: tuple[Unspoken, ...] = ()
    title: str = ""
    language: str = ""
    authored: bool = False


def lay_out(document: Json) -> Layout | None:
    """The parts of a transcript; None when no list of texts is in it."""
    lists = list(lists_in(document))
    best = max(lists, key=lambda one: one.rank, default=None)
    if best is None:
        return None
    heard = Heard([text_of(entry) for entry in best.entries])
    spoken = together(lists, best, heard)
    names = dict(names_in(document))
    parts = [part for one in spoken for part in one.parts]
    groups = tuple(
        (part.title, tuple(entry_of(one, names) for one in part.entries)) for part in parts
    )
    held = {id(part.holder) for part in parts}
    return Layout(
        in_seconds(groups),
        tuple(leaves(document, held)),
        tuple(unspoken(document, held, heard)),
        about(document, ("title", "episodetitle", "name")),
        about(document, ("language", "languagecode", "lang")),
        len(spoken) == 1 and _is_authored(document, best),
    )


def _is_authored(document: Json, found: Found) -> bool:
    """Whether this is a script as `twin` reads it: texts only, no times, none of the rest."""
    if found.depth > 1 or found.key not in ("", *_AUTHORED) or not found.flat:
        return False
    if isinstance(document, dict) and "podforge" in document:
        return True
    if any(key in _EVENTS for entry in found.entries for key in entry):
        return True
    times = {*STARTS, *ENDS}
    return not any(small(key) in times for entry in found.entries for key in entry) and all(
        isinstance(value, str) for entry in found.entries for value in entry.values()
    )
