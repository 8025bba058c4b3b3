"""Music and sound effects: `[music: theme.mp3 | fade in 1s]`, `SFX: door.wav`, `![x](a.mp3)`."""

import re
from collections.abc import Mapping
from typing import Literal

from podforge.cues import SUFFIXES
from podforge.errors import Place
from podforge.reading.names import RESERVED, normal
from podforge.script import Cue

_AUDIO = re.compile(rf"\S(?:.*\S)?\.(?:{'|'.join(SUFFIXES)})", re.I)
_CUE = re.compile(
    r"(?P<kind>music|sfx|sound effects?|sound)\b\s*(?P<colon>:?)\s*(?P<rest>.*)", re.I | re.S
)
_ACTION = re.compile(r"(?:stops?|ends?|out|fade(?:s|\s+out|\s+in)?|under|up|off|gain)\b", re.I)
_YES = ("", "yes", "true", "on")  # of an option that needs no value, where it stands in a map
IMAGE = re.compile(r"!\[([^\[\]]*)\]\(\s*<?([^()<>\"]*?)>?\s*(?:\"[^\"]*\")?\s*\)")


def is_audio(target: str) -> bool:
    """Whether a link leads to a sound file, by its suffix."""
    return bool(_AUDIO.fullmatch(target.strip()))


def bracketed(inside: str, place: Place) -> Cue | None:
    """The cue that `[inside]` stands for: with a colon, a file, an action, or nothing more."""
    found = _CUE.fullmatch(inside.strip())
    if not found:
        return None
    rest = found["rest"].strip()
    first = rest.split("|")[0].strip()
    if found["colon"] or not first or is_audio(first) or _ACTION.match(first):
        return described(_kind(found["kind"]), rest, place)
    return None


def is_misspelt(inside: str) -> bool:
    """Whether a bracket that is no cue has the form of one: `[musik: theme.mp3 | fade in 1s]`."""
    _, colon, rest = inside.split("|")[0].partition(":")
    return bool(colon) and is_audio(rest)


def labelled(name: str, rest: str, place: Place) -> Cue | None:
    """The cue of a line such as `MUSIC: theme.mp3`, for the reserved names."""
    kind = RESERVED.get(normal(name))
    if kind is None:
        return None
    cue = described("sfx" if kind == "sfx" else "music", rest, place)
    if normal(name) in ("music", "sfx", "sound"):
        return cue
    description = ": ".join(part for part in (normal(name), cue.description) if part)
    return Cue(cue.kind, cue.file, description, cue.options, place)


def described(kind: Literal["music", "sfx"], text: str, place: Place) -> Cue:
    """A cue from `file or description | option | option`."""
    first, *options = (" ".join(part.split()) for part in text.split("|"))
    file = first.strip("\"'<>") if is_audio(first.strip("\"'<>")) else ""
    kept = tuple(option for option in options if option)
    return Cue(kind, file, "" if file else first, kept, place)


def mapped(kind: Literal["music", "sfx"], entries: Mapping[str, str], place: Place) -> Cue:
    """A cue from a map in the YAML twin: `{file: theme.mp3, fade in: 1s, loop: yes}`."""
    options = tuple(
        name if value.lower() in _YES else f"{name} {value}"
        for name, value in entries.items()
        if name not in ("file", "description")
    )
    return Cue(kind, entries.get("file", ""), entries.get("description", ""), options, place)


def _kind(word: str) -> Literal["music", "sfx"]:
    return "music" if word.lower() == "music" else "sfx"
