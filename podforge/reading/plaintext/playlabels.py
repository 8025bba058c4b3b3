"""Who speaks in a printed play: `HAMLET. To be`, `HAMLET.` above the speech, `_Ham._ To be`.

Printers set names in one or two ways in a play.  So the ways are counted first, and only names
that stand in the usual ways, and more than once, speak.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal, NamedTuple

from podforge.reading.names import normal, several
from podforge.reading.plaintext.lines import Paragraph

_LETTER = r"[^\W\d_]"
_WORD = rf"{_LETTER}+(?:['’-]{_LETTER}+)*['’]?"
_TITLE = (
    r"(?:(?:[Mm][Rr][Ss]?|[DdSs][Rr]|[Ss][Tt]|REV|Rev|CAPT|Capt|COL|Col|GEN|Gen|LT|SGT|SERGT|"
    rf"PROF|Prof|HON|Hon|MME|MLLE|{_LETTER}|\d{{1,2}}(?:ST|ND|RD|TH|st|nd|rd|th)?)\.? )?"
)
_LINK_WORDS = "and of the to in de la von st nd rd th und et y e och og en"
_LINKS = frozenset(_LINK_WORDS.split())
_NAME = rf"{_TITLE}{_WORD}(?:,? (?:{_WORD}|\d{{1,2}}|&)){{0,6}}"
_LINE = re.compile(
    rf"\s*(?:(?P<italic>[_=])(?P<set>(?:{_WORD}\. )?{_NAME})|(?P<name>{_NAME}))(?P<tail>"
    r"[_=]?[.:][_=]?(?:—|--)?[ \t]*(?P<alone>$)|"  # HAMLET.
    r"[_=]?[.:][_=]?(?:\s*(?:—|--)\s*|[ \t]+)(?P<inline>(?=\S))|"  # HAMLET. To be
    r"[_=]?,?[.:]?[_=]?\s*(?P<bracket>(?=[\[(]))|"  # HAMLET [aside] To be
    r"[_=]?\s*(?:—|--)\s*(?P<dash>(?=\S))|"  # HAMLET--To be
    r"[_=]?[ \t]*(?P<bare>$))"  # HAMLET
)
_NEVER = re.compile(
    r"(?:the )?(?:act|scenes?|chapter|book|part|volume|contents|end|finis|curtain|tableau|song|"
    r"dramatis person.*|persons?|persons .*|characters|cast|exit|exeunt|enter|re-enter|time|place|"
    r"setting|preface|introduction|note|notes|footnotes?|illustrations?|by|copyright|"
    r"london|new york|music|dance|flourish|alarums?|sennet|thunder|verse|refrain)\b.*",
    re.I,
)
_WORDS = """
yes no well oh ah why good come nay ay aye sir madam so true never indeed nothing what who where
when how now then here there this that these those and but or if not thanks please hush peace hark
look see hold stop wait quick quite right wrong perhaps surely certainly i he it they we you o alas
adieu farewell amen god heavens the a an my your his her their is are was stay go away enough again
always ever one two three
"""
_COMMON = frozenset(_WORDS.split())  # before a full stop these are sentences
Style = Literal["capitals", "italic", "mixed"]
Way = Literal["alone", "inline", "bracket", "dash", "bare"]
_WAYS: tuple[Way, ...] = ("alone", "inline", "bracket", "dash", "bare")
_LONGEST_LINE, _SHORTEST = 2_000, 2  # characters of a line; letters of a name
_INDENT = ("  ", "\t")  # before names in small letters that stand inside a paragraph
_POINTED = ("alone", "inline", "bracket")
_SHARE = 0.3  # of the paragraphs that begin with names, from which a text is a play
_MANY, _OFTEN = 0.15, 5  # the same where three names stand so often each
_WITH_ACTS = 0.08  # the same where acts or scenes are headed
_AGAIN = 0.2  # of the names that stand again: titles of chapters do not
_FEWEST = 4  # names that make a play
_USUAL = 0.12  # of all names that stand in a way, from which the way is usual in this play


class Label(NamedTuple):
    """A name at the start of a line: how it is set, and where the speech begins."""

    name: str
    way: Way
    style: Style
    length: int  # characters up to the speech
    stops: bool  # a full stop stands behind the name, which may be cut short


@dataclass(frozen=True)
class Company:
    """The names of a play by their normal form, and the ways in which they are set."""

    names: Mapping[str, str]
    ways: Set[tuple[str, str]]

    @cached_property
    def words(self) -> Set[str]:
        """The words of the names."""
        words = {word for name in self.names for word in name.split()}
        return {word for word in words if len(word) > _SHORTEST} - _LINKS

    def label(self, line: str, opens: bool) -> Label | None:
        """The label of a line; `opens` says that it is the first of its paragraph."""
        found = label(line)
        if found is None or not self.who(found.name):
            return None
        if found.style == "mixed" and not (opens or line.startswith(_INDENT)):
            return None
        usual = (found.style, found.way) in self.ways
        plain = opens and found.style != "mixed" and found.way != "bare"
        return found if usual or plain else None

    def who(self, name: str) -> tuple[str, ...]:
        """The speakers a label names: one, or several together."""
        alone = self.names.get(normal(name))
        if alone:
            return (alone,)
        return several(name, self.names)


def label(line: str) -> Label | None:
    """What stands at the start of a line as a name would."""
    found = _LINE.match(line) if len(line) < _LONGEST_LINE else None
    if not found:
        return None
    name = " ".join((found["set"] or found["name"]).split())
    way = next(way for way in _WAYS if found[way] is not None)
    words = re.findall(rf"{_LETTER}+", name)
    if _NEVER.fullmatch(name) or sum(map(len, words)) < _SHORTEST:
        return None
    small = not all(word.isupper() or word.lower() in _LINKS for word in words)
    first = words[1 if len(words) > 1 and words[0] in ("The", "A", "An") else 0]
    if small and (first.lower() in _COMMON or way in ("dash", "bare")):
        return None
    if small and not all(word[0].isupper() or word in _LINKS for word in words):
        return None
    italic = bool(found["italic"]) and way != "bare"
    style: Style = "italic" if italic else "mixed" if small else "capitals"
    return Label(name, way, style, found.end(), found["tail"].lstrip("_=").startswith("."))


def company(found: Sequence[Paragraph], acts: int, persons: Iterable[str]) -> Company | None:
    """The names of the play that a text is; None when it is none."""
    listed = {normal(name): name for name in persons}
    seen = [one for paragraph in found for one in _labels(paragraph)]
    names = Counter(normal(one.name) for one in seen)
    said = [one for one in seen if _counts(one, acts, names, listed)]
    total = len(said)
    said_often = Counter(normal(one.name) for one in said if names[normal(one.name)] > 1)
    many = sum(times >= _OFTEN for times in said_often.values()) > 2
    share = _WITH_ACTS if acts else _MANY if many else _SHARE
    few = len({normal(one.name) for one in said}) < 2 or total < _FEWEST
    if few or total < share * len(found) or said_often.total() < _AGAIN * total:
        return None
    by_way = Counter((one.style, one.way) for one in said)
    ways: set[tuple[str, str]] = {way for way, count in by_way.items() if count >= _USUAL * total}
    # The same play has `HAMLET.` above verse, `HAMLET. To` before prose, `HAMLET [aside]`.
    ways |= {(style, way) for style, _ in ways if style != "mixed" for way in _POINTED}
    words = {word for name in listed for word in name.split()}
    known: dict[str, str] = {}
    for one in seen:
        often = names[normal(one.name)] > 1 or normal(one.name) in listed
        sure = one.style != "mixed" and one.way in _POINTED
        named = all(word in words for word in normal(one.name).split())
        near = one.style == "mixed" and any(_abbreviates(normal(one.name), name) for name in names)
        if (one.style, one.way) in ways and (often or sure or near or named):
            known.setdefault(normal(one.name), one.name)
    together = {key: several(name, listed | known) for key, name in known.items()}
    for key in filter(together.get, together):
        del known[key]
    for part in (part for parts in together.values() for part in parts):
        known.setdefault(normal(part), part)
    return Company(known | _in_full(seen, known, listed), ways)


def _in_full(
    seen: Sequence[Label], known: Mapping[str, str], listed: Mapping[str, str]
) -> dict[str, str]:
    """The full name of each that is cut short (`Ham.`, `Hamlet.`), where only one begins so.

    Nobody answers himself: names that follow one another are two persons.
    """
    said = [normal(one.name) for one in seen]
    pairs = {frozenset(pair) for pair in pairwise(said)}
    short = {normal(one.name) for one in seen if one.stops} & known.keys() - listed.keys()
    full: dict[str, str] = {}
    for cut in short:
        longer = {name for name in listed.keys() | known.keys() if _is_cut(cut, name)}
        longer = {
            name
            for name in longer
            if not any(name.startswith(f"{other} ") for other in longer)
            and (name in listed or not any(_is_cut(name, other) for other in longer))
        }
        if len(longer) == 1 and frozenset((cut, *longer)) not in pairs:
            (name,) = longer
            full[cut] = known.get(name) or listed[name]
    return full


def _is_cut(one: str, other: str) -> bool:
    """Whether one name is the other, cut within a word."""
    return len(one) >= _SHORTEST and other.startswith(one) and other[len(one) :][:1].isalpha()


def _counts(one: Label, acts: int, names: Mapping[str, int], listed: Iterable[str]) -> bool:
    """Whether a label is evidence: in small letters only in what is headed as a play."""
    often = names[normal(one.name)] > 1
    if one.style != "mixed":
        return often if one.way == "bare" or not acts else one.way in _POINTED or often
    known = any(name.startswith(normal(one.name)) for name in listed)
    return bool(acts) and one.way in _POINTED and (often or known)


def _labels(paragraph: Paragraph) -> Iterator[Label]:
    for at, line in enumerate(paragraph.lines):
        one = label(line)
        if one and (at == 0 or one.style != "mixed" or line.startswith(_INDENT)):
            yield one


def _abbreviates(one: str, other: str) -> bool:
    """Whether one name is the other cut short (`Bar.`, `Barnardo.`)."""
    return (
        min(len(one), len(other)) > 2
        and one != other
        and one[:3] == other[:3]
        and (one.startswith(other) or other.startswith(one))
    )
