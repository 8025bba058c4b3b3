"""From what was typed to what holds: flags, the environment, and files of settings."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from podforge.errors import UsageError
from podforge.request import Request
from podforge.settings import Choices, EngineFlags, Flag, environment_flags, read_config
from podforge.settings.engines import PREFIX
from podforge.settings.keys import CACHE, DRAFT, ENCODING, ENGINE, INCLUDE, OFFLINE, TARGET, VOICES


@dataclass(frozen=True)
class Typed:
    """What a command line says about reading, casting and the store; empty and None: nothing."""

    engine: str = ""
    voices: Path | None = None
    cache: Path | None = None
    encoding: str | None = None
    flags: EngineFlags = field(default=EngineFlags())
    target: str = ""
    include: tuple[str, ...] = ()
    allowed: tuple[Path, ...] = ()  # never from a file: a script must not allow itself anything
    draft: bool | None = False  # None: as the settings say

    def words(self) -> list[str]:
        """The options as they are typed, for a command that is to do the same again."""
        given: dict[str, Sequence[object]] = {
            "--engine": [self.engine] * bool(self.engine),
            "--voices": [self.voices] if self.voices else [],
            "--cache": [self.cache] if self.cache else [],
            "--encoding": [self.encoding] if self.encoding else [],
            "--include": self.include,
            "--allow-root": self.allowed,
        }
        options = [
            word for name, all_ in given.items() for one in all_ for word in (name, str(one))
        ]
        return [*options, *(word for flag in self.flags.flags for word in flag.words)]


def choices_for(script: Path | None = None) -> Choices:
    """What holds for a script, or in the working folder.  Raises `InputError`."""
    return Choices(read_config(script.parent if script else Path()), os.environ)


def request_for(script: Path, typed: Typed, choices: Choices) -> Request:
    """What is asked of a script.  Raises what is wrong with a setting, and where it was made."""
    return Request(
        script=script,
        engine=_engine(choices, typed.engine),
        voices=choices.of(VOICES, typed.voices),
        encoding=choices.of(ENCODING, typed.encoding) or "utf-8",
        flags=with_environment(typed.flags, choices),
        target=choices.of(TARGET, typed.target or None) or "",
        include=choices.of(INCLUDE, typed.include or None) or (),
        allowed=typed.allowed,
        draft=choices.of(DRAFT, typed.draft) or False,
    )


def store_of(choices: Choices, cache: Path | None) -> Path:
    """The store that holds.  Raises `StorageError` where there is no place for one."""
    from podforge.store import default_store_root

    return choices.of(CACHE, cache) or default_store_root()


def with_environment(flags: EngineFlags, choices: Choices) -> EngineFlags:
    """The flags for engines, and what the environment says where they do not."""
    said: tuple[Flag, ...] = ()
    if any(name.startswith(PREFIX) for name in choices.environ):  # else nobody need be asked
        from podforge.engines import engine_names

        said = environment_flags(choices.environ, engine_names())
    offline = choices.of(OFFLINE, flags.offline) or False
    return replace(flags, flags=(*said, *flags.flags), offline=offline)


def _engine(choices: Choices, typed: str) -> str:
    chosen = choices.chosen(ENGINE, typed or None)
    if chosen.value and chosen.origin == ENGINE.variable:
        from podforge.engines import find_engine

        try:
            find_engine(chosen.value)
        except UsageError as error:
            raise UsageError(f"{ENGINE.variable}: {error.text}", hint=error.hint) from error
    return chosen.value or ""
