"""The settings of a run and of a voice, for Kokoro."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podforge.cast import Settings
from podforge.engines.options import number, read_voice, setting
from podforge.errors import SettingError

NAME = "kokoro"
MODEL, VOICES = "kokoro-v1.0.onnx", "voices-v1.0.bin"  # as they are published
# The first letter of a voice's name is its language: what espeak-ng calls it (kokoro-onnx).
# Japanese (j) and Chinese (z) are not here: the model learned other phonemes for them than those
# of espeak-ng, which spells kanji and marks tones with digits.
LANGUAGES = {
    "a": "en-us", "b": "en-gb", "e": "es", "f": "fr-fr", "h": "hi", "i": "it", "p": "pt-br",
}  # fmt: skip
USUAL_LANGUAGE = "en-us"  # of any other voice
PRIMARY = ("en", "es", "fr", "hi", "it", "pt")
_SHARE_DIGITS = 6
_PART = re.compile(r"([a-z]{2}_[a-z0-9]+)(?:\*([0-9]*\.?[0-9]+))?")


def blend(text: str) -> tuple[tuple[str, float], ...]:
    """`af_heart*0.7 + bf_emma*0.3` as names in order and shares that add up to 1.

    Shares are rounded to a millionth; those that already add up to 1 as nearly as that stay as
    they are.  Raises `ValueError`.
    """
    parts = [_PART.fullmatch(part.strip()) for part in text.split("+")]
    if not all(parts):
        raise ValueError(f'"{text}" is no voice: af_heart, or af_heart*0.7 + bf_emma*0.3')
    found = sorted((part[1], float(part[2] or 1)) for part in parts if part)
    total = sum(share for _, share in found)
    if abs(total - 1) < len(found) * 10**-_SHARE_DIGITS:
        total = 1.0
    shares = [(name, round(share / total, _SHARE_DIGITS)) for name, share in found if total]
    if not all(share > 0 for _, share in shares) or len(dict(shares)) < len(found):
        raise ValueError(f'"{text}": each voice once, with a share of a millionth or more')
    return tuple(shares)


def _voice(name: str, value: Any) -> str:
    try:
        parts = blend(str(value).strip())
    except ValueError as error:
        raise SettingError(str(error), name) from error
    if len(parts) == 1:
        return parts[0][0]
    return " + ".join(f"{voice}*{_plainly(share)}" for voice, share in parts)


def _plainly(share: float) -> str:
    """Without an exponent: `0.00001`."""
    return f"{share:.{_SHARE_DIGITS}f}".rstrip("0").rstrip(".")


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
    """The model and the voices in a folder, in this order; empty when one is missing.

    Raises `SettingError` where there are several, and none with the usual name.
    """
    models = list(folder.glob("*.onnx"))
    voices = [*folder.glob("voices*.bin"), *folder.glob("voices*.npz")]
    return [_one_of(models, MODEL), _one_of(voices, VOICES)] if models and voices else []


def _one_of(found: list[Path], usual: str) -> Path:
    if len(found) == 1:
        return found[0]
    for path in found:
        if path.name == usual:
            return path
    there = ", ".join(sorted(path.name for path in found))
    text = f"{found[0].parent} holds {there}: which one?"
    raise SettingError(text, "model", hint=f"keep one of them, or call it {usual}")
