"""How a command ends: the one place where errors become messages and exit codes."""

import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn, TextIO

import click

from podforge import errors
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


class _Terminated(BaseException):
    """SIGTERM arrived: unwind as for Ctrl-C, so that workers and temporary files go."""


def exit_code(error: errors.PodforgeError) -> int:
    """The exit code of an error: that of the nearest class in the tree."""
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), 1)


def say(error: errors.PodforgeError) -> None:
    """Print an error to stderr; each problem of an input on a line that editors can follow."""
    with suppress(OSError):  # the exit code says it, too
        if isinstance(error, errors.InputError):
            for problem in error.problems:
                click.echo(plain(str(problem)), err=True)
        else:
            click.echo(f"podforge: error: {plain(str(error))}", err=True)


def guard(command: click.Command) -> NoReturn:
    """Run a command and leave with its code, without a traceback for what a user can cause."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = _run(command)
    except (KeyboardInterrupt, click.Abort):
        _die(signal.SIGINT)
    except _Terminated:
        _die(signal.SIGTERM)
    except BrokenPipeError:
        _die(signal.SIGPIPE)
    except OSError as error:  # stdout on a full disk; a working folder that is gone
        say(errors.StorageError(str(error)))
        code = _CODES[errors.StorageError]
    _drop(sys.stdout)
    _drop(sys.stderr)
    sys.exit(code)


def _run(command: click.Command) -> int:
    try:
        code = command.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except errors.PodforgeError as error:
        say(error)
        code = exit_code(error)
    if sys.stdout:
        sys.stdout.flush()
    return code if isinstance(code, int) else 0


def _drop(stream: TextIO | None) -> None:
    """Forget what cannot be written, or Python tries again at its end and changes the code."""
    if stream is None:  # the shell closed it
        return
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _terminate(_number: int, _frame: object) -> NoReturn:
    raise _Terminated


def _die(number: signal.Signals) -> NoReturn:
    """Say how to go on, then die by the real signal, so that shells and Make see it."""
    if number != signal.SIGPIPE:
        text = "podforge: stopped; finished clips are kept, run the same command again to go on"
        with suppress(OSError):
            click.echo(f"\n{text}", err=True)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    sys.exit(128 + number)
