"""English: what is written one way and said another.

Plain numbers are left to the engines, which read them well.
"""

import re
from collections.abc import Iterator

from podforge.speaking.offsets import Replacement, Rule

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
}
_SCALES = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion"}
_SIGN = re.compile(r"[$£€]")
_MONEY = re.compile(
    r"(?<![\w$£€])([$£€])(\d+(?:,\d{3})*)(?:\.(\d+))?"
    r"(?:(k|m|bn|b)\b|\s+(thousand|million|billion|trillion)\b)?",
    re.I,
)
_PERCENT = re.compile(r"(?<=\d)\s?%(?!\w)")
_AND = re.compile(r"\s*&\s*")
_SLASH_DATE = re.compile(r"(?<![\d/.])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])")
_ISO_DATE = re.compile(r"(?<![\d-])(\d{4})-(\d{2})-(\d{2})(?![\d-])")
_TIME = re.compile(
    r"(?<![\d:.])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])(?:\s*([ap])\.?\s?m\b(?:\.(?=\s+[a-z]|,))?)?",
    re.I,
)
_SCHEMED = re.compile(
    r"\bhttps?://(?:www\.)?([\w.-]+\w)(?::\d+)?"
    r"(?:[/?#][^\s<>\"”)\]]*[^\s<>\"”)\].,;:!?])?/?",
    re.I,
)
_MAIL = re.compile(r"(?<![\w.+-])([\w.+-]{1,64})@([\w-]+(?:\.[\w-]+)+)")
_TLDS = "com|org|net|edu|gov|io|dev|fm|app|ai|tv|info|uk|co|me|de|fr|eu|au|ca|nz|ie|us|blog|xyz"
_DOTTED = re.compile(rf"\.(?:{_TLDS})\b", re.I)  # quick to rule a text out
_SITE = re.compile(
    rf"(?<![\w@./-])(?:www\.)?((?:[a-z0-9-]+\.)+(?:{_TLDS}))(/[\w/-]*\w)?(?![\w@])", re.I
)
_ROMAN = r"(?P<roman>(?=[IVXL])(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3}))(?![\w'’])"
_NUMERAL = re.compile(r"(?<=\s)(?:[IVXL]{2,}|[VXL]|I(?![\s'’\w]))(?![\w'’])")  # rules a text out
_REGNAL = re.compile(
    r"\b(?:Alexander|Benedict|Boniface|Carl|Catherine|Charles|Christian|Clement|Constantine|David|"
    r"Edward|Elizabeth|Ferdinand|Francis|Frederick|George|Gregory|Gustav|Haakon|Harald|Henry|"
    r"Innocent|Ivan|James|John Paul|Joseph|Julius|Kenneth|Leo|Leopold|Louis|Malcolm|Margaret|Mary|"
    r"Napoleon|Nicholas|Olav|Otto|Paul|Peter|Philip|Pius|Ptolemy|Rameses|Ramesses|Richard|Robert|"
    rf"Rudolf|Urban|Victor|Wilhelm|William)\s+{_ROMAN}"
)
_NUMBERED = re.compile(
    r"\b(?:Act|Appendix|Article|Book|Canto|Chapter|Class|Episode|Figure|Louis|Part|Phase|Scene|"
    r"Section|Stage|Super Bowl|Table|Title|Type|Vol\.|Volume|World War|World Wars|act|chapter|part|"
    rf"phase|scene|section|type|volume)\s+{_ROMAN}",
)
_TITLES = {
    "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Prof": "Professor", "Rev": "Reverend",
    "Gen": "General", "Col": "Colonel", "Sgt": "Sergeant", "Capt": "Captain", "Lt": "Lieutenant",
    "Gov": "Governor", "Sen": "Senator", "Hon": "Honourable", "Mt": "Mount", "Ft": "Fort",
}  # fmt: skip
_TITLE = re.compile(rf"\b({'|'.join(_TITLES)})\.(?=\s+[A-Z])")
_ROADS = {"Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Ln": "Lane", "Sq": "Square"}
_ROAD = re.compile(rf"(?<=[a-z\d]\s)({'|'.join(_ROADS)})\.")
_WORDS = {
    "vs": "versus", "etc": "et cetera", "e.g": "for example", "i.e": "that is", "cf": "compare",
    "approx": "approximately", "Jr": "Junior", "Sr": "Senior", "Inc": "Incorporated",
    "Ltd": "Limited",
}  # fmt: skip
_INSIDE = {"vs", "e.g", "i.e", "approx", "cf"}  # these never end a sentence
_WORD = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, _WORDS))})\.(?!\w)(,?)")
_NUMBER = re.compile(r"\b(No|Nos|Fig|Vol|Ch|pp|p)\.\s?(?=\d)")
_NUMBER_WORDS = {
    "No": "Number", "Nos": "Numbers", "Fig": "Figure", "Vol": "Volume", "Ch": "Chapter",
    "pp": "pages", "p": "page",
}  # fmt: skip
_EITHER = re.compile(r"\b(St|Dr)\.")
_BEFORE_NAME = {"St": "Saint", "Dr": "Doctor"}
_AFTER_NAME = {"St": "Street", "Dr": "Drive"}
_ALL = "|".join(map(re.escape, [*_TITLES, *_ROADS, *_WORDS, *_NUMBER_WORDS, *_BEFORE_NAME]))
_SHORTENED = re.compile(rf"\b(?:{_ALL})\.")  # quick to rule a text out
_NAME_FOLLOWS = re.compile(
    r"\s+(?!(?:A|And|At|But|He|I|In|It|On|She|So|That|The|Then|There|They|This|We|When|You)\b)[A-Z]"
)


def urls(text: str) -> Iterator[Replacement]:
    """`https://example.org/x` is "example dot org"; a bare site keeps its path."""
    for found in _SCHEMED.finditer(text) if "://" in text else ():
        yield found.start(), found.end(), _dots(found[1])
    for found in _MAIL.finditer(text) if "@" in text else ():
        yield found.start(), found.end(), f"{_dots(found[1])} at {_dots(found[2])}"
    for found in _SITE.finditer(text) if _DOTTED.search(text) else ():
        path = (found[2] or "").replace("/", " slash ").replace("-", " ").replace("_", " ")
        yield found.start(), found.end(), f"{_dots(found[1])}{path}"


def money(text: str) -> Iterator[Replacement]:
    """`$5.20` is "5 dollars and 20 cents", `£3 million` "3 million pounds"."""
    for found in _MONEY.finditer(text) if _SIGN.search(text) else ():
        sign, whole, part, short, scale = found.groups()
        one, many, small_one, small = _CURRENCIES[sign]
        if short or scale:
            number = whole + (f".{part}" if part else "")
            said = f"{number} {scale or _SCALES[short.lower()]} {many}"
        elif part and len(part) != 2:
            said = f"{whole}.{part} {many}"
        else:
            units = f"{whole} {one if whole == '1' else many}"
            cents = int(part or 0)
            coins = f"{cents} {small_one if cents == 1 else small}"
            said = units if not cents else coins if whole == "0" else f"{units} and {coins}"
        yield found.start(), found.end(), said


def percent(text: str) -> Iterator[Replacement]:
    """`50%` is "50 percent"."""
    for found in _PERCENT.finditer(text) if "%" in text else ():
        yield found.start(), found.end(), " percent"


def ampersand(text: str) -> Iterator[Replacement]:
    """`&` is "and"."""
    for found in _AND.finditer(text) if "&" in text else ():
        yield found.start(), found.end(), " and "


def month_first(text: str) -> Iterator[Replacement]:
    """American dates: `3/4/2024` is "March 4th, 2024"."""
    for found in _SLASH_DATE.finditer(text) if "/" in text else ():
        month, day = int(found[1]), int(found[2])
        if month > 12:
            month, day = day, month
        yield from _date(found, day, month, found[3], "{month} {day}, {year}")


def day_first(text: str) -> Iterator[Replacement]:
    """British dates: `3/4/2024` is "3rd of April 2024"."""
    for found in _SLASH_DATE.finditer(text) if "/" in text else ():
        day, month = int(found[1]), int(found[2])
        if month > 12:
            month, day = day, month
        yield from _date(found, day, month, found[3], "{day} of {month} {year}")


def iso_dates(text: str) -> Iterator[Replacement]:
    """`2024-03-04` is "March 4th, 2024"."""
    for found in _ISO_DATE.finditer(text) if "-" in text else ():
        yield from _date(found, int(found[3]), int(found[2]), found[1], "{month} {day}, {year}")


def times(text: str) -> Iterator[Replacement]:
    """`4:30` is "4 30", `4:05` "4 oh 5", `4:00` "4 o'clock", `16:00` "16 hundred"."""
    for found in _TIME.finditer(text) if ":" in text else ():
        hour, minute, half = found[1].lstrip("0") or "0", int(found[2]), found[3]
        if half:
            said = _clock(hour, minute) + f" {half.upper()}M"
        elif minute:
            said = _clock(hour, minute)
        else:
            said = f"{hour} o'clock" if 0 < int(hour) <= 12 else f"{hour} hundred"
        yield found.start(), found.end(), said


def roman(text: str) -> Iterator[Replacement]:
    """`Henry VIII` is "Henry the 8th", `Chapter IV` is "Chapter 4"."""
    if not _NUMERAL.search(text):
        return
    for pattern, form in ((_REGNAL, "the {}"), (_NUMBERED, "{}")):
        for found in pattern.finditer(text):
            numeral = found["roman"]
            value = _value(numeral)
            if not numeral or (numeral == "I" and not _ends_phrase(text, found.end())):
                continue
            number = _ordinal(value) if form != "{}" else str(value)
            yield found.start("roman"), found.end("roman"), form.format(number)


def abbreviations(text: str) -> Iterator[Replacement]:
    """`Dr. Who` is "Doctor Who", `Smith St.` "Smith Street".

    A full stop that ends the sentence too stays.
    """
    if not _SHORTENED.search(text):
        return
    for found in _TITLE.finditer(text):
        yield found.start(), found.end(), _TITLES[found[1]]
    for found in _NUMBER.finditer(text):
        yield found.start(), found.end(), f"{_NUMBER_WORDS[found[1]]} "
    for found in _ROAD.finditer(text):
        yield found.start(), found.end(), _ROADS[found[1]] + _stop(text, found.end())
    for found in _WORD.finditer(text):
        end = found[2] or ("" if found[1] in _INSIDE else _stop(text, found.end()))
        yield found.start(), found.end(), _WORDS[found[1]] + end
    for found in _EITHER.finditer(text):
        yield found.start(), found.end(), _saint_or_street(text, found)


def _saint_or_street(text: str, found: re.Match[str]) -> str:
    named = _NAME_FOLLOWS.match(text, found.end())
    behind = re.search(r"(?:[A-Z][\w'’]*|\d(?:st|nd|rd|th))\s$", text[: found.start()][-40:])
    if named or not behind:
        return _BEFORE_NAME[found[1]]
    return _AFTER_NAME[found[1]] + _stop(text, found.end())


def _stop(text: str, at: int) -> str:
    """The full stop of an abbreviation, where it also ends the sentence."""
    return "." if not text[at:].strip() or re.match(r"\s+[A-Z“\"]", text[at : at + 3]) else ""


def _dots(name: str) -> str:
    return name.replace(".", " dot ").replace("_", " underscore ").replace("-", " dash ")


def _date(
    found: re.Match[str], day: int, month: int, year: str, form: str
) -> Iterator[Replacement]:
    if 1 <= month <= 12 and 1 <= day <= 31:
        said = form.format(month=_MONTHS[month - 1], day=_ordinal(day), year=year)
        yield found.start(), found.end(), said


def _clock(hour: str, minute: int) -> str:
    if not minute:
        return hour
    return f"{hour} oh {minute}" if minute < 10 else f"{hour} {minute}"


def _ordinal(number: int) -> str:
    teens = 10 <= number % 100 <= 20
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _value(numeral: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10, "L": 50}[letter] for letter in numeral]
    following = [*values[1:], 0]
    return sum(-a if a < b else a for a, b in zip(values, following, strict=True))


def _ends_phrase(text: str, at: int) -> bool:
    return not text[at : at + 1] or text[at] in '.,;:!?)"”’—–'


_RULES: tuple[Rule, ...] = (
    urls, money, percent, iso_dates, times, roman, abbreviations, ampersand,
)  # fmt: skip
AMERICAN: tuple[Rule, ...] = (*_RULES, month_first)
BRITISH: tuple[Rule, ...] = (*_RULES, day_first)
