"""What each voice has for each engine, and what to type where something is missing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from podforge.cast import Voice
from podforge.engines import find_engine
from podforge.engines.base import EngineSpec
from podforge.errors import InputError, PodforgeError, Unavailable
from podforge.kept import find_embedding
from podforge.plan import Job
from podforge.project import Engines, Project
from podforge.store import Store
from podforge.voices import VoiceFile
from podforge.voices.book import make_voice
from podforge.voices.pinned import is_stale

EmbeddingState = Literal["", "in the store", "pinned", "pinned, of another recording"]


@dataclass(frozen=True)
class Standing:
    """What a voice has for an engine; `missing` says what it lacks, and is else empty.

    `own` is false where the engine would speak for any voice, and this one has nothing for it.
    """

    engine: str
    own: bool
    settings: Mapping[str, str] = field(default_factory=dict)  # as written
    recording: bool = False  # it has one, and the engine can use it
    embedding: EmbeddingState = ""
    missing: str = ""


def standings(
    file: VoiceFile, specs: Sequence[EngineSpec], engines: Engines, store: Store
) -> Iterator[Standing]:
    """What a voice has for each of the engines.  Loads none."""
    for spec in specs:
        said = f'the voice "{file.name}" has no settings for the engine "{spec.name}": '
        settings = file.engines.get(spec.voice_key, {})
        use, embedding, missing = spec.recording({}), _pinned(file, spec), ""
        try:
            voice = make_voice(file, spec)
            use = spec.recording(voice.settings)
            embedding = embedding or _stored(voice, spec, engines, store)
        except InputError as error:
            missing = "; ".join(problem.text.removeprefix(said) for problem in error.problems)
        recording = bool(file.reference) and use != "unused"
        own = bool(settings or recording or embedding)
        yield Standing(spec.name, own, dict(settings), recording, embedding, missing)


def lacking(project: Project, jobs: Iterable[Job]) -> dict[str, str]:
    """What the engines that are to speak these jobs need and do not find, by engine."""
    found = {}
    for name in sorted({job.engine for job in jobs}):
        try:
            needs = find_engine(name).needs(project.settings[name])
        except Unavailable as error:  # such as a key that can be none
            found[name] = str(error)
            continue
        missing = [f"{need.what} ({need.remedy})" for need in needs if not need.found]
        if missing:
            found[name] = f"the engine {name} needs {', '.join(missing)}"
    return found


def check_needs(project: Project, jobs: Iterable[Job]) -> None:
    """Raise `Unavailable` where an engine lacks something, before any of the jobs is spoken."""
    if found := lacking(project, jobs):
        raise Unavailable("; ".join(found.values()))


def _pinned(file: VoiceFile, spec: EngineSpec) -> EmbeddingState:
    if spec.voice_key not in file.embeddings:
        return ""
    return "pinned, of another recording" if is_stale(file, spec.voice_key) else "pinned"


def _stored(voice: Voice, spec: EngineSpec, engines: Engines, store: Store) -> EmbeddingState:
    """Whether the store has one that the model in use made."""
    if voice.reference:
        with suppress(PodforgeError):  # without its model it has none
            if find_embedding(store, engines.use([spec.name], None)[spec.name], voice):
                return "in the store"
    return ""
