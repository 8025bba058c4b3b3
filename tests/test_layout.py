from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.clip import Level
from podforge.errors import Place
from podforge.layout import cuts_refused, lay_out
from podforge.placing import AFTER_SECONDS
from podforge.plan import make_plan
from podforge.script import PAUSES, Chapter, Cue, Header, Pause, SceneBreak, Script
from podforge.timeline import Asset, Timeline
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
ASSETS = {"five.wav": Asset("five", 2, 5 * MIX_RATE, -16.0, -3.0)}


def music(*options: str, kind="music") -> Cue:
    return Cue(kind, "five.wav", "", options, PLACE)


def seconds(samples: int) -> float:
    return round(samples / MIX_RATE, 3)


def laid(script: Script, limits=UTTERANCES, by_chapter=False, **how: float) -> Timeline:
    cast = cast_of(script, limits)
    plan = make_plan(script, cast)
    return lay_out(script, plan, clips_for(plan, **how), cast, ASSETS, by_chapter)


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
    assert [p.asked_db for p in timeline.sections[0].placements] == [0.0, -3.0]


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


CHAPTERS = (
    [Chapter("One", PLACE), say("Ana", "The first words."), say("Ben", "And an answer.")],
    [Chapter("Two", PLACE), music(), say("Ana", "Some other words."), Pause(1.5, PLACE)],
    [Chapter("Three", PLACE), say("Ben", "The last of them.")],
)


def test_chapters_of_a_book_are_sections_that_do_not_know_where_they_stand():
    one, two, three = CHAPTERS
    laid_out = laid(script_of(*one, *two, *three), by_chapter=True)
    moved = laid(script_of(*two, *one, *three), by_chapter=True)
    assert [section.title for section in laid_out.sections] == ["One", "Two", "Three"]
    a, b, c = (replace(section, at=0) for section in laid_out.sections)
    assert [replace(section, at=0) for section in moved.sections] == [b, a, c]
    ends = [section.at + section.length for section in laid_out.sections]
    assert ends == [*(section.at for section in laid_out.sections[1:]), laid_out.length]
    assert [mark.at for mark in laid_out.chapters] == [s.at for s in laid_out.sections]


def test_a_chapter_of_a_book_begins_and_ends_with_room_tone():
    header = Header(title="T", pauses=PAUSES["audiobook"])
    script = script_of(*(item for chapter in CHAPTERS for item in chapter), header=header)
    timeline = laid(script, by_chapter=True)
    _, second, third = timeline.sections
    lines = timeline.lines
    assert seconds(lines[0].start) == 0.75
    assert seconds(second.at - lines[1].end) == 1.75  # and 0.75 of head: 2.5 between chapters
    assert seconds(second.beds[0].at) == 0.5
    assert second.beds[0].end <= second.length - MIX_RATE // 2
    assert seconds(timeline.length - lines[-1].end) == 1.75
    assert seconds(third.length) > 3


def test_a_voice_that_says_little_in_a_chapter_is_levelled_like_the_others():
    script = script_of(say("Ana", "A long line. " * 9), say("Ben", "Hush!"))
    cast = cast_of(script)
    plan = make_plan(script, cast)
    clips = {job.key: clip_for(job, lufs=-20.0) for job in plan.jobs}
    whisper = clips[plan.jobs[-1].key]
    clips[whisper.key] = replace(whisper, levels=(Level(-35.0, 0.6),))
    long = clips[plan.jobs[0].key]
    clips[long.key] = replace(long, levels=(Level(-20.0, 8.0),))
    for by_chapter, gain in ((False, 19.0), (True, 4.0)):
        timeline = lay_out(script, plan, clips, cast, {}, by_chapter)
        assert [round(p.gain_db, 6) for p in timeline.sections[0].placements] == [4.0, gain]


def test_music_starts_at_once_and_speech_after_the_pause_that_follows_it():
    script = script_of(music(), Pause(3.0, PLACE), say("Ana", "Hello there."))
    timeline = laid(script)
    (bed,) = timeline.sections[0].beds
    assert (bed.at, seconds(timeline.lines[0].start)) == (0, 3.0)


def test_speech_waits_for_a_sound_that_it_is_to_wait_for():
    script = script_of(say("Ana", "Listen."), music("wait", kind="sfx"), say("Ben", "I did."))
    assert gaps(laid(script)) == [5.8]
    paused = [Pause(1.0, PLACE), music("wait", kind="sfx"), Pause(2.0, PLACE)]
    assert gaps(laid(script_of(say("Ana", "Listen."), *paused, say("Ben", "I did.")))) == [8.0]


def test_an_outro_makes_the_episode_longer():
    script = script_of(say("Ana", "Goodbye."), music())
    timeline = laid(script)
    assert seconds(timeline.length - timeline.lines[-1].end) == 5.0
    (bed,) = timeline.sections[0].beds
    assert bed.end == timeline.length


def test_a_chapter_of_music_alone_has_a_mark_wherever_it_stands():
    said, sting = say("Ana", "Some words."), music("wait", kind="sfx")
    items = [
        Chapter("Intro", PLACE), sting, Chapter("One", PLACE), said,
        Chapter("Interlude", PLACE), sting, Chapter("Three", PLACE), said,
        Chapter("Outro", PLACE), sting,
    ]  # fmt: skip
    timeline = laid(script_of(*items))
    titles = [mark.title for mark in timeline.chapters]
    assert titles == ["Intro", "One", "Interlude", "Three", "Outro"]
    times = [mark.at for mark in timeline.chapters]
    assert times == sorted(set(times))
    assert times[0] == 0
    between = [times[n] - timeline.lines[0].end for n in (2, 3)]
    assert 0 < between[0] <= 2 * MIX_RATE < 5 * MIX_RATE < between[1]
    assert not timeline.warnings


def test_a_heading_with_nothing_under_it_is_left_out_with_a_warning():
    script = script_of(
        Chapter("Part", PLACE), Chapter("One", PLACE), say("Ana", "Words."), Chapter("End", PLACE)
    )
    timeline = laid(script)
    assert [mark.title for mark in timeline.chapters] == ["One"]
    assert ["Part" in p.text or "End" in p.text for p in timeline.warnings] == [True, True]


@pytest.mark.parametrize("limits", [UTTERANCES, WINDOWS])
def test_a_speaker_at_another_speed_keeps_the_gaps_and_shortens_the_words(limits):
    script = script_of(say("Ana", "One two three."), say("Ben", "Four five."), say("Ana", "Six."))
    cast = cast_of(script, limits)
    fast = replace(cast, parts={**cast.parts, "Ben": replace(cast.parts["Ben"], speed=1.25)})
    plan = make_plan(script, cast)
    usual, quick = (lay_out(script, plan, clips_for(plan), who) for who in (cast, fast))
    assert gaps(quick) == pytest.approx(gaps(usual), abs=1e-3)
    lengths = [[line.end - line.start for line in timeline.lines] for timeline in (usual, quick)]
    ratios = [before / after for before, after in zip(*lengths, strict=True)]
    assert ratios == pytest.approx([1.0, 1.25, 1.0], abs=1e-3)
    assert [p.speed for p in quick.sections[0].placements] == [1.0, 1.25, 1.0]
    for word in quick.lines[1].words:
        assert quick.lines[1].start <= word.start <= word.end <= quick.lines[1].end


def test_two_channels_are_asked_for_by_pan_and_stereo_only():
    script = script_of(say("Ana", "One."))
    cast = cast_of(script)
    plan = make_plan(script, cast)
    assert laid(script).channels == 1
    assert laid(script_of(music(), say("Ana", "One."))).channels == 2
    panned = replace(cast, parts={"Ana": replace(cast.parts["Ana"], pan=-0.3)})
    assert lay_out(script, plan, clips_for(plan), panned).channels == 2
