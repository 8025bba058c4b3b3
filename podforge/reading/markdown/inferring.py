"""An open cast: which of a file's labels are people who speak, judged by the file alone.

`Risk: low` may stand as often as a name, and a guest may speak once.  So it is not counted how
often a label stands, but whether it takes part in a conversation: somebody speaks, another does,
and under the same heading the first speaks again.  Whoever stands beside those is a guest.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from podforge.reading.markdown.labels import NUMBERED, Form, Label
from podforge.reading.names import RESERVED, name_like, normal, part_like, stopped

DENSE = 0.25  # labels per paragraph from which a name that stands once is believed
SPARSE = 0.15  # below it labels in plain type are no conversation
MOSTLY = 0.5  # from it those are believed who each speak once, or once under each heading
NEARLY_ALL = 0.9  # from it even `$STDOUT` is a name
ONCE, TWICE = 0.7, 0.5  # from them plain names that stand so often are believed beside others
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*|\d+(?:[.,:]\d+)*(?:st|nd|rd|th|s)?")
_EDGE = re.compile(r"^[\W_]+|[\W_]+$")
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")  # scripts without spaces
_ENDED = re.compile(r"[.!?…。！？—–-][\"'”’»)\]*_]*$")


class Shown(NamedTuple):
    """A possible label where it stands: under which heading, and the text that follows it."""

    label: Label
    section: int
    paragraph: int
    opens: bool  # whether it begins the paragraph
    said: str


def possible(label: Label) -> bool:
    """Whether a label can show who speaks; no phrase in plain type before a colon does."""
    if label.form in ("bare", "sentence") or stopped(label.name):
        return False
    if normal(label.name) in RESERVED:
        return False
    return label.form != "plain" or " " not in label.name or name_like(label.name)


@dataclass
class Seen:
    """How often a name stands where a label would, and how."""

    name: str
    strong: int = 0
    plain: int = 0
    first: int = 0  # which of the labels of the file
    talks: int = 0  # how often the text behind it reads like speech
    words: int = 0
    ended: int = 0  # how often that ends as a sentence does
    forms: set[Form] = field(default_factory=set)
    returns: bool = False  # speaks again under a heading after somebody else
    sections: set[int] = field(default_factory=set)

    @property
    def times(self) -> int:
        """In any form."""
        return self.strong + self.plain


def infer(shown: Sequence[Shown], known: Collection[str], paragraphs: int) -> list[Seen]:
    """Everyone who speaks besides those `known`, in order of first appearance."""
    seen = _count(shown)
    paragraphs -= sum(one.opens and not one.label.rest.strip() for one in shown)  # text is below
    density = len(shown) / max(paragraphs, 1)
    core = {key for key, one in seen.items() if _converses(one, density, len(seen) == 1)}
    core = _speaking(seen, core)
    there = core | (seen.keys() & set(known))
    if not there and density >= MOSTLY:
        core = _speaking(seen, {key for key, one in seen.items() if _may_speak(one, density)})
        there = core
    if there:
        core |= _guests(seen, there, shown, paragraphs)
    return [one for key, one in seen.items() if key in core and key not in known]


def _guests(
    seen: dict[str, Seen], there: set[str], shown: Sequence[Shown], paragraphs: int
) -> set[str]:
    """Who speaks beside those that converse; the fewer paragraphs have a label, the less sure."""
    sections = {section for key in there for section in seen[key].sections}
    begins = min(seen[key].first for key in there)
    beside = {
        key: one
        for key, one in seen.items()
        if one.sections & sections and (one.first >= begins or _opens(one))
    }
    dense = sum(one.strong for one in seen.values()) >= DENSE * paragraphs
    if _in_sentences(seen, there):
        beside = {key: one for key, one in beside.items() if not _in_fragments(one)}
    share = _share([one for one in shown if normal(one.label.name) in there])
    return {
        key
        for key, one in beside.items()
        if (one.strong and dense)
        or ((one.strong or "timed" in one.forms) and _reads_like_a_speaker(one))
        or ((len(there) > 1 or one.returns) and _looks_alike(one, there, seen, share))
    }


def _opens(one: Seen) -> bool:
    """Whether a name before those that converse opens the conversation: with a sentence."""
    return _reads_like_a_speaker(one) and ("timed" in one.forms or one.ended > 0)


def _share(shown: Sequence[Shown]) -> float:
    """How many of the paragraphs, or of the lines where turns are lines, have such a label."""
    opening = sum(one.opens for one in shown)
    if 2 * opening >= len(shown):
        return opening / (1 + shown[-1].paragraph - shown[0].paragraph)
    return len(shown) / sum(1 + one.said.count("\n") for one in shown)


def _looks_alike(one: Seen, there: set[str], seen: dict[str, Seen], share: float) -> bool:
    """Whether a name in plain type is written as the others where nearly every turn has one."""
    if not one.talks or share < (TWICE if one.times > 1 else ONCE):
        return False
    if one.returns and name_like(one.name):  # `THE COURT` beside `Ana`
        return True
    others = [seen[key] for key in there if seen[key].forms & one.forms]
    if not any(_same_case(one.name, other.name) for other in others):
        return False
    return " " not in one.name or name_like(one.name)


def _same_case(one: str, other: str) -> bool:
    """Whether both are in capitals, both in small letters, or neither; initials go with all."""
    if one.isupper() and other.isupper():
        return True
    long = [name for name in (one, other) if not (name.isupper() and len(name) <= 4)]
    return len({(name.isupper(), name.islower()) for name in long}) <= 1


def _count(shown: Sequence[Shown]) -> dict[str, Seen]:
    seen: dict[str, Seen] = {}
    last: dict[tuple[str, int], int] = {}
    for index, (label, section, _, _, said) in enumerate(shown):
        key = normal(label.name)
        one = seen.setdefault(key, Seen(label.name, first=index))
        if label.form in ("bold", "strong"):
            one.strong += 1
        else:
            one.plain += 1
        one.forms |= {label.form, "plain"} if label.form == "dotted" else {label.form}
        one.talks += _reads_like_speech(said)
        one.words += len(said[:200].split())
        one.ended += bool(_ENDED.search(said))
        one.returns |= last.get((key, section), index) < index - 1
        one.sections.add(section)
        last[key, section] = index
    return seen


def _converses(one: Seen, density: float, alone: bool) -> bool:
    if one.strong >= 2 and (NUMBERED.fullmatch(one.name) or (alone and part_like(one.name))):
        return True
    if not one.returns or 3 * one.talks < one.times:
        return False
    if not name_like(one.name):
        nick = " " not in one.name and one.words >= 2 * one.times
        return nick and one.times >= 3 and density >= NEARLY_ALL
    needed = 2 if "timed" in one.forms else 3
    return one.strong >= 2 or (one.times >= needed and density >= SPARSE)


def _may_speak(one: Seen, density: float) -> bool:
    """Whether a name is believed where nobody speaks twice under one heading."""
    if not one.strong and one.times < 3:
        return False
    if len(one.sections) > 1:  # as the fields of records also do
        return _reads_like_a_speaker(one) and 2 * one.ended >= one.times
    return _reads_like_a_speaker(one) or (
        density >= NEARLY_ALL and one.strong > 0 and one.talks > 0
    )


def _reads_like_a_speaker(one: Seen) -> bool:
    return name_like(one.name) and 2 * one.talks >= one.times


def _speaking(seen: dict[str, Seen], core: set[str]) -> set[str]:
    """Without those whose texts are fragments where the others say sentences."""
    core = {key for key in core if "dotted" not in seen[key].forms or {"q", "a"} <= core}
    if not _in_sentences(seen, core):
        return core
    return {key for key in core if not _in_fragments(seen[key])}


def _in_sentences(seen: dict[str, Seen], core: set[str]) -> bool:
    """Whether the texts, if they are more than a few, end as sentences and not as a chat does."""
    times = sum(seen[key].times for key in core)
    return times > 3 and sum(seen[key].ended for key in core) >= 0.6 * times


def _in_fragments(one: Seen) -> bool:
    return one.times > 1 and 3 * one.ended < one.times


def _reads_like_speech(said: str) -> bool:
    """Whether most of a text's beginning is words, as in no path, setting, or code."""
    start = said[:200]
    if _UNSPACED.search(start):
        return True
    words = [word for word in _edges(start) if word]
    if not words:
        return bool(start.strip())
    spoken = sum(bool(_WORD.fullmatch(word)) for word in words)
    return spoken >= (0.6 * len(words) if len(words) > 3 else 1)


def _edges(text: str) -> Iterator[str]:
    return (_EDGE.sub("", word) for word in text.split()[:30])
