"""Clips in the store: what is written about a take, and how it is read back.

The record `clip` under the job's key holds what the engine gave; the record `heard` under the
clip's digest and texts holds what was derived from it, so that better alignment or checks
never speak anything again (DESIGN, "Keys").
"""

from collections.abc import Mapping, Sequence
from typing import Any

from podforge import __version__
from podforge.clip import Clip, Finding, Level, Span, Word
from podforge.plan import Job, digest
from podforge.store import Store

HEARD_VERSION = 1  # raised when alignment, checks or levels change

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
    return digest([HEARD_VERSION, record["blob"], [said.text for said in job.utterances]])


def clip_facts(
    job: Job,
    rate: int,
    samples: int,
    spans: tuple[Span, ...] | None,
    words: tuple[tuple[Word, ...], ...] | None,
) -> Record:
    """The record of a take: what no later run could find out from the sound alone."""
    return {
        "rate": rate,
        "samples": samples,
        "attempt": job.attempt,
        "seed": job.seed,
        "spans": [[s.start, s.end, s.confidence] for s in spans] if spans else None,
        "words": [[[w.first, w.last, w.start, w.end] for w in line] for line in words or ()],
        "made": {"engine": job.engine, "podforge": __version__},
    }


def told_spans(record: Record) -> tuple[Span, ...] | None:
    """The engine's own spans in a clip record."""
    return tuple(Span(*span) for span in record["spans"]) if record["spans"] else None


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
    words = tuple(tuple(Word(*word) for word in line) for line in record["words"])
    return Clip(
        key=key,
        digest=record["blob"],
        rate=record["rate"],
        samples=record["samples"],
        spans=spans,
        words=words or tuple(() for _ in spans),
        levels=tuple(Level(*level) for level in heard["levels"]),
        findings=tuple(Finding(*finding) for finding in heard["findings"]),
        attempt=record["attempt"],
    )
