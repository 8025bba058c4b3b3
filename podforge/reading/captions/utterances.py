"""Captions and transcript segments joined to the paragraphs that somebody said."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from podforge.errors import Place
from podforge.reading.asides import Told
from podforge.script import Speech
from podforge.sentences import sentence_ends

PAUSE_S = 2.0  # silence from which the same speaker begins a new paragraph
LONG = 600  # characters after which the next end of a sentence ends the paragraph
LONGEST = 1500  # characters after which it ends anyway: automatic captions have no full stops
_SEEN = 40  # characters on each side by which the end of a sentence is known
_POINT = re.compile(r"[.,;:!?…%)\]]+")


@dataclass(frozen=True)
class Utterance:
    """What one caption or segment says; without times it is a paragraph of its own."""

    speaker: str
    told: Told
    place: Place
    start: float | None = None  # seconds
    end: float | None = None
    apart: bool = False  # begins a paragraph whatever came before (`- Yes.`)


def paragraphs(utterances: Iterable[Utterance]) -> Iterator[Speech]:
    """The utterances as speeches: one speaker, no long pause, no sentence cut in two."""
    speech: Speech | None = None
    until: float | None = None
    for one in utterances:
        if not one.told.text:
            continue
        if speech and _goes_on(speech, until, one):
            speech = _joined(speech, one.told)
        else:
            if speech:
                yield speech
                until = None
            text, events, delivery = one.told
            speech = Speech((one.speaker,), text, one.place, delivery, events)
        until = next((time for time in (one.end, one.start) if time is not None), until)
    if speech:
        yield speech


def _goes_on(speech: Speech, until: float | None, one: Utterance) -> bool:
    if speech.speakers != (one.speaker,) or one.apart or one.told.delivery:
        return False
    if _POINT.fullmatch(one.told.text):  # recognisers write words and points one by one
        return True
    if until is None or one.start is None or one.start - until > PAUSE_S:
        return False
    length = len(speech.text)
    return length < LONG or (length < LONGEST and not _ended(speech.text, one.told.text))


def _ended(text: str, following: str) -> bool:
    """Whether a sentence ends where the one text does and the other follows."""
    tail = text[-_SEEN:]
    return len(tail) + 1 in sentence_ends(f"{tail} {following[:_SEEN]}")


def _joined(speech: Speech, told: Told) -> Speech:
    space = "" if _POINT.fullmatch(told.text) else " "
    shift = len(speech.text) + len(space)
    events = tuple((shift + at, name) for at, name in told.events)
    text = speech.text + space + told.text
    return Speech(speech.speakers, text, speech.place, speech.delivery, speech.events + events)
