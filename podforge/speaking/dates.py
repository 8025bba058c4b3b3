"""Dates and times of day in English."""

import re
from collections.abc import Iterator

from podforge.speaking.offsets import Replacement
from podforge.speaking.words import cardinal, ordinal, year

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SHORT = {month[:3]: month for month in _MONTHS if month != "May"} | {"Sept": "September"}
_MONTH = rf"(?:(?P<month>{'|'.join(_MONTHS)})|(?P<short>{'|'.join(_SHORT)})\.?)"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_LAST = r"(?:\s?[-–—]\s?(?P<last>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?)?"
_YEAR = r"(?P<year>[12]\d{3})(?![\d,]\d|\.\d|\w)"
_MONTH_DAY = re.compile(
    rf"\b{_MONTH}\s{_DAY}{_LAST}(?!\d|\.\d|:\d|,\d|\w|%)(?:(?:,\s?|\s){_YEAR})?"
)
_DAY_MONTH = re.compile(
    rf"(?<![\w.,/$£€-])(?P<the>[Tt]he\s)?{_DAY}{_LAST}(?:\sof)?\s{_MONTH}(?!\w)(?:,?\s{_YEAR})?"
)
_MONTH_YEAR = re.compile(rf"\b{_MONTH}(?:,\s?|\s){_YEAR}")
_HAS_MONTH = re.compile(rf"\b(?:{'|'.join(_SHORT)}|May)")
_SLASH = re.compile(r"(?<![\d/.\w])(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)(?![\d/\w])")
_ON_DAY = re.compile(
    r"\b((?:[Oo]n|[Ss]ince|[Uu]ntil|[Bb]y|[Bb]efore|[Aa]fter|[Dd]ated|[Ff]rom)\s)"
    r"(\d{1,2})/(\d{1,2})(?![\d/\w]|\s[a-z]+s\b|\sof)"
)
_DOTS = re.compile(r"(?<![\d.\w])(\d{1,2})\.(\d{1,2})\.(\d{4})(?![\d\w]|\.\d)")
_ISO = re.compile(  # ISO 8601, extended format
    r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?:T(?P<hour>[01]\d|2[0-4]):(?P<minute>[0-5]\d)"
    r"(?::(?P<second>[0-5]\d)(?:[.,]\d{1,9})?)?"
    r"(?P<zone>Z|(?P<sign>[+-])(?P<ahead>\d\d):?(?P<more>[0-5]\d)?)?(?!\w)|(?![\w-]))"
)
_CLOCK = re.compile(
    r"(?<![\w:.,/])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?![\d:])"
    r"(?:\s?(?P<half>[ap])\.?\s?m\b(?P<stop>\.?))?(?P<z>Z\b)?",
    re.I,
)
_HOUR = re.compile(
    r"(?<![\w:.,/])(?:(?P<first>1[0-2]|0?[1-9])(?::(?P<first_minute>[0-5]\d))?"
    r"(?:\s?(?P<first_half>[ap])\.?m\.?)?\s?[-–]\s?)?"
    r"(?P<hour>1[0-2]|0?[1-9])(?:[:.](?P<minute>[0-5]\d))?\s?(?P<half>[ap])"
    r"(?:\.\s?m\b(?P<stop>\.?)|m\b)",
    re.I,
)
_O_CLOCK = re.compile(r"(?<![\w:.,])(1[0-2]|[1-9])(?=\so['’]clock)")
# More than a day has no such hour; after these words it is a ratio.
_MINUTES = re.compile(
    r"(?<![\w:.,/])(?<!odds of )(?<!ratio of )(2[5-9]|[3-9]\d|\d{3}):([0-5]\d)(?![\d:]|[.,]\d)"
)
_LONG = re.compile(r"(?<![\w:.,/])(\d{1,3}):([0-5]\d):([0-5]\d)(?:[.,]\d{1,3})?(?![\d:])")


def dates(text: str, tag: str) -> Iterator[Replacement]:
    """`3/4/2024` is "March fourth, twenty twenty-four" in America, elsewhere in April."""
    if "/" in text:
        yield from _slashed(text, tag)
    for found in _ISO.finditer(text) if "-" in text else ():
        if said := _date(int(found[3]), int(found[2]), found[1], tag):
            yield found.start(), found.end(), said + (_moment(found, tag) if found["hour"] else "")
    for found in _DOTS.finditer(text) if "." in text else ():
        if said := _date(int(found[1]), int(found[2]), found[3], tag):
            yield found.start(), found.end(), said
    if _HAS_MONTH.search(text):
        yield from _named(text, tag)


def _slashed(text: str, tag: str) -> Iterator[Replacement]:
    american = tag == "en"
    for found in _SLASH.finditer(text):
        month, day = (int(found[1]), int(found[2])) if american else (int(found[2]), int(found[1]))
        if month > 12:
            month, day = day, month
        if said := _date(day, month, found[3], tag):
            yield found.start(), found.end(), said
    for found in _ON_DAY.finditer(text):
        month, day = (int(found[2]), int(found[3])) if american else (int(found[3]), int(found[2]))
        if said := _date(day, month, "", tag):
            yield found.start(2), found.end(), said


def _named(text: str, tag: str) -> Iterator[Replacement]:
    """Dates with the name of a month: they are said in the order they are written in."""
    for found in _MONTH_DAY.finditer(text):
        last = f" to {ordinal(int(found['last']), tag)}" if found["last"] else ""
        end = f", {year(int(found['year']), tag)}" if found["year"] else ""
        day = ordinal(int(found["day"]), tag)
        yield found.start(), found.end(), f"{_month(found)} {day}{last}{end}"
    for found in _DAY_MONTH.finditer(text):
        last = f" to the {ordinal(int(found['last']), tag)}" if found["last"] else ""
        end = f" {year(int(found['year']), tag)}" if found["year"] else ""
        day = ordinal(int(found["day"]), tag)
        said = f"{found['the'] or 'the '}{day}{last} of {_month(found)}{end}"
        yield found.start(), found.end(), said
    for found in _MONTH_YEAR.finditer(text):
        yield found.start(), found.end(), f"{_month(found)} {year(int(found['year']), tag)}"


def times(text: str, tag: str) -> Iterator[Replacement]:
    """`4:30` is "four thirty", `4:05` "four oh five", `16:00` "sixteen hundred"."""
    if ":" in text:
        for found in _LONG.finditer(text):
            yield (
                found.start(),
                found.end(),
                _length(int(found[1]), int(found[2]), int(found[3]), tag),
            )
    for found in _HOUR.finditer(text) if _HOUR.search(text) else ():
        said = _clock(int(found["hour"]), int(found["minute"] or 0), tag)
        if found["first"]:
            first = _clock(int(found["first"]), int(found["first_minute"] or 0), tag)
            half = f" {found['first_half'].upper()}M" if found["first_half"] else ""
            said = f"{first}{half} to {said}"
        yield found.start(), found.end(), f"{said} {found['half'].upper()}M{_stop(text, found)}"
    for found in _CLOCK.finditer(text) if ":" in text else ():
        hour, minute = int(found["hour"]), int(found["minute"])
        if found["half"]:
            said = f"{_clock(hour, minute, tag)} {found['half'].upper()}M{_stop(text, found)}"
        elif minute:
            said = _clock(hour, minute, tag)
        else:
            said = f"{cardinal(hour, tag)} " + ("o'clock" if 0 < hour <= 12 else "hundred")
        yield found.start(), found.end(), said
    for found in _MINUTES.finditer(text) if ":" in text else ():
        minutes, seconds = int(found[1]), int(found[2])
        said = _clock(minutes, seconds, tag) if seconds else f"{cardinal(minutes, tag)} minutes"
        yield found.start(), found.end(), said
    for found in _O_CLOCK.finditer(text) if "clock" in text else ():
        yield found.start(), found.end(), cardinal(int(found[1]), tag)


def _clock(hour: int, minute: int, tag: str) -> str:
    said = cardinal(hour, tag)
    if not minute:
        return said
    return f"{said} oh {cardinal(minute)}" if minute < 10 else f"{said} {cardinal(minute)}"


def _moment(found: re.Match[str], tag: str) -> str:
    """The time of a timestamp behind its date: ", ten thirty UTC plus two"."""
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    said = f", {_clock(hour, minute, tag)}" + ("" if minute else " hundred")
    if second:
        said += f" and {cardinal(second, tag)} second{'' if second == 1 else 's'}"
    if found["zone"]:
        said += " UTC"
    if found["sign"] and (int(found["ahead"]) or int(found["more"] or 0)):
        sign = "plus" if found["sign"] == "+" else "minus"
        said += f" {sign} {_clock(int(found['ahead']), int(found['more'] or 0), tag)}"
    return said


def _stop(text: str, found: re.Match[str]) -> str:
    """The full stop of `p.m.` where it ends the sentence too."""
    if not found["stop"]:
        return ""
    return "" if re.match(r"\s+[a-z\d]|[,;:!?)]", text[found.end() : found.end() + 3]) else "."


def _length(hours: int, minutes: int, seconds: int, tag: str) -> str:
    parts = ((hours, "hour"), (minutes, "minute"), (seconds, "second"))
    said = [f"{cardinal(n, tag)} {unit}{'' if n == 1 else 's'}" for n, unit in parts if n]
    return " ".join([*said[:-1], "and", said[-1]] if len(said) > 1 else said) or "zero seconds"


def _month(found: re.Match[str]) -> str:
    return found["month"] or _SHORT[found["short"]]


def _date(day: int, month: int, written: str, tag: str) -> str:
    """A date in figures as it is said where the tag is spoken; empty when there is no such day."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return ""
    number = int(written) if written else 0
    if len(written) == 2:
        number += 2000 if number < 50 else 1900
    ends = year(number, tag) if written else ""
    if tag == "en":
        return f"{_MONTHS[month - 1]} {ordinal(day, tag)}" + (f", {ends}" if ends else "")
    return f"the {ordinal(day, tag)} of {_MONTHS[month - 1]}" + (f" {ends}" if ends else "")
