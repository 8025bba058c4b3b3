"""From the raw text of a paragraph to what is spoken: markup out, pauses and cues apart.

Offsets in the working text are offsets in the raw text (see `marks`), so that every part knows
its place.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from podforge.errors import Place
from podforge.reading import cues, pauses, vocal
from podforge.reading.markdown.labels import STAMP, TIME
from podforge.reading.markdown.marks import (
    CUTS,
    EVENT,
    GAPS,
    PRIVATE,
    SAY,
    VOID,
    VOIDS,
    bare,
    cut,
    finish,
    keep,
    marked,
    protected,
    unescape,
    void,
    without_foreign,
)
from podforge.reading.markdown.markup import unlink, unmarked, untag
from podforge.reading.markdown.parts import Effect, Odd, Part, Said, Silence, Working

_SPECIAL = re.compile(r"[\\`*_~=<\[(&]")

_BRACKET = re.compile(r"\[([^\[\]]{0,300})\]|\(([^()\[\]]{1,60})\)")
_TIMED = re.compile(rf"(?:{TIME})(?:\s*(?:-->|[-–—]|to)\s*{TIME})?", re.I)
_CUT = re.compile(f"[{CUTS}]")
_HEARD = re.compile(rf"[^\s{VOIDS}{GAPS}{SAY}]")
_LEAD = re.compile(rf"[ \n*_{VOIDS}{EVENT}]*")
_LEADING_STAMP = re.compile(rf"\s*{STAMP}\s*:?\s*|\s*{TIME}\s*$")


class Inline(NamedTuple):
    """A paragraph's parts in order, and its working text, which says what became of the rest."""

    parts: list[Part]
    work: str


def read_inline(
    raw: str, *, labelled: bool, unknown_tags: str = "drop", links: Mapping[str, str] | None = None
) -> list[Part]:
    """The parts of a paragraph in order; see `worked`."""
    return worked(raw, labelled=labelled, unknown_tags=unknown_tags, links=links).parts


def worked(
    raw: str, *, labelled: bool, unknown_tags: str = "drop", links: Mapping[str, str] | None = None
) -> Inline:
    """A paragraph taken apart.

    `labelled` says that a speaker label stood in front, so that `(softly)` is a delivery.
    `links` holds the defined link labels in lower case.
    """
    if not _SPECIAL.search(raw) and not marked(raw) and not _LEADING_STAMP.match(raw):
        text = " ".join(raw.split())
        return Inline([Said(text, len(raw) - len(raw.lstrip()))] if text else [], raw)
    work = Working(protected(raw), unknown_tags)
    unlink(work, links or {})
    untag(work)
    _brackets(work, labelled)
    work.text = unmarked(work.text)
    return Inline(sorted([*_split(work), *work.parts], key=lambda part: part.offset), work.text)


def verbatim(raw: str) -> Inline:
    """A text in which nothing is markup."""
    text = " ".join(PRIVATE.sub("", raw).split())
    return Inline([Said(text, 0)] if text else [], without_foreign(raw))


def plain(raw: str) -> str:
    """A heading's or a title's text without markup and brackets' marks."""
    said = (part.text for part in read_inline(raw, labelled=False) if isinstance(part, Said))
    return " ".join(said)


def _brackets(work: Working, labelled: bool) -> None:
    """Pauses, cues, sounds of the voice, times, deliveries, and brackets that nobody knows."""
    leading = _LEADING_STAMP.match(work.text)
    if leading:
        work.text = VOID["timestamp"] * leading.end() + work.text[leading.end() :]
    if "[" not in work.text and "(" not in work.text:
        return
    work.text = _BRACKET.sub(lambda m: _bracket(work, m, labelled), work.text)


def _bracket(work: Working, match: re.Match[str], labelled: bool) -> str:
    square = match[1] is not None
    inside = unescape(bare(match[1] if square else match[2])).strip(" *_\n")
    if _TIMED.fullmatch(inside):
        return void("timestamp")(match)
    if (square or len(inside.split()) <= 4) and (event := vocal.event(inside)):
        work.events[match.start()] = event
        return EVENT + VOID["event"] * (len(match.group()) - 1)
    near = labelled and match.start() < 200
    leads = near and _LEAD.fullmatch(work.text, 0, match.start())
    if leads and vocal.is_delivery(inside) and pauses.bracketed(inside) is None:
        work.delivery = inside
        return void("delivery")(match)
    return _square(work, match, inside) if square else _round(work, match, inside)


def _round(work: Working, match: re.Match[str], inside: str) -> str:
    """A pause, or a cue with nothing beside it; other words in round brackets are said."""
    length = pauses.parenthesised(inside)
    if length is not None:
        work.parts.append(Silence(length, match.start()))
        return cut("pause")(match)
    alone = work.text.strip(" *_\n") == match.group()
    cue = cues.bracketed(inside.rstrip("."), Place("")) if alone else None
    if cue:
        work.parts.append(Effect(cue, match.start()))
        return cut("cue")(match)
    return match.group()


def _square(work: Working, match: re.Match[str], inside: str) -> str:
    length = pauses.bracketed(inside)
    if length is not None:
        work.parts.append(Silence(length, match.start()))
        return cut("pause")(match)
    cue = cues.bracketed(inside, Place(""))
    if cue:
        work.parts.append(Effect(cue, match.start()))
        return cut("cue")(match)
    if re.match(r"pause\b.*\d", inside, re.I):
        work.parts.append(
            Odd(f"[{inside}] is not a pause of 0 to 600 s", match.start(), error=True)
        )
        return void("pause")(match)
    if work.unknown_tags == "speak":
        return keep(1, "markup")(match)
    if inside and not vocal.is_mark(inside) and inside.lower() not in ("x", " "):
        failed = work.unknown_tags == "error"
        odd = Odd(f"[{_short(inside)}] is not spoken: it is no known mark", match.start(), failed)
        work.parts.append(odd)
        return void("unknown mark")(match)
    return void("mark")(match)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"


def _split(work: Working) -> list[Said]:
    """The pieces between pauses and cues as finished text, each with the delivery."""
    said: list[Said] = []
    start = 0
    for piece in _CUT.split(work.text):
        visible = _HEARD.search(piece)
        offset = start + (visible.start() if visible else 0)
        events = [work.events[start + mark.start()] for mark in re.finditer(EVENT, piece)]
        says = [work.says[start + mark.start()] for mark in re.finditer(SAY, piece)]
        text, found, spoken = finish(piece, events, says)
        start += len(piece) + 1
        said.append(Said(text, offset, found, work.delivery, spoken, work.language))
    return [one for one in said if one.text or one.events or (one.delivery and len(said) == 1)]
