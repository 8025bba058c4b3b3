"""Numbers as words, in the languages num2words knows.

Every function takes a BCP 47 tag in small letters; `en` is American ("one hundred five"), every
other English says "and" ("one hundred and five").
"""

from functools import lru_cache

MOST_DIGITS = 15  # of a number that is read as one; a longer one is read digit by digit
_MANY = 4096  # words that are remembered

# Where a decimal is read, between the whole and the digits.
POINTS = {
    "en": "point", "de": "Komma", "fr": "virgule", "es": "coma", "it": "virgola", "pt": "vírgula",
    "nl": "komma",
}  # fmt: skip
_AS_NUMBER = ("fr", "es", "it", "pt")  # these read two decimals as one number


@lru_cache(_MANY)
def cardinal(number: int, tag: str = "en") -> str:
    """`42` is "forty-two"; longer than `MOST_DIGITS`, its digits."""
    if abs(number) >= 10**MOST_DIGITS:
        return digits(str(abs(number)), tag)
    return _tidy(_num2words(number, tag, "cardinal"), tag)


@lru_cache(_MANY)
def ordinal(number: int, tag: str = "en") -> str:
    """`42` is "forty-second"."""
    return _tidy(_num2words(number, tag, "ordinal"), tag)


@lru_cache(_MANY)
def year(number: int, tag: str = "en") -> str:
    """`1984` is "nineteen eighty-four", `2007` "two thousand seven"."""
    if not tag.startswith("en"):
        return _tidy(_num2words(number, tag, "year"), tag)
    century, rest = divmod(number, 100)
    if number < 1000 or number > 9999 or (century % 10 == 0 and rest < 10):
        return cardinal(number, tag)
    ends = "hundred" if not rest else f"oh {cardinal(rest)}" if rest < 10 else cardinal(rest)
    return f"{cardinal(century)} {ends}"


def digits(text: str, tag: str = "en") -> str:
    """Each digit as a word; other characters are left out."""
    return " ".join(cardinal(int(sign), tag) for sign in text if sign.isdecimal())


def decimal(whole: str, part: str, tag: str = "en") -> str:
    """The number `whole.part`; an empty whole is not spoken, as in "point five"."""
    language = tag.split("-")[0]
    if not part:
        return cardinal(int(whole or 0), tag)
    together = language in _AS_NUMBER and len(part) <= 2 and not part.startswith("0")
    said = cardinal(int(part), tag) if together else digits(part, tag)
    before = [cardinal(int(whole), tag)] if whole else []
    return " ".join([*before, POINTS.get(language, "."), said])


def plural(word: str) -> str:
    """The plural of an English number word: "fifties", "hundreds", "sixes"."""
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("x") else "s")


def _num2words(number: int, tag: str, to: str) -> str:
    from num2words import num2words  # 50 ms, and most texts have no number

    language = "pt_BR" if tag == "pt-br" else tag.split("-")[0]
    return str(num2words(number, lang=language, to=to))


def _tidy(words: str, tag: str) -> str:
    """Without the commas, which an engine would breathe at."""
    words = words.replace(",", "")
    return words.replace(" and ", " ") if tag == "en" else words
