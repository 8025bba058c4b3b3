"""What a label leaves of its line, and what an ordered list puts before its item."""

import re
from dataclasses import replace

from podforge.reading.markdown.blocks import Block, Line
from podforge.reading.markdown.labels import Label
from podforge.reading.markdown.marks import VOID
from podforge.script import Speech


def rest_of(line: Line, label: Label) -> Line:
    """What stands behind a label, where it stands."""
    if line.text.endswith(label.rest):
        start = len(line.text) - len(label.rest)
        return Line(line.number, line.column + start, label.rest)
    return _scattered(line, label)


def _scattered(line: Line, label: Label) -> Line:
    """What a label leaves where marks stand in between: `**Ana: "**Never"`."""
    kept: list[str] = []  # from the end
    at = len(line.text)
    for character in reversed(label.rest):
        found = line.text.rfind(character, 0, at)
        if found < 0:
            return Line(line.number, line.column + label.column, label.rest)
        if kept:
            kept.append(VOID["label"] * (at - found - 1))
        kept.append(character)
        at = found
    return Line(line.number, line.column + at, "".join(reversed(kept)))


def without_repeats(text: str, name: str) -> str:
    """The speaker's own label standing again behind a sentence is no text."""
    if name not in text:
        return text
    again = re.compile(rf"(?<=[.!?…\"”] ){re.escape(name)}:(?=\s)")
    return again.sub(lambda match: VOID["label"] * len(match.group()), text)


def number_before(block: Block, first: Line) -> str:
    """The number of an ordered list's item, which is spoken before its first line."""
    return block.marker if block.marker[:1].isdigit() and first == block.lines[0] else ""


def numbered(speech: Speech, number: str) -> Speech:
    """The item of an ordered list: its number is spoken."""
    spoken = speech.spoken
    if spoken:
        edits = tuple(
            replace(
                edit,
                spoken_start=edit.spoken_start + len(number),
                spoken_end=edit.spoken_end + len(number),
                source_start=edit.source_start + len(number),
                source_end=edit.source_end + len(number),
            )
            for edit in spoken.edits
        )
        spoken = replace(spoken, text=number + spoken.text, edits=edits)
    events = tuple((at + len(number), name) for at, name in speech.events)
    return replace(speech, text=number + speech.text, events=events, spoken=spoken)
