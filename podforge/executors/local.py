"""Worker processes on this machine, each with a private pipe.

Workers are started anew, never forked.  A worker that dies, or shows no life until its deadline,
is replaced.  What was left of its batch is done again in smaller batches, so that a task which
takes its worker down comes to be alone; after `attempts` such ends it has failed, and all other
tasks are done.  While a task is not alone, it is not blamed.
"""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Generic

from podforge.errors import EngineError, PodforgeError, Unavailable
from podforge.executors import Beat, Bench, Outcome, ResultT, Started, Task, TaskT
from podforge.executors.batches import Batches
from podforge.executors.process import Worker
from podforge.executors.staff import Staff
from podforge.executors.worker import Finished, Made, Message, Ready

__all__ = ["Beat", "Bench", "Outcome", "Staff", "Started", "Task", "run"]

LOOK_SECONDS = 1.0  # a death that the pipe does not tell of is noticed this soon


def run(
    make_bench: Callable[[], Bench[TaskT, ResultT]],
    tasks: Sequence[TaskT],
    *,
    workers: int,
    batch: int = 1,
    deadline: float = 120.0,
    start_deadline: float = 300.0,
    attempts: int = 3,
    staff: Staff | None = None,
) -> Generator[Started | Beat | Outcome[ResultT], None, None]:
    """Do all tasks; as they finish, exactly one `Outcome` for each.

    `make_bench` is called in every worker, so it is pickled: a callable of an importable module.
    A worker gets up to `batch` neighbouring tasks at a time.  `deadline` is in seconds since the
    last sign of life, `start_deadline` in seconds for opening the bench.  Workers of a `staff` that
    are at such a bench already go on there, and stay for the next run when this one comes to its
    end; in any other case nobody stays.

    Raises what a bench raises, except that an `EngineError` is the outcome of its task;
    `Unavailable` when workers die as they start.  Close the iterator (`contextlib.closing`) to
    stop early: tasks in hand see `watch.cancelled`, and no process is left behind.
    """
    if workers < 1 or batch < 1 or attempts < 1:
        raise ValueError("workers, batch and attempts count from 1")
    if len({task.key for task in tasks}) != len(tasks):
        raise ValueError("two tasks have the same key")
    patience = _Patience(start_deadline, deadline, attempts)
    waiting, ended = Batches(tasks, batch, workers), False
    with nullcontext(staff) if staff else Staff() as staff:
        try:
            staff.turn_to(make_bench)
            yield from _Run[TaskT, ResultT](waiting, workers, patience, staff).work()
            ended = True
        finally:
            if not ended:  # there may be tasks in hand
                staff.dismiss(cancel=True)


@dataclass(frozen=True)
class _Patience:
    start_deadline: float  # seconds
    deadline: float  # seconds
    attempts: int


class _Run(Generic[TaskT, ResultT]):
    """The state of one run."""

    def __init__(
        self, waiting: Batches[TaskT], most: int, patience: _Patience, staff: Staff
    ) -> None:
        self._waiting, self._most, self._patience = waiting, most, patience
        self._staff, self._crew = staff, staff.crew
        self._handed_out: Counter[str] = Counter()
        self._blame: Counter[str] = Counter()
        self._false_starts = 0
        self._looked = time.monotonic()

    def work(self) -> Iterator[Started | Beat | Outcome[ResultT]]:
        yield from self._listen()  # whoever died at rest gets no task
        while self._waiting or any(worker.busy for worker in self._crew):
            self._recruit()
            yield from self._hand_out()
            self._wait()
            yield from self._listen()

    def _listen(self) -> Iterator[Beat | Outcome[ResultT]]:
        now = self._look_up()
        for worker in tuple(self._crew):
            messages, alive = worker.hear()
            for message in messages:
                yield from self._take_in(worker, message)
            if not alive:
                yield from self._replace(worker, worker.last_words())
            elif not messages and worker.seconds_left(now) <= 0:
                yield from self._replace(worker, "showed no life until its deadline")

    def _look_up(self) -> float:
        """The time, of `time.monotonic`, that all are judged by: we may be stopped at any moment.

        While nobody looked (Ctrl-Z stops us all), nobody was late.
        """
        now = time.monotonic()
        absent, self._looked = now - self._looked, now
        if absent > 2 * LOOK_SECONDS:
            for worker in self._crew:
                worker.wait_longer(absent)
        return now

    def _recruit(self) -> None:
        spare = sum(not worker.busy for worker in self._crew)
        for _ in range(min(self._most - len(self._crew), len(self._waiting) - spare)):
            self._staff.hire(self._patience.start_deadline)

    def _hand_out(self) -> Iterator[Started]:
        for worker in self._crew[: self._most]:  # a staff may have more
            if worker.ready and not worker.busy and self._waiting:
                tasks = self._waiting.take()
                worker.give(tasks, self._patience.deadline)
                self._handed_out.update(task.key for task in tasks)
                for task in tasks:
                    if self._handed_out[task.key] == 1:
                        yield Started(task.key)

    def _wait(self) -> None:
        now = time.monotonic()
        soonest = min(worker.seconds_left(now) for worker in self._crew)
        wait([worker.pipe for worker in self._crew], max(0.0, min(LOOK_SECONDS, soonest)))

    def _take_in(
        self, worker: Worker[TaskT], message: Message
    ) -> Iterator[Beat | Outcome[ResultT]]:
        worker.trust(self._patience.deadline)
        match message:
            case Ready():
                self._false_starts = 0
                worker.ready = True
                worker.rest()
            case Beat():
                yield message
            case Made(key, result):
                del worker.tasks[key]
                yield Outcome(key, result, None, self._handed_out[key])
            case Finished(None):
                worker.rest()
            case Finished(EngineError() as error) if worker.ready:
                yield from self._settle(worker.rest(), error, attempts=1)
            case Finished(PodforgeError() as error):
                raise error

    def _replace(self, worker: Worker[TaskT], how: str) -> Iterator[Outcome[ResultT]]:
        worker.end()
        self._crew.remove(worker)
        if not worker.ready:
            self._false_starts += 1
            if self._false_starts >= self._patience.attempts:
                raise Unavailable(f"the engine did not start: its process {how}")
        error = EngineError(f"its worker process {how}")
        yield from self._settle(worker.rest(), error, self._patience.attempts)

    def _settle(
        self, left: list[TaskT], error: EngineError, attempts: int
    ) -> Iterator[Outcome[ResultT]]:
        """What was left of a batch is tried again, unless a task alone had its `attempts`."""
        if len(left) == 1:
            key = left[0].key
            self._blame[key] += 1
            if self._blame[key] >= attempts:
                yield Outcome(key, None, error, self._handed_out[key])
                return
        if left:
            self._waiting.put_back(left)
