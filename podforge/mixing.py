"""From a section to blocks of samples: clips cut, resampled, levelled, faded and added up."""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from podforge.signal import Block, Samples, resample_part, room_tone
from podforge.timeline import Placement, Section
from podforge.units import rescale, to_gain, to_samples

MIX_VERSION = 1  # raised by hand when the same timeline sounds different on purpose
BLOCK_SECONDS = 1.0
ROOM_TONE_DB = -65.0  # dBFS RMS, under everything: digital silence sounds like a fault
ROOM_TONE_BLOCKS = 10  # of the loop: whole blocks, so that it is read without wrapping
CLIPS_HELD = 4  # a window that is placed in pieces is read once

Read = Callable[[Placement], Samples]  # the whole clip, float32 (samples,), at its own rate


def mix(
    section: Section, rate: int, read: Read, tone_seed: int, channels: int = 1
) -> Iterator[Block]:
    """Exactly `section.length` samples in blocks of one second, shape (samples, channels).

    What overlaps adds up.  In two channels a placement stands where its pan says.
    """
    tone = _tone(rate, channels, tone_seed)
    size = to_samples(BLOCK_SECONDS, rate)
    waiting = sorted(section.placements, key=lambda placed: placed.at)[::-1]
    sounding: list[Placement] = []
    held = _Held(read)
    for start in range(0, section.length, size):
        end = min(start + size, section.length)
        while waiting and waiting[-1].at < end:
            sounding.append(waiting.pop())
        block = tone[start % len(tone) :][: end - start].copy()
        for placed in sounding:
            _add(block, placed, held.clip(placed), start, rate)
        sounding = [placed for placed in sounding if _end(placed, rate) > end]
        yield block


class _Held:
    """The last few clips that were read."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._clips: OrderedDict[str, Samples] = OrderedDict()

    def clip(self, placed: Placement) -> Samples:
        if placed.digest not in self._clips:
            self._clips[placed.digest] = self._read(placed)
        self._clips.move_to_end(placed.digest)
        while len(self._clips) > CLIPS_HELD:
            self._clips.popitem(last=False)
        return self._clips[placed.digest]


def _end(placed: Placement, rate: int) -> int:
    """Past the last sample of the mix in which it sounds."""
    return placed.at + rescale(placed.end - placed.start, placed.clip_rate, rate)


def _add(block: Block, placed: Placement, clip: Samples, start: int, rate: int) -> None:
    """Add what falls into the block, which begins at `start` of the mix."""
    first = max(start, placed.at)
    last = min(start + len(block), _end(placed, rate))
    if first >= last:
        return
    stretch = clip[placed.start : placed.end]
    sound = resample_part(
        stretch, placed.clip_rate, rate, first - placed.at, last - placed.at
    ) * np.float32(to_gain(placed.gain_db))
    _fade(sound, first - placed.at, _end(placed, rate) - placed.at, placed)
    block[first - start : last - start] += sound[:, None] * _pan(placed.pan, block.shape[1])


def _fade(sound: Samples, at: int, length: int, placed: Placement) -> None:
    """Apply the part of the fades that lies in `sound`, which begins `at` in the placement."""
    rising = _line(at, len(sound), placed.fade_in)
    sound[: len(rising)] *= rising
    after = length - at - len(sound)  # samples of the placement that follow
    falling = _line(after, len(sound), placed.fade_out)
    sound[len(sound) - len(falling) :] *= falling[::-1]


def _line(start: int, samples: int, length: int) -> Samples:
    """Of a straight line from 0 to 1 over `length`: at most `samples` values from `start`."""
    values = np.arange(start, min(start + samples, length), dtype=np.float32)
    return (values + np.float32(0.5)) / np.float32(max(length, 1))


def _pan(pan: float, channels: int) -> NDArray[np.float32]:
    """Gain of each channel: -1 left .. 1 right, of equal power, so equally loud anywhere."""
    if channels == 1:
        return np.ones(1, np.float32)
    angle = (pan + 1) * math.pi / 4
    return np.array([math.cos(angle), math.sin(angle)], np.float32)


def _tone(rate: int, channels: int, seed: int) -> Block:
    """The room, different in each channel."""
    loops = [
        room_tone(rate, ROOM_TONE_BLOCKS * BLOCK_SECONDS, seed + channel, ROOM_TONE_DB)
        for channel in range(channels)
    ]
    return np.stack(loops, axis=1)
