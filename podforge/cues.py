"""What a cue asks for: `[music: theme.mp3 | fade in 1s | under -14dB]` as values.

The reader keeps a cue's options as they were written; here they get their meaning.  The user's
page is docs/cues.md.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from podforge.errors import InputError, Problem
from podforge.plain import plain
from podforge.script import Cue, Script

Action = Literal["start", "stop", "change", "none"]
_Fields = dict[str, Any]  # of an `Instruction`
_Reader = Callable[[str], _Fields | None]  # None: the option cannot have this value

SUFFIXES = ("mp3", "wav", "flac", "ogg", "oga", "opus", "m4a", "aac", "aif", "aiff")  # of files

_OTHERS = ("ac3", "amr", "caf", "m4b", "mka", "mkv", "mov", "mp2", "mp4", "webm", "wma")
_NAMED = re.compile(rf"\S\.(?:{'|'.join(SUFFIXES + _OTHERS)})\b", re.I)  # a file, in prose
_STOPS = re.compile(r"stops?|ends?|off|out|fades?[\s-]*out")
_TIME = re.compile(r"(\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})\s*(ms|s|secs?|seconds?|m|mins?|minutes?)?")
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2}(?:\.\d{1,6})?)")
_LEVEL = re.compile(r"([+-]?\s*\d{1,4}(?:\.\d{1,6})?)\s*(?:db)?")
_NUMBER = re.compile(r"[+-]?\d{0,4}\.?\d{1,6}")
_SCALE = {"ms": 0.001, "s": 1.0, "m": 60.0}
SIDES = {"left": -1.0, "centre": 0.0, "center": 0.0, "right": 1.0}


@dataclass(frozen=True)
class Instruction:
    """What is to happen at a cue.  Times in seconds; None: whoever carries it out decides.

    `start` begins the cue's file, `stop` and `change` mean what sounds already, `none` is a line
    of the cue sheet: nothing happens.
    """

    action: Action
    fade_in: float | None = None
    fade_out: float | None = None
    under_db: float | None = None  # while somebody speaks; 0: no lower than otherwise
    gain_db: float | None = None
    pan: float = 0.0  # -1 left .. 1 right
    seam: float | None = None  # overlap of the end with the next start, when it loops
    loops: bool = False
    skip: float = 0.0  # of the file
    length: float | None = None
    crossfade: float | None = None  # from the music before
    waits: bool = False  # speech goes on when this has ended


@dataclass(frozen=True)
class _Option:
    """What may follow a `|`: how its value is read, what it takes, and with which actions."""

    read: _Reader
    wanted: str
    actions: tuple[Action, ...] = ("start",)


def instruction(cue: Cue) -> Instruction:
    """What `cue` asks for.

    Raises `InputError` with every option that is unknown, or whose value cannot be.  A line
    without a file and without an action is prose: nothing in it is an error.
    """
    action, options = _action(cue)
    errors: list[str] = []
    fields: _Fields = {}
    for written in options if action != "none" else ():
        read = _read(written, action, cue.kind)
        if isinstance(read, str):
            errors.append(read)
        elif fields.keys() & read.keys():
            errors.append(f'"{written}" contradicts another option of this cue')
        else:
            fields |= read
    if errors:
        raise InputError(tuple(Problem(cue.place, "error", text) for text in errors))
    return Instruction(action, **fields)


def cue_problems(script: Script) -> Iterator[Problem]:
    """Everything that is wrong with the cues of a script.

    Music that is only described counts as playing: what stops it belongs to the cue sheet too.
    """
    playing: set[str] = set()
    for cue in script.items:
        if not isinstance(cue, Cue):
            continue
        action, _ = _action(cue)
        try:
            asked = instruction(cue)
        except InputError as error:
            yield from error.problems
        else:
            if asked.length == 0:
                yield Problem(cue.place, "warning", f"{cue.file} is not heard: it sounds for 0s")
            prose = " | ".join(part for part in (cue.description, *cue.options) if part)
            if asked.action == "none" and _NAMED.search(prose):
                text = f'"{plain(prose)}" is a line of the cue sheet, and nothing sounds'
                yield Problem(cue.place, "warning", f"{text}: {_FILE}")
        if action in ("stop", "change"):
            if cue.kind not in playing:
                what = "music" if cue.kind == "music" else "sound effect"
                yield Problem(cue.place, "warning", f"no {what} is playing here")
            playing -= {cue.kind} if action == "stop" else set()
        else:
            playing.add(cue.kind)


def _action(cue: Cue) -> tuple[Action, tuple[str, ...]]:
    """The action, and the options with those that the description itself is."""
    if cue.file:
        return "start", cue.options
    said = _plain(cue.description)
    if _STOPS.fullmatch(said):
        return "stop", cue.options
    if said in ("up", "under off"):
        return "change", ("under off", *cue.options)
    name, value = _divided(said)
    if name == "fade out" and (_TIME.fullmatch(value) or _CLOCK.fullmatch(value)):
        return "stop", (said, *cue.options)
    if name in ("under", "gain") and _LEVEL.fullmatch(value):
        return "change", (said, *cue.options)
    return "none", ()


def _read(written: str, action: Action, kind: str) -> _Fields | str:
    """The fields that an option sets, or what is wrong with it."""
    name, value = _divided(_plain(written))
    if not name:
        return f'unknown option "{written}"{_meant(_plain(written))}'
    option = _OPTIONS[name]
    if action not in option.actions:
        return f'"{written}" has no meaning in a cue that only {_ONLY[action]}'
    if name == "crossfade" and kind != "music":
        return f'"{written}" is for music: effects sound side by side'
    read = option.read(value)
    return f'"{written}" cannot be: {name} takes {option.wanted}' if read is None else read


def _plain(text: str) -> str:
    """Lower case, single spaces, hyphens for minus signs and dashes."""
    return " ".join(re.sub("[−–]", "-", text).casefold().split())


def _divided(option: str) -> tuple[str, str]:
    """The name of an option and its value; no name if nobody knows it."""
    for name, pattern in _NAMES.items():
        if found := pattern.fullmatch(option):
            return name, found[1]
    return "", option


def _meant(option: str) -> str:
    """The known option that was probably meant, or all there are."""
    word = re.match(r"[a-z -]*[a-z]|", option)
    near = get_close_matches(word[0] if word else "", _OPTIONS, n=1)
    return f' (did you mean "{near[0]}"?)' if near else f" (known: {', '.join(_OPTIONS)})"


def _seconds(text: str) -> float | None:
    """`1.5s`, `300ms`, `2`, `1m`, `0:10`, `1:02:03`."""
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = int(clock[1] or 0), int(clock[2]), float(clock[3])
        return hours * 3600 + minutes * 60 + seconds if seconds < 60 else None
    found = _TIME.fullmatch(text)
    if not found:
        return None
    unit = found[2] or "s"
    return float(found[1]) * _SCALE["ms" if unit == "ms" else unit[0]]


def _time(field: str, most: float) -> _Reader:
    def read(value: str) -> _Fields | None:
        seconds = _seconds(value)
        return {field: seconds} if seconds is not None and seconds <= most else None

    return read


def _level(field: str, low: float, high: float) -> _Reader:
    def read(value: str) -> _Fields | None:
        found = _LEVEL.fullmatch(value)
        level = float(found[1].replace(" ", "")) if found else low - 1
        return {field: level} if low <= level <= high else None

    return read


def _under(value: str) -> _Fields | None:
    return {"under_db": 0.0} if value == "off" else _level("under_db", -60, 0)(value)


def _pan(value: str) -> _Fields | None:
    if value in SIDES:
        return {"pan": SIDES[value]}
    pan = float(value) if _NUMBER.fullmatch(value) else 2.0
    return {"pan": pan} if -1 <= pan <= 1 else None


def _loop(value: str) -> _Fields | None:
    if not value:
        return {"loops": True}
    seam = _time("seam", 30)(value)
    return {"loops": True, **seam} if seam else None


def _word(waits: bool) -> _Reader:
    return lambda value: None if value else {"waits": waits}


_FILE = (
    f"a file stands by itself, options after a |, and it ends in .{', .'.join(SUFFIXES[:-1])} "
    f"or .{SUFFIXES[-1]}"
)
_FADE = "a time from 0s to 1m, such as 1.5s"
_PART = "a time from 0s to 24h, such as 20s or 1:30"
_DAY = 24 * 3600.0
_ONLY = {"stop": "stops what sounds", "change": "changes what sounds"}
_OPTIONS = {
    "fade in": _Option(_time("fade_in", 60), _FADE),
    "fade out": _Option(_time("fade_out", 60), _FADE, ("start", "stop")),
    "under": _Option(
        _under, "a level from -60dB to 0dB, such as -14dB, or off", ("start", "change")
    ),
    "gain": _Option(
        _level("gain_db", -60, 24),
        "a level from -60dB to 24dB, such as -3dB",
        ("start", "change"),
    ),
    "pan": _Option(_pan, "left, right, centre, or a number from -1 to 1"),
    "loop": _Option(_loop, "nothing, or the overlap of its ends from 0s to 30s"),
    "from": _Option(_time("skip", _DAY), _PART),
    "for": _Option(_time("length", _DAY), _PART),
    "crossfade": _Option(_time("crossfade", 60), _FADE),
    "wait": _Option(_word(waits=True), "no value"),
    "over": _Option(_word(waits=False), "no value"),
}
_NAMES = {
    name: re.compile(name.replace(" ", r"[\s-]*") + r"(?![a-z])\s*[:=]?\s*(.*)")
    for name in _OPTIONS
}
