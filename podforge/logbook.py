"""`podforge render --log FILE`: what one wants to know the next morning, a line an event.

Another reader of the events.  Each line is a time in UTC, a word, and what happened:

    2026-03-01T22:04:05.678Z begin    podforge 0.1.0, ...: podforge render talk.md --log night.log
    2026-03-01T22:04:05.901Z render   talk.md
    2026-03-01T22:04:07.120Z job      talk.md:12:1: done: 2.3 s of audio in 0.4 s, attempt 1
    2026-03-01T22:04:09.004Z end      exit code 0 after 3.3 s: 1 made, 0 unchanged, 0 failed
"""

import os
import re
import shlex
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from podforge.errors import UsageError, storage
from podforge.events import (
    BatchDone,
    BatchFailed,
    BatchStarted,
    Erred,
    Event,
    FetchDone,
    FetchFailed,
    FetchStarted,
    JobDone,
    JobFailed,
    JobStarted,
    JobWaiting,
    Planned,
    RenderDone,
    RenderFailed,
    RenderStarted,
    StageDone,
    StageFailed,
    StageStarted,
    Tell,
    Warned,
)
from podforge.plain import plain
from podforge.progress import Clock, in_bytes
from podforge.telling import error_sentence, sentence, stamp
from podforge.units import clock

_WORDS = r"(?:key|token|secret|password|passwd|credential|authorization)s?"
_SETTING = re.compile(rf"(?i)([\w.-]*{_WORDS}[\w-]*=).+")  # openai.api_key=...
_FLAG = re.compile(rf"(?i)--?[\w-]*{_WORDS}")  # its value is the next word
_STAMP = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")
_USER = re.compile(r"(://)[^/@\s]+@")  # https://name:password@host
_QUERY = re.compile(rf"(?i)([?&][\w.-]*{_WORDS}=)[^&\s]+")
HIDDEN = "REDACTED"


@contextmanager
def open_log(path: Path, arguments: Sequence[str], versions: str) -> Iterator[Tell]:
    """Append to the log as long as the block lasts; `arguments` is the command line.

    Raises `StorageError` when the file cannot be opened, `UsageError` for one that is no log.  What
    cannot be written later, on a full disk, is missing from the log and harms nothing else.
    """
    _check_log(path)
    with storage("opening the log", path):
        # One write a line at the end of the file: several commands may share a log.
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        yield _Log(file, f"{versions}: {shlex.join(redacted(arguments))}").tell
    finally:
        os.close(file)


def _check_log(path: Path) -> None:
    """A file that is there must begin as a log does: it may be the script."""
    begun = b""
    with suppress(FileNotFoundError), storage("opening the log", path):
        if path.is_file():
            with path.open("rb") as file:
                begun = file.read(len(stamp()))
    if begun and not _STAMP.fullmatch(begun):
        raise UsageError(f"--log {path}: that file is no log of podforge", hint="name another")


def redacted(arguments: Sequence[str]) -> list[str]:
    """A command line without what may be a password: `--set x.api_key=...`, `https://user@...`."""
    shown: list[str] = []
    for before, word in zip(["", *arguments], arguments, strict=False):
        hidden = _QUERY.sub(rf"\1{HIDDEN}", _USER.sub(rf"\1{HIDDEN}@", word))
        hidden = _SETTING.sub(rf"\1{HIDDEN}", hidden) if "://" not in hidden else hidden
        shown.append(HIDDEN if _FLAG.fullmatch(before) else hidden)
    return shown


class _Log:
    """Lines of one command; told from several threads."""

    def __init__(self, file: int, command: str, now: Clock = time.monotonic) -> None:
        self._file, self._command, self._now = file, command, now
        self._begun, self._cut = now(), False  # _cut: the last line did not come whole
        self._since: dict[str, float] = {}  # of what is being done
        self._places: dict[str, str] = {}  # of jobs
        self._lock = threading.Lock()

    def tell(self, event: Event) -> None:
        """Write what happened; events of mere progress are not for a log."""
        with self._lock:
            for word, text in self._lines(event):
                self._write(f"{stamp()} {word:<8} {plain(text)}\n".encode())

    def _write(self, line: bytes) -> None:
        with suppress(OSError):
            line = b"\n" * self._cut + line
            self._cut = os.write(self._file, line) < len(line)

    def _lines(self, event: Event) -> list[tuple[str, str]]:
        match event:
            case BatchStarted():
                self._start("batch")
                return [("begin", self._command)]
            case BatchDone(made, unchanged, failed, code, left):
                counts = f"{made} made, {unchanged} unchanged, {failed} failed"
                counts += f", {left} not started" * bool(left)
                return [("end", f"exit code {code} after {self._took('batch')}: {counts}")]
            case BatchFailed(code):
                return [("end", f"exit code {code} after {self._took('batch')}: cut off")]
            case RenderStarted(script):
                self._start(script)
                return [("render", script)]
            case RenderDone(script, outputs, seconds, unchanged):
                state = "unchanged" if unchanged else "done"
                facts = f"{clock(seconds)} of audio in {self._took(script)}"
                return [("render", f"{script}: {state}: {path}, {facts}") for path in outputs]
            case RenderFailed(script, reason):  # what went wrong comes as lines of its own
                how = "stopped" if reason == "stopped" else "failed"
                return [("render", f"{script}: {how} after {self._took(script)}")]
            case Planned():
                return [("plan", sentence(event))]
            case Warned(place, text):
                return [("warning", f"{place}: {text}" if place else text)]
            case Erred():
                return [("error", error_sentence(event).removeprefix("podforge: error: "))]
        return self._work(event)

    def _work(self, event: Event) -> list[tuple[str, str]]:
        match event:
            case JobStarted(key, engine, place):
                self._start(key)
                self._places[key] = place
                return [("job", f"{place}: started on {engine}, key {key[:12]}")]
            case JobWaiting(_, place):
                return [("job", f"{place}: waiting for another podforge that is speaking it")]
            case JobDone(key, seconds, attempt):
                place = self._places.pop(key, "")
                made = f"{seconds:.1f} s of audio in {self._took(key)}"
                return [("job", f"{place}: done: {made}, attempt {attempt + 1}")]
            case JobFailed(key, place, reason):
                self._places.pop(key, "")
                return [("job", f"{place}: failed after {self._took(key)}: {reason}")]
            case StageStarted(stage):
                self._start(stage)
            case StageDone(stage):
                return [("stage", f"{stage}: done in {self._took(stage)}")]
            case StageFailed(stage):
                return [("stage", f"{stage}: failed after {self._took(stage)}")]
            case FetchStarted() | FetchDone() | FetchFailed():
                return [("fetch", self._fetching(event))]
        return []

    def _fetching(self, event: FetchStarted | FetchDone | FetchFailed) -> str:
        match event:
            case FetchStarted(what, size):
                self._start(what)
                return f"{what}: started, {in_bytes(size)}"
            case FetchDone(what):
                return f"{what}: done in {self._took(what)}"
            case FetchFailed(what):
                return f"{what}: failed after {self._took(what)}"

    def _start(self, what: str) -> None:
        self._since[what] = self._now()

    def _took(self, what: str) -> str:
        return f"{self._now() - self._since.pop(what, self._begun):.1f} s"
