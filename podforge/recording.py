"""Plan to clips: found in the store, or spoken in worker processes, checked, and kept."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from podforge.cast import Cast, EngineUse, Settings
from podforge.clip import Clip
from podforge.errors import Incomplete, PodforgeError
from podforge.events import JobDone, JobFailed, JobProgress, JobStarted, JobWaiting, Tell
from podforge.kept import find_clip, is_spoken
from podforge.plan import Job, Plan
from podforge.store import Store
from podforge.units import CHARACTERS_PER_SECOND

if TYPE_CHECKING:
    from podforge.executors.staff import Staff
    from podforge.studio import Refused, Spoken, Studio

# To load an engine: 17 GB of weights come from a slow disk (a network one, 25 MB/s) in 11 minutes.
# A worker that dies is noticed at once, so that the time is lost on one that hangs only.
START_SECONDS = 900.0


@dataclass(frozen=True)
class Crew:
    """How jobs are worked on: `workers` processes at most; `afresh` ignores the store once.

    Processes of a `staff` stay, with their loaded engine, for whoever has the same one.
    """

    workers: int
    settings: Mapping[str, Settings]  # of the run, by engine
    afresh: bool = False
    staff: "Staff | None" = None


@dataclass(frozen=True)
class Opening:
    """Opens a studio in a worker.  Equal ones open the same: a loaded engine serves for both."""

    use: EngineUse
    settings: Settings
    root: Path
    afresh: bool

    def __call__(self) -> "Studio":
        """Load the engine, in this process."""
        from podforge.studio import open_studio

        return open_studio(self.use, self.settings, self.root, self.afresh)


@dataclass(frozen=True)
class Recording:
    """A clip for every key of a plan, and which of them were made just now."""

    clips: Mapping[str, Clip]
    fresh: frozenset[str]


def missing_jobs(plan: Plan, store: Store) -> list[Job]:
    """The jobs that must be spoken, one a key."""
    return [job for job in plan.unique() if not is_spoken(store, job)]


def find_clips(plan: Plan, store: Store) -> dict[str, Clip]:
    """The usable clips that are in the store, by key."""
    found = ((job.key, find_clip(store, job)) for job in plan.unique())
    return {key: clip for key, clip in found if clip}


def record(
    plan: Plan,
    cast: Cast,
    store: Store,
    crew: Crew,
    tell: Tell,
    known: Mapping[str, Clip] | None = None,
) -> Recording:
    """Get a clip for every job; `known` were found in the store a moment ago.

    Raises `Incomplete` naming the lines without a usable take, once everything else is kept.
    """
    clips: dict[str, Clip] = {}
    for job in plan.unique() if not crew.afresh else ():
        clip = (known or {}).get(job.key) or find_clip(store, job)
        if clip:
            clips[job.key] = clip
    missing = [job for job in plan.unique() if job.key not in clips]
    failed: list[Job] = []
    fresh = set()
    for opening in _openings(missing, cast, store, crew):
        jobs = [job for job in missing if job.engine == opening.use.name]
        for job, clip, spoken in _speak(jobs, opening, crew, tell):
            if clip:
                clips[job.key] = clip
                fresh |= {job.key} if spoken else set()
            else:
                failed.append(job)
    if failed:
        raise _incomplete(failed, len(clips))
    return Recording(clips, frozenset(fresh))


def _openings(jobs: Sequence[Job], cast: Cast, store: Store, crew: Crew) -> list[Opening]:
    """The engines that jobs need; the one that is loaded first, then by name."""
    names = sorted({job.engine for job in jobs})
    openings = [
        Opening(cast.engines[name], crew.settings.get(name, {}), store.root, crew.afresh)
        for name in names
    ]
    return sorted(openings, key=lambda each: not (crew.staff and crew.staff.serves(each)))


def _speak(
    jobs: Sequence[Job], opening: Opening, crew: Crew, tell: Tell
) -> Iterator[tuple[Job, Clip | None, bool]]:
    """Have jobs of one engine spoken; a job without a usable take comes without a clip."""
    from podforge.executors.local import Beat, Started, run

    limits, by_key = opening.use.limits, {job.key: job for job in jobs}
    workers = min(crew.workers, limits.most_workers or crew.workers, len(jobs))
    open_jobs: dict[str, Job] = {}
    waited = False
    try:
        messages = run(
            opening,
            jobs,
            workers=workers,
            batch=limits.batch,
            deadline=limits.patience,
            start_deadline=START_SECONDS,
            staff=crew.staff,
        )
        with closing(messages):
            for message in messages:
                job = by_key[message.key]
                if isinstance(message, Started):
                    open_jobs[job.key] = job
                    expected = job.characters / CHARACTERS_PER_SECOND
                    tell(JobStarted(job.key, job.engine, str(job.place), expected))
                elif isinstance(message, Beat):
                    if message.waits and not waited:
                        waited = True
                        tell(JobWaiting(job.key, str(job.place)))
                    tell(JobProgress(job.key, message.seconds, message.frames))
                else:
                    open_jobs.pop(job.key, None)
                    yield _outcome(job, message.result, message.error, tell)
    finally:
        for job in open_jobs.values():
            tell(JobFailed(job.key, str(job.place), "stopped"))


def _outcome(
    job: Job, result: "Spoken | Refused | None", error: PodforgeError | None, tell: Tell
) -> tuple[Job, Clip | None, bool]:
    from podforge.studio import Spoken

    if isinstance(result, Spoken):
        clip = result.clip
        tell(JobDone(job.key, clip.samples / clip.rate, clip.attempt))
        return job, clip, result.fresh
    reason = _told(error) if error else "; ".join(f.text for f in result.findings) if result else ""
    tell(JobFailed(job.key, str(job.place), reason))
    return job, None, False


def _told(error: PodforgeError) -> str:
    """An error without its place: that is said beside it."""
    return f"{error.text} ({error.hint})" if error.hint else error.text or str(error)


def _incomplete(failed: Sequence[Job], kept: int) -> Incomplete:
    failed = sorted(failed, key=lambda job: job.place)
    lines = ", ".join(str(job.place) for job in failed[:5])
    more = f" and {len(failed) - 5} more" if len(failed) > 5 else ""
    return Incomplete(
        f"no usable take for {lines}{more}; {kept} clips are kept",
        place=failed[0].place,
        hint="change the line or run the same command again: only these are spoken again",
    )
