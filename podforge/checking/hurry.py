"""Speech that gets faster and faster, inside one long turn or over a window.

Over a window, text is counted against time.  Inside a turn nobody knows where the middle of its
text sounds, so quickness is heard: how far the colour moves in 40 ms, as a share of how far it
moves in 400 ms, by when it is somewhere else altogether.  Between 120 and 260 words a minute it
rises by 70 %, and one voice keeps it to 3 %, whatever it says.
"""

import math
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from podforge.checking.durations import Line
from podforge.checking.hearing import Sound
from podforge.clip import CUT_CONFIDENCE, Finding, Span
from podforge.units import spoken_length

NEAR_SECONDS, FAR_SECONDS = 0.040, 0.400  # between which quickness is measured
HALF_SECONDS = 8.0  # of speech in each half of a turn, or it is not judged
QUICKER = 0.15  # by so much the second half of a turn is: about 1.3 times as fast; or ...
QUICKER_BY_CHANCE = 0.7  # ... by this, over the root of its seconds: four standard deviations
THIRD_SECONDS = 12.0  # of speech by one voice in each third of a window, or it is not judged
FASTER = 1.5  # the last third of a window beside the first, in text by time


def find_hurry(sound: Sound, lines: Sequence[Line], spans: Sequence[Span]) -> list[Finding]:
    """Long turns that speed up, and a window that does."""
    if not sound.speaks:
        return []
    found = []
    for number, span in enumerate(spans):
        if _quickens(sound, sound.frame(span.start), sound.frame(span.end)):
            text = "the second half is spoken much faster than the first"
            found.append(Finding(number, "suspect", text))
    ratio = _speeding(lines)
    if ratio > FASTER and not found:
        text = f"the last third of the window is spoken {ratio:.1f} times as fast as the first"
        found.append(Finding(len(lines) - 1, "suspect", text))
    return found


def _quickens(sound: Sound, first: int, last: int) -> bool:
    """Whether the second half of a stretch is much quicker than the first."""
    heard = first + np.flatnonzero(sound.heard[first:last])
    half = sound.seconds(len(heard) / 2)
    if half < HALF_SECONDS:
        return False
    middle = int(heard[len(heard) // 2])
    most = 1 + max(QUICKER, QUICKER_BY_CHANCE / math.sqrt(half))
    return _quickness(sound, middle, last) > most * _quickness(sound, first, middle)


def _quickness(sound: Sound, first: int, last: int) -> float:
    near, far = (_movement(sound, first, last, lag) for lag in (NEAR_SECONDS, FAR_SECONDS))
    return near / max(far, 1e-9)


def _movement(sound: Sound, first: int, last: int, seconds: float) -> float:
    """Mean distance between colours so many seconds apart, in dB, where both are heard."""
    lag = sound.frames(seconds)
    colours, heard = sound.colours[first:last], sound.heard[first:last]
    both = heard[lag:] & heard[:-lag]
    apart = np.sqrt(np.mean((colours[lag:] - colours[:-lag])[both] ** 2, axis=1))
    return float(apart.mean()) if len(apart) else 0.0


def _speeding(lines: Sequence[Line]) -> float:
    """How much faster the last third of the text goes by than the first, voice by voice."""
    lengths = [spoken_length(line.text) for line in lines]
    total = sum(lengths)
    logs, weights = 0.0, 0.0
    thirds: dict[int, list[list[float]]] = {}
    for line, length, end in zip(lines, lengths, accumulate(lengths), strict=True):
        if line.confidence < CUT_CONFIDENCE:
            continue
        third = min(2, int(3 * (end - length / 2) / max(total, 1)))
        times = thirds.setdefault(line.slot, [[0.0, 0.0] for _ in range(3)])[third]
        times[0] += line.seconds
        times[1] += sum(line.expected) / 2
    for first, _, last in thirds.values():
        weight = min(first[1], last[1])
        if weight >= THIRD_SECONDS and min(first[0], last[0]) > 0:
            logs += weight * math.log((first[0] / first[1]) / (last[0] / last[1]))
            weights += weight
    return math.exp(logs / weights) if weights else 1.0
