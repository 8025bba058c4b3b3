"""Work in several threads: one count of how far it is, and one way to stop it.

The threads mostly wait for ffmpeg or compute inside numpy, so that they run at once.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import TypeVar

from podforge.events import StageDone, StageFailed, StageProgress, StageStarted, Tell
from podforge.signal import Block

TELL_SECONDS = 0.2  # between two words of progress

A = TypeVar("A")
B = TypeVar("B")


class Stopped(Exception):
    """Another part of the work failed, or a person stopped it."""


class Stage:
    """A stage of `seconds` of audio that several threads work on.

    Leaving it with an error stops them all at their next block.
    """

    def __init__(self, name: str, seconds: float, tell: Tell) -> None:
        self._name, self._total, self._tell = name, seconds, tell
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._done, self._told = 0.0, time.monotonic()

    def __enter__(self) -> "Stage":
        self._tell(StageStarted(self._name, self._total))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self.stop()
        self._tell(StageFailed(self._name) if kind else StageDone(self._name))

    def stop(self) -> None:
        """Have every thread stop at its next block."""
        self._stopped.set()

    def told(self, blocks: Iterable[Block], rate: int, share: float) -> Iterator[Block]:
        """The blocks; each second of them is so much of a second of the whole stage's work."""
        for block in blocks:
            if self._stopped.is_set():
                raise Stopped
            yield block
            self._advance(len(block) / rate * share)

    def _advance(self, seconds: float) -> None:
        with self._lock:
            self._done = min(self._total, self._done + seconds)
            if time.monotonic() - self._told >= TELL_SECONDS:
                self._told = time.monotonic()
                self._tell(StageProgress(self._name, self._done))


def side_by_side(
    work: Callable[[A], B], items: Sequence[A], most: int, stage: Stage
) -> Iterator[B]:
    """The results of `work` in the order of the items, `most` of them at a time.

    The first error stops the stage and is raised once all threads have ended.
    """
    if most <= 1 or len(items) <= 1:
        yield from map(work, items)
        return

    def guarded(item: A) -> B:
        with _stopping(stage):
            return work(item)

    with ThreadPoolExecutor(most) as pool, _stopping(stage):
        waiting: list[Future[B]] = [pool.submit(guarded, item) for item in items][::-1]
        try:
            while waiting:
                yield waiting.pop().result()
        except Stopped as error:
            raise _cause(waiting, error) from None
        finally:
            for future in waiting:
                future.cancel()


@contextmanager
def _stopping(stage: Stage) -> Iterator[None]:
    """Stop the stage unless the block comes to its end."""
    ended = False
    try:
        yield
        ended = True
    finally:
        if not ended:
            stage.stop()


def _cause(futures: Sequence[Future[B]], error: Stopped) -> BaseException:
    """What stopped the others, where `error` only says that something did."""
    found = (future.exception() for future in futures if not future.cancel())
    return next((cause for cause in found if cause and not isinstance(cause, Stopped)), error)
