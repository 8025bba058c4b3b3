"""The settings of a run and of a voice, and what a model's folder holds, for KittenTTS."""

import json
from dataclasses import dataclass
from pathlib import Path

from podforge.cast import Settings
from podforge.engines.options import number, read, read_voice, setting, words
from podforge.errors import SettingError, storage

NAME = "kitten"
CONFIG = "config.json"  # names the other two files, and gives voices names of their own


@dataclass(frozen=True)
class Options:
    """`model` is a folder; `threads` of each worker."""

    model: str = setting("", words("a folder"))
    threads: int = setting(1, number(int, 1, 256))

    @classmethod
    def of(cls, settings: Settings) -> "Options":
        """Raises `SettingError`."""
        return read(cls, NAME, settings)


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
    """What decides the sound, in order; empty when something is missing."""
    networks, voices = sorted(folder.glob("*.onnx")), sorted(folder.glob("voices*.npz"))
    config = [folder / CONFIG] if (folder / CONFIG).is_file() else []
    return [networks[0], voices[0], *config] if networks and voices else []


def model_in(folder: Path) -> Model:
    """The model in a folder.  Raises `SettingError` when its configuration makes no sense."""
    network, voices, *config = files(folder)
    if not config:
        return Model(network, voices)
    with storage("reading", config[0]):
        data = config[0].read_bytes()
    try:
        told = json.loads(data)
        aliases = tuple((str(k), str(v)) for k, v in told.get("voice_aliases", {}).items())
        speeds = tuple((str(k), float(v)) for k, v in told.get("speed_priors", {}).items())
        named = folder / str(told.get("model_file", network.name))
    except (ValueError, TypeError, AttributeError) as error:
        raise SettingError(f"{config[0]} is not what a model of kitten has", "model") from error
    inside = named.name == told.get("model_file") and named.is_file()
    return Model(named if inside else network, voices, aliases, speeds)
