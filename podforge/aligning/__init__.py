"""Where each utterance of a take lies.

A single utterance is found by its energy.  In a window from an engine that does not tell, the
boundaries between turns are placed by an `Aligner`; the one that ships is `align_by_energy`.
An unsure boundary is never cut (`Clip.can_cut`), so confidence is a
probability: of the boundaries with 0.5 and more nearly all are right.

A forced aligner, one that knows an acoustic model, is a callable of the same shape, passed to
`align`.  It may be wrong in any way: `align` sees to it that spans are in order, inside the
take, and do not overlap.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from podforge.aligning.energy import align_by_energy
from podforge.clip import Span
from podforge.plan import Utterance
from podforge.signal import speech_bounds

__all__ = ["Aligner", "align", "align_by_energy"]


class Aligner(Protocol):
    """Finds the utterances of a window in its sound."""

    def __call__(
        self,
        samples: NDArray[np.float32],
        rate: int,
        utterances: Sequence[Utterance],
        marks: Sequence[int] = (),
    ) -> Sequence[Span]:
        """One span per utterance, in order; confidence is the probability that it is right.

        `samples` is mono, shape (n,), finite.  `marks` are samples where the model said that a
        turn ended: as many as there are boundaries, or fewer, or more, or none.
        """


def align(
    samples: NDArray[np.float32],
    rate: int,
    utterances: Sequence[Utterance],
    marks: Sequence[int] = (),
    aligner: Aligner = align_by_energy,
) -> tuple[Span, ...]:
    """One span per utterance, from the first to past the last sample of its speech.

    `samples` is mono, shape (n,), finite.  `marks` are samples where the model said that a turn
    ended.  Spans are ascending, inside the take, and do not overlap; where there is nothing to
    find they are empty.
    """
    if len(utterances) == 1:
        return (Span(*speech_bounds(samples, rate)),)
    at, spans = 0, []
    for span in aligner(samples, rate, utterances, marks):
        start = min(max(at, span.start), len(samples))
        at = min(max(start, span.end), len(samples))
        spans.append(Span(start, at, span.confidence))
    return tuple(spans)
