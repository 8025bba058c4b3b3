"""Many windows through a few rows: a row that has finished is taken by the next window.

Noise comes from a generator of each window's own, so what a window sounds like does not depend on
its neighbours.  One number a row is asked of the device each frame, together with its sound.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from podforge.engines.vibevoice.frames import Rows, Tokens


@dataclass(frozen=True)
class Window:
    """A window as the model gets it: `prompt` has shape (tokens, hidden), `noise` (most, size).

    It answers with at most `most` tokens.  Both lie wherever there is room: a row fetches them.
    """

    key: str
    prompt: Tensor
    noise: Tensor
    most: int

    @property
    def tokens(self) -> int:
        """The room it needs."""
        return len(self.prompt) + self.most


@dataclass(frozen=True)
class Decoded:
    """What became of a window: mono samples, and where the model said that a turn ended.

    `cut_short` says that it had not finished at `Window.most` tokens.
    """

    key: str
    samples: NDArray[np.float32]
    marks: tuple[int, ...]
    cut_short: bool


Beat = Callable[[str, int], bool]  # a window's key and its frames so far; false stops everything


def window_noise(seed: int, frames: int, size: int) -> Tensor:
    """The noise of a window (frames, size), float32: its own generator, always on the CPU."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(frames, size, generator=generator)


@torch.inference_mode()
def decode(rows: Rows, count: int, windows: Sequence[Window], beat: Beat) -> Iterator[Decoded]:
    """Speak all windows, `count` at a time; each is given as it finishes.

    Ends early, at the next frame, when `beat` says so.
    """
    waiting = deque(windows)
    working = [_Working(waiting.popleft()) for _ in range(min(count, len(waiting)))]
    for row, work in enumerate(working):
        if not _open(rows, row, work.window, beat):
            return
    while working:
        told = rows.step(len(working)).cpu().numpy()
        for work, frame in zip(working, told, strict=True):
            work.hear(rows.tokens, frame)
            if not beat(work.window.key, len(work.frames)):
                return
        for row in reversed([row for row, work in enumerate(working) if work.finished]):
            yield working[row].decoded()
            if waiting:
                working[row] = _Working(waiting.popleft())
                if not _open(rows, row, working[row].window, beat):
                    return
            else:
                last = working.pop()
                if row < len(working):
                    rows.move(len(working), row)
                    working[row] = last


def _open(rows: Rows, row: int, window: Window, beat: Beat) -> bool:
    """Put a window into a row and read its prompt; false when everything should stop."""
    rows.begin(row, window.prompt, window.noise)
    return all(beat(window.key, 0) for _ in rows.read(row, window.prompt))


@dataclass
class _Working:
    """A window at work, as the host knows it."""

    window: Window
    frames: list[NDArray[np.float32]] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)  # in frames
    tokens: int = 0
    done: bool = False

    def hear(self, tokens: Tokens, frame: NDArray[np.float32]) -> None:
        """Take in what a step gave: the token's place, and the samples that go with it.

        A window with something that is no number has gone wrong for good: it ends.
        """
        token, samples = frame[0], frame[1:]
        self.tokens += 1
        self.done = token == tokens.finish
        if token == tokens.audio or np.isnan(token):
            broken = not np.isfinite(frame).all()
            self.frames.append(np.full_like(samples, np.nan) if broken else samples.copy())
            self.done |= broken
        elif token == tokens.end:
            self.marks.append(len(self.frames))

    @property
    def finished(self) -> bool:
        return self.done or self.tokens >= self.window.most

    def decoded(self) -> Decoded:
        samples = np.concatenate(self.frames) if self.frames else np.zeros(0, np.float32)
        marks = tuple(mark * len(self.frames[0]) for mark in self.marks if mark)
        return Decoded(self.window.key, samples, marks, not self.done)
