"""English: the rules in the order in which they are applied.

What an earlier rule wrote is left alone, so the narrow ones come first: an address before the
numbers in it, a date before a fraction, a sum of money before a plain number.
"""

import re
from collections.abc import Callable, Iterator

from podforge.speaking.addresses import addresses, handles
from podforge.speaking.dates import dates, times
from podforge.speaking.measures import measures
from podforge.speaking.money import money
from podforge.speaking.numerals import numerals, ordinals, plain, ranges, years
from podforge.speaking.offsets import Group, Replacement, Rule, Rules
from podforge.speaking.roman import has_roman, roman
from podforge.speaking.shortened import abbreviations, has_abbreviation, initials
from podforge.speaking.symbols import compared, counted, has_repeated, has_symbol, repeated, symbols

# What rules a text out quickly: most have no figure, no address and no abbreviation.
# A set of characters that is easy to search for comes first in each, and what it means behind.
_FIGURE = re.compile(r"[0-9\x80-\U0010ffff](?<=[\d¼-¾⅐-⅞])")
_NAME = re.compile(r"[@#./](?:(?<=[@#])|(?<=\.)\w|(?<=/)/)")
_CAPITAL_DOT = re.compile(r"[A-Z]\.")

_AMERICAN = ("en", "en-us")

_Tagged = Callable[[str, str], Iterator[Replacement]]


def rules(tag: str) -> Rules:
    """The rules of English; `en` and `en-us` are American, any other tag is British."""
    tag = "en" if tag in _AMERICAN else "en-gb"

    def of(rule: _Tagged) -> Rule:
        return lambda text: rule(text, tag)

    return (
        Group(_NAME.search, [of(addresses), of(handles)]),
        Group(has_abbreviation, [abbreviations]),
        Group(_FIGURE.search, [compared, of(dates), of(times), of(money)]),
        Group(_FIGURE.search, [of(numerals), of(measures)]),
        Group(_FIGURE.search, [of(years), of(ordinals), counted, of(ranges)]),
        Group(has_roman, [of(roman)]),
        Group(_FIGURE.search, [of(plain)]),
        Group(_CAPITAL_DOT.search, [initials]),
        Group(has_repeated, [repeated]),
        Group(has_symbol, [symbols]),
    )
