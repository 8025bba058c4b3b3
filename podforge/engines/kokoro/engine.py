"""Speaks with Kokoro through kokoro-onnx; in a worker process only.

The library speaks phonemes; what is longer than the model hears in parts, cut at the end of a
sentence, a clause or a word.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from kokoro_onnx import Kokoro as Library
from kokoro_onnx.config import EspeakConfig

from podforge.cast import Voice
from podforge.clip import Word
from podforge.engines.base import Take, VoiceState
from podforge.engines.kokoro.options import LANGUAGES, USUAL_LANGUAGE, VoiceOptions, blend
from podforge.engines.onnx import LineByLine, no_voice, open_session
from podforge.engines.performing import sendable
from podforge.errors import EngineError
from podforge.plan import Job

if TYPE_CHECKING:
    from numpy.typing import NDArray


class KokoroEngine(LineByLine):
    """A loaded model."""

    def __init__(self, model: Path, voices: Path, threads: int) -> None:
        super().__init__()
        espeak = EspeakConfig(self.phonemes.library, self.phonemes.data)
        self._library = Library.from_session(open_session(model, threads), str(voices), espeak)

    def embed(self, voice: Voice) -> "tuple[NDArray[np.float32], float, str]":
        """The voice's styles, one for each number of phonemes; its speed; what espeak-ng calls it.

        Styles of a blend are weighted; its language is that of its largest share.
        """
        options = VoiceOptions.of(voice.settings)
        there = set(self._library.voices.keys())
        parts = blend(options.voice)
        for name, _ in parts:
            if name not in there:
                raise no_voice(name, sorted(there))
        styles = [self._library.get_voice_style(name) * np.float32(share) for name, share in parts]
        leading, _ = max(parts, key=lambda part: part[1])
        own = LANGUAGES.get(leading[0], USUAL_LANGUAGE)
        return np.sum(styles, axis=0, dtype=np.float32), options.speed, own

    def take_of(self, job: Job, voice: VoiceState) -> Take:
        """A line, with the times of its words where the model tells them."""
        (said,) = job.utterances
        assert isinstance(voice, tuple)
        style, speed, own = voice
        text = sendable(said.text).strip()
        language = _language(own, said.language)
        phonemes = self.spelled(text, language) if text else ""
        if not any(phoneme.isalpha() for phoneme in phonemes):
            raise EngineError("there is nothing to say", place=said.place)
        samples, rate, times = self._library.create_timed(
            phonemes, style, speed, lang=language, is_phonemes=True
        )
        sound = np.clip(np.asarray(samples, np.float32).ravel(), -1.0, 1.0)
        words = _words(said.text, [(t.phoneme, t.start, t.end) for t in times], rate, len(sound))
        return Take(job.key, sound, rate, words=(words,) if words else None)

    def spelled(self, text: str, language: str) -> str:
        """The phonemes of a text that are in the model's alphabet; a `language` of espeak-ng."""
        known: str = self._library.tokenizer.known(self.phonemes.of(text, language))
        return known.strip()


def _language(own: str, tag: str) -> str:
    """The line's own language as the voice says it, where the model knows it; else the voice's."""
    wanted = tag.replace("_", "-").lower().partition("-")[0]
    spoken = [each for each in LANGUAGES.values() if each.partition("-")[0] == wanted]
    return own if own in spoken or not spoken else spoken[0]


def _words(
    text: str, times: Sequence[tuple[str, float, float]], rate: int, samples: int
) -> tuple[Word, ...]:
    """The words with their times, where the model tells when phonemes sound and words match."""
    groups: list[list[tuple[str, float, float]]] = [[]]
    for each in times:
        if each[0].isspace():
            groups.append([])
        else:
            groups[-1].append(each)
    spoken = [group for group in groups if any(p.isalpha() for p, _, _ in group)]
    written = [(at, at + len(word)) for at, word in _split(text) if any(map(str.isalnum, word))]
    if len(spoken) != len(written):
        return ()
    edges = [(round(g[0][1] * rate), min(samples, round(g[-1][2] * rate))) for g in spoken]
    return tuple(
        Word(first, last, start, end)
        for (first, last), (start, end) in zip(written, edges, strict=True)
        if start < end
    )


def _split(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for word in text.split():
        at = text.index(word, at)
        yield at, word
        at += len(word)
