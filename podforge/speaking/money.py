"""Sums of money in English."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from podforge.sentences import ends_sentence
from podforge.speaking.adjectives import is_adjective
from podforge.speaking.offsets import Replacement
from podforge.speaking.words import cardinal, decimal


class _Currency(NamedTuple):
    """One and many of the unit, and of its hundredth."""

    one: str
    many: str
    small_one: str = ""
    small: str = ""


_DOLLAR = _Currency("dollar", "dollars", "cent", "cents")
_SIGNS = {
    "$": _DOLLAR, "£": _Currency("pound", "pounds", "penny", "pence"),
    "€": _Currency("euro", "euros", "cent", "cents"), "¥": _Currency("yen", "yen"),
    "₹": _Currency("rupee", "rupees", "paisa", "paise"), "₩": _Currency("won", "won"),
    "₽": _Currency("ruble", "rubles"), "₺": _Currency("lira", "lira"),
    "₪": _Currency("shekel", "shekels"), "₿": _Currency("bitcoin", "bitcoins"),
    "₴": _Currency("hryvnia", "hryvnias"), "₦": _Currency("naira", "naira"),
    "₱": _Currency("peso", "pesos"), "₫": _Currency("dong", "dong"),
    "US$": _Currency("US dollar", "US dollars", "cent", "cents"),
    "A$": _Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "AU$": _Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "C$": _Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "CA$": _Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "NZ$": _Currency("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
    "HK$": _Currency("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "S$": _Currency("Singapore dollar", "Singapore dollars", "cent", "cents"),
    "R$": _Currency("real", "reais"),
}  # fmt: skip
_CODES = {
    "USD": _SIGNS["US$"], "GBP": _SIGNS["£"], "EUR": _SIGNS["€"], "JPY": _SIGNS["¥"],
    "INR": _SIGNS["₹"], "AUD": _SIGNS["A$"], "CAD": _SIGNS["C$"], "NZD": _SIGNS["NZ$"],
    "HKD": _SIGNS["HK$"], "CHF": _Currency("Swiss franc", "Swiss francs"),
    "CNY": _Currency("yuan", "yuan"), "RMB": _Currency("yuan", "yuan"),
    "SEK": _Currency("Swedish krona", "Swedish kronor"),
    "NOK": _Currency("Norwegian krone", "Norwegian kroner"),
    "DKK": _Currency("Danish krone", "Danish kroner"), "BTC": _SIGNS["₿"],
}  # fmt: skip
_SCALES = {
    "k": "thousand", "m": "million", "mn": "million", "mm": "million", "bn": "billion",
    "b": "billion", "t": "trillion", "tn": "trillion",
}  # fmt: skip
_SHORT_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_QUICK = re.compile(r"[$£€¥₹₩₽₺₪₿₴₦₱₫¢]|\d\s?(?:[A-Z]{3})\b|\b[A-Z]{3}\s?\d|\d[pc]\b|\ds\.")
_WHOLE = r"\d{1,3}(?:,\d{3})+|\d{1,15}"
_SCALE = (
    rf"(?:\s?(?P<short>{_SHORT_SCALE})\b"
    r"|[\s-](?P<scale>thousand|million|billion|trillion)\b)?"
)
_PREFIX = r"(?:US|AU?|CA?|NZ|HK|S|R)?\$|[£€¥₹₩₽₺₪₿₴₦₱₫]"
_AMOUNT = rf"(?P<whole>{_WHOLE})?(?:\.(?P<part>\d{{1,6}}))?(?!\.?\d){_SCALE}"
_BEFORE = re.compile(
    rf"(?P<minus>(?<![\w)])[-−]\s?)?(?<![\w$£€¥])(?P<sign>{_PREFIX})(?P<minus_inside>[-−])?\s?"
    rf"(?=\.?\d)"
    rf"(?:(?P<from>{_WHOLE})(?:\.(?P<from_part>\d{{1,6}}))?(?P<from_scale>{_SHORT_SCALE})?\s?[-–—]\s?"
    rf"(?:(?:{_PREFIX})\s?)?(?=\.?\d))?{_AMOUNT}",
    re.I,
)
_CODE_FIRST = re.compile(rf"\b(?P<sign>{'|'.join(_CODES)})\s?(?=\d){_AMOUNT}")
_AFTER = re.compile(
    rf"(?<![\w.,]){_AMOUNT}\s?(?:(?P<sign>{'|'.join(_CODES)})\b|(?P<symbol>[€£¥₹₽₺₪]|\$(?!\d)))"
)
_CENTS = re.compile(r"(?<![\w.,])(\d{1,4}(?:\.\d)?)\s?(¢|p\b(?!\.)|c\b(?!\.))")
_PENCE = {"¢": ("cent", "cents"), "p": ("p", "p"), "c": ("cent", "cents")}
_SHILLINGS = re.compile(  # before 1971 in Britain, and in old books
    r"(?:(?<![\w£])£(?P<pounds>\d{1,6}) ?)?(?<![\w.,])(?P<shillings>1?\d)s\."
    r"(?: ?(?P<pence>1?\d)d\.)?(?!\w)"
)
_PER = re.compile(r"/(?=[a-z]{2,})")


def money(text: str, tag: str) -> Iterator[Replacement]:
    """`$5.20` is "five dollars and twenty cents", `£3m` "three million pounds"."""
    if not _QUICK.search(text):
        return
    for found in _SHILLINGS.finditer(text) if "s." in text else ():
        stop = "." if ends_sentence(text, found.end() - 1) else ""
        yield found.start(), found.end(), _old_sum(found, tag) + stop
    for found in _BEFORE.finditer(text):
        currency = _SIGNS[found["sign"].upper()]
        said = _sum(text, found, currency, tag)
        if found["from"]:
            low = decimal(found["from"].replace(",", ""), found["from_part"] or "", tag)
            scale = _SCALES.get((found["from_scale"] or "").lower(), "")
            said = " ".join(filter(None, [low, scale, "to", said]))
        minus = "minus " if found["minus"] or found["minus_inside"] else ""
        yield from _with_per(text, found, minus + said)
    for pattern in (_CODE_FIRST, _AFTER):
        for found in pattern.finditer(text):
            if not found["whole"]:
                continue
            code = found["sign"]
            currency = _CODES[code] if code else _SIGNS[found["symbol"]]
            yield from _with_per(text, found, _sum(text, found, currency, tag))
    for found in _CENTS.finditer(text) if _CENTS.search(text) else ():
        whole, _, part = found[1].partition(".")
        one, many = _PENCE[found[2]]
        unit = one if found[1] == "1" else many
        yield found.start(), found.end(), f"{decimal(whole, part, tag)} {unit}"


def _with_per(text: str, found: re.Match[str], said: str) -> Iterator[Replacement]:
    """The sum, and "per" for a stroke behind it."""
    glued = text[found.end() : found.end() + 1].isalpha()
    yield found.start(), found.end(), said + (" " if glued else "")
    if stroke := _PER.match(text, found.end()):
        yield stroke.start(), stroke.end(), " per "


def _old_sum(found: re.Match[str], tag: str) -> str:
    """`£3 10s. 6d.` is "three pounds ten shillings and six pence"."""
    units = (("pounds", "pound"), ("shillings", "shilling"), ("pence", "penny"))
    said = [
        f"{cardinal(int(found[many]), tag)} {one if found[many] == '1' else many}"
        for many, one in units
        if found[many]
    ]
    return " and ".join([" ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def _sum(text: str, found: re.Match[str], currency: _Currency, tag: str) -> str:
    whole, part = (found["whole"] or "").replace(",", ""), found["part"] or ""
    scale = found["scale"] or _SCALES.get((found["short"] or "").lower(), "")
    many = currency.one if is_adjective(text, *found.span()) else currency.many
    if scale:
        return f"{decimal(whole, part, tag)} {scale} {many}"
    if part and (len(part) != 2 or not currency.small):
        return f"{decimal(whole, part, tag)} {many}"
    number, hundredths = int(whole or 0), int(part or 0)
    units = f"{cardinal(number, tag)} {currency.one if number == 1 else many}"
    cents = currency.small_one if hundredths == 1 else currency.small
    small = f"{cardinal(hundredths, tag)} {cents}"
    if not hundredths:
        return units
    return small if not number else f"{units} and {small}"
