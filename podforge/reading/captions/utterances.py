"""Captions and transcript segments joined to the paragraphs that somebody said."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from podforge.errors import Place
from podforge.reading.asides import Told
from podforge.script import Role, Speech

PAUSE_S = 2.0  # silence from which the same speaker begins a new paragraph
LONG = 600  # characters after which the next end of a sentence ends the paragraph
LONGEST = 1500  # characters after which it ends anyway: automatic captions have no full stops
NOBODY = "Speaker"  # who speaks where a file names nobody
_NOT_IN_NAMES = re.compile(r"[:：*<>\[\]|\\`\x00-\x1f\ue000-\uf8ff]+")
_MOST_NAME = 80  # characters
_POINT = re.compile(r"[.,;:!?…%)\]]+")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]]*$")


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
    return length < LONG or (length < LONGEST and not _SENTENCE_END.search(speech.text))


def _joined(speech: Speech, told: Told) -> Speech:
    space = "" if _POINT.fullmatch(told.text) else " "
    shift = len(speech.text) + len(space)
    events = tuple((shift + at, name) for at, name in told.events)
    text = speech.text + space + told.text
    return Speech(speech.speakers, text, speech.place, speech.delivery, speech.events + events)


def cleaned(name: str) -> str:
    """A name as a label can hold it; a mere number is one of a `Speaker`."""
    name = " ".join(_NOT_IN_NAMES.sub(" ", name).split())[:_MOST_NAME].strip()
    if not any(character.isalpha() for character in name):
        return f"{NOBODY} {name}" if any(map(str.isdigit, name)) else ""
    return name


def roles(speeches: Iterable[Speech]) -> tuple[Role, ...]:
    """Everyone who speaks, in order."""
    names = dict.fromkeys(name for speech in speeches for name in speech.speakers)
    return tuple(Role(name) for name in names)
