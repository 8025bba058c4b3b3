"""Sounds that tests are made of, and ffmpeg's meter to check ours against."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from podforge.media import ffmpeg_path

Floats = NDArray[np.float32]
RATE = 22_050  # of `noise` and `silence`, in samples per second

WHOLE = {  # how ffmpeg is asked for a whole file of each format
    "mp3": (("f", "mp3"), ("c:a", "libmp3lame"), ("b:a", "128k")),
    "m4b": (("f", "ipod"), ("c:a", "aac"), ("b:a", "96k"), ("aac_coder", "fast")),
    "opus": (("f", "ogg"), ("c:a", "libopus"), ("b:a", "64k"), ("ar", "48000")),
    "flac": (("f", "flac"), ("c:a", "flac"), ("sample_fmt", "s16")),
    "wav": (("f", "wav"), ("c:a", "pcm_s16le")),
}


def noise(seconds: float, level: float = 0.1, seed: int = 1) -> Floats:
    """White noise with an RMS of `level`."""
    return np.random.default_rng(seed).normal(0, level, int(seconds * RATE)).astype(np.float32)


def silence(seconds: float) -> Floats:
    return np.zeros(int(seconds * RATE), np.float32)


def sine(frequency: float, level_db: float, seconds: float, rate: int, phase: float = 0) -> Floats:
    """A sine with peaks at `level_db` dBFS."""
    t = np.arange(round(seconds * rate)) / rate
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * frequency * t + np.deg2rad(phase))
    return wave.astype(np.float32)


def speech(seconds: float, rate: int, seed: int, level_db: float = -24.0) -> Floats:
    """Voiced syllables and hisses with the spectrum, rhythm and peaks of speech.

    `level_db` is the RMS where it sounds.
    """
    rng = np.random.default_rng(seed)
    n = round(seconds * rate)
    pitch = 120 * 2 ** np.interp(np.arange(n), np.linspace(0, n, 40), rng.normal(0, 0.25, 40))
    pulses = np.diff(np.floor(np.cumsum(pitch) / rate), prepend=0)
    voice = _shaped(pulses, rate, ((500, 90), (1500, 120), (2500, 160)), rng)
    hiss = _shaped(rng.standard_normal(n), rate, ((5000, 1500),), rng)
    t = np.arange(n) / rate
    syllables = np.clip(np.sin(2 * np.pi * 4.1 * t) + 0.3, 0, 1) ** 0.7
    hisses = np.clip(np.sin(2 * np.pi * 1.7 * t + 1) - 0.8, 0, 1)
    phrases = np.clip(8 * np.sin(2 * np.pi * t / 4.7) + 6, 0, 1)
    x = (voice * syllables + 3 * hiss * hisses) * phrases
    loud = x[np.abs(x) > 0.1 * np.abs(x).std()]
    return (x * 10 ** (level_db / 20) / loud.std()).astype(np.float32)


def _shaped(
    x: NDArray[np.float64],
    rate: int,
    formants: tuple[tuple[float, float], ...],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    f = np.fft.rfftfreq(len(x), 1 / rate)
    shape = sum(1 / (1 + 1j * (f - center) / width) ** 2 for center, width in formants)
    y = np.fft.irfft(np.fft.rfft(x) * shape * (f > 60), len(x))
    return y / y.std()


def blocks(x: Floats, size: int) -> Iterator[Floats]:
    """Mono samples as blocks."""
    for start in range(0, len(x), size):
        yield x[start : start + size, None]


def ebur128(path: Path, *before: str, peak: bool = True) -> tuple[float, float]:
    """Integrated loudness and, if wanted, true peak of a file by ffmpeg's meter, to 0.01."""
    graph = f"ebur128=metadata=1:peak={'true' if peak else 'none'},ametadata=print:file=-"
    command = [ffmpeg_path(), "-nostdin", "-v", "error", *before, "-i", str(path)]
    done = subprocess.run(
        [*command, "-filter_complex", graph, "-f", "null", "-"], capture_output=True, check=True
    )
    text = done.stdout.decode()
    lufs = float(re.findall(r"r128\.I=(\S+)", text)[-1])
    peaks = re.findall(r"r128\.true_peaks_ch\d+=(\S+)", text)
    return lufs, max(20 * np.log10(max(float(peak), 1e-9)) for peak in [0, *peaks])
