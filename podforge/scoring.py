"""The cues of a section as beds: levelled, cut to the section, and out of the way of speech.

Everything counts from the section's start, so that its beds are the same wherever it stands.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from podforge.cues import instruction
from podforge.ducking import envelope
from podforge.errors import Problem
from podforge.script import Cue
from podforge.sounding import CLOSE_SECONDS, EDGE_SECONDS, Playing, fade, playing, sounding_samples
from podforge.timeline import Asset, Bed, PlacedCue
from podforge.units import REFERENCE_LUFS, to_samples

MOST_LIFT_DB = 12.0  # a quieter recording would bring up its noise
MOST_PEAK_DB = 3.0  # dBFS in the mix; the master's limiter takes care of so much
MUSIC_UNDER_DB = -15.0  # while somebody speaks


def score(
    cues: Iterable[PlacedCue],
    speech: Iterable[tuple[int, int]],
    start: int,
    end: int,
    assets: Mapping[str, Asset],
    rate: int,
    last: bool = True,
) -> tuple[tuple[Bed, ...], tuple[Problem, ...]]:
    """The beds of the section from `start` to `end`, and warnings.

    `cues` and `speech`, as [start, end), are in samples of the timeline; those outside the
    section are not for it.  `assets` holds one for every file.  In the last section what was
    begun before the last speech ended fades out after it; in others, what still plays ends with
    its section, with a warning.  Raises `InputError` at a cue that cannot be.
    """
    length = end - start
    placed = [PlacedCue(one.cue, one.at - start) for one in cues if start <= one.at < end]
    spoken = [
        (max(0, first - start), min(length, past - start))
        for first, past in speech
        if first < end and past > start
    ]
    close = max((past for _, past in spoken), default=0) if last else None
    beds: list[Bed] = []
    problems: list[Problem] = []
    for one in playing(placed, close, assets, rate):
        if one.end > length and not last and not one.stopped:
            text = f"{one.cue.file} still plays where its chapter ends, and ends with it"
            problems.append(Problem(one.cue.place, "warning", text))
        beds.append(_bed(_cut(one, length, rate), spoken, rate))
    return tuple(beds), tuple(problems)


def trailing(cues: Iterable[PlacedCue], at: int, assets: Mapping[str, Asset], rate: int) -> int:
    """Where the last sound of an episode ends whose last speech ends `at`; at least `at`.

    `cues` are those of the last section, at their places in the timeline.
    """
    return max([at, *(one.end for one in playing(cues, at, assets, rate))])


def waits(cue: Cue, assets: Mapping[str, Asset], rate: int) -> int:
    """How many samples speech waits for a cue to end; 0 unless it has the option `wait`."""
    asked = instruction(cue)
    return sounding_samples(asked, assets[cue.file], rate) if asked.waits else 0


def _cut(one: Playing, length: int, rate: int) -> Playing:
    """What goes beyond its section, ended with it: its fade began already, or is made to fit."""
    if one.end <= length:
        return one
    if one.stopped:
        samples = length - (one.end - one.fade_out)
    elif one.asked.fade_out is not None:
        samples = one.fade_out
    else:
        samples = min(to_samples(CLOSE_SECONDS, rate), (length - one.at) // 2)
    return replace(one, end=length, fade_out=max(fade(0.0, rate), samples))


def _bed(one: Playing, speech: Sequence[tuple[int, int]], rate: int) -> Bed:
    asked, asset = one.asked, one.asset
    gain = asked.gain_db or 0.0
    under = MUSIC_UNDER_DB if one.cue.kind == "music" else 0.0
    depths = [(one.at, under if asked.under_db is None else asked.under_db)]
    gains = [(one.at, 0.0)]
    for at, change in one.changes:
        depths += [] if change.under_db is None else [(at, change.under_db)]
        gains += [] if change.gain_db is None else [(at, change.gain_db - gain)]
    fade_in, fade_out = _fitting(one, rate)
    offset = to_samples(asked.skip, rate)
    loops = offset + one.end - one.at > asset.samples
    return Bed(
        asset=asset,
        offset=offset,
        at=one.at,
        end=one.end,
        gain_db=_levelling(asset) + gain,
        pan=asked.pan,
        fade_in=fade_in,
        fade_out=fade_out,
        level=envelope(speech, one.at, one.end, depths, rate, gains),
        loops=loops,
        crossfade=_seam(one, offset, rate) if loops else 0,
    )


def _fitting(one: Playing, rate: int) -> tuple[int, int]:
    """The fades in samples, shortened alike where they are longer than what sounds."""
    length, fades = one.end - one.at, one.fade_in + one.fade_out
    if fades <= length:
        return one.fade_in, one.fade_out
    least = min(fade(0.0, rate), length // 2)
    fade_in = min(max(least, length * one.fade_in // fades), length - least)
    return fade_in, length - fade_in


def _seam(one: Playing, offset: int, rate: int) -> int:
    """The overlap of a loop with itself: at most half of it, and what its first pass has."""
    wanted = to_samples(EDGE_SECONDS if one.asked.seam is None else one.asked.seam, rate)
    return min(wanted, one.asset.samples // 2, one.asset.samples - offset)


def _levelling(asset: Asset) -> float:
    """Gain that makes an asset as loud as speech, in dB, within what it bears."""
    if asset.lufs == -math.inf:
        return 0.0
    return min(REFERENCE_LUFS - asset.lufs, MOST_LIFT_DB, MOST_PEAK_DB - asset.peak_db)
