"""Speaks with Kokoro through kokoro-onnx; in a worker process only.

The library turns text into phonemes (with espeak-ng), and speaks what is longer than the model
hears in parts, cut at the end of a sentence, a clause or a word.
"""

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import espeakng_loader
import numpy as np
import onnxruntime
from kokoro_onnx import Kokoro as Library
from kokoro_onnx.config import EspeakConfig

from podforge.cast import Voice
from podforge.clip import Word
from podforge.engines.base import Take, VoiceState
from podforge.engines.kokoro.options import LANGUAGES, VoiceOptions, blend
from podforge.engines.performing import sendable
from podforge.engines.presets import one_by_one, own_espeak
from podforge.errors import EngineError
from podforge.events import Watch
from podforge.plan import Job, Utterance

if TYPE_CHECKING:
    from numpy.typing import NDArray


class KokoroEngine:
    """A loaded model."""

    def __init__(self, model: Path, voices: Path, threads: int) -> None:
        logging.getLogger("phonemizer").setLevel(logging.ERROR)  # it warns of each odd word count
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        self._folder = mkdtemp(prefix="podforge-")  # in the worker's own, that goes with it
        espeak = EspeakConfig(own_espeak(self._folder), espeakng_loader.get_data_path())
        self._library = Library.from_session(session, str(voices), espeak)

    def embed(self, voice: Voice) -> "tuple[NDArray[np.float32], VoiceOptions]":
        """The voice's styles, one for each number of phonemes; those of a blend, weighted."""
        options = VoiceOptions.of(voice.settings)
        there = set(self._library.voices.keys())
        parts = blend(options.voice)
        for name, _ in parts:
            if name not in there:
                known = ", ".join(sorted(there))
                raise EngineError(f'this model has no voice "{name}"', hint=f"there are {known}")
        styles = [self._library.get_voice_style(name) * np.float32(share) for name, share in parts]
        return np.sum(styles, axis=0, dtype=np.float32), options

    def speak(
        self, jobs: Sequence[Job], voices: Mapping[str, VoiceState], watch: Watch
    ) -> Iterator[Take]:
        """One after the other."""
        return one_by_one(jobs, lambda job: self._speak(job, voices[job.voices[0].identity]), watch)

    def close(self) -> None:
        """The model goes with the process."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _speak(self, job: Job, voice: VoiceState) -> Take:
        (said,) = job.utterances
        assert isinstance(voice, tuple)
        style, options = voice
        text = sendable(said.text).strip()
        language = _language(options.voice, said)
        phonemes = self._library.tokenizer.phonemize(text, language) if text else ""
        if not any(phoneme.isalpha() for phoneme in phonemes):
            raise EngineError("there is nothing to say", place=said.place)
        samples, rate, times = self._library.create_timed(
            phonemes, style, options.speed, lang=language, is_phonemes=True
        )
        sound = np.clip(np.asarray(samples, np.float32).ravel(), -1.0, 1.0)
        words = _words(said.text, [(t.phoneme, t.start, t.end) for t in times], rate, len(sound))
        return Take(job.key, sound, rate, words=(words,) if words else None)


def _language(voice: str, said: Utterance) -> str:
    """What the line is spoken in: its own language where it says one, else the voice's."""
    own = LANGUAGES.get(voice[:1], "en-us")
    wanted = said.language.replace("_", "-").lower()
    if wanted.partition("-")[0] == ("zh" if own == "cmn" else own[:2]):
        return own
    spoken = [tag for tag in LANGUAGES.values() if tag[:2] == wanted[:2]]
    return "cmn" if wanted[:2] == "zh" else (spoken or [own])[0]


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
