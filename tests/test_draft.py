"""Draft and final: one script on the embedded engine, on another one, and on several at once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fake_engines import Fake
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.cast import ANY, Limits
from podforge.cli.destinations import draft, preview
from podforge.clip import Finding
from podforge.dealing import stand_ins
from podforge.delivering import Outputs
from podforge.errors import UsageError
from podforge.events import Planned
from podforge.plan import make_plan
from podforge.tallies import paid_characters, spent_characters, unperformed
from podforge.telling import sentence
from tests import in_process
from tests.builders import UTTERANCES, cast_of, clip_for, say, script_of

SCRIPT = """\
---
title: Two
format: wav
engine: fake
speakers:
  Host: {voice: me}
  Guest: {voice: you, engine: fake-window}
  Mara: mara
---
**Host:** (softly) Hello, and welcome to the show.

**Guest:** It is good to be here.

**Mara:** And I am here as well.
"""
BARE = "language: en-GB\n"  # nothing for any engine


@pytest.fixture
def project(tmp_path):
    for name in ("me", "you"):
        folder = tmp_path / "voices" / name
        folder.mkdir(parents=True)
        (folder / "voice.yaml").write_text(BARE)
    (tmp_path / "s.md").write_text(SCRIPT)
    return tmp_path


def run(project: Path, *arguments, code=0, **env):
    done = in_process.podforge(*arguments, "--cache", "store", cwd=project, **env)
    assert done.returncode == code, done.stderr
    return done


def plan(project: Path, *arguments, **env):
    return json.loads(run(project, "plan", "s.md", "--json", *arguments, **env).stdout)


def report(path: Path):
    return json.loads(path.read_text())


def by_speaker(found):
    return {speaker["name"]: speaker for speaker in found["speakers"]}


# --- drafts ----------------------------------------------------------------------------------


def test_a_draft_is_on_the_embedded_engine_whatever_anybody_says(project):
    (project / "podforge.yaml").write_text("engine: tone\n")
    voice = project / "voices" / "me" / "voice.yaml"
    voice.write_text(BARE + "engine: tone\n")
    for more in (("--engine", "fake"), ("--steps", "3", "--set", "fake.x=3")):
        found = plan(project, "--draft", *more)
        assert set(found["engines"].values()) == {"espeak"}
    assert set(plan(project, PODFORGE_DRAFT="1")["engines"].values()) == {"espeak"}
    assert plan(project, "--no-draft", PODFORGE_DRAFT="1")["engines"]["Mara"] == "fake"


def test_presets_stand_in_for_voices_without_settings_and_that_is_no_warning(project):
    done = run(project, "plan", "s.md", "--draft")
    assert done.stderr == ""
    found = plan(project, "--draft")
    assert set(found["stand_ins"]) == {"me", "you"}
    assert found["voices"]["Mara"] == "mara"
    assert len({*found["voices"].values()}) == 3  # nobody shares a voice
    assert f"{found['stand_ins']['me']} for me" in done.stdout
    text = (project / "s.md").read_text()
    head, _, body = text.rpartition("---\n")
    turned = "\n\n".join(reversed(body.strip().split("\n\n")))
    (project / "s.md").write_text(f"{head}---\n{turned}\n")
    assert plan(project, "--draft")["stand_ins"] == found["stand_ins"]


def test_a_voice_with_settings_of_its_own_is_heard_in_a_draft(project):
    voice = project / "voices" / "me" / "voice.yaml"
    voice.write_text(BARE + "engines:\n  espeak: {voice: en-GB, pitch: 70}\n")
    assert set(plan(project, "--draft")["stand_ins"]) == {"you"}


def test_a_draft_lies_beside_the_final_one_which_stays_and_is_known(project):
    (final,) = run(project, "render", "s.md").stdout.splitlines()
    before = {path: path.read_bytes() for path in (project / "output" / "s").iterdir()}
    (beside,) = run(project, "render", "s.md", "--draft").stdout.splitlines()
    assert (final, beside) == ("output/s/s.wav", "output/s/s.draft.wav")
    assert {path: path.read_bytes() for path in before} == before
    found = report(project / "output" / "s" / "s.draft.report.json")
    assert found["draft"]
    assert found["engines"] == ["espeak"]
    assert {who: s["engine_from"] for who, s in by_speaker(found).items()} == {
        "Host": "draft", "Guest": "draft", "Mara": "draft"
    }  # fmt: skip
    assert by_speaker(found)["Host"]["stands_for"] == "me"
    assert not report(project / "output" / "s" / "s.report.json")["draft"]
    for more in ((), ("--draft",)):  # both stamps hold
        done = json.loads(run(project, "render", "s.md", "--json", *more).stdout)
        assert done["renders"][0]["status"] == "unchanged"


def test_a_named_file_is_never_taken_from_a_final_episode(project):
    named = Outputs(project, "a", (), typed=".wav")
    place = project / "a.report.json"
    assert draft(named) == named
    for text, free in (('{"draft": true}', True), ('{"draft": false}', False), ("{}", False),
                       ("[1]", False), ("nonsense", False)):  # fmt: skip
        place.write_text(text)
        if free:
            assert draft(named) == named
        else:
            with pytest.raises(UsageError, match="is a finished episode"):
                draft(named)
    done = run(project, "render", "s.md", "--draft", "-o", "a.wav", code=2)
    assert "is a finished episode" in done.stderr
    assert preview(draft(Outputs(project, "a", ()))).stem == "a.draft.preview"


def test_a_voice_that_is_not_there_is_an_error_in_a_draft_too(project):
    script = project / "s.md"
    script.write_text(SCRIPT.replace("voice: me", "voice: mee"))
    assert 'no voice called "mee"' in run(project, "plan", "s.md", "--draft", code=65).stderr


NAMES = st.lists(st.text("abcdef", min_size=1, max_size=3), unique=True, max_size=12)
PRESETS = [("a1", "en-GB"), ("a2", "en-GB"), ("b1", "en-US"), ("c1", "fr")]


@settings(max_examples=60, deadline=None)
@given(names=NAMES, data=st.data())
def test_stand_ins_follow_from_names_and_are_shared_last(names, data):
    wanted = [(f"v-{name}", "en-GB") for name in names]
    shuffled = data.draw(st.permutations(wanted))
    dealt = stand_ins(wanted, PRESETS, ())
    assert stand_ins(shuffled, PRESETS, ()) == dealt
    assert len(set(dealt.values())) == min(len(names), len(PRESETS))
    if len(names) <= 2:
        assert set(dealt.values()) <= {"a1", "a2"}
    assert "a1" not in stand_ins(wanted[:3], PRESETS, {"a1"}).values()


# --- several engines -------------------------------------------------------------------------


def test_an_episode_of_several_engines_is_planned_rendered_and_reported(project, spoken):
    voice = project / "voices" / "me" / "voice.yaml"
    voice.write_text(BARE + "engine: tone\n")
    found = plan(project)
    assert found["engines"] == {"Host": "tone", "Guest": "fake-window", "Mara": "fake"}
    engines = {job["utterances"][0]["speaker"]: job["engine"] for job in found["jobs"]}
    assert engines == found["engines"]
    run(project, "render", "s.md")
    assert len(spoken()) == 2
    made = report(project / "output" / "s" / "s.report.json")
    assert made["not_performed"] == [{"engine": "tone", "deliveries": 1, "events": 0}]
    speakers = by_speaker(made)
    assert {who: (s["engine"], s["engine_from"]) for who, s in speakers.items()} == {
        "Host": ("tone", "voice"), "Guest": ("fake-window", "speaker"), "Mara": ("fake", "script")
    }  # fmt: skip
    voice.write_text(BARE)
    why = plan(project, "--why")["jobs"]
    assert [job.get("why") for job in why] == [["engine"], [], []]
    done = run(project, "retake", "s.md:15", "--json")  # Mara's, alone on an engine that can
    assert json.loads(done.stdout)["kept"] == 1
    assert len(spoken()) == 1
    assert "says a line in the same way" in run(project, "retake", "s.md:13", code=2).stderr


def test_the_nearest_word_on_the_engine_holds(project):
    voice, script = project / "voices" / "me" / "voice.yaml", project / "s.md"
    (project / "podforge.yaml").write_text("engine: fake-model\n")
    said = []
    for text, own, more in (
        (SCRIPT.replace("engine: fake\n", "", 1), "", ()),
        (SCRIPT, "", ()),
        (SCRIPT, "engine: tone\n", ()),
        (SCRIPT.replace("voice: me", "voice: me, engine: espeak-window"), "engine: tone\n",
         ("--no-draft",)),
        (SCRIPT, "engine: tone\n", ("--engine", "fake-window")),
    ):  # fmt: skip
        voice.write_text(f"{BARE}{own}engines:\n  espeak: {{voice: en-GB}}\n")
        script.write_text(text)
        said.append(plan(project, *more)["engines"]["Host"])
    assert said == ["fake-model", "fake", "tone", "espeak-window", "fake-window"]


def test_an_engine_that_a_voice_names_and_is_not_there_is_told_at_the_voice(project):
    (project / "voices" / "me" / "voice.yaml").write_text(BARE + "engine: tonne\n")
    done = run(project, "plan", "s.md", code=65)
    assert "voices/me/voice.yaml" in done.stderr
    assert 'did you mean "tone"?' in done.stderr
    assert 'no engine called "tonne"' in done.stderr


def test_an_unknown_engine_is_told_where_it_is_named(project):
    (project / "s.md").write_text(
        "---\nengine: kokro\nspeakers: {Ana: mara}\n---\n**Ana:** Hello.\n"
    )
    assert "s.md:2:1: error" in run(project, "plan", "s.md", code=65).stderr
    assert "kokoro" in run(project, "plan", "s.md", "--engine", "kokro", code=2).stderr
    asked = run(project, "plan", "s.md", "--engine", "tone", "--set", "kokro.model=x", code=2)
    assert '--set kokro.model: no engine called "kokro" (did you mean "kokoro"?)' in asked.stderr


def test_a_missing_key_is_told_before_anything_is_spoken(project, spoken, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    (project / "voices" / "me" / "voice.yaml").write_text(
        "language: en\nengine: openai\nengines: {openai: {voice: alloy}}\n"
    )
    (project / "s.md").write_text(
        "---\nengine: fake\nspeakers: {Ana: mara, Ben: me}\n---\n"
        "**Ana:** Hello there.\n\n**Ben:** And hello to you.\n"
    )
    planned = run(project, "plan", "s.md")
    assert "warning: the engine openai needs the key OPENAI_API_KEY" in planned.stderr
    done = run(project, "render", "s.md", code=69)
    assert "the engine openai needs the key OPENAI_API_KEY (export OPENAI_API_KEY" in done.stderr
    assert spoken() == []


def test_there_and_back_nothing_is_spoken_again(project, spoken):
    mixed = run(project, "render", "s.md", "--engine", "fake")
    first = (project / mixed.stdout.strip()).read_bytes()
    takes = len(spoken())
    assert takes == 3
    run(project, "render", "s.md", "--engine", "fake-window")
    assert len(spoken()) == 1
    back = run(project, "render", "s.md", "--engine", "fake")
    assert spoken() == []
    assert (project / back.stdout.strip()).read_bytes() == first


# --- what is left out, and what it costs -----------------------------------------------------


def test_what_an_engine_does_not_perform_is_counted_once_and_not_warned_about(project):
    script = project / "s.md"
    script.write_text(SCRIPT.replace("to be here.", "[laughs] to be here. [sighs]"))
    done = run(project, "plan", "s.md")
    assert done.stderr == ""
    assert "not performed" in done.stdout
    assert plan(project)["not_performed"] == [
        {"engine": "fake", "deliveries": 1, "events": 0},
        {"engine": "fake-window", "deliveries": 0, "events": 2},
    ]


def test_of_the_events_only_those_that_are_not_performed_count():
    line = say("Ana&Ben", "Well.", delivery="softly", events=((0, "laughs"), (5, "sighs")))
    script = script_of(line)

    def lost(**can):
        found = unperformed(script, cast_of(script, replace(UTTERANCES, **can)))
        return [(each.deliveries, each.events) for each in found]

    assert lost() == [(2, 4)]
    assert lost(events=("laughs",)) == [(2, 2)]
    assert lost(events=ANY) == [(2, 0)]
    assert lost(events=ANY, delivery=True) == []
    cast = cast_of(script)
    styled = {**cast.parts, "Ana": replace(cast.parts["Ana"], style="gloomy")}
    (found,) = unperformed(script, replace(cast, parts=styled))
    assert found.deliveries == 3


def test_characters_are_counted_where_somebody_pays_for_them(project, monkeypatch):
    paid = Limits(rate=16_000, batch=4, paid=True)
    monkeypatch.setattr(Fake, "limits", lambda self, settings: paid)
    mara = len("And I am here as well.")
    host = len("Hello, and welcome to the show.")
    assert plan(project)["paid_characters"] == {"fake": host + mara}
    done = run(project, "render", "s.md", "--events", "jsonl")
    told = [json.loads(line) for line in done.stderr.splitlines()]
    (planned,) = (event for event in told if event["event"] == "Planned")
    assert planned["paid_characters"] == host + mara
    path = project / "output" / "s" / "s.report.json"
    assert report(path)["paid_characters"] == {"fake": host + mara}
    script = project / "s.md"
    script.write_text(SCRIPT.replace("as well", "too"))
    assert f"fake: {mara - 4} characters" in run(project, "plan", "s.md").stdout
    told = sentence(Planned(3, 1, 60.0, 2.0, mara - 4))
    assert f"1 to speak, {mara - 4} characters to be paid" in told


def test_every_take_is_paid_kept_or_not():
    script = script_of(say("Ana", "Twelve chars"))
    cast = cast_of(script, replace(UTTERANCES, paid=True, stochastic=True, takes=3))
    (job,) = make_plan(script, cast).jobs
    good = clip_for(job)
    assert paid_characters([job], cast) == {"fake": 12}
    assert spent_characters([(job, good)], cast) == {"fake": 12}
    assert spent_characters([(job, replace(good, attempt=1))], cast) == {"fake": 24}
    doubtful = replace(good, findings=(Finding(0, "suspect", "too fast"),))
    assert spent_characters([(job, doubtful)], cast) == {"fake": 36}
