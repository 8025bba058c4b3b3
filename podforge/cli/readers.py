"""Who reads the events of a command: the terminal or a program, and a log beside it."""

import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from podforge import __version__
from podforge.cli.exits import code_of
from podforge.console import open_console
from podforge.errors import PodforgeError
from podforge.events import BatchFailed, BatchStarted, Event, Tell
from podforge.logbook import open_log


@contextmanager
def telling(scripts: Sequence[Path], *, quiet: bool, events: bool, log: Path | None
            ) -> Iterator[Tell]:  # fmt: skip
    """Open the readers, and tell them that the batch starts, and whether it is cut off.

    How it ends otherwise, `BatchDone`, is for the caller to tell.  Raises `StorageError` when the
    log cannot be opened.
    """
    with ExitStack() as stack:
        readers = [stack.enter_context(open_log(log, _command(), _versions()))] if log else []
        readers.append(stack.enter_context(open_console(quiet, events)))

        def tell(event: Event) -> None:
            for reader in readers:
                reader(event)

        tell(BatchStarted(__version__, tuple(map(str, scripts))))
        try:
            yield tell
        except BaseException as stop:  # Ctrl-C, too
            tell(BatchFailed(code_of(stop)))
            raise


def _command() -> list[str]:
    return ["podforge", *sys.argv[1:]]


def _versions() -> str:
    from podforge.media.programs import ffmpeg_version

    try:
        ffmpeg = f"ffmpeg {ffmpeg_version()}"
    except PodforgeError as error:
        ffmpeg = error.text
    python = f"Python {platform.python_version()}"
    return f"podforge {__version__}, {python}, {ffmpeg}, {platform.platform()}, in {Path.cwd()}"
