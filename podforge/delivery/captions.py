"""Captions: what is heard, cut into pieces short enough to read meanwhile.

The limits are those of the Netflix Timed Text Style Guide (42 characters a row, two rows, 7 s).
Times are whole milliseconds, the unit of every transcript format.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import accumulate, chain, count, pairwise

from podforge.plain import plain
from podforge.timeline import Line, Timeline
from podforge.units import rescale

ROW_CHARACTERS = 42
MOST_MILLISECONDS = 7_000

_SENTENCE = re.compile(r".*[.!?…。！？][\"'”’»)\]]*")
_CLAUSE = re.compile(r".*(?:[,;:、，；：][\"'”’»)\]]*|[—–])")
_TITLE = re.compile(r"(?:Mr|Mrs|Ms|Dr|St|Prof|[A-Z])\.")  # a full stop that ends no sentence

_CLAUSE_COST, _PHRASE_COST = 0.5, 2.0  # of ending a caption there, in captions
_EMPTY_COST = 0.5  # of an (almost) empty caption
_SENTENCE_BONUS, _CLAUSE_BONUS = 12, 6  # characters of imbalance that ending a row there is worth


@dataclass(frozen=True, slots=True)
class CaptionWord:
    """A written word and when it sounds, in milliseconds."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Caption:
    """At most two rows by one speaker, from `start` to `end` in milliseconds.

    `opens`: someone else spoke before.  The words lie inside, in order of time.
    """

    speaker: str
    opens: bool
    words: tuple[CaptionWord, ...]
    start: int
    end: int

    @property
    def text(self) -> str:
        """Its words on one line."""
        return " ".join(word.text for word in self.words)


def captions(timeline: Timeline) -> Iterator[Caption]:
    """All captions in order of time: none empty, none overlapping, each word in one.

    They come as they are made: a long book's are never all in memory.
    """
    return _in_sequence(_by_start(timeline))


def _by_start(timeline: Timeline) -> Iterator[Caption]:
    """The captions of all lines, by when they start; what lines share may still overlap."""
    waiting: list[tuple[int, int, Caption]] = []
    before, number = "", count()
    for line in sorted(timeline.lines, key=lambda line: line.start):
        begins = rescale(line.start, timeline.rate, 1000)
        while waiting and waiting[0][0] <= begins:  # what follows begins no earlier
            yield heappop(waiting)[-1]
        speaker = " & ".join(plain(name) for name in line.speakers)
        label = f"{speaker}:" if speaker != before else ""
        for words in split(_words(line, timeline.rate), label):
            caption = Caption(speaker, False, words, words[0].start, words[-1].end)
            heappush(waiting, (caption.start, next(number), caption))
            before = speaker
    while waiting:
        yield heappop(waiting)[-1]


def split(words: Sequence[CaptionWord], label: str = "") -> list[tuple[CaptionWord, ...]]:
    """Cut the words of a line into captions, at sentences and clauses where it can.

    Chooses the cheapest of all ways to cut, where each caption costs 1 and a poor end or an
    unevenly filled caption costs more.  The first caption leaves room for `label`.
    """
    tokens = [*label.split(), *(word.text for word in words)]
    shift = len(tokens) - len(words)
    ruler = _ruler(tokens)
    firsts = [start + shift if start else 0 for start in range(len(words))]  # tokens
    reach = [_reach(ruler, first) - shift for first in firsts]
    costs, starts = [0.0], [0]  # of the cheapest way to cut the first 0, 1, 2 ... words
    for end in range(1, len(words) + 1):
        cost, best = math.inf, end - 1
        latest, last = words[end - 1].end - MOST_MILLISECONDS, ruler[end + shift]
        for start in range(end - 1, -1, -1):
            if start < end - 1 and (end > reach[start] or words[start].start < latest):
                break
            empty = 1 - (last - ruler[firsts[start]]) / (2 * ROW_CHARACTERS)
            option = costs[start] + 1
            if empty > 0:
                option += _EMPTY_COST * empty * empty
            if option <= cost:  # of equals the longest
                cost, best = option, start
        costs.append(cost + (_end_cost(words, end) if end < len(words) else 0))
        starts.append(best)
    return _groups(words, starts)


def rows(tokens: Sequence[str]) -> tuple[str, ...]:
    """One row when it fits, else two of about equal length, broken after a clause if near."""
    text = " ".join(tokens)
    if len(text) <= ROW_CHARACTERS or len(tokens) == 1:
        return (text,)
    ruler = _ruler(tokens)

    def cost(cut: int) -> tuple[int, int]:
        longest = max(ruler[cut], ruler[-1] - ruler[cut]) - 1
        return max(0, longest - ROW_CHARACTERS), longest - _row_bonus(tokens[cut - 1])

    cut = min(range(1, len(tokens)), key=cost)
    return " ".join(tokens[:cut]), " ".join(tokens[cut:])


def _words(line: Line, rate: int) -> list[CaptionWord]:
    """The words of a line that can be seen, in milliseconds."""
    return [
        CaptionWord(text, rescale(word.start, rate, 1000), rescale(word.end, rate, 1000))
        for word in line.words
        if (text := word.text if word.text.isalnum() else plain(word.text).replace(" ", ""))
    ]


def _ruler(tokens: Sequence[str]) -> list[int]:
    """Where each token begins when all stand on one row; past the last one, too."""
    return [0, *accumulate(len(token) + 1 for token in tokens)]


def _reach(ruler: Sequence[int], first: int) -> int:
    """Past the last token that fits two rows from there; a row may hold one word that is longer."""
    cut = max(_row_end(ruler, first), first + 1)
    both = bisect_right(ruler, ruler[first] + 2 * (ROW_CHARACTERS + 1)) - 1
    return min(max(_row_end(ruler, cut), cut + 1), both)


def _row_end(ruler: Sequence[int], first: int) -> int:
    """Past the last token that fits one row from there."""
    return bisect_right(ruler, ruler[first] + ROW_CHARACTERS + 1) - 1


def _end_cost(words: Sequence[CaptionWord], end: int) -> float:
    last = words[end - 1].text
    if last[-1].isalnum():  # most do; then neither pattern can match
        return _PHRASE_COST
    if _SENTENCE.fullmatch(last) and not (_TITLE.fullmatch(last) or words[end].text[0].islower()):
        return 0.0
    return _CLAUSE_COST if _CLAUSE.fullmatch(last) else _PHRASE_COST


def _row_bonus(last: str) -> int:
    if last[-1].isalnum():
        return 0
    if _SENTENCE.fullmatch(last):
        return _SENTENCE_BONUS
    return _CLAUSE_BONUS if _CLAUSE.fullmatch(last) else 0


def _groups(words: Sequence[CaptionWord], starts: Sequence[int]) -> list[tuple[CaptionWord, ...]]:
    """Follow the chosen starts back from the end."""
    groups = []
    end = len(words)
    while end:
        groups.append(tuple(words[starts[end] : end]))
        end = starts[end]
    return groups[::-1]


def _in_sequence(ordered: Iterable[Caption]) -> Iterator[Caption]:
    """The captions one after the other, each at least 1 ms: an interruption ends the first."""
    at, before = 0, ""
    for caption, after in pairwise(chain(ordered, [None])):
        assert caption, "only the last is followed by nothing"
        start = max(at, caption.start)
        end = min(caption.end, after.start) if after else caption.end
        at = max(start + 1, end)
        words = tuple(_within(word, start, at) for word in caption.words)
        yield Caption(caption.speaker, caption.speaker != before, words, start, at)
        before = caption.speaker


def _within(word: CaptionWord, start: int, end: int) -> CaptionWord:
    if start <= word.start <= word.end <= end:
        return word
    return replace(word, start=min(max(word.start, start), end), end=min(max(word.end, start), end))
