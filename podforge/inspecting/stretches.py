"""Stretches of a stream that something is true of: silence, full scale."""

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 32767 / 32768  # the highest sample that 16 bits hold
RUN = 3  # samples in a row that no wave of a recording stays there


class Gaps:
    """Where a condition holds, step by step: at the head, between, and at the tail."""

    def __init__(self) -> None:
        self._steps = 0
        self._head = -1  # not over yet
        self._longest = 0
        self._last = -1  # step where it did not hold

    def feed(self, holds: NDArray[np.bool_]) -> None:
        """Whether it holds in each of the next steps, shape (steps,)."""
        broken = np.flatnonzero(~holds) + self._steps
        self._steps += len(holds)
        if not len(broken):
            return
        if self._head < 0:
            self._head = int(broken[0])
            self._last = self._head
        gaps = np.diff(broken, prepend=self._last) - 1
        self._longest = max(self._longest, int(gaps.max()))
        self._last = int(broken[-1])

    def found(self) -> tuple[int, int, int]:
        """Steps at the head, of the longest stretch between, and at the tail.

        Where it always held, head and tail are the whole.
        """
        if self._head < 0:
            return self._steps, 0, self._steps
        return self._head, self._longest, self._steps - 1 - self._last


class ClippedRuns:
    """Counts runs of `RUN` or more samples at full scale of one sign in a channel."""

    def __init__(self, channels: int) -> None:
        self.count = 0
        self._last = np.zeros((channels, RUN), np.float32)

    def feed(self, sound: NDArray[np.float32], peak: float) -> None:
        """The next samples, shape (channels, samples), none of them above `peak`."""
        if peak >= FULL_SCALE:
            joint = np.concatenate([self._last, sound], axis=1)
            self.count += _begun(joint >= FULL_SCALE) + _begun(joint <= -FULL_SCALE)
        self._last = np.concatenate([self._last, sound[:, -RUN:]], axis=1)[:, -RUN:]


def _begun(full: NDArray[np.bool_]) -> int:
    """How many runs get their third sample behind the first three columns."""
    third = full[:, RUN:] & full[:, RUN - 1 : -1] & full[:, RUN - 2 : -2]
    return int(np.count_nonzero(third & ~full[:, :-RUN]))
