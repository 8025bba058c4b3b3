"""One worker process as its parent sees it."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from math import inf
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, Generic

from podforge.errors import Unavailable
from podforge.executors import TaskT
from podforge.executors.worker import Message
from podforge.threads import ONE_THREAD

GRACE_SECONDS = 2.0  # for workers that are dismissed to end by themselves
BURIAL_SECONDS = 0.5  # between the end of the pipe and that of the process
# The parent's import path and nothing else: a file in the working directory shadows no module.
BOOT = (
    "import sys; sys.path[:] = sys.argv[3:]; "
    "from podforge.executors.worker import main; main(int(sys.argv[1]), sys.argv[2] == 'yes')"
)


class Worker(Generic[TaskT]):
    """A process, our end of its pipe, and the tasks of its batch that are not made yet.

    Raises `Unavailable` when no process can be started.
    """

    def __init__(self, opener: bytes, scratch: str, start_deadline: float) -> None:
        self.ready, self.busy = False, False
        self.tasks: dict[str, TaskT] = {}
        try:
            self.pipe, self._process = _start(scratch)
        except OSError as error:
            raise Unavailable(f"no worker process could be started: {error}") from error
        self.send(opener)
        self.trust(start_deadline)

    def give(self, batch: Iterable[TaskT], deadline: float) -> None:
        """Hand a batch out."""
        self.tasks, self.busy = {task.key: task for task in batch}, True
        self.send(pickle.dumps(list(self.tasks.values())))
        self.trust(deadline)

    def rest(self) -> list[TaskT]:
        """The batch ended; the tasks of it that were not made."""
        left = list(self.tasks.values())
        self.tasks, self.busy = {}, False
        self.trust(inf)
        return left

    def trust(self, seconds: float) -> None:
        """Expect no sign of life for `seconds`."""
        self._until = time.monotonic() + seconds

    def wait_longer(self, seconds: float) -> None:
        """Put the deadline off."""
        self._until += seconds

    def seconds_left(self, now: float) -> float:
        """From `now`, by `time.monotonic`, until the worker must have shown life."""
        return self._until - now

    def hear(self) -> tuple[list[Message], bool]:
        """What it said since last time, and whether it lives."""
        alive = self._process.poll() is None  # first, so that its last messages are not lost
        messages: list[Message] = []
        try:
            while self.pipe.poll():
                messages.append(self.pipe.recv())
        except (EOFError, OSError):
            alive = False
        return messages, alive

    def last_words(self) -> str:
        """How a worker that is not alive came to its end."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(BURIAL_SECONDS)
        code = self._process.poll()
        if code is None:
            return "hung up"
        if code >= 0:
            return f"ended with status {code}"
        name = signal.Signals(-code).name
        return f"was ended by {name}" + (", perhaps short of memory" if -code == 9 else "")

    def end(self) -> None:
        """Make sure that the process is gone."""
        self._process.kill()
        self._process.wait()
        self.pipe.close()

    def send(self, order: bytes) -> None:
        """Send one order; see `podforge.executors.worker`."""
        with suppress(OSError):  # a dead worker is noticed when it is heard
            self.pipe.send_bytes(order)


def dismiss(crew: Iterable[Worker[Any]], farewell: bytes) -> None:
    """Tell workers to go, give those at work or at rest a moment for it, and end them all."""
    crew = list(crew)
    try:
        leaving = [worker for worker in crew if worker.ready]
        for worker in leaving:
            worker.send(farewell)
        until = time.monotonic() + GRACE_SECONDS
        while leaving and (left := until - time.monotonic()) > 0:
            wait([worker.pipe for worker in leaving], left)
            leaving = [worker for worker in leaving if worker.hear()[1]]
    finally:  # a second Ctrl-C cuts the moment short
        for worker in crew:
            worker.end()


def _start(scratch: str) -> tuple["Connection[bytes, Message]", "subprocess.Popen[bytes]"]:
    ours, theirs = Pipe()
    with theirs:
        # The kernel sends the signal when the *thread* that started the worker ends (prctl(2)).
        die_with_parent = threading.current_thread() is threading.main_thread()
        flag = "yes" if die_with_parent else "no"
        command = [sys.executable, "-c", BOOT, str(theirs.fileno()), flag, *sys.path]
        # Ctrl-C goes to all processes of the terminal; a worker must not see it even once.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=2,  # the parent's stdout carries results; engines print
                pass_fds=[theirs.fileno()],
                env=ONE_THREAD | dict(os.environ) | {"TMPDIR": scratch},
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return ours, process
