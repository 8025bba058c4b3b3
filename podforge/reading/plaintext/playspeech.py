"""The speeches of a printed play: what of them is said, and what only done."""

import re
from collections.abc import Sequence, Set

from podforge.reading.asides import Piece, acted, cut, heard, recut
from podforge.reading.names import normal
from podforge.reading.plaintext.lines import unmarked

_NOISE = (
    r"(?:a |the )?(?:flourish|alarums?|sennet|thunder|trumpets?|hautboys|drums?|curtain|tableau|"
    r"act[ -]drop)"
)
_ENTERS = re.compile(rf"(?:{_NOISE}\b[^.\n]{{0,40}}\.\s*)?(?:(?:re-?)?enters?|manet)\b", re.I)
_DONE = re.compile(
    rf"(?:(?:exit|exeunt|{_NOISE}|end of)\b|(?:the end|finis)\W*$)(?!.*\b(?:is(?! drawn| lowered|"
    r" raised)|are|was|were|be|will|shall|must|can|may|has|have|had)\b)",
    re.I | re.S,
)
_SAID = re.compile(r"\b(?:I|me|my|mine|we|us|our|you|your|thou|thee|thy|ye)\b|[?!]")
_NAMED = re.compile(r"[^.;:]+?\s[A-ZÀ-Þ][\w'’]")
_SHORT, _LONG = 80, 800  # characters of a noise or an exit, and of an entrance of many
_GOES = re.compile(  # a line of its own; `Enter the city` is verse
    r"^\s*(?:(?:Exit|Exeunt)\b[^\n]{0,80}|(?:Enter|Re-?enter)\b[^\n]{0,60}[A-Z]{2}[^\n]{0,60})$",
    re.M,
)
_BRACKET = re.compile(
    r"\[([^\[\]]{0,2000})\]|\((_[^()]{1,500}_[.,]?)\)|\[([^\[\]\n]{0,200})$|\(([^()]{1,80})\)|"
    r"_((?:Exit|Exeunt|Enter|Re-enter|Aside|Dies)\b[^_]{0,200})_",
    re.M,
)
_WHOLE = re.compile(r"\s*(?:_[^_]+_|\[[^\[\]]*+\]?|\([^()]*\))[\s.]*", re.S)
_VERSE = 3  # short lines in italics from which they are a song and no direction
_NARROW = 52  # characters of a line of verse at most


def is_direction(lines: Sequence[str], text: str, begins: bool, names: Set[str]) -> bool:
    """Whether a paragraph without a name tells what is done: bracketed, italic, or an entrance.

    `begins` says that a name stands alone above it, which still has to say something; `names`
    are the words of the names in the play.
    """
    if not begins and is_entrance(text, names):
        return True
    if not _WHOLE.fullmatch(text):
        return False
    verse = len(lines) >= _VERSE and all(
        len(line.strip()) <= _NARROW and line.strip(" _“\"'‘")[:1].isupper() for line in lines
    )
    return not (verse and text.strip().startswith("_"))


def is_entrance(text: str, names: Set[str] = frozenset()) -> bool:
    """Whether a text without brackets tells who comes or goes, or what is heard.

    `Enter two Gentlemen.` and `Thunder and lightning.` do; `Enter the city by night` is said,
    as is `Thunder is a fine thing`.
    """
    text = text.strip()
    if text[:1] in ("[", "(", "_") and _ENTERS.match(text.lstrip("[(_ ")):
        return True
    if len(text) > _LONG or _SAID.search(text):
        return False
    if entrance := _ENTERS.match(text):
        words = {normal(word) for word in re.findall(r"[^\W\d_]+", text)}
        return bool(words & names or _NAMED.match(text, entrance.end() - 1))
    return len(text) <= _SHORT and bool(_DONE.match(text))


def pieces_of(text: str, labelled: bool) -> list[Piece]:
    """A speech with its directions and marks apart."""
    opening = len(text) - len(text.lstrip())

    def gone(match: re.Match[str]) -> Piece:
        first = labelled and match.start() <= opening < match.end()
        said = first or not is_entrance(match.group())
        return Piece("spoken" if said else "direction", match.group())

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
    begun = False
    for piece in pieces:
        if piece.rule != "spoken":
            found.append(piece)
            continue
        raw = piece.raw
        if found and not begun:
            lead = re.match(r"\s*[.:,]?\s*(?:—|--)?\s*", raw)
            if lead and lead.end():
                found.append(Piece("markup", raw[: lead.end()]))
                raw = raw[lead.end() :]
        parts = unmarked(raw)
        begun = begun or bool(heard(parts).strip())
        found += parts
    return found
