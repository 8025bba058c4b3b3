"""Renders whose n-th call of the system fails: opening, writing, syncing, renaming, folders.

A render runs here in one process, forked for each try, so that every n comes to its turn quickly
and the count is the same each time.
"""

import builtins
import io
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from tests.faults.scene import TONES, Scene, assert_sound
from tests.in_process import podforge

CALLS = ("open", "write", "fsync", "replace", "rename", "mkdir", "sendfile")  # of `os`


@dataclass
class Fault:
    """Raises `number` at the n-th call that touches `below`, and at no other."""

    at: int  # from 1; 0 only counts
    number: int  # errno
    below: Path
    calls: list[str] = field(default_factory=list)

    def strike(self, what: str, path: object = None) -> None:
        if isinstance(path, (str, bytes, os.PathLike)):
            name = os.fsdecode(path)
            if not name.startswith(str(self.below)) or name.endswith("s.md"):
                return
            what = f"{what} {name}"
        self.calls.append(what)
        if len(self.calls) == self.at:
            raise OSError(self.number, os.strerror(self.number), path)

    def wrapped(self, name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*arguments: Any, **named: Any) -> Any:
            self.strike(name, arguments[0])
            return real(*arguments, **named)

        return call

    def opened(self, file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        """`open` whose files strike at each `write` that reaches the system."""
        self.strike("open", file)
        if isinstance(file, int) or not set(mode) & set("wax+"):
            return _OPEN(file, mode, *arguments, **named)
        raw = _Raw(file, mode.replace("b", "").replace("t", ""), opener=named.get("opener"))
        raw.fault = self
        stream = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        if "b" in mode:
            return stream
        text = {name: named.get(name) for name in ("encoding", "errors", "newline")}
        return io.TextIOWrapper(stream, **text)


class _Raw(io.FileIO):
    fault: Fault | None = None

    def write(self, data: Any) -> Any:
        if self.fault:
            self.fault.strike("write", self.name)
        return super().write(data)


_OPEN = io.open


@dataclass(frozen=True)
class Ended:
    """How a forked render ended: its code, what it said, the calls that were counted."""

    code: int
    said: str
    calls: tuple[str, ...]


def rendered(scene: Scene, at: int = 0, number: int = 5) -> Ended:
    """A render in a process forked from this one, whose call number `at` fails."""
    reader, writer = os.pipe()
    if pid := os.fork():
        os.close(writer)
        with _OPEN(reader, encoding="utf-8", errors="replace") as pipe:
            calls, _, said = pipe.read().partition("\0")
        _, status = os.waitpid(pid, 0)
        return Ended(os.waitstatus_to_exitcode(status), said, tuple(calls.splitlines()))
    code = 99
    try:
        os.close(reader)
        fault = Fault(at, number, scene.folder)
        done = _struck(scene, fault)
        report = "\n".join(fault.calls) + "\0" + done.stderr
        with _OPEN(writer, "w", encoding="utf-8", errors="replace") as pipe:
            pipe.write(report)
        code = done.returncode
    except BaseException as error:  # noqa: BLE001 - what escaped is what we look for
        sys.__stderr__.write(f"{at}: {error!r}\n")  # type: ignore[union-attr]
    finally:
        os._exit(code)


def _struck(scene: Scene, fault: Fault) -> Any:
    arguments = scene.command[3:]
    with mock.patch.dict(os.environ, scene.environment), mock.patch("tempfile.tempdir", None):
        patches = [mock.patch.object(os, name, fault.wrapped(name)) for name in CALLS]
        patches += [mock.patch.object(m, "open", fault.opened) for m in (builtins, io)]
        for patch in patches:
            patch.start()
        try:
            return podforge(*arguments)
        finally:
            for patch in patches:
                patch.stop()


@dataclass
class Found:
    """What came of making calls fail."""

    tries: int = 0
    failures: int = 0  # renders that ended with 74
    wrong: list[str] = field(default_factory=list)


def fail_each(folder: Path, numbers: Sequence[int], step: int = 1, first: int = 1) -> Found:
    """Make every `step`-th call of a render fail, each in a render of its own, and go on after it.

    They fail with `numbers` (errno) in turn.

    Whatever fails, the render succeeds or ends with 74, the store is sound, and the next render
    gives the bytes of one that nothing happened to.
    """
    whole = Scene.of(folder / "whole", TONES, workers=1)
    podforge(*whole.command[3:])  # here: what is imported now, no fork has to import
    shutil.rmtree(whole.store)
    shutil.rmtree(whole.output)
    count, wanted = len(rendered(whole).calls), whole.outcome()
    assert wanted, "the render that nothing happens to has failed"
    found = Found()
    for at in range(first, count + 1, step):
        scene = Scene.of(folder / "struck", TONES, workers=1)
        struck = rendered(scene, at, numbers[found.tries % len(numbers)])
        found.tries += 1
        found.failures += struck.code == 74
        call = struck.calls[at - 1] if at <= len(struck.calls) else "none"
        wrong = _wrong(scene, struck, wanted)
        found.wrong += [f"call {at}, {call}: {what}" for what in wrong]
        shutil.rmtree(scene.folder)
    return found


def _wrong(scene: Scene, struck: Ended, wanted: dict[str, str]) -> list[str]:
    """What is not as promised after a render of which one call failed."""
    wrong = []
    if struck.code not in (0, 74) or "Traceback" in struck.said:
        wrong.append(f"ended with {struck.code}: {struck.said[-500:]}")
    kept = scene.outcome()
    if not (struck.code or kept == wanted):
        wrong.append("a success without all of its output")
    if not kept.items() <= wanted.items():
        wrong.append(f"left {kept.keys() - wanted.keys() or 'other bytes'} in the output folder")
    if scene.store.exists():
        assert_sound(scene.store)
    again = rendered(scene)
    if again.code or scene.outcome() != wanted:
        wrong.append(f"the next render: {again.code} {again.said[-500:]}")
    return wrong
