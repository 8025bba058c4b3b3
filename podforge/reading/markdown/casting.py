"""Which of the possible labels are speakers: by the declared cast, or inferred from the file."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from podforge.reading.markdown.inferring import Seen, Shown, infer
from podforge.reading.markdown.labels import Label
from podforge.reading.names import closest, normal
from podforge.script import Role

_TOGETHER = re.compile(r"\s*(?:&|\+|,|/|\band\b)\s*", re.I)


@dataclass(frozen=True)
class Casting:
    """The known names by their normal form, and the cast's kind."""

    closed: bool
    names: dict[str, str] = field(default_factory=dict)
    inferred: tuple[Seen, ...] = ()
    alone: bool = False  # whether `**Ana**` alone on a line is a label, as where it mostly is
    listed: bool = False  # whether labels stand in lists only

    def who(self, label: Label) -> tuple[str, ...]:
        """The speakers a label names, several for an ensemble; empty if it names none."""
        if label.form == "bare" or (label.form == "alone" and not self.alone):
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
        return "" if label.delivery and self.named(label.full) else label.delivery


def declared(roles: Iterable[Role]) -> dict[str, str]:
    """Every name and alias in its normal form, and the role it means."""
    return {normal(name): role.name for role in roles for name in (role.name, *role.aliases)}


def cast_of(
    roles: Sequence[Role], closed: bool, shown: Sequence[Shown], paragraphs: int
) -> Casting:
    """The declared cast when it is closed, else with everyone the labels show to be one."""
    names = declared(roles)
    if closed:
        return Casting(True, names, (), *_where(shown, names))
    found = infer(shown, names, paragraphs)
    alone = {*names, *(normal(one.name) for one in found)}
    inferred = tuple(one for one in found if not _ensemble(one.name, alone))
    names.update((normal(one.name), one.name) for one in inferred)
    return Casting(False, names, inferred, *_where(shown, names))


def _where(shown: Sequence[Shown], names: Collection[str]) -> tuple[bool, bool]:
    """Whether the names stand alone on lines rather than before colons; and only in lists."""
    forms = Counter(
        one.label.form == "alone"
        for one in shown
        if one.label.form != "bare" and normal(one.label.name) in names
    )
    return forms[True] > 2 * forms[False], not forms


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
