"""Applying replacements to a text so that every position still finds its source."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from podforge.script import Edit, Spoken, replaced

Replacement = tuple[int, int, str]  # a range of the text, and what is said for it
Rule = Callable[[str], Iterator[Replacement]]


@dataclass(frozen=True)
class Group:
    """Rules that have nothing to do with most texts: they are tried where `needed` is true."""

    needed: Callable[[str], object]
    rules: Sequence[Rule]


Rules = Sequence[Rule | Group]


def apply_all(spoken: Spoken, rules: Rules) -> Spoken:
    """The text after every rule, in order."""
    for rule in rules:
        if not isinstance(rule, Group):
            spoken = apply(spoken, rule)
        elif rule.needed(spoken.text):
            for each in rule.rules:
                spoken = apply(spoken, each)
    return spoken


def apply(spoken: Spoken, rule: Rule, *, rewrite: bool = False) -> Spoken:
    """The text after a rule.

    What an earlier rule wrote is left alone, so that rules do not undo one another; `rewrite`
    lifts that.  Overlapping replacements: the first one counts, and of those that begin at one
    place the one that the rule found first.
    """
    found = sorted(rule(spoken.text), key=itemgetter(0))
    if not found:
        return spoken
    taken = () if rewrite else (e for e in spoken.edits if e.spoken_end > e.spoken_start)
    return compose(spoken, replaced(spoken.text, _free(found, tuple(taken))))


def _free(found: Iterable[Replacement], taken: tuple[Edit, ...]) -> Iterator[Replacement]:
    """The replacements that touch neither what is taken nor one another."""
    at = number = 0
    for start, end, said in found:
        while number < len(taken) and taken[number].spoken_end <= start:
            number += 1
        blocked = number < len(taken) and taken[number].spoken_start < end
        if start >= at and not blocked:
            yield start, end, said
            at = end


def compose(first: Spoken, second: Spoken) -> Spoken:
    """One step for two: `second` stands for `first.text`, and that for the source.

    Edits of both that overlap become one edit that covers them all.
    """
    marks = [(e.spoken_start, e.spoken_end, _growth(e), 0) for e in first.edits]
    marks += [(e.source_start, e.source_end, 0, -_growth(e)) for e in second.edits]
    edits: list[Edit] = []
    to_source = to_spoken = 0  # from a position in the middle text
    for start, end, source_growth, spoken_growth in _clusters(sorted(marks)):
        source, said = start + to_source, start + to_spoken
        to_source += source_growth
        to_spoken += spoken_growth
        edits.append(Edit(said, end + to_spoken, source, end + to_source))
    return Spoken(second.text, tuple(edits))


def _growth(edit: Edit) -> int:
    """How much longer the source is than what is spoken for it."""
    return (edit.source_end - edit.source_start) - (edit.spoken_end - edit.spoken_start)


def _clusters(
    marks: Iterable[tuple[int, int, int, int]],
) -> Iterator[tuple[int, int, int, int]]:
    """Ranges that overlap, or of which an empty one touches another, joined."""
    held: tuple[int, int, int, int] | None = None
    for start, end, source, spoken in marks:
        touches = held is not None and start == held[1] and (start == end or held[0] == held[1])
        if held is not None and (start < held[1] or touches):
            held = (held[0], max(held[1], end), held[2] + source, held[3] + spoken)
            continue
        if held is not None:
            yield held
        held = (start, end, source, spoken)
    if held is not None:
        yield held
