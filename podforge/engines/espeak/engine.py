"""espeak-ng in a worker process: jobs in, takes with word timings out."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from podforge.cast import Voice
from podforge.clip import Word
from podforge.engines.base import Take, VoiceState
from podforge.engines.espeak import data, library
from podforge.engines.espeak.library import RATE, LibraryError, Tuning
from podforge.errors import EngineError, Unavailable
from podforge.events import Watch
from podforge.plan import Job, Utterance

QUIET = 0.002  # of full scale, -54 dBFS: below it lie only espeak-ng's decaying tails
MOST_CHARACTERS = 2_000  # in one call; a longer text is a mistake of the planner

_TOKEN = re.compile(r"\S+")
_UNSPEAKABLE = frozenset({"Cc", "Cn", "Co", "Cs"})  # control, unassigned, private, surrogate
_LOOSE_HYPHEN = re.compile(r"(?<=[^\w\s-]|_)-(?!\d)")
_DOUBLE_BRACKETS = re.compile(r"\[\[|\]\]")  # phonemes, were they ever switched on


class EspeakEngine:
    """Speaks one utterance a job."""

    def __init__(self) -> None:
        self._library = data.library_file()
        self._data = data.private_data()
        self._probe()

    def embed(self, voice: Voice) -> VoiceState:
        """The voice itself: its settings are all there is."""
        return voice

    def speak(
        self,
        jobs: Sequence[Job],
        voices: Mapping[str, VoiceState],  # noqa: ARG002 - the protocol; a job holds its voices
        watch: Watch,
    ) -> Iterator[Take]:
        """One take a job, with words and without spans; stops early when cancelled."""
        for job in jobs:
            if watch.cancelled:
                return
            samples, words = self.say(job.utterances[0], job.voices[0])
            watch.beat(job.key, len(samples) / RATE)
            yield Take(job.key, samples, RATE, words=(words,))

    def say(self, said: Utterance, voice: Voice) -> tuple[NDArray[np.float32], tuple[Word, ...]]:
        """The sound of one utterance, shape (samples,) in [-1, 1] at `RATE`, and its words.

        Raises `EngineError` with the utterance's place.
        """
        text = defused(said.text)
        if len(text) > MOST_CHARACTERS:
            raise EngineError(f"{len(text)} characters in one utterance", place=said.place)
        try:
            spoken = library.say(self._library, Path(self._data.name), text, _tuning(said, voice))
        except (LibraryError, ValueError) as error:
            raise EngineError(str(error), place=said.place) from error
        samples = np.frombuffer(spoken.pcm, "<i2").astype(np.float32) / np.float32(32_768)
        if not loud(samples).size:
            raise EngineError(
                f'espeak-ng finds nothing to say in "{said.text}"',
                place=said.place,
                hint="remove the line, or write it as words",
            )
        return samples, words_of(text, spoken.words, samples)

    def close(self) -> None:
        """Remove the private data folder."""
        self._data.cleanup()

    def _probe(self) -> None:
        """Speak twice: where the library cannot be unloaded, the second time differs."""
        tuning = Tuning("gmw/en", pitch=50, range=50, rate=175, volume=100, wordgap=0)
        try:
            first, second = (
                library.say(self._library, Path(self._data.name), "One, two.", tuning)
                for _ in range(2)
            )
        except (LibraryError, OSError) as error:
            raise Unavailable(
                f"espeak-ng does not work here: {error}",
                hint=f"pip install --force-reinstall {data.WHEEL}",
            ) from error
        if first != second:
            raise Unavailable("espeak-ng cannot be unloaded here, so it would not repeat itself")


def defused(text: str) -> str:
    """`text` in which nothing commands the engine; every character keeps its position.

    Control characters start embedded commands and `[[` phonemes; both become spaces, as do
    lone surrogates, which UTF-8 cannot hold, and code points without a character.  A hyphen
    after punctuation (":-a", "(-et)") crashes the library in Danish, Hindi, Konkani, Malayalam,
    Marathi and Vietnamese; it becomes a space too, except as a minus.
    """
    text = _DOUBLE_BRACKETS.sub("  ", _LOOSE_HYPHEN.sub(" ", text))
    return "".join(" " if unicodedata.category(c) in _UNSPEAKABLE else c for c in text)


def loud(samples: NDArray[np.float32]) -> NDArray[np.intp]:
    """Indices of the samples above `QUIET`, in order."""
    return np.flatnonzero(np.abs(samples) > QUIET)


def words_of(
    text: str, events: Sequence[tuple[int, int]], samples: NDArray[np.float32]
) -> tuple[Word, ...]:
    """The words of `text` from espeak-ng's `(character, sample)` events.

    Only the first event inside a word counts: numbers, emoji and addresses bring several, at
    odd positions.  The event of a stop comes some 50 ms before its sound: a word begins at the
    first sound after its event and ends at the last before the next one's.
    """
    starts: list[tuple[int, int, int]] = []
    remaining = iter(sorted(events))
    event = next(remaining, None)
    for token in _TOKEN.finditer(text):
        while event and event[0] < token.start():
            event = next(remaining, None)
        if event and event[0] < token.end() and (not starts or event[1] > starts[-1][2]):
            starts.append((token.start(), token.end(), event[1]))
    heard = loud(samples)
    ends = [start for _, _, start in starts[1:]] + [len(samples)]
    words = []
    for (first, last, start), end in zip(starts, ends, strict=True):
        inside = heard[np.searchsorted(heard, start) : np.searchsorted(heard, end)]
        if inside.size:
            words.append(Word(first, last, int(inside[0]), int(inside[-1]) + 1))
    return tuple(words)


def _tuning(said: Utterance, voice: Voice) -> Tuning:
    """The voice's settings; a line in another language gets that language's pronunciation."""
    settings = dict(voice.settings)
    name = str(settings.pop("voice"))
    variant = str(settings.pop("variant"))
    if said.language and not data.speaks(name, said.language):
        name = data.find_language(said.language)
    return Tuning(
        voice=f"{name}+{variant}" if variant else name,
        **{key: int(value) for key, value in settings.items()},
    )
