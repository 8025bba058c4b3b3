"""`podforge retake`: another take of a line, kept in a file for Git; what renders make of it."""

import json
import os
import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from fake_engines import FakeWindow
from hypothesis import given
from hypothesis import strategies as st

from podforge.cli.choices import Typed
from podforge.errors import InputError, Place, UsageError
from podforge.pcm import from_wav
from podforge.plan import make_plan
from podforge.project import Request, open_project
from podforge.retaking import check_takes, find_spot, known_takes, next_takes
from podforge.settings import EngineFlags, Flag, parse_flag
from podforge.store import Store
from podforge.takes import Choice, Chosen, read_takes, says, takes_path, takes_text
from tests import in_process
from tests.builders import UTTERANCES, WINDOWS, cast_of, dialogue

SCRIPT = """\
---
title: Table
speakers:
  Mara: {voice: mara}
  Tobias: {voice: tobias}
---
**Mara:** The first line of the script.

**Tobias:** The second line of it.

**Mara & Tobias:** Good night to you.
"""
STOCHASTIC = replace(UTTERANCES, stochastic=True)
LINES = [("Ana", "One."), ("Ben", "Two, which is longer."), ("Ana", "One.")]


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "s.md"
    path.write_text(SCRIPT)
    return path


def run(script: Path, *arguments, engine="fake", code=0):
    options = ("--engine", engine, "--cache", "store")
    done = in_process.podforge(*arguments, *options, cwd=script.parent)
    assert done.returncode == code, done.stderr
    return done


def keys(*given):
    return [job.key for job in make_plan(*given).jobs]


def test_a_take_changes_the_key_of_its_job_and_no_other():
    script = dialogue(LINES)
    cast = cast_of(script, STOCHASTIC)
    plan = make_plan(script, cast)
    assert [job.key for job in plan.jobs] == [job.content for job in plan.jobs]
    taken = make_plan(script, cast, None, {plan.jobs[2].content: 2})
    same = [old.key == new.key for old, new in zip(plan.jobs, taken.jobs, strict=True)]
    assert same == [True, True, False]  # the first one is like it, and another job
    assert taken.jobs[2] == plan.jobs[2].retaken(2)
    assert taken.jobs[2].retaken(0) == plan.jobs[2]
    job = plan.jobs[2]
    seeds = {job.retaken(take).again(attempt).seed for take in range(4) for attempt in range(3)}
    assert len(seeds) == 12


def test_an_engine_whose_takes_are_alike_and_a_take_of_nothing_change_no_key():
    script = dialogue(LINES)
    sure, cast = cast_of(script), cast_of(script, STOCHASTIC)
    takes = {job.content: 3 for job in make_plan(script, sure).jobs}
    assert keys(script, sure, None, takes) == keys(script, sure)
    assert keys(script, cast, None, {"0" * 64: 1}) == keys(script, cast)


def test_the_parts_of_a_window_have_its_take():
    script = dialogue(LINES)
    cast = cast_of(script, replace(WINDOWS, stochastic=True))
    (window,) = make_plan(script, cast).jobs
    taken = make_plan(script, cast, None, {window.content: 1}).jobs[0]
    parts = make_plan(script, cast, {taken.key: frozenset({1})}, {window.content: 1}).jobs
    plain = make_plan(script, cast, {window.key: frozenset({1})}).jobs
    assert [part.take for part in parts] == [1, 1]
    assert [part.content for part in parts] == [part.key for part in plain]


@pytest.mark.usefixtures("one_process")
def test_a_take_is_made_listened_to_and_kept(script, spoken):
    render = ("render", "s.md", "--format", "wav")
    run(script, *render)
    assert len(spoken()) == 4
    done = run(script, "retake", "s.md:9", "--try", "2")
    assert len(spoken()) == 2
    table = [line.split("\t") for line in done.stdout.splitlines()[1:]]
    assert [row[0] for row in table] == ["0", "1", "2"]
    assert [row[-1] for row in table] == [f"output/s/takes/9-{take}.wav" for take in range(3)]
    assert "podforge retake s.md:9 --engine fake --cache store --keep" in done.stderr
    assert not takes_path(script).exists()
    sounds = [from_wav((script.parent / row[-1]).read_bytes())[0].tobytes() for row in table]
    assert len(set(sounds)) == 3

    run(script, "retake", "s.md:9", "--keep", "2")
    assert spoken() == []
    facts = json.loads(run(script, *render, "--json").stdout)["renders"][0]
    assert spoken() == []  # it is in the store already
    assert not facts["unchanged"]
    assert json.loads(run(script, *render, "--json").stdout)["renders"][0]["unchanged"]
    run(script, *render, "--depfile", "s.d")
    assert "s.md.takes.yaml" in (script.parent / "s.d").read_text()


@pytest.mark.usefixtures("one_process")
def test_alone_it_makes_one_more_and_keeps_it_and_there_is_a_way_back(script):
    for take in (1, 2):
        done = run(script, "retake", "s.md:7")
        assert f"take {take} is kept in s.md.takes.yaml" in done.stderr
        (choice,) = read_takes(script).choices
        assert (choice.take, choice.line, choice.engine) == (take, 7, "fake")
        assert choice.says == "Mara: The first line of the script."
    run(script, "retake", "s.md:7", "--keep", "0")
    assert read_takes(script).choices == ()
    missing = run(script, "retake", "s.md:7", "--keep", "8")
    assert "the next render speaks it" in missing.stderr


@pytest.mark.usefixtures("one_process")
def test_a_take_that_is_unusable_is_not_kept(script):
    script.write_text(SCRIPT.replace("The first", "A SILENT"))
    done = run(script, "retake", "s.md:7", code=75)
    assert "no usable take" in done.stdout
    assert "--try 2" in done.stderr
    assert not takes_path(script).exists()


@pytest.mark.usefixtures("one_process")
def test_of_a_window_the_line_and_its_neighbourhood_are_written(script):
    done = run(script, "retake", "s.md:9:1", "--json", engine="tone")
    facts = json.loads(done.stdout)
    (take,) = facts["takes"]
    samples, rate = from_wav((script.parent / take["file"]).read_bytes())
    assert take["seconds"] < len(samples) / rate <= take["seconds"] + 2.0
    assert (facts["kept"], facts["line"]) == (1, 9)


@pytest.mark.usefixtures("one_process")
def test_a_take_that_a_render_would_make_in_parts_says_so(script, monkeypatch):
    limits = FakeWindow.limits
    monkeypatch.setattr(
        FakeWindow, "limits", lambda *given: replace(limits(*given), stochastic=True)
    )
    script.write_text(SCRIPT.replace("**Tobias:** The", "[pause 2s]\n\n**Tobias:** The"))
    for gap, refused in (("0.01", True), ("0.3", False)):
        options = ("--set", f"fake-window.gap={gap}")
        done = run(script, "retake", "s.md:7", *options, engine="fake-window")
        assert ("no room for a pause" in done.stdout) is refused
        assert "one of its window, the lines 7 to 11" in done.stderr


def test_a_line_that_is_several_jobs_or_none_or_always_alike_says_so(script):
    project = open_project(Request(script, "fake"))
    with pytest.raises(UsageError, match=r"2 jobs \(--job 1: Mara: Good .* --job 2: Tobias"):
        find_spot(project, Place("s.md", 11), 0)
    assert find_spot(project, Place("s.md", 11), 2).said.speaker == "Tobias"
    with pytest.raises(UsageError, match=r"nobody speaks in s\.md:3"):
        find_spot(project, Place("s.md", 3), 0)
    alike = open_project(Request(script, "espeak"))
    with pytest.raises(UsageError, match=r"same way each time.*lexicon"):
        check_takes(alike, find_spot(alike, Place("s.md", 7), 0))
    assert "names no line" in run(script, "retake", "s.md", code=2).stderr


@pytest.fixture
def chosen(script):
    """The script with a choice for its second line."""
    job = open_project(Request(script, "fake")).plan.jobs[1]
    choice = Choice(job.content, 3, "fake", 9, "Tobias: The second line of it.")
    takes_path(script).write_text(takes_text([choice]))
    return script


def warned(script, engine="fake"):
    project = open_project(Request(script, engine))
    return [job.take for job in project.plan.jobs], [str(w) for w in project.script.warnings]


def test_a_choice_goes_where_its_line_goes_and_no_further(chosen):
    assert warned(chosen) == ([0, 3, 0, 0], [])
    moved = re.sub(r"(\*\*Mara:.*\n)\n(\*\*Tobias:.*\n)", r"\2\n\1", SCRIPT)
    chosen.write_text(moved)
    assert warned(chosen) == ([3, 0, 0, 0], [])
    chosen.write_text(SCRIPT.replace("second line", "other line"))
    takes, (warning,) = warned(chosen)
    assert takes == [0, 0, 0, 0]
    assert warning.startswith(f"{takes_path(chosen)}:4:3: warning: the choice for line 9 no longer")
    assert "its text changed" in warning
    chosen.write_text(SCRIPT.replace("voice: tobias", "voice: jonah"))
    assert "the voice or a setting changed" in warned(chosen)[1][0]


def test_a_choice_waits_for_its_engine_and_for_settings_that_come_back(chosen):
    assert warned(chosen, "espeak") == ([0, 0, 0, 0], [])
    (choice,) = read_takes(chosen).choices
    script = dialogue([("Tobias", "The second line of it."), ("Mara", "Something else.")])
    cast = cast_of(script, STOCHASTIC)
    first, second = make_plan(script, cast).jobs
    given = make_plan(script, cast), cast
    kept = read_takes(chosen).with_choice(*given, second, second.utterances[0], 1)
    assert choice in kept  # the line is still there, said with another voice
    replaced = read_takes(chosen).with_choice(*given, first, first.utterances[0], 1)
    assert [one.content for one in replaced] == [first.content]
    edited = dialogue([("Tobias", "Edited."), ("Mara", "Something else.")])
    cast = cast_of(edited, STOCHASTIC)
    plan = make_plan(edited, cast)
    gone = read_takes(chosen).with_choice(plan, cast, plan.jobs[1], second.utterances[0], 1)
    assert choice not in gone


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("takes: [a]", ["1:8: error: takes is a map from a job to its take"]),
        ("takes:\n  abc: {take: 1}", ['2:3: error: "abc" is no job: 64 digits']),
        ("takes:\n  KEY: {take: none}", ['2:3: error: "take" is a number from 1']),
        ("takes:\n  KEY: {take: 0}", ['2:3: error: "take" is a number from 1']),
        ("takes:\n  KEY: {take: [1]}", ['error: "take" is one text']),
        ("takes:\n  KEY: 3", ["2:69: error: an entry is a map"]),
        ("takes:\n  KEY: {take: 1, line: x}", ['2:3: error: "line" is a number']),
        ("take: {}", ['1:1: warning: the key "take" means nothing here (there are takes)']),
        ("takes:\n  KEY: {take: 1, by: me}", ['2:79: warning: the key "by" means nothing']),
        ("takes: {}", []),
        ("", []),
    ],
)
def test_what_is_wrong_with_a_takes_file_is_told_with_its_place(script, text, problems):
    takes_path(script).write_text(text.replace("KEY", "a" * 64))
    try:
        found = [str(problem) for problem in read_takes(script).warnings]
    except InputError as error:
        found = [str(problem) for problem in error.problems]
    assert bool(found) == bool(problems)
    for expected in problems:
        assert any(expected in one and one.startswith(f"{takes_path(script)}:") for one in found)


choices = st.builds(
    Choice,
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.integers(1, 9999),
    st.sampled_from(["", "tone", "vibevoice"]),
    st.integers(0, 10**6),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=72).map(str.strip),
)


@given(st.lists(choices, max_size=6, unique_by=lambda choice: choice.content))
def test_a_takes_file_is_read_as_it_was_written_whatever_the_order(tmp_path_factory, found):
    script = tmp_path_factory.getbasetemp() / "takes.md"
    takes_path(script).write_text(takes_text(found), encoding="utf-8")
    read = [replace(choice, place=Place("")) for choice in read_takes(script).choices]
    assert sorted(read, key=repr) == sorted(found, key=repr)
    assert takes_text(read) == takes_text(found)


@pytest.mark.usefixtures("one_process")
def test_make_builds_again_after_the_first_choice(script):
    folder = script.parent
    (folder / "Makefile").write_text("s.wav: s.md\n\ttouch built $@\n-include s.d\n")
    run(script, "render", "s.md", "-o", "s.wav", "--depfile", "s.d")
    os.utime(script, (1, 1))

    def up_to_date():
        return subprocess.run(["make", "-q", "s.wav"], cwd=folder, check=False).returncode == 0

    assert up_to_date()
    written = script.read_bytes()
    assert "s.md has a new time" in run(script, "retake", "s.md:7", "--keep", "1").stderr
    assert not up_to_date()
    assert script.read_bytes() == written
    assert "new time" not in run(script, "retake", "s.md:7", "--keep", "2").stderr


@pytest.mark.usefixtures("one_process")
def test_what_is_next_is_said_with_the_options_that_were_given(script):
    done = run(script, "retake", "s.md:11", "--try", "1", "--job", "2")
    assert "s.md:11 --job 2 --engine fake --cache store --keep 1" in done.stderr
    flags = EngineFlags((parse_flag("fake.gap=a b"), Flag("steps", "3")))
    typed = Typed(engine="fake", include=("notes",), flags=flags, allowed=(Path("m"),))
    assert shlex.join(typed.words()) == (
        "--engine fake --include notes --allow-root m --set 'fake.gap=a b' --steps 3"
    )


def test_takes_behind_unusable_ones_are_found(script, tmp_path, monkeypatch):
    job = open_project(Request(script, "fake")).plan.jobs[0]
    spoken = {job.retaken(take).key for take in (2, 3, 60)}
    monkeypatch.setattr("podforge.retaking.is_spoken", lambda _, take: take.key in spoken)
    store = Store(tmp_path / "store")
    assert known_takes(store, job) == [2, 3, 60]
    assert next_takes(store, job, 2) == [61, 62]


@pytest.mark.usefixtures("one_process")
def test_the_way_back_is_open_on_an_engine_whose_takes_are_alike(script):
    assert (
        "there is no other take"
        in run(script, "retake", "s.md:7", "--keep", "1", engine="espeak", code=2).stderr
    )
    assert (
        "take 0 is kept" in run(script, "retake", "s.md:7", "--keep", "0", engine="espeak").stderr
    )


def test_a_number_beyond_the_jobs_of_a_line_is_an_error_of_usage(script):
    project = open_project(Request(script, "fake"))
    with pytest.raises(UsageError, match=r"spoken in 1 job \(--job 1: Mara"):
        find_spot(project, Place("s.md", 7), 5)


@pytest.mark.usefixtures("one_process")
def test_scripts_that_share_an_output_folder_do_not_share_their_takes(script):
    (script.parent / "podforge.yaml").write_text("output: site\n")
    (script.parent / "t.md").write_text(SCRIPT)
    for name in ("s", "t"):
        table = run(script, "retake", f"{name}.md:7").stdout.splitlines()
        assert f"site/takes/{name}/7-" in table[-1]


@pytest.mark.usefixtures("one_process")
def test_a_script_whose_name_leaves_no_room_for_the_takes_is_rendered_and_not_retaken(script):
    long = script.rename(script.with_name("s" * 251 + ".md"))
    assert read_takes(long).choices == ()
    run(script, "render", long.name, "-o", "out.wav")
    done = run(script, "retake", f"{long.name}:7", code=2)
    assert "the name is too long for a file of takes beside it" in done.stderr


@pytest.mark.usefixtures("one_process")
def test_the_takes_that_exist_are_named(script):
    run(script, "retake", "s.md:7")
    below = run(script, "retake", "s.md:7", "--keep", "-1", code=2)
    assert "takes count from 0 to 9999 (takes of this line in the store: 1)" in below.stderr
    unheard = run(script, "retake", "s.md:7", "--keep", "5")
    assert "the next render speaks it; takes of this line in the store: 1" in unheard.stderr
    back = run(script, "retake", "s.md:7", "--keep", "0")
    assert "take 0 is kept, the one that nobody asked for" in back.stderr


def test_a_merge_conflict_in_the_choices_is_called_that(chosen):
    path = takes_path(chosen)
    path.write_text(path.read_text() + "<<<<<<< HEAD\n  ab: {take: 1}\n=======\n>>>>>>> other\n")
    with pytest.raises(InputError, match=rf"{path}:9:1: error: a merge conflict: choose one side"):
        read_takes(chosen)


def test_another_choice_for_a_window_takes_the_place_of_one_that_no_longer_fits(tmp_path):
    def planned(last):
        script = dialogue([*LINES[:2], ("Ana", last)])
        cast = cast_of(script, replace(WINDOWS, stochastic=True))
        return make_plan(script, cast), cast

    plan, cast = planned("Three.")
    (window,) = plan.jobs
    old = Choice(window.content, 1, window.engine, 1, says(window.utterances[0]))
    plan, cast = planned("Three, edited.")
    (window,) = plan.jobs
    chosen = Chosen(tmp_path, (old,))
    assert chosen.misfits(plan, cast) == (old,)
    (left,) = chosen.with_choice(plan, cast, window, window.utterances[2], 2)
    assert (left.content, left.take) == (window.content, 2)
    assert chosen.with_choice(plan, cast, window, window.utterances[2], 0) == ()
