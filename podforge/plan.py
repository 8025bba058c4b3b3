"""From script and cast to jobs: what must be spoken, in which pieces, under which keys.

Everything here is pure.  A key names the sound a job makes and nothing else: names, positions,
chapters, cues, gains and versions of podforge are not in it (docs/architecture.md).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from podforge.cast import Cast, EngineUse, Settings, Voice
from podforge.errors import Place
from podforge.script import Script
from podforge.units import CHARACTERS_PER_SECOND
from podforge.utterances import Piece, chapters, pieces_of, windows_of

KEY_SCHEMA = 1
Splits = Mapping[str, frozenset[int]]  # window key -> utterances that must open a new window
Takes = Mapping[str, int]  # a job's content -> the take that somebody chose


@dataclass(frozen=True, slots=True)
class Utterance:
    """A paragraph, or a piece of a long one, inside a job.

    `item` is the index of its `Speech` in the script and `offset` where its text begins in the
    speech's spoken text.  `slot` is the dense number of its voice in the job.  `delivery` and
    `events`, vocal events and where in `text` they happen, are those that its engine performs.
    """

    speaker: str
    slot: int
    text: str  # spoken
    language: str
    delivery: str
    item: int
    offset: int
    place: Place
    events: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Job:
    """One engine call: one utterance, or a window of many.

    `content` is the key of the take that nobody asked for; `key` is another one when somebody
    asked for take 1, 2, ... of it.  `voices` is indexed by slot.  `before` and `after` are the ends
    of the text around it, for an engine that wants to see them; they are not in the key, so that
    an edit stays one job.
    """

    key: str
    engine: str
    utterances: tuple[Utterance, ...]
    voices: tuple[Voice, ...]
    settings: Settings
    rate: int
    attempt: int = 0
    before: str = ""
    after: str = ""
    content: str = ""
    take: int = 0

    @property
    def seed(self) -> int:
        """What its randomness begins with; follows from content alone."""
        return seed_of(self.key, self.attempt)

    @property
    def place(self) -> Place:
        """Where its first utterance stands."""
        return self.utterances[0].place

    @property
    def characters(self) -> int:
        """Length of its spoken text."""
        return sum(len(utterance.text) for utterance in self.utterances)

    def again(self, attempt: int) -> "Job":
        """The same job for another attempt at it."""
        return replace(self, attempt=attempt)

    def retaken(self, take: int) -> "Job":
        """The same job with a take that somebody asks for; 0: with that which nobody asked for."""
        key = digest([self.content, "take", take]) if take else self.content
        return replace(self, key=key, take=take)


@dataclass(frozen=True)
class Plan:
    """All jobs in the order of their first utterance.

    Two jobs may have one key (the same line twice, on a deterministic engine): one clip.
    """

    jobs: tuple[Job, ...]

    def unique(self) -> tuple[Job, ...]:
        """One job a key."""
        return tuple({job.key: job for job in reversed(self.jobs)}.values())[::-1]


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: object) -> str:
    """SHA-256 of a value's canonical JSON: keys sorted, no spaces, UTF-8."""
    text = _CANONICAL.encode(value)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def seed_of(key: str, attempt: int) -> int:
    """The random seed of a take, 63 bits; from content, never from a position."""
    return int(digest([key, attempt])[:16], 16) >> 1


def key_facts(
    utterances: Sequence[Utterance], voices: Sequence[Voice], use: EngineUse, occurrence: int = 0
) -> dict[str, object]:
    """What the key of a job is made of."""
    return {
        "schema": KEY_SCHEMA,
        "engine": use.name,
        "sound_version": use.sound_version,
        "model": use.model,
        "settings": dict(use.settings),
        "rate": use.limits.rate,
        "occurrence": occurrence,
        "utterances": [
            {
                "voice": voices[said.slot].identity,
                "slot": said.slot,
                "text": said.text,
                "language": said.language,
                "delivery": said.delivery,
                **({"events": said.events} if said.events else {}),
            }
            for said in utterances
        ],
    }


def make_plan(
    script: Script, cast: Cast, splits: Splits | None = None, takes: Takes | None = None
) -> Plan:
    """Cut a prepared script into jobs.

    `splits` names windows that must be made again in parts, because a pause or cue inside them
    found no place to cut (see `layout.cuts_refused`); so may parts of them.  `takes` are those
    that somebody chose; the parts of a window have its take.
    """
    jobs: list[Job] = []
    for chapter in chapters(script):
        planned = _number(list(_plan_chapter(script, chapter, cast)), cast, takes or {})
        while splits and any(job.key in splits for job in planned):
            parts = [part for job in planned for part in _split(job, cast, splits)]
            planned = _number(parts, cast, takes or {})
        jobs += _in_context(sorted(planned, key=_position), cast)
    return Plan(tuple(sorted(jobs, key=_position)))


def estimate_seconds(script: Script) -> float:
    """Roughly how long the episode will be, gaps included."""
    speeches = list(script.speeches())
    spoken = sum(len(speech.said) for speech in speeches) / CHARACTERS_PER_SECOND
    return spoken + len(speeches) * script.header.pauses.turn


def seconds_of(jobs: Iterable[Job]) -> float:
    """Roughly how much speech the jobs will make."""
    return sum(job.characters for job in jobs) / CHARACTERS_PER_SECOND


def _plan_chapter(script: Script, items: range, cast: Cast) -> Iterator[Job]:
    runs: dict[str, list[Piece]] = {}
    for piece, alone in pieces_of(script, items, cast):
        use = cast.engines[piece.part.engine]
        if alone or not use.limits.windows:
            yield _job([piece], use, cast, script)
        else:
            runs.setdefault(use.name, []).append(piece)
    for name, run in runs.items():
        use = cast.engines[name]
        for start, end in windows_of(run, use):
            yield _job(run[start:end], use, cast, script)


def _job(pieces: Sequence[Piece], use: EngineUse, cast: Cast, script: Script) -> Job:
    slots = {name: slot for slot, name in enumerate(dict.fromkeys(p.part.speaker for p in pieces))}
    utterances = tuple(
        Utterance(
            speaker=piece.part.speaker,
            slot=slots[piece.part.speaker],
            text=piece.text,
            language=piece.speech.language or piece.part.voice.language or script.header.language,
            delivery=_delivery(piece) if use.limits.delivery else "",
            item=piece.item,
            offset=piece.offset,
            place=piece.speech.place,
            events=piece.events,
        )
        for piece in pieces
    )
    voices = tuple(cast.parts[name].voice for name in slots)
    return _keyed(utterances, voices, use)


def _delivery(piece: Piece) -> str:
    return piece.speech.delivery or piece.part.style


def _keyed(
    utterances: tuple[Utterance, ...],
    voices: tuple[Voice, ...],
    use: EngineUse,
    occurrence: int = 0,
) -> Job:
    key = digest(key_facts(utterances, voices, use, occurrence))
    return Job(key, use.name, utterances, voices, use.settings, use.limits.rate, content=key)


def _split(job: Job, cast: Cast, splits: Splits) -> Iterator[Job]:
    """The job, or its parts where `splits` says that it must be made in parts."""
    edges = [0, *sorted(splits.get(job.key, ())), len(job.utterances)]
    if len(edges) == 2:
        yield job
        return
    for start, end in pairwise(edges):
        yield _renumbered(job, job.utterances[start:end], cast.engines[job.engine])


def _renumbered(job: Job, utterances: tuple[Utterance, ...], use: EngineUse) -> Job:
    slots = {old: new for new, old in enumerate(dict.fromkeys(u.slot for u in utterances))}
    dense = tuple(replace(said, slot=slots[said.slot]) for said in utterances)
    voices = tuple(job.voices[old] for old in slots)
    return replace(_keyed(dense, voices, use), take=job.take)


def _position(job: Job) -> tuple[int, int]:
    first = job.utterances[0]
    return first.item, first.offset


def _in_context(jobs: Sequence[Job], cast: Cast) -> Iterator[Job]:
    """The jobs of a chapter in order, with the text around them where an engine wants to see it."""
    for number, job in enumerate(jobs):
        if not (reach := cast.engines[job.engine].limits.context):
            yield job
            continue
        before = jobs[number - 1].utterances[-1].text[-reach:] if number else ""
        after = jobs[number + 1].utterances[0].text[:reach] if number + 1 < len(jobs) else ""
        yield replace(job, before=before, after=after)


def _number(jobs: Sequence[Job], cast: Cast, takes: Takes) -> list[Job]:
    """Tell identical jobs of a stochastic engine apart by counting them within the chapter.

    Each then has the take that was chosen for it; on other engines all takes are alike.
    """
    seen: Counter[str] = Counter()
    numbered = []
    for job in jobs:
        use = cast.engines[job.engine]
        if use.limits.stochastic:
            take = job.take
            first = digest(key_facts(job.utterances, job.voices, use))
            job = _keyed(job.utterances, job.voices, use, seen[first])
            seen[first] += 1
            if take := takes.get(job.content, take):
                job = job.retaken(take)
        numbered.append(job)
    return numbered
