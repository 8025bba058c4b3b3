"""Noise, hum, tones and music where speech should be.

Speech changes its colour nearly all the time; noise and tones never do, music only from note to
note.  A stretch is found when it changes far less often than the rest of its take.  What
changes as often as speech, such as a drum kit, is not found.
"""

from collections.abc import Sequence

import numpy as np

from podforge.checking.hearing import Fault, Sound, best_run, runs
from podforge.clip import Finding, Span

# Windows in seconds, and at most how large a share of their frames may change, beside the
# liveliest speech of the take.  Slow music falls below the first, fast music below the others,
# after some time; of slow synthetic speech (80 words a minute) 1 in 1000 windows comes near.
WINDOWS = ((1.5, 0.22), (4.0, 0.42), (8.0, 0.52))
NEVER = 0.05  # share of changing frames in noise and steady tones
MIDDLE = 0.65  # of the liveliest share lies between speech and the rest: there stretches end
LEAST_SECONDS = 1.0  # a vowel may be held, and an s
AUDIBLE_DB = 30.0  # below the loud parts: quieter noise is the room's
WHOLE_SECONDS = 3.0  # a whole take of noise must be longer than "Hmmm."
FAILED_SECONDS = 6.0  # a shout or a sigh is never that long
NEAR_SECONDS = 0.5  # so near its end, a stretch is the end of a take or line


def find_noises(sound: Sound, spans: Sequence[Span]) -> list[Fault]:
    """Every stretch that sounds, but not like the speech around it."""
    liveliest = sound.liveliest
    if liveliest < NEVER and sound.seconds(int(sound.heard.sum())) >= WHOLE_SECONDS:
        text = "noise or a steady tone where speech should be"
        return [Fault(Finding(0, "suspect", text), *_ends(sound))]
    if not sound.speaks:  # nothing to compare with
        return []
    covered = np.zeros(len(sound.levels), np.bool_)
    for seconds, fewer in WINDOWS:
        share = sound.shares(seconds)
        for first, last in runs(share < fewer * liveliest):
            covered[first : last + sound.frames(seconds) - 1] = True
    found = (_fault(sound, spans, liveliest, first, last) for first, last in runs(covered))
    return [fault for fault in found if fault]


def _fault(
    sound: Sound, spans: Sequence[Span], liveliest: float, first: int, last: int
) -> Fault | None:
    heard, changing = sound.heard[first:last], sound.changing[first:last]
    start, end = best_run(MIDDLE * liveliest * heard - changing)
    first, last = first + start, first + end
    if sound.seconds(last - first) < LEAST_SECONDS:
        return None
    heard, changing = sound.heard[first:last], sound.changing[first:last]
    power = 10 ** (sound.levels[first:last][heard] / 10)
    if not len(power) or 10 * np.log10(power.mean()) < sound.loud - AUDIBLE_DB:
        return None
    seconds = sound.seconds(last - first)
    number, where = _where(sound, spans, first, last)
    text = f"{seconds:.1f} s of noise or music {where}"
    if changing.sum() > WINDOWS[0][1] * liveliest * heard.sum():  # it might be speech, after all
        return Fault(Finding(number, "suspect", text), first, first)
    failed = seconds >= FAILED_SECONDS
    return Fault(Finding(number, "failed" if failed else "suspect", text), first, last)


def _ends(sound: Sound) -> tuple[int, int]:
    """The first frame that is heard, and past the last."""
    heard = np.flatnonzero(sound.heard)
    return int(heard[0]), int(heard[-1]) + 1


def _where(sound: Sound, spans: Sequence[Span], first: int, last: int) -> tuple[int, str]:
    near = sound.frames(NEAR_SECONDS)
    start, end = _ends(sound)
    if first - start <= near:
        return 0, "before the first word"
    if end - last <= near:
        return len(spans) - 1, "after the last word"
    number = sound.utterance(spans, (first + last) / 2)
    inside = sound.is_inside(spans[number], first, last)
    return number, "inside the line" if inside else "after the line"
