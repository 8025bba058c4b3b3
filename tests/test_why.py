"""What `podforge plan --why` says of a job that is to be made, after one change each."""

import json
from dataclasses import replace

import pytest

from podforge.history import history_of, recall, remember, why
from podforge.plan import make_plan
from podforge.store import Store
from tests import in_process
from tests.builders import UTTERANCES, WINDOWS, cast_of, dialogue

LINES = [
    ("Ana", "It was a bright cold day in April."),
    ("Ben", "And the clocks were striking thirteen."),
    ("Ana", "Yes."),
    ("Ben", "The hallway smelt of boiled cabbage and old rag mats."),
    ("Ana", "At one end of it a poster had been tacked to the wall."),
]
STOCHASTIC = replace(UTTERANCES, stochastic=True)


def planned(lines=LINES, limits=STOCHASTIC, **changes):
    script = dialogue(lines)
    cast = cast_of(script, limits)
    return make_plan(script, replace(cast, **changes)), replace(cast, **changes)


def reasons(before, now, removed=()):
    """What is said of the jobs of a plan that another one had not, by the line they begin in."""
    (old, old_cast), (new, new_cast) = before, now
    keys = {job.key for job in new.jobs} - {job.key for job in old.jobs} | set(removed)
    found = why(history_of(old, old_cast), history_of(new, new_cast), keys)
    return {job.place.line: found[job.key] for job in new.jobs if job.key in keys}


def test_a_word_and_a_new_line_are_told_apart():
    edited = [*LINES]
    edited[3] = ("Ben", "The hallway smelt of boiled cabbage and new rag mats.")
    assert reasons(planned(), planned(edited)) == {4: ["text"]}
    edited.insert(3, ("Ana", "Winston Smith slipped quickly through the glass doors."))
    assert reasons(planned(), planned(edited)) == {4: ["new line"], 5: ["text"]}


def test_a_line_like_an_earlier_one_is_new_and_a_moved_line_is_not():
    again = [*LINES[:4], ("Ana", "Yes."), LINES[4]]
    assert reasons(planned(), planned(again)) == {5: ["new line"]}
    moved = planned([LINES[1], LINES[0], *LINES[2:]])
    assert reasons(planned(), moved) == {}
    removed = [job.key for job in moved[0].jobs]
    assert set(map(tuple, reasons(planned(), moved, removed).values())) == {
        ("removed from the store",)
    }


def test_what_else_decides_the_sound_is_named():
    plan, cast = planned()
    ana = cast.parts["Ana"]
    other = {**cast.parts, "Ana": replace(ana, voice=replace(ana.voice, identity="x"))}
    assert reasons((plan, cast), planned(parts=other)) == {line: ["voice"] for line in (1, 3, 5)}
    use = cast.engines["fake"]
    for change, reason in (
        ({"settings": {"steps": 5}}, "engine settings"),
        ({"model": "fake 2"}, "model"),
        ({"sound_version": 2}, "engine version"),
    ):
        engines = {"fake": replace(use, **change)}
        expected = {line: [reason] for line in range(1, 6)}
        assert reasons((plan, cast), planned(engines=engines)) == expected
    script = dialogue(LINES)
    taken = make_plan(script, cast, takes={plan.jobs[1].content: 2})
    assert reasons((plan, cast), (taken, cast)) == {2: ["take"]}
    items = list(script.items)
    items[0] = replace(items[0], language="fr")
    french = make_plan(replace(script, items=tuple(items)), cast)
    assert reasons((plan, cast), (french, cast)) == {1: ["language"]}


def test_another_engine_is_told_line_by_line_though_it_speaks_windows():
    script = dialogue(LINES)
    cast = cast_of(script, WINDOWS, "other")
    windows = make_plan(script, cast)
    assert reasons(planned(), (windows, cast)) == {1: ["engine"]}


def test_a_window_says_what_happened_inside_it():
    edited = [*LINES[:4], ("Ana", "At one end of it a picture had been tacked to the wall.")]
    assert reasons(planned(limits=WINDOWS), planned(edited, WINDOWS)) == {1: ["text"]}
    parts = replace(WINDOWS, most_characters=150, least_characters=20)
    assert set(map(tuple, reasons(planned(limits=WINDOWS), planned(limits=parts)).values())) == {
        ("window",)
    }


def test_a_history_comes_back_from_the_store_as_it_was(tmp_path):
    plan, cast = planned()
    store, script = Store(tmp_path / "store"), tmp_path / "s.md"
    assert recall(store, script) is None
    remember(store, script, plan, cast)
    assert recall(store, script) == history_of(plan, cast)
    assert recall(store, tmp_path / "other.md") is None


def test_a_stretch_that_was_written_anew_is_paired_in_bounded_time():
    old = [("Ana", f"old line {n} {'x' * (n % 7)}") for n in range(300)]
    new = [("Ana", f"NEW LINE {n} {'y' * (n % 7)}") for n in range(250)]
    found = reasons(planned(old), planned(new))
    assert len(found) == 250


SCRIPT = """\
---
title: Why
speakers:
  Mara: {voice: mara}
  Tobias: {voice: tobias}
---
**Mara:** The first line of the script.

**Tobias:** The second line of it.
"""


@pytest.mark.usefixtures("one_process")
def test_the_command_shows_why(tmp_path):
    script = tmp_path / "s.md"
    script.write_text(SCRIPT)
    options = ("--engine", "fake", "--cache", tmp_path / "store")

    def told():
        done = in_process.podforge("plan", script, "--why", "--json", *options)
        assert done.returncode == 0, done.stderr
        return [(job["status"], job["why"]) for job in json.loads(done.stdout)["jobs"]]

    drafted = in_process.podforge(
        "render", script, "-o", tmp_path / "d.wav", "--draft", *options[2:]
    )
    assert drafted.returncode == 0, drafted.stderr
    assert told() == [("new", ["never rendered"])] * 2
    rendered = in_process.podforge("render", script, "-o", tmp_path / "s.wav", *options)
    assert rendered.returncode == 0, rendered.stderr
    assert told() == [("cached", [])] * 2
    for path in (tmp_path / "store" / "records" / "clip").rglob("*.json"):
        path.unlink()
    assert told() == [("new", ["removed from the store"])] * 2
    script.write_text(SCRIPT.replace("second", "other"))
    assert told()[1] == ("new", ["text"])
    table = in_process.podforge("plan", script, "--why", *options).stdout
    assert "\twhy\t" in table
    assert "\ttext\t" in table
    assert "why" not in in_process.podforge("plan", script, *options).stdout
