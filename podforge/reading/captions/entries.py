"""What a JSON transcript says at one time: a text, who says it, and when."""

import math
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Union

from podforge.reading import vocal

Json = Union[None, bool, int, float, str, list["Json"], dict[str, "Json"]]  # noqa: UP007  recursive
Object = Mapping[str, Json]

# Keys are compared in small letters without `_`, `-` and blanks; the first that is there counts.
_TEXTS = (
    "text", "body", "dialogue", "content", "transcript", "line", "utterance", "sentence",
    "message", "value", "caption", "speech", "says", "display", "punctuatedword", "word",
)  # fmt: skip
NESTED_TEXTS = ("alternatives", "nbest", "sentences", "elements", "words")
WORDS = ("words", "items", "wordsegments", "tokens", "elements")
SPEAKERS = (
    "speakername", "speakerdisplayname", "displayname", "speaker", "character", "name",
    "role", "speakerlabel", "speakerid", "speakertag", "participant", "actor", "who",
    "voicename", "voice", "voiceid", "channel",
)  # fmt: skip
STARTS = ("start", "starttime", "begin", "from", "startms", "starts", "startoffset", "offset",
           "ts", "timestamp", "time", "t")  # fmt: skip
ENDS = ("end", "endtime", "to", "stop", "endms", "ends", "endoffset", "endts")
_LENGTHS = ("duration", "dur", "durationms", "d")
_MANNERS = ("delivery", "style", "emotion", "tone", "direction")
_CHOICES = ("alternatives", "nbest")  # guesses, the best one first
_IDS = ("id", "speakerid", "tag", "label", "key", "index", "number")
_NAMES = ("name", "speakername", "displayname", "fullname", "speaker")
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)|(\d+(?:[.,]\d+)?)\s*(ms|s)?")
_WORDS_PER_UNIT = 0.05  # speech has 2 to 4 words a second: if there are fewer, these are not s


@dataclass(frozen=True)
class Entry:
    """One thing that is said; `apart` are the other values of it, each with its rule.

    `opening` is the first string of its text as the document has it.
    """

    text: str
    opening: str = ""
    speaker: str = ""
    delivery: str = ""
    start: float | None = None
    end: float | None = None
    apart: tuple[tuple[str, str], ...] = ()


Group = tuple[str, tuple[Entry, ...]]


def leaves(node: Json, skipped: Container[int] = ()) -> Iterator[str]:
    """Every value in a document as text, without those of what is skipped by identity."""
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, dict | list):
            held = one.values() if isinstance(one, dict) else one
            stack += () if id(one) in skipped else held
        else:
            yield one if isinstance(one, str) else repr(one)


def entry_of(one: Json, names: Mapping[str, str]) -> Entry:
    """An entry of the list, with `names` for the numbers of speakers."""
    if not isinstance(one, dict):
        return Entry("", apart=tuple(("data", leaf) for leaf in leaves(one)))
    source, parts = _texts(one)
    said = Counter(parts)
    apart: list[tuple[str, str]] = []
    for key, value in one.items():
        for leaf in leaves(value):
            if key == source and said[leaf]:
                said[leaf] -= 1
            else:
                apart.append((_rule(small(key)), leaf))
    start, end, length = (_time(first(one, keys)) for keys in (STARTS, ENDS, _LENGTHS))
    if end is None and start is not None and length is not None:
        end = start + length
    manner = first(one, _MANNERS)
    delivery = manner if isinstance(manner, str) and vocal.is_delivery(manner) else ""
    speaker = _name(first(one, SPEAKERS), names)
    joined = "".join if any(part.isspace() for part in parts) else " ".join
    opening = next((part for part in parts if part.strip()), "")
    manner = " ".join(delivery.split())
    return Entry(joined(parts), opening, speaker, manner, start, end, tuple(apart))


def _texts(one: Object) -> tuple[str, list[str]]:
    """The key under which an entry's text stands, and its text in parts."""
    key, text = _own_text(one)
    if text.strip():
        return key, [text]
    plain = {small(key): key for key in reversed(list(one))}
    for name in NESTED_TEXTS:
        nested = one.get(plain.get(name, ""))
        if isinstance(nested, list):
            several = nested if name not in _CHOICES else nested[:1]
            texts = [_own_text(part)[1] for part in several if isinstance(part, dict)]
            if any(text.strip() for text in texts):
                return plain[name], [text for text in texts if text]
    return "", []


def _own_text(one: Object) -> tuple[str, str]:
    """The key and the text that an entry has itself, one that says something before others."""
    plain = {small(key): key for key in reversed(list(one))}
    keys = [plain[name] for name in _TEXTS if name in plain]
    found = [(key, text) for key in keys if isinstance(text := one[key], str) and text]
    return next((pair for pair in found if pair[1].strip()), found[0] if found else ("", ""))


def text_of(one: Object) -> str:
    """The text of an entry, its parts run together; empty where it has none."""
    return "".join(_texts(one)[1])


def says(list_: Sequence[Json]) -> bool:
    """Whether most of a list are objects with a text."""
    texts = sum(isinstance(one, dict) and bool(text_of(one).strip()) for one in list_)
    return texts > 0 and len(list_) <= 2 * texts


def text_key(one: Object) -> str:
    """The key, as it is compared, under which an entry has its text."""
    return small(_texts(one)[0])


def _rule(key: str) -> str:
    if key in SPEAKERS:
        return "label"
    if key in (*STARTS, *ENDS, *_LENGTHS):
        return "timestamp"
    return "delivery" if key in _MANNERS else "data"


def first(one: Object, keys: Sequence[str]) -> Json:
    """The value of the first of the keys that is there and says something."""
    plain = {small(key): value for key, value in one.items() if value not in (None, "", [], {})}
    return next((plain[key] for key in keys if key in plain), None)


@lru_cache(maxsize=4096)
def small(key: str) -> str:
    """A key as it is compared."""
    return re.sub(r"[_\-\s]", "", key).lower()


def names_in(document: Json) -> Iterator[tuple[str, str]]:
    """The names of speakers that a list or map of them gives for their numbers."""
    if not isinstance(document, dict):
        return
    below = [value for value in document.values() if isinstance(value, dict)]
    for key, value in (pair for one in (document, *below) for pair in one.items()):
        if small(key) not in ("speakers", "speakernames", "participants", "speakermap", "cast"):
            continue
        if isinstance(value, dict):
            pairs: Iterable[tuple[Json, Json]] = value.items()
        else:
            listed = value if isinstance(value, list) else []
            pairs = ((first(one, _IDS), one) for one in listed if isinstance(one, dict))
        for number, one in pairs:
            name = first(one, _NAMES) if isinstance(one, dict) else one
            if isinstance(name, str) and name.strip() and number is not None:
                yield _string(number), name


def _name(who: Json, names: Mapping[str, str]) -> str:
    if isinstance(who, dict):
        who = first(who, (*_NAMES, *_IDS))
    if isinstance(who, list):
        return " & ".join(filter(None, (_name(one, names) for one in who)))
    name = _string(who)
    return names.get(name, name)


def _string(value: Json) -> str:
    if isinstance(value, str):
        return value.strip()
    number = _number(value)
    if number is None:
        return ""
    return str(number) if isinstance(number, int) else f"{number:.15g}"


def _number(value: Json) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def start_of(one: Json) -> float | None:
    """When an entry begins, in the unit of its document."""
    return _time(first(one, STARTS)) if isinstance(one, dict) else None


def _time(value: Json) -> float | None:
    """Seconds, or whatever unit a bare number has."""
    number = _number(value)
    if number is not None:
        return float(number) if math.isfinite(number) else None
    found = _CLOCK.fullmatch(value.strip()[:40]) if isinstance(value, str) else None
    if not found:
        return None
    hours, minutes, seconds, bare, unit = found.groups()
    if bare:
        return float(bare.replace(",", ".")) * (0.001 if unit == "ms" else 1)
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))


def in_seconds(groups: tuple[Group, ...]) -> tuple[Group, ...]:
    """The groups with their times in seconds: by the speed of speech some are milliseconds."""
    entries = [entry for _, said in groups for entry in said if entry.start is not None]
    span = sum((e.end or 0) - (e.start or 0) for e in entries if e.end is not None)
    words = sum(len(entry.text.split()) for entry in entries if entry.end is not None)
    if not words or span <= 0 or words / span >= _WORDS_PER_UNIT:
        return groups
    return tuple((title, tuple(_thousandth(one) for one in said)) for title, said in groups)


def _thousandth(one: Entry) -> Entry:
    start, end = (None if time is None else time / 1000 for time in (one.start, one.end))
    return replace(one, start=start, end=end)
