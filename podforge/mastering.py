"""Loudness: measured, solved for, and applied with a true-peak limiter.

    mix -> survey (spooled, measured) -> solve -> apply -> encoder

The gain is solved on the measured envelopes, with the encoder's loss and the limiter's own
effect foreseen, so that the decoded file lands on the target in one encoding.
"""

import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from podforge.encodings import Encoding
from podforge.limiting import Release, attacked, block_samples, limit
from podforge.metering import integrated
from podforge.peaks import MARGIN
from podforge.signal import Block
from podforge.surveying import PARTS, PEAK_DB, PEAK_POWER, Spool, SpooledPeaks, Survey
from podforge.targets import Target
from podforge.units import to_decibels
from podforge.weighting import HOP_SECONDS, Floats

MOST_GAIN_DB = 30.0  # nearly silent input is left quiet rather than turned into noise
GAIN_STEP_DB = 0.5  # of the search for a gain that is enough
SOLVED_TO_LU = 0.002
TAKEN = 0.97  # of the loss that the envelopes foresee, the limiter takes so much (measured)
MOST_STEPS = 20  # of the search between two gains; it needs three or four
SOLVED_AT_ONCE = 600  # hops: keeps the memory flat, and the arrays in cache


@dataclass(frozen=True)
class Drive:
    """How a mix is mastered for one encoding.

    `lufs` is what the decoded file should read.  `capped` says that it stays below the target:
    no gain up to `MOST_GAIN_DB` would have reached it.
    """

    gain_db: float
    ceiling_db: float
    lufs: float
    capped: bool


def solve(survey: Survey, target: Target, encoding: Encoding, louder_db: float = 0.0) -> Drive:
    """The gain and ceiling with which the decoded file meets the target.

    Without the limiter the gain would follow at once; from there it is raised until the limited
    sound is loud enough.  Far into the limiter more gain gives less loudness: then the loudest
    that can be had is taken.  `louder_db`: what the decoded file came out above what was foreseen.
    """
    ceiling = target.ceiling_db + encoding.attenuation_db - encoding.overshoot_db
    wanted = target.level_db + encoding.attenuation_db - louder_db
    level, energies = _LEVELS[target.measure], _energies(survey, target)
    unlimited = level(energies)

    def reached(gain_db: float) -> float:
        kept = _kept(survey.peaks, gain_db, ceiling)
        kept *= energies
        lost = unlimited - level(kept) if unlimited > -math.inf else 0.0
        return unlimited - TAKEN * lost + gain_db

    low = min(wanted - _linear(level, energies), MOST_GAIN_DB)
    steps = np.arange(low, MOST_GAIN_DB + GAIN_STEP_DB, GAIN_STEP_DB).clip(max=MOST_GAIN_DB)
    best, most = low, -math.inf
    for gain in map(float, steps):
        lufs = reached(gain)
        if lufs >= wanted:
            best = _crossing(reached, best, gain, wanted)
            return Drive(best, ceiling, wanted - encoding.attenuation_db, capped=False)
        if lufs > most:
            best, most = gain, lufs
    return Drive(best, ceiling, most - encoding.attenuation_db, capped=True)


def _energies(survey: Survey, target: Target) -> Floats:
    """What the target's measure is taken of."""
    if target.measure == "RMS":
        return survey.powers.astype(np.float64)
    return survey.energies


def _rms(powers: Floats) -> float:
    """Level in dBFS of mean squares; -inf for silence."""
    return to_decibels(math.sqrt(float(powers.mean()))) if len(powers) else -math.inf


_LEVELS: Mapping[str, Callable[[Floats], float]] = {"LUFS": integrated, "RMS": _rms}


def _linear(level: Callable[[Floats], float], energies: Floats) -> float:
    """The level as it is; where that is silence by a gate, as loud as the most gain shows it."""
    found = level(energies)
    if found > -math.inf:
        return found
    return level(energies * 10 ** (MOST_GAIN_DB / 10)) - MOST_GAIN_DB


def _crossing(reached: Callable[[float], float], low: float, high: float, wanted: float) -> float:
    """Where `reached` crosses `wanted`, between `low` (below it) and `high` (not below).

    By the Illinois form of false position: the curve is nearly straight.
    """
    if low == high:
        return high
    below, above = reached(low) - wanted, reached(high) - wanted
    for _ in range(MOST_STEPS):
        middle = (low + high) / 2
        if math.isfinite(below) and above > below:
            middle = min(max(high - above * (high - low) / (above - below), low), high)
        off = reached(middle) - wanted
        if abs(off) <= SOLVED_TO_LU:
            return middle
        if off < 0:
            low, below, above = middle, off, above / 2
        else:
            high, above, below = middle, off, below / 2
    return high


def _kept(peaks: SpooledPeaks, gain_db: float, ceiling_db: float) -> Floats:
    """The part of the energy of each hop that the limiter leaves.

    Within a hop the energy is taken to lie where the peaks are high.
    """
    step = HOP_SECONDS / PARTS
    release = Release(step)
    kept = np.ones(peaks.hops)
    for start in range(0, peaks.hops, SOLVED_AT_ONCE):
        part = peaks.read(start, start + SOLVED_AT_ONCE)
        levels = np.minimum(0.0, ceiling_db - gain_db - PEAK_DB[part].reshape(-1))
        drawn = attacked(release(levels), step).reshape(part.shape)
        weights = PEAK_POWER[part]
        left = np.einsum("hp,hp->h", weights, 10 ** (drawn / 10))
        kept[start : start + SOLVED_AT_ONCE] = left / weights.sum(axis=1)
    return kept


def apply(
    spool: Spool, survey: Survey, drive: Drive, start: int = 0, end: int | None = None
) -> Iterator[Block]:
    """Samples `start` to `end` of the master, shape (samples, channels), from the mix in `spool`.

    However it is cut, the same samples come out: the limiter begins on its own grid, a block
    early, by when it has forgotten what was before.
    """
    end = survey.spooled if end is None else min(end, survey.spooled)
    grid = block_samples(survey.rate)
    first = max(0, start // grid - 1) * grid
    last = (-(-end // grid) + 1) * grid
    at = first
    windows = _spooled(spool, survey, first, last)
    for block in limit(windows, survey.rate, drive.gain_db, drive.ceiling_db):
        part = block[max(0, start - at) : max(0, end - at)]
        if len(part):
            yield part
        at += len(block)


def _spooled(spool: Spool, survey: Survey, start: int, end: int) -> Iterator[Block]:
    """The limiter's blocks with their margins, silence where the mix has ended.

    They are read without moving the file's position: several threads do it at once.
    """
    frame, step = 4 * survey.channels, block_samples(survey.rate)
    for at in range(start, min(end, survey.spooled), step):
        first, last = at - MARGIN, min(at + step, survey.spooled) + MARGIN
        inside = max(first, 0), min(last, survey.spooled)
        data = os.pread(spool.sound.fileno(), frame * (inside[1] - inside[0]), frame * inside[0])
        block = np.frombuffer(data, np.float32).reshape(-1, survey.channels)
        if inside != (first, last):
            block = np.pad(block, ((inside[0] - first, last - inside[1]), (0, 0)))
        yield block
