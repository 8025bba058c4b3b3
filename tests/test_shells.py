"""What shells may rely on: exit codes, stdout, the same bytes.  docs/makefiles.md states it."""

import os
import shutil

import pytest

from tests.in_process import podforge
from tests.probe import probe
from tests.test_makefiles import PODFORGE, SCRIPT, run

EXIT_CODES = {
    "made": (0, SCRIPT, ()),
    "suspect, with --strict": (1, SCRIPT.replace("Good", "SLOW good"), ("--strict",)),
    "usage": (2, SCRIPT, ("--format", "ogg3")),
    "errors in the script": (65, SCRIPT.replace("mara", "nobody"), ()),
    "a missing file": (66, "", ()),
    "an unknown engine": (2, SCRIPT, ("--engine", "zither")),
    "an engine without its model": (69, SCRIPT.replace("mara", "bella"), ("--engine", "kitten")),
    "a file where a folder goes": (74, SCRIPT, ("-o", "e.md/e.wav")),
    "a line without a take": (75, SCRIPT.replace("WAIT", "NOTHING"), ()),
}


@pytest.mark.parametrize("case", EXIT_CODES)
def test_every_ending_has_its_exit_code(case, tmp_path):
    code, text, options = EXIT_CODES[case]
    if text:
        (tmp_path / "e.md").write_text(text.replace("tobias", "bella") if code == 69 else text)
    (bella := tmp_path / "voices" / "bella").mkdir(parents=True)
    (bella / "voice.yaml").write_text("language: en\nengines: {kitten: {voice: Bella}}\n")
    done = podforge("render", "e.md", "--format", "wav", "-q", *options, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert (done.stdout == "output/e/e.wav\n") is (code == 0)
    assert bool(done.stderr) is (code != 0)


def test_a_pipe_is_no_script(tmp_path):
    for name in ("e.md", "e.epub"):
        os.mkfifo(tmp_path / name)
        done = podforge("render", name, cwd=tmp_path)
        assert done.returncode == 66
        assert "is no file but a pipe" in done.stderr


FORMATS = "mp3,m4b,opus,flac,wav"
STREAM = f"{PODFORGE} render e.md -o - --engine tone --cache store"


@pytest.mark.parametrize("name", ["m4b", "wav"])
def test_stdout_takes_the_audio_and_nothing_else(name, tmp_path):
    (tmp_path / "e.md").write_text(SCRIPT)
    command = f"{STREAM} --format {name} 2>/dev/null | cat > {name}.{name}"
    done = run("/bin/sh", "-c", command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert probe(tmp_path / f"{name}.{name}").duration > 1
    whole = podforge(
        "render", "e.md", "-o", f"file.{name}", "--engine", "tone", "--cache", "store", cwd=tmp_path
    )
    assert whole.returncode == 0
    piped = (tmp_path / f"{name}.{name}").read_bytes()
    assert piped == (tmp_path / f"file.{name}").read_bytes()
    assert not (tmp_path / "output").exists()
    assert not any((tmp_path / "store" / "tmp").iterdir())


def test_a_reader_that_has_enough_ends_it_by_the_signal(tmp_path):
    (tmp_path / "e.md").write_text(SCRIPT)
    command = f"{STREAM} --format wav -q | head -c 100 >/dev/null; echo ${{PIPESTATUS[0]}}"
    assert run(shutil.which("bash"), "-c", command, cwd=tmp_path).stdout == "141\n"


@pytest.mark.parametrize(
    "options", [("e.md",), ("--split", "chapters"), ("--format", "mp3,wav"), ("--depfile", "e.d"),
                ("--json",)],
)  # fmt: skip
def test_stdout_takes_one_stream_and_refuses_the_rest(options, tmp_path):
    (tmp_path / "e.md").write_text(SCRIPT)
    done = podforge("render", "e.md", "-o", "-", *options, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")


def test_the_same_bytes_come_in_any_folder_time_zone_and_language(tmp_path):
    """By processes of their own: a time zone and a locale are read when one begins."""
    made = []
    for number, (zone, language) in enumerate((("UTC", "C"), ("Far-13:45", "de_DE.UTF-8"))):
        folder = tmp_path / f"folder{number}"
        folder.mkdir()
        (folder / "e.md").write_text(SCRIPT)
        command = f"render e.md -o out/ --format {FORMATS} --engine tone --cache store"
        where = f"TZ={zone} LC_ALL={language}"
        done = run("/bin/sh", "-c", f"{where} {PODFORGE} {command}", cwd=folder)
        assert done.returncode == 0, done.stderr
        made.append({path.name: path.read_bytes() for path in (folder / "out").iterdir()})
        assert "\x1b" not in done.stderr + done.stdout
        assert "\r" not in done.stderr + done.stdout
    assert made[0].keys() == made[1].keys()
    assert [name for name, data in made[0].items() if made[1][name] != data] == []
