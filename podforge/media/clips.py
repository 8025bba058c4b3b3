"""Edits of a single clip, with pydub."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from podforge.media.decoding import decode
from podforge.signal import Samples

CLIP_RATE = 24_000  # enough to describe a recording of a voice
CLIP_MOST_SECONDS = 600
CLIP_FADE_MS = 10


@dataclass(frozen=True)
class Recorded:
    """What a short recording is like: its length, its mean level, and the silence before it."""

    seconds: float
    dbfs: float
    lead_seconds: float


def describe_clip(path: Path) -> Recorded:
    """Look at one clip, such as a voice's reference; at most ten minutes of it are read.

    Raises as `decode` does.
    """
    from pydub import AudioSegment
    from pydub.silence import detect_leading_silence

    sound: list[bytes] = []
    for block in decode(path, CLIP_RATE, 1):
        sound.append((np.clip(block, -1, 1) * 32_767).astype("<i2").tobytes())
        if sum(map(len, sound)) > CLIP_MOST_SECONDS * CLIP_RATE * 2:
            break
    clip = AudioSegment(b"".join(sound), sample_width=2, frame_rate=CLIP_RATE, channels=1)
    return Recorded(clip.duration_seconds, clip.dBFS, detect_leading_silence(clip) / 1000)


def cut_clip(
    sound: Samples, rate: int, start_seconds: float, end_seconds: float, gain_db: float
) -> Samples:
    """A stretch of mono sound at another level, with edges that do not click."""
    from pydub import AudioSegment

    codes = np.clip(sound.astype(np.float64) * 2**31, -(2**31), 2**31 - 1).astype("<i4")
    clip = AudioSegment(codes.tobytes(), sample_width=4, frame_rate=rate, channels=1)
    clip = clip[round(1000 * start_seconds) : round(1000 * end_seconds)]
    clip = clip.apply_gain(gain_db).fade_in(CLIP_FADE_MS).fade_out(CLIP_FADE_MS)
    return np.asarray(np.frombuffer(clip.raw_data, "<i4") / 2**31, np.float32)
