"""Names in front of captions: `Ana: `, `>> ANA: `, `- Ana: `, `[SPEAKER_02]: `, `[Ana] `."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from podforge.reading import vocal
from podforge.reading.markdown.labels import NUMBERED, Form, Label, parse
from podforge.reading.names import normal, stopped

_CHANGE = re.compile(r"\s*(?:(?:>|&gt;){1,3}|[-–—‐](?![-–—]))\s*(?=\S)")
_WORD = r"(?:[A-Z\u00c0-\uffff][\w.'’/-]*|#?\d+|of|the|de|la|van|von|and|&)"
_NAME = re.compile(rf"{_WORD}(?:,? {_WORD}){{0,5}}")  # words with a capital, small ones between
_MANNER = re.compile(r"[^\W\d_]+(?: [^\W\d_]+){0,4}")  # `(whispering)`, not `(he/him)`
_BRACKETED = re.compile(r"\s*\[(?P<name>[^\[\]:]{1,50})\]\s+(?P<rest>\S.*)", re.S)
_STARLESS = str.maketrans("", "", "*_")
_MOST_STARS = 8  # around a text and in it
_MOST = 50  # characters of a name
_SEEN = 3  # times that a name in small letters stands in front before it is believed
_PATIENT = 0.5  # share of the lines from which it is believed at once


class Lead(NamedTuple):
    """What stands before the words of a line: how long it is, and whom it names."""

    length: int = 0
    name: str = ""
    changes: bool = False  # somebody else begins, named or not
    delivery: str = ""


def speakers(lines: Iterable[str]) -> dict[str, str]:
    """The names that stand in front of lines, by their normal form."""
    seen: Counter[str] = Counter()
    first: dict[str, str] = {}
    sure: set[str] = set()
    shouted: list[str] = []  # written in capitals
    total = 0
    for line in lines:
        total += bool(line.strip())
        label = _label(line)
        if label is None:
            continue
        key = normal(label.name)
        seen[key] += 1
        first.setdefault(key, label.name)
        if label.form in ("bold", "strong"):
            sure.add(key)
        elif label.name.isupper() and len(label.name) > 1 and not line.lstrip().startswith("["):
            shouted.append(key)
    if len(shouted) > 1:  # a single one may be anything: `WEATHER: 10 degrees`
        sure.update(shouted)
    dense = sum(seen.values()) >= _PATIENT * total
    return {key: first[key] for key in seen if key in sure or dense or seen[key] >= _SEEN}


def lead(line: str, known: Mapping[str, str]) -> Lead:
    """What a line begins with."""
    change = _CHANGE.match(line)
    label = _label(line)
    length = _before(line, label.rest) if label else -1
    if label and length >= 0 and normal(label.name) in known:
        delivery = label.delivery if _MANNER.fullmatch(label.delivery) else ""
        return Lead(length, known[normal(label.name)], bool(change), delivery)
    return Lead(change.end(), changes=True) if change else Lead()


def _before(line: str, rest: str) -> int:
    """How much of a line stands before the text behind its label; -1 where that is not known.

    In `**Ana: "**So` and `***Ana:** So*` the text is the end of the line but for the stars.
    """
    wanted = rest.translate(_STARLESS).rstrip()
    length = len(line) - len(rest)
    for at in range(length, max(-1, length - _MOST_STARS), -1):
        if line[at:].translate(_STARLESS).rstrip() == wanted:
            return at
    return -1


def _label(line: str) -> Label | None:
    change = _CHANGE.match(line)
    text = line[change.end() :] if change else line
    label = _bracketed(text)
    if label is None and ":" not in text and "：" not in text:
        return None
    label = label or parse(text)
    if label is None or label.form in ("bare", "sentence") or stopped(label.name):
        return None
    return label if len(label.name) <= _MOST and _NAME.fullmatch(label.name) else None


def _bracketed(text: str) -> Label | None:
    """The label `[Ana] `, as several programs write it; sounds and marks are none."""
    found = _BRACKETED.match(text)
    if not found or vocal.event(found["name"]) or vocal.is_mark(found["name"]):
        return None
    form: Form = "strong" if NUMBERED.fullmatch(found["name"]) else "plain"
    return Label(found["name"], form, 0, found["rest"])
