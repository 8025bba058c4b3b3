"""Another take of a line: its job found, spoken again, and cut out to be listened to."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from podforge.clip import Clip
from podforge.delivery.writing import publish, staging, write_text
from podforge.errors import Incomplete, Place, UsageError, storage
from podforge.events import Tell
from podforge.kept import find_clip, is_spoken
from podforge.layout import cuts_refused
from podforge.plan import Job, Plan, Utterance
from podforge.project import Project
from podforge.recording import Crew, record
from podforge.selecting import nearest, speeches_at
from podforge.store import Store
from podforge.takes import read_takes, says, takes_path, takes_text

AROUND_SECONDS = 1.0  # of a window that is heard before and after the line
GAP = 99  # unusable takes in a row, of which the store keeps nothing: as many as one `--try` makes


@dataclass(frozen=True)
class Spot:
    """A line of a script inside the job that speaks it; `lines` are the job's utterances of it.

    `name` is what files of it are called.
    """

    job: Job
    lines: tuple[int, ...]
    name: str

    @property
    def said(self) -> Utterance:
        """The line, or the first piece of it."""
        return self.job.utterances[self.lines[0]]

    def findings(self, clip: Clip) -> tuple[str, ...]:
        """What is wrong with a take, and in which line where it is another one."""
        found = []
        for finding in clip.findings:
            line = self.job.utterances[finding.utterance].place.line
            other = "" if finding.utterance in self.lines else f"line {line}: "
            found.append(other + finding.text)
        return tuple(found)


@dataclass(frozen=True)
class Audition:
    """A take to listen to: take 0 is the one that nobody asked for.  Without a file: unusable."""

    take: int
    seconds: float = 0.0  # of the line
    findings: tuple[str, ...] = ()
    path: Path | None = None


def find_spot(project: Project, place: Place, number: int) -> Spot:
    """The job for a line; `number` says which, from 1, where there are several, or is 0.

    Raises `UsageError` for a line in which nobody speaks, and where it is not clear which job is
    meant.
    """
    script = project.script
    items = speeches_at(script, place.line)
    begin = [n for n in items if script.items[n].place.column <= place.column]
    items = tuple(begin[-1:]) if place.column and begin else items
    spots = []
    for job in project.plan.jobs:
        lines = tuple(n for n, said in enumerate(job.utterances) if said.item in items)
        if lines:
            spots.append(Spot(job, lines, str(place.line)))
    if not spots:
        raise UsageError(f"nobody speaks in {place}", hint=nearest(script, place.line))
    if number > len(spots) or (not number and len(spots) > 1):
        shown = "; ".join(f"--job {n}: {says(spot.said)}" for n, spot in enumerate(spots, 1))
        plural = "s" if len(spots) > 1 else ""
        raise UsageError(f"{place} is spoken in {len(spots)} job{plural}", hint=shown)
    if len(spots) > 1:
        spots = [replace(spot, name=f"{spot.name}.{n}") for n, spot in enumerate(spots, start=1)]
    return spots[max(0, number - 1)]


def check_takes(project: Project, spot: Spot) -> None:
    """Raise `UsageError` where the takes of an engine are all alike."""
    engine = spot.job.engine
    limits = project.cast.engines[engine].limits
    if not limits.stochastic:
        ways = ["an entry in the lexicon", "another spelling", *["a delivery"] * limits.delivery]
        raise UsageError(
            f"{engine} says a line in the same way each time: there is no other take of it",
            hint=f"what helps is {', '.join(ways[:-1])} or {ways[-1]}",
        )


def known_takes(store: Store, job: Job) -> list[int]:
    """The takes of a job that are in the store; those after `GAP` unusable ones are not found."""
    found: list[int] = []
    take = 0
    while take <= max([*found, job.take]) + GAP:
        found += [take] * is_spoken(store, job.retaken(take))
        take += 1
    return found


def next_takes(store: Store, job: Job, number: int) -> list[int]:
    """So many takes that nobody heard yet."""
    first = max([*known_takes(store, job), job.take]) + 1
    return list(range(first, first + number))


def speak(
    project: Project, spot: Spot, takes: Sequence[int], store: Store, crew: Crew, tell: Tell
) -> None:
    """Have takes of a line spoken into the store, as a render would; some may not be usable."""
    jobs = tuple(spot.job.retaken(take) for take in takes)
    with suppress(Incomplete):
        record(Plan(jobs), project.cast, store, crew, tell)


def audition(
    project: Project, spot: Spot, takes: Sequence[int], store: Store, folder: Path
) -> Iterator[Audition]:
    """Write each take of the line as `LINE-TAKE.wav`, and say how it is."""
    for take in takes:
        job = spot.job.retaken(take)
        clip = find_clip(store, job)
        if clip is None:
            yield Audition(take, findings=("no usable take",))
            continue
        seconds = (clip.spans[spot.lines[-1]].end - clip.spans[spot.lines[0]].start) / clip.rate
        path = folder / f"{spot.name}-{take}.wav"
        _write(path, _excerpt(clip, spot, store))
        findings = (*spot.findings(clip), *_refused(project, job, clip))
        yield Audition(take, seconds, findings, path)


def _refused(project: Project, job: Job, clip: Clip) -> Iterator[str]:
    """What would become of a window that leaves no room for a pause of the script."""
    plan = Plan(tuple(job if job.content == o.content else o for o in project.plan.jobs))
    if cuts_refused(project.script, plan, {job.key: clip}):
        yield "no room for a pause or cue in its window: a render makes it in parts, unlike this"


def _excerpt(clip: Clip, spot: Spot, store: Store) -> bytes:
    """The line with a little of what stands around it in its window."""
    from podforge.pcm import from_wav, to_wav  # both bring numpy

    around = round(AROUND_SECONDS * clip.rate)
    first, last = clip.spans[spot.lines[0]], clip.spans[spot.lines[-1]]
    samples, rate = from_wav(store.read(clip.digest))
    return to_wav(samples[max(0, first.start - around) : last.end + around], rate)


def _write(path: Path, data: bytes) -> None:
    with staging(path.parent) as folder:
        with storage("writing", path):
            (folder / path.name).write_bytes(data)
        publish(folder / path.name, path)


def choose(script: Path, project: Project, spot: Spot, take: int) -> bool:
    """Write down which take of a line is kept; returns whether the file is a new one.

    No depfile names a new file, and so the script gets a new time: Make then sees the choice.
    """
    chosen = read_takes(script)
    choices = chosen.with_choice(project.plan, project.cast, spot.job, spot.said, take)
    path, new = takes_path(script), bool(choices) and not chosen.path
    if choices or chosen.path:
        write_text(path, takes_text(choices))
    if new:
        with storage("giving a new time to", script):
            os.utime(script)
    return new
