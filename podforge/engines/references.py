"""The recording of a voice, as engines in process hear it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from podforge.errors import InputError, Place
from podforge.media import decode
from podforge.units import to_decibels

LEAST_SECONDS = 1.0
SILENT_DBFS = -60.0
HINT = "`podforge voices add` prepares 10 to 30 s"


def reference_samples(
    path: Path, rate: int, *, heard_seconds: float | None = None, most_seconds: float | None = None
) -> NDArray[np.float32]:
    """The samples of a reference clip, mono at `rate`, shape (samples,).

    What comes after `heard_seconds` is left out.  Raises `InputError` for a clip that is silent,
    shorter than a second, or longer than `most_seconds`.
    """
    blocks = [block[:, 0] for block in decode(path, rate, 1)]
    samples = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    place, seconds = Place(str(path)), len(samples) / rate
    if seconds < LEAST_SECONDS or (most_seconds and seconds > most_seconds):
        wrong = "short" if seconds < LEAST_SECONDS else "long"
        text = f"{seconds:.1f} s are too {wrong} for a recording of a voice ({HINT})"
        raise InputError.at(place, text)
    if heard_seconds:
        samples = samples[: int(heard_seconds * rate)]
    if to_decibels(float(np.sqrt(np.mean(np.square(samples))))) < SILENT_DBFS:
        raise InputError.at(place, f"the recording of the voice is silent ({HINT})")
    return samples
