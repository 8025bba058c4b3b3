"""Makes what other formats say expressible in a script: names that can be labels, clean text."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from podforge.plain import plain
from podforge.reading.markdown.comments import hides
from podforge.reading.markdown.labels import parse
from podforge.reading.markdown.marks import PRIVATE
from podforge.reading.names import normal
from podforge.script import Chapter, Cue, Item, Role, Script, Speech

_TEXTS = ("title", "show", "author", "date", "language", "description", "genre", "license")
MOST_NAME = 60  # characters
NOBODY = "Speaker"  # who speaks where a file names nobody

_NO_NAME = re.compile(r"[:：*<>\[\](){}|`\\#~\"“”]+")
_NO_DESCRIPTION = re.compile(r"[|\[\]<>]+")


def tidied(script: Script) -> Script:
    """The script with clean names and texts; what then says nothing is left out."""
    names = _names(script)
    declared = {role.name: role for role in script.header.roles}
    roles: dict[str, Role] = {}
    for given, name in names.items():
        roles.setdefault(name, replace(declared.get(given, Role(given)), name=name))
    texts: dict[str, Any] = {key: clean(getattr(script.header, key)) for key in _TEXTS}
    header = replace(
        script.header,
        roles=tuple(roles.values()),
        narrator=names.get(script.header.narrator, script.header.narrator),
        **texts,
    )
    items = (tidy for item in script.items for tidy in _item(item, names))
    return replace(script, header=header, items=tuple(items))


def clean(text: str) -> str:
    """One line without control characters or others that no text has."""
    return " ".join(PRIVATE.sub("", plain(text)).split())


@lru_cache(maxsize=4096)
def as_label(name: str) -> str:
    """A name as a label can hold it; a mere number is one of a `Speaker`; empty if it has none."""
    label = clean(name)
    if not _is_label(label):
        label = clean(_NO_NAME.sub(" ", label))[:MOST_NAME].strip(" ,;.-–—_")
    if any(map(str.isalpha, label)):
        return label
    return f"{NOBODY} {label}" if any(map(str.isdigit, label)) else ""


def _names(script: Script) -> dict[str, str]:
    """A name that can be a label for each speaker; two that read alike are one."""
    given = [*(role.name for role in script.header.roles), *script.speakers()]
    first: dict[str, str] = {}
    names = {}
    for name in given:
        label = as_label(name) or NOBODY
        names[name] = first.setdefault(normal(label), label)
    return names


def _is_label(name: str) -> bool:
    """Whether a bold label of that name says the name and nothing else."""
    found = parse(f"**{name}:** Yes.") if len(name) <= MOST_NAME else None
    exact = found and (found.name, found.form, found.delivery) == (name, "bold", "")
    return bool(exact) and "\\" not in name and not hides(name)


def _item(item: Item, names: dict[str, str]) -> Iterator[Item]:
    match item:
        case Speech(speakers, text):
            who = tuple(dict.fromkeys(names[name] for name in speakers))
            exact = item.events or item.spoken  # their positions count in the text as it is
            text = text if exact else clean(text)
            if text and who:
                yield replace(item, speakers=who, text=text)
        case Chapter(title):
            yield replace(item, title=clean(title))
        case Cue(description=described):
            yield replace(item, description=clean(_NO_DESCRIPTION.sub(" ", described)))
        case _:
            yield item
