"""From an engine's word times to times of the written words, for transcripts."""

import re
from collections.abc import Sequence
from itertools import pairwise

from podforge.script import Speech
from podforge.timeline import TimedWords
from podforge.units import MIX_RATE, to_samples

Heard = tuple[int, int, int, int]  # a range of the spoken text, and when it sounds

SHORTEST_WORD = to_samples(0.05, MIX_RATE)  # there is no time for a word in less

_WORD = re.compile(r"\S+")


def timed_words(speech: Speech, heard: Sequence[Heard], start: int, end: int) -> TimedWords:
    """Every written word of a speech with its time, in order and never running backwards.

    Words that the engine timed get their times, through the offset map of the spoken text; those
    that it timed as one share the time by length.
    The others share the time between their neighbours by length, or, where there is next to
    none, that of the word before: small words are often said as one ("in the").
    """
    spoken = speech.spoken
    found = sorted(
        (*(spoken.source(first, last) if spoken else (first, last)), begin, stop)
        for first, last, begin, stop in heard
    )
    words = [(match.start(), match.end()) for match in _WORD.finditer(speech.text)]
    times = _known(words, found)
    filled = _fill(words, times, start, end)
    return TimedWords(speech.text, (w + t for w, t in zip(words, filled, strict=True)))


def _known(
    words: Sequence[tuple[int, int]], found: Sequence[Heard]
) -> list[tuple[int, int] | None]:
    """The time of each word that some heard range overlaps."""
    times: list[tuple[int, int] | None] = []
    at = 0
    for first, last in words:
        while at < len(found) and found[at][1] <= first:
            at += 1
        inside = [heard for heard in found[at : _past(found, at, last)] if heard[1] > first]
        times.append((min(h[2] for h in inside), max(h[3] for h in inside)) if inside else None)
    return times


def _past(found: Sequence[Heard], at: int, last: int) -> int:
    while at < len(found) and found[at][0] < last:
        at += 1
    return at


def _fill(
    words: Sequence[tuple[int, int]], times: Sequence[tuple[int, int] | None], start: int, end: int
) -> list[tuple[int, int]]:
    filled: list[tuple[int, int]] = []
    at = start
    index = 0
    while index < len(words):
        known = times[index]
        until = index + 1
        while until < len(words) and times[until] == known:  # `2.5 km` is timed as a whole
            until += 1
        if known:
            begin, stop = min(end, max(at, known[0])), min(end, max(at, *known))
            filled += _share(words[index:until], begin, stop)
        else:
            following = times[until] if until < len(words) else None
            stop = max(at, following[0]) if following else end
            if filled and stop - at < SHORTEST_WORD * (until - index):
                begin, stop = filled.pop()
                filled += _share(words[index - 1 : until], begin, stop)
            else:
                filled += _share(words[index:until], at, stop)
        index, at = until, filled[-1][1]
    return filled


def _share(words: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    total = sum(last - first for first, last in words)
    edges, length = [start], 0
    for first, last in words:
        length += last - first
        edges.append(start + (end - start) * length // total)
    return list(pairwise(edges))
