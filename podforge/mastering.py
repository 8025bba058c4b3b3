"""Loudness: measured, solved for, applied with a true-peak limiter, and measured again.

    mix -> survey (spooled, measured) -> solve -> apply -> encoder -> verify

The gain is solved on the measured envelopes, with the encoder's loss and the limiter's own
effect foreseen, so that the decoded file lands on the target in one encoding.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from podforge.encodings import Encoding
from podforge.errors import UsageError
from podforge.limiting import Limiter, gain_curve
from podforge.metering import HOP_SECONDS, Meter, integrated
from podforge.signal import Block, blocks_of

Floats = NDArray[np.float64]

MOST_GAIN_DB = 30.0  # nearly silent input is left quiet rather than turned into noise
PEAK_SECONDS = 0.010  # resolution of the surveyed peaks: 1.4 MB for an hour
BLOCK_SECONDS = 1.0


@dataclass(frozen=True)
class Target:
    """What the decoded file shall measure: integrated loudness, and the most of true peak."""

    name: str
    lufs: float
    true_peak_db: float


TARGETS = {
    target.name: target
    for target in (
        Target("podcast", -16.0, -1.0),
        Target("podcast-mono", -19.0, -1.0),
        Target("spotify", -14.0, -1.0),
        Target("broadcast", -23.0, -1.0),
    )
}


def target_of(text: str) -> Target:
    """The target of a name, or of a number of LUFS such as `-16`.

    Raises `UsageError`.
    """
    if text in TARGETS:
        return TARGETS[text]
    try:
        lufs = float(text)
    except ValueError:
        lufs = math.nan
    if -70 < lufs < 0:
        return Target(f"{lufs:g} LUFS", lufs, -1.0)
    near = get_close_matches(text.lower(), TARGETS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(TARGETS)}, or LUFS like -16"
    raise UsageError(f"there is no loudness target {text!r}", hint=hint)
