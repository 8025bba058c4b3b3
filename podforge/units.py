"""Samples, seconds, decibels: the units everything else counts in.

Time is whole samples at a stated rate; seconds appear only at the edges.
Constants that several rooms share are derived here, once, and carry their unit in their name.
"""

import math
import re

MIX_RATE = 44_100  # samples per second of the mix and of every deliverable by default
CHARACTERS_PER_SECOND = 15.0  # spoken English at an easy pace, punctuation and spaces included
LEAST_SPEED, MOST_SPEED = 0.5, 2.0  # at which speech can be played without another pitch
REFERENCE_LUFS = -16.0  # where each speaker is levelled to in the mix; the master moves the whole

# Characters that stand for a syllable take longer to say than a Latin letter.  Ideographs: 3.5
# to 5 a second; Hangul about 5; kana about 7.
_IDEOGRAPHS = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")


def to_samples(seconds: float, rate: int) -> int:
    """The whole number of samples nearest to `seconds` at `rate`."""
    return math.floor(seconds * rate + 0.5)


def rescale(samples: int, from_rate: int, to_rate: int) -> int:
    """A position at one rate as the nearest whole sample at another; exact, integers only."""
    return (2 * samples * to_rate + from_rate) // (2 * from_rate)


def at_speed(samples: int, speed: float) -> int:
    """How many samples are left of a stretch that is played at `speed`."""
    return samples if speed == 1.0 else math.floor(samples / speed + 0.5)


def to_gain(decibels: float) -> float:
    """Amplitude factor of a level in dB."""
    return float(10.0 ** (decibels / 20.0))


def to_decibels(gain: float) -> float:
    """Level in dB of an amplitude factor; -inf for zero."""
    return 20.0 * math.log10(gain) if gain > 0 else -math.inf


def clock(seconds: float) -> str:
    """`h:mm:ss` (or `m:ss` below an hour), rounded to whole seconds, for people."""
    whole = math.floor(seconds + 0.5)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def spoken_length(text: str) -> int:
    """How many characters of English take as long to say, at `CHARACTERS_PER_SECOND`.

    An ideograph counts 3.5, a Hangul syllable 3, a kana 2, any other character 1.
    """
    if text.isascii():
        return len(text)
    ideographs, hangul, kana = (
        sum(map(len, script.findall(text))) for script in (_IDEOGRAPHS, _HANGUL, _KANA)
    )
    return len(text) + ideographs * 5 // 2 + hangul * 2 + kana
