"""The settings of a run and of a voice, and what a model's folder holds, for KittenTTS."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podforge.cast import Settings
from podforge.engines.options import number, read_voice, setting, words
from podforge.errors import SettingError, storage

NAME = "kitten"
CONFIG = "config.json"  # names the other two files, and gives voices names of their own
PATTERNS = {
    "model_file": "*.onnx",
    "voices": "voices*.npz",
}  # what it calls them, and what they are


@dataclass(frozen=True)
class VoiceOptions:
    """`voice`: a preset, such as `Bella` or `expr-voice-2-f`."""

    voice: str = setting("", words("the name of a voice", most=100))
    speed: float = setting(1.0, number(float, 0.5, 2.0))

    @classmethod
    def of(cls, settings: Settings) -> "VoiceOptions":
        """Raises `ValueError`."""
        options = read_voice(cls, NAME, settings)
        if not options.voice:
            raise ValueError('kitten needs a "voice", such as Bella or expr-voice-2-f')
        return options


@dataclass(frozen=True)
class Model:
    """The files of a model; `aliases` are other names of its voices."""

    network: Path
    voices: Path
    aliases: tuple[tuple[str, str], ...] = ()
    speeds: tuple[tuple[str, float], ...] = ()  # how much faster a voice must speak to sound usual


def files(folder: Path) -> list[Path]:
    """The files that speak: network, voices, configuration; empty when one of the two is missing.

    Raises `SettingError` as `model_in` does.
    """
    told = _told(folder)
    found = [_file(folder, told.get(key), pattern) for key, pattern in PATTERNS.items()]
    config = [folder / CONFIG] if told else []
    return [*(path for path in found if path), *config] if all(found) else []


def model_in(folder: Path) -> Model:
    """The model in a folder.  Raises `SettingError` when its configuration makes no sense."""
    (network, voices, *_), told = files(folder), _told(folder)
    try:
        aliases = tuple((str(k), str(v)) for k, v in told.get("voice_aliases", {}).items())
        speeds = tuple((str(k), float(v)) for k, v in told.get("speed_priors", {}).items())
    except (ValueError, TypeError, AttributeError) as error:
        raise _nonsense(folder) from error
    return Model(network, voices, aliases, speeds)


def _told(folder: Path) -> dict[str, Any]:
    """What the configuration says; nothing where there is none."""
    path = folder / CONFIG
    if not path.is_file():
        return {}
    with storage("reading", path):
        data = path.read_bytes()
    try:
        told = json.loads(data)
    except ValueError as error:
        raise _nonsense(folder) from error
    if not isinstance(told, dict):
        raise _nonsense(folder)
    return told


def _file(folder: Path, named: object, pattern: str) -> Path | None:
    """The file that is named, where it lies in the folder itself, else the first like that."""
    alike = sorted(folder.glob(pattern))
    return next((path for path in alike if path.name == named), next(iter(alike), None))


def _nonsense(folder: Path) -> SettingError:
    return SettingError(f"{folder / CONFIG} is not what a model of kitten has", "model")
