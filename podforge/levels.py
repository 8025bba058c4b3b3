"""How loud each speaker is, and what makes them equally loud.

One gain per speaker and episode, never per sentence: whispers stay whispers.
"""

import math
from collections.abc import Iterable, Mapping

from podforge.cast import Cast
from podforge.clip import Clip, Level
from podforge.plan import Plan
from podforge.units import REFERENCE_LUFS

MOST_GAIN_DB = 24.0  # a voice further away than this is broken, not quiet
RELATIVE_GATE_LU = 10.0  # ITU-R BS.1770-4, Annex 1: blocks this far below the mean do not count


def speaker_gains(plan: Plan, clips: Mapping[str, Clip], cast: Cast) -> Mapping[str, float]:
    """Gain in dB for each speaker, from the loudness of everything it says."""
    levels: dict[str, dict[tuple[str, int], Level]] = {}
    for job in plan.jobs:  # of a line that is said twice, the level counts once
        for number, said in enumerate(job.utterances):
            level = clips[job.key].levels[number]
            levels.setdefault(said.speaker, {})[job.key, number] = level
    return {
        name: _gain(levels.get(name, {}).values()) + part.gain_db
        for name, part in cast.parts.items()
    }


def _gain(levels: Iterable[Level]) -> float:
    loudness = gated_mean(levels)
    if loudness == -math.inf:
        return 0.0
    return max(-MOST_GAIN_DB, min(MOST_GAIN_DB, REFERENCE_LUFS - loudness))


def gated_mean(levels: Iterable[Level]) -> float:
    """Loudness of several utterances together, LUFS; those far below the rest do not count."""
    heard = [level for level in levels if level.seconds > 0 and level.lufs > -70.0]
    gate = _mean(heard) - RELATIVE_GATE_LU
    return _mean([level for level in heard if level.lufs > gate])


def _mean(levels: list[Level]) -> float:
    seconds = sum(level.seconds for level in levels)
    if not seconds:
        return -math.inf
    energy = sum(10 ** (level.lufs / 10) * level.seconds for level in levels) / seconds
    return 10 * math.log10(energy)
