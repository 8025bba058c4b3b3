import numpy as np
import pytest

from podforge.aligning import align
from podforge.clip import Clip, Level
from tests.builders import utterances
from tests.sounds import RATE, noise, silence


def test_the_span_of_one_utterance_is_its_speech():
    take = np.concatenate([silence(0.3), noise(1.0), silence(0.5)])
    (span,) = align(take, RATE, utterances("x" * 15))
    assert span.start / RATE == pytest.approx(0.3, abs=0.03)
    assert span.end / RATE == pytest.approx(1.3, abs=0.05)


def test_turns_of_a_window_are_found_in_its_silences():
    turns = [1.0, 2.5, 0.8, 1.7]
    parts = [part for t in turns for part in (noise(t), silence(0.25))]
    take = np.concatenate([silence(0.1), *parts])
    spans = align(take, RATE, utterances(*("x" * int(t * 15) for t in turns)))
    at = 0.1
    for span, turn in zip(spans, turns, strict=True):
        assert span.start / RATE == pytest.approx(at, abs=0.05)
        assert span.end / RATE == pytest.approx(at + turn, abs=0.05)
        assert span.confidence > 0.5
        at += turn + 0.25


def test_a_boundary_without_a_silence_is_unsure_and_never_cut():
    spans = align(noise(4.0), RATE, utterances("x" * 30, "x" * 30))
    assert max(span.confidence for span in spans) < 0.5
    clip = Clip("k", "d", RATE, 4 * RATE, spans, ((), ()), (Level(-20, 1), Level(-20, 1)))
    assert not clip.can_cut(1)
