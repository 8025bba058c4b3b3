"""Where a take is quiet: every place at which one phrase may end and the next begin.

Times here are frames of `HOP_SECONDS`, as `signal.rms_envelope` makes them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podforge.signal import rms_envelope
from podforge.units import to_samples

HOP_SECONDS = 0.010
RANGE_DB = 60.0  # what is further below the loud parts is silence, whatever it holds
QUIET_DB = 30.0  # a pause is this far below the loud parts
LEAST_QUIET_DB = 15.0  # ... or at least this far, where the noise floor is that high
FLOOR_DB = 6.0  # ... and not further above the noise floor around it than this
BLOCK_FRAMES, FLOOR_BLOCKS = 20, 10  # the floor is looked for in these blocks on both sides
TIGHT_DB = 6.0  # its edges lie where the sound is less than this above its own floor
CLICK_FRAMES = 1  # ... or is more for no longer than this
DEEP_DB = 20.0  # that floor is less than this above the quietest moment around it, or it is breath
DIP_DB = 4.0  # a dip in the middle of sound is this deep on both sides
DIP_FRAMES = 10  # ... within this much
GRID_FRAMES = 30  # where there is neither pause nor dip, a place is offered this often

Levels = NDArray[np.float32]  # dBFS, (frames,)
Frames = NDArray[np.intp]


@dataclass(frozen=True)
class Pauses:
    """Places for boundaries in order, none overlapping another; the ends of the speech included.

    Between frame `start` and `end` it is quiet: a dip in the sound has a length of 0 and is not
    `silent`.  `spoken` is how many seconds of sound come before it.  `hop` is samples a frame,
    `threshold` the level in dBFS above which a frame is speech.  Arrays have shape (places,).
    """

    start: Frames
    end: Frames
    silent: NDArray[np.bool_]
    spoken: NDArray[np.float64]
    rate: int
    hop: int
    threshold: float

    def __len__(self) -> int:
        return len(self.start)

    @property
    def frame_seconds(self) -> float:
        """How long a frame is: about `HOP_SECONDS`, but whole samples."""
        return self.hop / self.rate

    @property
    def seconds(self) -> NDArray[np.float64]:
        """How long each is."""
        return np.asarray((self.end - self.start) * self.frame_seconds)


def find_pauses(samples: NDArray[np.float32], rate: int) -> Pauses | None:
    """All places of a take; `None` where nothing in it is above the threshold."""
    levels = 20 * np.log10(np.maximum(rms_envelope(samples, rate, HOP_SECONDS), np.float32(1e-5)))
    if not len(levels):
        return None
    loud = float(np.percentile(levels, 95))
    levels = np.maximum(levels, loud - RANGE_DB)
    around = _floors(levels)
    quiet = levels < np.clip(around + FLOOR_DB, loud - QUIET_DB, loud - LEAST_QUIET_DB)
    heard = np.flatnonzero(~quiet)
    if loud <= -RANGE_DB - QUIET_DB or not len(heard):
        return None
    speech = slice(heard[0], heard[-1] + 1)
    runs = _runs(levels[speech], quiet[speech], around[speech])
    dips = _dips(levels[speech], quiet[speech])
    start, end, silent = _merged(*runs, dips, speech.stop - speech.start)
    start, end = start + speech.start, end + speech.start
    hop = max(1, to_samples(HOP_SECONDS, rate))
    spoken = np.concatenate([[0], np.cumsum(~quiet)]) * (hop / rate)
    return Pauses(start, end, silent, spoken[(start + end) // 2], rate, hop, loud - QUIET_DB)


def _floors(levels: Levels) -> Levels:
    """The quietest moment around each frame: speakers and rooms differ in their noise."""
    blocks = -(-len(levels) // BLOCK_FRAMES)
    quietest = np.pad(_smoothed(levels), (0, blocks * BLOCK_FRAMES - len(levels)), mode="edge")
    quietest = quietest.reshape(blocks, BLOCK_FRAMES).min(axis=1)
    near = np.pad(quietest, FLOOR_BLOCKS, mode="edge")
    floors = np.lib.stride_tricks.sliding_window_view(near, 2 * FLOOR_BLOCKS + 1).min(axis=1)
    return np.repeat(floors, BLOCK_FRAMES)[: len(levels)]


def _runs(
    levels: Levels, quiet: NDArray[np.bool_], around: Levels
) -> tuple[Frames, Frames, NDArray[np.bool_]]:
    """Start, end and depth of each silence: of quiet frames, those near their run's own floor.

    A voice that dies away is not silence yet, the last p of a quiet voice parts two silences,
    and a breath is none at all.
    """
    number = np.cumsum(np.diff(quiet, prepend=False) & quiet) - 1  # of the run a frame is in
    frames = np.flatnonzero(quiet)
    if not len(frames):
        return frames, frames, frames > 0
    runs = np.arange(number[-1] + 1)
    steady = np.maximum(_smoothed(levels), levels)[frames]  # one quiet frame is no floor
    floors = np.minimum.reduceat(steady, np.searchsorted(number[frames], runs))
    inside = frames[levels[frames] <= floors[number[frames]] + TIGHT_DB]
    parted = (np.diff(inside) > 1 + CLICK_FRAMES) | (np.diff(number[inside]) > 0)
    start = inside[np.append(True, parted)]
    end = inside[np.append(parted, True)] + 1
    return start, end, floors[number[start]] <= around[start] + DEEP_DB


def _dips(levels: Levels, quiet: NDArray[np.bool_]) -> Frames:
    """Frames at which the sound is weaker than on both sides."""
    smooth = np.pad(_smoothed(levels), DIP_FRAMES, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(smooth, DIP_FRAMES + 1)
    before, after = around[: len(levels)].max(1), around[DIP_FRAMES:].max(1)
    middle = smooth[DIP_FRAMES:-DIP_FRAMES]
    lowest = (middle <= smooth[DIP_FRAMES - 1 : -DIP_FRAMES - 1]) & (
        middle < smooth[DIP_FRAMES + 1 : len(smooth) - DIP_FRAMES + 1]
    )
    return np.flatnonzero(lowest & ~quiet & (np.minimum(before, after) - middle >= DIP_DB))


def _smoothed(levels: Levels) -> Levels:
    return np.convolve(np.pad(levels, 2, mode="edge"), np.full(5, 0.2, np.float32), "valid")


def _merged(
    start: Frames, end: Frames, deep: NDArray[np.bool_], dips: Frames, last: int
) -> tuple[Frames, Frames, NDArray[np.bool_]]:
    """Runs, dips, both ends, and a grid where there is nothing else: start, end, whether silent."""
    starts = np.concatenate([[0], start, dips, [last]])
    ends = np.concatenate([[0], end, dips, [last]])
    silent = np.concatenate([[True], deep, np.zeros(len(dips), np.bool_), [True]])
    order = np.argsort(ends, kind="stable")
    starts, ends, silent = starts[order], ends[order], silent[order]
    grid = [
        np.linspace(a, b, int(b - a) // GRID_FRAMES + 1)[1:-1].astype(np.intp)
        for a, b in zip(ends[:-1], starts[1:], strict=True)
        if b - a >= 2 * GRID_FRAMES
    ]
    extra = np.concatenate([*grid, np.zeros(0, np.intp)]).astype(np.intp)
    at = np.searchsorted(starts, extra)
    return np.insert(starts, at, extra), np.insert(ends, at, extra), np.insert(silent, at, False)
