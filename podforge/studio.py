"""The worker's side of recording: a job goes in, a kept clip comes out.

A studio lives in a worker process with one loaded engine.  It looks into the store again under
the job's lock, so that two renders at once never speak the same job twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from podforge.aligning import align
from podforge.cast import Settings
from podforge.checking import check
from podforge.clip import Clip, Finding
from podforge.engines import find_engine
from podforge.engines.base import Engine, Take, VoiceState
from podforge.errors import CorruptBlob, EngineError
from podforge.events import Watch
from podforge.kept import (
    Record,
    clip_facts,
    clip_of,
    find_clip,
    heard_facts,
    heard_key,
    told_spans,
)
from podforge.metering import gated_level
from podforge.pcm import from_wav, to_wav
from podforge.plan import Job
from podforge.store import Store

TAKES = 3  # of a job on a stochastic engine, before the best of them must do


@dataclass(frozen=True)
class Spoken:
    """A job's clip is in the store; `fresh` when it was spoken just now."""

    clip: Clip
    fresh: bool


@dataclass(frozen=True)
class Refused:
    """No take of the job is usable."""

    findings: tuple[Finding, ...]


def open_studio(
    engine: str, settings: Settings, stochastic: bool, root: Path, afresh: bool
) -> "Studio":
    """Load an engine in this process.  `afresh` speaks jobs even when the store has them."""
    return Studio(find_engine(engine).load(settings), Store(root), stochastic, afresh)


class Studio:
    """An engine, a store, and the voices that the engine has prepared so far."""

    def __init__(self, engine: Engine, store: Store, stochastic: bool, afresh: bool) -> None:
        self._engine, self._store = engine, store
        self._takes = TAKES if stochastic else 1
        self._afresh = afresh
        self._voices: dict[str, VoiceState] = {}

    def work(self, jobs: Sequence[Job], watch: Watch) -> Iterator[tuple[str, Spoken | Refused]]:
        """Clips for all jobs, as they come."""

        def waiting() -> None:  # another render is at work on these: that is life, too
            watch.beat(jobs[0].key, 0.0)
            if watch.cancelled:
                raise EngineError("stopped while another render held the job", place=jobs[0].place)

        with self._store.locks([job.key for job in jobs], waiting):
            wanted = []
            for job in jobs:
                clip = None if self._afresh else self._known(job)
                if clip:
                    yield job.key, Spoken(clip, fresh=False)
                else:
                    wanted.append(job)
            yield from self._speak(wanted, watch)

    def close(self) -> None:
        """Give the engine back."""
        self._engine.close()

    def _known(self, job: Job) -> Clip | None:
        """The clip from the store; what is derived from it is made again where it is missing."""
        clip = find_clip(self._store, job)
        record = None if clip else self._store.find("clip", job.key)
        if record is None:
            return clip
        try:
            clip = self._listen(job, record, self._store.read(record["blob"]))
        except CorruptBlob:
            return None
        return clip if clip.usable else None

    def _speak(self, jobs: Sequence[Job], watch: Watch) -> Iterator[tuple[str, Spoken | Refused]]:
        """Speak each job, on a stochastic engine again while the take is not good."""
        best: dict[str, tuple[Job, Take, tuple[Finding, ...]]] = {}
        for attempt in range(self._takes):
            again = []
            for job, take in self._takes_of([job.again(attempt) for job in jobs], watch):
                findings = self._judge(job, take)
                if job.key not in best or _badness(findings) < _badness(best[job.key][2]):
                    best[job.key] = (job, take, findings)
                if findings and attempt + 1 < self._takes:
                    again.append(job)
                else:
                    yield job.key, self._keep(*best.pop(job.key))
            jobs = again

    def _takes_of(self, jobs: Sequence[Job], watch: Watch) -> Iterator[tuple[Job, Take]]:
        if not jobs:
            return
        by_key = {job.key: job for job in jobs}
        voices = {voice.identity: voice for job in jobs for voice in job.voices}
        for identity, voice in voices.items():
            if identity not in self._voices:
                self._voices[identity] = self._engine.embed(voice)
        for take in self._engine.speak(jobs, self._voices, watch):
            job = by_key.pop(take.key, None)
            if job is None:
                raise EngineError(f"{jobs[0].engine} gave a take that nobody asked for")
            yield job, take
        if by_key and not watch.cancelled:
            lost = next(iter(by_key.values()))
            raise EngineError(f"{lost.engine} gave no take", place=lost.place)

    def _judge(self, job: Job, take: Take) -> tuple[Finding, ...]:
        texts = [said.text for said in job.utterances]
        finite = np.nan_to_num(take.samples)
        spans = align(finite, take.rate, [len(text) for text in texts], take.spans)
        return check(take.samples, take.rate, texts, spans)

    def _keep(self, job: Job, take: Take, findings: tuple[Finding, ...]) -> Spoken | Refused:
        if any(finding.severity == "failed" for finding in findings):
            return Refused(findings)
        facts = clip_facts(job, take.rate, len(take.samples), take.spans, take.words)
        payload = to_wav(take.samples, take.rate)
        record = self._store.keep("clip", job.key, facts, payload)
        clip = self._listen(job, record, payload)
        return Spoken(clip, fresh=True) if clip.usable else Refused(clip.findings)

    def _listen(self, job: Job, record: Record, payload: bytes) -> Clip:
        """Derive spans, levels and findings from the stored sound, now or later the same."""
        samples, rate = from_wav(payload)
        texts = [said.text for said in job.utterances]
        spans = align(samples, rate, [len(text) for text in texts], told_spans(record))
        levels = [gated_level(samples[span.start : span.end], rate) for span in spans]
        facts = heard_facts(spans, levels, check(samples, rate, texts, spans))
        heard = self._store.keep("heard", heard_key(record, job), facts, None, durable=False)
        return clip_of(job.key, record, heard)


def _badness(findings: tuple[Finding, ...]) -> tuple[int, int]:
    failed = sum(finding.severity == "failed" for finding in findings)
    return failed, len(findings)
