"""Which paragraphs of a plain text are headings, and which are only its table of contents."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from podforge.reading.plaintext.lines import Paragraph, shown

_NUMBER = (
    r"(?:\d{1,3}|[IVXLCDM]{1,9}|[ivxlcdm]{1,9}|(?:the )?(?:"
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty)(?:[- ]\w{3,6})?|"
    r"first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|last|"
    r"premi[eè]re?|primer[oa]?|prim[oa]|primeir[oa]))"
)
_PARTS = (
    r"book|part|volume|vol\.?|epoch|period|phase|teil|buch|band|partie|livre|tome|parte|libro|tomo"
)
_CHAPTERS = (
    r"chapter|chap\.?|stave|canto|letter|section|adventure|story|tale|episode|night|"
    r"kapitel|chapitre|cap[ií]tulo|capitolo"
)
# `1. Kapitel`, `Siebzehntes Kapitel: Am Fluss`
_COUNTED = re.compile(
    r"(?:\d{1,3}\.|[^\W\d_]{2,22}te[rs])\s+(?P<kind>kapitel|teil|buch)"
    r"(?P<title>(?:[\s.:,;–—-].*)?)",
    re.I | re.S,
)
_MARKED = re.compile(r"(?P<marks>#{1,6}) +\S")  # as in Markdown
_UNDERLINE = re.compile(r"\s*(?:={3,}|-{3,}|~{3,})\s*")
_NUMBERED = re.compile(
    rf"(?P<kind>{_PARTS}|{_CHAPTERS})\s+(?P<number>{_NUMBER})(?![\w'’])"
    r"(?P<title>(?:[\s.:,;–—-].*)?)|(?:the )?(?:first|second|third|fourth|fifth) "
    r"(?P<other>part|book|volume|chapter)\W*",
    re.I | re.S,
)
_NAMED = re.compile(
    r"(?:author['’]s |translator['’]s |editor['’]s )?(?:preface|introduction|introductory|prologue|"
    r"epilogue|foreword|afterword|conclusion|postscript|prelude|interlude|appendix(?: \w{1,4})?)"
    r"(?: to .{1,60})?\W*",
    re.I,
)
_BARE = re.compile(r"(?:([IVXLC]{1,8})|(\d{1,3}))\.?")
_NUMBER_TITLE = re.compile(r"(\d{1,3})[.:)]?\s+([^\W\d_a-z].{2,90})")
_ROMAN_TITLE = re.compile(r"[IVXLC]{1,7}\.?\s*[.:—–-]?\s+[A-Z“\"‘'].{2,90}")
_CONTENTS = re.compile(r"\W*(?:(?:table of |the )?contents|(?:list of )?illustrations)\W*", re.I)
_ENTRY = re.compile(
    rf"\s*(?:(?:{_PARTS}|{_CHAPTERS})\b.*|{_NUMBER}[.)\s].*|.*\s\.?\d{{1,4}}\s*)", re.I
)
_ENDS = re.compile(r"[.!?,;:…”\"—-][_)\]]*$")
ORNAMENTS = " -–—*~•"  # around a number: `— 3 —`
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_LONGEST, _MOST_LINES = 200, 4  # characters and lines of a heading
_PROSE = 100  # characters from which a paragraph is prose
_SHORT = 80  # characters of a title below its number
_FAR = 2  # blank lines that stand before a heading without a number

PART, CHAPTER, NUMBER, TITLE = 1, 2, 3, 4  # levels; a lone title counts where there is no other


class Heading(NamedTuple):
    """A heading: its level, and over how many paragraphs it goes."""

    level: int
    size: int = 1


def headings(found: Sequence[Paragraph]) -> dict[int, Heading]:
    """The headings by the index of their first paragraph, without those in a table of contents."""
    levels = dict(_levels(found))
    if not any(level < TITLE for level in levels.values()):
        kept = _with_prose(found, levels)
    else:
        kept = _with_prose(found, {at: one for at, one in levels.items() if one < TITLE})
    return {at: Heading(level, _size(found, at, kept)) for at, level in sorted(kept.items())}


def contents(found: Sequence[Paragraph], heads: Mapping[int, Heading]) -> set[int]:
    """The paragraphs of tables of contents, by index."""
    listed: set[int] = set()
    at = 0
    while at < len(found):
        if at not in heads and _CONTENTS.fullmatch(found[at].text[:_SHORT]):
            listed.add(at)
            at += 1
            while at < len(found) and at not in heads and not is_prose(found[at]):
                listed.add(at)
                at += 1
        else:
            if at not in heads and (_is_entries(found[at]) or _level(found[at]) in (1, 2)):
                listed.add(at)
            at += 1
    return listed


def is_prose(one: Paragraph) -> bool:
    """Whether a paragraph is neither title nor list, but sentences."""
    return len(one.text) >= _PROSE and not _is_entries(one)


def _levels(found: Sequence[Paragraph]) -> Iterator[tuple[int, int]]:
    bare = _sequence(found)
    for at, one in enumerate(found):
        level = NUMBER if at in bare else _level(one)
        if level:
            yield at, level


def _level(one: Paragraph) -> int:
    """What level of heading a paragraph looks like; 0 if none."""
    text = shown(one.text[: 2 * _LONGEST])
    if len(text) > _LONGEST or len(one.lines) > _MOST_LINES or _is_entries(one):
        return 0
    if marked := _MARKED.match(text):
        return min(len(marked["marks"]), NUMBER)
    if len(one.lines) == 2 and _UNDERLINE.fullmatch(one.lines[1]):
        return 0 if _ENDS.search(one.lines[0].rstrip()) else CHAPTER
    numbered = _numbered(text)
    if numbered and _titled(numbered[1], text):
        return PART if re.fullmatch(_PARTS, numbered[0], re.I) else CHAPTER
    if _NAMED.fullmatch(text) and (text[0].isupper() and len(text) <= _SHORT):
        return CHAPTER
    if _ROMAN_TITLE.fullmatch(text) and not _ENDS.search(text.rstrip(".")) and one.gap >= 1:
        return NUMBER if _is_title(text.split(maxsplit=1)[1]) else 0
    far = one.gap >= _FAR and len(one.lines) <= 2 and len(text) <= _SHORT
    very_far = one.gap > _FAR and text[:1].isalnum() and _is_title(text) and not _ENDS.search(text)
    return TITLE if far and (text.isupper() or very_far) and sum(map(str.isalpha, text)) > 2 else 0


def _numbered(text: str) -> tuple[str, str] | None:
    """The kind of a numbered heading, and the title behind its number; None if it is none."""
    found = _NUMBERED.fullmatch(text)
    if found:
        return (found["kind"] or found["other"], found["title"] or "")
    counted = _COUNTED.fullmatch(text)
    return (counted["kind"], counted["title"]) if counted else None


def _titled(title: str, text: str) -> bool:
    """Whether what stands behind a number is a title: `Part two of this ends.` is a sentence."""
    title = title.strip()
    if not title or title[0] in ".:,;–—-":
        return True
    return _is_title(title) and (text[0].isupper() and not _ENDS.search(title.rstrip(".")))


def _is_title(title: str) -> bool:
    words = [word for word in re.findall(r"[^\W\d_]+", title) if len(word) > 3]
    return title[:1] in "“\"‘'" or all(word[0].isupper() for word in words) or title.isupper()


def _is_entries(one: Paragraph) -> bool:
    """Whether a paragraph is several lines of a table of contents."""
    if len(one.lines) < 3:
        return False
    entries = sum(len(line) < 90 and bool(_ENTRY.fullmatch(line)) for line in one.lines)
    return entries >= 0.6 * len(one.lines) and not one.lines[-1].rstrip().endswith((",", ";"))


def _sequence(found: Sequence[Paragraph]) -> set[int]:
    """Numbers that stand alone, or before a title, and count up from one."""
    numbers = [
        (at, value)
        for at, one in enumerate(found)
        if len(one.lines) == 1
        and (value := _value(shown(one.text[:_SHORT])) or _value_before_title(one))
    ]
    kept: set[int] = set()
    for (at, value), before, after in zip(
        numbers, [(-1, 0), *numbers], [*numbers[1:], (-1, 0)], strict=False
    ):
        if (value == 1 and after[1] == 2) or (value > 1 and before[1] == value - 1):
            kept.add(at)
    return kept


def _value(text: str) -> int:
    found = _BARE.fullmatch(text.strip(ORNAMENTS))
    if not found:
        return 0
    if found[2]:
        return int(found[2])
    values = [_VALUES[letter] for letter in found[1]]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(value if value >= after else -value for value, after in pairs)


def _value_before_title(one: Paragraph) -> int:
    """The number of `4. The Path`, where the lines above are blank; 0 if it is none."""
    found = _NUMBER_TITLE.fullmatch(shown(one.text[:_LONGEST])) if one.gap >= _FAR else None
    if not found or _ENDS.search(found[2]) or not _is_title(found[2]):
        return 0
    return int(found[1])


def _with_prose(found: Sequence[Paragraph], levels: Mapping[int, int]) -> dict[int, int]:
    """The headings that something follows: text, or a lower heading that is kept."""
    kept: dict[int, int] = {}
    after, level_after = len(found), 9
    for at in sorted(levels, reverse=True):
        prose = any(is_prose(one) or _ENDS.search(one.text) for one in found[at + 1 : after])
        if prose or (after in kept and level_after > levels[at]):
            kept[at] = levels[at]
        after, level_after = at, levels[at]
    return kept


def _size(found: Sequence[Paragraph], at: int, kept: Mapping[int, int]) -> int:
    """2 where the next paragraph is the title of the number."""
    if at + 2 >= len(found) or at + 1 in kept or kept[at] == TITLE:
        return 1
    numbered = _numbered(shown(found[at].text))
    untitled = numbered and not numbered[1].strip(" .:—")
    alone = untitled or _value(shown(found[at].text))
    one = found[at + 1]
    text = shown(one.text)
    if not alone or len(one.lines) > 2 or not 0 < len(text) <= _SHORT or not text[0].isalnum():
        return 1
    return 2 if text.isupper() or not _ENDS.search(text) or _is_title(text) else 1
