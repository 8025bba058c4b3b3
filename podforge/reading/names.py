"""Names: when two are the same, which one was meant, and which words are never names."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Labels that are prose or data about the episode, not somebody who speaks, unless declared.
_STOP = """
abstract | agenda | aka | also | answer | as follows | attendees | author | authors | bonus |
caution | caveat | conclusion | contact | copyright | credits | danger | date | definition |
description | disclaimer | duration | e.g | edit | editor's note | email | episode | episode
title | essay | example | exercise | exercises | fact | faq | footnote | for example | format
| further reading | genre | goal | goals | guests | hint | hosts | http | https | i.e | idea |
image | important | in short | in this episode | info | introduction | key points | keywords |
language | length | lesson | level | licence | license | link | links | location | mentioned |
n.b | nb | next episode | note | note to self | notes | number | objective | one more thing |
option | outline | overview | p.s | part | participants | photo | picture | place | plus |
point | previous episode | problem | produced by | pros | cons | ps | published | published on
| question | questions | quote | reading | recap | recommended | recorded | recorded on |
reference | references | related | release date | reminder | resources | result | results |
rule | runtime | running time | season | see | see also | series | setting | show | show notes
| slug | so | solution | sources | source | spoiler | spoilers | sponsor | sponsors |
sponsored by | status | step | subject | subtitle | summary | tagline | tags | takeaway |
takeaways | target audience | that is | theme | time | timestamps | tip | tips | title | tldr
| tl;dr | to do | todo | tone | topic | topics | total | transcribed by | transcript |
transcription | translation | trigger warning | update | url | version | video | warning |
watch | website | why | word count | written by
"""
STOP = frozenset(" ".join(word.split()) for word in _STOP.split("|"))
_NUMBERED = re.compile(
    r"(?:act|appendix|article|book|case|chapter|class|day|episode|example|exercise|figure|item|"
    r"lesson|level|module|night|number|option|page|part|phase|point|question|reason|rule|scene|"
    r"season|section|stage|step|table|tip|unit|verse|volume|week|year)s?\s+"
    r"(?:\d+\w?|[ivxlc]+|one|two|three|four|five|six|seven|eight|nine|ten)\b.*"
)
RESERVED = {
    **dict.fromkeys(("break", "ad", "intro", "outro", "jingle", "music"), "music"),
    **dict.fromkeys(("sfx", "sound"), "sfx"),
}
_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """The form in which two spellings of a name are compared: NFKC, case folded, one space."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return _SPACES.sub(" ", folded).strip()


@lru_cache(maxsize=4096)
def stopped(name: str) -> bool:
    """Whether a word before a colon is prose (`Note:`, `Chapter 3:`), not a speaker."""
    word = normal(name).rstrip(".")
    return word in STOP or bool(_NUMBERED.fullmatch(word))


def distance(one: str, other: str, most: int) -> int:
    """Insertions, deletions, substitutions, and swaps of neighbours; `most + 1` if more.

    Optimal string alignment: https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def closest(name: str, known: Iterable[str], most: int = 2) -> str:
    """The known name within `most` slips of `name`, else empty; short names allow fewer."""
    wanted = normal(name)
    allowed = min(most, len(wanted) // 3)
    ranked = sorted((distance(wanted, normal(other), allowed), other) for other in known)
    return ranked[0][1] if ranked and ranked[0][0] <= allowed else ""


def meant(name: str, known: Iterable[str]) -> str:
    """` (did you mean "Tobias"?)`, or a list of all known names when none is near."""
    names = list(known)
    near = closest(name, names, most=3) or _containing(normal(name), names)
    if near:
        return f' (did you mean "{near}"?)'
    return f" (known: {', '.join(names)})" if 0 < len(names) <= 12 else ""


def _containing(wanted: str, known: Iterable[str]) -> str:
    """A name that shares a whole first or last word with the one wanted."""
    words = set(wanted.split())
    return next((other for other in known if words & set(normal(other).split())), "")
