"""A part of a script, to be heard by itself: chapters, or lines of the file.

The jobs of a part are those of the whole, and so are their keys: a window that only a line of is
wanted is spoken whole.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from podforge.cues import instruction
from podforge.errors import UsageError
from podforge.plan import Plan
from podforge.script import Chapter, Cue, Script, Speech

OUTSIDE = -1  # the item of an utterance that is not in the part
_LINES = re.compile(r"(?P<first>\d{1,8})|(?P<from>\d{0,8})-(?P<to>\d{0,8})")
_SHOWN = 5  # names in a message


@dataclass(frozen=True)
class Part:
    """Those of the items of a whole script that are to be heard, by index, in order."""

    whole: Script
    items: tuple[int, ...]

    @property
    def script(self) -> Script:
        """The part as a script of its own."""
        return replace(self.whole, items=tuple(self.whole.items[index] for index in self.items))

    def planned(self, plan: Plan) -> Plan:
        """The jobs of the whole plan that hold something of the part; each stays whole."""
        place = {index: number for number, index in enumerate(self.items)}
        return Plan(
            tuple(
                replace(
                    job,
                    utterances=tuple(
                        replace(said, item=place.get(said.item, OUTSIDE)) for said in job.utterances
                    ),
                )
                for job in plan.jobs
                if any(said.item in place for said in job.utterances)
            )
        )


def select(script: Script, chapters: Sequence[str], lines: Sequence[str]) -> Part:
    """The part that holds these chapters, by title or number, and these lines (`40-60`, `57`).

    Raises `UsageError` for a chapter that there is not, and for lines in which nobody speaks.
    """
    found: set[int] = set()
    for name in chapters:
        found |= _chapter(script, name)
    for text in lines:
        found |= _of_lines(script, text)
    if not any(isinstance(script.items[index], Speech) for index in found):
        raise UsageError(f"nobody speaks in this part of {script.path}")
    return Part(script, (*_sounding(script, min(found)), *sorted(found)))


def speeches_at(script: Script, line: int) -> tuple[int, ...]:
    """The speeches that a line of the file belongs to: that begin in it, else that go on in it."""
    begun = [
        (item.place.line, index)
        for index, item in enumerate(script.items)
        if item.place.file == script.path and item.place.line <= line
    ]
    last = max(begun, default=(0, 0))[0]
    here = (index for start, index in begun if start == last)
    return tuple(index for index in here if _reaches(script, index, line))


def _reaches(script: Script, index: int, line: int) -> bool:
    """Whether a speech may go on in a line: each line of a paragraph has a word, or more."""
    item = script.items[index]
    return isinstance(item, Speech) and line - item.place.line < max(1, len(item.text.split()))


def _chapter(script: Script, name: str) -> set[int]:
    """The items of the chapters called `name`, with their headings, or of that number."""
    starts = [n for n, item in enumerate(script.items) if isinstance(item, Chapter)]
    titles = script.chapters()
    wanted = [number for number, title in enumerate(titles) if _folded(title) == _folded(name)]
    if not wanted and name.strip().isdecimal() and 0 < int(name) <= len(titles):
        wanted = [int(name) - 1]
    if not wanted:
        raise UsageError(f'--only: no chapter is called "{name}"', hint=_near(name, titles))
    ends = [*starts[1:], len(script.items)]
    return {index for number in wanted for index in range(starts[number], ends[number])}


def _near(name: str, titles: Sequence[str]) -> str:
    if not titles:
        return "there are no chapters; --lines takes lines of the file"
    folded = {_folded(title): title for title in titles}
    near = [folded[match] for match in get_close_matches(_folded(name), folded, _SHOWN, 0.4)]
    shown = ", ".join(f'"{title}"' for title in near or titles[:_SHOWN])
    return f"did you mean {shown}?" if near else f"there are {len(titles)}, such as {shown}"


def _folded(title: str) -> str:
    return " ".join(title.casefold().split())


def _of_lines(script: Script, text: str) -> set[int]:
    """The items that begin in these lines; where none does, the speech that goes on there."""
    match = _LINES.fullmatch(text.strip())
    first, last = 0, -1
    if match and text.strip() != "-":
        first = int(match["first"] or match["from"] or 1)
        last = int(match["first"] or match["to"] or max(first, _last_line(script)))
    if last < first:
        raise UsageError(f'--lines: "{text}" is not a range', hint="such as 40-60, 40-, -60, 57")
    found = {
        index
        for index, item in enumerate(script.items)
        if item.place.file == script.path and first <= item.place.line <= last
    } or set(speeches_at(script, first))
    if not any(isinstance(script.items[index], Speech) for index in found):
        raise UsageError(f"--lines {text}: nobody speaks in there", hint=nearest(script, first))
    return found


def nearest(script: Script, line: int) -> str:
    """The lines nearest to a line in which somebody speaks, as a hint."""
    lines = [s.place.line for s in script.speeches() if s.place.file == script.path]
    before, after = [n for n in lines if 0 < n < line], [n for n in lines if n > line]
    around = [*before[-1:], *after[:1]]
    if not around:
        return "the speeches of this kind of file have no lines; --only takes chapters"
    return "the nearest lines that are spoken: " + ", ".join(map(str, around))


def _last_line(script: Script) -> int:
    return max((item.place.line for item in script.items), default=1)


def _sounding(script: Script, first: int) -> list[int]:
    """The cues before the item `first` that surely sound on there: a bed that loops without end.

    A book's music ends with its chapter.  Anything else may have ended: without its file nobody
    knows, and the part is heard without it.
    """
    book = script.header.mode == "audiobook"
    headings = [n for n, item in enumerate(script.items) if isinstance(item, Chapter) and book]
    sounding: list[int] = []
    for index in range(max((n for n in headings if n <= first), default=0), first):
        item = script.items[index]
        if not isinstance(item, Cue) or item.kind != "music":
            continue
        asked = instruction(item)
        if asked.action == "start":
            sounding = [index] if asked.loops and asked.length is None else []
        elif asked.action == "stop":
            sounding = []
        elif asked.action == "change" and sounding:
            sounding.append(index)
    return sounding
