"""The language of a script, a speaker and a line reaches the engine; what it cannot is told."""

import json

import numpy as np
import pytest

from podforge.engines import find_engine
from podforge.errors import InputError
from podforge.pcm import from_wav
from podforge.plan import make_plan
from podforge.project import Request, foreign_speech, open_project
from podforge.recording import find_clips
from podforge.script import Header, Role
from podforge.store import Store
from tests import in_process
from tests.builders import cast_of, say, script_of

SCRIPT = """\
---
title: T
speakers:
  Mara: mara
  Tobias: {voice: tobias, language: LANGUAGE}
---
**Mara:** Champagne.

**Tobias:** Champagne.

<p lang="fr">Champagne.</p>
"""


def written(folder, language="de"):
    script = folder / "s.md"
    script.write_text(SCRIPT.replace("LANGUAGE", language))
    return script


def run(folder, *arguments, code=0):
    done = in_process.podforge(*arguments, "--cache", "store", cwd=folder)
    assert done.returncode == code, done.stderr
    return done


def test_each_line_reaches_the_engine_in_its_language_and_sounds_so(tmp_path):
    project = open_project(Request(written(tmp_path)))
    said = [said.language for job in project.plan.jobs for said in job.utterances]
    assert said == ["en-GB", "de", "fr"]
    run(tmp_path, "render", "s.md", "--format", "wav")
    store = Store(tmp_path / "store")
    clips = find_clips(project.plan, store)
    sounds = [from_wav(store.read(clips[job.key].digest))[0] for job in project.plan.jobs]
    assert not np.array_equal(sounds[1], sounds[2])  # one voice and one word in two languages


@pytest.mark.parametrize(
    ("engine", "language", "severity"),
    [
        ("espeak", "de", ""),
        ("espeak", "zh-Hans", ""),
        ("espeak", "xx", "error"),
        ("espeak-window", "xx", "error"),
        ("vibevoice", "zh", ""),
        ("vibevoice", "de-AT", "warning"),
        ("kokoro", "it", ""),
        ("kokoro", "de", "warning"),  # its letters are read, as English
        ("kokoro", "ru", "error"),  # its letters would be named
        ("kokoro", "zh", "error"),
        ("kitten", "fr", "warning"),
        ("kitten", "ru", "error"),
        ("qwen3-tts", "de", ""),
        ("qwen3-tts", "sv", "warning"),
        ("openai", "sv", ""),  # who knows what a server speaks
    ],
)
def test_what_an_engine_was_not_made_for_is_told_once_a_speaker(engine, language, severity):
    lines = [say("Ana", "One.", 3), say("Ana", "Two.", 4), say("Ben", "Three.", 5)]
    roles = tuple(Role(name, language=language) for name in ("Ana", "Ben"))
    script = script_of(*lines, header=Header(roles=roles))
    cast = cast_of(script, find_engine(engine).limits({}), engine)
    for part in cast.parts.values():
        object.__setattr__(part.voice, "language", language)
    found = list(foreign_speech(script, make_plan(script, cast), cast))
    expected = [(3, severity), (5, severity)] if severity else []
    assert [(problem.place.line, problem.severity) for problem in found] == expected
    primary = language.partition("-")[0]
    assert all(f" {primary}" in problem.text for problem in found)


def test_a_language_that_the_engine_cannot_speak_at_all_stops_before_the_work(tmp_path):
    with pytest.raises(InputError) as caught:
        open_project(Request(written(tmp_path, "xx")))
    (problem,) = caught.value.problems
    assert (problem.place.line, problem.severity) == (9, "error")
    assert problem.text == "the engine espeak does not speak xx, and Tobias does"
    done = run(tmp_path, "render", "s.md", code=65)
    assert "9:1: error: the engine espeak does not speak xx" in done.stderr
    assert not list((tmp_path / "store").glob("records/clip/*"))


def test_with_strict_expected_mispronunciation_is_an_error_before_the_work(tmp_path, spoken):
    written(tmp_path)
    arguments = ("s.md", "--engine", "fake-model")  # made for en and zh
    (first, *_) = run(tmp_path, "plan", *arguments).stderr.splitlines()
    assert "warning: the engine fake-model was made for en, zh; Tobias speaks de" in first
    done = run(tmp_path, "render", *arguments, "--strict", code=65)
    assert "error: the engine fake-model was made for en, zh; Tobias speaks de" in done.stderr
    assert spoken() == []
    found = json.loads(run(tmp_path, "plan", *arguments, "--json").stdout)
    assert {job["status"] for job in found["jobs"]} == {"new"}
