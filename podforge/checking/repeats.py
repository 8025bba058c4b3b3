"""Passages that a take says again and again: the model is caught in a loop.

The colours of the take are compared with those some time earlier, for every such time (a lag).
In a loop they agree, frame after frame, at one lag; in speech they never do for long, unless
the text itself repeats.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided

from podforge.checking.durations import expected_seconds
from podforge.checking.hearing import BANDS, Fault, Flags, Floats, Sound, best_run, runs, sums
from podforge.clip import Finding, Span
from podforge.plan import Utterance

SHORTEST_SECONDS, LONGEST_SECONDS = 0.26, 3.0  # of a passage that is said three times or more
LEAST_SECONDS = 0.8  # that must agree, however short the passage is
AGREEMENT = 0.75  # mean correlation of colours; unrelated speech reaches 0.7 now and then
AROUND_SECONDS = 8.0  # whose mean colour is that of the voice: another voice has another
PLAIN_DB = 3.0  # colours nearer than this to that mean say nothing
ENOUGH = 0.85  # of what must agree: the rest is how two repeats begin and end
LIVELY = 0.35  # of the frames compared must be changing: steady sounds always agree
TWICE_SECONDS = 2.5  # a passage so long is found when it is said twice
REACH_SECONDS = 30.0  # how far back it is looked for
FAILED_SECONDS = 6.0  # of repetition
BLOCK = 3_000  # frames compared at once: a minute
EXCUSE = 5.0  # the text's own repeats excuse a loop that is at most so much shorter or longer
SAME = 0.35  # of a passage's text must be there twice to excuse it

_TRIPLE = re.compile(r"(.{1,80}?)\1\1")


@dataclass(frozen=True)
class _Loop:
    """From frame `first` to before `last` the take says what it said `lag` frames earlier.

    `gain` is how much of it agrees, and how well.
    """

    first: int
    last: int
    lag: int
    gain: float


def find_repeats(
    sound: Sound, utterances: Sequence[Utterance], spans: Sequence[Span]
) -> list[Fault]:
    """Every passage that is repeated, and not because the text is."""
    if not sound.speaks:  # tones of one pitch are all alike
        return []
    faults = []
    taken = np.zeros(len(sound.levels), np.bool_)
    loops = [*_short_loops(sound), *_long_loops(sound)]
    for loop in sorted(loops, key=lambda loop: -loop.gain):  # its own lag first, then multiples
        if taken[loop.first : loop.last].any():
            continue
        taken[max(0, loop.first - 2 * loop.lag) : loop.last + loop.lag] = True  # and its ends
        start = sound.utterance(spans, loop.first - loop.lag)
        number = sound.utterance(spans, loop.first)
        end = sound.utterance(spans, loop.last)
        text = " ".join(said.text for said in utterances[start : end + 1])
        if not _excused(text, sound.seconds(loop.lag), sound.seconds(loop.last - loop.first)):
            faults.append(Fault(_finding(sound, loop, number), loop.first, loop.last))
    return faults


def _finding(sound: Sound, loop: _Loop, number: int) -> Finding:
    lag, surplus = sound.seconds(loop.lag), sound.seconds(loop.last - loop.first)
    times = round(surplus / lag) + 1
    if times <= 2:
        return Finding(number, "suspect", f"a passage of {min(lag, surplus):.1f} s is said twice")
    text = f"a passage of {lag:.1f} s is repeated {times} times"
    return Finding(number, "failed" if surplus >= FAILED_SECONDS else "suspect", text)


def _short_loops(sound: Sound) -> Iterator[_Loop]:
    """Passages that come three times or more, one after the other."""
    lags = range(sound.frames(SHORTEST_SECONDS), sound.frames(LONGEST_SECONDS) + 1)
    least = sound.frames(LEAST_SECONDS)
    windows = [max(least, 2 * lag) for lag in lags]
    yield from _agreeing(_directions(sound), sound.changing, lags, windows)


def _long_loops(sound: Sound) -> Iterator[_Loop]:
    """Long passages that come twice; compared at half the resolution."""
    window = sound.frames(TWICE_SECONDS) // 2
    lags = range(window, min(sound.frames(REACH_SECONDS), len(sound.levels)) // 2)
    whole = len(sound.levels) // 2 * 2
    directions = _directions(sound)[:whole].reshape(-1, 2, BANDS).mean(axis=1)
    lively = sound.changing[:whole:2] | sound.changing[1:whole:2]
    for loop in _agreeing(directions, lively, lags, [window] * len(lags)):
        yield _Loop(2 * loop.first, 2 * loop.last, 2 * loop.lag, 2 * loop.gain)


def _directions(sound: Sound) -> Floats:
    """Colours as they differ from those around, at length 1, or less where they are plain."""
    half, count = sound.frames(AROUND_SECONDS / 2), len(sound.levels)
    low = np.maximum(np.arange(count) - half, 0)
    high = np.minimum(np.arange(count) + half, count)
    weights = sound.changing[:, None].astype(np.float64)
    total = np.cumsum(np.hstack([weights, weights * sound.colours]), axis=0)
    total = np.vstack([np.zeros(1 + BANDS), total])
    around = total[high] - total[low]
    offset = sound.colours - around[:, 1:] / np.maximum(around[:, :1], 1)
    length = np.linalg.norm(offset, axis=1, keepdims=True)
    return np.asarray(offset / np.maximum(length, PLAIN_DB * BANDS**0.5), np.float32)


def _agreeing(
    directions: Floats, lively: Flags, lags: range, windows: Sequence[int]
) -> Iterator[_Loop]:
    """Each stretch that agrees with what comes some lag earlier."""
    if not lags:
        return
    margin = lags[-1] + max(windows)
    for start in range(0, len(lively), BLOCK):
        block = slice(start, start + BLOCK + margin)
        moving = lively[block].astype(np.float32)
        products = _products(directions[block], lags[-1] + 1)
        for lag, window in zip(lags, windows, strict=True):
            if lag + window > len(moving):
                break
            now, then = moving[:-lag], moving[lag:]
            compared = np.maximum(now, then)
            agreed = products[: len(now), lag] * now * then
            for first, last, gain in _high(agreed, compared, window):
                yield _Loop(start + first + lag, start + last + lag, lag, gain)


def _high(agreed: Floats, compared: Floats, window: int) -> Iterator[tuple[int, int, float]]:
    """Where the mean agreement over a window is high; only frames that are compared count."""
    total, count = sums(agreed, window), sums(compared, window)
    high = (total > AGREEMENT * count) & (count > LIVELY * window)
    for first, last in runs(high) if high.any() else ():
        stretch = slice(first, last - 1 + window)
        gains = agreed[stretch] - compared[stretch] * AGREEMENT / 2
        start, end = best_run(gains)
        if end - start >= ENOUGH * window:
            yield first + start, first + end, float(gains[start:end].sum())


def _products(directions: Floats, reach: int) -> Floats:
    """Agreement of each frame with the one `lag` later, or one beside it; (frames, reach + 1)."""
    count = len(directions)
    padded = np.concatenate([directions, np.zeros((reach, BANDS), np.float32)])
    out = np.empty((count, reach + 1), np.float32)
    for first in range(0, count, reach):
        size = min(reach, count - first)
        square = padded[first : first + size] @ padded[first : first + size + reach].T
        down, right = square.strides
        out[first : first + size] = as_strided(square, (size, reach + 1), (down + right, right))
    beside = np.maximum(out[:, :-2], out[:, 2:])
    np.maximum(out[:, 1:-1], beside, out=out[:, 1:-1])
    return out


def _excused(text: str, lag: float, surplus: float) -> bool:
    """Whether the text itself says so: "no, no, no", or a sentence that comes twice."""
    words = re.findall(r"\w+", text.casefold())
    if lag > LONGEST_SECONDS or surplus < lag:
        return _comes_twice(words, SAME * min(lag, surplus))
    passages = (triple[1] for triple in _TRIPLE.finditer("".join(words)))
    times = (expected_seconds(passage)[1] for passage in passages)
    return any(lag / EXCUSE <= seconds <= lag * EXCUSE for seconds in times)


def _comes_twice(words: Sequence[str], seconds: float) -> bool:
    """Whether some run of words, that takes at least so long to say, is there twice."""
    times = [expected_seconds(word + " ")[1] for word in words]
    seen = set()
    for first in range(len(words)):
        last, left = first, seconds
        while last < len(words) and left > 0:
            left -= times[last]
            last += 1
        if left > 0:
            return False
        run = " ".join(words[first:last])
        if run in seen:
            return True
        seen.add(run)
    return False
