"""What is wrong with the samples themselves: not numbers, silent, clipped, off centre."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from podforge.checking.hearing import Floats
from podforge.clip import CUT_CONFIDENCE, Finding, Span
from podforge.units import to_decibels

SILENT_DBFS = -60.0  # speech below this RMS is not speech
CLIPPED_AT = 0.999  # of full scale
CLIPPED_SHARE = 0.002  # of an utterance's samples
OFFSET = 0.08  # of full scale, more than any voice has: it clicks at cuts and takes headroom


def find_not_numbers(samples: Floats, spans: Sequence[Span]) -> list[Finding]:
    """The first sample that is not a number."""
    if np.isfinite(np.sum(samples, dtype=np.float64)):  # one of them spoils the sum
        return []
    first = int(np.argmin(np.isfinite(samples)))
    number = max(0, sum(span.start <= first for span in spans) - 1)
    return [Finding(number, "failed", "the take holds samples that are not numbers")]


def find_offset(samples: Floats) -> list[Finding]:
    """A mean that is not zero."""
    offset = abs(float(np.mean(samples, dtype=np.float64)))
    if offset < OFFSET:
        return []
    return [Finding(0, "suspect", f"the sound is off centre by {offset:.0%} of full scale")]


def find_silence(speech: Sequence[Floats], spans: Sequence[Span]) -> list[Finding]:
    """Utterances that cannot be heard; a constant is silence, too.

    Where the place of one was only guessed, its speech may lie elsewhere: it is only suspect.
    """
    found = []
    for number, (samples, span) in enumerate(zip(speech, spans, strict=True)):
        if not len(samples) or _dbfs(samples) < SILENT_DBFS:
            sure = span.confidence >= CUT_CONFIDENCE
            text = "silence where speech should be"
            found.append(Finding(number, "failed" if sure else "suspect", text))
    return found


def find_clipping(speech: Sequence[Floats]) -> list[Finding]:
    """Utterances with too many samples at full scale."""
    found = []
    for number, samples in enumerate(speech):
        clipped = float(np.mean(np.abs(samples) >= CLIPPED_AT)) if len(samples) else 0.0
        if clipped > CLIPPED_SHARE:
            text = f"{clipped:.1%} of the samples are clipped"
            found.append(Finding(number, "suspect", text))
    return found


def _dbfs(samples: NDArray[np.float32]) -> float:
    return to_decibels(float(np.std(samples, dtype=np.float64)))
