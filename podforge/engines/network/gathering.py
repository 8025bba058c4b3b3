"""Several requests at once, and their takes as they come.

What was paid for is never lost: takes that are finished are given away before an error is.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cached_property
from math import inf

from podforge.engines.base import Take
from podforge.engines.network.pace import Pace
from podforge.engines.network.patience import Patience, patiently
from podforge.engines.network.streaks import Streak
from podforge.engines.network.troubles import Kind, Trouble
from podforge.errors import EngineError, PodforgeError, Unavailable
from podforge.events import Watch
from podforge.plan import Job

BEAT_SECONDS = 0.25  # between signs of life, and looks at the watch, while requests are out
GRACE_SECONDS = 1.5  # for requests that are out when the work is cancelled: they are paid
AGAIN = "run the same command again: only what is missing is asked for"


@dataclass(frozen=True)
class Manners:
    """How a server is asked, for as long as an engine is loaded.

    `hint` says what to do when it refuses us.
    """

    at_once: int
    pace: Pace
    patience: Patience
    hint: str = ""
    streak: Streak = field(default_factory=Streak)

    @cached_property
    def threads(self) -> ThreadPoolExecutor:
        """Kept from batch to batch: requests that an earlier one left out count, too."""
        return ThreadPoolExecutor(self.at_once, "request")


def gather(
    jobs: Sequence[Job], call: Callable[[Job], Take], watch: Watch, manners: Manners
) -> Iterator[Take]:
    """The takes of `jobs`, by some threads; `call` makes one request and raises `Trouble`.

    A cancelled watch ends it without asking for more.  Raises `Unavailable` when the server
    refuses us or does not answer, else, once all that could be had was given, `EngineError` for a
    job that it would not speak.
    """
    ended = threading.Event()  # nobody begins another request, or waits for another try
    troubles: list[tuple[Trouble, Job]] = []
    faults: list[BaseException] = []
    streak = manners.streak
    try:
        for job, done in _finished(jobs, _Work(call, manners, ended), watch):
            fault = done.exception()
            if isinstance(fault, Trouble):
                troubles.append((fault, job))
                streak.add(job.key, fault)
                if fault.kind is Kind.REFUSED or streak.is_down or streak.is_misused:
                    ended.set()
            elif fault:  # of the engine itself: what is out still comes, for it is paid
                faults.append(fault)
                ended.set()
            elif take := done.result():
                streak.end()
                watch.beat(job.key, len(take.samples) / take.rate)
                yield take
    finally:
        ended.set()
    if faults:
        raise faults[0]
    if troubles and not watch.cancelled:
        raise _error(troubles, manners)


@dataclass(frozen=True)
class _Work:
    """What a thread does."""

    call: Callable[[Job], Take]
    manners: Manners
    ended: threading.Event

    def __call__(self, job: Job) -> Take | None:
        """A take, or nothing when the work has ended before it was asked for."""
        return patiently(lambda: self._ask(job), self.manners.patience, self.ended)

    def _ask(self, job: Job) -> Take | None:
        pace = self.manners.pace
        if self.ended.wait(pace.turn()):
            return None
        try:
            return self.call(job)
        except Trouble as trouble:
            if trouble.wait:
                pace.hold(min(trouble.wait, self.manners.patience.most))
            raise


Working = Future[Take | None]


def _finished(jobs: Sequence[Job], work: _Work, watch: Watch) -> Iterator[tuple[Job, Working]]:
    """Jobs as they end; some of them are begun at a time, and those that are out show life.

    Threads never touch the watch: it belongs to the one that speaks with the parent.
    """
    waiting, out, until = deque(jobs), dict[Working, Job](), inf
    while waiting or out:
        if watch.cancelled and until == inf:
            work.ended.set()
            until = time.monotonic() + GRACE_SECONDS
        if work.ended.is_set():
            waiting.clear()
        if time.monotonic() >= until:
            return
        while waiting and len(out) < work.manners.at_once:
            job = waiting.popleft()
            out[work.manners.threads.submit(work, job)] = job
        done, _ = wait(out, BEAT_SECONDS, FIRST_COMPLETED)
        yield from [(out.pop(future), future) for future in done]
        for job in out.values():
            watch.beat(job.key, 0.0)


def _error(troubles: Sequence[tuple[Trouble, Job]], manners: Manners) -> PodforgeError:
    for trouble, _ in troubles:
        if trouble.kind is Kind.REFUSED:
            return Unavailable(trouble.text, hint=manners.hint)
    streak = manners.streak
    if streak.is_down:
        last = next(trouble for trouble, _ in reversed(troubles) if trouble.kind is Kind.BUSY)
        return Unavailable(f"the server does not answer: {last.text}", hint=AGAIN)
    if streak.is_misused:
        text = f"the server refuses line after line, and says: {streak.words}"
        return Unavailable(text, hint="see the model, the voice and the settings of the engine")
    trouble, job = troubles[0]
    hint = AGAIN if trouble.kind is Kind.BUSY else ""
    return EngineError(trouble.text, place=job.place, hint=hint)
