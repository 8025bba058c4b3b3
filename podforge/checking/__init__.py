"""Whether a take is plausible.

A take is measured against its text before it is kept.  `failed` means that
nobody should hear it; `suspect` that a person should listen.  The bounds are wide: they catch
what models do (silence, noise, music, loops, haste, lost lines), not a slow reader.

One fault is told once: what is silence, noise or repetition is taken out of the sound before
durations and paces are judged.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from podforge.checking.durations import Line, expected_seconds, find_cut, find_durations
from podforge.checking.hearing import Fault, Sound, listen
from podforge.checking.hurry import find_hurry
from podforge.checking.noises import find_noises
from podforge.checking.pauses import find_pauses
from podforge.checking.repeats import find_repeats
from podforge.checking.samples import (
    find_clipping,
    find_not_numbers,
    find_offset,
    find_silence,
)
from podforge.clip import Finding, Span
from podforge.plan import Utterance

__all__ = ["check", "expected_seconds"]


def check(
    samples: NDArray[np.float32],
    rate: int,
    utterances: Sequence[Utterance],
    spans: Sequence[Span],
    cut_short: bool = False,
) -> tuple[Finding, ...]:
    """What is wrong with a take, in the order of its utterances.

    `samples` mono, shape (n,); one span an utterance.  `cut_short`: the engine would have gone
    on when its length limit was reached.
    """
    if not len(samples) or len(spans) != len(utterances):
        return (Finding(0, "failed", "the take holds no speech"),)
    broken = find_not_numbers(samples, spans)
    if broken:
        return tuple(broken)
    speech = [samples[span.start : span.end] for span in spans]
    findings = find_silence(speech, spans)
    silent = {finding.utterance for finding in findings}

    sound = listen(samples, rate)
    faults = [*find_pauses(sound, spans), *find_noises(sound, spans)]
    faults = [fault for fault in faults if fault.finding.utterance not in silent]
    faults += find_repeats(sound.without(faults), utterances, spans)
    sound = sound.without(faults)
    findings += [fault.finding for fault in faults]

    lines = [
        Line(
            said.text,
            said.slot,
            0.0 if number in silent else _seconds(sound, span, faults),
            span.confidence,
        )
        for number, (said, span) in enumerate(zip(utterances, spans, strict=True))
    ]
    findings += find_durations(lines) + find_hurry(sound, lines, spans)
    if cut_short:
        findings.append(find_cut(lines, len(samples) / rate))
    findings += find_offset(samples) + find_clipping(speech)
    return tuple(sorted(findings, key=lambda finding: finding.utterance))


def _seconds(sound: Sound, span: Span, faults: Sequence[Fault]) -> float:
    """How long an utterance is, without what is not speech of its text."""
    lost = sum(
        max(0, min(span.end, fault.last * sound.hop) - max(span.start, fault.first * sound.hop))
        for fault in faults
    )
    return max(0.0, (span.end - span.start - lost) / sound.rate)
