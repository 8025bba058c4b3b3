"""Numbers without a unit in English: years, ordinals, fractions, ranges, telephone numbers."""

import re
from collections.abc import Iterator

from podforge.speaking.offsets import Replacement
from podforge.speaking.words import MOST_DIGITS, cardinal, decimal, digits, ordinal, plural, year

_DIGIT = re.compile(r"\d")
_PHONE = re.compile(
    r"(?<![\w.,-])(?:"
    r"(?:\+|00)\d{1,3}[\s.-]?(?:\(\d{1,4}\)[\s.-]?)?\d{1,4}(?:[\s.-]?\d{2,4}){1,5}"
    r"|(?:1[\s.-])?\(\d{3}\)[\s.-]?\d{3}[\s.-]\d{4}"
    r"|(?:1[.-])?\d{3}[.-]\d{3}[.-]\d{4}"
    r"|\d{3}-\d{4}"
    r"|0\d{2,4}\s\d{3,4}(?:\s\d{3,4})?"
    r"|\d{4}(?:[\s-]\d{4}){3}"
    r"|\d{1,5}(?:-\d{1,7}){3,4}"
    r"|\d{3}-\d{2}-\d{4}"
    r")(?![\w-]|[.,]\d)"
)
_LETTERED = re.compile(r"(?<![\w.,-])1-(\d{3})-(?=[A-Z]{2})")  # 1-800-FLOWERS
_POINTS = re.compile(r"(?<![\w.,])[vV]?(\d{1,9}(?:\.\d{1,9}){2,7})(?![\w]|\.\d)")
_VERSION = re.compile(
    r"(?:(?<!\w)[vV]\.?(?=\d)|(?<=\bversion )|(?<=\bVersion )|(?<=\brelease )|"
    r"(?<=\bPython )|(?<=\biOS )|(?<=\bmacOS )|(?<=\bAndroid )|(?<=\bWindows )|(?<=\bUbuntu )|"
    r"(?<=\bJava )|(?<=\bNode )|(?<=\bPHP )|(?<=\bRuby )|(?<=\bCUDA ))"
    r"(\d{1,4})(?:\.(\d{1,4}))?(?![\d.]\d|\d)"
)
_DECADE = re.compile(
    r"(?<![\w.,$£€])(?:(?P<century>1[1-9]|20)(?P<rest>\d0)|['’‘]?(?P<short>\d0))(?P<s>['’]?s)\b"
)
_ORDINAL = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d{1,12})(?:st|nd|rd|th)\b", re.I)
_ABBREVIATED_YEAR = re.compile(r"(?<![\w'’‘])['’‘](\d\d)(?![\w'’])")
_YEAR = re.compile(r"(?<![\w.,/$£€:])(?<!\d-)(?:1[1-9]|20)\d\d(?![\d/:]|[,.]\d|[-–]\d{5,})")
_BEFORE_CHRIST = re.compile(r"(?<![\w.,])(\d{1,4})(?=\s?(?:BCE?|CE|AD|B\.C\.|A\.D\.)(?!\w))")
_IN_YEAR = re.compile(r"(?<=\b[Ii]n )(10\d\d)(?![\d,.]\d|\d|\s[a-z]+s\b)")
_YEARS = re.compile(
    r"(?<![\w.,/-])((?:1[1-9]|20)\d\d)\s?[-–—/]\s?((?:1[1-9]|20)?\d\d)(?![\w-]|[.,/]\d)"
)
_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5),
    "⅗": (3, 5), "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8),
    "⅞": (7, 8), "⅐": (1, 7), "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
_VULGAR_FRACTION = re.compile(rf"(?:(?<![\w.,])(\d{{1,9}})\s?)?([{''.join(_VULGAR)}])")
_RATING = re.compile(r"(?<![\w.,/])(\d{1,3})\.(\d{1,2})/(\d{1,3})(?![\w/]|[.,]\d)")
_FRACTION = re.compile(
    r"(?<![\w.,/$£€])(?:(\d{1,4})[\s-])?(\d{1,4})[/⁄](\d{1,4})(?:ths?\b|rds?\b)?(?![\w/]|[.,]\d)"
)
_EVEN = {(50, 50): "fifty-fifty", (24, 7): "twenty-four seven", (9, 11): "nine eleven",
         (20, 20): "twenty twenty"}  # fmt: skip
_NUMBER = r"(?>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?:(?<=\d)\.\d+|(?<![\d.])\.\d+)?)"
_RANGE = re.compile(
    rf"(?<![\w.,/])(?=\.?\d)(?P<first>{_NUMBER})\s?[-–—−]\s?(?=\.?\d)(?P<last>{_NUMBER})(?![-–—]\d)"
)
_RATIO = re.compile(r"(?<![\w.,:])(\d{1,4}):(\d{1,4})(?![\d:]|[.,]\d)")
_POWER = re.compile(r"(?<![\w.,])(\d{1,6})\^(-?)(\d{1,4})(?!\d)")
_SCIENTIFIC = re.compile(r"(?<![\w.,])(\d{1,9})(?:\.(\d{1,9}))?[eE]([+-]?)(\d{1,3})(?!\w)")
_THOUSANDS = re.compile(r"(?<![\w.,])(\d{1,4}(?:\.\d{1,3})?)(k|K|bn|M)(?![\w/'’])")
_SCALES = {"k": "thousand", "K": "K", "bn": "billion", "M": "million"}
_PLAIN = re.compile(rf"(?P<minus>(?<![\w)\]–—.-])[-−])?(?=\d|(?<![\d.])\.\d)(?P<number>{_NUMBER})")


def numerals(text: str, tag: str) -> Iterator[Replacement]:
    """All but plain numbers, each kind before those that would take it for something else."""
    if not _DIGIT.search(text):
        return
    yield from _strings(text, tag)
    if "/" in text or "⁄" in text:
        yield from _fractions(text, tag)
    yield from _scientific(text, tag)
    for found in _THOUSANDS.finditer(text):
        whole, _, part = found[1].partition(".")
        yield found.start(), found.end(), f"{decimal(whole, part, tag)} {_SCALES[found[2]]}"


def years(text: str, tag: str) -> Iterator[Replacement]:
    """`1984` is "nineteen eighty-four", `the '90s` "the nineties"."""
    if not _DIGIT.search(text):
        return
    for found in _DECADE.finditer(text):
        yield found.start(), found.end(), _decade(found, tag)
    for found in _YEARS.finditer(text):
        last = year(int(found[2]), tag) if len(found[2]) == 4 else _two(found[2], tag)
        yield found.start(), found.end(), f"{year(int(found[1]), tag)} to {last}"
    for pattern in (_YEAR, _IN_YEAR, _BEFORE_CHRIST):
        for found in pattern.finditer(text):
            number = int(found[0])
            yield found.start(), found.end(), year(number, tag)
    for found in _ABBREVIATED_YEAR.finditer(text):
        yield found.start(), found.end(), _two(found[1], tag)


def ordinals(text: str, tag: str) -> Iterator[Replacement]:
    """`22nd` is "twenty-second"."""
    for found in _ORDINAL.finditer(text) if _DIGIT.search(text) else ():
        yield found.start(), found.end(), ordinal(int(found[1].replace(",", "")), tag)


def ranges(text: str, tag: str) -> Iterator[Replacement]:
    """`5–10` is "five to ten", and so are a score and a ratio: `3-2`, `3:1`."""
    if not _DIGIT.search(text):
        return
    for found in _RANGE.finditer(text):
        first, last = _number(found["first"], tag), _number(found["last"], tag)
        yield found.start(), found.end(), f"{first} to {last}"
    for found in _RATIO.finditer(text) if ":" in text else ():
        first, last = (cardinal(int(found[n]), tag) for n in (1, 2))
        yield found.start(), found.end(), f"{first} to {last}"


def plain(text: str, tag: str) -> Iterator[Replacement]:
    """What is left: `1,234` is "one thousand two hundred thirty-four", `MP3` "MP three"."""
    if not text.isascii():
        for found in _VULGAR_FRACTION.finditer(text):
            top, bottom = _VULGAR[found[2]]
            whole = f"{cardinal(int(found[1]), tag)} and " if found[1] else ""
            single = "a" if whole or (bottom > 3 and top == 1) else ""
            yield found.start(), found.end(), whole + _parts(top, bottom, tag, single)
    for found in _PLAIN.finditer(text) if _DIGIT.search(text) else ():
        start, end = found.span()
        said = _number(found["number"], tag)
        if found["minus"]:
            said = f"minus {said}"
        glued = text[start - 1] if start else " "
        if glued == "-" and start > 1 and text[start - 2].isupper():
            start -= 1  # "COVID-19"
            said = f" {said}"
        elif glued.isalpha() or glued in "_.":
            said = f" {said}"
        if text[end : end + 1].isalpha():
            said += " "
        yield start, end, said


def _strings(text: str, tag: str) -> Iterator[Replacement]:
    """Telephone numbers, versions and addresses of machines."""
    for found in _PHONE.finditer(text):
        groups = re.findall(r"\d+", found[0])
        plus = "plus " if found[0].startswith("+") else ""
        yield found.start(), found.end(), plus + ", ".join(digits(group, tag) for group in groups)
    for found in _LETTERED.finditer(text) if "1-" in text else ():
        area = cardinal(int(found[1]), tag) if found[1][1:] == "00" else digits(found[1], tag)
        yield found.start(), found.end(), f"one, {area}, "
    for found in _POINTS.finditer(text) if "." in text else ():
        parts = found[1].split(".")
        word = " dot " if len(parts) == 4 else " point "
        said = word.join(cardinal(int(part), tag) for part in parts)
        yield found.start(), found.end(), ("version " if found[0][0] in "vV" else "") + said
    for found in _VERSION.finditer(text):
        said = cardinal(int(found[1]), tag)
        said += f" point {cardinal(int(found[2]), tag)}" if found[2] else ""
        yield found.start(), found.end(), ("version " if found[0][0] in "vV" else "") + said


def _fractions(text: str, tag: str) -> Iterator[Replacement]:
    """`2/3` is "two thirds", `1 1/2` "one and a half", `8/10` and `4.5/5` "... out of ..."."""
    for found in _RATING.finditer(text):
        rated = decimal(found[1], found[2], tag)
        yield found.start(), found.end(), f"{rated} out of {cardinal(int(found[3]), tag)}"
    for found in _FRACTION.finditer(text):
        top, bottom = int(found[2]), int(found[3])
        whole = f"{cardinal(int(found[1]), tag)} and " if found[1] else ""
        if not whole and (top, bottom) in _EVEN:
            said = _EVEN[top, bottom]
        elif (0 < top < bottom and 2 <= bottom <= 20 and bottom != 10) or (whole and bottom > 1):
            said = whole + _parts(top, bottom, tag, "a" if whole else "")
        elif 0 < top <= bottom:
            said = f"{cardinal(top, tag)} out of {cardinal(bottom, tag)}"
        else:
            said = f"{cardinal(top, tag)} slash {cardinal(bottom, tag)}"
        yield found.start(), found.end(), said


def _parts(top: int, bottom: int, tag: str, single: str = "") -> str:
    """A fraction in words; `single` stands for its "one"."""
    name = {2: "half", 4: "quarter"}.get(bottom) or ordinal(bottom, tag)
    if top == 1:
        return f"{single or 'one'} {name}"
    return f"{cardinal(top, tag)} {'halves' if bottom == 2 else name + 's'}"


def _scientific(text: str, tag: str) -> Iterator[Replacement]:
    for found in _SCIENTIFIC.finditer(text):
        power = ("minus " if found[3] == "-" else "") + ordinal(int(found[4]), tag)
        said = decimal(found[1], found[2] or "", tag)
        yield found.start(), found.end(), f"{said} times ten to the {power}"
    for found in _POWER.finditer(text) if "^" in text else ():
        power = cardinal(int(found[3]), tag)
        words = {"2": "squared", "3": "cubed"}.get(found[2] + found[3])
        ends = words or f"to the power of {'minus ' if found[2] else ''}{power}"
        yield found.start(), found.end(), f"{cardinal(int(found[1]), tag)} {ends}"


def _decade(found: re.Match[str], tag: str) -> str:
    if found["short"]:
        return "two thousands" if found["short"] == "00" else plural(cardinal(int(found["short"])))
    number = int(found["century"] + found["rest"])
    return plural(year(number, tag))


def _two(text: str, tag: str) -> str:
    """The last two figures of a year: "oh five", "forty-five"."""
    return f"oh {cardinal(int(text), tag)}" if text[0] == "0" else cardinal(int(text), tag)


def _number(text: str, tag: str) -> str:
    """A number as it is written; one that begins with a nought, or is too long, by its digits."""
    whole, _, part = text.partition(".")
    bare = whole.replace(",", "")
    if len(bare) > MOST_DIGITS or (len(bare) > 1 and bare[0] == "0") or _is_a_string(bare, whole):
        return digits(bare, tag) + (f" point {digits(part, tag)}" if part else "")
    return decimal(bare, part, tag)


def _is_a_string(bare: str, written: str) -> bool:
    """Eight figures and more without a comma are a number only if it is round."""
    return "," not in written and len(bare) >= 8 and not bare.endswith("0" * (len(bare) // 2))
