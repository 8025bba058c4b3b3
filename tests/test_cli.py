"""The command line as people and Makefiles meet it: real processes, exit codes, streams."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from podforge.pcm import to_wav
from tests.in_process import podforge

ROOT = Path(__file__).parents[1]
BAKERY = ROOT / "scripts_examples" / "bakery.md"
SHORT = """\
---
title: Short
speakers:
  Mara: {voice: mara}
  Tobias: {voice: tobias}
---
## One

**Mara:** Good evening to all of you.

**Tobias:** And good night.
"""


def run(
    *arguments: object, cwd: Path | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """One worker, since each costs half a second; who names no number gets one a processor."""
    command = [sys.executable, "-m", "podforge", *map(str, arguments)]
    env = {"PODFORGE_JOBS": "1", **os.environ, **env}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120)


@pytest.fixture
def short(tmp_path):
    path = tmp_path / "short.md"
    path.write_text(SHORT)
    return path


def test_render_writes_the_episode_and_says_only_its_path(short, tmp_path):
    done = run("render", "short.md", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "output/short/short.mp3\n"
    names = {path.name for path in (tmp_path / "output" / "short").iterdir()}
    assert names == {
        "short.mp3", "short.vtt", "short.srt", "short.transcript.json", "short.chapters.json",
        "short.report.json",
    }  # fmt: skip
    assert "\x1b" not in done.stderr
    assert "\r" not in done.stderr
    again = run("render", "short.md", cwd=tmp_path)
    assert "unchanged" in again.stderr
    assert again.stdout == done.stdout


def test_render_into_a_named_file_of_another_format(short, tmp_path):
    done = podforge("render", short, "-o", tmp_path / "x" / "y.m4b", "--json")
    facts = json.loads(done.stdout)
    assert facts["renders"][0]["outputs"] == [str(tmp_path / "x" / "y.m4b")]
    assert (tmp_path / "x" / "y.vtt").exists()


def test_several_scripts_go_on_after_one_fails(short, tmp_path):
    other = tmp_path / "other.md"
    other.write_text(SHORT)
    bad = tmp_path / "bad.md"
    bad.write_text(SHORT.replace("**Tobias:**", "**Tobais:**"))
    done = podforge("render", bad, short, other, "-o", tmp_path / "site/", "--format", "wav,flac")
    assert done.returncode == 65
    assert len(done.stdout.splitlines()) == 4
    assert f"{bad}:11:3: error" in done.stderr or f"{bad}:11:1: error" in done.stderr
    assert 'did you mean "Tobias"' in done.stderr


def test_events_are_json_lines_and_every_start_has_an_end(short, tmp_path):
    done = podforge("render", short, "-o", tmp_path / "a.wav", "--events", "jsonl")
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert {event["v"] for event in events} == {1}
    names = [event["event"] for event in events]
    assert names[:2] == ["BatchStarted", "RenderStarted"]
    assert names[-2:] == ["RenderDone", "BatchDone"]
    for kind in ("Job", "Stage", "Render", "Batch"):
        ends = names.count(f"{kind}Done") + names.count(f"{kind}Failed")
        assert names.count(f"{kind}Started") == ends > 0


def test_dry_run_makes_nothing(short, tmp_path):
    done = podforge("render", "short.md", "-n", cwd=tmp_path)
    assert done.returncode == 0
    assert "2 new" in done.stdout
    assert not (tmp_path / "output").exists()


def test_plan_tells_what_is_new_and_what_is_cached(short, tmp_path):
    facts = json.loads(podforge("plan", short, "--json").stdout)
    assert facts["title"] == "Short"
    assert facts["speakers"] == ["Mara", "Tobias"]
    assert facts["chapters"] == ["One"]
    assert facts["turns"] == 2
    assert facts["words"] == 9
    assert 1 < facts["estimated_seconds"] < 10
    assert [job["status"] for job in facts["jobs"]] == ["new", "new"]
    assert facts["jobs"][0]["engine"] == "espeak"
    assert facts["jobs"][1]["utterances"] == [
        {"speaker": "Tobias", "text": "And good night.", "line": 11}
    ]
    podforge("render", short, "-o", tmp_path / "a.wav")
    short.write_text(SHORT.replace("good night", "sleep well"))
    facts = json.loads(podforge("plan", short, "--json").stdout)
    assert [job["status"] for job in facts["jobs"]] == ["cached", "new"]


def test_check_prints_every_problem_and_exits_with_65(short, tmp_path):
    assert podforge("check", short).returncode == 0
    short.write_text(
        SHORT.replace("**Tobias:**", "**Tobais:**").replace("voice: mara", "voice: maro")
    )
    done = podforge("check", short)
    assert done.returncode == 65
    assert re.search(r"short\.md:11:\d+: error: .*Tobais.*Tobias", done.stdout)


def test_cast_prints_front_matter_that_works_when_pasted(tmp_path):
    script = tmp_path / "open.md"
    body = "\n\n".join(
        f"**{who}:** Line {n} of the talk." for n, who in enumerate(["Ana", "Ben"] * 3)
    )
    script.write_text(body)
    done = podforge("cast", script)
    assert done.returncode == 0
    assert "Ana" in done.stdout
    front = done.stdout[done.stdout.index("---") :]
    script.write_text(front.rstrip() + "\n\n" + body)
    assert podforge("check", script).stdout == ""
    assert json.loads(podforge("plan", script, "--json").stdout)["speakers"] == ["Ana", "Ben"]


def test_cast_of_a_script_with_front_matter_gives_its_speakers_alone(short):
    done = podforge("cast", short)
    assert done.returncode == 0
    assert "speakers:\n  Mara: mara\n  Tobias: tobias\n" in done.stdout
    assert "---" not in done.stdout


def test_help_keeps_its_examples_on_lines_of_their_own():
    done = podforge("render", "--help")
    assert "\n  podforge render episode.md\n" in done.stdout
    assert "\\b" not in done.stdout


def test_json_tells_of_failures_too(short, tmp_path):
    bad = tmp_path / "bad.md"
    bad.write_text("nothing here")
    done = podforge("render", bad, short, "-o", tmp_path / "site/", "--format", "wav", "--json")
    first, second = json.loads(done.stdout)["renders"]
    assert (first["exit_code"], done.returncode) == (65, 65)
    assert second["outputs"]


def test_check_prints_warnings_beside_errors_of_voices(short):
    text = SHORT.replace("voice: mara", "voice: marra").replace(
        "## One", "Said too early.\n\n## One"
    )
    short.write_text(text)
    said = podforge("check", short).stdout
    assert "marra" in said
    assert "warning: text before the first label" in said


def test_voices_are_listed_and_shown():
    listed = podforge("voices", "list").stdout
    for name in ("ada", "iris", "jonah", "mara", "nell", "okafor", "tobias", "walter"):
        assert name in listed
    shown = podforge("voices", "show", "mara").stdout
    assert "engine espeak" in shown
    assert "consent" in shown
    missing = podforge("voices", "show", "marra")
    assert missing.returncode == 65
    assert "mara" in missing.stderr


def test_the_recording_of_a_voice_is_described(tmp_path):
    folder = tmp_path / "voices" / "ana"
    folder.mkdir(parents=True)
    tone = 0.1 * np.sin(np.arange(2 * 24_000) * 0.05)
    sound = np.concatenate([np.zeros(12_000), tone]).astype(np.float32)
    (folder / "clip.wav").write_bytes(to_wav(sound, 24_000))
    (folder / "voice.yaml").write_text(
        "name: ana\nlanguage: en\nreference: clip.wav\n"
        "consent: {owner: Ana, kind: self, date: 2026-01-01, allowed_uses: any}\n"
    )
    shown = podforge("voices", "show", "ana", "--voices", tmp_path / "voices")
    assert shown.returncode == 0, shown.stderr
    assert "clip.wav, 2.5 s at -24.0 dBFS, 0.5 s of silence first" in shown.stdout


def imported_by(*arguments: str) -> set[str]:
    code = f"""
import sys
sys.argv = ["podforge", *{list(arguments)!r}]
try:
    from podforge.cli import main
    main()
except SystemExit:
    pass
print("MODULES", *sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "MODULES" in done.stdout, done.stderr
    return set(done.stdout.split("MODULES")[1].split())


@pytest.mark.parametrize("command", ["plan", "check", "cast"])
def test_looking_at_a_script_imports_no_numpy_torch_or_engine(command):
    assert not imported_by(command, str(BAKERY)) & {"numpy", "scipy", "torch", "espeakng_loader"}


def test_help_imports_hardly_anything():
    found = imported_by("--help")
    assert not found & {
        "numpy",
        "rich",
        "yaml",
        "markdown_it",
        "podforge.plan",
        "importlib.metadata",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("render", "{short}", "-o", "x.xyz"),
        ("render", "{short}", "--format", "mp3,ogg"),
        ("render", "{short}", "-o", "x.mp3", "--format", "flac"),
        ("render", "{short}", "{short}"),
        ("render", "{short}", "{short}", "-o", "one.mp3"),
        ("render", "{short}", "-j", "0"),
        ("render", "{short}", "--no-such-option"),
        ("render",),
        ("frobnicate",),
    ],
)
def test_a_command_that_contradicts_itself_is_a_usage_error(arguments, short, tmp_path):
    done = podforge(*(a.format(short=short) for a in arguments), cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "output").exists()


def alive(group: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True


def test_every_command_has_help_with_an_example_and_a_place_in_the_readme():
    from podforge.cli import podforge as group

    readme = (ROOT / "README.md").read_text()

    def commands(command, path):
        if hasattr(command, "list_commands"):
            for name in command.list_commands(None):
                yield from commands(command.get_command(None, name), [*path, name])
        else:
            yield command, " ".join(path)

    found = list(commands(group, ["podforge"]))
    assert len(found) >= 6
    for command, name in found:
        assert name in readme, f"{name} is not in README.md"
        assert name in command.help, f"{name} has no example in its help"
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert parameter.help, f"{name} {parameter.name} has no help"
