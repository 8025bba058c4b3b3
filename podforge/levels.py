"""How loud each speaker is, and what makes them equally loud.

One gain per speaker and episode (in a book: chapter), never per sentence: whispers stay whispers.
"""

import math
from collections.abc import Iterable, Mapping

from podforge.arranging import Piece
from podforge.cast import Cast
from podforge.clip import Clip, Level
from podforge.plan import Plan
from podforge.units import REFERENCE_LUFS

MOST_GAIN_DB = 24.0  # a voice further away than this is broken, not quiet
RELATIVE_GATE_LU = 10.0  # ITU-R BS.1770-4, Annex 1: blocks this far below the mean do not count


def speaker_gains(
    pieces: Iterable[Piece], plan: Plan, clips: Mapping[str, Clip], cast: Cast, least: float = 0.0
) -> Mapping[str, float]:
    """Gain in dB for each speaker of some pieces, from the loudness of all it says in them.

    One that is heard for less than `least` seconds gets the gain of the others on its engine: a
    single shout or whisper is no measure of a voice.
    """
    levels: dict[str, dict[tuple[str, int], Level]] = {}
    for number, utterance in pieces:  # of a line that is said twice, the level counts once
        job = plan.jobs[number]
        level = clips[job.key].levels[utterance]
        levels.setdefault(job.utterances[utterance].speaker, {})[job.key, utterance] = level
    heard = {name: _seconds(said.values()) for name, said in levels.items()}
    own = {name: _gain(said.values()) for name, said in levels.items()}
    known = {name: own[name] for name in own if heard[name] >= least}
    return {
        name: own[name] + cast.parts[name].gain_db
        if name in known
        else _usual(name, own, known, heard, cast) + cast.parts[name].gain_db
        for name in own
    }


def _usual(
    name: str,
    own: Mapping[str, float],
    known: Mapping[str, float],
    heard: Mapping[str, float],
    cast: Cast,
) -> float:
    """The mean gain of those who speak with the same engine, by how long; else its own."""
    engine = cast.parts[name].engine
    others = [other for other in known if cast.parts[other].engine == engine]
    if not others:
        return own[name]
    return sum(known[n] * heard[n] for n in others) / sum(heard[n] for n in others)


def _seconds(levels: Iterable[Level]) -> float:
    return sum(level.seconds for level in levels)


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
    seconds = _seconds(levels)
    if not seconds:
        return -math.inf
    energy = sum(10 ** (level.lufs / 10) * level.seconds for level in levels) / seconds
    return 10 * math.log10(energy)
