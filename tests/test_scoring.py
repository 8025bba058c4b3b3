"""Where music and effects sound, and how music makes room for speech."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.ducking import ATTACK_SECONDS, RELEASE_SECONDS, envelope
from podforge.errors import InputError, Place
from podforge.scoring import score, trailing, waits
from podforge.script import Cue
from podforge.sounding import length_problems
from podforge.timeline import Asset, Bed, PlacedCue

RATE = 1000  # samples are milliseconds
EDGE = 5
ATTACK, RELEASE = 250, 800
ASSETS = {
    "a.mp3": Asset("a", 2, 60_000, -16.0, -3.0),
    "b.mp3": Asset("b", 2, 90_000, -16.0, -3.0),
    "short.mp3": Asset("s", 1, 3_000, -16.0, -3.0),
    "door.wav": Asset("d", 1, 1_000, -16.0, -3.0),
    "click.wav": Asset("c", 1, 1, -math.inf, 0.0),
    "empty.wav": Asset("e", 1, 0, -math.inf, -math.inf),
}


def cue(text: str, at: int, kind: str = "") -> PlacedCue:
    first, *options = (part.strip() for part in text.split("|"))
    file = first if "." in first else ""
    kind = kind or ("sfx" if first.endswith("wav") else "music")
    place = Place("s.md", 1 + at // RATE)
    return PlacedCue(Cue(kind, file, "" if file else first, tuple(options), place), at)


def beds(*cues: PlacedCue, speech=(), end=30_000, last=True) -> tuple[Bed, ...]:
    return score(cues, speech, 0, end, ASSETS, RATE, last)[0]


def shown(*cues: PlacedCue, **kwargs) -> list[tuple[str, int, int, int, int]]:
    return [
        (bed.asset.digest, bed.at, bed.end, bed.fade_in, bed.fade_out)
        for bed in beds(*cues, **kwargs)
    ]


def level(points, sample: int) -> float:
    """The level at a sample, as `Bed` defines it."""
    if not points:
        return 0.0
    for (start, low), (end, high) in pairwise(points):
        if start <= sample <= end:
            return low + (high - low) * (sample - start) / (end - start)
    return points[0][1] if sample < points[0][0] else points[-1][1]


# --- ducking -------------------------------------------------------------------------------


def ducked(*speech, at=0, end=20_000, depths=((0, -15.0),), gains=()):
    return envelope(speech, at, end, depths, RATE, gains)


def test_a_bed_in_silence_has_no_points():
    assert ducked() == ()
    assert ducked((21_000, 22_000)) == ()
    assert ducked((5_000, 6_000), depths=[(0, 0.0)]) == ()


def test_a_bed_is_down_before_speech_begins_and_comes_up_after_it():
    assert ducked((5_000, 7_000)) == ((4_750, 0.0), (5_000, -15.0), (7_000, -15.0), (7_800, 0.0))


def test_a_bed_under_nothing_but_speech_has_one_point():
    assert ducked((0, 20_000)) == ((0, -15.0),)


def test_a_gap_below_a_second_is_bridged():
    assert ducked((5_000, 7_000), (7_999, 9_000)) == ducked((5_000, 9_000))
    assert len(ducked((5_000, 7_000), (8_100, 9_000))) == 8


def test_in_a_narrow_gap_the_ramps_meet():
    points = ducked((5_000, 7_000), (8_000, 9_000))
    (at, top) = points[3]
    assert len(points) == 7
    assert (at - 7_000) / RELEASE == pytest.approx((8_000 - at) / ATTACK, abs=0.01)
    assert top == pytest.approx(-15 * (1 - (at - 7_000) / RELEASE), abs=0.1)
    assert -15 < top < 0


@pytest.mark.parametrize("gap", range(1_000, 1_060))
def test_however_narrow_a_gap_is_no_ramp_is_steeper(gap):
    points = ducked((5_000, 7_000), (7_000 + gap, 9_000))
    for (start, low), (stop, high) in pairwise(points):
        assert high - low <= (stop - start) * 15 / RELEASE + 1e-9
        assert low - high <= (stop - start) * 15 / ATTACK + 1e-9


def test_speech_that_ended_before_the_bed_does_not_hold_it_down():
    assert ducked((1_000, 5_000), at=5_000) == ()
    assert ducked((1_000, 5_001), at=5_000) == ((5_001, -15.0), (5_801, 0.0))
    assert ducked((1_000, 5_000), (5_500, 6_000), at=5_200)[0] == (6_000, -15.0)


def test_points_end_with_the_bed():
    assert ducked((5_000, 7_000), at=4_875, end=7_400) == (
        (4_875, -7.5), (5_000, -15.0), (7_000, -15.0), (7_399, pytest.approx(-7.5, abs=0.02)),
    )  # fmt: skip


def test_a_change_of_depth_takes_a_ramp():
    points = ducked((5_000, 9_000), depths=[(0, -10.0), (7_000, -20.0), (12_000, 0.0)])
    assert points == (
        (4_750, 0.0), (5_000, -10.0), (7_000, -10.0), (7_250, -20.0), (9_000, -20.0), (9_800, 0.0),
    )  # fmt: skip


def test_a_change_inside_a_change_goes_on_from_where_it_was():
    points = ducked((0, 20_000), depths=[(0, 0.0), (1_000, -20.0), (1_125, 0.0)])
    assert points == ((1_000, 0.0), (1_125, -10.0), (1_375, 0.0))
    twice = ducked((0, 20_000), depths=[(0, 0.0), (1_000, -20.0), (1_000, -8.0)])
    assert twice == ((1_000, 0.0), (1_250, -8.0))


def test_a_gain_comes_on_top_of_the_ducking():
    points = ducked((5_000, 7_000), gains=[(0, 0.0), (6_000, -6.0)])
    assert level(points, 5_500) == -15.0
    assert level(points, 6_500) == -21.0
    assert level(points, 15_000) == -6.0


INTERVALS = st.lists(
    st.tuples(st.integers(0, 20_000), st.integers(0, 4_000)).map(lambda s: (s[0], s[0] + s[1])),
    max_size=6,
)
DEPTH = st.floats(-60, -0.5)


@settings(max_examples=60)
@given(INTERVALS, st.integers(0, 20_000), st.integers(1, 10_000), DEPTH)
def test_the_level_never_jumps_and_is_down_while_somebody_speaks(speech, at, length, depth):
    end = at + length
    points = envelope(speech, at, end, [(at, depth)], RATE)
    assert all(at <= sample < end for sample, _ in points)
    assert all(depth - 1e-9 <= value <= 0 for _, value in points)
    for (start, low), (stop, high) in pairwise(points):
        assert start < stop
        assert abs(high - low) <= (stop - start) * -depth / ATTACK + 1e-9
        if high > low:
            assert high - low <= (stop - start) * -depth / RELEASE + 1e-9
    for first, last in speech:
        for sample in {max(first, at), min(last, end) - 1, (first + last) // 2}:
            if first <= sample < last and at <= sample < end:
                assert level(points, sample) == pytest.approx(depth, abs=1e-6)
    for before, point, after in zip(points, points[1:], points[2:], strict=False):
        assert abs(level((before, after), point[0]) - point[1]) > 1e-10  # none is needless


@settings(max_examples=60)
@given(INTERVALS, st.randoms(use_true_random=False), st.lists(st.integers(0, 24_000), max_size=5))
def test_how_speech_is_split_does_not_matter(speech, random, cuts):
    parts = [
        part
        for start, end in speech
        for part in pairwise(sorted({start, end, *(cut for cut in cuts if start < cut < end)}))
    ]
    random.shuffle(parts)
    assert ducked(*parts, at=500) == ducked(*speech, at=500)


@settings(max_examples=60)
@given(
    INTERVALS,
    st.lists(st.tuples(st.integers(0, 20_000), st.floats(-60, 0)), max_size=4).map(sorted),
)
def test_changes_of_depth_never_jump(speech, changes):
    points = envelope(speech, 0, 20_000, [(0, -15.0), *changes], RATE)
    for (start, low), (stop, high) in pairwise(points):
        assert abs(high - low) <= (stop - start) * 2 * 60 / ATTACK + 1e-9
    assert all(-60 - 1e-9 <= value <= 0 for _, value in points)


def test_the_ramps_are_what_the_figures_here_assume():
    assert (ATTACK_SECONDS * RATE, RELEASE_SECONDS * RATE) == (ATTACK, RELEASE)


# --- levels --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lufs", "peak", "gain"),
    [
        (-16.0, -3.0, 0.0),
        (-9.0, 0.0, -7.0),
        (-20.0, -10.0, 4.0),
        (-40.0, -30.0, 12.0),  # lifted by 12 dB at most
        (-30.0, -2.0, 5.0),  # the peak stays at +3 dBFS
        (-math.inf, -math.inf, 0.0),
    ],
)
def test_an_asset_is_as_loud_as_speech(lufs, peak, gain):
    assets = {"a.mp3": Asset("a", 2, 9_000, lufs, peak)}
    for option, more in [("", 0.0), ("| gain -3dB", -3.0)]:
        ((bed,), _) = score([cue(f"a.mp3 {option}", 0)], [], 0, 30_000, assets, RATE)
        assert bed.gain_db == pytest.approx(gain + more)


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("a.mp3", -15.0),
        ("a.mp3 | under -20dB", -20.0),
        ("a.mp3 | under off", 0.0),
        ("door.wav", 0.0),
        ("door.wav | under -6dB", -6.0),
    ],
)
def test_music_makes_room_for_speech_and_effects_do_not(text, depth):
    (bed,) = beds(cue(text, 5_000), speech=[(5_000, 20_000)])
    assert level(bed.level, 5_500) == depth


def test_changes_hold_from_where_they_stand():
    (bed,) = beds(
        cue("a.mp3 | gain -3dB", 0),
        cue("under -20dB", 4_000),
        cue("gain -6dB", 6_000),
        cue("up", 8_000),
        speech=[(2_000, 12_000)],
    )
    assert bed.gain_db == -3.0
    assert [level(bed.level, at) for at in (0, 3_000, 5_000, 7_000, 9_000, 14_000)] == [
        0.0, -15.0, -20.0, -23.0, -3.0, -3.0,
    ]  # fmt: skip


def test_pan_offset_and_channels_are_handed_on():
    (bed,) = beds(cue("door.wav | pan left | from 200ms", 0))
    assert (bed.pan, bed.offset, bed.end, bed.asset) == (-1.0, 200, 800, ASSETS["door.wav"])


# --- beginnings and ends -------------------------------------------------------------------


A_TO_STOP = ("a", 1_000, 6_000, 5, 1_000)  # fading from 5 s on


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a.mp3", "stop", [A_TO_STOP]),
        ("a.mp3 | fade in 2s", "stop | fade out 3s", [("a", 1_000, 8_000, 2_000, 3_000)]),
        ("a.mp3 | fade out 2s", "fade out", [("a", 1_000, 7_000, 5, 2_000)]),
        ("a.mp3", "stop | fade out 0s", [("a", 1_000, 5_005, 5, 5)]),
        ("a.mp3 | fade in 10s", "stop", [("a", 1_000, 6_000, 4_000, 1_000)]),
        ("short.mp3 | for 2s", "stop", [("s", 1_000, 3_000, 5, 1_000)]),  # it ended before
        ("a.mp3 | for 4500ms", "stop", [("a", 1_000, 5_500, 5, 500)]),  # ends inside the fade
        (
            "a.mp3",
            "b.mp3 | for 10s",
            [("a", 1_000, 7_000, 5, 2_000), ("b", 5_000, 15_000, 2_000, 1_000)],
        ),
        (
            "a.mp3",
            "b.mp3 | for 10s | crossfade 3s",
            [("a", 1_000, 8_000, 5, 3_000), ("b", 5_000, 15_000, 3_000, 1_000)],
        ),
        (
            "a.mp3",
            "b.mp3 | for 10s | fade in 1s",
            [A_TO_STOP, ("b", 5_000, 15_000, 1_000, 1_000)],
        ),
        (
            "a.mp3 | for 5s",  # no more is left of it to go with
            "b.mp3 | for 10s",
            [A_TO_STOP, ("b", 5_000, 15_000, 1_000, 1_000)],
        ),
        (
            "a.mp3 | for 10s",
            "door.wav",
            [("a", 1_000, 11_000, 5, 1_000), ("d", 5_000, 6_000, 5, 5)],
        ),
        ("door.wav", "stop", [("d", 1_000, 2_000, 5, 5)]),
    ],
)
def test_what_ends_what(first, second, expected):
    assert shown(cue(first, 1_000), cue(second, 5_000), speech=[(0, 500)]) == expected


def test_a_stop_right_before_the_end_does_not_click():
    assert shown(cue("short.mp3", 0), cue("stop", 2_998)) == [("s", 0, 3_000, 5, 5)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short.mp3", ("s", 1_000, 4_000, 5, 5)),
        ("short.mp3 | for 20s", ("s", 1_000, 4_000, 5, 5)),
        ("short.mp3 | fade in 2s | fade out 4s", ("s", 1_000, 4_000, 1_000, 2_000)),
        ("short.mp3 | loop | for 7s", ("s", 1_000, 8_000, 5, 1_000)),
        ("short.mp3 | loop", ("s", 1_000, 4_000, 5, 5)),  # after the last speech: once
        ("short.mp3 | from 2900ms", ("s", 1_000, 1_100, 5, 5)),
        ("click.wav", ("c", 1_000, 1_001, 0, 1)),
        ("door.wav | for 6ms", ("d", 1_000, 1_006, 3, 3)),
        ("door.wav | fade out 9s", ("d", 1_000, 2_000, 5, 995)),
    ],
)
def test_how_long_a_cue_sounds(text, expected):
    assert shown(cue(text, 1_000)) == [expected]


@pytest.mark.parametrize("text", ["a.mp3 | for 0s", "empty.wav", "a slow piano"])
def test_nothing_is_heard_of_what_has_no_length(text):
    assert shown(cue("b.mp3 | for 9s", 0), cue(text, 2_000)) == [("b", 0, 9_000, 5, 1_000)]


def test_a_stop_or_change_before_anything_plays_does_nothing():
    stray = [cue("stop", 0), cue("up", 0), cue("gain -6dB", 10), cue("stop", 10, "sfx")]
    assert beds(*stray) == ()
    assert shown(*stray, cue("short.mp3", 20)) == [("s", 20, 3_020, 5, 5)]


def test_of_two_at_one_place_the_last_counts():
    first, second, third = cue("a.mp3", 0), cue("b.mp3", 5_000), cue("short.mp3", 5_000)
    assert shown(first, second, third) == [("a", 0, 7_000, 5, 2_000), ("s", 5_000, 8_000, 2_000, 5)]
    assert shown(first, second, cue("stop", 5_000)) == [("a", 0, 6_000, 5, 1_000)]
    rain = cue("door.wav | loop", 5_000)
    assert shown(rain, cue("stop", 5_000, "sfx")) == []
    assert [bed[0] for bed in shown(rain, cue("door.wav", 5_000))] == ["d", "d"]


def test_a_loop_overlaps_itself_at_its_seam():
    speech = [(0, 20_000)]
    (bed,) = beds(cue("short.mp3 | loop 2s", 0), speech=speech)
    assert (bed.loops, bed.crossfade) == (True, 1_500)  # half of it at most
    (bed,) = beds(cue("short.mp3 | loop | from 2999ms", 0), speech=speech)
    assert (bed.loops, bed.crossfade) == (True, 1)  # no more than its first pass has
    (bed,) = beds(cue("short.mp3 | loop | for 2s", 0), speech=speech)
    assert (bed.loops, bed.crossfade) == (False, 0)


def test_a_loop_of_effects_can_be_stopped():
    rain = cue("door.wav | loop", 0)
    stop = cue("stop | fade out 2s", 6_000, "sfx")
    assert shown(rain, stop, speech=[(0, 9_000)]) == [("d", 0, 8_000, 5, 2_000)]


def test_from_beyond_the_end_is_an_error_at_the_cue():
    late = [cue("short.mp3 | from 3s", 4_000), cue("door.wav | from 1:00", 5_000)]
    with pytest.raises(InputError) as caught:
        beds(*late)
    assert [str(problem) for problem in caught.value.problems] == [
        "s.md:5: error: nothing is left of short.mp3 from 3s on: it is 3.0s long",
        "s.md:6: error: nothing is left of door.wav from 60s on: it is 1.0s long",
    ]
    assert tuple(length_problems([one.cue for one in late], ASSETS, RATE)) == caught.value.problems


def test_what_is_no_longer_than_a_seam_cannot_loop():
    """A sample that is repeated is an offset, a few are a hum: no sound that anybody meant."""
    with pytest.raises(InputError, match=r"click\.wav is too short to loop: it is 1\.00 ms long"):
        beds(cue("click.wav | loop", 4_000))


# --- the ends of sections ------------------------------------------------------------------


def test_music_ends_with_its_chapter_and_says_so():
    section = [cue("a.mp3", 12_000), cue("door.wav", 39_500), cue("b.mp3", 41_000)]
    found, problems = score(section, [(11_000, 39_000)], 10_000, 40_000, ASSETS, RATE, last=False)
    assert [(bed.at, bed.end, bed.fade_out) for bed in found] == [
        (2_000, 30_000, 3_000),
        (29_500, 30_000, 250),  # never more than half of it
    ]
    assert [(problem.place.line, problem.severity) for problem in problems] == [
        (13, "warning"),
        (40, "warning"),
    ]


def test_music_that_is_stopped_at_the_end_of_its_chapter_is_no_surprise():
    section = [cue("a.mp3", 2_000), cue("stop | fade out 5s", 27_000)]
    found, problems = score(section, [], 0, 30_000, ASSETS, RATE, last=False)
    assert [(bed.end, bed.fade_out) for bed in found] == [(30_000, 3_000)]
    assert problems == ()


def test_a_loop_in_a_later_section_is_warned_about_wherever_it_begins():
    _, problems = score([cue("a.mp3 | loop", 9_000)], [], 0, 30_000, ASSETS, RATE, last=False)
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("cues", "until"),
    [
        ([], 20_000),
        ([cue("a.mp3", 1_000)], 23_000),  # under speech and never stopped: 3 s
        ([cue("a.mp3 | loop", 1_000)], 23_000),
        ([cue("a.mp3 | fade out 7s", 1_000)], 27_000),
        ([cue("a.mp3 | for 20s", 1_000)], 21_000),  # ends by itself
        ([cue("a.mp3", 1_000), cue("stop | fade out 5s", 20_000)], 25_000),
        ([cue("a.mp3", 1_000), cue("stop | fade out 5s", 19_000)], 24_000),
        ([cue("a.mp3", 1_000), cue("stop", 5_000)], 20_000),
        ([cue("short.mp3", 20_000)], 23_000),  # an outro plays to its end
        ([cue("a.mp3", 20_000)], 80_000),
        ([cue("a.mp3 | loop", 20_000)], 80_000),  # once
        ([cue("a.mp3 | for 12s", 20_000)], 32_000),
        ([cue("a.mp3", 20_000), cue("stop | fade out 2s", 26_000)], 28_000),
        ([cue("a.mp3", 1_000), cue("b.mp3 | for 12s", 20_000)], 32_000),
        ([cue("door.wav", 19_500)], 20_500),  # effects play to their end
        ([cue("door.wav | loop", 19_500)], 23_000),
        ([cue("a.mp3", 1_000), cue("b.mp3 | for 30s", 3_000, "sfx")], 33_000),
    ],
)
def test_the_end_of_an_episode_is_the_end_of_what_sounds(cues, until):
    assert trailing(cues, 20_000, ASSETS, RATE) == until
    assert (
        trailing([replace(one, at=one.at + 7) for one in cues], 20_007, ASSETS, RATE) == until + 7
    )
    found, problems = score(cues, [(500, 20_000)], 0, until + 1_000, ASSETS, RATE)
    assert max((bed.end for bed in found if bed.end > 20_000), default=20_000) == until
    assert problems == ()


def test_music_that_ends_soon_after_the_last_speech_ends_as_it_does():
    assert shown(cue("a.mp3 | for 21s", 1_000), speech=[(0, 20_000)]) == [
        ("a", 1_000, 22_000, 5, 1_000)
    ]


def test_music_under_the_last_speech_fades_though_an_effect_goes_on():
    cues = [cue("a.mp3", 1_000), cue("b.mp3", 2_000, "sfx")]
    found = beds(*cues, speech=[(0, 20_000)], end=92_000)
    assert [(bed.end, bed.fade_out) for bed in found] == [(23_000, 3_000), (92_000, EDGE)]


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        ("door.wav", 0),
        ("door.wav | over", 0),
        ("door.wav | wait", 1_000),
        ("door.wav | wait | from 400ms", 600),
        ("a.mp3 | wait | for 5s", 5_000),
        ("short.mp3 | wait | loop", 3_000),
        ("short.mp3 | wait | loop | for 5s", 5_000),
        ("stop | fade out 3s", 0),
        ("a slow piano | wait", 0),
    ],
)
def test_speech_waits_for_a_cue_that_asks_for_it(text, samples):
    assert waits(cue(text, 0).cue, ASSETS, RATE) == samples


# --- whatever the cues ---------------------------------------------------------------------

SAID = ["fade in 1s", "fade out 4s", "loop 1s", "from 500ms", "for 8s", "crossfade 3s"]
ACTIONS = st.sampled_from(["stop", "up", "gain -6dB"])
STARTS = st.tuples(
    st.sampled_from(sorted(ASSETS)), st.lists(st.sampled_from(SAID), max_size=3, unique=True)
).map(lambda drawn: " | ".join([drawn[0], *(o for o in drawn[1] if _fits(drawn[0], o))]))
CUES = st.lists(st.tuples(st.integers(0, 40_000), STARTS | ACTIONS), max_size=8).map(
    lambda drawn: [cue(text, at) for at, text in sorted(drawn)]
)


def _fits(file: str, option: str) -> bool:
    if option.startswith("from"):
        return ASSETS[file].samples > 500
    if option.startswith("loop"):
        return ASSETS[file].samples >= 2 * EDGE
    return not (option.startswith("crossfade") and file.endswith("wav"))


@settings(max_examples=150)
@given(CUES, INTERVALS, st.integers(1, 40_000), st.booleans())
def test_beds_lie_in_their_section_and_their_fades_fit(cues, speech, end, last):
    found, _ = score(cues, speech, 0, end, ASSETS, RATE, last)
    for bed in found:
        length = bed.end - bed.at
        assert 0 <= bed.at < bed.end <= end
        assert bed.fade_in + bed.fade_out <= length
        assert min(bed.fade_in, bed.fade_out) >= min(EDGE, length // 2)
        assert all(bed.at <= sample < bed.end for sample, _ in bed.level)
        assert 0 <= bed.offset < bed.asset.samples
        assert bed.loops or bed.offset + length <= bed.asset.samples
        assert bed.offset + bed.crossfade <= bed.asset.samples


@settings(max_examples=150)
@given(CUES, INTERVALS, st.integers(1, 40_000))
def test_music_sounds_alone_but_for_crossfades(cues, speech, end):
    found, _ = score(cues, speech, 0, end, ASSETS, RATE)
    music = [bed for bed in found if bed.asset.digest in "abs"]
    for before, after in pairwise(music):
        assert before.at < after.at
        assert before.end - before.fade_out <= after.at + 1


@settings(max_examples=100)
@given(
    st.lists(st.integers(3_000, 9_000), min_size=1, max_size=5),
    st.sampled_from(["", " | crossfade 3s", " | fade in 1s"]),
)
def test_crossfades_have_equal_power(gaps, option):
    places = [sum(gaps[:number]) for number in range(len(gaps) + 1)]
    cues = [cue("ab"[n % 2] + ".mp3" + option, at) for n, at in enumerate(places)]
    found, _ = score(cues, [], 0, places[-1] + 100_000, ASSETS, RATE)
    assert len(found) == len(cues)
    for before, after in pairwise(found):
        assert (before.end - before.fade_out, before.end) == (after.at, after.at + after.fade_in)


@settings(max_examples=60)
@given(CUES, INTERVALS, st.integers(1, 10**9), st.booleans())
def test_a_section_sounds_the_same_wherever_it_stands(cues, speech, shift, last):
    moved = [replace(one, at=one.at + shift) for one in cues]
    spoken = [(start + shift, end + shift) for start, end in speech]
    here = score(cues, speech, 0, 30_000, ASSETS, RATE, last)
    assert score(moved, spoken, shift, shift + 30_000, ASSETS, RATE, last) == here


@settings(max_examples=100)
@given(CUES, st.integers(1, 40_000))
def test_the_trail_is_where_the_last_bed_ends(cues, at):
    until = trailing(cues, at, ASSETS, RATE)
    found, _ = score(cues, [(0, at)], 0, max(until, 40_001), ASSETS, RATE)
    assert max([at, *(bed.end for bed in found)]) == until
