"""The settings of a run and of a voice, for Kokoro."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podforge.cast import Settings
from podforge.engines.options import number, read_voice, setting
from podforge.errors import SettingError

NAME = "kokoro"
# The first letter of a voice's name is its language: what espeak-ng calls it (kokoro-onnx).
LANGUAGES = {
    "a": "en-us", "b": "en-gb", "e": "es", "f": "fr-fr", "h": "hi", "i": "it", "j": "ja",
    "p": "pt-br", "z": "cmn",
}  # fmt: skip
PRIMARY = ("en", "es", "fr", "hi", "it", "ja", "pt", "zh")
_PART = re.compile(r"([a-z]{2}_[a-z0-9]+)(?:\*([0-9]*\.?[0-9]+))?")


def blend(text: str) -> tuple[tuple[str, float], ...]:
    """`af_heart*0.7 + bf_emma*0.3` as names and shares that add up to 1.

    Raises `ValueError`.
    """
    parts = [_PART.fullmatch(part.strip()) for part in text.split("+")]
    if not all(parts):
        raise ValueError(f'"{text}" is no voice: af_heart, or af_heart*0.7 + bf_emma*0.3')
    found = [(part[1], float(part[2] or 1)) for part in parts if part]
    total = sum(share for _, share in found)
    if total <= 0 or len({name for name, _ in found}) < len(found):
        raise ValueError(f'"{text}": each voice once, with a share above nothing')
    return tuple((name, round(share / total, 6)) for name, share in found)


def _voice(name: str, value: Any) -> str:
    try:
        parts = blend(str(value).strip())
    except ValueError as error:
        raise SettingError(str(error), name) from error
    if len(parts) == 1:
        return parts[0][0]
    return " + ".join(f"{voice}*{share:g}" for voice, share in parts)


@dataclass(frozen=True)
class VoiceOptions:
    """`voice`: a preset, or a blend of several."""

    voice: str = setting("", _voice)
    speed: float = setting(1.0, number(float, 0.5, 2.0))

    @classmethod
    def of(cls, settings: Settings) -> "VoiceOptions":
        """Raises `ValueError`."""
        options = read_voice(cls, NAME, settings)
        if not options.voice:
            raise ValueError('kokoro needs a "voice", such as af_heart or af_heart*0.7 + bf_emma')
        return options


def files(folder: Path) -> list[Path]:
    """The model and the voices in a folder, in this order; empty when one is missing."""
    models = sorted(folder.glob("*.onnx"))
    voices = sorted([*folder.glob("voices*.bin"), *folder.glob("voices*.npz")])
    return [models[0], voices[0]] if models and voices else []
