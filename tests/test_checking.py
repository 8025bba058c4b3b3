import numpy as np
import pytest

from podforge.aligning import align
from podforge.checking import check
from podforge.clip import Clip, Level, Span
from podforge.levels import gated_mean

RATE = 22_050
TEXT = "A sentence that takes about three seconds to say."


def noise(seconds: float, level: float = 0.1, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, int(seconds * RATE)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE), np.float32)


def verdicts(samples: np.ndarray, text: str = TEXT, tail: float = 0.0) -> list[str]:
    span = Span(0, len(samples) - int(tail * RATE))
    return [finding.severity for finding in check(samples, RATE, [text], [span])]


def test_a_plausible_take_has_no_findings():
    assert verdicts(noise(3.2)) == []


@pytest.mark.parametrize("text", ["Hm.", "Yes!", "No, no, no.", "1999"])
def test_short_lines_may_be_said_fast_or_slowly(text):
    assert verdicts(noise(0.25), text) == []
    assert verdicts(noise(1.6), text) == []


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(0.02, "failed"), (6.0, None), (10.5, "suspect"), (20.0, "failed")]
)
def test_duration_against_text(seconds, verdict):
    assert verdicts(noise(seconds)) == ([verdict] if verdict else [])


def test_half_a_long_text_is_suspect_and_a_tenth_of_it_unusable():
    text = TEXT * 10
    assert verdicts(noise(12.0), text) == ["suspect"]
    assert verdicts(noise(3.0), text) == ["failed"]


def test_silence_and_samples_that_are_no_numbers_are_unusable():
    assert verdicts(silence(3)) == ["failed"]
    broken = noise(3)
    broken[100] = np.nan
    assert verdicts(broken) == ["failed"]
    assert [f.severity for f in check(silence(0), RATE, [TEXT], [Span(0, 0)])] == ["failed"]


def test_clipping_and_a_noisy_tail_are_suspect():
    assert verdicts(np.clip(noise(3, 1.0), -1, 1)) == ["suspect"]
    assert verdicts(noise(5), tail=2.0) == ["suspect"]
    assert verdicts(np.concatenate([noise(3), silence(2)]), tail=2.0) == []


def test_the_span_of_one_utterance_is_its_speech():
    take = np.concatenate([silence(0.3), noise(1.0), silence(0.5)])
    (span,) = align(take, RATE, [15], None)
    assert span.start / RATE == pytest.approx(0.3, abs=0.03)
    assert span.end / RATE == pytest.approx(1.3, abs=0.05)


def test_what_the_engine_tells_is_final():
    told = (Span(1, 2), Span(3, 4))
    assert align(noise(1), RATE, [1, 1], told) == told


def test_turns_of_a_window_are_found_in_its_silences():
    turns = [1.0, 2.5, 0.8, 1.7]
    parts = [part for t in turns for part in (noise(t), silence(0.25))]
    take = np.concatenate([silence(0.1), *parts])
    spans = align(take, RATE, [int(t * 15) for t in turns], None)
    at = 0.1
    for span, turn in zip(spans, turns, strict=True):
        assert span.start / RATE == pytest.approx(at, abs=0.05)
        assert span.end / RATE == pytest.approx(at + turn, abs=0.05)
        assert span.confidence > 0.5
        at += turn + 0.25


def test_a_boundary_without_a_silence_is_unsure_and_never_cut():
    spans = align(noise(4.0), RATE, [30, 30], None)
    assert max(span.confidence for span in spans) < 0.5
    clip = Clip("k", "d", RATE, 4 * RATE, spans, ((), ()), (Level(-20, 1), Level(-20, 1)))
    assert not clip.can_cut(1)


def test_utterances_far_below_the_rest_do_not_pull_a_speaker_down():
    assert gated_mean([Level(-20, 10), Level(-60, 10)]) == pytest.approx(-20)
    assert gated_mean([Level(-20, 10), Level(-23, 10)]) == pytest.approx(-21.24, abs=0.01)
    assert gated_mean([]) == gated_mean([Level(float("-inf"), 0)]) == float("-inf")
