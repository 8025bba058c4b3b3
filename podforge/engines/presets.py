"""Small models in process that speak one line a call with voices of their own.

What they share: a folder that somebody got by hand, a worker a processor, presets as voices.  The
spec here is light; `one_by_one` and `own_espeak` are for their engines, in a worker.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from podforge.cast import Limits, Settings
from podforge.engines.base import EngineSpec, Need, Take
from podforge.engines.digests import folder_digest
from podforge.engines.options import names, number, read, setting, words
from podforge.errors import SettingError, Unavailable
from podforge.events import Watch
from podforge.plan import Job
from podforge.threads import processors

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RATE = 24_000  # samples per second
MOST_CHARACTERS = 400  # in a call


@dataclass(frozen=True)
class Options:
    """`model` is a folder; `threads` of each worker."""

    model: str = setting("", words("a folder"))
    threads: int = setting(1, number(int, 1, 256))


class PresetSpec(EngineSpec):
    """A small model; `getting` says how its files are got, and `lacking` what a folder lacks."""

    sound_version = 1
    known_settings = names(Options)
    packages: ClassVar[tuple[str, ...]]  # as they are imported
    getting: ClassVar[str]
    lacking: ClassVar[str]
    languages: ClassVar[tuple[str, ...]]

    def files(self, folder: Path) -> list[Path]:
        """What speaks, in order; empty when something is missing."""
        raise NotImplementedError

    def voice_options(self, settings: Settings) -> "DataclassInstance":
        """The settings of a voice, read.  Raises `ValueError`."""
        raise NotImplementedError

    def options(self, settings: Settings) -> Options:
        """The settings of a run, read.  Raises `SettingError`."""
        return read(Options, self.name, settings)

    def limits(self, settings: Settings) -> Limits:
        """A line a call; a worker a processor, as each computes with one thread."""
        self.options(settings)
        return Limits(
            rate=RATE,
            most_characters=MOST_CHARACTERS,
            most_utterance=MOST_CHARACTERS,
            batch=4,
            most_workers=processors(),
            languages=self.languages,
        )

    def needs(self, settings: Settings) -> tuple[Need, ...]:
        """Its packages, and a model."""
        folder = self.options(settings).model
        install = f"pip install 'podforge[{self.name}]'"
        packages = (
            Need(f"the package {each}", find_spec(each) is not None, install)
            for each in self.packages
        )
        there = bool(folder and self.files(Path(folder)))
        return (*packages, Need("the model", there, self.getting))

    def fingerprint(self, settings: Settings) -> str:
        """A digest of what speaks."""
        return f"sha256:{folder_digest(self.folder(settings), self.files)}"

    def sound_settings(self, settings: Settings) -> Settings:
        """There are none: model and voice decide."""
        self.options(settings)
        return {}

    def voice_settings(self, settings: Settings) -> Settings:
        """The voice, and what else differs from the usual."""
        options = self.voice_options(settings)
        usual = asdict(type(options)())
        return {name: value for name, value in asdict(options).items() if value != usual[name]}

    def check_installed(self) -> None:
        """Raise `Unavailable` without the packages."""
        missing = [need for need in self.needs({})[:-1] if not need.found]
        if missing:
            what = ", ".join(need.what for need in missing)
            raise Unavailable(f"the engine {self.name} needs {what}", hint=missing[0].remedy)

    def folder(self, settings: Settings) -> Path:
        """Where the model lies.  Raises `Unavailable` or `SettingError`."""
        named = self.options(settings).model
        if not named:
            raise Unavailable(f"the engine {self.name} has no model", hint=self.getting)
        folder = Path(named).expanduser()
        if not self.files(folder):
            raise SettingError(f"no {self.lacking} in {folder}", "model", hint=self.getting)
        return folder


def one_by_one(jobs: Sequence[Job], speak: Callable[[Job], Take], watch: Watch) -> Iterator[Take]:
    """The takes of jobs, one after the other; none of one that was cancelled meanwhile."""
    for job in jobs:
        if watch.cancelled:
            return
        take = speak(job)
        watch.beat(job.key, len(take.samples) / take.rate)
        if watch.cancelled:
            return
        yield take


def own_espeak(folder: str) -> str:
    """A copy of espeak-ng for phonemes: it stays loaded, and the engine espeak unloads its own."""
    import espeakng_loader

    return str(shutil.copy(espeakng_loader.get_library_path(), folder))
