"""Time against text: of each utterance, beside its neighbours, and of the whole take."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from podforge.clip import CUT_CONFIDENCE, Finding
from podforge.units import CHARACTERS_PER_SECOND, spoken_length

SHORT_FAILED, SHORT_SUSPECT = 0.2, 0.4  # of the expected duration
LONG_SUSPECT, LONG_FAILED = 2.5, 5.0
SHORT_GRACE_SECONDS = 0.2  # short lines vary more: "Hm." is over at once,
LONG_GRACE_SECONDS = 1.5  # or takes a second
DIGIT_CHARACTERS = 6  # a digit may be read as a word, or four as "nineteen ten"

NEIGHBOURS = 4  # so many utterances, or more, show what pace is usual
JUDGED_SECONDS = 2.0  # shorter lines are said at any pace
HURRIED, DRAWN_OUT = 0.55, 2.0  # of the time that the pace of the take would give a line

WHOLE_SECONDS = 20.0  # of text, before a take is judged as a whole
WHOLE_SHORT, WHOLE_LONG = 0.42, 2.2  # of the expected duration; lines even out, so it is narrower
TURN_SECONDS = 1.0  # of silence that each turn may add

RAN_ON = 2.0  # a take that was cut short at so many times its text's duration never comes back
CUT_EARLY = 0.5  # of the last line's expected duration: its end is missing


@dataclass(frozen=True)
class Line:
    """An utterance in time.

    `seconds` that it takes, without what other findings tell of; `confidence` of its span;
    `slot` of its voice.
    """

    text: str
    slot: int
    seconds: float
    confidence: float = 1.0

    @cached_property
    def expected(self) -> tuple[float, float]:
        """The least and the most that its text takes to say at an easy pace."""
        return expected_seconds(self.text)

    @cached_property
    def pace(self) -> float:
        """Its duration in units of the expected one: above 1 it is slow."""
        return self.seconds * 2 / max(sum(self.expected), 1e-9)


def expected_seconds(text: str) -> tuple[float, float]:
    """How long a text takes to say, roughly: at least, with digits read as letters, and at most."""
    length = spoken_length(text)
    spelt = sum(character.isdigit() for character in text) * (DIGIT_CHARACTERS - 1)
    return length / CHARACTERS_PER_SECOND, (length + spelt) / CHARACTERS_PER_SECOND


def find_durations(lines: Sequence[Line]) -> list[Finding]:
    """Utterances that are too short or too long for their text, at most one finding each.

    Silent ones, of zero seconds, are told of elsewhere.
    """
    usual = _usual_paces(lines)
    found = []
    for number, line in enumerate(lines):
        finding = _alone(line, number) or _beside(line, number, usual.get(line.slot))
        if finding and line.seconds:
            found.append(finding)
    return found or _whole(lines)


def find_cut(lines: Sequence[Line], seconds: float) -> Finding:
    """What an engine left unsaid that was stopped at its length limit after `seconds`."""
    number, last = len(lines) - 1, lines[-1]
    text = f"stopped at the length limit after {seconds:.1f} s"
    most = sum(line.expected[1] for line in lines)
    if seconds > RAN_ON * most + LONG_GRACE_SECONDS:
        text += f", for a text of about {most:.1f} s"
        return Finding(number, "failed", text)
    usual = median(line.pace for line in lines[:-1]) if number else 1.0
    due = last.expected[0] * usual
    if last.seconds + SHORT_GRACE_SECONDS < CUT_EARLY * due:
        text += f": {last.seconds:.1f} s of the last line, which takes about {due:.1f} s"
        return Finding(number, "failed", text)
    return Finding(number, "suspect", text)


def _alone(line: Line, number: int) -> Finding | None:
    least, most = line.expected
    text = f"{line.seconds:.1f} s for a text of about {most:.1f} s"
    short, long = line.seconds + SHORT_GRACE_SECONDS, line.seconds - LONG_GRACE_SECONDS
    if short < least * SHORT_FAILED or long > most * LONG_FAILED:
        return Finding(number, "failed", text)
    if short < least * SHORT_SUSPECT or long > most * LONG_SUSPECT:
        return Finding(number, "suspect", text)
    return None


def _usual_paces(lines: Sequence[Line]) -> dict[int, float]:
    """The median pace of each slot; of all where the slot says little; of none in short takes."""
    telling = [line for line in lines if _telling(line)]
    if len(telling) < NEIGHBOURS:
        return {}
    overall = median(line.pace for line in telling)
    usual = {}
    for slot in {line.slot for line in lines}:
        paces = [line.pace for line in telling if line.slot == slot]
        usual[slot] = median(paces) if len(paces) >= NEIGHBOURS else overall
    return usual


def _beside(line: Line, number: int, pace: float | None) -> Finding | None:
    """A line that was squeezed, or drawn out, while its neighbours were not."""
    if pace is None or not _telling(line):
        return None
    least, most = (seconds * pace for seconds in line.expected)
    text = f"{line.seconds:.1f} s; at the pace of the other lines about {most:.1f} s"
    short, long = line.seconds + SHORT_GRACE_SECONDS, line.seconds - LONG_GRACE_SECONDS
    if short < HURRIED * least or long > DRAWN_OUT * most:
        return Finding(number, "suspect", text)
    return None


def _telling(line: Line) -> bool:
    """Whether its pace says something: it is long enough, and its edges are known."""
    return line.expected[0] >= JUDGED_SECONDS and line.confidence >= CUT_CONFIDENCE


def _whole(lines: Sequence[Line]) -> list[Finding]:
    least, most = (sum(times) for times in zip(*(line.expected for line in lines), strict=True))
    seconds = sum(line.seconds for line in lines)
    long = seconds - TURN_SECONDS * len(lines)
    if least < WHOLE_SECONDS or (seconds >= WHOLE_SHORT * least and long <= WHOLE_LONG * most):
        return []
    return [Finding(0, "suspect", f"{seconds:.0f} s for a window of about {most:.0f} s of text")]
