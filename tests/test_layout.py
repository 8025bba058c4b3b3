from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.errors import Place
from podforge.layout import cuts_refused, lay_out
from podforge.placing import AFTER_SECONDS
from podforge.plan import make_plan
from podforge.script import Chapter, Cue, Header, Pause, SceneBreak, Script
from podforge.timeline import Timeline
from podforge.units import MIX_RATE, rescale, to_samples
from tests.builders import (
    UTTERANCES,
    WINDOWS,
    cast_of,
    clip_for,
    clips_for,
    dialogue,
    say,
    script_of,
)  # fmt: skip
from tests.test_plan import breaks, lines

PLACE = Place("s.md", 1, 1)


def laid(script: Script, limits=UTTERANCES, **how: float) -> Timeline:
    cast = cast_of(script, limits)
    plan = make_plan(script, cast)
    return lay_out(script, plan, clips_for(plan, **how), cast)


def gaps(timeline: Timeline) -> list[float]:
    """Seconds between the end of each line and the start of the next."""
    pairs = zip(timeline.lines, timeline.lines[1:], strict=False)
    return [round((b.start - a.end) / timeline.rate, 4) for a, b in pairs]


@pytest.mark.parametrize("limits", [UTTERANCES, WINDOWS])
@pytest.mark.parametrize(
    ("between", "gap"),
    [
        ([Pause(2.0, PLACE)], 2.0),
        ([Pause(0.1, PLACE)], 0.1),
        ([Pause(1.0, PLACE), Pause(0.5, PLACE)], 1.5),
        ([SceneBreak(PLACE)], 1.4),
        ([Chapter("Two", PLACE)], 2.0),
        ([Chapter("Two", PLACE), Pause(3.0, PLACE)], 3.0),
        ([Pause(0.2, PLACE), SceneBreak(PLACE)], 1.4),
        ([Cue("sfx", "", "door", (), PLACE)], 0.4),
    ],
)
def test_what_stands_between_two_lines_decides_their_gap(limits, between, gap):
    script = script_of(say("Ana", "One two."), *between, say("Ben", "Three."))
    assert gaps(laid(script, limits)) == [gap]


def test_turns_and_paragraphs_of_an_utterance_engine_get_the_gaps_of_the_header():
    header = Header(pauses=replace(Header().pauses, turn=0.7, paragraph=0.9))
    script = script_of(say("Ana", "One."), say("Ana", "Two."), say("Ben", "Three."), header=header)
    assert gaps(laid(script)) == [0.9, 0.7]


def test_inside_a_window_the_engine_keeps_its_own_timing():
    script = script_of(say("Ana", "One."), say("Ben", "Two."), say("Ana", "Three."))
    assert gaps(laid(script, WINDOWS, gap=0.37)) == pytest.approx([0.37, 0.37], abs=1e-3)


def test_a_window_that_plays_on_has_no_hole_and_no_doubled_sample():
    script = script_of(say("Ana", "One."), say("Ben", "Two."))
    a, b = laid(script, WINDOWS).sections[0].placements
    fade = rescale(a.fade_out, MIX_RATE, a.clip_rate)
    assert a.end - b.start == pytest.approx(fade, abs=1)
    assert b.at - a.at == pytest.approx(rescale(b.start - a.start, a.clip_rate, MIX_RATE), abs=1)


def test_a_cut_keeps_air_around_speech_but_nothing_of_the_neighbour():
    script = script_of(say("Ana", "One."), Pause(2.0, PLACE), say("Ben", "Two."))
    cast = cast_of(script, WINDOWS)
    plan = make_plan(script, cast)
    (clip,) = clips_for(plan, gap=0.1).values()
    a, b = lay_out(script, plan, {clip.key: clip}, cast).sections[0].placements
    assert clip.spans[0].end < a.end <= clip.spans[0].end + 0.05 * clip.rate
    assert clip.spans[1].start > b.start >= clip.spans[0].end + 0.05 * clip.rate


def test_head_and_tail():
    timeline = laid(script_of(say("Ana", "One.")))
    (line,) = timeline.lines
    assert line.start == to_samples(0.5, MIX_RATE)
    assert timeline.length == line.end + to_samples(1.0, MIX_RATE)


def test_chapters_begin_shortly_before_their_first_word_and_the_first_at_zero():
    script = script_of(
        Chapter("One", PLACE), say("Ana", "a b."), Chapter("Two", PLACE), say("Ana", "c d."),
        Chapter("Empty", PLACE),
    )  # fmt: skip
    timeline = laid(script)
    assert [mark.title for mark in timeline.chapters] == ["One", "Two"]
    assert timeline.chapters[0].at == 0
    assert timeline.lines[1].start - timeline.chapters[1].at == to_samples(0.5, MIX_RATE)


def test_speech_before_the_first_chapter_gets_a_mark_of_its_own():
    script = script_of(say("Ana", "a."), Chapter("One", PLACE), say("Ana", "b."))
    marks = laid(script).chapters
    assert [mark.title for mark in marks] == ["T", "One"]
    assert marks[0].at == 0 < marks[1].at


def test_an_ensemble_starts_together_and_the_next_line_waits_for_the_longest():
    script = script_of(say("Ana&Ben", "Good night, all!"), say("Ana", "Bye."))
    cast = cast_of(script)
    plan = make_plan(script, cast)
    clips = clips_for(plan)
    slow = next(job for job in plan.jobs if job.utterances[0].speaker == "Ben")
    clip = clips[slow.key]
    longer = replace(clip.spans[0], end=clip.spans[0].end + 5000)
    clips[slow.key] = replace(clip, spans=(longer,), samples=clip.samples + 5000)
    timeline = lay_out(script, plan, clips, cast)
    one, two, _ = timeline.sections[0].placements
    assert one.at == two.at
    assert gaps(timeline) == [0.4]
    assert timeline.lines[0].speakers == ("Ana", "Ben")


def test_pieces_of_a_long_paragraph_make_one_line():
    script = script_of(say("Ana", "This is a sentence. " * 20))
    timeline = laid(script, replace(UTTERANCES, most_utterance=100))
    assert len(timeline.lines) == 1
    assert len(timeline.sections[0].placements) > 2
    assert len(timeline.lines[0].words) == 80


def test_speakers_are_made_equally_loud_and_a_gain_in_the_script_comes_on_top():
    script = script_of(say("Ana", "One."), say("Ben", "Two."))
    cast = cast_of(script)
    parts = {**cast.parts, "Ben": replace(cast.parts["Ben"], gain_db=-3.0)}
    plan = make_plan(script, cast)
    quiet, loud = plan.jobs
    clips = {quiet.key: clip_for(quiet, lufs=-30.0), loud.key: clip_for(loud, lufs=-10.0)}
    timeline = lay_out(script, plan, clips, replace(cast, parts=parts))
    assert [round(p.gain_db, 6) for p in timeline.sections[0].placements] == [14.0, -9.0]


@pytest.mark.parametrize(
    ("gap", "confidence", "refused"), [(0.2, 1.0, 0), (0.07, 1.0, 1), (0.2, 0.3, 1)]
)
def test_a_pause_in_a_window_without_room_for_a_cut_is_refused(gap, confidence, refused):
    script = script_of(say("Ana", "One."), Pause(1.0, PLACE), say("Ben", "Two."), say("Ana", "3."))
    cast = cast_of(script, WINDOWS)
    plan = make_plan(script, cast)
    splits = cuts_refused(script, plan, clips_for(plan, gap=gap, confidence=confidence))
    assert splits == ({plan.jobs[0].key: frozenset({1})} if refused else {})
    assert len(make_plan(script, cast, splits).jobs) == 1 + refused


@pytest.mark.parametrize("stochastic", [False, True])
def test_parts_that_are_refused_again_are_split_again_until_nothing_is(stochastic):
    pause = Pause(1.0, PLACE)
    twice = [say("Ana", "One."), pause, say("Ben", "Two."), pause, say("Ana", "Three.")]
    script = script_of(*twice, pause, *twice)
    limits = replace(WINDOWS, stochastic=stochastic, most_characters=60, speakers=2)
    cast = cast_of(script, limits)
    plan = make_plan(script, cast)
    splits: dict[str, frozenset[int]] = {}
    for _ in range(10):
        # An engine whose windows leave room at their last boundary only.
        refused = cuts_refused(script, plan, clips_for(plan, gap=0.01))
        first = {key: frozenset({min(where)}) for key, where in refused.items()}
        if not first:
            break
        assert first.keys().isdisjoint(splits)
        splits |= first
        plan = make_plan(script, cast, splits)
    else:
        pytest.fail("it never ends")
    assert all(len(job.utterances) == 1 for job in plan.jobs)


def test_speakers_who_share_a_voice_and_a_line_are_equally_loud():
    script = script_of(say("Ana", "Yes."), say("Ana", "A longer line."), say("Ben", "Yes."))
    cast = cast_of(script)
    same = replace(cast.parts["Ben"], voice=cast.parts["Ana"].voice)
    cast = replace(cast, parts={**cast.parts, "Ben": same})
    plan = make_plan(script, cast)
    gains = {p.gain_db for p in lay_out(script, plan, clips_for(plan), cast).sections[0].placements}
    assert len(gains) == 1


@settings(max_examples=60, deadline=None)
@given(lines, breaks, st.sampled_from([UTTERANCES, WINDOWS]))
def test_lines_never_overlap_and_everything_lies_inside(said, where, limits):
    script = dialogue(said, where)
    cast = cast_of(script, limits)
    plan = make_plan(script, cast)
    clips = clips_for(plan)
    timeline = lay_out(script, plan, clips, cast)
    assert len(timeline.lines) == len(said)
    assert min(gaps(timeline), default=0) >= 0
    at = [mark.at for mark in timeline.chapters]
    assert at == sorted(set(at))
    for placed in timeline.sections[0].placements:
        clip = clips[placed.key]
        assert 0 <= placed.start < placed.end <= clip.samples
        length = rescale(placed.end - placed.start, placed.clip_rate, timeline.rate)
        assert placed.at >= 0
        assert placed.at + length <= timeline.length + to_samples(AFTER_SECONDS, MIX_RATE)
    for line in timeline.lines:
        times = [t for word in line.words for t in (word.start, word.end)]
        assert times == sorted(times)
        assert line.start <= min(times, default=line.start)
        assert max(times, default=line.end) <= line.end
        assert [word.text for word in line.words] == line.text.split()
