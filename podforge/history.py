"""What the last render of a script was made of, so that `plan --why` can say what changed.

A record `plan` in the store, under the path of the script, holds every job of the last plan that
was recorded, in tables, as what repeats stands once, and packed: its texts are those of a book.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from podforge.cast import Cast
from podforge.errors import StorageError
from podforge.plan import Plan, digest
from podforge.store import Store

HISTORY_VERSION = 1  # of the record
KEY_DIGITS = 24  # of a job's key: 96 bits tell those of one store apart
ALIKE = 0.5  # two texts that have so much in common are one line, edited
MOST_PAIRS = 2_000  # of texts compared in one stretch; the lines of a longer one go in order
# What a change is called, in the order in which it is told.
REASONS = (
    "never rendered", "removed from the store", "new line", "text", "voice", "language",
    "delivery", "engine", "engine version", "model", "engine settings", "take", "window",
    "order of equal lines",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manner:
    """What decides the sound of an utterance besides its text."""

    voice: str
    language: str
    delivery: str


@dataclass(frozen=True, slots=True)
class Past:
    """A job: its key, its engine, and the take that was asked for."""

    key: str
    engine: str
    take: int


@dataclass(frozen=True, slots=True)
class Said:
    """An utterance in the order of the script, and the job it is in."""

    text: str
    manner: Manner
    job: Past


@dataclass(frozen=True)
class History:
    """A plan as one render has it.  `engines`: version, model and settings of each."""

    engines: Mapping[str, Sequence[object]]
    said: tuple[Said, ...]


def history_of(plan: Plan, cast: Cast) -> History:
    """What is to be remembered of a plan."""
    found = [
        (
            (said.item, said.offset),
            Said(
                said.text,
                Manner(
                    job.voices[said.slot].identity,
                    said.language,
                    " ".join([said.delivery, *map(repr, said.events)]).strip(),
                ),
                past,
            ),
        )
        for job in plan.jobs
        for past in (Past(job.key[:KEY_DIGITS], job.engine, job.take),)
        for said in job.utterances
    ]
    found.sort(key=lambda placed: placed[0])
    engines = {
        name: [use.sound_version, use.model, [use.limits.rate, dict(use.settings)]]
        for name, use in cast.engines.items()
    }
    return History(engines, tuple(said for _, said in found))


def remember(store: Store, script: Path, plan: Plan, cast: Cast) -> None:
    """Keep what a script's plan was made of; a store that takes nothing goes without."""
    history = history_of(plan, cast)
    jobs = list(dict.fromkeys(said.job for said in history.said))
    manners = list(dict.fromkeys(said.manner for said in history.said))
    of_job = {job: number for number, job in enumerate(jobs)}
    of_manner = {manner: number for number, manner in enumerate(manners)}
    tables = {
        "engines": history.engines,
        "jobs": [[job.key, job.engine, job.take] for job in jobs],
        "manners": [[m.voice, m.language, m.delivery] for m in manners],
        "said": [[s.text, of_manner[s.manner], of_job[s.job]] for s in history.said],
    }
    packed = b64encode(zlib.compress(json.dumps(tables).encode(), 1)).decode()
    with suppress(StorageError):
        facts = {"version": HISTORY_VERSION, "packed": packed}
        store.keep("plan", _key(script), facts, None, durable=False)


def recall(store: Store, script: Path) -> History | None:
    """What the last render of a script was made of."""
    record = store.find("plan", _key(script))
    if record is None or record["version"] != HISTORY_VERSION:
        return None
    tables = json.loads(zlib.decompress(b64decode(record["packed"])))
    jobs = [Past(*job) for job in tables["jobs"]]
    manners = [Manner(*manner) for manner in tables["manners"]]
    said = tuple(Said(text, manners[manner], jobs[job]) for text, manner, job in tables["said"])
    return History(tables["engines"], said)


def _key(script: Path) -> str:
    return digest(["plan", str(script.absolute())])


def why(before: History | None, now: History, new: Iterable[str]) -> dict[str, list[str]]:
    """For each of the jobs `new`, by key, what changed since: some of `REASONS`."""
    if before is None:
        return {key: ["never rendered"] for key in new}
    whole = {key[:KEY_DIGITS]: key for key in new}
    gone = {said.job.key for said in before.said} & whole.keys()
    fresh = whole.keys() - gone
    found = {key: {"removed from the store"} for key in gone}
    quiet: dict[str, str] = {}  # why a job is another one though all its lines were there
    alone = _alone(before.said) | _alone(now.said)
    for said, old in zip(now.said, _partners(before.said, now.said), strict=True):
        if (key := said.job.key) in fresh:
            found.setdefault(key, set()).update(
                _changes(before, now, old, said) if old else {"new line"}
            )
            same = old and old.job.key in alone and key in alone
            quiet[key] = "order of equal lines" if same else "window"
    return {
        whole[key]: sorted(reasons or {quiet[key]}, key=REASONS.index)
        for key, reasons in found.items()
    }


def _changes(before: History, now: History, old: Said, new: Said) -> set[str]:
    """What decides the sound of a line and is not what it was."""
    pairs: dict[str, tuple[object, object]] = {
        "text": (old.text, new.text),
        "voice": (old.manner.voice, new.manner.voice),
        "language": (old.manner.language, new.manner.language),
        "delivery": (old.manner.delivery, new.manner.delivery),
        "engine": (old.job.engine, new.job.engine),
        "take": (old.job.take, new.job.take),
    }
    if old.job.engine == new.job.engine:
        facts = zip(before.engines[old.job.engine], now.engines[new.job.engine], strict=True)
        pairs |= dict(zip(("engine version", "model", "engine settings"), facts, strict=True))
    return {name for name, (was, is_now) in pairs.items() if was != is_now}


def _alone(said: Sequence[Said]) -> set[str]:
    """The jobs that hold one utterance."""
    sizes = Counter(each.job.key for each in said)
    return {key for key, size in sizes.items() if size == 1}


def _partners(before: Sequence[Said], now: Sequence[Said]) -> list[Said | None]:
    """For each utterance the one that it was, by text and by neighbours; None: a new one."""
    partners: list[Said | None] = [None] * len(now)
    for was, lies in _stretches([s.text for s in before], [s.text for s in now]):
        for place, old in _paired(before, now, was, lies):
            partners[place] = before[old]
    return partners


def _stretches(before: Sequence[str], now: Sequence[str]) -> Iterator[tuple[range, range]]:
    """What corresponds: stretches that are equal, and those that stand in the place of others.

    What both begin and end with is not compared: most edits are small, and most books long.
    """
    head = next((n for n, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), None)
    if head is None:
        head = min(len(before), len(now))
    most = min(len(before), len(now)) - head
    tail = next((n for n in range(most) if before[-1 - n] != now[-1 - n]), most)
    yield range(head), range(head)
    middle = before[head : len(before) - tail], now[head : len(now) - tail]
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, *middle).get_opcodes():
        if tag in ("equal", "replace"):
            yield range(head + a1, head + a2), range(head + b1, head + b2)
    yield range(len(before) - tail, len(before)), range(len(now) - tail, len(now))


def _paired(
    before: Sequence[Said], now: Sequence[Said], was: range, lies: range
) -> Iterator[tuple[int, int]]:
    """Which line of a stretch was which: as many as there were in order, else those alike."""
    if len(was) == len(lies) or len(was) * len(lies) > MOST_PAIRS:
        yield from zip(lies, was, strict=False)
        return
    first = was.start
    for place in lies:
        matcher = SequenceMatcher(None, b=now[place].text, autojunk=False)
        best, like = first, ALIKE
        for old in range(first, was.stop):
            matcher.set_seq1(before[old].text)
            if matcher.real_quick_ratio() > like and matcher.quick_ratio() > like:
                ratio = matcher.ratio()
                best, like = (old, ratio) if ratio > like else (best, like)
        if like > ALIKE:
            yield place, best
            first = best + 1
