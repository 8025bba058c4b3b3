"""Which part of a recording to take: whole sentences, most speech, least noise."""

import numpy as np

from podforge.voices.listening import HOP_SECONDS, HOPS_PER_SECOND, Floats, Heard, runs

GOOD_SECONDS = 10.0
MOST_SECONDS = 30.0
PAD_SECONDS = 0.100  # of pause kept around the speech
CLEAR_DB = 30.0  # speech over noise; more is no better
WORSE_DB = 10.0


def best_stretch(heard: Heard) -> tuple[int, int]:
    """First and past the last hop to take: all speech, or the best part of it."""
    spoken = np.flatnonzero(heard.speech)
    pad = round(PAD_SECONDS * HOPS_PER_SECOND)
    first = max(0, int(spoken[0]) - pad)
    last = min(len(heard.speech), int(spoken[-1]) + 1 + pad)
    if last - first <= MOST_SECONDS * HOPS_PER_SECOND:
        return first, last
    pauses = [(a, b) for a, b in runs(~heard.speech) if first < a and b < last]
    starts = [first, *(max(a, b - pad) for a, b in pauses)]
    ends = [*(min(b, a + pad) for a, b in pauses), last]
    best = _best(heard, starts, ends)
    if best is None:  # nobody draws breath
        quiet = [first + hop for hop in _quiet_moments(heard.power[first:last])]
        best = _best(heard, [first, *quiet], [*quiet, last])
    assert best is not None, "moments are at most two seconds apart"
    return best


def _best(heard: Heard, starts: list[int], ends: list[int]) -> tuple[int, int] | None:
    """The stretch of 10 to 30 s that is worth most; of equals the first."""
    worth = np.concatenate([[0.0], np.cumsum(_worth(heard))])
    where = np.array(sorted(ends))
    found: tuple[float, int, int] | None = None
    for start in starts:
        length = (where - start) * HOP_SECONDS
        near = where[(length >= GOOD_SECONDS) & (length <= MOST_SECONDS)]
        if not len(near):
            continue
        end = int(near[worth[near].argmax()])
        score = float(worth[end] - worth[start])
        if found is None or score > found[0]:
            found = score, start, end
    return found[1:] if found else None


def _worth(heard: Heard) -> Floats:
    """What each hop is worth.

    A hop of speech counts one; nothing when there is `WORSE_DB` more noise behind it than behind
    the best of the recording, and less than nothing with more.  A tone that is held costs one,
    clipping ten.
    """
    clear = np.minimum(heard.loud_db - heard.floor_db, CLEAR_DB)
    ranked = np.sort(clear[heard.speech])[::-1]
    best = ranked[min(len(ranked), round(GOOD_SECONDS * HOPS_PER_SECOND)) - 1]
    noise = np.maximum(best - clear, 0) / WORSE_DB
    return np.asarray(heard.speech * (1 - noise) - 1.0 * heard.held - 10.0 * heard.clipped)


def _quiet_moments(power: Floats) -> list[int]:
    """The quietest hop of each second."""
    seconds = len(power) // HOPS_PER_SECOND
    each = power[: seconds * HOPS_PER_SECOND].reshape(seconds, HOPS_PER_SECOND).argmin(axis=1)
    return [second * HOPS_PER_SECOND + int(hop) for second, hop in enumerate(each)]
