"""Which of the possible labels are speakers: by the declared cast, or inferred from the file."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from podforge.reading.labels import Label
from podforge.reading.names import closest, normal, stopped
from podforge.script import Role

DENSE = 0.25  # labels per paragraph from which a single strong label is believed
_TOGETHER = re.compile(r"\s*(?:&|\+|,|/|\band\b)\s*", re.I)


@dataclass
class Seen:
    """How often a name stands where a label would."""

    name: str
    strong: int = 0
    plain: int = 0
    first: int = 0  # which of the labels of the file

    @property
    def times(self) -> int:
        """In any form."""
        return self.strong + self.plain


@dataclass(frozen=True)
class Casting:
    """The known names by their normal form, and the cast's kind."""

    closed: bool
    names: dict[str, str] = field(default_factory=dict)
    inferred: tuple[Seen, ...] = ()

    def who(self, label: Label) -> tuple[str, ...]:
        """The speakers a label names, several for an ensemble; empty if it names none."""
        if label.form == "bare":
            return ()
        return self.named(label.full) or self.named(label.name)

    def named(self, name: str) -> tuple[str, ...]:
        """The speakers called so, by name or alias, alone or together (`Mara & Tobias`)."""
        alone = self.names.get(normal(name))
        if alone:
            return (alone,)
        parts = [part for part in _TOGETHER.split(name) if part]
        found = [self.names.get(normal(part)) for part in parts]
        if len(parts) < 2 or None in found:
            return ()
        return tuple(dict.fromkeys(who for who in found if who))

    def speakers(self) -> tuple[str, ...]:
        """Everyone known, each once, as first written."""
        return tuple(dict.fromkeys(self.names.values()))

    def delivery(self, label: Label) -> str:
        """How the label says it is said, unless that is part of a declared name."""
        return "" if self.named(label.full) and label.delivery else label.delivery


def declared(roles: Iterable[Role]) -> dict[str, str]:
    """Every name and alias in its normal form, and the role it means."""
    return {normal(name): role.name for role in roles for name in (role.name, *role.aliases)}


def cast_of(
    roles: Sequence[Role], closed: bool, labels: Sequence[Label], paragraphs: int
) -> Casting:
    """The declared cast when it is closed, else with everyone the labels show to be one."""
    names = declared(roles)
    if closed:
        return Casting(True, names)
    inferred = tuple(_infer(labels, names, paragraphs))
    names.update((normal(seen.name), seen.name) for seen in inferred)
    return Casting(False, names, inferred)


def _infer(labels: Sequence[Label], known: dict[str, str], paragraphs: int) -> Iterable[Seen]:
    seen = _count(labels)
    strong = sum(one.strong for one in seen.values())
    dense = strong >= max(1, DENSE * paragraphs)
    often = [key for key, one in seen.items() if key in known or one.times >= 2]
    begins = min((seen[key].first for key in often if key in seen), default=0)
    believed = {
        key: one
        for key, one in seen.items()
        if key not in known and _believed(one, dense and one.first >= begins)
    }
    return [one for one in believed.values() if not _ensemble(one.name, {*believed, *known})]


def _believed(one: Seen, dense: bool) -> bool:
    if stopped(one.name):
        return False
    return one.strong >= 2 or (one.strong == 1 and dense) or one.times >= 3


def _count(labels: Sequence[Label]) -> dict[str, Seen]:
    seen: dict[str, Seen] = {}
    for index, label in enumerate(labels):
        if label.form in ("bare", "sentence") or stopped(label.name):
            continue
        one = seen.setdefault(normal(label.name), Seen(label.name, first=index))
        if label.form == "plain":
            one.plain += 1
        else:
            one.strong += 1
    return seen


def _ensemble(name: str, known: set[str]) -> bool:
    parts = [normal(part) for part in _TOGETHER.split(name) if part]
    return len(parts) > 1 and all(part in known for part in parts)


def doubtful(casting: Casting) -> dict[str, str]:
    """Inferred names that stand once and are a slip away from one that stands often."""
    counts = Counter({one.name: one.times for one in casting.inferred})
    often = [name for name in casting.speakers() if counts[name] != 1]
    pairs = ((one.name, closest(one.name, often)) for one in casting.inferred if one.times == 1)
    return {name: near for name, near in pairs if near and not _numbered(name, near)}


def _numbered(one: str, other: str) -> bool:
    """`Speaker 1` and `Speaker 2` are near and yet not the same."""
    return one.rstrip("0123456789") == other.rstrip("0123456789")
