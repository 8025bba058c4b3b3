"""What can go wrong, as one tree.

    PodforgeError                   exit
    ├── UsageError                   2    the command cannot mean what it says
    │   └── SettingError             2    an engine's setting; 65 when it stands in a file
    ├── InputError                  65    a script, voice, or asset has problems; lists all of them
    ├── MissingInput                66    an input file is not there or cannot be opened
    ├── Unavailable                 69    an engine, its library, or ffmpeg is not installed
    ├── StorageError                74    reading or writing failed
    │   ├── DiskFull                74    no space left; what was rendered stays in the store
    │   └── CorruptBlob             74    a stored file was damaged and set aside
    ├── EngineError                 75    one job could not be spoken (the rest goes on)
    ├── Incomplete                  75    some line has no usable take; run again to resume
    └── Doubtful                     1    suspect lines, or a missed target, and --strict was given

Each error says what happened, where (file, line, column, when there is one), and what to do.
The exit codes are set in one place, `podforge.cli.exits`.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A position in an input file: line and column count from 1; 0 means "the file as a whole"."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])


@dataclass(frozen=True)
class Problem:
    """One thing to say about an input: an error stops the run, a warning does not."""

    place: Place
    severity: Literal["error", "warning"]
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {self.text}"


class PodforgeError(Exception):
    """The root: `text` says what happened, `hint` what to do about it."""

    def __init__(self, text: str, *, place: Place | None = None, hint: str = "") -> None:
        self.text, self.place, self.hint = text, place, hint
        super().__init__(str(self))

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.text}" + (f" ({self.hint})" if self.hint else "")

    def __reduce__(self) -> tuple[object, ...]:  # errors cross the pipe from the workers
        return _rebuild, (type(self), self.__dict__.copy(), self.args)


def _rebuild(
    kind: type[PodforgeError], state: dict[str, object], args: tuple[object, ...]
) -> PodforgeError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    error.args = args
    return error


class UsageError(PodforgeError):
    """The command line contradicts itself."""


class SettingError(UsageError):
    """An engine does not know the setting `setting`, or not this value of it.

    Engines raise it; whoever knows where the setting was made adds the place, or the flag, and
    the setting's name: `text` need not begin with it.
    """

    def __init__(self, text: str, setting: str, *, hint: str = "") -> None:
        self.setting = setting
        super().__init__(text, hint=hint)


class InputError(PodforgeError):
    """An input has errors; every one of them is in `problems`, warnings too."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems))

    @classmethod
    def at(cls, place: Place, text: str) -> "InputError":
        """The error with a single problem."""
        return cls((Problem(place, "error", text),))


class MissingInput(PodforgeError):
    """An input file is missing or unreadable."""


class Unavailable(PodforgeError):
    """Something that must be installed is not."""


class StorageError(PodforgeError):
    """A file of the store or of the output could not be read or written."""


class DiskFull(StorageError):
    """No space left on a device."""


class CorruptBlob(StorageError):
    """A stored file was damaged or gone; it is set aside, so the next run makes it again."""


class EngineError(PodforgeError):
    """An engine could not speak a job."""


class Incomplete(PodforgeError):
    """Some lines have no usable take; the clips that were made are kept."""


class Doubtful(PodforgeError):
    """Lines are suspect, or a target is missed, and --strict was given; the old output stays."""


_ELSEWHERE = "allow it, or name another place: --cache for the store, -o for the output"


@contextmanager
def storage(doing: str, path: Path) -> Iterator[None]:
    """Turn an `OSError` inside the block into `DiskFull` or `StorageError` naming `path`."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"no space left while {doing} {where}",
                hint="free some space and run the same command again; finished clips are kept",
            ) from error
        reason = error.strerror or str(error)
        hint = _ELSEWHERE if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) else ""
        raise StorageError(f"{doing} {where} failed: {reason}", hint=hint) from error
