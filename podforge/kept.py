"""Clips in the store: what is written about a take, and how it is read back.

The record `clip` under the job's key holds what the engine gave; the record `heard` under the
clip's digest and texts holds what was derived from it, so that better alignment or checks
never speak anything again (docs/architecture.md, "Jobs and keys").
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from podforge import __version__
from podforge.cast import EngineUse, Voice
from podforge.clip import Clip, Finding, Level, Span, Word, Words
from podforge.engines.base import Embedding, Take
from podforge.errors import CorruptBlob
from podforge.plan import Job, digest
from podforge.store import Store
from podforge.versions import HEARD_VERSION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Record = Mapping[str, Any]  # JSON as it lies in the store


def find_clip(store: Store, job: Job) -> Clip | None:
    """The usable clip of a job when both records and the sound are in the store."""
    record = store.find("clip", job.key)
    heard = record and store.find("heard", heard_key(record, job))
    clip = clip_of(job.key, record, heard) if record and heard else None
    return clip if clip and clip.usable else None


def is_spoken(store: Store, job: Job) -> bool:
    """Whether a take of the job is in the store; what is derived from it may be missing."""
    return store.find("clip", job.key) is not None


def heard_key(record: Record, job: Job) -> str:
    """The key of what was derived from a clip."""
    said = [[utterance.slot, utterance.text] for utterance in job.utterances]
    return digest([HEARD_VERSION, record["blob"], said])


def embedding_key(use: EngineUse, voice: Voice) -> str:
    """The key of what a model made of a recording; the settings of the voice do not count."""
    heard = voice.digest or voice.identity
    return digest(["embedding", use.name, use.sound_version, use.model, heard])


def find_embedding(store: Store, use: EngineUse, voice: Voice) -> Embedding | None:
    """What the model made of the voice's recording, when it is in the store."""
    record = store.find("embedding", embedding_key(use, voice))
    if record:
        with suppress(CorruptBlob):
            return Embedding(store.read(record["blob"]))
    return None


def take_facts(job: Job, take: Take) -> Record:
    """The record of a take: what no later run could find out from the sound alone."""
    spans = take.spans
    return {
        "rate": take.rate,
        "samples": len(take.samples),
        "attempt": job.attempt,
        "seed": job.seed,
        "spans": [[s.start, s.end, s.confidence] for s in spans] if spans else None,
        "words": [[[w.first, w.last, w.start, w.end] for w in line] for line in take.words or ()],
        "marks": list(take.marks),
        "cut_short": take.cut_short,
        "made": {"engine": job.engine, "podforge": __version__},
    }


def take_of(job: Job, record: Record, samples: "NDArray[np.float32]", rate: int) -> Take:
    """The take that a record of `take_facts` tells of, with its sound."""
    spans = tuple(Span(*span) for span in record["spans"]) if record["spans"] else None
    words = tuple(tuple(Word(*word) for word in line) for line in record["words"]) or None
    # Clips of podforge 0.2 and older have neither marks nor the flag.
    marks, cut_short = tuple(record.get("marks", ())), bool(record.get("cut_short"))
    return Take(job.key, samples, rate, spans, words, marks, cut_short)


def keep_take(store: Store, job: Job, take: Take) -> None:
    """Keep one attempt at a job beside its clip, which may become another one."""
    from podforge.pcm import to_wav  # brings numpy

    payload = to_wav(take.samples, take.rate)
    store.keep("take", _take_key(job), take_facts(job, take), payload)


def find_take(store: Store, job: Job) -> Take | None:
    """The attempt at a job that `keep_take` kept."""
    from podforge.pcm import from_wav

    record = store.find("take", _take_key(job))
    if not record:
        return None
    with suppress(CorruptBlob):
        return take_of(job, record, *from_wav(store.read(record["blob"])))
    return None


def _take_key(job: Job) -> str:
    return digest(["take", job.key, job.attempt])


def heard_facts(
    spans: Sequence[Span], levels: Sequence[Level], findings: Sequence[Finding]
) -> Record:
    """The record of what was derived from a clip."""
    return {
        "spans": [[s.start, s.end, s.confidence] for s in spans],
        "levels": [[level.lufs, level.seconds] for level in levels],
        "findings": [[f.utterance, f.severity, f.text] for f in findings],
    }


def clip_of(key: str, record: Record, heard: Record) -> Clip:
    """The clip that two records tell of."""
    spans = tuple(Span(*span) for span in heard["spans"])
    return Clip(
        key=key,
        digest=record["blob"],
        rate=record["rate"],
        samples=record["samples"],
        spans=spans,
        words=tuple(map(Words, record["words"])) or tuple(() for _ in spans),
        levels=tuple(Level(*level) for level in heard["levels"]),
        findings=tuple(Finding(*finding) for finding in heard["findings"]),
        attempt=record["attempt"],
    )
