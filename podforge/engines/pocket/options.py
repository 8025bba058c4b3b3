"""The settings of a run and of a voice for Pocket TTS."""

from dataclasses import asdict, dataclass

from podforge.cast import Settings
from podforge.engines.devices import device
from podforge.engines.options import number, read, read_voice, setting, words

NAME = "pocket"
# What transformers' own documentation loads; kyutai/pocket-tts is the original, in another layout.
DEFAULT = "eustlb/pocket-tts"
SILENT = ("model", "device", "threads")  # of the settings: they decide no sound of their own


@dataclass(frozen=True)
class Options:
    """`model` is an id on the Hugging Face Hub, or a folder; `threads` of each worker.

    `temperature` is the variance of the noise and `steps` how often the flow head is asked for a
    frame; None is what the model was published with.
    """

    model: str = setting(DEFAULT, words("the name of a model, or a folder"))
    device: str = setting("cpu", device)
    threads: int = setting(1, number(int, 1, 256))
    temperature: float | None = setting(None, number(float, 0, 2))
    steps: int | None = setting(None, number(int, 1, 64))
    seed: int = setting(0, number(int, 0, 2**31 - 1))

    @classmethod
    def of(cls, settings: Settings) -> "Options":
        """Raises `SettingError`."""
        return read(cls, NAME, settings)

    @property
    def sound(self) -> Settings:
        """Those that decide the sound; the model's own values are in its fingerprint."""
        values = asdict(self)
        return {k: v for k, v in values.items() if k not in SILENT and v is not None}


@dataclass(frozen=True)
class VoiceOptions:
    """`voice`: one that comes with the model, such as `alba`; empty: the voice's recording."""

    voice: str = setting("", words("the name of a voice", most=100))

    @classmethod
    def of(cls, settings: Settings) -> "VoiceOptions":
        """Raises `ValueError`."""
        return read_voice(cls, NAME, settings)
