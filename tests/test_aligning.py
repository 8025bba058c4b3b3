import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.aligning import align
from podforge.aligning.lattice import Column, best_chain, place_all
from podforge.aligning.phrases import Ending, expected_seconds, phrases_of
from podforge.cast import Voice
from podforge.clip import Clip, Level, Span
from podforge.engines import find_engine
from podforge.plan import Job
from podforge.signal import rms_envelope
from tests.builders import utterances
from tests.sounds import RATE, noise, silence
from tests.windows import VOICES, Patient, Pool, Window, line

NEAR_SECONDS = 0.150  # a boundary this far from the truth is right
SHORT_GAP_SECONDS = 0.200  # below this nothing is promised
SPEECH_DBFS = -50.0  # 10 ms of speech as loud as this is lost where it is cut away
BURIED_DB = 6.0  # ... but not what a noise floor hides


@dataclass(frozen=True)
class Found:
    """A boundary of a window as it was found."""

    error: float  # seconds
    gap: float
    confidence: float
    cut: bool  # it may be cut
    lost: float  # dB by which what a cut takes away is louder than it may be

    @property
    def right(self) -> bool:
        return self.error <= NEAR_SECONDS


def find_boundaries(window: Window, spans: Sequence[Span]) -> list[Found]:
    clip = window.clip(spans)
    allowed = max(SPEECH_DBFS, window.floor + BURIED_DB)
    found = []
    for number, (error, gap) in enumerate(zip(window.errors(spans), window.gaps(), strict=True)):
        before, after = spans[number], spans[number + 1]
        between = window.clean[before.end : after.start]
        loudest = rms_envelope(between, window.rate).max(initial=1e-9)
        found.append(
            Found(
                error,
                gap,
                min(before.confidence, after.confidence),
                clip.can_cut(number + 1),
                20 * np.log10(max(loudest, 1e-9)) - allowed,
            )
        )
    return found


def share(found: Sequence[Found], which: Callable[[Found], bool] = lambda each: True) -> float:
    """How many of those are right."""
    chosen = [each.right for each in found if which(each)]
    return sum(chosen) / len(chosen)


def heard(
    windows: Sequence[Window], marks: Callable[[Window], Sequence[int]] = lambda window: ()
) -> list[Found]:
    return [
        found
        for window in windows
        for found in find_boundaries(
            window, align(window.samples, window.rate, window.utterances, marks(window))
        )
    ]


@pytest.fixture(scope="module")
def pool() -> Pool:
    return Pool.spoken(16)


@pytest.fixture(scope="module")
def hundreds(pool: Pool) -> list[Found]:
    """The boundaries of four hundred windows, every tenth with long paragraphs."""
    found = []
    for number in range(400):
        longest = 3.0 if number % 10 else 60.0
        window = pool.window(random.Random(number), longest=longest)
        found += heard([window])
    return found


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
    assert spans[0].end / RATE == pytest.approx(2.0, abs=0.3)
    clip = Clip("k", "d", RATE, 4 * RATE, spans, ((), ()), (Level(-20, 1), Level(-20, 1)))
    assert not clip.can_cut(1)


def test_where_there_is_only_a_dip_the_boundary_lies_in_it_and_is_unsure():
    take = np.concatenate([noise(1.37), noise(0.06, 0.03), noise(2.61)])
    marks = [round(1.4 * RATE)]  # however sure the model is
    spans = align(take, RATE, utterances("x" * 27, "x" * 52), marks)
    assert spans[0].end == spans[1].start
    assert spans[0].end / RATE == pytest.approx(1.40, abs=0.04)
    assert max(span.confidence for span in spans) < 0.5


def test_the_last_sound_of_a_quiet_voice_parts_two_silences():
    """A closure, the release of a stop 33 dB below the loud parts, and the pause: cut after it."""
    turns = [noise(1.5), silence(0.1), noise(0.06, 0.1 * 10 ** (-33 / 20)), silence(0.3)]
    take = np.concatenate([*turns, noise(1.5)])
    spans = align(take, RATE, utterances("x" * 25, "x" * 24))
    assert spans[0].end / RATE == pytest.approx(1.66, abs=0.04)
    assert spans[1].start / RATE == pytest.approx(1.96, abs=0.04)


def test_boundaries_with_a_gap_are_found(hundreds: list[Found]):
    assert share(hundreds, lambda each: each.gap >= SHORT_GAP_SECONDS) >= 0.95
    assert share(hundreds) >= 0.92


def test_no_cut_goes_through_speech(hundreds: list[Found]):
    assert [each for each in hundreds if each.cut and each.lost > 0] == []


def test_what_may_be_cut_is_nearly_always_right(hundreds: list[Found]):
    assert share(hundreds, lambda each: each.confidence >= 0.5) >= 0.97
    gaps = [each.cut for each in hundreds if each.gap >= SHORT_GAP_SECONDS]
    assert sum(gaps) / len(gaps) >= 0.75  # to be never sure would be no feat


def test_confidence_tells_good_from_bad(hundreds: list[Found]):
    bounds = (0.0, 0.3, 0.5, 0.9, 1.01)
    shares = [
        share(hundreds, lambda each, lo=lo, hi=hi: lo <= each.confidence < hi)
        for lo, hi in pairwise(bounds)
    ]
    assert shares == sorted(shares)
    assert shares[0] < 0.9
    assert shares[-1] > 0.98


def spoken_window(engine: str, looks: Sequence[dict[str, object]], seed: int) -> list[Found]:
    """Windows as an engine makes them, its own spans forgotten."""
    spec = find_engine(engine)
    draw, found = random.Random(seed), []
    voices = [
        Voice(f"v{n}", f"identity-{n}", spec.voice_settings(look)) for n, look in enumerate(looks)
    ]
    loaded = spec.load({})
    for number in range(6):
        texts = [line(draw) for _ in range(draw.randint(4, 12))]
        said = utterances(*texts, slots=[n % len(voices) for n in range(len(texts))])
        job = Job(f"k{number}", spec.name, said, tuple(voices), {}, spec.limits({}).rate)
        (take,) = loaded.speak([job], {}, Patient())
        window = Window(take.samples, take.samples, -200.0, take.rate, said, take.spans)
        found += heard([window])
    loaded.close()
    return found


def test_windows_of_the_espeak_engine_are_aligned_by_ear():
    names = ("voice", "variant", "pitch", "range", "rate")
    looks = [dict(zip(names, look, strict=True)) for look in VOICES[2:5]]
    found = spoken_window("espeak-window", looks, seed=3)
    assert share(found) == 1.0
    assert sum(each.cut for each in found) / len(found) > 0.9


def test_windows_of_tones_are_aligned_by_ear():
    found = spoken_window("tone", [{}] * 3, seed=4)
    assert share(found) > 0.95
    assert share(found, lambda each: each.confidence >= 0.5) == 1.0


def test_a_noise_floor_moves_no_boundary(pool: Pool):
    """-50 dBFS under a window whose voices are 30 dB louder."""
    for seed in range(5):
        window = pool.window(random.Random(seed), turns=(4, 8), gap_seconds=(0.25, 0.8), hesitant=0)
        hiss = noise(len(window.clean) / RATE + 1, 10 ** (-50 / 20))[: len(window.clean)]
        clean = align(window.clean, RATE, window.utterances)
        noisy = align(window.clean + hiss, RATE, window.utterances)
        for one, other in zip(clean[:-1], noisy[:-1], strict=True):
            assert abs(one.end - other.end) / RATE < 0.12


def test_knowing_who_speaks_helps(pool: Pool):
    """Where voices hesitate longer than they wait for each other, timbre is what is left."""
    windows = [
        pool.window(random.Random(seed), (6, 14), (2, 4), (0.1, 0.3), hesitant=0.7, longest=5.0)
        for seed in range(24)
    ]
    alone = [
        replace(w, utterances=tuple(replace(said, slot=0) for said in w.utterances))
        for w in windows
    ]
    assert share(heard(windows)) > share(heard(alone)) + 0.03


def test_marks_help_where_they_are_right_and_hurt_little_where_they_are_not(pool: Pool):
    windows = [
        pool.window(random.Random(seed), (4, 10), (1, 2), (0.1, 0.3), hesitant=0.6, longest=4.0)
        for seed in range(24)
    ]

    def near(window: Window) -> list[int]:
        draw = random.Random(len(window.samples))
        return [span.end + round(draw.gauss(0.05, 0.1) * window.rate) for span in window.truth]

    def anywhere(window: Window) -> list[int]:
        draw = random.Random(len(window.samples))
        return [draw.randrange(len(window.samples)) for _ in window.truth[1:]]

    without = share(heard(windows))
    right = share(heard(windows, lambda w: near(w)[:-1]))
    assert right > max(0.93, without + 0.03)
    assert share(heard(windows, near)) == right  # with one at the very end, too
    assert share(heard(windows, lambda w: near(w)[::2])) > without - 0.01
    assert share(heard(windows, lambda w: anywhere(w) * 2)) > without - 0.05
    assert share(heard(windows, anywhere)) > without - 0.15


def test_four_minutes_take_less_than_a_second_or_two(pool: Pool):
    window = pool.window(random.Random(0), turns=(60, 60), speakers=(4, 4), longest=5.0)
    started = time.process_time()
    align(window.samples, window.rate, window.utterances)
    a_minute = (time.process_time() - started) / (len(window.samples) / window.rate / 60)
    assert 4 * a_minute < 2.0  # a tenth of a second a minute where nothing else runs


def test_texts_of_another_take_make_few_boundaries_sure(pool: Pool):
    """A model that says something else is not trusted, however clear its pauses are."""
    found = []
    for seed in range(20):
        window = pool.window(random.Random(seed), turns=(8, 20))
        texts = [said.text for said in window.utterances]
        random.Random(seed).shuffle(texts)
        slots = [said.slot for said in window.utterances]
        found += heard([replace(window, utterances=utterances(*texts, slots=slots))])
    wrong = [each for each in found if not each.right]
    assert len(wrong) > 0.6 * len(found)
    assert sum(each.confidence >= 0.5 for each in wrong) < 0.2 * len(wrong)


PIECES = st.lists(
    st.tuples(st.sampled_from(["silence", "noise", "faint"]), st.floats(0, 2)), max_size=8
)
TEXTS = st.lists(
    st.text(max_size=60) | st.sampled_from(["...", "你好。", "Yes, no; 4.5 - so!"]),
    min_size=1,
    max_size=12,
)


@settings(max_examples=80, deadline=None)
@given(
    PIECES, TEXTS, st.lists(st.integers(-10_000, 200_000), max_size=14), st.randoms(),
    st.sampled_from([8_000, 22_050, 24_000, 48_000]),
)  # fmt: skip
def test_whatever_the_take_holds_spans_are_valid(pieces, texts, marks, draw, rate):
    sounds = {"silence": 0.0, "noise": 0.1, "faint": 1e-4}
    parts = [noise(seconds, 1.0, seed=n) * sounds[kind] for n, (kind, seconds) in enumerate(pieces)]
    take = np.concatenate([silence(0), *parts]).astype(np.float32)
    said = utterances(*texts, slots=[draw.randrange(4) for _ in texts])
    check_valid(align(take, rate, said, marks), len(take), len(texts))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.02, 1.0), st.booleans())
def test_takes_that_are_cut_off_or_say_something_else_get_valid_spans(pool, seed, kept, shuffled):
    draw = random.Random(seed)
    window = pool.window(draw, turns=(2, 12), longest=4.0)
    take = window.samples[: int(kept * len(window.samples))]
    said = list(window.utterances)
    if shuffled:
        draw.shuffle(said)
    check_valid(align(take, window.rate, said), len(take), len(said))


def check_valid(spans: Sequence[Span], samples: int, count: int) -> None:
    assert len(spans) == count
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= samples
    assert all(isinstance(edge, int) for edge in edges)
    assert all(0 <= span.confidence <= 1 for span in spans)


def test_another_aligner_may_be_passed_and_is_kept_in_order():
    def wild(samples, rate, utterances, marks=()):
        return [Span(500, 300, 0.9), Span(-50, 700, 0.8), Span(600, 10**9, 0.7)]

    spans = align(noise(0.1), RATE, utterances("a", "b", "c"), aligner=wild)
    check_valid(spans, 2205, 3)
    assert spans == (Span(500, 500, 0.9), Span(500, 700, 0.8), Span(700, 2205, 0.7))


def test_phrases_end_where_a_voice_pauses():
    (said, other) = utterances("Well, no. It's 4,250 - or so they say… “Mind the step!”", "...")
    found = phrases_of([said, other])
    endings = [Ending.COMMA, Ending.SENTENCE, Ending.COMMA, Ending.SENTENCE, Ending.TURN]
    assert [phrase.ending for phrase in found] == [*endings, Ending.TURN]
    assert found[-1].seconds > 0


def test_expected_seconds_know_digits_and_syllables():
    assert expected_seconds("1961") > 2 * expected_seconds("year")
    assert expected_seconds("面包店的门") == pytest.approx(1.0, abs=0.2)
    assert expected_seconds("naïve") == pytest.approx(expected_seconds("naive"), abs=0.01)
    assert expected_seconds("") == 0


def columns_of(widths: Sequence[tuple[int, int]], draw: random.Random) -> list[Column]:
    return [
        Column(
            first,
            np.array([draw.uniform(-3, 3) for _ in range(count)]),
            draw.randrange(2),
            draw.uniform(0.1, 2),
            draw.uniform(0.1, 1),
        )
        for first, count in widths
    ]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6))
def test_the_lattice_weighs_every_chain(seed: int):
    """Against adding up all chains one by one."""
    draw = random.Random(seed)
    places = 12
    spoken = np.sort(np.array([draw.uniform(0, 6) for _ in range(places)]))
    evidence = np.array([[draw.uniform(-40, 40) for _ in range(places)] for _ in range(2)])
    columns = columns_of([(0, 1), (1, 6), (3, 6), (5, 6), (11, 1)], draw)
    odds = [np.zeros(len(column.score)) for column in columns]
    chains = {}
    for chain in combinations(range(places), len(columns)):
        if all(p in range(*c.places.indices(places)) for p, c in zip(chain, columns, strict=True)):
            nats = sum(c.score[p - c.first] for p, c in zip(chain, columns, strict=True))
            for (a, b), column in zip(pairwise(chain), columns[1:], strict=True):
                off = (spoken[b] - spoken[a] - column.expected) / column.spread
                nats += evidence[column.owner, b] - evidence[column.owner, a]
                nats -= 2 * np.log1p(off * off / 3) + np.log(column.spread)
            chains[chain] = nats
    best = max(chains.values())
    for chain, nats in chains.items():
        for odd, column, place in zip(odds, columns, chain, strict=True):
            odd[place - column.first] += np.exp(nats - best)
    placed = place_all(columns, spoken, evidence)
    assert placed is not None
    for odd, weights in zip(odds, placed.weights, strict=True):
        assert weights == pytest.approx(odd / odd.sum(), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6))
def test_the_best_chain_is_the_one_of_most_worth(seed: int):
    draw = random.Random(seed)
    firsts = [0, draw.randint(0, 2), draw.randint(1, 4), draw.randint(3, 5)]
    worths = [np.array([draw.uniform(-1, 1) for _ in range(draw.randint(4, 6))]) for _ in firsts]

    def worth(chain: Sequence[int]) -> float:
        return sum(w[p - f] for p, f, w in zip(chain, firsts, worths, strict=True))

    allowed = [
        chain
        for chain in combinations(range(12), 4)
        if all(f <= p < f + len(w) for p, f, w in zip(chain, firsts, worths, strict=True))
    ]
    assert tuple(best_chain(firsts, worths)) == max(allowed, key=worth)
