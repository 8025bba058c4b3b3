"""What a finished file shall measure, by name or in numbers."""

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from podforge.errors import UsageError


@dataclass(frozen=True)
class Target:
    """What the decoded file shall measure.

    `level_db` is integrated loudness in LUFS (ITU-R BS.1770-4) or the RMS of the whole in dBFS.
    A gate passes within `tolerance_db` of it, with no true peak above `ceiling_db`, and, where
    there is a `floor_db`, with a noise floor below that.
    """

    name: str
    level_db: float
    ceiling_db: float = -1.0
    measure: Literal["LUFS", "RMS"] = "LUFS"
    tolerance_db: float = 0.3  # two meters may differ by so much
    floor_db: float | None = None
    channels: int = 0  # 0: as many as the sound needs


TARGETS = {
    target.name: target
    for target in (
        Target("podcast", -16.0),
        Target("podcast-mono", -19.0, channels=1),
        Target("spotify", -14.0),
        Target("broadcast", -23.0),  # EBU R 128
        # ACX submission requirements: RMS -23..-18 dB, peaks at most -3 dB, floor at most -60 dB
        Target("acx", -20.5, -3.0, "RMS", tolerance_db=2.5, floor_db=-60.0),
    )
}
DEFAULT_TARGET = "podcast"
_NUMBER = r"-?\d+(?:\.\d+)?"
_NUMBERS = re.compile(
    rf"(?P<level>{_NUMBER})\s*(LUFS)?(\s*/\s*(?P<ceiling>{_NUMBER})\s*(dBTP|dB)?)?", re.I
)


def target_of(text: str) -> Target:
    """The target of a name, of LUFS such as `-18`, or of LUFS and dBTP such as `-18/-2`.

    Raises `UsageError`.
    """
    name = text.strip().lower()
    if name in TARGETS:
        return TARGETS[name]
    numbers = _NUMBERS.fullmatch(name.replace("−", "-"))
    level = float(numbers["level"]) if numbers else math.nan
    ceiling = float(numbers["ceiling"] or Target.ceiling_db) if numbers else math.nan
    if -70 < level <= -5 and -20 <= ceiling <= 0:
        return Target(_in_numbers(level, ceiling), level, ceiling)
    near = get_close_matches(name, TARGETS, n=1)
    known = f"one of {', '.join(TARGETS)}, LUFS like -16, or LUFS and dBTP like -16/-2"
    hint = f"did you mean {near[0]}?" if near else known
    raise UsageError(f"there is no loudness target {text!r}", hint=hint)


def _in_numbers(level: float, ceiling: float) -> str:
    """As short as it can be written."""
    return f"{level:g}" if ceiling == Target.ceiling_db else f"{level:g}/{ceiling:g}"
