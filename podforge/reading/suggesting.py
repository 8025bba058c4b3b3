"""Who speaks in a script, and front matter that declares them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from podforge.dealing import deal
from podforge.errors import Place
from podforge.script import Role, Script

_BARE = re.compile(r"[A-Za-z_][\w ]*\w|[A-Za-z]")  # needs no quotes in YAML
# Also what a terminal obeys, or shows in another order: a cast is printed.
_UNQUOTABLE = re.compile(r'[\\"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]')
_YAML_WORDS = frozenset(("yes", "no", "on", "off", "true", "false", "null", "y", "n"))


@dataclass(frozen=True)
class FoundSpeaker:
    """A speaker of a script: how much they say, and where first."""

    name: str
    turns: int
    words: int
    place: Place
    voice: str = ""  # when the script declares it


@dataclass(frozen=True)
class CastSuggestion:
    """Everyone who speaks in a script, in order of appearance."""

    path: str
    title: str
    speakers: tuple[FoundSpeaker, ...]


def suggestion(script: Script) -> CastSuggestion:
    """The speakers of a script that was read, counted."""
    turns: dict[str, int] = {}
    words: dict[str, int] = {}
    places: dict[str, Place] = {}
    for speakers, turn in groupby(script.speeches(), key=lambda speech: speech.speakers):
        speeches = list(turn)
        for name in speakers:
            turns[name] = turns.get(name, 0) + 1
            words[name] = words.get(name, 0) + sum(len(s.text.split()) for s in speeches)
            places.setdefault(name, speeches[0].place)
    roles = {role.name: role for role in script.header.roles}
    found = tuple(
        FoundSpeaker(name, turns[name], words[name], place, roles.get(name, Role(name)).voice)
        for name, place in places.items()
    )
    return CastSuggestion(script.path, script.header.title, found)


def front_matter(suggestion: CastSuggestion, voices: Sequence[str]) -> str:
    """Front matter to paste, from `---` to `---`: every speaker with a voice.

    A declared voice is kept, a voice called like the speaker is taken, and the others are given
    in turn, each once before any is given again.
    """
    title = f"title: {quoted(suggestion.title)}\n" if suggestion.title else ""
    return f"---\n{title}{speakers_block(suggestion, voices)}---\n"


def speakers_block(suggestion: CastSuggestion, voices: Sequence[str]) -> str:
    """The `speakers:` of that front matter alone, for a script that has some already."""
    chosen = deal(((one.name, one.voice) for one in suggestion.speakers), voices)
    lines = [f"  {quoted(one.name)}: {quoted(chosen[one.name])}" for one in suggestion.speakers]
    return "\n".join(["speakers:", *lines, ""])


def quoted(text: str) -> str:
    """A YAML scalar, in quotes where it could be read as something else."""
    simple = _BARE.fullmatch(text.replace("-", "_")) and not text.endswith("-")
    if simple and text.lower() not in _YAML_WORDS:
        return text
    return '"' + _UNQUOTABLE.sub(_escaped, text) + '"'


def _escaped(found: re.Match[str]) -> str:
    """A character in double quotes (YAML 1.2, section 5.7)."""
    return "\\" + found[0] if found[0] in '\\"' else f"\\u{ord(found[0]):04x}"
