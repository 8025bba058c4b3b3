"""Text that is not Markdown, cut into what is spoken and what only stands between it.

A text becomes pieces that add up to it again, so that each character is counted once, under the
rule that decided on it.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from podforge.reading import vocal
from podforge.reading.ledger import Ledger
from podforge.reading.markdown.marks import PRIVATE

SPOKEN, EVENTS, DELIVERY = "spoken", "event", "delivery"
_MANNER = re.compile(
    r"[a-z]+(?:ly|ing)|in [a-z]+|whispers|shouts|sings|mumbles|excited|sarcastic|angry|sad|happy|"
    r"nervous|calm|surprised|curious|tired",
    re.I,
)
_EVENT = "\ue000"  # stands in a text for the sound of a voice; texts have no private characters
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,31});")
_POINTS = ".,;:!?"
_ENTERS = re.compile(
    r"(?:(?:re-?)?ent(?:er|ers|ering)|exit|exits|exeunt|goes|exeunt omnes|curtain|dies)\b", re.I
)


class Piece(NamedTuple):
    """A stretch of the source and its rule.

    `value` is the event's name, the delivery, or what is spoken where that is not the source; a
    space, where what is cut out parts two words.
    """

    rule: str
    raw: str
    value: str = ""


class Told(NamedTuple):
    """What a speech says and how."""

    text: str
    events: tuple[tuple[int, str], ...] = ()
    delivery: str = ""


def cut(raw: str, pattern: re.Pattern[str], judge: Callable[[re.Match[str]], Piece]) -> list[Piece]:
    """The text with each match of the pattern judged; what is between is spoken."""
    pieces: list[Piece] = []
    at = 0
    for match in pattern.finditer(raw):
        pieces += [Piece(SPOKEN, raw[at : match.start()]), judge(match)]
        at = match.end()
    return [piece for piece in (*pieces, Piece(SPOKEN, raw[at:])) if piece.raw]


def recut(
    pieces: Iterable[Piece], pattern: re.Pattern[str], judge: Callable[[re.Match[str]], Piece]
) -> list[Piece]:
    """The pieces with those that are spoken cut once more."""
    return [
        part
        for piece in pieces
        for part in (cut(piece.raw, pattern, judge) if piece.rule == SPOKEN else (piece,))
    ]


def heard(pieces: Iterable[Piece]) -> str:
    """The spoken stretches as they stand in the source."""
    return "".join(piece.raw for piece in pieces if piece.rule == SPOKEN)


def relabelled(pieces: Iterable[Piece], count: int, rule: str) -> Iterator[Piece]:
    """The pieces with the first `count` spoken characters under another rule."""
    for piece in pieces:
        if piece.rule != SPOKEN or count <= 0:
            yield piece
            continue
        first, rest = piece.raw[:count], piece.raw[count:]
        count -= len(first)
        yield Piece(rule, first)
        if rest:
            yield Piece(SPOKEN, rest)


def told(pieces: Iterable[Piece], ledger: Ledger) -> Told:
    """The text of the pieces, its white space collapsed and entities decoded; counts them all."""
    said: list[str] = []
    events: list[str] = []
    delivery = ""
    for rule, raw, value in pieces:
        ledger.add(rule, raw)
        if rule == SPOKEN:
            if said and raw[0] in _POINTS:  # `Sorry [he runs off].`
                said[-1] = said[-1].rstrip()
            said.append(PRIVATE.sub("", value or raw))
        elif rule == EVENTS:
            said.append(_EVENT)
            events.append(value)
        elif rule == DELIVERY:
            delivery = delivery or value
        elif value:
            said.append(value)
    text = "".join(said)
    if "&" in text:
        text = _ENTITY.sub(_decoded, text)
    if not events:
        return Told(" ".join(text.split()), (), delivery)
    return _placed(text.split(_EVENT), events, delivery)


def _decoded(match: re.Match[str]) -> str:
    return PRIVATE.sub("", html.unescape(match.group()))


def _placed(runs: Sequence[str], events: Sequence[str], delivery: str) -> Told:
    """The runs as one text, and where between them the events are."""
    words: list[str] = []
    length = 0
    gap = False  # a space is due before the next word
    places: list[int] = []
    for run in runs:
        part = " ".join(run.split())
        if part:
            space = " " if words and (gap or run[0].isspace()) else ""
            words.append(space + part)
            length += len(space) + len(part)
        gap = (gap and not part) or run[-1:].isspace() or (not part and bool(run))
        places.append(length + (gap and length > 0))
    text = "".join(words)
    found = zip(places, events, strict=False)
    return Told(text, tuple((min(at, len(text)), name) for at, name in found), delivery)


def acted(raw: str, inside: str, leads: bool) -> Piece:
    """A bracket of a play: the sound of a voice, how a speech begins, or a stage direction."""
    inside = " ".join(inside.strip(" ._\n").split())
    if event := vocal.event(inside):
        return Piece(EVENTS, raw, event)
    if leads and vocal.is_delivery(inside) and not _ENTERS.match(inside):
        return Piece(DELIVERY, raw, inside)
    return Piece("direction", raw)


def noted(raw: str, inside: str, leads: bool) -> Piece:
    """A bracket of a transcript: the sound of a voice, a manner, or a mark on the recording."""
    inside = " ".join(inside.split())
    if event := vocal.event(inside):
        return Piece(EVENTS, raw, event)
    if leads and _MANNER.fullmatch(inside) and not vocal.is_mark(inside):
        return Piece(DELIVERY, raw, inside.lower())
    return Piece("mark", raw)
