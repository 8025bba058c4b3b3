"""How a command ends: the one place where errors become messages and exit codes."""

import errno
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import NoReturn, TextIO

import click

from podforge import errors
from podforge.events import Erred, Event, Warned
from podforge.plain import plain

_CODES: dict[type[errors.PodforgeError], int] = {
    errors.UsageError: 2,
    errors.InputError: 65,
    errors.MissingInput: 66,
    errors.Unavailable: 69,
    errors.StorageError: 74,
    errors.EngineError: 75,
    errors.Incomplete: 75,
    errors.Doubtful: 1,
}

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SAME_SECONDS = 0.25  # `timeout` sends its signal twice in a row: to the command, and to its group


class _Stopped(BaseException):
    """A signal arrived: unwind, so that workers and temporary files go.

    Not a `KeyboardInterrupt`, which click turns into an error of its own.
    """

    def __init__(self, number: int) -> None:
        self.number = signal.Signals(number)


def exit_code(error: errors.PodforgeError) -> int:
    """The exit code of an error: that of the nearest class in the tree."""
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), 1)


def code_of(error: BaseException) -> int:
    """The exit code of whatever ends a command."""
    match error:
        case errors.PodforgeError():
            return exit_code(error)
        case _Stopped():
            return 128 + error.number
        case OSError():
            return _CODES[errors.StorageError]
    return 1


def told(error: errors.PodforgeError, script: str = "") -> tuple[Erred, ...]:
    """An error as events, one for each problem; `script` is the one whose render it ended."""
    kind, code = type(error).__name__, exit_code(error)
    if isinstance(error, errors.InputError):
        return tuple(
            Erred(kind, problem.text, "", *_where(problem.place), code, script)
            for problem in error.problems
            if problem.severity == "error"
        )
    return (Erred(kind, error.text, error.hint, *_where(error.place), code, script),)


def _where(place: errors.Place | None) -> tuple[str, int, int]:
    return (place.file, place.line, place.column) if place else ("", 0, 0)


def say(error: errors.PodforgeError) -> None:
    """Print an error to stderr; each problem of an input on a line that editors can follow."""
    if _as_events():
        _tell(*told(error))
        return
    with suppress(OSError):  # the exit code says it, too
        if isinstance(error, errors.InputError):
            for problem in error.problems:
                click.echo(plain(str(problem)), err=True)
        else:
            click.echo(f"podforge: error: {plain(str(error))}", err=True)


def note(problem: errors.Problem) -> None:
    """Print a warning to stderr, where nothing else reads the events."""
    if _as_events():
        _tell(Warned(str(problem.place) if problem.place.file else "", problem.text))
    else:
        click.echo(plain(str(problem)), err=True)


def _as_events() -> bool:
    """Whether stderr carries events.  Asked of the words: click may not have understood them."""
    words = sys.argv[1:]
    return "--events=jsonl" in words or ("--events", "jsonl") in pairwise(words)


def _tell(*events: Event) -> None:
    from podforge.telling import json_line

    with suppress(OSError):
        for event in events:
            click.echo(json_line(event), err=True)


def guard(command: click.Command) -> NoReturn:
    """Run a command and leave with its code, without a traceback for what a user can cause.

    The first SIGINT, SIGTERM or SIGHUP stops it, a second one kills it; either way it dies by
    that signal.
    """
    with _signals():
        try:
            code = _run(command)
        except _Stopped as stop:
            _die(stop.number)
    sys.exit(code)


def _run(command: click.Command) -> int:
    try:
        code = _invoke(command)
    except BrokenPipeError:
        _die(signal.SIGPIPE)
    except OSError as error:  # stdout on a full disk; a working folder that is gone
        say(_explained(error))
        code = _CODES[errors.StorageError]
    _drop(sys.stdout)
    _drop(sys.stderr)
    return code


def _explained(error: OSError) -> errors.StorageError:
    """An error of ours for one of the system; one that names no file is about stdout, or here."""
    if isinstance(error, FileNotFoundError) and not error.filename:
        return errors.StorageError("the working folder is gone", hint="go to another one")
    if error.errno in (errno.ENOSPC, errno.EDQUOT) and not error.filename:
        return errors.DiskFull(
            "no space left where stdout goes", hint="free some, and run it again"
        )
    where = f"{error.filename}: " if error.filename else ""
    return errors.StorageError(f"{where}{error.strerror or error}")


def _invoke(command: click.Command) -> int:
    try:
        code = command.main(standalone_mode=False)
    except SystemExit as stop:  # what click makes of a reader that went away, and of nothing else
        raise BrokenPipeError from stop
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.Abort:  # a question that nobody answers
        click.echo("podforge: stopped; nothing was done", err=True)
        code = 1
    except click.ClickException as error:
        _show(error)
        code = error.exit_code
    except errors.PodforgeError as error:
        say(error)
        code = exit_code(error)
    if sys.stdout:
        sys.stdout.flush()
    return code if isinstance(code, int) else 0


def _show(error: click.ClickException) -> None:
    if _as_events():
        hint = "podforge render --help" if isinstance(error, click.UsageError) else ""
        _tell(Erred("UsageError", error.format_message(), hint, exit_code=error.exit_code))
        return
    if isinstance(error, click.exceptions.NoArgsIsHelpError):  # its message is a page of help
        error.show()
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context:
        click.echo(context.get_usage(), err=True)
        click.echo(f"Try '{context.command_path} --help' for help.\n", err=True)
    click.echo(f"Error: {plain(error.format_message())}", err=True)


def _drop(stream: TextIO | None) -> None:
    """Forget what cannot be written, or Python tries again at its end and changes the code."""
    if stream is None:  # the shell closed it
        return
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def _signals() -> Iterator[None]:
    """Have the signals that stop a command stop it; not those that are ignored, as under nohup."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heeded = [number for number, handler in before.items() if handler != signal.SIG_IGN]

    def stop(number: int, _frame: object) -> NoReturn:
        since = time.monotonic()

        def kill(number: int, _frame: object) -> None:
            if time.monotonic() - since > SAME_SECONDS:
                _kill(number)

        for each in heeded:
            signal.signal(each, kill)
        raise _Stopped(number)

    try:
        for number in heeded:
            signal.signal(number, stop)
        yield
    finally:
        for number in heeded:
            signal.signal(number, before[number])


def _die(number: signal.Signals) -> NoReturn:
    """Say how to go on, then die by the real signal, so that shells and Make see it."""
    text, hint = "stopped; finished clips are kept", "run the same command again to go on"
    if number != signal.SIGPIPE and _as_events():
        _tell(Erred("Stopped", text, hint, exit_code=128 + number))
    elif number != signal.SIGPIPE:
        with suppress(OSError):
            click.echo(f"\npodforge: {text}, {hint}", err=True)
    _kill(number)


def _kill(number: int) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    sys.exit(128 + number)
