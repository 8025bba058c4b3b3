import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cache
from itertools import accumulate

import numpy as np
import pytest
from fake_engines import RATE, babble
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from podforge.cast import Voice
from podforge.checking import check, expected_seconds
from podforge.clip import Finding, Level, Span
from podforge.engines import find_engine
from podforge.engines.base import Take
from podforge.levels import gated_mean
from podforge.plan import Job
from podforge.units import spoken_length
from tests.builders import utterances

Floats = NDArray[np.float32]
Faulty = tuple[Floats, list[Span]]

TEXT = "A sentence that takes about three seconds to say."
TALK = (
    "Let me tell you what I'm looking at. The room is about as wide as a tram, and along the wall "
    "there is a row of nails.",
    "I never caught his name. He has bought the same seeded loaf for nineteen years.",
    "What does he pay for it?",
    "The loaf has got a little shorter. So has he. We don't discuss it, and by now it would be "
    "rude to ask.",
    "They stand about like a family waiting for a photograph, and then, at some signal I can't "
    "see, they come in one by one.",
    "They make their own change. I have dough to the elbows.",
    "By six o'clock there are nine people in the side street, and you could not call it a queue.",
    "We have been saving up since last spring. We could have fixed it twice, but it is how I know "
    "who is new.",
)
TELLING = 4  # the line of TALK that gets the faults


def speech(seconds: float, level: float = 1.0) -> Floats:
    """Something that changes like speech, at an RMS of 0.1 times `level`."""
    sound = babble(np.random.default_rng(1), int(seconds * RATE))
    return (level * sound).astype(np.float32)


def noise(seconds: float, level: float = 0.1, rate: int = RATE) -> Floats:
    return np.random.default_rng(2).normal(0, level, int(seconds * rate)).astype(np.float32)


def chords(seconds: float, rate: int) -> Floats:
    """Slow music: another three notes each half second, dying away."""
    rng, time = np.random.default_rng(3), np.arange(rate // 2) / rate
    parts = [
        sum(np.sin(2 * np.pi * 220 * 2 ** (note / 12) * time) for note in rng.integers(0, 24, 3))
        * np.exp(-3 * time)
        for _ in range(int(2 * seconds))
    ]
    return (0.07 * np.concatenate(parts)).astype(np.float32)


def silence(seconds: float, rate: int = RATE) -> Floats:
    return np.zeros(int(seconds * rate), np.float32)


def found(samples: Floats, text: str = TEXT, tail: float = 0.0, **more: bool) -> list[str]:
    span = Span(0, len(samples) - int(tail * RATE))
    return [finding.severity for finding in check(samples, RATE, utterances(text), [span], **more)]


def spoken(
    texts: Sequence[str], engine: str = "espeak-window", language: str = "en", **voice: object
) -> Take:
    """A window of two voices that take turns."""
    spec = find_engine(engine)
    settings = [{"voice": "en-US", "variant": variant, **voice} for variant in ("m3", "f2")]
    if engine == "tone":
        settings = [{}, {}]
    voices = tuple(Voice(f"v{n}", f"v{n}", spec.voice_settings(s)) for n, s in enumerate(settings))
    said = tuple(
        replace(line, language=language)
        for line in utterances(*texts, slots=[n % 2 for n in range(len(texts))])
    )
    job = Job("key", engine, said, voices, {}, spec.limits({}).rate)
    with closing(spec.load({})) as loaded:
        (take,) = loaded.speak([job], {}, Unwatched())
    return take


class Unwatched:
    cancelled = False

    def beat(self, key: str, seconds: float, frames: int = 0) -> None:
        pass


@cache
def talk() -> Take:
    return spoken(TALK)


def findings_of(
    samples: Floats, spans: Sequence[Span], texts: Sequence[str] = TALK
) -> list[Finding]:
    slots = [n % 2 for n in range(len(texts))]
    return list(check(samples, talk().rate, utterances(*texts, slots=slots), spans))


def spliced(at: int, sound: Floats, drop: int = 0) -> Faulty:
    """The talk with a sound put in at a sample, in the place of `drop` samples."""
    take = talk()
    samples = np.concatenate([take.samples[:at], sound, take.samples[at + drop :]])
    moved = len(sound) - drop
    spans = [
        Span(s.start + moved * (s.start >= at + drop), s.end + moved * (s.end > at + drop))
        for s in take.spans or ()
    ]
    return samples.astype(np.float32), spans


def middle(number: int = TELLING) -> int:
    span = talk().spans[number]  # type: ignore[index]
    return (span.start + span.end) // 2


def looped(seconds: float, times: int, warp: float = 1.0) -> Faulty:
    """A passage of the telling line, said so many times; the others may be a little slower."""
    length, at = round(seconds * talk().rate), middle()
    passage = talk().samples[at : at + length]
    again = np.interp(np.arange(0, length - 1, warp), np.arange(length), passage)
    return spliced(at + length, np.concatenate([again] * (times - 1)))


def cut_out(share: float) -> Faulty:
    """The telling line without so much of its middle."""
    span = talk().spans[TELLING]  # type: ignore[index]
    return spliced(round(span.start + 0.05 * len_of(span)), silence(0), round(share * len_of(span)))


def len_of(span: Span) -> int:
    return span.end - span.start


def instead_of_line(make: Callable[[float], Floats]) -> Faulty:
    span = talk().spans[TELLING]  # type: ignore[index]
    sound = make(len_of(span) / talk().rate + 1)[: len_of(span)]
    samples = talk().samples.copy()
    samples[span.start : span.end] = sound
    return samples, list(talk().spans or ())


def test_a_plausible_take_has_no_findings():
    assert found(speech(3.2)) == []
    assert findings_of(talk().samples, talk().spans or ()) == []


@pytest.mark.parametrize("text", ["Hm.", "Yes!", "No, no, no.", "1999"])
def test_short_lines_may_be_said_fast_or_slowly(text):
    assert found(speech(0.25), text) == []
    assert found(speech(1.6), text) == []


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(0.02, "failed"), (6.0, None), (10.5, "suspect"), (20.0, "failed")]
)
def test_duration_against_text(seconds, verdict):
    assert found(speech(seconds)) == ([verdict] if verdict else [])


def test_half_a_long_text_is_suspect_and_a_tenth_of_it_unusable():
    text = TEXT * 10
    assert found(speech(12.0), text) == ["suspect"]
    assert found(speech(3.0), text) == ["failed"]


def test_silence_and_samples_that_are_no_numbers_are_unusable():
    assert found(silence(3)) == ["failed"]
    assert found(silence(3) + 0.05) == ["failed"]
    for value in (np.nan, np.inf, -np.inf):
        broken = speech(3)
        broken[100] = value
        assert found(broken) == ["failed"]


def test_a_take_without_samples_or_spans_is_unusable():
    assert [f.severity for f in check(silence(0), RATE, utterances(TEXT), [Span(0, 0)])] == [
        "failed"
    ]
    assert [f.severity for f in check(speech(3), RATE, utterances(TEXT), [])] == ["failed"]


def test_a_line_that_is_silent_or_broken_is_told_of_by_its_own_number():
    samples, spans = instead_of_line(lambda seconds: silence(seconds, talk().rate))
    (finding,) = findings_of(samples, spans)
    assert (finding.utterance, finding.severity) == (TELLING, "failed")
    samples[middle(6)] = np.nan
    (finding,) = findings_of(samples, spans)
    assert (finding.utterance, finding.severity) == (6, "failed")


def test_a_silent_line_whose_place_was_only_guessed_is_suspect():
    samples, spans = instead_of_line(lambda seconds: silence(seconds, talk().rate))
    spans[TELLING] = Span(spans[TELLING].start, spans[TELLING].end, 0.2)
    (finding,) = findings_of(samples, spans)
    assert (finding.utterance, finding.severity) == (TELLING, "suspect")


def test_clipping_and_an_offset_are_suspect():
    assert found(np.clip(speech(3, 10), -1, 1)) == ["suspect"]
    assert found(speech(3) + np.float32(0.1)) == ["suspect"]


def test_a_tail_of_noise_is_suspect_and_one_of_silence_is_not():
    assert found(np.concatenate([speech(3.2), noise(2)]), tail=2.0) == ["suspect"]
    assert found(np.concatenate([speech(3.2), noise(2)])) == ["suspect"]
    assert found(np.concatenate([speech(3.2), noise(2, 0.001)]), tail=2.0) == []
    assert found(np.concatenate([speech(3.2), silence(9)]), tail=9.0) == []


SOUNDS: dict[str, tuple[Callable[[], Faulty], int, str, str]] = {
    "a silence inside a line": (
        lambda: spliced(middle(), silence(4, talk().rate)),
        *(TELLING, "suspect", r"4\.\d s of silence inside the line"),
    ),
    "a very long one": (
        lambda: spliced(middle(), silence(12, talk().rate)),
        *(TELLING, "failed", r"12\.\d s of silence inside the line"),
    ),
    "a silence between lines": (
        lambda: spliced(talk().spans[3].end + 2000, silence(5, talk().rate)),
        *(3, "suspect", r"5\.\d s of silence after the line"),
    ),
    "music before the first word": (
        lambda: spliced(0, chords(4, talk().rate)),
        *(0, "suspect", r"[34]\.\d s of noise or music before the first word"),
    ),
    "noise in the middle": (
        lambda: spliced(middle(), noise(2, 0.1, talk().rate)),
        *(TELLING, "suspect", r"[12]\.\d s of noise or music inside the line"),
    ),
    "runaway noise": (
        lambda: spliced(middle(), noise(9, 0.1, talk().rate)),
        *(TELLING, "failed", r"[89]\.\d s of noise or music inside the line"),
    ),
    "a tone after the last word": (
        lambda: spliced(len(talk().samples), 0.2 * np.sin(0.1 * np.arange(60_000))),
        *(7, "suspect", r"2\.\d s of noise or music after the last word"),
    ),
}
LINES: dict[str, tuple[Callable[[], Faulty], int, str, str]] = {
    "a word in a loop": (
        lambda: looped(0.5, 5),
        *(TELLING, "suspect", r"0\.[456] s is repeated [456] times"),
    ),
    "a phrase in a loop, not quite the same": (
        lambda: looped(1.2, 4, 1.02),
        *(TELLING, "suspect", r"1\.[12] s is repeated [345] times"),
    ),
    "a phrase in a long loop": (
        lambda: looped(1.2, 9),
        *(TELLING, "failed", r"1\.[12] s is repeated [89] times"),
    ),
    "a passage said twice": (
        lambda: looped(3.2, 2),
        *(TELLING, "suspect", r"3\.\d s is said twice"),
    ),
    "a squeezed line": (
        lambda: cut_out(0.5),
        *(TELLING, "suspect", r"at the pace of the other lines about \d\.\d s"),
    ),
    "a skipped line": (
        lambda: cut_out(0.9),
        *(TELLING, "failed", r"0\.\d s for a text of about \d\.\d s"),
    ),
}
FAULTS = SOUNDS | LINES


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_window_is_told_once_and_by_line(name):
    make, number, severity, text = FAULTS[name]
    samples, spans = make()
    (finding,) = findings_of(samples, spans)
    assert (finding.utterance, finding.severity) == (number, severity)
    assert re.search(text, finding.text)


def test_a_line_that_is_noise_is_unusable():
    found = findings_of(*instead_of_line(lambda seconds: noise(seconds, 0.1, talk().rate)))
    assert {finding.utterance for finding in found} == {TELLING}
    assert "failed" in {finding.severity for finding in found}


def test_a_take_that_is_noise_throughout_is_suspect():
    assert found(noise(3.2)) == ["suspect"]
    assert found(0.1 * np.sin(np.arange(3.2 * RATE, dtype=np.float32) * 0.1)) == ["suspect"]


@pytest.mark.parametrize(
    "text",
    [
        "No, no, no, no, no!",
        "Ha ha ha ha ha ha ha!",
        "Tick tock, tick tock, tick tock, tick tock.",
        "Call 5555 8888, and then 5555 8888 again.",
        "The machine sees that it is taken, I said. The machine sees that it is taken, I said.",
    ],
)
def test_what_the_text_repeats_may_be_repeated(text):
    take = spoken([text])
    assert findings_of(take.samples, take.spans or (), [text]) == []


def test_a_passage_is_no_excuse_for_another():
    text = "No, no, no! " + " ".join(TALK[4:5])
    take = spoken([text])
    at, length = len(take.samples) * 2 // 3, round(1.5 * take.rate)
    again = np.concatenate([take.samples[at : at + length]] * 3)
    samples = np.concatenate([take.samples[:at], again, take.samples[at + length :]])
    (finding,) = findings_of(samples, [Span(0, len(samples))], [text])
    assert "repeated 3 times" in finding.text


def hurried(rates: Sequence[int]) -> Faulty:
    """Each text of the talk spoken at its own rate, words a minute."""
    takes = [spoken([text], rate=rate) for text, rate in zip(TALK, rates, strict=True)]
    ends = list(accumulate(len(take.samples) for take in takes))
    samples = np.concatenate([take.samples for take in takes])
    starts = [end - len(take.samples) for end, take in zip(ends, takes, strict=True)]
    spans = [
        Span(start + take.spans[0].start, start + take.spans[0].end)  # type: ignore[index]
        for start, take in zip(starts, takes, strict=True)
    ]
    return samples, spans


def test_a_long_turn_that_speeds_up_is_suspect():
    text = " ".join(TALK)
    for rates, suspect in ((range(130, 290, 20), True), ([170] * 8, False), ([240] * 8, False)):
        samples, spans = hurried(rates)
        found = findings_of(samples, [Span(spans[0].start, spans[-1].end)], [text])
        assert [(f.severity, "faster" in f.text) for f in found] == [("suspect", True)] * suspect


def test_a_window_that_speeds_up_is_suspect():
    for rates, suspect in (([130] * 3 + [170] * 2 + [240] * 3, True), ([170] * 8, False)):
        samples, spans = hurried(rates)
        texts = utterances(*TALK)
        found = check(samples, talk().rate, texts, spans)
        assert [(f.utterance, f.severity) for f in found] == [(7, "suspect")] * suspect
        assert all("times as fast" in finding.text for finding in found)


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(3.2, "suspect"), (2.0, "suspect"), (1.2, "failed"), (9.0, "failed")]
)
def test_a_take_that_was_cut_short_is_suspect_and_what_it_lacks_makes_it_unusable(seconds, verdict):
    assert found(speech(seconds), cut_short=True)[-1] == verdict


def test_what_was_cut_short_is_the_last_line():
    span = talk().spans[-1]  # type: ignore[index]
    end = span.start + len_of(span) // 4
    spans = [*talk().spans[:-1], Span(span.start, end)]  # type: ignore[index]
    found = check(talk().samples[:end], talk().rate, utterances(*TALK), spans, cut_short=True)
    assert [f.utterance for f in found if "length limit" in f.text] == [7]
    assert [f.severity for f in found if "length limit" in f.text] == ["failed"]


@pytest.mark.parametrize("rate", [80, 175, 300])
@pytest.mark.parametrize("variant", ["m3", "f2", "whisper", "klatt"])
def test_real_speech_has_no_findings_slow_or_fast(rate, variant):
    take = spoken(TALK, rate=rate, variant=variant)
    assert findings_of(take.samples, take.spans or ()) == []


def test_chinese_takes_its_time():
    texts = [
        "面包店在这条路的尽头,没有招牌,也没有钟,只有一扇很旧的木门。",
        "好的。",
        "你听,火车来了。",
    ] * 3
    take = spoken(texts, language="cmn", voice="cmn")
    assert findings_of(take.samples, take.spans or (), texts) == []
    assert expected_seconds(texts[0])[0] == pytest.approx(7, abs=1)


@pytest.mark.parametrize("degrade", ["noise", "quiet", "loud", "telephone"])
def test_poor_sound_is_no_fault(degrade):
    samples = talk().samples
    spectrum = np.fft.rfft(samples)
    spectrum[len(spectrum) * 4000 * 2 // talk().rate :] = 0
    poor = {
        "noise": samples + noise(60, 10 ** (-50 / 20), talk().rate)[: len(samples)],
        "quiet": samples * 0.05,
        "loud": samples * np.float32(0.89 / np.abs(samples).max()),
        "telephone": np.fft.irfft(spectrum, len(samples)).astype(np.float32),
    }
    assert findings_of(poor[degrade], talk().spans or ()) == []


def test_the_tone_engine_is_never_suspect():
    texts = [f"This is line number {n} of the script." for n in range(9)] + list(TALK)
    take = spoken(texts, "tone")
    said = utterances(*texts, slots=[n % 2 for n in range(len(texts))])
    assert check(take.samples, take.rate, said, take.spans or ()) == ()


def test_spoken_length_counts_syllable_signs_for_more():
    assert spoken_length("Hello, world.") == 13
    assert spoken_length("Über") == 4
    assert spoken_length("你好,世界。") == 16
    assert spoken_length("今日は") == 9
    assert spoken_length("안녕") == 6


@given(st.text())
def test_spoken_length_is_never_below_the_number_of_characters(text):
    assert len(text) <= spoken_length(text) <= 3.5 * len(text)
    assert not text.isascii() or spoken_length(text) == len(text)


def test_utterances_far_below_the_rest_do_not_pull_a_speaker_down():
    assert gated_mean([Level(-20, 10), Level(-60, 10)]) == pytest.approx(-20)
    assert gated_mean([Level(-20, 10), Level(-23, 10)]) == pytest.approx(-21.24, abs=0.01)
    assert gated_mean([]) == gated_mean([Level(float("-inf"), 0)]) == float("-inf")
