"""The aligner that needs nothing but the sound: pauses, expected durations, and who sounds how.

The texts become a chain of phrases; each boundary of the chain lies in a pause, or in a dip
where the voice made none.  What decides, together: how long each phrase should take at its
speaker's pace, how long the pause is for what ends there, whose voice is heard between two
pauses, and where the model itself saw turns end.  Paces and voices are learnt from the take:
each pass knows more than the one before (expectation maximisation: Dempster et al. 1977).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from podforge.aligning.lattice import Column, Placed, place_all
from podforge.aligning.pauses import Pauses, find_pauses
from podforge.aligning.phrases import Phrase, phrases_of
from podforge.aligning.scores import boundary_scores
from podforge.aligning.spans import UNSURE, guessed_spans, likely_spans
from podforge.aligning.timbre import Timbre, evidence_of, hear_timbre
from podforge.clip import Span
from podforge.plan import Utterance

Floats = NDArray[np.float64]

PASSES = 3
SPREAD_TIMES, SPREAD_SECONDS = 0.12, 0.12  # how far a phrase's length is from what it should be
REACH_SECONDS, REACH_TIMES, MOST_REACH_SECONDS = 3.0, 0.2, 20.0  # of the search for a boundary
PACE_SECONDS = 4.0  # the common pace counts as much as this much of a speaker's own speech


@dataclass(frozen=True)
class _Known:
    """What has been learnt of the speakers.

    Seconds that each takes for an expected second, shape (speakers,), and what speaks for each up
    to each place (see `evidence_of`), shape (speakers, places).
    """

    paces: Floats
    evidence: Floats


def align_by_energy(
    samples: NDArray[np.float32],
    rate: int,
    utterances: Sequence[Utterance],
    marks: Sequence[int] = (),
) -> tuple[Span, ...]:
    """One span per utterance; an `Aligner`.

    Where the lattice has no room (a take far too short for its text) the spans are guesses.
    """
    pauses = find_pauses(samples, rate)
    if pauses is None:
        return (Span(0, 0, UNSURE),) * len(utterances)
    phrases = phrases_of(utterances)
    placed = _search(samples, pauses, phrases, marks) if len(pauses) > len(phrases) else None
    if placed is None:
        return guessed_spans(pauses, phrases, len(samples))
    return likely_spans(pauses, phrases, placed, len(samples))


def _search(
    samples: NDArray[np.float32],
    pauses: Pauses,
    phrases: Sequence[Phrase],
    marks: Sequence[int],
) -> Placed | None:
    """Place all boundaries, learn from them, and place them again."""
    speakers = 1 + max(phrase.slot for phrase in phrases)
    pace = (pauses.spoken[-1] - pauses.spoken[0]) / sum(phrase.seconds for phrase in phrases)
    known = _Known(np.full(speakers, pace), np.zeros((speakers, len(pauses))))
    timbre = hear_timbre(samples, pauses) if speakers > 1 else None
    scores = boundary_scores(pauses, phrases, marks)
    for _ in range(PASSES - 1):
        placed = _place(pauses, phrases, scores, known)
        if placed is None:
            return None
        known = _learn(pauses, phrases, placed, timbre)
    return _place(pauses, phrases, scores, known)


def _place(
    pauses: Pauses, phrases: Sequence[Phrase], scores: Sequence[Floats], known: _Known
) -> Placed | None:
    columns = _columns(pauses, phrases, scores, known)
    return place_all(columns, pauses.spoken, known.evidence)


def _columns(
    pauses: Pauses, phrases: Sequence[Phrase], scores: Sequence[Floats], known: _Known
) -> list[Column]:
    """One column a boundary, around where the paces expect it; the first is where speech begins."""
    spoken, last = pauses.spoken, len(pauses) - 1
    expected = np.array([phrase.seconds * known.paces[phrase.slot] for phrase in phrases])
    spread = np.hypot(SPREAD_TIMES * expected, SPREAD_SECONDS)
    begun = np.cumsum(expected)[:-1] / expected.sum()
    centres = spoken[0] + begun * (spoken[-1] - spoken[0])
    reach = REACH_TIMES * np.minimum(centres - spoken[0], spoken[-1] - centres)
    reach = REACH_SECONDS + np.minimum(reach, MOST_REACH_SECONDS)
    lows = np.searchsorted(spoken, centres - reach)
    highs = np.searchsorted(spoken, centres + reach)
    columns = [Column(0, np.zeros(1), phrases[0].slot, 0.0, 1.0)]
    for number, score in enumerate(scores):  # each boundary leaves the others room
        low = min(max(int(lows[number]), number + 1), last - len(scores) + number)
        high = max(min(int(highs[number]), last - len(scores) + number + 1), low + 1)
        columns.append(
            Column(low, score[low:high], phrases[number].slot, expected[number], spread[number])
        )
    columns.append(Column(last, np.zeros(1), phrases[-1].slot, expected[-1], spread[-1]))
    return columns


def _learn(
    pauses: Pauses, phrases: Sequence[Phrase], placed: Placed, timbre: Timbre | None
) -> _Known:
    """Paces and voices as they are if the boundaries lie where they probably do."""
    slots = np.array([phrase.slot for phrase in phrases])
    expected = np.array([phrase.seconds for phrase in phrases])
    took = np.diff([w @ pauses.spoken[c.places] for c, w in placed.pairs()])
    common = PACE_SECONDS * took.sum() / expected.sum()
    owned = slots == np.arange(slots.max() + 1)[:, None]  # (speakers, phrases)
    paces = (owned @ took + common) / (owned @ expected + PACE_SECONDS)
    if timbre is None:
        return _Known(paces, np.zeros((len(paces), len(pauses))))
    return _Known(paces, evidence_of(timbre, _shares(placed, slots, len(pauses))))


def _shares(placed: Placed, slots: NDArray[np.intp], places: int) -> Floats:
    """How probably each stretch between two places is each speaker's, (speakers, stretches)."""
    shares = np.zeros((slots.max() + 1, places))
    begun = (_begun(column, weights, places) for column, weights in placed.pairs())
    for slot, (before, after) in zip(slots, pairwise(begun), strict=True):
        shares[slot] += before - after
    return np.maximum(shares[:, :-1], 0.0)


def _begun(column: Column, weights: Floats, places: int) -> Floats:
    """How probably a boundary lies at each place or before it."""
    sums = np.zeros(places)
    sums[column.places] = np.cumsum(weights)
    sums[column.places.stop :] = 1.0
    return sums
