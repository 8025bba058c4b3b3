"""Every engine keeps the contract; espeak-ng repeats itself and survives what scripts hold."""

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.cast import Voice
from podforge.clip import CUT_SECONDS
from podforge.engines import engine_names, find_engine
from podforge.engines.base import Engine, EngineSpec, Take
from podforge.engines.espeak import Espeak, data
from podforge.engines.espeak.engine import EspeakEngine, defused, words_of
from podforge.engines.espeak.library import LibraryError, Tuning, say
from podforge.engines.espeak.window import GAPS, gap_before
from podforge.engines.espeak_window import EspeakWindow
from podforge.engines.tone import Tone
from podforge.engines.tones import APART, pitches
from podforge.errors import EngineError, Place, UsageError
from podforge.plan import Job, Utterance, seed_of
from podforge.testing import EngineContract

ENGINES = ("espeak", "espeak-window", "tone")
TEXTS = (
    "Good evening, and welcome back to the bakery.",
    "It's 42 past four; costs 5.20, or so.",
    "Mind the step!",
    "Naïve café: no. Yes?",
    "“Who is there?” she asked — twice.",
)


class TestEspeak(EngineContract):
    spec = Espeak
    voices = (
        {"voice": "gmw/en", "variant": "m3"},
        {"voice": "en-US", "variant": "f1", "pitch": "60"},
    )


class TestEspeakWindow(TestEspeak):
    spec = EspeakWindow


class TestTone(EngineContract):
    spec = Tone
    voices = ({}, {})


class Watching:
    """A watch that counts beats and can be told to cancel after some of them."""

    def __init__(self, cancel_after: int = 10**9) -> None:
        self.beats: list[tuple[str, float]] = []
        self.cancel_after = cancel_after

    def beat(self, key: str, seconds: float, frames: int = 0) -> None:
        self.beats.append((key, seconds))

    @property
    def cancelled(self) -> bool:
        return len(self.beats) >= self.cancel_after


def voices_for(spec: EngineSpec) -> list[Voice]:
    looks = [
        {"voice": "gmw/en", "variant": "m3"},
        {"voice": "en-US", "variant": "f1", "pitch": "60"},
        {"voice": "en-GB-scotland", "rate": "150"},
        {"voice": "gmw/en-US", "variant": "adam", "range": "80"},
    ]
    if spec.voice_key != "espeak":
        looks = [{}] * 4
    return [
        Voice(f"v{n}", f"identity-{n}", spec.voice_settings(look)) for n, look in enumerate(looks)
    ]


def job_of(spec: EngineSpec, texts: Sequence[str], voices: Sequence[Voice], seed: int = 7) -> Job:
    said = tuple(
        Utterance(f"S{n}", n % len(voices), text, "en", "", n, 0, Place("s.md", n + 1, 1))
        for n, text in enumerate(texts)
    )
    key = hashlib.sha256(repr((texts, voices)).encode()).hexdigest()
    return Job(key, spec.name, said, tuple(voices), {}, spec.limits({}).rate, seed)


def speak(engine: Engine, jobs: Sequence[Job], watch: Watching | None = None) -> list[Take]:
    states = {voice.identity: engine.embed(voice) for job in jobs for voice in job.voices}
    return list(engine.speak(jobs, states, watch or Watching()))


def bytes_of(take: Take) -> str:
    return hashlib.sha256(take.samples.tobytes()).hexdigest()


@pytest.fixture(scope="module")
def espeak() -> Iterator[EspeakEngine]:
    engine = EspeakEngine()
    yield engine
    engine.close()


@pytest.fixture(scope="module", params=ENGINES)
def loaded(request: pytest.FixtureRequest) -> Iterator[tuple[EngineSpec, Engine]]:
    spec = find_engine(request.param)
    engine = spec.load(spec.sound_settings({}))
    yield spec, engine
    engine.close()


def jobs_for(spec: EngineSpec) -> list[Job]:
    voices = voices_for(spec)
    if spec.limits({}).windows:
        return [job_of(spec, TEXTS, voices), job_of(spec, TEXTS[:1], voices[1:2])]
    return [job_of(spec, [text], [voices[n % len(voices)]]) for n, text in enumerate(TEXTS)]


def test_words_are_in_order_inside_the_sound_and_the_text(
    loaded: tuple[EngineSpec, Engine],
) -> None:
    spec, engine = loaded
    for job, take in zip(jobs_for(spec), speak(engine, jobs_for(spec)), strict=True):
        assert take.words is not None
        for number, (said, words) in enumerate(zip(job.utterances, take.words, strict=True)):
            span = take.spans[number] if take.spans else None
            low, high = (span.start, span.end) if span else (0, len(take.samples))
            assert len(words) >= 0.6 * len(said.text.split())
            for word in words:
                assert low <= word.start < word.end <= high
                assert not any(c.isspace() for c in said.text[word.first : word.last])
            for one, other in pairwise(words):
                assert one.end <= other.start
                assert one.last <= other.first


def test_windows_are_silent_between_spans_and_loud_at_their_edges(
    loaded: tuple[EngineSpec, Engine],
) -> None:
    spec, engine = loaded
    if not spec.limits({}).windows:
        pytest.skip("no windows")
    take = speak(engine, jobs_for(spec)[:1])[0]
    assert take.spans is not None
    for span in take.spans:
        sound = np.abs(take.samples[span.start : span.end])
        near = take.rate // 200
        assert sound[:near].max() > 0.0015
        assert sound[-near:].max() > 0.0015
        assert span.confidence == 1.0
    for one, other in pairwise(take.spans):
        assert other.start - one.end >= CUT_SECONDS * take.rate
        assert np.abs(take.samples[one.end : other.start]).max() < 0.0025


def test_an_unknown_engine_names_the_others() -> None:
    assert set(ENGINES) <= set(engine_names())
    with pytest.raises(UsageError, match=r"installed: .*espeak, espeak-window, .*tone"):
        find_engine("zzz")
    with pytest.raises(UsageError, match=r'did you mean "kokoro"'):
        find_engine("kokro")


def test_specs_import_neither_numpy_nor_the_library() -> None:
    code = """
import sys, json
from podforge.engines import find_engine
for name in ("espeak", "espeak-window", "tone"):
    spec = find_engine(name)
    spec.limits({}), spec.fingerprint({}), spec.sound_settings({})
    spec.voice_settings({"voice": "en-US", "variant": "m3"} if name != "tone" else {})
from podforge.voices import open_voices, shipped_voices
book = open_voices(shipped_voices())
[book.find(name) for name in book.names()]
heavy = ("numpy", "scipy", "espeakng_loader", "podforge.engines.espeak.library")
print(json.dumps([name for name in heavy if name in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert json.loads(done.stdout) == []


def test_espeak_says_the_same_whatever_was_said_before(espeak: EspeakEngine) -> None:
    spec = find_engine("espeak")
    jobs = [job_of(spec, [t], [v]) for t in TEXTS for v in voices_for(spec)]
    first = {take.key: bytes_of(take) for take in speak(espeak, jobs)}
    assert len(set(first.values())) == len(jobs)
    random.Random(3).shuffle(jobs)
    again = {take.key: bytes_of(take) for take in speak(espeak, jobs)}
    assert again == first


def test_espeak_says_the_same_in_another_process(espeak: EspeakEngine) -> None:
    spec = find_engine("espeak")
    jobs = [job_of(spec, [TEXTS[0]], [voice]) for voice in voices_for(spec)]
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.test_engines import *
spec = find_engine("espeak")
engine = spec.load({})
jobs = [job_of(spec, [TEXTS[0]], [voice]) for voice in reversed(voices_for(spec))]
print(*[bytes_of(take) for take in speak(engine, jobs)])
engine.close()
"""
    here = [bytes_of(take) for take in speak(espeak, jobs)]
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parents[1])],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert done.stdout.split() == here[::-1]


def test_espeak_in_windows_says_what_espeak_says(espeak: EspeakEngine) -> None:
    spec, windows = find_engine("espeak"), find_engine("espeak-window")
    voices = voices_for(spec)
    engine = windows.load({})
    [window] = speak(engine, [job_of(windows, TEXTS[:2], voices[:2])])
    engine.close()
    first, second = speak(
        espeak, [job_of(spec, [t], [v]) for t, v in zip(TEXTS[:2], voices[:2], strict=True)]
    )
    gap = np.zeros(gap_before(TEXTS[1]), np.float32)
    joined = np.concatenate([first.samples, gap, second.samples])
    assert np.array_equal(window.samples, joined)


def test_gaps_follow_from_the_text_and_spread_over_their_range() -> None:
    gaps = [gap_before(f"Line {n}.") / 22_050 for n in range(200)]
    assert GAPS[0] <= min(gaps) < 0.18
    assert 0.42 < max(gaps) <= GAPS[1]


HOSTILE = (
    "Before \x01 the \x0160S control \x00 character",
    "[[" + "t@m'A:toU " * 90 + "]]",
    "[[[[ ]]]] [[t@m'A:toU]] tomato",
    '<speak><audio src="/etc/passwd"/><audio src="x.wav">here</audio></speak>',
    "&lt;&amp;&#1; &#x0; &quot;",
    "שלום עולם",
    "日本語のテキスト and العربية",
    "😀👩‍👩‍👧 emoji \ud83d lone half",
    "https://example.org:8080/b?x=1&y=%20 a@b.c 1e400 3/4/2024 $5.20",
    "A" * 1_500,
    "a " * 750,
    "1234567890" * 40,
    "%s%n%x\\ \x7f\x85\u2028\ufeff\ue000\uffff\U0010ffff end",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_spoken_with_words_in_order(espeak: EspeakEngine, text: str) -> None:
    spec = find_engine("espeak")
    [take] = speak(espeak, [job_of(spec, [text], voices_for(spec)[:1])])
    assert take.words is not None
    edges = [edge for word in take.words[0] for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert all(edge <= len(take.samples) for edge in edges)


@pytest.mark.parametrize("text", ["...", "—", " ", "\x01", "“”"])
def test_text_without_speech_is_an_error_with_its_place(espeak: EspeakEngine, text: str) -> None:
    spec = find_engine("espeak")
    with pytest.raises(EngineError, match=r"s\.md:1:1: .*nothing to say"):
        speak(espeak, [job_of(spec, [text], voices_for(spec)[:1])])


def test_a_text_beyond_one_call_is_refused(espeak: EspeakEngine) -> None:
    spec = find_engine("espeak")
    with pytest.raises(EngineError, match="5000 characters"):
        speak(espeak, [job_of(spec, ["abcd " * 1000], voices_for(spec)[:1])])


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_defusing_keeps_every_position(text: str) -> None:
    safe = defused(text)
    assert len(safe) == len(text)
    assert "[[" not in safe
    assert "]]" not in safe
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in safe)
    safe.encode()


def test_a_hyphen_after_punctuation_does_not_crash_the_library() -> None:
    """Unguarded, each of these ends the process."""
    spec, engine = find_engine("espeak"), EspeakEngine()
    for tag, text in (("hi", "नमस्ते >-\u0bd1 (-\u60f4"), ("da", "ord(-et) :-a"), ("vi", "x;-é")):
        voice = Voice("v", tag, spec.voice_settings({"voice": tag}))
        [take] = speak(engine, [job_of(spec, [text], [voice])])
        assert len(take.samples) > 5_000
    engine.close()


def test_only_the_first_event_inside_a_word_counts() -> None:
    sound = np.ones(100, np.float32)
    events = [(0, 10), (3, 30), (4, 40), (5, 50), (9, 60)]
    words = words_of("It 420 £ so", events, sound)
    assert [(w.first, w.last, w.start, w.end) for w in words] == [
        (0, 2, 10, 30), (3, 6, 30, 60), (9, 11, 60, 100),
    ]  # fmt: skip


def test_a_line_in_another_language_is_pronounced_in_it(espeak: EspeakEngine) -> None:
    spec = find_engine("espeak")
    job = job_of(spec, ["Die Zeit ist da"], voices_for(spec)[:1])
    said = job.utterances[0]
    british, scottish, german = (
        espeak.say(replace(said, language=tag), job.voices[0])[0]
        for tag in ("en-GB", "en", "de-AT")
    )
    assert np.array_equal(british, scottish)
    assert not np.array_equal(british[: len(german)], german[: len(british)])
    with pytest.raises(EngineError, match=r"s\.md:1:1: .*language \"xq\""):
        espeak.say(replace(said, language="xq"), job.voices[0])


def test_the_library_refuses_a_voice_it_does_not_have(espeak: EspeakEngine) -> None:
    tuning = Tuning("xx/none", 50, 50, 175, 100, 0)
    with (
        data.private_data() as folder,
        pytest.raises(LibraryError, match="no voice"),
    ):
        say(data.library_file(), Path(folder), "One.", tuning)


def test_voice_settings_come_back_typed_and_complete() -> None:
    spec = find_engine("espeak")
    checked = spec.voice_settings({"voice": "en-gb", "pitch": "45", "variant": "m3"})
    assert checked == {
        "voice": "gmw/en", "variant": "m3", "pitch": 45, "range": 50, "rate": 175,
        "volume": 100, "wordgap": 0,
    }  # fmt: skip
    assert spec.voice_settings(checked) == checked


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "needs a"),
        ({"voice": "gmw/en-USA"}, 'did you mean .*"gmw/en-US"'),
        ({"voice": "../../../etc/passwd"}, "no voice"),
        ({"voice": "gmw/en", "variant": "../../../etc/passwd"}, "no variant"),
        ({"voice": "gmw/en", "variant": "M3"}, 'did you mean "m3"'),
        ({"voice": "gmw/en", "pitch": "high"}, "whole number"),
        ({"voice": "gmw/en", "pitch": "4.5"}, "whole number"),
        ({"voice": "gmw/en", "pitch": True}, "whole number"),
        ({"voice": "gmw/en", "pitch": "100"}, "between 0 and 99"),
        ({"voice": "gmw/en", "rate": "-1"}, "between 80 and 450"),
        ({"voice": "gmw/en", "ptich": "40"}, 'did you mean "pitch"'),
    ],
)
def test_wrong_voice_settings_say_what_is_wrong(given: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        find_engine("espeak").voice_settings(given)


def test_every_listed_voice_can_be_loaded(espeak: EspeakEngine) -> None:
    with data.private_data() as folder:
        for voice in random.Random(1).sample(data._voices(), 20):
            say(data.library_file(), Path(folder), "1", Tuning(voice, 50, 50, 175, 100, 0))


def test_the_private_data_folder_goes_when_the_engine_closes() -> None:
    engine = EspeakEngine()
    folder = engine._data.name
    engine.close()
    assert not Path(folder).exists()


def test_tone_takes_follow_from_the_seed() -> None:
    spec = find_engine("tone")
    engine, job = spec.load({}), job_of(find_engine("tone"), TEXTS, voices_for(find_engine("tone")))
    one, same = speak(engine, [job]) + speak(engine, [job])
    [other] = speak(engine, [job.again(1)])
    assert np.array_equal(one.samples, same.samples)
    assert not np.array_equal(one.samples, other.samples)
    assert one.spans == other.spans
    assert job.again(1).seed == seed_of(job.key, 1)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=6), min_size=1, max_size=4))
def test_tones_of_one_window_lie_apart(identities: list[str]) -> None:
    tones = sorted(pitches([Voice("v", identity) for identity in identities]))
    assert all(60 < tone < 1_500 for tone in tones)
    assert all(other / one >= APART * 0.9999 for one, other in pairwise(tones))
