"""The voices of one run, and the casting of a script with them."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from podforge.cast import Cast, EngineUse, Limits, Part, Settings, Voice
from podforge.errors import (
    InputError,
    MissingInput,
    Place,
    Problem,
    Unavailable,
    UsageError,
    storage,
)
from podforge.plan import digest
from podforge.script import Role, Script
from podforge.voices.files import FILE, VoiceFile, did_you_mean, read_voice

REFERENCE_RECIPE = 1  # how a reference clip is prepared; a new recipe is a new identity

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


class EngineLike(Protocol):
    """What casting asks of an engine; `podforge.engines.base.EngineSpec` has it all."""

    name: str
    voice_key: str
    sound_version: int

    def limits(self, settings: Settings) -> Limits:
        """What one call may hold."""

    def fingerprint(self, settings: Settings) -> str:
        """Names the library or weights."""

    def sound_settings(self, settings: Settings) -> Settings:
        """The settings that decide the sound."""

    def voice_settings(self, settings: Settings) -> Settings:
        """A voice's settings, checked; raises `ValueError`."""


FindEngine = Callable[[str], EngineLike]


@dataclass(frozen=True)
class VoiceBook:
    """The voices in `folders`; a name in an earlier folder hides the same name in a later."""

    folders: tuple[Path, ...]

    def names(self) -> tuple[str, ...]:
        """Every voice there is, in alphabetical order."""
        return tuple(sorted(self._folders))

    def find(self, name: str) -> VoiceFile:
        """The voice called exactly `name`.  Raises `InputError`."""
        return self._find(name, Place(", ".join(map(str, self.folders))))

    def cast(
        self,
        script: Script,
        default_engine: str,
        engine_settings: Mapping[str, Settings],
        find_engine: FindEngine,
    ) -> Cast:
        """Give every speaker of the script a voice.

        A role's voice is the folder it names, else the folder called like the speaker.  The
        engine is the role's, else the script's, else `default_engine`.  Raises one `InputError`
        with the problems of all speakers, and what `find_engine` and the engines raise.
        """
        engines: dict[str, EngineLike] = {}
        parts: dict[str, Part] = {}
        sources: dict[str, None] = {}
        problems: list[Problem] = []
        for role in _speaking(script):
            place = role.place if role.place.file else Place(script.path)
            name = role.engine or script.header.engine or default_engine
            try:
                if name not in engines:
                    engines[name] = find_engine(name)
                file = self._find(role.voice or _slug(role.name), place)
                voice = make_voice(file, engines[name], role.language)
            except InputError as error:
                problems += (found for found in error.problems if found not in problems)
                continue
            except Unavailable as error:
                raise Unavailable(error.text, place=place, hint=error.hint) from error
            parts[role.name] = Part(role.name, voice, name, role.gain_db, role.style)
            sources[file.place.file] = None
            if file.reference:
                sources[str(file.reference)] = None
        if problems:
            raise InputError(tuple(problems))
        place = Place(script.path)
        uses = {
            name: _use(spec, engine_settings.get(name, {}), place) for name, spec in engines.items()
        }
        return Cast(parts, uses, tuple(sources))

    def _find(self, name: str, place: Place) -> VoiceFile:
        folders = self._folders
        if name not in folders:  # so that a name never becomes a path outside
            hint = did_you_mean(name, sorted(folders)) if folders else "there are none"
            raise InputError.at(place, f'there is no voice called "{name}" ({hint})')
        return read_voice(folders[name])

    @cached_property
    def _folders(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for folder in self.folders:
            with storage("reading", folder):
                entries = sorted(folder.iterdir())
            for entry in entries:
                if _NAME.fullmatch(entry.name) and entry.is_dir():
                    found.setdefault(entry.name, entry)
        return found


def open_voices(*folders: Path) -> VoiceBook:
    """The voices in `folders`, earlier ones first.  Raises `MissingInput` for a missing one."""
    for folder in folders:
        if not folder.is_dir():
            raise MissingInput(
                f"there is no voices folder {folder}",
                hint=f"a voices folder holds one folder a voice, each with a {FILE}",
            )
    return VoiceBook(tuple(folder.absolute() for folder in folders))


def shipped_voices() -> Path:
    """The folder of the presets: inside the package when installed, else in the repository."""
    package = Path(__file__).parents[1]
    inside = package / "_voices"
    return inside if inside.is_dir() else package.parent / "voices"


def make_voice(file: VoiceFile, engine: EngineLike, language: str = "") -> Voice:
    """A voice as `engine` gets it.

    Raises `InputError` when its settings for the engine are missing or wrong.
    """
    written = file.engines.get(engine.voice_key, {})
    try:
        settings = engine.voice_settings(written)
    except ValueError as error:
        if engine.voice_key in file.engines:
            raise InputError.at(file.places[engine.voice_key], str(error)) from error
        raise InputError.at(
            file.place,
            f'the voice "{file.name}" has no settings for the engine "{engine.name}": {error}; '
            f'add "{engine.voice_key}:" under "engines:"',
        ) from error
    return Voice(
        name=file.name,
        identity=_identity(file, settings),
        settings=settings,
        reference=str(file.reference or ""),
        language=language or file.language,
    )


def _identity(file: VoiceFile, settings: Settings) -> str:
    """What the voice sounds like, never what it is called (DESIGN, "Keys").

    Settings count beside a reference too: an engine may read both.  A voice without either, on
    an engine that needs nothing, is told apart by what it has for other engines.
    """
    facts: dict[str, object] = {"settings": dict(settings)} if settings else {}
    if file.reference:
        facts |= {"reference": _file_digest(file.reference), "recipe": REFERENCE_RECIPE}
    return digest(facts or {"engines": {name: dict(own) for name, own in file.engines.items()}})


def _file_digest(path: Path) -> str:
    with storage("reading", path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _speaking(script: Script) -> list[Role]:
    """The roles that speak, declared or not, each with a place."""
    declared = {role.name: role for role in script.header.roles}
    first: dict[str, Role] = {}
    for speech in script.speeches():
        for name in speech.speakers:
            role = declared.get(name) or Role(name, place=speech.place)
            first.setdefault(name, role)
    return list(first.values())


def _slug(name: str) -> str:
    """`Mara Quill` -> `mara-quill`: the folder that a speaker without a voice is looked up in."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or name


def _use(spec: EngineLike, settings: Settings, place: Place) -> EngineUse:
    """The engine with the script's settings for it.  Raises `InputError` for a wrong one."""
    try:
        return _engine_use(spec, settings)
    except UsageError as error:
        raise InputError.at(place, f"engines: {error}") from error


def _engine_use(spec: EngineLike, settings: Settings) -> EngineUse:
    return EngineUse(
        name=spec.name,
        limits=spec.limits(settings),
        model=spec.fingerprint(settings),
        sound_version=spec.sound_version,
        settings=spec.sound_settings(settings),
    )
