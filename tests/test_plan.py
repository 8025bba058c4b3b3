from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.cast import ANY
from podforge.cutting import cut_text, cut_windows
from podforge.errors import Place
from podforge.plan import Plan, make_plan, seed_of
from podforge.script import Cue, Edit, Pause, Script, Spoken
from tests.builders import UTTERANCES, WINDOWS, cast_of, dialogue, say, script_of

names = st.sampled_from(["Ana", "Ben", "Cyd", "Dov", "Eve", "Fay"])
texts = st.text(alphabet="abcdefgh .,", min_size=1, max_size=300).filter(str.strip)
lines = st.lists(st.tuples(names, texts), min_size=1, max_size=60)
breaks = st.dictionaries(st.integers(0, 59), st.sampled_from(["scene", "chapter"]), max_size=6)


def keys(plan: Plan) -> list[str]:
    return [job.key for job in plan.jobs]


def planned(script: Script, limits=UTTERANCES) -> Plan:
    return make_plan(script, cast_of(script, limits))


@settings(max_examples=60, deadline=None)
@given(lines, breaks)
def test_windows_hold_every_utterance_once_in_order_and_within_the_limits(said, where):
    script = dialogue(said, where)
    plan = planned(script, WINDOWS)
    heard = [(u.item, u.offset) for job in plan.jobs for u in job.utterances]
    assert heard == sorted(heard)
    spoken = {}
    for job in plan.jobs:
        assert job.characters <= WINDOWS.most_characters or len(job.utterances) == 1
        assert len(job.voices) <= WINDOWS.speakers
        for u in job.utterances:
            spoken.setdefault(u.item, []).append(u.text)
    for index, item in enumerate(script.items):
        if hasattr(item, "speakers"):
            assert "".join("".join(spoken[index]).split()) == "".join(item.text.split())


@settings(max_examples=60, deadline=None)
@given(lines, breaks)
def test_speakers_are_numbered_densely_in_order_of_appearance(said, where):
    for job in planned(dialogue(said, where), WINDOWS).jobs:
        order = list(dict.fromkeys(u.slot for u in job.utterances))
        assert order == list(range(len(job.voices)))
        for u in job.utterances:
            assert job.voices[u.slot].name == u.speaker.lower()


@settings(max_examples=40, deadline=None)
@given(lines, breaks)
def test_no_window_crosses_a_chapter(said, where):
    script = dialogue(said, where)
    starts = [i for i, item in enumerate(script.items) if type(item).__name__ == "Chapter"]
    for job in planned(script, WINDOWS).jobs:
        first, last = job.utterances[0].item, job.utterances[-1].item
        assert not any(first < start < last for start in starts)


@settings(max_examples=40, deadline=None)
@given(lines, breaks, st.integers(0, 59), texts)
def test_an_edit_never_reaches_another_chapter(said, where, at, text):
    at %= len(said)
    edited = [*said[:at], (said[at][0], text), *said[at + 1 :]]
    before, after = (
        planned(dialogue(said, where), WINDOWS),
        planned(dialogue(edited, where), WINDOWS),
    )
    starts = [
        0,
        *sorted(n for n, kind in where.items() if kind == "chapter" and n < len(said)),
        10**6,
    ]
    low = max(s for s in starts if s <= at)
    high = min(s for s in starts if s > at)
    for job in before.jobs:
        if not low < job.place.line <= high:
            assert job.key in keys(after)


def test_an_edit_in_a_long_chapter_remakes_few_windows():
    said = [
        ("Ana" if n % 2 else "Ben", f"Line {n} says something of some length, {n * n}.")
        for n in range(400)
    ]
    before = set(keys(planned(dialogue(said), WINDOWS)))
    remade = []
    for at in range(0, 400, 5):
        edited = [*said[:at], (said[at][0], f"Another text for {at}."), *said[at + 1 :]]
        remade.append(len(set(keys(planned(dialogue(edited), WINDOWS))) - before))
    assert sum(remade) / len(remade) <= 1.6
    assert sorted(remade)[int(len(remade) * 0.95)] <= 3


def test_a_scene_break_is_where_a_window_is_cut():
    said = [("Ana", "x" * 100) for _ in range(8)]
    plan = planned(dialogue(said, {5: "scene"}), WINDOWS)
    assert any(job.utterances[0].place.line == 6 for job in plan.jobs)


def test_pauses_and_cues_do_not_end_a_window():
    place = Place("s.md", 2, 1)
    script = script_of(
        say("Ana", "One."),
        Pause(2.0, place),
        say("Ben", "Two."),
        Cue("sfx", "", "door", (), place),
        say("Ana", "Three."),
    )
    assert len(planned(script, WINDOWS).jobs) == 1


def test_an_ensemble_is_one_job_a_speaker_and_does_not_end_the_window():
    script = script_of(say("Ana", "One."), say("Ana&Ben", "Good night!"), say("Ben", "Two."))
    plan = planned(script, WINDOWS)
    assert [[u.text for u in job.utterances] for job in plan.jobs] == [
        ["One.", "Two."],
        ["Good night!"],
        ["Good night!"],
    ]
    assert {job.voices[0].name for job in plan.jobs[1:]} == {"ana", "ben"}


def test_two_engines_in_one_episode_make_windows_of_their_own():
    script = dialogue([("Ana", "One."), ("Ben", "Two."), ("Ana", "Three.")])
    cast = cast_of(
        script, engines={"win": WINDOWS, "utt": UTTERANCES}, engine_of={"Ana": "win", "Ben": "utt"}
    )
    plan = make_plan(script, cast)
    assert [(job.engine, len(job.utterances)) for job in plan.jobs] == [("win", 2), ("utt", 1)]


def test_names_places_and_titles_are_not_in_the_key():
    one = script_of(say("Ana", "Hello.", 3))
    two = script_of(say("Zoe", "Hello.", 99))
    cast = cast_of(one)
    renamed = replace(cast, parts={"Zoe": replace(cast.parts["Ana"], speaker="Zoe")})
    assert keys(make_plan(one, cast)) == keys(make_plan(two, renamed))


@pytest.mark.parametrize(
    "change",
    [
        lambda use: replace(use, name="other"),
        lambda use: replace(use, model="m2"),
        lambda use: replace(use, sound_version=2),
        lambda use: replace(use, settings={"steps": 20}),
        lambda use: replace(use, limits=replace(use.limits, rate=24_000)),
    ],
)
def test_what_decides_the_sound_is_in_the_key(change):
    script = script_of(say("Ana", "Hello."))
    cast = cast_of(script)
    use = change(cast.engines["fake"])
    changed = replace(cast, engines={"fake": use, use.name: use})
    parts = {n: replace(p, engine=use.name) for n, p in cast.parts.items()}
    assert keys(make_plan(script, cast)) != keys(make_plan(script, replace(changed, parts=parts)))


def test_identical_lines_share_a_clip_unless_takes_differ():
    script = dialogue([("Ana", "Yes."), ("Ben", "No."), ("Ana", "Yes.")], {})
    sure = make_plan(script, cast_of(script))
    assert len(sure.jobs) == 3
    assert len(sure.unique()) == 2
    chancy = make_plan(script, cast_of(script, replace(UTTERANCES, stochastic=True)))
    assert len(chancy.unique()) == 3


def test_occurrences_are_counted_within_the_chapter_so_that_chapters_may_move():
    said = [("Ana", "Yes."), ("Ana", "Yes.")]
    limits = replace(UTTERANCES, stochastic=True)
    one = dialogue(said * 2, {2: "chapter"})
    assert len({*keys(make_plan(one, cast_of(one, limits)))}) == 2


def test_a_long_paragraph_becomes_several_utterances_with_offsets():
    text = "This is a sentence. " * 40
    script = script_of(say("Ana", text.strip()))
    plan = planned(script, replace(UTTERANCES, most_utterance=200))
    assert len(plan.jobs) > 3
    for job in plan.jobs:
        (said,) = job.utterances
        assert text[said.offset :].startswith(said.text)
        assert said.text.endswith(".")


def test_splits_make_a_window_again_in_parts():
    script = dialogue([("Ana", "One."), ("Ben", "Two."), ("Ben", "Three.")])
    cast = cast_of(script, WINDOWS)
    (job,) = make_plan(script, cast).jobs
    parts = make_plan(script, cast, {job.key: frozenset({1})}).jobs
    assert [[u.text for u in part.utterances] for part in parts] == [["One."], ["Two.", "Three."]]
    assert [u.slot for u in parts[1].utterances] == [0, 0]
    assert parts[1].voices[0].name == "ben"


def test_seeds_follow_from_key_and_attempt():
    assert seed_of("a", 0) != seed_of("a", 1) != seed_of("b", 1)
    assert 0 <= seed_of("a", 0) < 2**63


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=2000), st.integers(20, 300))
def test_cut_text_loses_nothing_but_white_space(text, most):
    pieces = list(cut_text(text, most))
    assert "".join("".join(p for _, p in pieces).split()) == "".join(text.split())
    for offset, piece in pieces:
        assert len(piece) <= most
        assert text[offset : offset + len(piece)] == piece


def test_cut_windows_stands_ten_thousand_equal_lines():
    n = 10_000
    cuts = cut_windows(["same"] * n, ["Ana"] * n, [(True,)] * n, WINDOWS)
    assert cuts[0][0] == 0
    assert cuts[-1][1] == n


PERFORMS = replace(UTTERANCES, delivery=True, events=ANY)


def test_delivery_and_vocal_events_are_in_the_plan_of_an_engine_that_performs_them():
    line = say("Ana", "Too late, dear.", delivery="softly", events=((0, "laughs"), (15, "sighs")))
    plain, performed = planned(script_of(line)), planned(script_of(line), PERFORMS)
    assert plain.jobs[0].utterances[0].delivery == ""
    assert plain.jobs[0].utterances[0].events == ()
    assert keys(plain) == keys(planned(script_of(replace(line, delivery="loudly", events=()))))
    (said,) = performed.jobs[0].utterances
    assert (said.delivery, said.events) == ("softly", ((0, "laughs"), (15, "sighs")))
    some = planned(script_of(line), replace(PERFORMS, events=("sighs",)))
    assert some.jobs[0].utterances[0].events == ((15, "sighs"),)
    for other in replace(line, delivery="loudly"), replace(line, events=((0, "laughs"),)):
        assert keys(planned(script_of(other), PERFORMS)) != keys(performed)


@settings(max_examples=60, deadline=None)
@given(st.text("ab .", min_size=1, max_size=200).filter(str.strip), st.data())
def test_every_vocal_event_is_in_one_piece_at_its_place(text, data):
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    line = say("Ana", text, events=tuple((at, f"e{n}") for n, at in enumerate(places)))
    plan = planned(script_of(line), replace(PERFORMS, most_utterance=40, most_characters=40))
    said = [u for job in plan.jobs for u in job.utterances]
    assert [name for u in said for _, name in u.events] == [name for _, name in line.events]
    for u in said:
        for at, name in u.events:
            assert 0 <= at <= len(u.text)
            written = {n: place for place, n in line.events}[name]
            assert not text[min(written, u.offset + at) : max(written, u.offset + at)].strip()


def test_a_vocal_event_keeps_its_place_where_the_text_is_spoken_otherwise():
    written = "It cost 20 and more."
    spoken = Spoken("It cost twenty and more.", (Edit(8, 14, 8, 10),))
    line = replace(say("Ana", written, events=((11, "sighs"),)), spoken=spoken)
    (said,) = planned(script_of(line), PERFORMS).jobs[0].utterances
    assert said.text[said.events[0][0] :] == "and more."


def test_an_engine_that_wants_it_sees_the_text_around_and_keys_do_not_know():
    script = script_of(say("Ana", "One two."), say("Ben", "Three four."), say("Ana", "Five."))
    plan = planned(script, replace(UTTERANCES, context=4))
    assert [(job.before, job.after) for job in plan.jobs] == [
        ("", "Thre"),
        ("two.", "Five"),
        ("our.", ""),
    ]
    assert keys(plan) == keys(planned(script))


def test_context_is_the_text_around_a_job_even_between_windows_and_lines_of_an_ensemble():
    script = dialogue([("Ana", "aaaa."), ("Ana&Ben", "bbbb."), ("Ben", "cccc.")], {2: "scene"})
    limits = replace(WINDOWS, context=5, most_characters=5, least_characters=1)
    plan = planned(script, limits)
    assert [(job.before, job.after) for job in plan.jobs] == [
        ("", "bbbb."), ("aaaa.", "bbbb."), ("bbbb.", "cccc."), ("bbbb.", "")
    ]  # fmt: skip
