"""Roman numerals: after names ("Henry VIII"), parts ("Chapter IV") and titles ("Rocky II")."""

import re
from collections.abc import Iterator

from podforge.speaking.offsets import Replacement
from podforge.speaking.words import cardinal, ordinal

_ROMAN = r"(?P<roman>(?=[IVXL])(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3}))(?![\w'’])"
has_roman = re.compile(  # rules most texts out
    r"[IVXL](?<=[\s-].)(?:[IVXL]+|(?<!I)|(?![\s'’\w]))(?![\w'’])"
).search
_REGNAL = re.compile(
    r"\b(?:(?:Emperor|Empress|King|Pope|Queen|Tsar) [A-Z][a-z]+|"
    r"Alexander|Benedict|Boniface|Carl|Catherine|Charles|Christian|Clement|Constantine|David|"
    r"Edward|Elizabeth|Ferdinand|Francis|Frederick|George|Gregory|Gustav|Haakon|Harald|Henry|"
    r"Innocent|Ivan|James|John Paul|John|"
    r"Joseph|Julius|Kenneth|Leo|Leopold|Louis|Malcolm|Margaret|Mary|"
    r"Napoleon|Nicholas|Olav|Otto|Paul|Peter|Philip|Pius|Ptolemy|Rameses|Ramesses|Richard|Robert|"
    rf"Rudolf|Urban|Victor|Wilhelm|William)\s+(?!X(?!\w)){_ROMAN}"
)
_NUMBERED = re.compile(
    r"\b(?:Act|Appendix|Article|Book|Canto|Chapter|Class|Episode|Figure|Part|Phase|Scene|"
    r"Section|Stage|Super Bowl|Table|Title|Type|Vol\.|Volume|World War|World Wars|act|chapter|part|"
    rf"phase|scene|section|type|volume)\s+{_ROMAN}",
)
_CENTURY = re.compile(rf"(?<=\s){_ROMAN}(?=\s(?:century|centuries|[Dd]ynasty)\b)")
# After any capitalised word only what is no size, chromosome or initial.
_TITLED = re.compile(
    r"(?<=[a-z]\s)(?P<roman>II|III|IV|VI|VII|VIII|IX|XI|XII|XIII|XIV|XV)(?![\w'’])"
)
_CAPITALISED = re.compile(r"\b[A-Z][\w'’-]*\s$")


def roman(text: str, tag: str) -> Iterator[Replacement]:
    """`Henry VIII` is "Henry the eighth", `Chapter IV` "Chapter four"."""
    for pattern, regnal in ((_REGNAL, True), (_CENTURY, True), (_NUMBERED, False)):
        for found in pattern.finditer(text):
            start, end = found.span("roman")
            if start == end or (found["roman"] == "I" and not _ends_phrase(text, end)):
                continue
            value = _value(found["roman"])
            article = "the " if pattern is _REGNAL else ""
            yield start, end, article + ordinal(value, tag) if regnal else cardinal(value, tag)
    for found in _TITLED.finditer(text):
        if _CAPITALISED.search(text, max(0, found.start() - 40), found.start()):
            yield *found.span(), cardinal(_value(found["roman"]), tag)


def _value(numeral: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10, "L": 50}[letter] for letter in numeral]
    following = [*values[1:], 0]
    return sum(-a if a < b else a for a, b in zip(values, following, strict=True))


def _ends_phrase(text: str, at: int) -> bool:
    return not text[at : at + 1] or text[at] in '.,;:!?)"”’—–'
