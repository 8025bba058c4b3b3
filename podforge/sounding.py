"""Which cues sound, from when to when, and what ends them.

Music plays until something ends it: a stop, the next music, its own end, the end of its section.
Effects play to their own end, side by side.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from podforge.cues import Instruction, instruction
from podforge.errors import InputError, Problem
from podforge.script import Cue
from podforge.timeline import Asset, PlacedCue
from podforge.units import to_samples

EDGE_SECONDS = 0.005  # least fade, so that nothing clicks; also the seam of a loop
CROSSFADE_SECONDS = 2.0
STOP_SECONDS = 1.0
CLOSE_SECONDS = 3.0  # what nobody stops fades out for so long
NEVER = 1 << 62  # samples: the end of what has none


@dataclass(frozen=True)
class Playing:
    """An asset that sounds from `at` to `end`, as far as is known; fades in samples.

    `stopped` if its end is where something faded it out; `changes` come while it plays.
    """

    cue: Cue
    asked: Instruction
    asset: Asset
    at: int
    end: int
    fade_in: int
    fade_out: int
    stopped: bool = False
    changes: tuple[tuple[int, Instruction], ...] = ()

    def goes_on(self, kind: str, at: int) -> bool:
        """Whether it is of that kind, and would sound on from `at` if nothing came."""
        return self.cue.kind == kind and not self.stopped and self.at <= at < self.end


def playing(
    cues: Iterable[PlacedCue], close: int | None, assets: Mapping[str, Asset], rate: int
) -> list[Playing]:
    """Everything that sounds, in the order in which it begins.

    `close` is where the last speech of the episode ends, if it does in here.  What was begun
    before it ends soon after; what begins later and loops without end plays once.  Raises
    `InputError` at a cue that cannot be.
    """
    found: list[Playing] = []
    for placed, asked in _heard(cues, assets, rate):
        kind, at = placed.cue.kind, placed.at
        going = [one for one in found if one.goes_on(kind, at)]
        found = [one for one in found if not one.goes_on(kind, at)]
        match asked.action:
            case "start":
                new = _begun(placed, asked, assets[placed.cue.file], close, rate)
                if kind == "music" and going:
                    overlap = _overlap(going[0], new, rate)
                    going = [_stopped(going[0], at, overlap, rate)]
                    new = new if asked.fade_in is not None else replace(new, fade_in=overlap)
                found += [*going, new]
            case "stop":
                for one in going:
                    seconds = _first(asked.fade_out, one.asked.fade_out, STOP_SECONDS)
                    found.append(_stopped(one, at, fade(seconds, rate), rate))
            case _:
                found += [replace(one, changes=(*one.changes, (at, asked))) for one in going]
    if close is not None:
        found = [_closed(one, close, rate) for one in found]
    return sorted(found, key=lambda one: one.at)


def sounding_samples(asked: Instruction, asset: Asset, rate: int) -> int:
    """How long a cue sounds if nothing ends it; one pass, if it loops without end."""
    once = max(0, asset.samples - to_samples(asked.skip, rate))
    if asked.length is None or not once:
        return once
    wanted = to_samples(asked.length, rate)
    return wanted if asked.loops else min(once, wanted)


def length_problems(
    cues: Iterable[Cue], assets: Mapping[str, Asset], rate: int
) -> Iterator[Problem]:
    """What is wrong with cues once their files are known.  Their options must be right."""
    for cue in cues:
        asked = instruction(cue)
        if asked.action != "start":
            continue
        held = assets[cue.file].samples
        if asked.skip and to_samples(asked.skip, rate) >= held:
            text = f"nothing is left of {cue.file} from {asked.skip:g}s on"
            yield Problem(cue.place, "error", f"{text}: it is {held / rate:.1f}s long")
        if asked.loops and held < to_samples(2 * EDGE_SECONDS, rate):
            text = f"{cue.file} is too short to loop: it is {held / rate * 1000:.2f} ms long"
            yield Problem(cue.place, "error", f"{text}, and must have {2000 * EDGE_SECONDS:g}")


def fade(seconds: float, rate: int) -> int:
    """A fade in samples, at least the one that keeps an edge from clicking."""
    return to_samples(max(EDGE_SECONDS, seconds), rate)


def _heard(
    cues: Iterable[PlacedCue], assets: Mapping[str, Asset], rate: int
) -> Iterator[tuple[PlacedCue, Instruction]]:
    """The cues that do something, in order; not what is replaced where it begins."""
    given = [(placed, instruction(placed.cue)) for placed in sorted(cues, key=lambda one: one.at)]
    _check((placed.cue for placed, _ in given), assets, rate)
    cued = [
        (placed, asked)
        for placed, asked in given
        if asked.action in ("stop", "change")
        or (asked.action == "start" and sounding_samples(asked, assets[placed.cue.file], rate))
    ]
    ending: dict[str, int] = {}  # by kind: where the next cue is that ends what plays
    kept: list[tuple[PlacedCue, Instruction]] = []
    for placed, asked in reversed(cued):
        kind, starts = placed.cue.kind, asked.action == "start"
        until = ending.get(kind, NEVER)
        if asked.action == "stop" or (starts and kind == "music"):
            ending[kind] = placed.at
        if not starts or until - placed.at >= fade(0.0, rate):
            kept.append((placed, asked))
    return reversed(kept)


def _check(cues: Iterable[Cue], assets: Mapping[str, Asset], rate: int) -> None:
    problems = tuple(length_problems(cues, assets, rate))
    if problems:
        raise InputError(problems)


def _begun(
    placed: PlacedCue, asked: Instruction, asset: Asset, close: int | None, rate: int
) -> Playing:
    """What starts at a cue, as if nothing else came."""
    length = sounding_samples(asked, asset, rate)
    whole = asset.samples - to_samples(asked.skip, rate)
    breaks_off = placed.cue.kind == "music" and asked.length is not None and length != whole
    if asked.loops and asked.length is None and (close is None or placed.at < close):
        length = NEVER
    return Playing(
        placed.cue,
        asked,
        asset,
        placed.at,
        placed.at + length,
        fade_in=fade(_first(asked.fade_in, EDGE_SECONDS), rate),
        fade_out=fade(_first(asked.fade_out, STOP_SECONDS if breaks_off else 0.0), rate),
    )


def _overlap(old: Playing, new: Playing, rate: int) -> int:
    """Samples in which one music goes and the next one comes: no more than both have."""
    seconds = _first(new.asked.crossfade, new.asked.fade_in, CROSSFADE_SECONDS)
    least = fade(0.0, rate)
    return max(least, min(fade(seconds, rate), new.end - new.at - least, old.end - new.at))


def _stopped(one: Playing, at: int, samples: int, rate: int) -> Playing:
    """It fades out from `at` on, at most to its own end."""
    least = fade(0.0, rate)
    end = min(one.end, at + samples)
    fade_in = min(one.fade_in, max(least, at - one.at))
    return replace(one, end=end, fade_in=fade_in, fade_out=max(least, end - at), stopped=True)


def _closed(one: Playing, close: int, rate: int) -> Playing:
    """It fades out after the last speech, unless it ends anyway or began later."""
    samples = fade(_first(one.asked.fade_out, CLOSE_SECONDS), rate)
    to_its_end = one.cue.kind == "sfx" and one.end < NEVER
    if one.stopped or to_its_end or one.at >= close or one.end <= close + samples:
        return one
    return _stopped(one, close, samples, rate)


def _first(*values: float | None) -> float:
    """The first value that somebody gave."""
    return next(value for value in values if value is not None)
