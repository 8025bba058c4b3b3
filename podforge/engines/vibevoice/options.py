"""The settings of a run, checked, with their defaults."""

from dataclasses import dataclass
from typing import Any

from podforge.cast import Settings
from podforge.engines.devices import AUTO, device
from podforge.engines.options import Read, choice, names, number, read, setting
from podforge.engines.vibevoice import hub
from podforge.errors import SettingError


def _or_auto(how: Read) -> Read:
    """A number, or `auto`: the engine chooses."""
    return lambda name, value: 0 if str(value).strip().lower() == AUTO else how(name, value)


def _model(name: str, value: Any) -> str:
    text = str(value).strip()
    if not text:
        raise SettingError("the name of a model or a folder, not nothing", name)
    return text


@dataclass(frozen=True)
class Options:
    """`window` is in minutes; `batch` and `threads` are 0 where the engine chooses.

    Ten steps and a guidance of 1.3 are what the model was published with; more steps cost time and
    likeness (VibeVoice technical report, arXiv 2508.19205).
    """

    model: str = setting(hub.DEFAULT, _model)
    device: str = setting(AUTO, device)
    dtype: str = setting(AUTO, choice(AUTO, "float32", "bfloat16", "float16"))
    steps: int = setting(10, number(int, 1, 100))
    guidance: float = setting(1.3, number(float, 1, 10))
    seed: int = setting(0, _or_auto(number(int, 0, 2**31 - 1)))
    window: float = setting(4.0, number(float, 0.25, 90))
    batch: int = setting(0, _or_auto(number(int, 1, 64)))
    noise: str = setting("frozen", choice("frozen", "none"))
    threads: int = setting(0, _or_auto(number(int, 1, 256)))

    @classmethod
    def of(cls, settings: Settings) -> "Options":
        """Raises `SettingError` for a setting that there is not, or that cannot be."""
        return read(cls, "vibevoice", settings)

    @property
    def sound(self) -> Settings:
        """Those that decide the sound; a `dtype` only where the user insists on one."""
        sound = {name: getattr(self, name) for name in ("steps", "guidance", "seed", "noise")}
        return sound if self.dtype == AUTO else {**sound, "dtype": self.dtype}


SETTINGS = names(Options)
