"""The terminal: progress while rendering, tables of plans and voices.

The only module that uses rich, and besides `cli` the only one that prints.
"""

import sys
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
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
    Erred,
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
    StageDone,
    StageProgress,
    StageStarted,
    Tell,
)
from podforge.plain import plain
from podforge.progress import Clock, Fetching, Speaking
from podforge.telling import json_line, sentence
from podforge.units import clock

MOST_WIDTH, LEAST_WIDTH = 24, 12  # characters of a column that is not the last; of the last
NARROW, WIDE = 60, 100  # columns of a terminal: no bar below, and a long one from here
_SHARE = TextColumn("{task.percentage:>3.0f} %")
_LEFT = TimeRemainingColumn(compact=True)
LINE_SECONDS = 10.0  # between lines of progress where there is no terminal


@contextmanager
def open_console(quiet: bool, events: bool) -> Iterator[Tell]:
    """What reads events, on stderr: as JSON lines, errors alone, with a bar, or as plain lines."""
    terminal = Console(stderr=True)
    if events:
        yield _tell_json
    elif quiet:
        yield _tell_errors
    elif terminal.is_terminal and not terminal.is_dumb_terminal:
        with _Bar(terminal) as bar:
            yield bar.tell
    else:
        yield _Lines().tell


def _tell_json(event: Event) -> None:
    _echo(json_line(event))


def _tell_errors(event: Event) -> None:
    if isinstance(event, Erred):
        _echo(plain(sentence(event)))


def _echo(line: str) -> None:
    with suppress(OSError):  # nobody listens, or the disk is full: that does not stop a render
        click.echo(line, err=True)


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
        said = sentence(event)
        if not said and self._now() - self._said >= LINE_SECONDS:
            said = self._progress(event)
        if isinstance(event, StageStarted):
            said = f"  {event.stage}"
        if said:
            self._said = self._now()
        for line in said.splitlines():
            _echo("  " * line.startswith("  ") + plain(line))

    def _progress(self, event: Event) -> str:
        match event:
            case StageProgress(stage, seconds):
                return f"  {stage}: {clock(seconds)}"
            case FetchProgress(what, size):
                return f"  downloading {what}: {self._fetching.facts(size)}"
            case JobProgress() | JobDone():
                return f"  spoken: {self._speaking.facts()}"
        return ""


def _wrapped(line: str, width: int) -> list[str]:
    """A line on several, between words: never inside a path, which one may want to copy."""
    return textwrap.wrap(
        line, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


class _Bar:
    """A bar for what is being done, on a terminal."""

    def __init__(self, terminal: Console) -> None:
        self._terminal = terminal
        self._speaking = Speaking(0.0)
        self._what, self._progress = "", Progress()

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._end()

    def tell(self, event: Event) -> None:
        """Move the bar, and print what the event says above it."""
        with suppress(OSError):  # the terminal was closed; SIGHUP tells of it
            self._move(event)
            for line in sentence(event).splitlines():
                indent = "  " * line.startswith("  ")
                for part in _wrapped(indent + plain(line), self._terminal.width):
                    self._terminal.print(Text(part), soft_wrap=True)

    def _move(self, event: Event) -> None:
        match event:
            case FetchStarted(_, size):
                columns = DownloadColumn(), TransferSpeedColumn(), _LEFT
                self._begin("downloading", size or None, *columns)
            case FetchProgress(_, size):
                self._update(size)
            case Planned(_, new, _, seconds, _):
                self._speaking = Speaking(seconds)
                if new:
                    self._show_speaking()
            case JobStarted() | JobProgress() | JobDone() | JobFailed():
                self._speaking.take(event)
                self._show_speaking()
            case StageStarted(stage, seconds):
                self._begin(stage, seconds or None, _SHARE, _LEFT)
            case StageProgress(_, seconds):
                self._update(seconds)
            case StageDone() | FetchDone() | FetchFailed() | RenderDone() | RenderFailed():
                self._end()

    def _show_speaking(self) -> None:
        speaking = self._speaking
        if self._what != "speaking":
            self._begin("speaking", speaking.total, _SHARE, TextColumn("{task.fields[facts]}"))
        used = len("  speaking  100 % ") + self._bar_width + 1
        facts = speaking.facts(self._terminal.width - used)
        self._update(speaking.made, total=speaking.total, facts=facts)

    @property
    def _bar_width(self) -> int:
        """Characters of the bar: the same all along, or it dances with the text beside it."""
        width = self._terminal.width
        return 0 if width < NARROW else 10 if width < WIDE else 20

    def _begin(self, what: str, total: float | None, *columns: ProgressColumn) -> None:
        self._end()
        self._what = what
        name = TextColumn("  {task.description}")
        bar = [BarColumn(self._bar_width)] if self._bar_width else []
        self._progress = Progress(name, *bar, *columns, console=self._terminal, transient=True)
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
            "stand-ins": ", ".join(f"{v} for {name}" for name, v in facts["stand_ins"].items()),
            "chapters": "; ".join(facts["chapters"]) or "none",
            "length": f"{facts['turns']} turns, {facts['words']} words, "
            f"about {clock(facts['estimated_seconds'])}",
            "jobs": f"{len(jobs)}, {new} new",
            "not performed": "; ".join(map(_loss, facts["not_performed"])),
            "to be paid": ", ".join(
                f"{name}: {count} characters" for name, count in facts["paid_characters"].items()
            ),
        }
    )
    titles = ("line", "status", *(("why",) if any("why" in job for job in jobs) else ()))
    print_rows((*titles, "engine", "speakers", "text"), [_job_row(job) for job in jobs])


def _loss(lost: Mapping[str, Any]) -> str:
    return f"{lost['engine']}: deliveries {lost['deliveries']}, vocal events {lost['events']}"


def _job_row(job: Mapping[str, Any]) -> tuple[str, ...]:
    said = job["utterances"]
    speakers = ", ".join(dict.fromkeys(utterance["speaker"] for utterance in said))
    text = " / ".join(utterance["text"] for utterance in said)
    why = (", ".join(job["why"]),) if "why" in job else ()
    return str(said[0]["line"]), job["status"], *why, job["engine"], speakers, text


def print_facts(facts: Mapping[str, object]) -> None:
    """Names and values in two columns on stdout; empty values are left out."""
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        if value not in ("", None):
            click.echo(f"{plain(name):<{width}}  {plain(str(value))}")


def print_rows(titles: Sequence[str], rows: Sequence[Sequence[str]], *, err: bool = False) -> None:
    """A table on stdout, or stderr: cut to the width of a terminal that has room, else whole."""
    stream = sys.stderr if err else sys.stdout
    console = Console(file=stream, soft_wrap=not stream.isatty(), highlight=False)
    cells = [[plain(cell) for cell in row] for row in [titles, *rows]]
    *widths, last = (max(map(len, column)) for column in zip(*cells, strict=True))
    widths = [min(width, MOST_WIDTH) for width in widths]
    # What does not fit is taken from the last column.
    room = console.width - sum(width + 2 for width in widths)
    if not console.is_terminal or room < min(last, LEAST_WIDTH):
        for row in cells:
            click.echo("\t".join(row), err=err)
        return
    table = Table(*titles, box=None, pad_edge=False)
    for column, width in zip(table.columns, [*widths, min(last, room)], strict=True):
        column.no_wrap, column.overflow, column.width = True, "ellipsis", width
    for row in cells[1:]:
        table.add_row(*map(Text, row))
    console.print(table)
