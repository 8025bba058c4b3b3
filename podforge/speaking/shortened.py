"""English abbreviations and initials.

A full stop that ends the sentence as well stays.
"""

import re
from collections.abc import Iterator

from podforge.sentences import NEVER_END, ends_sentence
from podforge.speaking.offsets import Replacement

_TITLES = {
    "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Mx": "Mix", "Messrs": "Messers",
    "Mme": "Madame", "Mlle": "Mademoiselle", "Prof": "Professor", "Rev": "Reverend",
    "Fr": "Father", "Gen": "General", "Col": "Colonel", "Sgt": "Sergeant", "Capt": "Captain",
    "Lt": "Lieutenant", "Cpl": "Corporal", "Cmdr": "Commander", "Maj": "Major", "Adm": "Admiral",
    "Gov": "Governor", "Sen": "Senator", "Rep": "Representative", "Pres": "President",
    "Hon": "Honourable", "Mt": "Mount", "Ft": "Fort",
}  # fmt: skip
_TITLE = re.compile(rf"\b({'|'.join(_TITLES)})\.(?=\s+(?:(?:&|and)\s+)?[A-Z])")
# Usual without a full stop in Britain; before a name only.
_BARE = {"Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Dr": "Doctor"}
_BARE_TITLE = re.compile(r"\b(Mrs|Mr|Ms|Dr)(?=\s+[A-Z])")
_ROADS = {"Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Ln": "Lane", "Sq": "Square"}
_ROAD = re.compile(rf"(?<=[a-z\d]\s)({'|'.join(_ROADS)})\.")
_WORDS = {
    "vs": "versus", "etc": "et cetera", "e.g": "for example", "i.e": "that is", "cf": "compare",
    "approx": "approximately", "Jr": "Junior", "Sr": "Senior", "Inc": "Incorporated",
    "Ltd": "Limited", "Co": "Company", "Corp": "Corporation", "Bros": "Brothers",
    "dept": "department", "Dept": "Department", "est": "established", "Est": "Established",
    "Univ": "University", "a.k.a": "also known as", "et al": "and others", "viz": "namely",
    "incl": "including", "misc": "miscellaneous", "govt": "government", "Govt": "Government",
    "Ph.D": "PhD", "&c": "et cetera",
}  # fmt: skip
_LONGEST_FIRST = sorted(_WORDS, key=len, reverse=True)
_WORD = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, _LONGEST_FIRST))})\.(?!\w)(,?)")
_VERSUS = re.compile(r"(?<=\w\s)vs?(?=\s\w)")
_NUMBER = re.compile(r"\b(No|Nos|nos|[Ff]igs?|[Vv]ols?|[Cc]h|pp|p|[Ee]q|ca|c)\.\s?(?=\d)")
_NUMBER_WORDS = {
    "No": "Number", "Nos": "Numbers", "Fig": "Figure", "Figs": "Figures", "Vol": "Volume",
    "Vols": "Volumes", "Ch": "Chapter", "pp": "pages", "p": "page", "Eq": "Equation",
    "ca": "around", "c": "around",
}  # fmt: skip
_EITHER = re.compile(r"\b(St|Dr)\.")
_BEFORE_NAME = {"St": "Saint", "Dr": "Doctor"}
_AFTER_NAME = {"St": "Street", "Dr": "Drive"}
_DAYS = {
    "Mon": "Monday", "Tues": "Tuesday", "Tue": "Tuesday", "Wed": "Wednesday",
    "Thurs": "Thursday", "Thur": "Thursday", "Thu": "Thursday", "Fri": "Friday",
    "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
_DAY = "|".join(_DAYS)
_HAS_DAY = re.compile(rf"\b(?:{_DAY})\.")
_DAYS_LINKED = re.compile(
    rf"\b(?P<first>{_DAY})(?P<stop>\.)?\s?(?P<link>and|or|to|&|[-–—])\s?"
    rf"(?P<last>{_DAY})(?(stop)\b\.?|\.)"
)
_DAY_OF_DATE = re.compile(
    rf"\b({_DAY})\.(?=,?\s(?:\d|(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)))"
)
_ON_DAY = re.compile(rf"\b(?:[Oo]n|[Ee]very|[Nn]ext|[Ll]ast|[Uu]ntil)\s({_DAY})\.")
SHORT = (*_TITLES, *_ROADS, *_WORDS, *_NUMBER_WORDS, *_BEFORE_NAME)  # without their last stop
_ALL = "|".join(map(re.escape, [*SHORT, *_DAYS]))
_SHORTENED = re.compile(rf"(?<!\w)(?:{_ALL})\.")
_LAST_PARTS = frozenset(re.split(r"[. ]", short)[-1] for short in [*SHORT, *_DAYS]) | {
    short.lower() for short in _NUMBER_WORDS
}
_OPENERS = "(\"'“‘[—–-/"
_NAME_FOLLOWS = re.compile(
    r"\s+(?!(?:A|And|At|But|He|I|In|It|On|She|So|That|The|Then|There|They|This|We|When|You)\b)[A-Z]"
)
_BEFORE_ROAD = re.compile(r"(?:[A-Z][\w'’]*|\d(?:st|nd|rd|th))\s$")
_INITIALS = re.compile(r"(?<![\w.])(?:[A-Z]\.){2,}(?:[A-Z]\b)?")
_ROW = re.compile(r"(?<![\w.])(?:[A-Z]\.\s){2,9}(?=[A-Z][\w'’])")  # "J. R. R. "
_INITIAL = re.compile(r"(?<![\w.])([A-Z])\.(?=\s?[A-Z](?:\.|[\w'’]))")
_NO_NAMES = re.compile(
    r"\b(?:Appendix|Class|Exhibit|Figure|Grade|Group|Hepatitis|Option|Part|Plan|Platform|Point|Room|"
    r"Section|Side|Step|Table|Team|Type|Vitamin)\s$"
)
_NAME_BEFORE = re.compile(
    r"(?:^|[A-Z][\w'’-]*\s|[A-Z]\.?\s?|[(\"“—–,:;]\s?|\b(?:and|by|with|of|to|from)\s)$"
)


def has_abbreviation(text: str) -> bool:
    """Whether `abbreviations` could find one: quicker than a search for each of them."""
    if "Mr" in text or "Ms" in text or "Dr" in text or " vs " in text or " v " in text:
        return True
    before_dots = text.split(".")[:-1]
    return any(part.rpartition(" ")[2].lstrip(_OPENERS) in _LAST_PARTS for part in before_dots)


def abbreviations(text: str) -> Iterator[Replacement]:
    """`Dr. Who` is "Doctor Who", `Smith St.` "Smith Street"."""
    for found in _BARE_TITLE.finditer(text):
        yield found.start(), found.end(), _BARE[found[1]]
    for found in _VERSUS.finditer(text):
        yield found.start(), found.end(), "versus"
    if not _SHORTENED.search(text):
        return
    if _HAS_DAY.search(text):
        yield from _days(text)
    for found in _TITLE.finditer(text):
        yield found.start(), found.end(), _TITLES[found[1]]
    for found in _NUMBER.finditer(text):
        yield found.start(), found.end(), f"{_number_word(found[1])} "
    for found in _ROAD.finditer(text):
        yield found.start(), found.end(), _ROADS[found[1]] + _stop(text, found.end())
    for found in _WORD.finditer(text):
        end = found[2] or ("" if found[1] in NEVER_END else _stop(text, found.end()))
        yield found.start(), found.end(), _WORDS[found[1]] + end
    for found in _EITHER.finditer(text):
        yield found.start(), found.end(), _saint_or_street(text, found)


def _days(text: str) -> Iterator[Replacement]:
    """`Sat. and Sun.` is "Saturday and Sunday"; `sat.` and `the Sun.` are left alone."""
    for found in _DAYS_LINKED.finditer(text):
        link = {"&": "and"}.get(found["link"], found["link"] if found["link"].isalpha() else "to")
        ends = _stop(text, found.end()) if found[0].endswith(".") else ""
        said = f"{_DAYS[found['first']]} {link} {_DAYS[found['last']]}{ends}"
        yield found.start(), found.end(), said
    for found in _DAY_OF_DATE.finditer(text):
        yield found.start(), found.end(), _DAYS[found[1]]
    for found in _ON_DAY.finditer(text):
        yield found.start(1), found.end(), _DAYS[found[1]] + _stop(text, found.end())


def _number_word(short: str) -> str:
    said = _NUMBER_WORDS.get(short)
    return said or _NUMBER_WORDS[short.capitalize()].lower()


def initials(text: str) -> Iterator[Replacement]:
    """`J. R. R. Tolkien` is "J R R Tolkien", `U.S.` "U S"."""
    for found in _INITIALS.finditer(text):
        letters = " ".join(found[0].replace(".", ""))
        ends = found[0].endswith(".") and ends_sentence(text, found.end() - 1)
        yield found.start(), found.end(), letters + ("." if ends else "")
    for found in _ROW.finditer(text):
        yield found.start(), found.end(), found[0].replace(".", "")
    for found in _INITIAL.finditer(text):
        before = text[max(0, found.start() - 40) : found.start()]
        if _NO_NAMES.search(before) or not _NAME_BEFORE.search(before):
            continue
        if not ends_sentence(text, found.end() - 1):
            glued = not text[found.end()].isspace()
            yield found.start(), found.end(), found[1] + (" " if glued else "")


def _saint_or_street(text: str, found: re.Match[str]) -> str:
    named = _NAME_FOLLOWS.match(text, found.end())
    behind = _BEFORE_ROAD.search(text[max(0, found.start() - 40) : found.start()])
    if named or not behind:
        return _BEFORE_NAME[found[1]]
    return _AFTER_NAME[found[1]] + _stop(text, found.end())


def _stop(text: str, at: int) -> str:
    """The full stop of an abbreviation, where it also ends the sentence."""
    return "." if not text[at:].strip() or re.match(r"\s+[A-Z“\"]", text[at : at + 3]) else ""
