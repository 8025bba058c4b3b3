import numpy as np
import pytest

from podforge.checking import check
from podforge.clip import Level, Span
from podforge.levels import gated_mean
from tests.builders import utterances
from tests.sounds import RATE, noise, silence

TEXT = "A sentence that takes about three seconds to say."


def verdicts(samples: np.ndarray, text: str = TEXT, tail: float = 0.0) -> list[str]:
    span = Span(0, len(samples) - int(tail * RATE))
    return [finding.severity for finding in check(samples, RATE, utterances(text), [span])]


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
    assert [f.severity for f in check(silence(0), RATE, utterances(TEXT), [Span(0, 0)])] == [
        "failed"
    ]


def test_clipping_and_a_noisy_tail_are_suspect():
    assert verdicts(np.clip(noise(3, 1.0), -1, 1)) == ["suspect"]
    assert verdicts(noise(5), tail=2.0) == ["suspect"]
    assert verdicts(np.concatenate([noise(3), silence(2)]), tail=2.0) == []


def test_utterances_far_below_the_rest_do_not_pull_a_speaker_down():
    assert gated_mean([Level(-20, 10), Level(-60, 10)]) == pytest.approx(-20)
    assert gated_mean([Level(-20, 10), Level(-23, 10)]) == pytest.approx(-21.24, abs=0.01)
    assert gated_mean([]) == gated_mean([Level(float("-inf"), 0)]) == float("-inf")
