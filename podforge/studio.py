"""The worker's side of recording: a job goes in, a kept clip comes out.

A studio lives in a worker process with one loaded engine.  It looks into the store again under
the job's lock, so that two renders at once never speak the same job twice.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from podforge.aligning import align
from podforge.cast import EngineUse, Settings, Voice
from podforge.checking import check
from podforge.clip import Clip, Finding, Span
from podforge.engines import find_engine
from podforge.engines.base import Embedding, Engine, Take, VoiceState
from podforge.errors import CorruptBlob, EngineError, Unavailable
from podforge.events import BenchWatch
from podforge.kept import (
    Record,
    clip_of,
    embedding_key,
    find_clip,
    find_embedding,
    find_take,
    heard_facts,
    heard_key,
    keep_take,
    take_facts,
    take_of,
)
from podforge.metering import gated_level
from podforge.pcm import from_wav, to_wav
from podforge.plan import Job
from podforge.store import Store
from podforge.voices.files import file_digest

WAIT_SECONDS = 1.0  # for another process, until it is told


@dataclass(frozen=True)
class Spoken:
    """A job's clip is in the store; `fresh` when it was spoken just now."""

    clip: Clip
    fresh: bool


@dataclass(frozen=True)
class Refused:
    """No take of the job is usable."""

    findings: tuple[Finding, ...]


def open_studio(use: EngineUse, settings: Settings, root: Path, afresh: bool) -> "Studio":
    """Load an engine in this process.  `afresh` speaks jobs even when the store has them."""
    spec = find_engine(use.name)
    if spec.fingerprint(settings) != use.model:
        raise Unavailable(f"the model of {use.name} changed while rendering", hint="run it again")
    return Studio(spec.load(settings), use, Store(root), afresh)


class Studio:
    """An engine, a store, and the voices that the engine has prepared so far."""

    def __init__(self, engine: Engine, use: EngineUse, store: Store, afresh: bool) -> None:
        self._engine, self._use, self._store = engine, use, store
        self._takes = use.limits.takes if use.limits.stochastic else 1
        self._afresh = afresh
        self._voices: dict[str, VoiceState] = {}

    def work(
        self, jobs: Sequence[Job], watch: BenchWatch
    ) -> Iterator[tuple[str, Spoken | Refused]]:
        """Clips for all jobs, as they come."""
        with self._store.locks([job.key for job in jobs], _waiting(jobs[0], watch)):
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

    def voice_state(self, voice: Voice, waiting: Callable[[], None] | None = None) -> VoiceState:
        """What the engine makes of a voice; an `Embedding` is made once and kept in the store.

        A pinned one is taken as it is.  `waiting` shows life while another process makes it.
        """
        _check_unchanged(voice)
        if voice.embedding:
            return Embedding(Path(voice.embedding).read_bytes())
        key = embedding_key(self._use, voice)
        with self._store.lock(key, waiting):
            if kept := find_embedding(self._store, self._use, voice):
                return kept
            state = self._engine.embed(voice)
            if isinstance(state, Embedding):
                facts = {"engine": self._use.name, "model": self._use.model, "voice": voice.name}
                self._store.keep("embedding", key, facts, state.payload)
            return state

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

    def _speak(
        self, jobs: Sequence[Job], watch: BenchWatch
    ) -> Iterator[tuple[str, Spoken | Refused]]:
        """Speak each job, on a stochastic engine again while the take is not good.

        Takes that another one may surpass are kept as well: after a crash nothing is spoken twice.
        """
        best: dict[str, tuple[Job, tuple[Finding, ...]]] = {}
        for attempt in range(self._takes):
            again = []
            for job, take in self._takes_of([job.again(attempt) for job in jobs], watch):
                findings = self._judge(job, take, self._spans(job, take))
                if job.key not in best or _badness(findings) < _badness(best[job.key][1]):
                    best[job.key] = (job, findings)
                if findings and attempt + 1 < self._takes:
                    if not _failed(findings):
                        keep_take(self._store, job, take)
                    again.append(job)
                else:
                    yield job.key, self._choose(*best.pop(job.key), job, take)
            jobs = again

    def _choose(
        self, best: Job, findings: tuple[Finding, ...], last: Job, take: Take
    ) -> Spoken | Refused:
        """Keep the best attempt as the clip: the last one, or one that was kept before."""
        if _failed(findings):
            return Refused(findings)
        if best.attempt != last.attempt:
            take = find_take(self._store, best) or take
        return self._keep(best, take)

    def _takes_of(self, jobs: Sequence[Job], watch: BenchWatch) -> Iterator[tuple[Job, Take]]:
        wanted = {}
        for job in jobs:
            if not self._afresh and (take := find_take(self._store, job)):
                yield job, take
            else:
                wanted[job.key] = job
        if wanted:
            yield from self._new_takes(wanted, watch)

    def _new_takes(self, by_key: dict[str, Job], watch: BenchWatch) -> Iterator[tuple[Job, Take]]:
        """What the engine gives for each job, whose voices it gets first."""
        jobs = list(by_key.values())
        voices = {voice.identity: voice for job in jobs for voice in job.voices}
        for identity, voice in voices.items():
            if identity not in self._voices:
                watch.beat(jobs[0].key, 0.0)  # it may take a while for each
                self._voices[identity] = self.voice_state(voice, _waiting(jobs[0], watch))
        for take in self._engine.speak(jobs, self._voices, watch):
            job = by_key.pop(take.key, None)
            if job is None:
                raise EngineError(f"{jobs[0].engine} gave a take that nobody asked for")
            yield job, take
        if by_key and not watch.cancelled:
            lost = next(iter(by_key.values()))
            raise EngineError(f"{lost.engine} gave no take", place=lost.place)

    def _judge(self, job: Job, take: Take, spans: Sequence[Span]) -> tuple[Finding, ...]:
        return check(take.samples, take.rate, job.utterances, spans, take.cut_short)

    def _spans(self, job: Job, take: Take) -> tuple[Span, ...]:
        """Where each utterance lies: as the engine says, else as it is heard."""
        finite = np.nan_to_num(take.samples)
        return take.spans or align(finite, take.rate, job.utterances, take.marks)

    def _keep(self, job: Job, take: Take) -> Spoken | Refused:
        payload = to_wav(take.samples, take.rate)
        record = self._store.keep("clip", job.key, take_facts(job, take), payload)
        clip = self._listen(job, record, payload)
        return Spoken(clip, fresh=True) if clip.usable else Refused(clip.findings)

    def _listen(self, job: Job, record: Record, payload: bytes) -> Clip:
        """Derive spans, levels and findings from the stored sound, now or later the same."""
        take = take_of(job, record, *from_wav(payload))
        spans = self._spans(job, take)
        levels = [gated_level(take.samples[s.start : s.end], take.rate) for s in spans]
        facts = heard_facts(spans, levels, self._judge(job, take, spans))
        heard = self._store.keep("heard", heard_key(record, job), facts, None, durable=False)
        return clip_of(job.key, record, heard)


def _waiting(job: Job, watch: BenchWatch) -> Callable[[], None]:
    """Shows life while another render is at work on a job or a voice, and soon says so."""
    since = time.monotonic()

    def wait() -> None:
        if time.monotonic() - since < WAIT_SECONDS:
            watch.beat(job.key, 0.0)
        else:
            watch.wait(job.key)
        if watch.cancelled:
            raise EngineError("stopped while another render held the job", place=job.place)

    return wait


def _check_unchanged(voice: Voice) -> None:
    """What was planned with is what must be heard: it is found again under that digest."""
    path = Path(voice.embedding or voice.reference)
    if voice.digest and file_digest(path) != voice.digest:
        raise EngineError(f"{path} changed while rendering", hint="run the same command again")


def _badness(findings: tuple[Finding, ...]) -> tuple[int, int]:
    return _failed(findings), len(findings)


def _failed(findings: tuple[Finding, ...]) -> int:
    return sum(finding.severity == "failed" for finding in findings)
