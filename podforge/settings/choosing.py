"""Which of all that was said holds: flag > environment > project file > user file > default."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from podforge.errors import InputError, StorageError, UsageError
from podforge.settings.files import Config
from podforge.settings.keys import OF_COMMAND, Key, parsed

T = TypeVar("T")


@dataclass(frozen=True)
class Chosen(Generic[T]):
    """A value and where it comes from: a flag, a variable, `FILE:LINE`; without either: nobody."""

    value: T | None = None
    origin: str = ""


@dataclass(frozen=True)
class Choices:
    """The settings of the command that hold for one folder.

    What a script may say itself (`Key.front`) is asked of flags and the environment only: the
    files' word on it is weaker than the script's, and comes with its front matter.
    """

    config: Config = field(default=Config())
    environ: Mapping[str, str] = field(default_factory=dict)

    def of(self, key: Key[T], flag: T | None = None) -> T | None:
        """The value that holds; None where nobody says one.

        Raises `UsageError` that names the variable, `InputError` at the place in the file, or
        `StorageError` where a file lies in the place of a folder that is made.
        """
        return self.chosen(key, flag).value

    def chosen(self, key: Key[T], flag: T | None = None) -> Chosen[T]:
        """As `of`, with its origin.  An empty variable is not set."""
        chosen = self._chosen(key, flag)
        if key.made and isinstance(chosen.value, Path):
            _check_folder(chosen.value, chosen.origin)
        return chosen

    def _chosen(self, key: Key[T], flag: T | None) -> Chosen[T]:
        if flag is not None:
            return Chosen(flag, f"--{key.name}")
        if said := self.environ.get(key.variable, "").strip():
            try:
                return Chosen(parsed(key, said, Path()), key.variable)
            except ValueError as error:
                raise UsageError(f"{key.variable}: {error}") from error
        setting = self.config.option(key.name) if key.name in OF_COMMAND else None
        if setting is None:
            return Chosen()
        try:
            value = parsed(key, setting.text, Path(setting.place.file).parent)
        except ValueError as error:
            raise InputError.at(setting.place, f"{key.name}: {error}") from error
        return Chosen(value, str(setting.place))


def _check_folder(path: Path, origin: str) -> None:
    """Raise `StorageError` where no folder can be made, as a file is in its place or above it."""
    with suppress(OSError):  # whoever makes it tells better what is wrong
        there = next(path for path in (path, *path.absolute().parents) if path.exists())
        if not there.is_dir():
            raise StorageError(f"{origin}: {there} is not a folder", hint="name another place")
