"""`podforge render --engine vibevoice --model FOLDER`: the whole way, on the tiny model."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from podforge.pcm import to_wav
from tests import measuring, tiny_vibevoice
from tests.hub_server import MODEL, Hub, files_of, serving
from tests.in_process import podforge
from tests.probe import probe
from tests.sounds import speech

Done = subprocess.CompletedProcess[str]
PEOPLE = ("ann", "bob", "cem", "dee", "eva")
LINES = ("{Bob} The rivers are high.", "{Ann} They are, this year.", "{Bob} We should talk.")
SETTINGS = ("--set", "vibevoice.threads=1", "--set", "vibevoice.steps=2", "--device", "cpu")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return tiny_vibevoice.build(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def project(tmp_path, model) -> Path:
    """A folder with five cloned voices."""
    for number, name in enumerate(PEOPLE):
        add_voice(tmp_path, name, number)
    return tmp_path


def add_voice(folder: Path, name: str, seed: int, seconds: float = 3.0) -> None:
    voice = folder / "voices" / name
    voice.mkdir(parents=True, exist_ok=True)
    (voice / "reference.wav").write_bytes(to_wav(speech(seconds, 24_000, seed), 24_000))
    (voice / "voice.yaml").write_text(
        f"name: {name}\nlanguage: en\nreference: reference.wav\n"
        "consent: {owner: Me, kind: self, date: 2026-01-01, allowed_uses: tests}\n"
    )


def write(folder: Path, *chapters: tuple[str, ...]) -> Path:
    """A script of chapters of lines like `{Ann} Words.`"""
    cast = "".join(f"  {name.title()}: {name}\n" for name in PEOPLE)
    body = "".join(
        f"\n# Chapter {number}\n"
        + "".join(f"\n{line.replace('{', '**').replace('}', ':**')}\n" for line in lines)
        for number, lines in enumerate(chapters, 1)
    )
    path = folder / "episode.md"
    path.write_text(f"---\ntitle: Rivers\nspeakers:\n{cast}---\n{body}")
    return path


def render(script: Path, model: Path, *more: object, **env: str) -> Done:
    return podforge(
        "render", script.name, "--engine", "vibevoice", "--model", model, *SETTINGS, *more,
        cwd=script.parent, XDG_CACHE_HOME=str(script.parent / "cache"), **env,
    )  # fmt: skip


def report_of(path: Path) -> dict[str, object]:
    return json.loads(path.with_suffix("").with_suffix(".report.json").read_text())


def records(folder: Path, kind: str) -> dict[str, bytes]:
    found = (folder / "cache" / "podforge" / "records" / kind).rglob("*.json")
    return {path.stem: path.read_bytes() for path in found}


def test_a_script_becomes_a_mastered_episode_and_each_edit_what_it_must(project, model):
    """One long story; a process that loads torch is killed below."""
    script = write(project, LINES, ("{Cem} Another part.", *LINES[:2], "{Dee} I see."))
    out = project / "out.mp3"
    done = render(script, model, "-o", "out.mp3")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "out.mp3\n"
    lufs, true_peak = measuring.loudness(out)
    assert lufs == pytest.approx(-16, abs=0.5)
    assert true_peak < -0.9
    seen = probe(out)
    assert [chapter.title for chapter in seen.chapters] == ["Chapter 1", "Chapter 2"]
    assert seen.duration == pytest.approx(report_of(out)["seconds"], abs=0.2)
    assert report_of(out)["engines"] == ["vibevoice"]
    clips, embedded = records(project, "clip"), records(project, "embedding")
    assert len(clips) == 2, "a chapter is a window"
    assert len(embedded) == 4, "one a voice, Eva says nothing"
    assert_the_transcript_lies_inside(out)

    # A changed line: its window, no other, and no voice is heard again.
    script.write_text(script.read_text().replace("I see.", "I do see."))
    assert render(script, model, "-o", "out.mp3").returncode == 0
    assert len(set(records(project, "clip")) - set(clips)) == 1
    assert records(project, "embedding") == embedded

    # Another recording of one voice: the windows it speaks in.
    add_voice(project, "dee", 77)
    assert render(script, model, "-o", "out.mp3").returncode == 0
    assert len(set(records(project, "embedding")) - set(embedded)) == 1
    assert report_of(out)["jobs_made"] == 1
    assert report_of(out)["jobs_cached"] == 1


def assert_the_transcript_lies_inside(out: Path) -> None:
    told = json.loads(out.with_suffix(".transcript.json").read_text())["segments"]
    starts = [segment["startTime"] for segment in told]
    assert starts == sorted(starts)
    assert told[-1]["endTime"] <= report_of(out)["seconds"]
    assert {segment["speaker"] for segment in told} == {"Ann", "Bob", "Cem", "Dee"}


def test_after_kill_9_in_a_window_only_that_window_is_spoken_again(project, model):
    write(project, LINES[:1], LINES[1:2], LINES)
    common = [
        "render", "episode.md", "--engine", "vibevoice", "--model", str(model), *SETTINGS,
        "--batch", "1", "--events", "jsonl", "-o", "out.wav",
    ]  # fmt: skip

    process = subprocess.Popen(
        [sys.executable, "-m", "podforge", *common, "--cache", "killed"],
        cwd=project, stderr=subprocess.PIPE, text=True, env=os.environ,
    )  # fmt: skip
    assert process.stderr
    done: list[str] = []
    for line in process.stderr:
        event = json.loads(line)
        if event["event"] == "JobDone":
            done.append(event["key"])
        if done and event["event"] == "JobProgress" and event["key"] not in done:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert done
    assert not (project / "out.wav").exists()
    again = podforge(*common, "--cache", "killed", cwd=project)
    events = map(json.loads, again.stderr.splitlines())
    spoken = {event["key"] for event in events if event["event"] == "JobStarted"}
    assert len(spoken) == 3 - len(done)
    assert not spoken & set(done)
    resumed = (project / "out.wav").read_bytes()
    whole = podforge(*common, "--cache", "undisturbed", cwd=project)
    assert whole.returncode == 0, whole.stderr
    assert (project / "out.wav").read_bytes() == resumed


def test_a_cast_of_five_is_spoken_in_windows_of_four(project, model):
    script = write(project, tuple(f"{{{name.title()}}} It is my turn now." for name in PEOPLE))
    plan = podforge(
        "plan", script.name, "--engine", "vibevoice", "--model", model, "--json", cwd=project
    )
    jobs = json.loads(plan.stdout)["jobs"]
    casts = [{said["speaker"] for said in job["utterances"]} for job in jobs]
    assert len(casts) == 2
    assert all(len(cast) <= 4 for cast in casts)


@pytest.mark.parametrize(
    ("spoil", "code", "said"),
    [
        (lambda m: (m / "tokenizer.json").unlink(), 66, "tokenizer.json"),
        (lambda m: (m / "config.json").write_text('{"model_type": "llama"}'), 65, "llama"),
        (lambda m: (m / "config.json").write_text("{"), 65, "config.json"),
        (lambda m: shorten(m / "model.safetensors"), 65, "model.safetensors"),
        (shutil.rmtree, 66, "spoilt"),
    ],
)
def test_a_folder_that_is_no_model_is_found_out_before_anything_is_loaded(
    project, model, spoil, code, said
):
    spoilt = project / "spoilt"
    shutil.copytree(model, spoilt)
    spoil(spoilt)
    done = render(write(project, LINES), spoilt, "-o", "out.wav")
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5_000])


def test_a_voice_without_a_recording_is_an_error_that_says_what_to_do(project, model):
    script = write(project, LINES)
    (project / "voices" / "bob" / "voice.yaml").write_text("name: bob\nlanguage: en\n")
    done = render(script, model)
    assert done.returncode == 65
    assert "podforge voices add bob" in done.stderr


def test_a_model_of_the_hub_that_is_not_here_is_an_error_when_offline(project):
    done = render(write(project, LINES), "vibevoice/VibeVoice-1.5B-hf", "--offline")
    assert done.returncode == 69
    assert "hf download vibevoice/VibeVoice-1.5B-hf" in done.stderr


def test_a_model_of_the_hub_comes_at_its_first_use_and_is_told_of(project, model):
    script = write(project, LINES[:1])
    with serving(Hub(files_of(model))) as hub:
        online = {"HF_ENDPOINT": hub.url}
        first = render(script, MODEL, "-o", "out.wav", "--events", "jsonl", **online)
        assert first.returncode == 0, first.stderr
        told = [json.loads(line) for line in first.stderr.splitlines()]
        (started,) = [event for event in told if event["event"] == "FetchStarted"]
        assert started["what"] == MODEL
        whole = sum(len(data) for data in hub.files.values())
        assert started["size"] == whole - len(hub.files["config.json"])  # that one came first
        assert [event["event"] for event in told].count("FetchDone") == 1
        assert hub.fetched("model.safetensors") == 1
    assert measuring.level(measuring.samples(project / "out.wav")) > -30
    again = render(script, MODEL, "-o", "out.wav", "--offline")  # the hub is gone
    assert again.returncode == 0, again.stderr


def test_plan_and_check_need_no_torch(project, model):
    script = write(project, LINES)
    code = (
        "import sys; sys.argv[0] = 'podforge'\n"
        "from podforge.cli import main\n"
        "try: main()\n"
        "finally: assert not {'torch', 'transformers', 'numpy'} & set(sys.modules)"
    )
    more = ["plan", script.name, "--engine", "vibevoice", "--model", str(model)]
    done = subprocess.run(
        [sys.executable, "-c", code, *more], cwd=project, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "3 turns" in done.stdout
