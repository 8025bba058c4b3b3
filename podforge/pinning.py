"""Pinning: what an engine made of a voice's recording becomes the voice.

The embedding is written beside the recording, as `<engine>.safetensors`.  As long as it lies
there it is the voice's identity for that engine, whatever becomes of the recording.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from podforge.cast import EngineUse, Settings, Voice
from podforge.engines import find_engine
from podforge.engines.base import Embedding
from podforge.errors import EngineError, Place, UsageError, storage
from podforge.events import Tell, Watch
from podforge.kept import find_embedding
from podforge.project import Engines
from podforge.settings import EngineFlags, read_config
from podforge.store import Store
from podforge.voices import VoiceFile
from podforge.voices.book import make_voice
from podforge.voices.files import PINNED, file_digest
from podforge.voices.pinned import is_stale
from podforge.voices.writing import put

if TYPE_CHECKING:
    from podforge.studio import Studio


def pin(file: VoiceFile, engine: str, flags: EngineFlags, store: Store, tell: Tell) -> Path:
    """Pin the voice's embedding for an engine; the file it is in.

    It is taken from the store, or the engine makes it of the recording.  One that was pinned
    before is replaced.  Raises `UsageError` for an engine that has no embeddings, and what the
    engine, the voice file or the disk raise; nothing is then pinned anew.
    """
    spec = find_engine(engine)
    if not file.reference:
        raise UsageError(
            f'the voice "{file.name}" has no recording', hint="podforge voices add gives it one"
        )
    engines = Engines(Place(file.place.file), config=read_config(Path()), flags=flags)
    use = engines.use([engine], tell)[engine]
    voice = make_voice(replace(file, embeddings={}), spec)
    embedding = find_embedding(store, use, voice) or _made(
        voice, use, engines.values(engine), store
    )
    path = file.folder / f"{spec.voice_key}{PINNED}"
    put(path, embedding.payload)
    return path


def unpin(file: VoiceFile, engine: str) -> Path | None:
    """Let the recording be the voice again.

    The pinned file goes, unless the recording is no longer the one it was made of: then it is
    the last of its kind, gets another name, and that is returned.  Raises `UsageError` when
    nothing is pinned, and `StorageError`.
    """
    key = find_engine(engine).voice_key
    if key not in file.embeddings:
        raise UsageError(f'the voice "{file.name}" has nothing pinned for the engine "{engine}"')
    pinned = file.embeddings[key]
    with storage("removing", pinned):
        if is_stale(file, key):  # its digest in the name: never over another one
            return pinned.rename(f"{pinned}.{file_digest(pinned)[:12]}")
        pinned.unlink()
    return None


@dataclass(frozen=True)
class _Task:
    voice: Voice

    @property
    def key(self) -> str:
        return self.voice.identity


class _Bench:
    """A studio that only prepares voices."""

    def __init__(self, studio: "Studio") -> None:
        self._studio = studio

    def work(self, tasks: Sequence[_Task], watch: Watch) -> Iterator[tuple[str, Embedding | None]]:
        for task in tasks:
            state = self._studio.voice_state(task.voice, partial(watch.beat, task.key, 0.0))
            yield task.key, state if isinstance(state, Embedding) else None

    def close(self) -> None:
        self._studio.close()


def _open_bench(use: EngineUse, settings: Settings, root: Path) -> _Bench:
    from podforge.studio import open_studio

    return _Bench(open_studio(use, settings, root, afresh=False))


def _made(voice: Voice, use: EngineUse, settings: Settings, store: Store) -> Embedding:
    """What the engine makes of the recording, in a process of its own."""
    from podforge.executors.local import Outcome, run

    bench = partial(_open_bench, use, settings, store.root)
    with closing(run(bench, [_Task(voice)], workers=1, deadline=use.limits.patience)) as messages:
        (outcome,) = [message for message in messages if isinstance(message, Outcome)]
    if outcome.error:
        raise EngineError(f'the voice "{voice.name}" cannot be prepared: {outcome.error}')
    if outcome.result is None:
        raise UsageError(f'the engine "{use.name}" has no speaker embeddings that could be pinned')
    return outcome.result
