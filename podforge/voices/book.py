"""The voices of one run, and the casting of a script with them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from podforge.cast import Cast, EngineUse, Part, RecordingUse, Settings, Voice
from podforge.chains import GENTLE
from podforge.dealing import deal, slug, stand_ins
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
from podforge.script import Header, Role, Script
from podforge.voices.files import FILE, VoiceFile, did_you_mean, file_digest, is_name, read_voice
from podforge.voices.pinned import origin_of

REFERENCE_RECIPE = 1  # how a reference clip is prepared; a new recipe is a new identity
NOT_HERE = "@?"  # the end of the fingerprint of a model that is yet to be downloaded


class EngineLike(Protocol):
    """What casting asks of an engine; `podforge.engines.base.EngineSpec` has it all."""

    name: str
    voice_key: str
    needs_reference: bool

    def voice_settings(self, settings: Settings) -> Settings:
        """A voice's settings, checked; raises `ValueError`."""

    def recording(self, settings: Settings) -> RecordingUse:
        """What a recording is to a voice with these settings, once they are checked."""


FindEngine = Callable[[str], EngineLike]
UseEngines = Callable[[Sequence[str]], Mapping[str, EngineUse]]


@dataclass(frozen=True)
class Command:
    """What the command says of engines, whatever scripts and voices say.

    In a draft, a preset speaks for each voice that has no settings for the engine.
    """

    engine: str = ""
    draft: bool = False


NO_COMMAND = Command()


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
        use_engines: UseEngines,
        find_engine: FindEngine,
        command: Command = NO_COMMAND,
    ) -> Cast:
        """Give every speaker of the script a voice.

        A role's voice is the folder it names, else the folder called like the speaker, else,
        where the file could not name one, whichever is its turn.  The engine is the command's,
        else the role's, the voice's, the script's, else `default_engine`.  Raises one `InputError`
        with the problems of all speakers, and what `find_engine` and `use_engines` raise; the
        latter is called once, with the engines by name, when there is no problem.  A voice that
        is pinned for another model than the run's is a problem as well.
        """
        engines: dict[str, EngineLike] = {}
        made: dict[tuple[str, str, str], Voice] = {}
        parts: dict[str, Part] = {}
        sources: dict[str, None] = {}
        problems: list[Problem] = []
        roles = self._dealt(script)
        presets = self._stand_ins(roles, find_engine(command.engine)) if command.draft else {}
        for role in roles:
            place = role.place if role.place.file else Place(script.path)
            try:
                file = self._find(_voice_of(role), place)
                _check_allowed(file, script.header, place)
                name, origin = _engine_of(role, file, script.header, default_engine, command)
                place = file.place if origin == "voice" else place
                place = script.header.engine_place if origin == "script" else place
                if name not in engines:
                    engines[name] = _found(name, origin, place, find_engine)
                heard = presets.get(file.name, file)
                wanted = (heard.name, name, role.language or file.language)
                if wanted not in made:  # a crowd may share a voice
                    made[wanted] = make_voice(heard, engines[name], wanted[2], place)
            except InputError as error:
                problems += (found for found in error.problems if found not in problems)
                continue
            except Unavailable as error:
                raise Unavailable(error.text, place=place, hint=error.hint) from error
            voice = made[wanted]
            stands_for = file.name if heard is not file else ""
            parts[role.name] = replace(
                _part(role, file, voice, name), engine_from=origin, stands_for=stands_for
            )
            read = (file.place.file, heard.place.file, voice.reference, voice.embedding)
            sources |= {str(path): None for path in read if path}
        if problems:
            raise InputError(tuple(problems))
        uses = use_engines(tuple(engines))
        if problems := _of_other_models(parts.values(), uses):
            raise InputError(tuple(problems))
        return Cast(parts, uses, tuple(sources))

    def _stand_ins(self, roles: Sequence[Role], engine: EngineLike) -> dict[str, VoiceFile]:
        """A preset of ours for each voice that has no settings for the engine of drafts."""
        names = {_voice_of(role) for role in roles} & self._folders.keys()
        files = []
        for name in names:
            with suppress(InputError):  # told with the problems of all speakers
                files.append(self.find(name))
        own = {file.name for file in files if engine.voice_key in file.engines}
        ours = shipped_voices().absolute()
        near = [name for name, folder in self._folders.items() if folder.parent == ours]
        presets = {file.name: file for file in map(self.find, near)}
        dealt = stand_ins(
            [(file.name, file.language) for file in files if file.name not in own],
            [(file.name, file.language) for file in presets.values()],
            own,
        ) if presets else {}  # fmt: skip
        return {name: presets[preset] for name, preset in dealt.items()}

    def _dealt(self, script: Script) -> list[Role]:
        """The speaking roles, those of an imported file with a voice each."""
        roles = _speaking(script)
        if not script.header.deals:
            return roles
        wanted = [(role.name, role.voice) for role in roles]
        voices = deal(wanted, self.names())
        return [replace(role, voice=voices[role.name]) for role in roles]

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
                if is_name(entry.name) and entry.is_dir():
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


def make_voice(
    file: VoiceFile, engine: EngineLike, language: str = "", place: Place | None = None
) -> Voice:
    """A voice as `engine` gets it.

    Raises `InputError` when its settings for the engine are missing or wrong, or, at `place` (of
    who asks for it), when it has no recording and the engine speaks with one.
    """
    settings = _settings(file, engine)
    use = engine.recording(settings)
    recording = file.reference if use != "unused" else None
    embedding = file.embeddings.get(engine.voice_key) if use != "unused" else None
    if use == "needed" and not (recording or embedding):
        own = "" if engine.needs_reference else (
            f', or name a voice that comes with the engine under "{engine.voice_key}:"'
        )  # fmt: skip
        raise InputError.at(
            place or file.place,
            f'the engine "{engine.name}" needs a recording, and the voice "{file.name}" has none; '
            f"`podforge voices add {file.name} clip.wav` gives it one{own}",
        )
    reference = file_digest(recording) if recording else ""
    pinned = file_digest(embedding) if embedding else ""
    return Voice(
        name=file.name,
        identity=_identity(file, settings, reference, pinned),
        settings=settings,
        reference=str(recording or ""),
        embedding=str(embedding or ""),
        digest=pinned or reference,
        language=language or file.language,
    )


def _found(name: str, origin: str, place: Place, find_engine: FindEngine) -> EngineLike:
    """An engine; one that is not there is a problem of the file that names it, if one does."""
    try:
        return find_engine(name)
    except UsageError as error:
        if origin in ("command", "draft", "default"):
            raise
        raise InputError.at(place, str(error)) from error


def _voice_of(role: Role) -> str:
    """The name of the voice's folder."""
    return role.voice or slug(role.name) or role.name


def _engine_of(
    role: Role, file: VoiceFile, header: Header, default: str, command: Command
) -> tuple[str, str]:
    """The engine that speaks for a role, and who says so; the nearest one counts."""
    said = (
        (command.engine, "draft" if command.draft else "command"),
        (role.engine, "speaker"),
        (file.engine, "voice"),
        (header.engine, "script"),
    )
    return next(((engine, who) for engine, who in said if engine), (default, "default"))


def _part(role: Role, file: VoiceFile, voice: Voice, engine: str) -> Part:
    """What the script says of a speaker wins over what the voice says of itself."""
    return Part(
        speaker=role.name,
        voice=voice,
        engine=engine,
        gain_db=role.gain_db,
        pan=role.pan,
        chain=role.chain or file.chain or GENTLE,
        speed=role.speed or file.speed or 1.0,
        style=role.style,
    )


def _check_allowed(file: VoiceFile, header: Header, place: Place) -> None:
    """Refuse what the owner of a voice has not allowed.  Raises `InputError`."""
    consent = file.consent
    if consent and not consent.allows(header.mode, header.show):
        of_show = f' of the show "{header.show}"' if header.show else ""
        raise InputError.at(
            place,
            f'{consent.owner} allows the voice "{file.name}" in {consent.allowed_uses}, and this '
            f"is a {header.mode}{of_show}: ask, and write what was agreed into {file.place.file}",
        )


def _of_other_models(parts: Iterable[Part], uses: Mapping[str, EngineUse]) -> list[Problem]:
    """Voices whose pinned embedding says that another model made it; one is enough of each.

    A model that is not here yet cannot be told from another version of itself.
    """
    problems: dict[Problem, None] = {}
    for part in parts:
        voice, use = part.voice, uses[part.engine]
        if not voice.embedding or use.model.endswith(NOT_HERE):
            continue
        made_by = origin_of(Path(voice.embedding)).model
        if made_by and made_by != use.model:
            text = (
                f"{voice.name} is pinned for the model {made_by}, and this run uses {use.model}: "
                "pin it again or name that model"
            )
            problems[Problem(Place(str(Path(voice.embedding).parent)), "error", text)] = None
    return list(problems)


def _settings(file: VoiceFile, engine: EngineLike) -> Settings:
    try:
        return engine.voice_settings(file.engines.get(engine.voice_key, {}))
    except ValueError as error:
        if engine.voice_key in file.engines:
            raise InputError.at(file.places[engine.voice_key], str(error)) from error
        raise InputError.at(
            file.place,
            f'the voice "{file.name}" has no settings for the engine "{engine.name}": {error}; '
            f'add "{engine.voice_key}:" under "engines:"',
        ) from error


def _identity(file: VoiceFile, settings: Settings, reference: str, pinned: str) -> str:
    """What the voice sounds like, never what it is called (docs/architecture.md, "Jobs and keys").

    A pinned embedding stands in the place of the recording; both are empty where the engine hears
    neither.  Settings count beside either: an engine may read both.  A voice without any, on an
    engine that needs nothing, is told apart by what it has for other engines.
    """
    facts: dict[str, object] = {"settings": dict(settings)} if settings else {}
    if pinned:
        facts |= {"embedding": pinned}
    elif reference:
        facts |= {"reference": reference, "recipe": REFERENCE_RECIPE}
    if not facts and file.reference:
        facts = {"reference": file_digest(file.reference), "recipe": REFERENCE_RECIPE}
    return digest(facts or {"engines": {name: dict(own) for name, own in file.engines.items()}})


def _speaking(script: Script) -> list[Role]:
    """The roles that speak, declared or not, each with a place."""
    declared = {role.name: role for role in script.header.roles}
    first: dict[str, Role] = {}
    for speech in script.speeches():
        for name in speech.speakers:
            role = declared.get(name) or Role(name, place=speech.place)
            first.setdefault(name, role)
    return list(first.values())
