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
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from podforge.events import (
    EVENTS_VERSION,
    Event,
    FetchDone,
    FetchFailed,
    FetchProgress,
    FetchStarted,
    JobDone,
    JobFailed,
    JobProgress,
    JobStarted,
    Planned,
    RenderDone,
    RenderFailed,
    RenderStarted,
    StageDone,
    StageProgress,
    StageStarted,
    Tell,
    Warned,
)
from podforge.plain import plain
from podforge.progress import Clock, Fetching, Speaking, in_bytes
from podforge.units import clock

MOST_WIDTH = 24  # characters of a column that is not the last
_SHARE = TextColumn("{task.percentage:>3.0f} %")
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
        case FetchStarted(what, size):
            return f"  downloading {what}" + (f": {in_bytes(size)}" if size else "")
        case FetchDone(what):
            return f"  downloaded {what}"
        case FetchFailed(what):
            return f"  {what} did not come whole; the next try goes on from here"
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

    def __init__(self, now: Clock = time.monotonic) -> None:
        self._now, self._said = now, now()
        self._speaking, self._fetching = Speaking(0.0, now), Fetching(0, now)

    def tell(self, event: Event) -> None:
        """Print what the event says, and now and then how far the work is."""
        if isinstance(event, Planned):
            self._speaking = Speaking(event.new_seconds, self._now)
        if isinstance(event, FetchStarted):
            self._fetching = Fetching(event.size, self._now)
        self._speaking.take(event)
        sentence = _sentence(event)
        if not sentence and self._now() - self._said >= LINE_SECONDS:
            sentence = self._progress(event)
        if isinstance(event, StageStarted):
            sentence = f"  {event.stage}"
        if sentence:
            self._said = self._now()
            for line in sentence.splitlines():
                with suppress(OSError):
                    click.echo("  " * line.startswith("  ") + plain(line), err=True)

    def _progress(self, event: Event) -> str:
        match event:
            case StageProgress(stage, seconds):
                return f"  {stage}: {clock(seconds)}"
            case FetchProgress(what, size):
                return f"  downloading {what}: {self._fetching.facts(size)}"
            case JobProgress() | JobDone():
                return f"  spoken: {self._speaking.facts()}"
        return ""


class _Bar:
    """A bar for what is being done, on a terminal."""

    def __init__(self, terminal: Console) -> None:
        self._terminal = terminal
        self._speaking = Speaking(0.0)
        self._what, self._progress = "", Progress()

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def tell(self, event: Event) -> None:
        """Move the bar, and print what the event says above it."""
        self._move(event)
        for line in _sentence(event).splitlines():
            indent = "  " * line.startswith("  ")
            self._terminal.print(Text(indent + plain(line)), soft_wrap=True)

    def _move(self, event: Event) -> None:
        match event:
            case FetchStarted(_, size):
                columns = DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
                self._begin("downloading", size or None, *columns)
            case FetchProgress(_, size):
                self._update(size)
            case Planned(_, new, _, seconds):
                self._speaking = Speaking(seconds)
                if new:
                    self._show_speaking()
            case JobStarted() | JobProgress() | JobDone() | JobFailed():
                self._speaking.take(event)
                self._show_speaking()
            case StageStarted(stage, seconds):
                self._begin(stage, seconds, _SHARE, TimeRemainingColumn())
            case StageProgress(_, seconds):
                self._update(seconds)
            case StageDone() | FetchDone() | FetchFailed() | RenderDone() | RenderFailed():
                self._end()

    def _show_speaking(self) -> None:
        speaking = self._speaking
        if self._what != "speaking":
            self._begin("speaking", speaking.total, _SHARE, TextColumn("{task.fields[facts]}"))
        self._update(speaking.made, total=speaking.total, facts=speaking.facts())

    def _begin(self, what: str, total: float | None, *columns: ProgressColumn) -> None:
        self._end()
        self._what = what
        name = TextColumn("  {task.description:<18}")
        self._progress = Progress(
            name, BarColumn(), *columns, console=self._terminal, transient=True
        )
        self._progress.add_task(what, total=total, facts="")
        self._progress.start()

    def _update(self, completed: float, **fields: Any) -> None:
        for task in self._progress.task_ids:
            self._progress.update(task, completed=completed, **fields)

    def _end(self) -> None:
        self._progress.stop()
        self._what, self._progress = "", Progress()


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
