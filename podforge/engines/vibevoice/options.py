"""The settings of a run, checked, with their defaults."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

from podforge.cast import Settings
from podforge.engines.vibevoice import hub
from podforge.errors import SettingError

AUTO = "auto"
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:[0-9]+)?")


@dataclass(frozen=True)
class Options:
    """`window` is in minutes; `batch` and `threads` are 0 where the engine chooses.

    Ten steps and a guidance of 1.3 are what the model was published with; more steps cost time and
    likeness (VibeVoice technical report, arXiv 2508.19205).
    """

    model: str = hub.DEFAULT
    device: str = AUTO
    dtype: str = AUTO
    steps: int = 10
    guidance: float = 1.3
    seed: int = 0
    window: float = 4.0
    batch: int = 0
    noise: str = "frozen"
    threads: int = 0

    @classmethod
    def of(cls, settings: Settings) -> "Options":
        """Raises `SettingError` for a setting that there is not, or that cannot be."""
        for name in settings:
            if name not in SETTINGS:
                near = get_close_matches(name, SETTINGS, n=1)
                hint = f'did you mean "{near[0]}"?' if near else "there are " + ", ".join(SETTINGS)
                raise SettingError(f'vibevoice has no setting "{name}"', name, hint=hint)
        return cls(**{name: _READ[name](name, value) for name, value in settings.items()})

    @property
    def sound(self) -> Settings:
        """Those that decide the sound; a `dtype` only where the user insists on one."""
        sound = {name: getattr(self, name) for name in ("steps", "guidance", "seed", "noise")}
        return sound if self.dtype == AUTO else {**sound, "dtype": self.dtype}


SETTINGS = tuple(field.name for field in fields(Options))


def _number(kind: type, least: float, most: float) -> Callable[[str, Any], Any]:
    def read(name: str, value: Any) -> Any:
        text = str(value).strip().lower()
        if text == AUTO and getattr(Options, name) == 0:
            return 0
        try:
            number = kind(text)
        except ValueError:
            number = None
        if number is None or isinstance(value, bool) or not least <= number <= most:
            whole = "a whole number" if kind is int else "a number"
            raise SettingError(f'{whole} from {least} to {most}, not "{value}"', name)
        return number

    return read


def _choice(*choices: str) -> Callable[[str, Any], str]:
    def read(name: str, value: Any) -> str:
        text = str(value).strip().lower()
        if text not in choices:
            raise SettingError(f'one of {", ".join(choices)}, not "{value}"', name)
        return text

    return read


def _model(name: str, value: Any) -> str:
    text = str(value).strip()
    if not text:
        raise SettingError("the name of a model or a folder, not nothing", name)
    return text


def _device(name: str, value: Any) -> str:
    text = str(value).strip().lower()
    if not _DEVICE.fullmatch(text):
        raise SettingError(f'auto, cpu, mps, cuda or cuda:1, not "{value}"', name)
    return text


_READ: dict[str, Callable[[str, Any], Any]] = {
    "model": _model,
    "device": _device,
    "dtype": _choice(AUTO, "float32", "bfloat16", "float16"),
    "steps": _number(int, 1, 100),
    "guidance": _number(float, 1, 10),
    "seed": _number(int, 0, 2**31 - 1),
    "window": _number(float, 0.25, 90),
    "batch": _number(int, 1, 64),
    "noise": _choice("frozen", "none"),
    "threads": _number(int, 1, 256),
}
