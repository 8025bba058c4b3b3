"""Lines that fail, lines that are suspect, and renders that are killed: nothing is lost."""

import json
from pathlib import Path

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


def test_with_strict_a_missed_target_keeps_the_old_output(tmp_path):
    path, output = write(tmp_path, "A good line."), tmp_path / "o.wav"
    arguments = ("render", path, "-o", output, "--engine", "fake", "--cache", tmp_path / "store")
    assert podforge(*arguments).returncode == 0
    before = output.read_bytes()
    for _ in range(2):
        done = podforge(*arguments, "--target", "-5/-9", "--strict")
        assert done.returncode == 1
        assert "does not pass its gate: the wav: level is" in done.stderr
        assert output.read_bytes() == before
    assert podforge(*arguments, "--target", "-5/-9").returncode == 0
    assert podforge(*arguments, "--target", "-5/-9", "--strict").returncode == 1


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
