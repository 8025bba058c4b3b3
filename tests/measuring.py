"""What is in a sound file, by ffmpeg: the second meter beside our own."""

import re
import subprocess
from pathlib import Path

import numpy as np

from tests.probe import ffmpeg


def loudness(path: Path) -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBTP) by ffmpeg's ebur128."""
    command = [ffmpeg(), "-nostdin", "-hide_banner", "-nostats", "-i", str(path)]
    command += ["-filter:a", "ebur128=peak=true", "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    summary = said[said.rindex("Summary:") :]
    lufs = re.search(r"I:\s+(-?[\d.]+) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", summary)
    assert lufs
    assert peak
    return float(lufs[1]), float(peak[1])


def samples(path: Path, rate: int = 44_100) -> np.ndarray:
    """The decoded file in mono."""
    command = [ffmpeg(), "-nostdin", "-v", "error", "-i", str(path), "-f", "f32le", "-ac", "1"]
    done = subprocess.run([*command, "-ar", str(rate), "-"], capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.float32)


def level(sound: np.ndarray) -> float:
    """RMS in dBFS."""
    return 10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-12)


def silences(sound: np.ndarray, rate: int, below: float = -50.0) -> list[tuple[float, float]]:
    """Stretches below a level, in seconds, found in steps of 5 ms."""
    hop = rate // 200
    whole = sound[: len(sound) // hop * hop].reshape(-1, hop)
    quiet = 10 * np.log10(np.mean(np.square(whole, dtype=np.float64), axis=1) + 1e-12) < below
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    return [(first * hop / rate, last * hop / rate) for first, last in edges]
