"""Executors: many tasks, a few worker processes, one outcome per task whatever happens.

A bench is what a worker process works at: it is opened once, in the worker, and then does batch
after batch.  An executor knows nothing of engines or audio.  `local.run` is the one for this
machine; another one has the same shape.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from podforge.errors import PodforgeError
from podforge.events import BenchWatch


class Task(Protocol):
    """A piece of work that can be pickled; its key is unique within a run."""

    @property
    def key(self) -> str:
        """Names the task in every message."""


TaskT = TypeVar("TaskT", bound=Task)
TaskT_contra = TypeVar("TaskT_contra", bound=Task, contravariant=True)
ResultT = TypeVar("ResultT")
ResultT_co = TypeVar("ResultT_co", covariant=True)


class Bench(Protocol[TaskT_contra, ResultT_co]):
    """Lives in a worker process."""

    def work(
        self, tasks: Sequence[TaskT_contra], watch: BenchWatch
    ) -> Iterator[tuple[str, ResultT_co]]:
        """Do a batch: `(task key, result)` for each task, in any order, as they finish.

        Results are small: what is large goes into the store.  An `EngineError`, or an exception
        that is not ours, is the failure of one task; every other `PodforgeError` ends the run.  A
        bench whose process is spoiled (a lost GPU) raises `SystemExit`: it gets a new process.
        """

    def close(self) -> None:
        """Give everything back."""


@dataclass(frozen=True)
class Started:
    """A task was handed to a worker for the first time."""

    key: str


@dataclass(frozen=True)
class Beat:
    """A worker has made `seconds` of the task so far, in `frames` steps.

    One that `waits` has made nothing: another process holds what it needs.
    """

    key: str
    seconds: float
    frames: int = 0
    waits: bool = False


@dataclass(frozen=True)
class Outcome(Generic[ResultT_co]):
    """What became of a task: a result or an error; it was handed out `attempts` times."""

    key: str
    result: ResultT_co | None
    error: PodforgeError | None
    attempts: int
