"""Lines that fail, lines that are suspect, and renders that are killed: nothing is lost."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.in_process import podforge
from tests.test_cli import SHORT

LINES = "\n\n".join(f"**Mara:** This is line number {n} of the script." for n in range(40))


def write(folder: Path, line: str) -> Path:
    path = folder / "s.md"
    path.write_text(SHORT + f"\n**Mara:** {line}\n")
    return path


def test_a_line_without_a_usable_take_keeps_the_old_output_and_the_clips(tmp_path, spoken):
    output = tmp_path / "out.wav"
    arguments = ("-o", output, "--engine", "fake", "--cache", tmp_path / "store")
    assert podforge("render", write(tmp_path, "A good line."), *arguments).returncode == 0
    before = output.read_bytes()
    done = podforge("render", write(tmp_path, "A SILENT line."), *arguments)
    assert done.returncode == 75
    assert "s.md:13:1: failed: silence" in done.stderr
    assert "run the same command again" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert output.read_bytes() == before
    spoken()
    assert podforge("render", write(tmp_path, "A new line."), *arguments).returncode == 0
    assert len(spoken()) == 1


def test_a_suspect_line_is_kept_and_told_each_time(tmp_path):
    path, output = (
        write(tmp_path, "A SLOW line that takes far too long to say."),
        tmp_path / "o.wav",
    )
    arguments = ("render", path, "-o", output, "--engine", "fake", "--cache", tmp_path / "store")
    for _ in range(2):
        done = podforge(*arguments)
        assert done.returncode == 0
        assert "s.md:13: warning: suspect" in done.stderr
        (line,) = json.loads((tmp_path / "o.report.json").read_text())["findings"]
        assert (line["severity"], line["line"]) == ("suspect", 13)


def test_with_strict_a_suspect_line_keeps_the_old_output(tmp_path):
    output = tmp_path / "o.wav"
    arguments = ("-o", output, "--engine", "fake", "--strict", "--cache", tmp_path / "store")
    assert podforge("render", write(tmp_path, "A good line."), *arguments).returncode == 0
    before = output.read_bytes()
    path = write(tmp_path, "A SLOW line that takes far too long to say.")
    done = podforge("render", path, *arguments)
    assert done.returncode == 1
    assert "--strict" in done.stderr
    assert output.read_bytes() == before


def test_with_strict_a_cast_that_was_only_guessed_is_an_error(tmp_path):
    path = tmp_path / "open.md"
    path.write_text(
        "\n\n".join(f"**{who}:** Line {n}." for n, who in enumerate(["Mara", "Ada"] * 3))
    )
    arguments = ("render", path, "-o", tmp_path / "o.wav")
    done = podforge(*arguments, "--strict")
    assert done.returncode == 65
    assert "podforge cast" in done.stderr
    done = podforge(*arguments)
    assert done.returncode == 0
    assert "warning" in done.stderr


@pytest.mark.parametrize("engine", ["fake", "espeak"])
def test_after_kill_9_the_render_goes_on_and_ends_with_the_same_bytes(engine, tmp_path, spoken):
    script = tmp_path / "s.md"
    script.write_text(SHORT + "\n" + LINES)
    common = ["render", str(script), "--engine", engine, "-j", "2"]
    undisturbed = tmp_path / "one.wav"
    assert podforge(*common, "-o", undisturbed, "--cache", tmp_path / "a").returncode == 0
    all_jobs = set(spoken())
    killed = [*common, "-o", str(tmp_path / "two.wav"), "--cache", str(tmp_path / "b")]
    for jobs in (5, 20):
        command = [sys.executable, "-m", "podforge", *killed, "--events", "jsonl"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr
        done = 0
        while done < jobs:
            done += '"JobDone"' in process.stderr.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
        assert not (tmp_path / "two.wav").exists()
    before = spoken()
    assert podforge(*killed).returncode == 0
    assert (tmp_path / "two.wav").read_bytes() == undisturbed.read_bytes()
    if engine == "fake":
        kept = [*before, *spoken()]
        assert set(kept) == all_jobs
        # What was in a worker's hands at a kill may be spoken twice, nothing else.
        assert len(kept) - len(all_jobs) <= 2 * 2 * 4


def test_two_renders_at_once_speak_each_job_once(tmp_path, spoken):
    script = tmp_path / "s.md"
    script.write_text(SHORT + "\n" + LINES.replace("This", "WAIT, this"))
    common = [
        sys.executable,
        "-m",
        "podforge",
        "render",
        str(script),
        "--engine",
        "fake",
        "-j",
        "2",
    ]
    store = ["--cache", str(tmp_path / "store")]
    outputs = [tmp_path / "one.wav", tmp_path / "two.wav"]
    renders = [
        subprocess.Popen([*common, *store, "-o", str(output)], stderr=subprocess.DEVNULL)
        for output in outputs
    ]
    assert [render.wait(120) for render in renders] == [0, 0]
    keys = spoken()
    assert len(keys) == len(set(keys)) == 42
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
