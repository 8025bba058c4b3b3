"""The speeches of a printed play: what of them is said, and what only done."""

import re
from collections.abc import Sequence

from podforge.reading.asides import Piece, acted, cut, heard, recut
from podforge.reading.plaintext.lines import unmarked

_ENTERS = re.compile(
    r"[\[(_\s]*(?:(?:re-?)?enters?|exit|exeunt|flourish|alarums?|sennet|curtain|thunder|trumpets?|"
    r"hautboys|manet|a flourish|drums?|tableau|act drop|the curtain|the end|finis|end of)\b",
    re.I,
)
_GOES = re.compile(  # a line of its own; `Enter the city` is verse
    r"^\s*(?:(?:Exit|Exeunt)\b[^\n]{0,80}|(?:Enter|Re-?enter)\b[^\n]{0,60}[A-Z]{2}[^\n]{0,60})$",
    re.M,
)
_BRACKET = re.compile(
    r"\[([^\[\]]{0,2000})\]|\((_[^()]{1,500}_[.,]?)\)|\[([^\[\]\n]{0,200})$|\(([^()]{1,80})\)|"
    r"_((?:Exit|Exeunt|Enter|Re-enter|Aside|Dies)\b[^_]{0,200})_",
    re.M,
)
_WHOLE = re.compile(r"\s*(?:_[^_]+_|\[[^\[\]]*\]?|\([^()]*\))[\s.]*", re.S)
_VERSE = 3  # short lines in italics from which they are a song and no direction
_NARROW = 52  # characters of a line of verse at most


def is_direction(lines: Sequence[str], text: str, begins: bool) -> bool:
    """Whether a paragraph without a name tells what is done: bracketed, italic, or an entrance.

    `begins` says that a name stands alone above it, which still has to say something.
    """
    if _ENTERS.match(text) and not begins:
        return True
    if not _WHOLE.fullmatch(text):
        return False
    verse = len(lines) >= _VERSE and all(
        len(line.strip()) <= _NARROW and line.strip(" _“\"'‘")[:1].isupper() for line in lines
    )
    return not (verse and text.strip().startswith("_"))


def pieces_of(text: str, labelled: bool) -> list[Piece]:
    """A speech with its directions and marks apart."""
    opening = len(text) - len(text.lstrip())

    def gone(match: re.Match[str]) -> Piece:
        first = labelled and match.start() <= opening < match.end()
        return Piece("spoken" if first else "direction", match.group())

    pieces = cut(text, _GOES, gone)
    begun = False

    def judge(match: re.Match[str]) -> Piece:
        nonlocal begun
        leads = labelled and not begun and not match.string[: match.start()].strip(" .:—_\n")
        inside = next((group for group in match.groups() if group is not None), "")
        plain = match[4] is not None and not leads
        begun = begun or not leads
        return Piece("spoken", match.group()) if plain else acted(match.group(), inside, leads)

    return _marks(recut(pieces, _BRACKET, judge))


def _marks(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces without italic marks, and without the stop behind a leading direction."""
    found: list[Piece] = []
    for piece in pieces:
        if piece.rule != "spoken":
            found.append(piece)
            continue
        raw = piece.raw
        if found and not heard(found).strip():
            lead = re.match(r"\s*[.:,]?\s*(?:—|--)?\s*", raw)
            if lead and lead.end():
                found.append(Piece("markup", raw[: lead.end()]))
                raw = raw[lead.end() :]
        found += unmarked(raw)
    return found
