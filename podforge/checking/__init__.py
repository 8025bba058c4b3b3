"""Whether a take is plausible.

A take is measured against its text before it is kept (DESIGN, rule 6).  `failed` means that
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
    sound = listen(samples, rate)
    faults = [*find_pauses(sound, spans), *find_noises(sound, spans)]
    faults += find_repeats(sound.without(faults), utterances, spans)
    sound = sound.without(faults)

    findings = [fault.finding for fault in faults] + find_offset(samples)
    lines = []
    for number, (said, span) in enumerate(zip(utterances, spans, strict=True)):
        speech = samples[span.start : span.end]
        silence = find_silence(speech, span, number)
        findings += silence or find_clipping(speech, number)
        seconds = 0.0 if silence else _seconds(sound, span, faults)
        lines.append(Line(said.text, said.slot, seconds, span.confidence))
    findings += find_durations(lines) + find_hurry(sound, lines, spans)
    if cut_short:
        findings.append(find_cut(lines, len(samples) / rate))
    return tuple(sorted(findings, key=lambda finding: finding.utterance))


def _seconds(sound: Sound, span: Span, faults: Sequence[Fault]) -> float:
    """How long an utterance is, without what is not speech of its text."""
    lost = sum(
        max(0, min(span.end, fault.last * sound.hop) - max(span.start, fault.first * sound.hop))
        for fault in faults
    )
    return max(0.0, (span.end - span.start - lost) / sound.rate)
