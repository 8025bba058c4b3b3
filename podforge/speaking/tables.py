"""Languages as tables: numbers, money, percent, times and abbreviations, in the words of each.

They read what most scripts hold and leave the rest to the engine.  A language with rules of its
own is a module like `english`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from podforge.speaking.offsets import Group, Replacement, Rule, Rules
from podforge.speaking.symbols import has_repeated, repeated
from podforge.speaking.words import MOST_DIGITS, cardinal, decimal, digits, ordinal, year

_SITE = re.compile(r"https?://(?:www\.)?([\w.-]+\w)(?:[/?#][^\s<>\"”)]*[^\s<>\"”).,;:!?])?/?", re.I)
_DATIVE = re.compile(r"(?:\b[AaIi]m|\b[Vv]om|\b[Zz]um|\b[Bb]is|eim|\b[Dd]e[mn])\s$")
_ENDING = ("usw", "etc", "ecc", "esq")  # these may end a sentence
_FIGURE = re.compile(r"\d")
_NEW_SENTENCE = re.compile(r"\s+[^\W\d_a-zà-ÿ]")
_DATE = re.compile(
    r"(?<![\w.,/-])(?P<day>\d{1,2})(?P<sep>[./-])(?P<month>\d{1,2})(?P=sep)(?P<year>\d{4})(?![\w/-]|\.\d)"
)
_NO_NOUN = re.compile(r"\s(?:de|del|y|e|o|u|en|a|al|que|por|para|con|es|fue)\b")
_SMALL = re.compile(r"\s[^\W\d_A-ZÀ-Ý]")
_ARTICLE = re.compile(r"\b[Dd](?:er|ie|as)\s$")
_OPENS = " \"'„“»«(*_"  # before the first word of a text
_WORD = re.compile(r"\w+")
_SIGN = re.compile(r"[&%+=@]")
_NOUN = re.compile(r"\s[^\W\d_]")
_SEPARATOR = re.compile(r"(?<=[^\W_]|\.)[.:,]$")
_STOP_BEFORE_LETTER = re.compile(r"\.(?=[^\W\d_])")
_QUIET = re.compile(r"[*_^|~®™©#]+")


@dataclass(frozen=True)
class Table:
    """What a language needs to read numbers; words as they are said after a number."""

    tag: str
    one: str  # before a noun
    thousands: str  # a character class: what stands between groups of three figures
    ordinal: str  # a pattern for the end of an ordinal
    to: str
    percent: str
    hours: str  # between hours and minutes
    coins: str  # between a currency's units and its hundredths
    dot: str
    signs: Mapping[str, str]
    currencies: Mapping[str, tuple[str, str]]  # sign or code -> one, many
    units: Mapping[str, tuple[str, str]]
    short: Mapping[str, str]  # abbreviation without its last full stop -> words
    months: tuple[str, ...]  # January to December
    of: str = " "  # between day, month and year
    first: str = ""  # the first day of a month, where it is an ordinal
    exact: Mapping[str, str] = field(default_factory=dict)  # patterns of case and context -> words
    clipped: tuple[str, ...] = ()  # ordinals that lose their last letter before a noun
    minus: str = "minus"
    inflects: bool = False  # an ordinal ends in "n" after a dative, as in German
    endings: Mapping[str, str] = field(default_factory=dict)  # noun -> end of its first ordinal
    feminine: tuple[str, ...] = ()  # ends of an ordinal that is feminine
    own: Mapping[str, str] = field(default_factory=dict)  # ordinals that are spelled out


class _Patterns:
    """The expressions of a table, made once."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.number = rf"(?:\d{{1,3}}(?:[{table.thousands}]\d{{3}})+(?!\d)|\d+)(?:,\d+)?"
        free, end = r"(?<![\w.,])", r"(?![\w])"
        money, units = _any(table.currencies), _any(table.units)
        self.after = re.compile(rf"{free}({self.number})(\s?(?:Mio\.|Mrd\.))?\s?({money}){end}")
        self.before = re.compile(rf"(?<!\w)({money})\s?({self.number})(?![\d])")
        self.units = re.compile(rf"{free}({self.number})\s?({units}|%){end}")
        self.ordinals = re.compile(rf"{free}(\d{{1,9}})({table.ordinal})")
        self.ranges = re.compile(rf"{free}({self.number})\s?[–—-]\s?({self.number})(?![\d-])")
        self.numbers = re.compile(rf"((?<![\w)])[-−])?({self.number})")
        self.times = re.compile(
            r"(?<![\w:.,])([01]?\d|2[0-4])\s?[:h]\s?([0-5]\d)(?![\d:])(?:\s(?:Uhr|h)\b)?"
        )
        self.exact = [(re.compile(exact), words) for exact, words in table.exact.items()]
        self.short = re.compile(rf"(?<![\w.])({_any(table.short)})\.(?!\w)", re.IGNORECASE)
        self.folded = {
            "".join(short.split()).casefold(): words for short, words in table.short.items()
        }


def rules(table: Table) -> Rules:
    """The rules of a table, in order."""
    patterns = _Patterns(table)

    def of(rule: Callable[[_Patterns, str], Iterator[Replacement]]) -> Rule:
        return lambda text: rule(patterns, text)

    return (
        of(_sites),
        of(_short),
        Group(
            _FIGURE.search,
            [of(_dates), of(_times), of(_money), of(_measures), of(_ordinals), of(_ranges)],
        ),
        Group(_FIGURE.search, [of(_numbers)]),
        of(_signs),
        Group(has_repeated, [repeated]),
    )


def _sites(patterns: _Patterns, text: str) -> Iterator[Replacement]:
    for found in _SITE.finditer(text) if "://" in text else ():
        yield found.start(), found.end(), found[1].replace(".", f" {patterns.table.dot} ")


def _short(patterns: _Patterns, text: str) -> Iterator[Replacement]:
    for pattern, words in patterns.exact if "." in text else ():
        for found in pattern.finditer(text):
            at_end = not text[found.end() :].strip()
            yield found.start(), found.end(), words + ("." if at_end else "")
    for found in patterns.short.finditer(text) if "." in text else ():
        words = patterns.folded["".join(found[1].split()).casefold()]
        ends = found.end() == len(text) or (
            found[1].lower() in _ENDING and _NEW_SENTENCE.match(text, found.end())
        )
        yield found.start(), found.end(), words + ("." if ends else "")


def _dates(patterns: _Patterns, text: str) -> Iterator[Replacement]:
    """`3.5.2024` is "dritter Mai zweitausendvierundzwanzig", after "am" "dritten Mai ..."."""
    table = patterns.table
    for found in _DATE.finditer(text):
        day, month = int(found["day"]), int(found["month"])
        if 1 <= day <= 31 and 1 <= month <= 12:
            said = _day(table, day, text[max(0, found.start() - 6) : found.start()])
            ends = (table.months[month - 1], year(int(found["year"]), table.tag))
            yield found.start(), found.end(), table.of.join((said, *ends))


def _day(table: Table, day: int, before: str) -> str:
    """A day of a month as it is said behind some words."""
    if not table.inflects:
        return table.first if day == 1 and table.first else cardinal(day, table.tag)
    said = ordinal(day, table.tag)
    if _DATIVE.search(before):
        return said + "n"
    return said if _ARTICLE.search(before) else said + "r"


def _times(patterns: _Patterns, text: str) -> Iterator[Replacement]:
    table = patterns.table
    for found in patterns.times.finditer(text):
        hour, minute = int(found[1]), int(found[2])
        ends = f" {cardinal(minute, table.tag)}" if minute else ""
        hours = f" {table.hours}" if ends or len(table.hours) > 1 else ""  # not "catorce y"
        yield found.start(), found.end(), f"{_counted(table, str(hour))}{hours}{ends}"


def _money(patterns: _Patterns, text: str) -> Iterator[Replacement]:
    table = patterns.table
    for found in patterns.after.finditer(text):
        scale = patterns.folded.get((found[2] or "").strip(" .\xa0").casefold(), "")
        yield found.start(), found.end(), _sum(table, found[1], found[3], scale)
    for found in patterns.before.finditer(text):
        yield found.start(), found.end(), _sum(table, found[2], found[1], "")


def _sum(table: Table, number: str, sign: str, scale: str) -> str:
    whole, part = _split(table, number)
    one, many = table.currencies[sign]
    if scale or len(part) not in (0, 2):
        return " ".join(filter(None, [decimal(whole, part, table.tag), scale, many]))
    said = f"{_counted(table, whole)} {one if whole == '1' else many}"
    if not int(part or 0):
        return said
    return " ".join(filter(None, [said, table.coins, cardinal(int(part), table.tag)]))


def _measures(patterns: _Patterns, text: str) -> Iterator[Replacement]:
    table = patterns.table
    for found in patterns.units.finditer(text):
        whole, part = _split(table, found[1])
        one, many = table.units.get(found[2], (table.percent, table.percent))
        said = decimal(whole, part, table.tag) if part else _counted(table, whole)
        yield found.start(), found.end(), f"{said} {one if found[1] == '1' else many}"


def _ordinals(patterns: _Patterns, text: str) -> Iterator[Replacement]:
    table = patterns.table
    for found in patterns.ordinals.finditer(text):
        said = table.own.get(found[0]) or ordinal(int(found[1]), table.tag)
        if found[2].lstrip(".") in table.feminine:
            said = " ".join(w[:-1] + "a" if w.endswith("o") else w for w in said.split())
        if said in table.clipped and _SMALL.match(text, found.end()):
            said = said if _NO_NOUN.match(text, found.end()) else said[:-1]
        before = text[max(0, found.start() - 5) : found.start()]
        if table.inflects and _DATIVE.search(before):
            said += "n"  # "am dritten Mai"
        elif table.endings and not text[: found.start()].strip(_OPENS):
            noun = _WORD.search(text, found.end())
            said += table.endings.get(noun[0], "r") if noun else ""  # "erstes Kapitel"
        yield found.start(), found.end(), said


def _ranges(patterns: _Patterns, text: str) -> Iterator[Replacement]:
    for found in patterns.ranges.finditer(text):
        first, last = (_number(patterns.table, found[n]) for n in (1, 2))
        yield found.start(), found.end(), f"{first} {patterns.table.to} {last}"


def _numbers(patterns: _Patterns, text: str) -> Iterator[Replacement]:
    table_words = {".": patterns.table.dot, ":": patterns.table.signs.get(":")}
    for found in patterns.numbers.finditer(text):
        start, end = found.span()
        said = _number(patterns.table, found[2])
        if found[2] == "1" and _NOUN.match(text, end):
            said = patterns.table.one
        before = " " if start and text[start - 1].isalpha() else ""
        if separator := _SEPARATOR.search(text, max(0, start - 2), start):
            mark = separator[0]
            between = table_words.get(mark) if text[start - 2].isdigit() else None
            before = f" {between} " if between else f"{mark} "
            start -= 1
        after = " " if text[end : end + 1].isalpha() else ""
        if _STOP_BEFORE_LETTER.match(text, end):
            end, after = end + 1, ". "
        minus = f"{patterns.table.minus} " if found[1] else ""
        yield start, end, f"{before}{minus}{said}{after}"


def _signs(patterns: _Patterns, text: str) -> Iterator[Replacement]:
    words = {**patterns.table.signs, "%": patterns.table.percent}
    for found in _SIGN.finditer(text):
        yield found.start(), found.end(), f" {words.get(found[0], '')} "
    for found in _QUIET.finditer(text):
        yield found.start(), found.end(), ""


def _split(table: Table, number: str) -> tuple[str, str]:
    whole, _, part = number.partition(",")
    return re.sub(rf"[{table.thousands}]", "", whole), part


def _number(table: Table, written: str) -> str:
    """A number as it is written; four figures from 1100 on are a year."""
    whole, part = _split(table, written)
    if len(whole) > MOST_DIGITS or (len(whole) > 1 and whole[0] == "0"):
        return digits(whole + part, table.tag)
    if not part and written == whole and 1100 <= int(whole) < 2100:
        return year(int(whole), table.tag)
    return decimal(whole, part, table.tag)


def _counted(table: Table, whole: str) -> str:
    return table.one if whole == "1" else cardinal(int(whole), table.tag)


def _any(words: Mapping[str, object]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s?") for word in longest_first)
