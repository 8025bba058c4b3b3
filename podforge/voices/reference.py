"""A voice's reference clip: which stretch of a recording to take, and what to say about it.

A cloning model speaks with whatever its reference sounds like, its room and its noise included,
so the clip is the cleanest 10 to 30 s of speech, cut in pauses, at one level for every voice.
Pure: the same samples give the same choice.
"""

import math
from dataclasses import dataclass

import numpy as np

from podforge.errors import InputError, Place
from podforge.signal import Block, Samples
from podforge.units import clock, to_decibels
from podforge.voices.listening import (
    HOP_SECONDS,
    RATE,
    Flags,
    Heard,
    bandwidth,
    listen,
)
from podforge.voices.stretch import GOOD_SECONDS, MOST_SECONDS, best_stretch

TARGET_DB = -25.0  # dBFS RMS of the speech
PEAK_DB = -1.0  # dBFS; the gain stops here
SILENT_DB = -60.0  # dBFS; a recording that is nowhere louder holds nothing
LEAST_SECONDS = 3.0  # of speech; no model makes a voice of less

RANGE_DB = 7.0  # speech rises and falls more than this
NOISY_DB = 18.0  # speech over the noise behind it
HELD_SHARE = 0.6  # of the time some tone stands still: music; speech stays below 0.55
NARROW_HERTZ = 5500.0  # a telephone ends at 3.4 kHz, a recording at 11 025 Hz at 5.5 kHz
SIDES_ALIKE = 0.5  # correlation of two channels that may be mixed
SIDE_ALONE_DB = 20.0  # a side so much louder than the other is taken alone


@dataclass(frozen=True)
class Choice:
    """The stretch to take of `sound`, mono at `RATE`, and the gain to give it.

    `steps` tells what was done, `warnings` what will be heard and what to do about it.
    """

    sound: Samples
    start: float  # seconds
    end: float
    gain_db: float
    steps: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Length of the clip."""
        return self.end - self.start


def choose(recording: Block, rate: int, place: Place) -> Choice:
    """The best stretch of a recording of shape (samples, channels) at its own `rate`.

    Raises `InputError` at `place` when no voice can be made of it.
    """
    if not np.isfinite(recording).all():
        raise InputError.at(place, "holds values that are no sound (NaN); export it again")
    mono, mixed = _mono(recording)
    sound, heard = listen(mono, rate)
    _check_speech(heard, place)
    first, last = best_stretch(heard)
    part = slice(first, last)
    spoken = _words_seconds(heard.speech[part])
    if spoken < LEAST_SECONDS:
        raise InputError.at(
            place,
            f"holds only {spoken:.1f} s of speech; give at least {LEAST_SECONDS:.0f} s, "
            f"better {GOOD_SECONDS:.0f} to {MOST_SECONDS:.0f} s",
        )
    cut = f"took {_clock(first)} to {_clock(last)} of {clock(len(sound) / RATE)}, the best stretch"
    everything = not heard.speech[:first].any() and not heard.speech[last:].any()
    return Choice(
        sound,
        first * HOP_SECONDS,
        min(last * HOP_SECONDS, len(sound) / RATE),
        _gain(sound, heard, part),
        tuple(step for step in (mixed, "" if everything else cut) if step),
        tuple(_warnings(sound, heard, part)),
    )


def _mono(recording: Block) -> tuple[Samples, str]:
    """One channel, and how it was made.

    Sides that are out of phase would cancel, and those of two microphones would sound hollow: of
    these the louder one is taken.
    """
    channels = recording.shape[1]
    mix = np.ascontiguousarray(recording.mean(axis=1, dtype=np.float32))
    if channels == 1 or all(np.array_equal(recording[:, 0], side) for side in recording.T):
        return mix, ""
    powers = np.mean(np.square(recording, dtype=np.float64), axis=0)
    order = np.argsort(powers, kind="stable")[::-1]
    loudest = np.ascontiguousarray(recording[:, order[0]])
    if powers[order[0]] >= powers[order[1]] * 10 ** (SIDE_ALONE_DB / 10):
        return loudest, f"{_named(channels)}: took the side that is heard"
    product = np.mean(recording[:, order[0]] * recording[:, order[1]], dtype=np.float64)
    if product < SIDES_ALIKE * math.sqrt(powers[order[0]] * powers[order[1]]):
        return loudest, f"{_named(channels)}, its sides out of phase: took the louder one"
    return mix, f"{_named(channels)}: mixed to mono"


def _named(channels: int) -> str:
    return "stereo" if channels == 2 else f"{channels} channels"


def _check_speech(heard: Heard, place: Place) -> None:
    """Raise when there is nothing, or nothing that rises and falls like speech."""
    if heard.loud_db < SILENT_DB:
        raise InputError.at(place, "is silent; look at the microphone and its level")
    if heard.range_db < RANGE_DB:
        what = "music or a tone" if heard.held.mean() > HELD_SHARE else "noise"
        raise InputError.at(
            place, f"holds {what} and no clear speech; give a recording of the voice"
        )


def _gain(sound: Samples, heard: Heard, part: slice) -> float:
    """Decibels that bring the speech to `TARGET_DB`, as far as its peaks let it."""
    speech = heard.power[part][heard.speech[part]]
    samples = slice(round(part.start * HOP_SECONDS * RATE), round(part.stop * HOP_SECONDS * RATE))
    peak = float(np.abs(sound[samples]).max(initial=0))
    level = to_decibels(math.sqrt(float(speech.mean())))
    return min(TARGET_DB - level, PEAK_DB - to_decibels(peak))


def _warnings(sound: Samples, heard: Heard, part: slice) -> list[str]:
    """What the stretch will sound like; each says what to do."""
    speech, found = heard.speech[part], []
    seconds = len(speech) * HOP_SECONDS
    if seconds < GOOD_SECONDS:
        found.append(
            f"only {seconds:.1f} s; a voice is steadier from "
            f"{GOOD_SECONDS:.0f} to {MOST_SECONDS:.0f} s"
        )
    if heard.clipped[part].any():
        share = 100 * heard.clipped[part][speech].mean()
        found.append(
            f"clipped in {max(share, 0.1):.1f} % of the speech: it will sound harsh; "
            "record again with less gain"
        )
    if heard.held[part].mean() > HELD_SHARE:
        found.append(
            "music or a steady tone in it: the voice will bring it along; give speech alone"
        )
    level = 10 * math.log10(float(heard.power[part][speech].mean()))
    clear = level - float(heard.floor_db[part].mean())
    if clear < NOISY_DB:
        found.append(
            f"noisy: only {clear:.0f} dB below the speech; "
            "record in a quieter room or closer to the microphone"
        )
    width = bandwidth(sound, heard)
    if width < NARROW_HERTZ:
        found.append(
            f"nothing above {width / 1000:.1f} kHz, like a telephone: the voice will sound dull; "
            "record at 24 kHz or more"
        )
    return found


def _words_seconds(speech: Flags) -> float:
    return float(np.count_nonzero(speech)) * HOP_SECONDS


def _clock(hop: int) -> str:
    return clock(hop * HOP_SECONDS)
