"""podforge without processes of its own: for tests of what is made, not of who makes it.

A process costs half a second, and one that loads torch ten.  What processes are for, the tests of
executors, of the command line and of renders that are killed ask with real ones.
"""

import io
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

from podforge.cli import main
from podforge.errors import EngineError
from podforge.executors import Bench, Outcome, ResultT, Started, TaskT


class Watch:
    """Nobody looks, and nobody stops."""

    cancelled = False

    def beat(self, key: str, seconds: float, frames: int = 0) -> None:
        pass

    def wait(self, key: str) -> None:
        pass


def run(
    make_bench: Callable[[], Bench[TaskT, ResultT]],
    tasks: Sequence[TaskT],
    *,
    batch: int = 1,
    **_: Any,
) -> Iterator[Started | Outcome[ResultT]]:
    """`podforge.executors.local.run` at one bench, here."""
    bench = make_bench()
    try:
        for first in range(0, len(tasks), batch):
            batched = tasks[first : first + batch]
            left = [task.key for task in batched]
            yield from [Started(key) for key in left]
            try:
                for key, result in bench.work(batched, Watch()):
                    left.remove(key)
                    yield Outcome(key, result, None, 1)
            except EngineError as error:
                yield from (Outcome(key, None, error, 1) for key in left)
    finally:
        bench.close()


def engines() -> AbstractContextManager[object]:
    """Within it, engines speak in this process."""
    return mock.patch("podforge.executors.local.run", run)


def podforge(
    *arguments: object, cwd: Path | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """The command `podforge`: its exit code and what it says."""
    command, terminate = ["podforge", *map(str, arguments)], signal.getsignal(signal.SIGTERM)
    out, err = io.StringIO(), io.StringIO()
    try:
        with (
            mock.patch.dict(os.environ, env),
            mock.patch("sys.argv", command),
            engines(),
            chdir(cwd or Path.cwd()),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            main()
    except SystemExit as stop:
        code = int(stop.code or 0)
        return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())
    finally:
        signal.signal(signal.SIGTERM, terminate)
