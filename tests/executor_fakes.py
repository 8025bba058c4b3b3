"""Benches with real faults, importable by worker processes."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from podforge.errors import DiskFull, EngineError, PodforgeError, Unavailable
from podforge.events import Watch


@dataclass(frozen=True)
class Chore:
    """A task: what to do is the first word of `what`, an argument may follow."""

    key: str
    what: str = "fine"


class Workbench:
    """Does chores one after the other; each result is the worker's process id."""

    def __init__(self, log: str = "") -> None:
        self.log = log

    def work(self, chores: Sequence[Chore], watch: Watch) -> Iterator[tuple[str, int]]:
        for chore in chores:
            note(self.log, f"{chore.key} {os.getpid()}")
            verb, _, argument = chore.what.partition(" ")
            if watch.cancelled:
                note(self.log, "cancelled")
                return
            if verb != "forget":
                do(verb, argument, chore.key, watch)
                yield chore.key, os.getpid()

    def close(self) -> None:
        note(self.log, "closed")


class AllAtOnce(Workbench):
    """Works on a whole batch before its first result, as engines with a large GPU do."""

    def work(self, chores: Sequence[Chore], watch: Watch) -> Iterator[tuple[str, int]]:
        yield from list(super().work(chores, watch))


class TurnByTurn(Workbench):
    """Takes one step of every chore in turn, as an engine does with a batch."""

    def work(self, chores: Sequence[Chore], watch: Watch) -> Iterator[tuple[str, int]]:
        until = time.monotonic() + float(chores[0].what.split()[1])
        frames = 0
        while time.monotonic() < until:
            frames += 1
            for chore in chores:
                watch.beat(chore.key, frames / 8, frames)
            time.sleep(0.01)
        for chore in chores:
            yield chore.key, os.getpid()


def note(log: str, line: str) -> None:
    if log:
        with Path(log).open("a") as file:
            file.write(line + "\n")


def do(verb: str, argument: str, key: str, watch: Watch) -> None:
    match verb:
        case "sleep":
            time.sleep(float(argument))
        case "beat":
            until = time.monotonic() + float(argument)
            while time.monotonic() < until and not watch.cancelled:
                watch.beat(key, 1.0)
                time.sleep(0.02)
        case "print":
            sys.stdout.write(argument + "\n")
            sys.stdout.flush()
            os.system(f"echo {argument}")
        case "raise" | "refuse" | "full":
            raise {"raise": ZeroDivisionError, "refuse": EngineError, "full": DiskFull}[verb](
                argument
            )
        case _:
            take_down_the_process(verb, argument)


def take_down_the_process(verb: str, argument: str) -> None:
    match verb:
        case "exit":
            os._exit(int(argument))
        case "fork":
            if os.fork() == 0:
                time.sleep(6)
            os._exit(int(argument))
        case "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "hang":
            ctypes.PyDLL(None).sleep(60)  # keeps the interpreter lock: no thread runs any more
        case "once" if not Path(argument).exists():
            Path(argument).touch()
            os._exit(9)


def refuse_to_open() -> Workbench:
    raise Unavailable("no such library", hint="install it")


def break_on_opening() -> Workbench:
    raise RuntimeError("out of order")


def die_on_opening() -> Workbench:
    os._exit(3)


def render(log: str, what: str, count: int) -> None:
    """A parent of its own: for tests that kill or interrupt it."""
    from contextlib import closing
    from functools import partial

    from podforge.executors.local import run

    chores = [Chore(f"k{i}", what) for i in range(count)]
    try:
        with closing(run(partial(Workbench, log), chores, workers=2, batch=2)) as outcomes:
            for outcome in outcomes:
                note(log, f"outcome {outcome.key}")
    except KeyboardInterrupt:
        note(log, "interrupted")
    except PodforgeError as error:
        note(log, str(error))


def render_in_thread(log: str, what: str, count: int) -> None:
    """As above, but a thread that is not the main one starts the workers."""
    threading.Thread(target=render, args=(log, what, count)).start()
