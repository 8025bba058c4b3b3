"""Worker processes that stay from one run to the next."""

import pickle
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

from podforge.temporary import temporary_folder

# Whoever finds nothing to do hires nobody, and need not import what processes need.
if TYPE_CHECKING:
    from podforge.executors import Bench
    from podforge.executors.process import Worker


class Staff:
    """Workers at one kind of bench, for any number of runs; leaving the block ends them all.

    Benches are of one kind when their openers are equal.  Before another kind is opened all
    workers close theirs: two models are never in memory at once, which a GPU may not have room
    for, and no more processes live than one run asked for.
    """

    def __init__(self) -> None:
        self.crew: list[Worker[Any]] = []
        self._make_bench: Callable[[], Bench[Any, Any]] | None = None
        self._opener = b""
        self._folder = ExitStack()

    def __enter__(self) -> "Staff":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.dismiss(cancel=kind is not None)

    def serves(self, make_bench: "Callable[[], Bench[Any, Any]]") -> bool:
        """Whether such a bench is open here, or being opened."""
        return bool(self.crew) and self._make_bench == make_bench

    def turn_to(self, make_bench: "Callable[[], Bench[Any, Any]]") -> None:
        """Those hired from now on open such a bench; who is at another one is dismissed."""
        if self._make_bench == make_bench:
            return
        self.dismiss()
        # Workers keep temporary files here, so that one that is killed leaves none.
        scratch = temporary_folder(Path(gettempdir()), "podforge-")
        self._scratch = str(self._folder.enter_context(scratch))
        self._opener, self._make_bench = pickle.dumps(make_bench), make_bench

    def hire(self, start_deadline: float) -> None:
        """Start one more worker.  Raises `Unavailable` when no process can be started."""
        from podforge.executors.process import Worker

        self.crew.append(Worker(self._opener, self._scratch, start_deadline))

    def dismiss(self, *, cancel: bool = False) -> None:
        """End all workers, and forget what they were hired for; `cancel` tells those at work."""
        try:
            if self.crew:
                from podforge.executors.process import dismiss
                from podforge.executors.worker import CANCEL, CLOSE

                dismiss(self.crew, CANCEL if cancel else CLOSE)
        finally:
            self.crew.clear()
            self._make_bench = None
            self._folder.close()
