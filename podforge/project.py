"""A script made ready: read, prepared, cast and planned.  Imports no numpy and no engine.

`plan`, `check` and `render` all begin here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from podforge.cast import Cast, Settings
from podforge.engines import find_engine
from podforge.errors import InputError, Place, Problem
from podforge.plan import Plan, make_plan
from podforge.reading import read
from podforge.script import Cue, Role, Script
from podforge.speaking import prepare
from podforge.voices import VoiceBook, open_voices, shipped_voices

DEFAULT_ENGINE = "espeak"


@dataclass(frozen=True)
class Request:
    """What the command line says about reading and casting; it goes before the script."""

    script: Path
    engine: str = ""
    voices: Path | None = None
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Project:
    """A script with everything that planning found out about it."""

    script: Script
    book: VoiceBook
    cast: Cast
    plan: Plan
    settings: Mapping[str, Settings] = field(default_factory=dict)  # by engine


def open_project(request: Request) -> Project:
    """Read, prepare, cast and plan a script.

    Raises `InputError` with all problems, `MissingInput`, or `Unavailable` for an engine.
    """
    script = _with_engine(_prepared(request), request.engine)
    book = voice_book(request.script, request.voices)
    settings = script.header.engines
    try:
        cast = book.cast(script, DEFAULT_ENGINE, settings, find_engine)
    except InputError as error:
        raise InputError((*script.warnings, *error.problems)) from error
    return Project(script, book, cast, make_plan(script, cast), settings)


def _prepared(request: Request) -> Script:
    script = prepare(read(request.script, request.encoding))
    if not any(script.speeches()):
        problem = Problem(Place(script.path), "error", "nothing in it can be spoken")
        raise InputError((*script.warnings, problem))
    silent = tuple(
        Problem(item.place, "warning", f"cues do not sound yet: {item.file} is only listed")
        for item in script.items
        if isinstance(item, Cue) and item.file
    )
    return replace(script, warnings=tuple(sorted((*script.warnings, *silent), key=_place)))


def _place(problem: Problem) -> Place:
    return problem.place


def voice_book(script: Path | None, voices: Path | None) -> VoiceBook:
    """The voices in reach: of `--voices`, else beside the script and here, then our own."""
    if voices:
        return open_voices(voices, shipped_voices())
    beside = [script.parent / "voices"] if script else []
    folders = [folder for folder in [*beside, Path("voices")] if folder.is_dir()]
    return open_voices(*dict.fromkeys([*folders, shipped_voices()]))


def _with_engine(script: Script, engine: str) -> Script:
    """The script with `--engine` in place of every engine it names."""
    if not engine:
        return script
    roles: tuple[Role, ...] = tuple(replace(role, engine="") for role in script.header.roles)
    return replace(script, header=replace(script.header, engine=engine, roles=roles))
