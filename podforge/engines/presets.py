"""Small models in process that speak one line a call with voices of their own, without loading one.

What they share: a folder that somebody got by hand, a worker a processor, presets as voices.  Their
engines, in a worker, share `podforge.engines.onnx`.
"""

import shlex
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from zipfile import BadZipFile, ZipFile

from podforge.cast import Limits, Settings
from podforge.engines.base import EngineSpec, Need
from podforge.engines.digests import folder_digest
from podforge.engines.options import names, number, read, setting, words
from podforge.engines.packages import check_installed, needs_of
from podforge.errors import SettingError, Unavailable
from podforge.threads import processors

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RATE = 24_000  # samples per second
MOST_CHARACTERS = 400  # in a call
# Written in Latin letters: a model that was not made for one reads it as its own language, with
# wrong pronunciation.  Of letters that are not its own, espeak-ng gives it the names.
_LATIN = frozenset({
    "af", "az", "br", "ca", "cs", "cy", "da", "de", "en", "eo", "es", "et", "eu", "fi", "fil", "fr",
    "ga", "gd", "gl", "hr", "hu", "id", "is", "it", "la", "lb", "lt", "lv", "ms", "mt", "nb", "nl",
    "nn", "no", "pl", "pt", "ro", "sk", "sl", "sq", "sv", "sw", "tl", "tr", "vi",
})  # fmt: skip


@dataclass(frozen=True)
class Options:
    """`model` is a folder; `threads` of each worker."""

    model: str = setting("", words("a folder"))
    threads: int = setting(1, number(int, 1, 256))


class PresetSpec(EngineSpec):
    """A small model; `lacking` says what a folder without one lacks."""

    sound_version = 1
    known_settings = names(Options)
    packages: ClassVar[tuple[str, ...]]  # as they are imported
    phonemizers: ClassVar[tuple[str, ...]]  # as they are published: what decides the phonemes
    lacking: ClassVar[str]
    languages: ClassVar[tuple[str, ...]]

    def files(self, folder: Path) -> list[Path]:
        """What speaks, in order; empty when something is missing.  Raises `SettingError`."""
        raise NotImplementedError

    def getting(self, folder: str) -> str:
        """The command that gets the model's files; `folder` is quoted for a shell."""
        raise NotImplementedError

    def held(self, folder: Path) -> tuple[str, ...]:
        """The names of the voices that a model in a folder holds."""
        raise NotImplementedError

    def named(self, voice: Settings) -> tuple[str, ...]:
        """The names that a voice's settings, once they are checked, call for."""
        return (str(voice["voice"]),)

    def voice_options(self, settings: Settings) -> "DataclassInstance":
        """The settings of a voice, read.  Raises `ValueError`."""
        raise NotImplementedError

    def options(self, settings: Settings) -> Options:
        """The settings of a run, read.  Raises `SettingError`."""
        return read(Options, self.name, settings)

    def limits(self, settings: Settings) -> Limits:
        """A line a call; a worker a processor, as each computes with one thread.

        Each take is another one: the vocoders hold noise that ONNX Runtime seeds as it likes.
        """
        self.options(settings)
        return Limits(
            rate=RATE,
            most_characters=MOST_CHARACTERS,
            most_utterance=MOST_CHARACTERS,
            batch=4,
            most_workers=processors(),
            stochastic=True,
            languages=self.languages,
        )

    def needs(self, settings: Settings) -> tuple[Need, ...]:
        """Its packages, and a model."""
        folder = self.options(settings).model
        there = bool(folder and self.files(Path(folder).expanduser()))
        model = Need("the model", there, self._remedy(folder))
        return (*needs_of(self.packages, self._install), model)

    def fingerprint(self, settings: Settings) -> str:
        """A digest of what speaks, and the versions of what tells it the phonemes."""
        model = f"sha256:{folder_digest(self.folder(settings), self.files)}"
        self.check_installed()
        return ", ".join([model, *_versions(self.phonemizers)])

    def sound_settings(self, settings: Settings) -> Settings:
        """There are none: model and voice decide."""
        self.options(settings)
        return {}

    def voice_settings(self, settings: Settings) -> Settings:
        """The voice, and what else differs from the usual."""
        options = self.voice_options(settings)
        usual = asdict(type(options)())
        return {name: value for name, value in asdict(options).items() if value != usual[name]}

    def unheld(self, settings: Settings, voice: Settings) -> str:
        """What a voice names and the model lacks."""
        model = self.options(settings).model
        folder = Path(model).expanduser()
        held = self.held(folder) if model and self.files(folder) else ()
        for name in self.named(voice) if held else ():
            if name not in held:
                near = get_close_matches(name, held, n=1)
                hint = f'did you mean "{near[0]}"?' if near else f"there are {', '.join(held)}"
                return f'the model in {model} has no voice "{name}" ({hint})'
        return ""

    def speaks(self, language: str) -> bool:
        """Whether it was made for a language, or can at least read its letters."""
        return language in self.languages or language in _LATIN

    def check_installed(self) -> None:
        """Raise `Unavailable` without the packages."""
        check_installed(self.name, self.packages, self._install)

    def folder(self, settings: Settings) -> Path:
        """Where the model lies.  Raises `Unavailable` or `SettingError`."""
        named = self.options(settings).model
        if not named:
            hint = f"{self._remedy('')}, then --model {self.name}"
            raise Unavailable(f"the engine {self.name} has no model", hint=hint)
        folder = Path(named).expanduser()
        if not self.files(folder):
            text = f"no {self.lacking} in {folder}"
            raise SettingError(text, "model", hint=self._remedy(named))
        return folder

    @property
    def _install(self) -> str:
        return f"pip install 'podforge[{self.name}]'"

    def _remedy(self, folder: str) -> str:
        return self.getting(shlex.quote(str(Path(folder or self.name).expanduser())))


def arrays_in(path: Path) -> tuple[str, ...]:
    """The names of the arrays in a file of numpy's; none where it is no such file."""
    try:
        with ZipFile(path) as file:
            return tuple(sorted(name.removesuffix(".npy") for name in file.namelist()))
    except (BadZipFile, OSError):  # told by whoever loads it
        return ()


def _versions(names: tuple[str, ...]) -> list[str]:
    """`phonemizer 3.4.0` and the like, of those that are installed."""
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found
