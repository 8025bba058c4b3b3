"""Whether a take is plausible.

A take is measured against its text before it is kept (DESIGN, rule 6).  `failed` means that
nobody should hear it; `suspect` that a person should listen.  The bounds are wide: they catch
silence, runaway noise and lost sentences, not a slow reader.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from podforge.clip import Finding, Span
from podforge.plan import Utterance
from podforge.units import CHARACTERS_PER_SECOND, to_decibels

SILENT_DBFS = -60.0  # speech below this RMS is not speech
SHORT_FAILED, SHORT_SUSPECT = 0.2, 0.4  # of the expected duration
LONG_SUSPECT, LONG_FAILED = 2.5, 5.0
SHORT_GRACE_SECONDS = 0.2  # short lines vary more: "Hm." is over at once,
LONG_GRACE_SECONDS = 1.5  # or takes a second
DIGIT_CHARACTERS = 6  # a digit may be read as a word, or four as "nineteen ten"
CLIPPED_AT = 0.999  # of full scale
CLIPPED_SHARE = 0.002  # of an utterance's samples
TAIL_SECONDS, TAIL_DBFS = 1.0, -45.0  # louder and longer than this after the last word is noise


def check(
    samples: NDArray[np.float32],
    rate: int,
    utterances: Sequence[Utterance],
    spans: Sequence[Span],
    cut_short: bool = False,  # noqa: ARG001 - TODO
) -> tuple[Finding, ...]:
    """What is wrong with a take: `samples` mono, shape (n,); one span an utterance."""
    texts = [said.text for said in utterances]
    if not np.isfinite(samples).all():
        return (Finding(0, "failed", "the take holds samples that are not numbers"),)
    findings = [
        finding
        for number, (text, span) in enumerate(zip(texts, spans, strict=True))
        for finding in _utterance(samples[span.start : span.end], rate, text, number)
    ]
    tail = samples[spans[-1].end :]
    if len(tail) > TAIL_SECONDS * rate and _dbfs(tail) > TAIL_DBFS:
        seconds = len(tail) / rate
        text = f"{seconds:.1f} s of noise after the last word"
        findings.append(Finding(len(spans) - 1, "suspect", text))
    return tuple(findings)


def expected_seconds(text: str) -> tuple[float, float]:
    """How long a text takes to say, roughly: at least, with digits read as letters, and at most."""
    spelt = sum(character.isdigit() for character in text) * (DIGIT_CHARACTERS - 1)
    return len(text) / CHARACTERS_PER_SECOND, (len(text) + spelt) / CHARACTERS_PER_SECOND


def _utterance(speech: NDArray[np.float32], rate: int, text: str, number: int) -> list[Finding]:
    if not len(speech) or _dbfs(speech) < SILENT_DBFS:
        return [Finding(number, "failed", "silence where speech should be")]
    findings = []
    seconds, (least, most) = len(speech) / rate, expected_seconds(text)
    about = f"{seconds:.1f} s for a text of about {most:.1f} s"
    short, long = seconds + SHORT_GRACE_SECONDS, seconds - LONG_GRACE_SECONDS
    if short < least * SHORT_FAILED or long > most * LONG_FAILED:
        findings.append(Finding(number, "failed", about))
    elif short < least * SHORT_SUSPECT or long > most * LONG_SUSPECT:
        findings.append(Finding(number, "suspect", about))
    clipped = float(np.mean(np.abs(speech) >= CLIPPED_AT))
    if clipped > CLIPPED_SHARE:
        findings.append(Finding(number, "suspect", f"{clipped:.1%} of the samples are clipped"))
    return findings


def _dbfs(samples: NDArray[np.float32]) -> float:
    return to_decibels(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))))
