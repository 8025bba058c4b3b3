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


def find_silence(speech: Floats, span: Span, number: int) -> list[Finding]:
    """An utterance that cannot be heard; a constant is silence, too.

    Where the place of the utterance was only guessed, its speech may lie elsewhere.
    """
    if len(speech) and _dbfs(speech) >= SILENT_DBFS:
        return []
    sure = span.confidence >= CUT_CONFIDENCE
    return [Finding(number, "failed" if sure else "suspect", "silence where speech should be")]


def find_clipping(speech: Floats, number: int) -> list[Finding]:
    """Too many samples at full scale."""
    clipped = float(np.mean(np.abs(speech) >= CLIPPED_AT))
    if clipped <= CLIPPED_SHARE:
        return []
    return [Finding(number, "suspect", f"{clipped:.1%} of the samples are clipped")]


def _dbfs(samples: NDArray[np.float32]) -> float:
    return to_decibels(float(np.std(samples, dtype=np.float64)))
