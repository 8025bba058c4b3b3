"""What runs in a worker process: open the bench once, then do batches until told to stop.

The parent sends bytes: first a pickled callable that opens the bench, then pickled batches, then
`CLOSE` or `CANCEL`.  The worker sends pickled messages.  When the parent is gone, the worker ends
at once, whatever it is doing.
"""

import ctypes
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from podforge.errors import EngineError, PodforgeError
from podforge.executors import Beat, Bench

CLOSE, CANCEL = b"close", b"cancel"  # no pickle begins like these
BEAT_SECONDS = 0.2  # beats of a task that follow faster are not sent
PR_SET_PDEATHSIG = 1  # linux/prctl.h
PARENT_IS_GONE = 1


@dataclass(frozen=True)
class Ready:
    """The bench is open."""


@dataclass(frozen=True)
class Made:
    """One task of the batch is done."""

    key: str
    result: Any


@dataclass(frozen=True)
class Finished:
    """The batch ended; with an error, the tasks that are not made yet were given up."""

    error: PodforgeError | None


Message = Ready | Made | Beat | Finished


class Line:
    """The worker's end of the pipe, and the `BenchWatch` of its bench."""

    def __init__(self, pipe: "Connection[Message, Any]") -> None:
        self._pipe, self._turn = pipe, threading.Lock()
        self._last_beats: dict[str, float] = {}  # by task, so that each of a batch shows
        self._cancelled = threading.Event()
        self.orders: SimpleQueue[bytes] = SimpleQueue()

    def tell(self, message: Message) -> None:
        """Send one message, from any thread; ends the process when nobody listens any more."""
        data = pickle.dumps(message)
        with self._turn:
            try:
                self._pipe.send_bytes(data)
            except OSError:
                os._exit(PARENT_IS_GONE)

    def beat(self, key: str, seconds: float, frames: int = 0) -> None:
        """Show life; see `podforge.events.BenchWatch`."""
        self._beat(Beat(key, seconds, frames))

    def wait(self, key: str) -> None:
        """See `podforge.events.BenchWatch`."""
        self._beat(Beat(key, 0.0, waits=True))

    def _beat(self, beat: Beat) -> None:
        now = time.monotonic()
        if now - self._last_beats.get(beat.key, -inf) >= BEAT_SECONDS:
            self._last_beats[beat.key] = now
            self.tell(beat)

    def forget_beats(self) -> None:
        """A batch ended; the tasks of the next one have not shown life yet."""
        self._last_beats.clear()

    @property
    def cancelled(self) -> bool:
        """See `podforge.events.BenchWatch`."""
        return self._cancelled.is_set()

    def listen(self) -> None:
        """Queue what the parent sends, until it is gone; runs in a thread of its own."""
        while True:
            try:
                order = self._pipe.recv_bytes()
            except (EOFError, OSError):
                os._exit(PARENT_IS_GONE)
            if order == CANCEL:
                self._cancelled.set()
            self.orders.put(order)


def main(descriptor: int, die_with_parent: bool) -> None:
    """Serve the parent at the other end of the socket `descriptor`."""
    if die_with_parent:
        _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides; see CANCEL
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.set_inheritable(descriptor, False)
    line = Line(Connection(descriptor))
    threading.Thread(target=line.listen, daemon=True).start()
    bench = _open(line)
    if bench is None:
        return
    line.tell(Ready())
    while (order := line.orders.get()) not in (CLOSE, CANCEL):
        line.tell(Finished(_do(bench, order, line)))
        line.forget_beats()
    bench.close()


def _open(line: Line) -> Bench[Any, Any] | None:
    try:
        bench: Bench[Any, Any] = pickle.loads(line.orders.get())()  # noqa: S301 - from our parent
    except PodforgeError as error:
        line.tell(Finished(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        line.tell(Finished(_explained(error)))
    else:
        return bench
    return None


def _do(bench: Bench[Any, Any], order: bytes, line: Line) -> PodforgeError | None:
    try:
        tasks = pickle.loads(order)  # noqa: S301 - from our parent
        return _made_all(bench, tasks, line)
    except PodforgeError as error:
        return error
    except Exception as error:  # noqa: BLE001 - one task must not take the others with it
        return _explained(error)


def _made_all(bench: Bench[Any, Any], tasks: Sequence[Any], line: Line) -> EngineError | None:
    open_keys = {task.key for task in tasks}
    for key, result in bench.work(tasks, line):
        open_keys.remove(key)
        line.tell(Made(key, result))
    return EngineError("the engine gave nothing for it") if open_keys else None


def _explained(error: Exception) -> EngineError:
    """An error of ours for one that is not; the traceback travels as a note."""
    text = f"a fault of the engine, not of the line: {type(error).__name__}: {error}"
    explained = EngineError(text, hint="report it; --log FILE keeps more of it")
    explained.add_note("".join(traceback.format_exception(error)))
    return explained


def _die_with_parent() -> None:
    """Be killed when the parent is, even inside C code that never lets a thread run (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
