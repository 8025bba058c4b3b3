"""From what was typed to what holds: flags, the environment, and files of settings."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from podforge.errors import Unavailable
from podforge.request import Request
from podforge.settings import Choices, EngineFlags, Flag, environment_flags, read_config
from podforge.settings.engines import PREFIX
from podforge.settings.keys import CACHE, ENCODING, ENGINE, INCLUDE, OFFLINE, TARGET, VOICES


@dataclass(frozen=True)
class Typed:
    """What a command line says about reading and casting; empty and None: nothing."""

    engine: str = ""
    voices: Path | None = None
    encoding: str | None = None
    flags: EngineFlags = field(default=EngineFlags())
    target: str = ""
    include: tuple[str, ...] = ()
    allowed: tuple[Path, ...] = ()  # never from a file: a script must not allow itself anything


def choices_for(script: Path | None = None) -> Choices:
    """What holds for a script, or in the working folder.  Raises `InputError`."""
    return Choices(read_config(script.parent if script else Path()), os.environ)


def request_for(script: Path, typed: Typed, choices: Choices) -> Request:
    """What is asked of a script.  Raises what is wrong with a setting, and where it was made."""
    return Request(
        script,
        _engine(choices, typed.engine),
        choices.of(VOICES, typed.voices),
        choices.of(ENCODING, typed.encoding) or "utf-8",
        with_environment(typed.flags, choices),
        choices.of(TARGET, typed.target or None) or "",
        choices.of(INCLUDE, typed.include or None) or (),
        allowed=typed.allowed,
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
        except Unavailable as error:
            raise Unavailable(f"{ENGINE.variable}: {error.text}", hint=error.hint) from error
    return chosen.value or ""
