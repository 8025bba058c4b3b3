"""How long a text takes to say, and where it pauses."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from podforge.plan import Utterance

# Seconds of speech.  Only their ratios count: the pace is learnt from the take.  The shares of
# letters, vowels and words were fitted to ten voices of espeak-ng, 400 lines of dialogue.
LETTER_SECONDS = 0.040
VOWELS_SECONDS = 0.022  # a run of vowels: a syllable
WORD_SECONDS = 0.050
DIGIT_SECONDS = 0.37  # read as a word
SYLLABLE_SECONDS = 0.20  # a character that is a syllable: Chinese, Japanese, Korean
PHRASE_SECONDS = 0.10  # the last syllable before a pause is drawn out

_VOWELS = re.compile(r"[aeiouyæœøаеиоуыэюяєіαεηιουω]+")
_SYLLABLES = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_PAUSE = re.compile(r"[.!?…:;,–—]+[\"'”’»)\]]*(?=\s|$)|—|\s-+\s|[。！？；，、：؟،।]")
_FULL_STOPS = frozenset(".!?…。！？؟।")


class Ending(IntEnum):
    """What follows a phrase."""

    COMMA = 0
    SENTENCE = 1
    TURN = 2  # another utterance: of the same speaker, or of the next


@dataclass(frozen=True)
class Phrase:
    """What is said between two pauses: seconds of speech at the usual pace, whose, what follows."""

    seconds: float
    slot: int
    ending: Ending


def phrases_of(utterances: Sequence[Utterance]) -> tuple[Phrase, ...]:
    """All phrases in order; each utterance has one at least, and its last one ends the turn."""
    return tuple(phrase for said in utterances for phrase in _phrases(said))


def expected_seconds(text: str) -> float:
    """Seconds of speech in a text without pauses, at the usual pace."""
    plain = unicodedata.normalize("NFKC", text).lower()
    syllables = len(_SYLLABLES.findall(plain))
    letters = sum(character.isalpha() for character in plain) - syllables
    digits = sum(character.isdigit() for character in plain)
    vowels = len(_VOWELS.findall(unicodedata.normalize("NFD", plain)))
    return (
        SYLLABLE_SECONDS * syllables
        + LETTER_SECONDS * letters
        + DIGIT_SECONDS * digits
        + VOWELS_SECONDS * vowels
        + WORD_SECONDS * len(plain.split())
    )


def _phrases(said: Utterance) -> Iterator[Phrase]:
    parts = [part for part in _parts(said.text) if any(c.isalnum() for c in part[0])]
    for number, (text, mark) in enumerate(parts or [("", "")]):
        ending = Ending.SENTENCE if _FULL_STOPS & set(mark) else Ending.COMMA
        ending = ending if number + 1 < len(parts) else Ending.TURN
        yield Phrase(expected_seconds(text) + PHRASE_SECONDS, said.slot, ending)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Text between two marks at which a voice pauses, and the mark."""
    at = 0
    for mark in _PAUSE.finditer(text):
        yield text[at : mark.start()], mark.group()
        at = mark.end()
    yield text[at:], ""
