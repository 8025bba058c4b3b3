"""Joins utterances of espeak-ng into windows whose spans are known."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from podforge.clip import Span, Word
from podforge.engines.base import Take, VoiceState
from podforge.engines.espeak.engine import EspeakEngine, loud
from podforge.engines.espeak.library import RATE
from podforge.events import Watch
from podforge.plan import Job
from podforge.units import to_samples

GAPS = (0.150, 0.450)  # seconds of silence between two turns, shortest and longest


class EspeakWindowEngine(EspeakEngine):
    """Speaks many utterances a job."""

    def speak(
        self,
        jobs: Sequence[Job],
        voices: Mapping[str, VoiceState],  # noqa: ARG002 - the protocol; a job holds its voices
        watch: Watch,
    ) -> Iterator[Take]:
        """One take a job, with exact spans and words; stops early when cancelled."""
        for job in jobs:
            take = self._window(job, watch)
            if take is None:
                return
            yield take

    def _window(self, job: Job, watch: Watch) -> Take | None:
        pieces: list[NDArray[np.float32]] = []
        spans: list[Span] = []
        words: list[tuple[Word, ...]] = []
        at = 0
        for said in job.utterances:
            if watch.cancelled:
                return None
            if pieces:
                pieces.append(np.zeros(gap_before(said.text), np.float32))
                at += len(pieces[-1])
            samples, heard = self.say(said, job.voices[said.slot])
            edges = loud(samples)
            spans.append(Span(at + int(edges[0]), at + int(edges[-1]) + 1))
            words.append(tuple(replace(w, start=at + w.start, end=at + w.end) for w in heard))
            pieces.append(samples)
            at += len(samples)
            watch.beat(job.key, at / RATE)
        return Take(job.key, np.concatenate(pieces), RATE, tuple(spans), tuple(words))


def gap_before(text: str) -> int:
    """Samples of silence before an utterance: spread over `GAPS` by its text alone."""
    draw = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4]) / 2**32
    shortest, longest = GAPS
    return to_samples(shortest + draw * (longest - shortest), RATE)
