"""A script made ready: read, prepared, cast and planned.  Imports no numpy and no engine.

`plan`, `check` and `render` all begin here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from itertools import chain
from pathlib import Path

from podforge.assets import asset_problems
from podforge.cast import Cast, EngineUse, Settings
from podforge.cues import cue_problems
from podforge.engines import engine_names, find_engine
from podforge.engines.base import EngineSpec
from podforge.engines.network.trust import check_script, guarded
from podforge.errors import InputError, Place, Problem, UsageError
from podforge.events import Tell
from podforge.plan import Plan, Splits, Takes, Utterance, make_plan
from podforge.reading import SCRIPTS, Asked, listed, read
from podforge.reading.lexicons import NAMES as LEXICONS
from podforge.reading.lexicons import with_lexicons
from podforge.request import Request as Request
from podforge.script import Header, Script, Speech
from podforge.selecting import Part, select
from podforge.settings import (
    Config,
    EngineFlags,
    Written,
    find_upwards,
    placed,
    public,
    read_config,
    values,
)
from podforge.speaking import prepare
from podforge.takes import read_takes
from podforge.targets import target_of
from podforge.voices import VoiceBook, open_voices, shipped_voices
from podforge.voices.book import Command

DEFAULT_ENGINE = "espeak"


@dataclass(frozen=True)
class Project:
    """A script with everything that planning found out about it.

    Where a `part` is asked for, script and plan are those of the part.
    """

    script: Script
    book: VoiceBook
    cast: Cast
    plan: Plan
    settings: Mapping[str, Settings] = field(default_factory=dict)  # by engine
    takes: Takes = field(default_factory=dict)  # that somebody chose
    part: Part | None = None
    draft: bool = False  # all of it on the embedded engine
    foreign: tuple[Problem, ...] = ()  # where an engine speaks what it was not made for

    @property
    def whole(self) -> Script:
        """The script of which this is all, or a part."""
        return self.part.whole if self.part else self.script

    def planned(self, splits: Splits) -> Plan:
        """The plan of the whole, with windows made again in parts."""
        return make_plan(self.whole, self.cast, splits, self.takes)

    def wanted(self, plan: Plan) -> Plan:
        """What of a plan of the whole is asked for."""
        return self.part.planned(plan) if self.part else plan


def open_project(request: Request, fetching: Tell | None = None) -> Project:
    """Read, prepare, cast and plan a script.

    `fetching` is given where it will be rendered: engines then get models that are missing, and
    tell it how that goes.  Nothing else here uses the network.

    Raises `InputError` with all problems, `MissingInput`, `UsageError` for a flag that fits no
    engine, or `Unavailable` for an engine or its model.
    """
    config = read_config(request.script.parent)
    prepared, lexicons = _prepared(request, config)
    script = _with_target(prepared, request.target)
    book = voice_book(request.script, request.voices)
    command = Command(DEFAULT_ENGINE if request.draft else request.engine, request.draft)
    # What is said to other engines does not keep a draft from being made.
    flags = replace(request.flags, flags=()) if request.draft else request.flags
    engines = Engines(Place(script.path), script.header.engines, config, flags)
    try:
        cast = book.cast(
            script,
            _default_engine(script, config, command),
            lambda names: engines.use(names, fetching),
            find_engine,
            command,
        )
    except InputError as error:
        raise InputError((*script.warnings, *error.problems)) from error
    chosen = read_takes(request.script)
    files = [*config.paths, *([chosen.path] if chosen.path else [])]
    cast = replace(cast, sources=(*cast.sources, *map(str, files), *lexicons))
    plan = make_plan(script, cast, takes=chosen.takes)
    foreign = tuple(foreign_speech(script, plan, cast))
    if any(problem.severity == "error" for problem in foreign):
        raise InputError((*script.warnings, *foreign))
    misfits = iter(()) if request.draft else chosen.problems(plan, cast)
    settled = chain(config.warnings, engines.unknown())
    script = _warned(script, settled, _dealt(script, cast), iter(foreign), misfits)
    settings = {name: engines.values(name) for name in cast.engines}
    if unheld := tuple(_unheld(book, cast, settings)):
        raise InputError((*script.warnings, *unheld))
    project = Project(
        script, book, cast, plan, settings, chosen.takes, draft=request.draft, foreign=foreign
    )
    if not request.chapters and not request.lines:
        return project
    part = select(script, request.chapters, request.lines)
    return replace(project, script=part.script, plan=part.planned(plan), part=part)


@dataclass(frozen=True)
class Engines:
    """What was written about engines, in all places, and the engines as a run uses them."""

    script: Place
    header: Mapping[str, Written] = field(default_factory=dict)
    config: Config = field(default=Config())
    flags: EngineFlags = field(default=EngineFlags())

    def written(self, name: str) -> Written:
        """The settings of an engine, each from the place that wins."""
        flags = self.flags.of(name, find_engine(name).known_settings)
        return {**self.config.engines.get(name, {}), **self.header.get(name, {}), **flags}

    def values(self, name: str) -> Settings:
        """The settings of an engine as it gets them."""
        return guarded(find_engine(name), self.written(name), self.config)

    def use(self, names: Sequence[str], fetching: Tell | None) -> dict[str, EngineUse]:
        """The engines of a cast.  Raises what is wrong with a setting where it was made."""
        self._check_named()
        self.flags.check({name: find_engine(name).known_settings for name in names})
        for name in names:
            check_script(self.header.get(name, {}))
        return {name: self._use(name, fetching) for name in names}

    def unknown(self) -> Iterator[Problem]:
        """Warnings for settings of engines that are not installed but nearly called like one."""
        known = engine_names()
        for name, written in [*self.config.engines.items(), *self.header.items()]:
            near = get_close_matches(name, known, n=1)
            if written and near and name not in known:
                text = f'no engine is called "{name}" (did you mean "{near[0]}"?)'
                yield Problem(next(iter(written.values())).place, "warning", text)

    def _check_named(self) -> None:
        """Raise `UsageError` for a `--set` of an engine that there is not."""
        for flag in self.flags.flags:
            if flag.engine and not flag.variable:
                try:
                    find_engine(flag.engine)
                except UsageError as error:
                    raise UsageError(f"{flag.name}: {error.text}", hint=error.hint) from error

    def _use(self, name: str, fetching: Tell | None) -> EngineUse:
        spec, flags, written = find_engine(name), self.flags, self.written(name)
        try:
            settings = values(written)
            sound, limits = public(spec.sound_settings(settings)), spec.limits(settings)
            if fetching:  # once all settings are known to be good
                spec.fetch(settings, fetching, offline=bool(flags.offline), update=flags.update)
                limits = spec.limits(settings)  # a model may bring its own
            return EngineUse(name, limits, spec.fingerprint(settings), spec.sound_version, sound)
        except UsageError as error:
            raise placed(error, written, self.script) from error


def _default_engine(script: Script, config: Config, command: Command) -> str:
    """The engine for speakers, voices and scripts that name none."""
    chosen = config.engine
    if not chosen or script.header.engine or command.engine:
        return DEFAULT_ENGINE
    try:
        return find_engine(chosen.text).name
    except UsageError as error:
        raise InputError.at(chosen.place, str(error)) from error


def _dealt(script: Script, cast: Cast) -> Iterator[Problem]:
    """A warning that says which voices were dealt to speakers whom nobody gave one."""
    given = {role.name for role in script.header.roles if role.voice}
    dealt = [f"{name}: {part.voice.name}" for name, part in cast.parts.items() if name not in given]
    if script.header.deals and dealt:
        way = "cast" if Path(script.path).suffix.lower() in SCRIPTS else "import"
        text = f"voices dealt: {listed(dealt)}; `podforge {way} {script.path}` lets you choose"
        yield Problem(Place(script.path), "warning", text)


def foreign_speech(script: Script, plan: Plan, cast: Cast) -> Iterator[Problem]:
    """Where a speaker first speaks a language that the engine was not made for, or cannot speak.

    The first is a warning, the second an error.
    """
    seen, told = set(), set()
    find = cache(find_engine)
    for job in plan.jobs:
        for said in job.utterances:
            marked = _marked(script, said)
            if (like := (job.engine, said.speaker, said.language, marked)) in seen:
                continue
            seen.add(like)
            for language in sorted(_languages(script, said, marked)):
                if (spot := (job.engine, said.speaker, language)) not in told:
                    told.add(spot)
                    yield from _foreign(said, language, cast.engines[job.engine], find)


def _unheld(book: VoiceBook, cast: Cast, settings: Mapping[str, Settings]) -> Iterator[Problem]:
    """Voices that name what the model of their engine does not hold; one problem each."""
    told: set[tuple[str, str]] = set()
    for part in cast.parts.values():
        spec, voice = find_engine(part.engine), part.voice
        text = spec.unheld(settings[part.engine], voice.settings)
        if text and (spec.name, voice.name) not in told:
            told.add((spec.name, voice.name))
            place = book.find(voice.name).places[spec.voice_key]
            yield Problem(place, "error", text)


def _foreign(
    said: Utterance, language: str, use: EngineUse, find: Callable[[str], EngineSpec]
) -> Iterator[Problem]:
    made_for = use.limits.languages
    if language == _primary(said.language) and not find(use.name).speaks(language):
        text = f"the engine {use.name} does not speak {language}, and {said.speaker} does"
        yield Problem(said.place, "error", text)
    elif made_for and language not in made_for:
        text = (
            f"the engine {use.name} was made for {', '.join(made_for)}; "
            f"{said.speaker} speaks {language}: expect wrong pronunciation"
        )
        yield Problem(said.place, "warning", text)


def _marked(script: Script, said: Utterance) -> bool:
    """Whether a line itself says its language."""
    item = script.items[said.item]
    return isinstance(item, Speech) and bool(item.language)


def _languages(script: Script, said: Utterance, marked: bool) -> set[str]:
    """What a line is in: as it or its speaker is marked, else both the voice's and the script's."""
    roles = script.header.roles
    marked = marked or any(role.name == said.speaker and role.language for role in roles)
    stated = {script.header.language} - {Header.language}  # the default says nothing
    return {_primary(tag) for tag in ({said.language} if marked else {said.language, *stated})}


def _primary(tag: str) -> str:
    """`en` of `en-GB` (BCP 47, RFC 5646)."""
    return tag.replace("_", "-").partition("-")[0].lower()


def _prepared(request: Request, config: Config) -> tuple[Script, list[str]]:
    """The script with what is spoken, and the lexicon files that had a say in it."""
    asked = Asked(request.encoding, include=request.include, usual=config.front)
    script = read(request.script, asked)
    project = find_upwards(request.script.parent, LEXICONS)
    header, lexicons = with_lexicons(script.header, request.script, project)
    allowed = tuple(map(str, request.allowed))
    script = prepare(replace(script, header=header, allowed=allowed))
    if not any(script.speeches()):
        problem = Problem(Place(script.path), "error", "nothing in it can be spoken")
        raise InputError((*script.warnings, problem))
    found = [*cue_problems(script), *asset_problems(script)]
    if any(problem.severity == "error" for problem in found):
        raise InputError((*script.warnings, *found))
    return _warned(script, iter(found)), lexicons


def _warned(script: Script, *more: Iterator[Problem]) -> Script:
    """The script with more warnings, all in order."""
    found = [*script.warnings, *(problem for problems in more for problem in problems)]
    return replace(script, warnings=tuple(sorted(found, key=lambda problem: problem.place)))


def voice_book(script: Path | None, voices: Path | None) -> VoiceBook:
    """The voices in reach: of `--voices`, else beside the script and here, then our own."""
    if voices:
        return open_voices(voices, shipped_voices())
    beside = [script.parent / "voices"] if script else []
    folders = [folder for folder in [*beside, Path("voices")] if folder.is_dir()]
    return open_voices(*dict.fromkeys([*folders, shipped_voices()]))


def _with_target(script: Script, target: str) -> Script:
    """The script with `--target` in place of its own."""
    if not target:
        return script
    return replace(script, header=replace(script.header, loudness=target_of(target).name))
