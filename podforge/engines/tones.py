"""The engine behind `podforge.engines.tone`."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from podforge.cast import Voice
from podforge.clip import Span, Word
from podforge.engines.base import Take, VoiceState
from podforge.engines.tone import RATE
from podforge.events import Watch
from podforge.plan import Job, Utterance
from podforge.units import CHARACTERS_PER_SECOND, to_samples

LOWEST, OCTAVES = 110.0, 2.0  # Hz: where the pitches of voices lie
APART = 2 ** (2 / 12)  # two semitones: the least between two voices of a job
LEVEL = 0.25  # peak of a burst
EDGE = to_samples(0.004, RATE)  # rise and fall of a burst
SHORTEST = to_samples(0.030, RATE)  # of a word
REST = to_samples(0.012, RATE)  # silence at the end of each word
PAUSE = to_samples(0.250, RATE)  # silence between utterances

_WORD = re.compile(r"\S+")


class ToneEngine:
    """Speaks windows as tones."""

    def embed(self, voice: Voice) -> VoiceState:
        """The voice itself."""
        return voice

    def speak(
        self,
        jobs: Sequence[Job],
        voices: Mapping[str, VoiceState],  # noqa: ARG002 - the protocol; a job holds its voices
        watch: Watch,
    ) -> Iterator[Take]:
        """One take a job; the seed moves the level and the phase of the tones a little."""
        for job in jobs:
            if watch.cancelled:
                return
            take = _window(job)
            watch.beat(job.key, len(take.samples) / RATE)
            yield take

    def close(self) -> None:
        """Nothing is held."""


def pitches(voices: Sequence[Voice]) -> list[float]:
    """A pitch in Hz per voice from its identity; no two of them close together."""
    chosen: list[float] = []
    for voice in voices:
        draw = int.from_bytes(hashlib.sha256(voice.identity.encode()).digest()[:4]) / 2**32
        pitch = LOWEST * 2 ** (OCTAVES * draw)
        while any(max(pitch / other, other / pitch) < APART for other in chosen):
            pitch *= APART
        chosen.append(pitch)
    return chosen


def _window(job: Job) -> Take:
    random = np.random.default_rng(job.seed)
    level = LEVEL * random.uniform(0.9, 1.0)
    phase = random.uniform(0, 2 * np.pi)
    tones = pitches(job.voices)
    words: list[tuple[Word, ...]] = []
    at = 0
    for said in job.utterances:
        words.append(tuple(_words(said, at)))
        at = words[-1][-1].end + REST + PAUSE
    samples = np.zeros(at - PAUSE, np.float32)
    for said, spoken in zip(job.utterances, words, strict=True):
        for word in spoken:
            burst = _burst(word.end - word.start, tones[said.slot], phase)
            samples[word.start : word.end] = level * burst
    spans = tuple(Span(spoken[0].start, spoken[-1].end) for spoken in words)
    return Take(job.key, samples, RATE, spans, tuple(words))


def _words(said: Utterance, at: int) -> Iterator[Word]:
    """Each word as long as its letters and the space after it take to say."""
    starts = [match.start() for match in _WORD.finditer(said.text)] or [0]
    ends = [match.end() for match in _WORD.finditer(said.text)] or [len(said.text)]
    edges = [*starts, len(said.text)]
    for (start, following), last in zip(pairwise(edges), ends, strict=True):
        long = to_samples((following - start) / CHARACTERS_PER_SECOND, RATE)
        long = max(long, SHORTEST + REST)
        yield Word(start, last, at, at + long - REST)
        at += long


def _burst(length: int, pitch: float, phase: float) -> NDArray[np.float64]:
    """A tone with raised-cosine edges, shape (length,), peak below 1."""
    time = np.arange(length) / RATE
    wave = np.sin(2 * np.pi * pitch * time + phase)
    rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(EDGE) + 0.5) / EDGE)
    wave[:EDGE] *= rise
    wave[-EDGE:] *= rise[::-1]
    return wave
