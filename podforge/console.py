"""The terminal: progress while rendering, tables of plans and voices.

The only module that uses rich, and besides `cli` the only one that prints.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from podforge.events import (
    EVENTS_VERSION,
    Event,
    JobDone,
    JobFailed,
    Planned,
    RenderDone,
    RenderStarted,
    StageDone,
    StageProgress,
    StageStarted,
    Tell,
    Warned,
)
from podforge.plain import plain
from podforge.units import clock

MOST_WIDTH = 24  # characters of a column that is not the last
LINE_SECONDS = 10.0  # between lines of progress where there is no terminal


@contextmanager
def open_console(quiet: bool, events: bool) -> Iterator[Tell]:
    """What reads the events of a render: JSON lines, silence, a bar, or plain lines; on stderr."""
    terminal = Console(stderr=True)
    if events:
        yield _tell_json
    elif quiet:
        yield lambda _: None
    elif terminal.is_terminal and not terminal.is_dumb_terminal:
        with _Bar(terminal) as bar:
            yield bar.tell
    else:
        yield _Lines().tell


def _tell_json(event: Event) -> None:
    facts = {"v": EVENTS_VERSION, "event": type(event).__name__, **asdict(event)}
    with suppress(OSError):  # nobody listens: that does not stop a render
        click.echo(json.dumps(facts, ensure_ascii=False), err=True)


def _sentence(event: Event) -> str:
    """What an event says to a person; empty for those that only move a bar."""
    match event:
        case RenderStarted(script):
            return script
        case Planned(jobs, new, seconds):
            speak = f"{new} to speak" if new else "all spoken already"
            return f"  {jobs} job{'s' * (jobs != 1)}, {speak}, about {clock(seconds)} of audio"
        case JobFailed(_, place, reason) if reason != "stopped":
            return f"  {place}: failed: {reason}"
        case Warned(place, text):
            return f"  {place}: warning: {text}" if place else f"  warning: {text}"
        case RenderDone(_, outputs, seconds, unchanged):
            state = "unchanged" if unchanged else clock(seconds)
            return "\n".join(f"  {path}  {state}" for path in outputs)
    return ""


class _Lines:
    """Plain lines for logs: no colours, no carriage returns."""

    def __init__(self) -> None:
        self._jobs, self._done, self._said = 0, 0, time.monotonic()

    def tell(self, event: Event) -> None:
        """Print what the event says, and now and then how far the jobs are."""
        if isinstance(event, Planned):
            self._jobs, self._done = event.new, 0
        if isinstance(event, JobDone | JobFailed):
            self._done += 1
        sentence = _sentence(event)
        if not sentence and time.monotonic() - self._said > LINE_SECONDS:
            sentence = self._progress(event)
        if isinstance(event, StageStarted):
            sentence = f"  {event.stage}"
        if sentence:
            self._said = time.monotonic()
            for line in sentence.splitlines():
                with suppress(OSError):
                    click.echo("  " * line.startswith("  ") + plain(line), err=True)

    def _progress(self, event: Event) -> str:
        if isinstance(event, StageProgress):
            return f"  {event.stage}: {clock(event.seconds)}"
        return f"  spoken: {self._done} of {self._jobs}" if isinstance(event, JobDone) else ""


class _Bar:
    """A bar with the time left, on a terminal."""

    def __init__(self, terminal: Console) -> None:
        self._terminal = terminal
        self._progress = Progress(
            TextColumn("  {task.description:<18}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            console=terminal,
            transient=True,
        )
        self._task: Any = None

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, event: Event) -> None:
        """Move the bar, and print what the event says above it."""
        match event:
            case Planned(_, new, _) if new:
                self._begin("speaking", new)
            case JobDone() | JobFailed() if self._task is not None:
                self._progress.advance(self._task)
            case StageStarted(stage, seconds):
                self._begin(stage, seconds)
            case StageProgress(_, seconds) if self._task is not None:
                self._progress.update(self._task, completed=seconds)
            case StageDone() | RenderDone():
                self._end()
        for line in _sentence(event).splitlines():
            indent = "  " * line.startswith("  ")
            self._terminal.print(Text(indent + plain(line)), soft_wrap=True)

    def _begin(self, what: str, total: float) -> None:
        self._end()
        self._task = self._progress.add_task(what, total=total)

    def _end(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None


def print_plan(facts: Mapping[str, Any]) -> None:
    """A plan as a table on stdout."""
    jobs = facts["jobs"]
    new = sum(job["status"] == "new" for job in jobs)
    print_facts(
        {
            "title": facts["title"],
            "speakers": ", ".join(f"{n} ({facts['voices'][n]})" for n in facts["speakers"]),
            "chapters": "; ".join(facts["chapters"]) or "none",
            "length": f"{facts['turns']} turns, {facts['words']} words, "
            f"about {clock(facts['estimated_seconds'])}",
            "jobs": f"{len(jobs)}, {new} new",
        }
    )
    print_rows(("line", "status", "engine", "speakers", "text"), [_job_row(job) for job in jobs])


def _job_row(job: Mapping[str, Any]) -> tuple[str, ...]:
    said = job["utterances"]
    speakers = ", ".join(dict.fromkeys(utterance["speaker"] for utterance in said))
    text = " / ".join(utterance["text"] for utterance in said)
    return str(said[0]["line"]), job["status"], job["engine"], speakers, text


def print_facts(facts: Mapping[str, object]) -> None:
    """Names and values in two columns on stdout; empty values are left out."""
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        if value not in ("", None):
            click.echo(f"{name:<{width}}  {plain(str(value))}")


def print_rows(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on stdout: whole lines in a pipe, cut to the width on a terminal."""
    console = Console(soft_wrap=not sys.stdout.isatty(), highlight=False)
    if not console.is_terminal:
        for row in [titles, *rows]:
            click.echo("\t".join(plain(cell) for cell in row))
        return
    table = Table(*titles, box=None, pad_edge=False)
    for number, column in enumerate(table.columns):
        column.no_wrap, column.overflow = True, "ellipsis"
        if number + 1 < len(titles):  # what does not fit is taken from the last column
            column.min_width = min(
                MOST_WIDTH, max(len(plain(row[number])) for row in [titles, *rows])
            )
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console.print(table)
