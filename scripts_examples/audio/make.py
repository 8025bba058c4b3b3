"""Makes the music and the effect of the examples, so that nobody owns them.

python scripts_examples/audio/make.py
"""

from pathlib import Path

import numpy as np

from podforge.media import encode

RATE = 44_100
HERE = Path(__file__).parent
BEAT = 0.75  # seconds
# A slow waltz: for each bar a bass note and two chords, then the tune over them (MIDI numbers).
BARS = ((45, (60, 64)), (50, (57, 65)), (43, (59, 65)), (48, (55, 64)),
        (41, (57, 60)), (50, (57, 65)), (52, (56, 62)), (45, (57, 60)))  # fmt: skip
TUNE = (76, 0, 74, 77, 0, 76, 74, 0, 71, 72, 0, 67, 69, 0, 72, 74, 0, 77, 76, 0, 71, 69, 0, 0)


def piano(note: int, seconds: float, level: float) -> np.ndarray:
    """A struck string, slightly out of tune: partials that fade the faster the higher they are."""
    t = np.arange(int(seconds * RATE)) / RATE
    pitch = 440 * 2 ** ((note - 69) / 12)
    sound = np.zeros((len(t), 2))
    for side, cents in enumerate((-3, 4)):
        for partial in range(1, 9):
            hertz = pitch * 2 ** (cents / 1200) * partial * (1 + 0.0004 * partial**2) ** 0.5
            fall = np.exp(-t * (0.9 + 0.55 * partial) * (pitch / 300) ** 0.4)
            sound[:, side] += np.sin(2 * np.pi * hertz * t) * fall / partial**1.6
    sound *= level * np.minimum(1, t / 0.004)[:, None]
    return sound


def waltz() -> np.ndarray:
    """Eight bars, and the last chord dying away."""
    sound = np.zeros((int((len(TUNE) * BEAT + 3) * RATE), 2))

    def strike(beat: float, note: int, beats: float, level: float) -> None:
        start = int(beat * BEAT * RATE)
        struck = piano(note, beats * BEAT, level)[: len(sound) - start]
        sound[start : start + len(struck)] += struck

    for bar, (bass, chord) in enumerate(BARS):
        strike(3 * bar, bass, 5, 0.30)
        for beat in (1, 2):
            for note in chord:
                strike(3 * bar + beat, note, 3, 0.10)
    for beat, note in enumerate(TUNE):
        if note:
            strike(beat, note, 5, 0.22)
    fade = np.minimum(1, np.arange(len(sound))[::-1] / (1.5 * RATE))
    return sound * fade[:, None] / np.abs(sound).max() * 0.8


def tray() -> np.ndarray:
    """A tin tray on a stone floor: a slide, a knock, and a while of ringing."""
    random = np.random.default_rng(1)
    t = np.arange(int(1.6 * RATE)) / RATE
    slide = np.sin(2 * np.pi * (900 * t + 260 * t**2)) * np.exp(-(((t - 0.25) / 0.16) ** 2)) * 0.15
    after = np.maximum(t - 0.62, 0)
    clang = sum(
        np.sin(2 * np.pi * hertz * after) * np.exp(-after * fall)
        for hertz, fall in ((143, 9), (391, 13), (768, 17), (1190, 22), (2330, 30))
    )
    thump = random.normal(size=len(t)) * np.exp(-after * 60) * 0.8
    return (slide + (t > 0.62) * (0.22 * clang + 0.3 * thump))[:, None]


for name, sound, arguments in (
    ("piano.opus", waltz(), (("f", "ogg"), ("c:a", "libopus"), ("b:a", "64k"))),
    ("tray.flac", tray(), (("f", "flac"), ("c:a", "flac"), ("sample_fmt", "s16"))),
):
    encode([sound.astype(np.float32)], HERE / name, RATE, sound.shape[1], arguments)
