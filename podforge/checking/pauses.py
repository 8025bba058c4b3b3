"""Silence that lasts too long, inside an utterance or between two.

Silence before the first word and after the last is harmless: the mixer cuts at the spans.
"""

from collections.abc import Sequence

import numpy as np

from podforge.checking.hearing import Fault, Sound, runs
from podforge.clip import Finding, Span

INSIDE_SECONDS = 2.5  # readers pause for a second, two at an ellipsis
BETWEEN_SECONDS = 3.0  # a turn may take its time
FAILED_SECONDS = 10.0  # nobody waits that long: a listener believes that it has ended


def find_pauses(sound: Sound, spans: Sequence[Span]) -> list[Fault]:
    """Every silence that is too long."""
    heard = np.flatnonzero(sound.heard)
    if not len(heard):
        return []
    quiet = ~sound.heard
    quiet[: heard[0]] = quiet[heard[-1] :] = False
    found = (_fault(sound, spans, first, last) for first, last in runs(quiet))
    return [fault for fault in found if fault]


def _fault(sound: Sound, spans: Sequence[Span], first: int, last: int) -> Fault | None:
    seconds = sound.seconds(last - first)
    number = sound.utterance(spans, (first + last) / 2)
    inside = sound.is_inside(spans[number], first, last)
    if seconds < (INSIDE_SECONDS if inside else BETWEEN_SECONDS):
        return None
    text = f"{seconds:.1f} s of silence {'inside' if inside else 'after'} the line"
    failed = seconds >= FAILED_SECONDS
    return Fault(Finding(number, "failed" if failed else "suspect", text), first, last)
