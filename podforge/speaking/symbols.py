"""Signs that are read as words in English, and marks that are written more than once."""

import re
from collections.abc import Iterator

from podforge.speaking.offsets import Replacement

# Wherever they stand.
_SIGNS = {
    "&": " and ", "@": " at ", "=": " equals ", "×": " times ", "÷": " divided by ",
    "±": " plus or minus ", "≈": " about ", "≠": " is not ", "≤": " at most ", "≥": " at least ",
    "→": " to ", "√": " the square root of ", "∞": " infinity ", "°": " degrees ", "§": " section ",
    "¶": " paragraph ", "©": " copyright ", "‰": " per thousand ", "№": " number ",
    "²": " squared ",
    "³": " cubed ", "∼": " about ", "%": " percent ", "+": " plus ",
}  # fmt: skip
# Nothing is said for these.
_SILENT = "®™^_|\\*`~{}<>•·▪■□●○◦†‡¦#"
_SIGN = re.compile("[" + re.escape("".join(_SIGNS) + _SILENT) + "]")
has_symbol = re.compile(f"[/{_SIGN.pattern[1:]}").search  # rules most texts out
_PADDED = re.compile(r" ?([" + re.escape("".join(_SIGNS)) + r"]+) ?")
_STOPS = ("", *',.;:!?)]"”’')
# Between two words or numbers only.
_BETWEEN = {
    "+": "plus", "<": "is less than", ">": "is greater than", "*": "times", "~": "to",
    "!=": "is not", "<=": "is at most", ">=": "is at least",
}  # fmt: skip
_OPERATOR = re.compile(r"(?<=[\w)%])( ?)([!<>]=|[+<>*~])\1(?=[\w($£€])")
_ABOUT = re.compile(r"(?<![\w~])~\s?(?=[\d$£€])")
_COMPARED = re.compile(r"(?<![\w)%<>=-])([<>]=?)(?=[\d$£€])")
_COMPARISONS = {"<": "less than", ">": "more than", "<=": "at most", ">=": "at least"}
_AFTER_NUMBER = re.compile(r"(?<=\d)\+(?!\w)")
_BY = re.compile(r"(?<=\d)(\s?)[xX](?:\1)(?=\d)")
_FOLD = re.compile(r"(?<=\d)[xX×](?!\w)")
_SHARP = re.compile(r"(?<=\b[A-GJ])#(?!\w)")  # C#, F#
_SHORT = re.compile(r"(?<![\w/])(w/o|w/|b/c|c/o|n/a|N/A|s/he)(?![/])", re.ASCII)
_SHORT_WORDS = {
    "w/o": "without ", "w/": "with ", "b/c": "because ", "c/o": "care of ",
    "n/a": "not applicable ", "N/A": "not applicable ", "s/he": "she or he ",
}  # fmt: skip
_SLASH = re.compile(r" ?/+ ?")
_REPEATED = re.compile(
    r"([!?,;:])\1+|([!?]{3,})|(?<!\.)\.\.(?!\.)|\.{4,}|…{2,}|-{2,}|[—–]{2,}|={2,}"
)
has_repeated = re.compile(r"[!?,;:.…=—–-]{2}").search  # rules most texts out


def symbols(text: str) -> Iterator[Replacement]:
    """`R&B` is "R and B", `2 + 2 = 4` "2 plus 2 equals 4", `and/or` "and or"."""
    if "/" in text:
        for found in _SHORT.finditer(text):
            yield found.start(), found.end(), _SHORT_WORDS[found[1]]
        for found in _SLASH.finditer(text):
            yield found.start(), found.end(), " "
    for found in _SHARP.finditer(text) if "#" in text else ():
        yield found.start(), found.end(), " sharp"
    for found in _OPERATOR.finditer(text):
        yield found.start(), found.end(), f" {_BETWEEN[found[2]]} "
    for found in _PADDED.finditer(text):
        said = " sections " if found[1] == "§§" else "".join(_SIGNS[sign] for sign in found[1][:8])
        before_stop = text[found.end() : found.end() + 1] in _STOPS
        yield found.start(), found.end(), said.rstrip() if before_stop else said
    for found in _SIGN.finditer(text):
        if found[0] in _SILENT:
            inside = text[found.start() - 1 : found.start()].isalnum()
            yield found.start(), found.end(), " " if inside and found[0] in "_|\\" else ""


def compared(text: str) -> Iterator[Replacement]:
    """`>5` is "more than 5"; between two numbers the sign is an operator."""
    for found in _COMPARED.finditer(text) if "<" in text or ">" in text else ():
        yield found.start(), found.end(), f"{_COMPARISONS[found[1]]} "


def counted(text: str) -> Iterator[Replacement]:
    """Signs that belong to a number, before that is read: `3x4`, `~50`, `18+`, `#1`, `10x`."""
    for found in _BY.finditer(text) if "x" in text or "X" in text else ():
        yield found.start(), found.end(), " by "
    for found in _FOLD.finditer(text) if _FOLD.search(text) else ():
        yield found.start(), found.end(), " times"
    for found in _ABOUT.finditer(text) if "~" in text else ():
        yield found.start(), found.end(), "about "
    for found in _AFTER_NUMBER.finditer(text) if "+" in text else ():
        yield found.start(), found.end(), " plus"
    for found in re.finditer(r"(?<![\w&#])#(?=\d|\sof\b)", text) if "#" in text else ():
        yield found.start(), found.end(), "number "


def repeated(text: str) -> Iterator[Replacement]:
    """`!!!` is "!", `?!?!` "?!", `.....` "...", `--` a dash."""
    for found in _REPEATED.finditer(text):
        marks = found[0]
        if found[1]:
            said = found[1]
        elif found[2]:
            said = "?!" if "?" in marks else "!"
        elif marks[0] in "-—–":
            said = "—"
        elif marks[0] == "=":
            said = " equals " if marks == "==" else ""
        else:
            said = "…" if marks[0] == "…" else "..." if len(marks) > 2 else "."
        yield found.start(), found.end(), said
