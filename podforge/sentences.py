"""Where sentences end, as far as that can be seen without knowing what they mean."""

import re
from collections.abc import Iterator

# Marks, what closes with them, and the white space after; after an ideographic stop there is none.
_END = re.compile(
    r"(?P<marks>(?<![.!?…‽])(?:\.\s?\.\s?\.|[.!?…‽])[.!?…‽]*+)(?P<closed>[\"'”’»)\]]*+)(?P<gap>\s++)"
    r"|[。！？｡]++[」』”’）]*+\s*+"
)
# Words whose full stop does not end a sentence.  Those in `MAY_END` do before some words.
NEVER_END = frozenset((
    "mr", "mrs", "ms", "mx", "dr", "prof", "rev", "fr", "hon", "gen", "col", "sgt", "capt", "lt",
    "cpl", "cmdr", "maj", "adm", "gov", "sen", "rep", "pres", "messrs", "mme", "mlle", "ste", "mt",
    "ft", "no", "nos", "vs", "fig", "figs", "vol", "vols", "ch", "pp", "eq", "ed", "eds", "e.g",
    "i.e", "cf", "viz", "approx", "incl", "ca", "p", "c", "bzw", "z.b", "d.h", "u.a",
))  # fmt: skip
MAY_END = frozenset((
    "jr", "sr", "inc", "ltd", "co", "corp", "bros", "etc", "al", "ave", "blvd", "rd", "ln", "sq",
    "st", "dept", "est", "jan", "feb", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov",
    "dec", "esq", "usw", "ecc", "univ", "misc", "govt",
))  # fmt: skip
_BEFORE_FIGURE = frozenset(("no", "p", "c"))  # an abbreviation before a figure only
_WORD_BEFORE = re.compile(r"[^\W\d_][\w.'’]*$|\w$")
_CLOSES = "\"'”’»)] "
_OPENS = "\"'“”‘’«([—–-¿¡"
# After an initial or `U.S.` these begin a sentence, whatever their capital says.
_STARTERS = re.compile(
    r"(?:A|After|All|An|And|As|At|But|By|Did|Do|For|From|He|Her|Here|His|How|I|If|In|Is|It|Its|"
    r"It's|Let|My|No|Not|Now|Of|Oh|On|One|Or|Our|She|So|Some|That|The|Their|Then|There|These|They|"
    r"This|Those|To|Was|We|Well|What|When|Where|Which|While|Who|Why|With|Yes|You|Your)\b"
)


def sentence_ends(text: str) -> Iterator[int]:
    """Where the next sentence begins, after each sentence but the last.

    A stop after `Mr`, an initial or `e.g.` ends nothing, nor does one before a small letter; a
    question or exclamation before a small letter ends only outside quotation marks.
    """
    for found in _END.finditer(text):
        if found.end() < len(text) and (found["marks"] is None or _ends(text, found)):
            yield found.end()


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The range of each sentence, without the white space around it."""
    start = 0
    for end in (*sentence_ends(text), len(text)):
        piece = text[start:end]
        if piece.strip():
            yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        start = end


def ends_sentence(text: str, stop: int) -> bool:
    """Whether the full stop at `text[stop]` ends a sentence, and not an abbreviation alone."""
    found = _END.match(text, stop)
    if found is None:  # nothing follows, or nothing that could begin a sentence
        return not text[stop + 1 :].strip(_CLOSES)
    return found.end() == len(text) or _ends(text, found)


def _ends(text: str, found: re.Match[str]) -> bool:
    following = text[found.end() : found.end() + 24].lstrip(_OPENS)
    small = following[:1].islower()
    marks = found["marks"]
    if marks != ".":
        return not small or not (found["closed"] or marks[0] in ".…")
    if small:
        return False
    word = _WORD_BEFORE.search(text, max(0, found.start() - 24), found.start())
    before = word.group().casefold() if word else ""
    if before in NEVER_END:
        return before in _BEFORE_FIGURE and not following[:1].isdigit()
    if before in MAY_END or "." in before:
        return bool(_STARTERS.match(following)) or not following[:1].isalpha()
    if len(before) == 1 and word and word.group().isupper() and word.group() != "I":
        return bool(_STARTERS.match(following)) or not following[:1].isalpha()
    return True
