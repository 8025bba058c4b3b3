"""From a section to blocks: clips cut, treated, resampled, levelled, faded, added to music."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from podforge.beds import BedReader, pan_gains
from podforge.signal import Block, Samples, resample_part, room_tone
from podforge.stretching import stretch
from podforge.timeline import Placement, Section
from podforge.treating import treat
from podforge.units import at_speed, rescale, to_gain, to_samples

BLOCK_SECONDS = 1.0
ROOM_TONE_BLOCKS = 10  # of the loop: whole blocks, so that it is read without wrapping
CLIPS_HELD = 4  # a window that is placed in pieces is read once

Read = Callable[[Placement], Samples]  # the whole clip, float32 (samples,), at its own rate
OpenSound = Callable[[str], Path]  # the file of an asset's sound, by its digest


def mix(
    section: Section,
    rate: int,
    read: Read,
    open_sound: OpenSound,
    tone_seed: int,
    channels: int = 1,
    beyond: int = 0,
) -> Iterator[Block]:
    """`section.length` samples in blocks of one second, shape (samples, channels).

    What overlaps adds up.  In two channels everything stands where its pan says.  `beyond` as
    many samples of room tone follow.
    """
    tone = _tone(rate, channels, tone_seed, section.tone_db)
    size, length = to_samples(BLOCK_SECONDS, rate), section.length + beyond
    waiting = sorted(section.placements, key=lambda placed: placed.at)[::-1]
    sounding: list[Placement] = []
    speech, music = _Speech(read), BedReader(open_sound, rate)
    for start in range(0, length, size):
        end = min(start + size, length)
        while waiting and waiting[-1].at < end:
            sounding.append(waiting.pop())
        block = tone[start % len(tone) :][: end - start].copy()
        for placed in sounding:
            _add(block, placed, speech.sound(placed), start, rate)
            if _end(placed, rate) <= end:
                speech.drop(placed)
        sounding = [placed for placed in sounding if _end(placed, rate) > end]
        for bed in section.beds:
            music.add(block, bed, start)
        yield block


class _Speech:
    """The last few clips that were read, and what sounds of them, treated."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._clips: OrderedDict[str, Samples] = OrderedDict()
        self._treated: dict[Placement, Samples] = {}

    def sound(self, placed: Placement) -> Samples:
        """The stretch of a placement at its clip's rate, as it is heard: treated and levelled."""
        if placed not in self._treated:
            part = self._clip(placed)[placed.start : placed.end]
            part = treat(part, placed.clip_rate, placed.chain, placed.gain_db - placed.asked_db)
            part = stretch(part, placed.clip_rate, placed.speed)
            self._treated[placed] = part * np.float32(to_gain(placed.gain_db))
        return self._treated[placed]

    def drop(self, placed: Placement) -> None:
        """It has been heard."""
        del self._treated[placed]

    def _clip(self, placed: Placement) -> Samples:
        if placed.digest not in self._clips:
            self._clips[placed.digest] = self._read(placed)
        self._clips.move_to_end(placed.digest)
        while len(self._clips) > CLIPS_HELD:
            self._clips.popitem(last=False)
        return self._clips[placed.digest]


def _end(placed: Placement, rate: int) -> int:
    """Past the last sample of the section in which it sounds."""
    samples = at_speed(placed.end - placed.start, placed.speed)
    return placed.at + rescale(samples, placed.clip_rate, rate)


def _add(block: Block, placed: Placement, sound: Samples, start: int, rate: int) -> None:
    """Add what falls into the block, which begins at `start` of the section."""
    first = max(start, placed.at)
    last = min(start + len(block), _end(placed, rate))
    if first >= last:
        return
    heard = resample_part(sound, placed.clip_rate, rate, first - placed.at, last - placed.at)
    _fade(heard, first - placed.at, _end(placed, rate) - placed.at, placed)
    for channel, gain in enumerate(pan_gains(placed.pan, block.shape[1])):
        block[first - start : last - start, channel] += heard if gain == 1 else heard * gain


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


def _tone(rate: int, channels: int, seed: int, level_db: float | None) -> Block:
    """The room, different in each channel."""
    seconds = ROOM_TONE_BLOCKS * BLOCK_SECONDS
    if level_db is None:
        return np.zeros((to_samples(seconds, rate), channels), np.float32)
    loops = [room_tone(rate, seconds, seed + channel, level_db) for channel in range(channels)]
    return np.stack(loops, axis=1)
