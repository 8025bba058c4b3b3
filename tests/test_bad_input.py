"""What bad input gets: a place, a way out, the right exit code, and nothing lost."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from podforge.project import Request, open_project
from tests.in_process import podforge
from tests.test_cli import SHORT, run

BODY = "**Mara:** Good evening.\n"


def script(folder: Path, data: bytes | str, name: str = "s.md") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"\x00\x01\x02PNG\x00", 65, "NUL bytes"),
        ("Caf\xe9".encode("latin-1"), 65, "--encoding latin-1"),
        (b"", 65, "empty"),
        (b"---\ntitle: x\n---\n", 65, "nothing is spoken"),
        (
            "---\nspeakers: {Mara: mara}\n---\n**Mara:** ...\n\n😀😀\n",
            65,
            "nothing in it can be spoken",
        ),
        (b"# Only a title\n\n[music: soft]\n", 65, "nothing is spoken"),
        ("---\ntitle: [broken\n---\n" + BODY, 65, "s.md:"),
        ("---\ntitle: a\ntitle: b\n---\n" + BODY, 65, "s.md:3"),
        ("---\nspeakers:\n  Mara: {voice: nobody}\n---\n" + BODY, 65, "nobody"),
        ("---\nspeakers:\n  Mara: {voice: ../mara}\n---\n" + BODY, 65, "no voice"),
        ("---\nspeakers:\n  Mara: {voice: mara}\n---\n**Maro:** Hi.\n", 65, "Mara"),
        ("---\nengine: nosuch\nspeakers:\n  Mara: {voice: mara}\n---\n" + BODY, 65, "espeak"),
        ("---\ncover: no.jpg\nspeakers:\n  Mara: {voice: mara}\n---\n" + BODY, 65, "no.jpg"),
        (
            "---\nengines: {espeak: {foo: 1}}\nspeakers:\n  Mara: {voice: mara}\n---\n" + BODY,
            65,
            "foo",
        ),
        (
            "---\ncover: " + "x" * 300 + "\nspeakers:\n  Mara: {voice: mara}\n---\n" + BODY,
            65,
            "cover",
        ),
        ("---\nloudness: loud\nspeakers:\n  Mara: {voice: mara}\n---\n" + BODY, 65, "loud"),
    ],
)
def test_a_bad_script(data, code, says, tmp_path):
    path = script(tmp_path, data)
    done = podforge("render", path, "-o", tmp_path / "out.mp3")
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "s.md" in done.stderr or code == 69
    assert not (tmp_path / "out.mp3").exists()


def test_a_script_that_is_not_there_or_a_folder(tmp_path):
    for path in (tmp_path / "none.md", tmp_path, Path("/")):
        done = podforge("render", path)
        assert done.returncode == 66
        assert str(path) in done.stderr
        assert "Traceback" not in done.stderr


def test_a_voice_folder_without_its_file(tmp_path):
    (tmp_path / "voices" / "mara").mkdir(parents=True)
    done = podforge("check", script(tmp_path, SHORT))
    assert done.returncode == 65
    assert "voice.yaml" in done.stdout


def test_a_voices_folder_that_is_not_there(tmp_path):
    done = podforge("render", script(tmp_path, SHORT), "--voices", tmp_path / "none")
    assert done.returncode == 66
    assert "none" in done.stderr


def test_an_output_folder_that_cannot_be_written_keeps_the_clips(tmp_path):
    path = script(tmp_path, SHORT)
    (tmp_path / "file").write_text("not a folder")
    done = podforge("render", path, "-o", tmp_path / "file" / "out.mp3")
    assert done.returncode == 74
    assert str(tmp_path / "file") in done.stderr
    assert "Traceback" not in done.stderr
    assert (
        "2 jobs, all spoken already" in podforge("render", path, "-o", tmp_path / "out.wav").stderr
    )


def test_a_store_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    done = podforge("render", script(tmp_path, SHORT), "--cache", tmp_path / "file" / "store")
    assert done.returncode == 74
    assert "Traceback" not in done.stderr


def test_no_ffmpeg_at_all_is_said_before_anything_is_spoken(tmp_path):
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "imageio_ffmpeg.py").write_text("raise ImportError")
    path = os.pathsep.join([str(tmp_path / "hidden"), os.environ["PYTHONPATH"]])
    done = run("render", script(tmp_path, SHORT), "--cache", tmp_path / "store",
               PATH=str(tmp_path / "hidden"), PYTHONPATH=path)  # fmt: skip
    assert done.returncode == 69
    assert "ffmpeg" in done.stderr
    assert "install" in done.stderr
    assert not list((tmp_path / "store").rglob("*.json"))


def test_ffmpeg_that_fails_leaves_the_old_output(tmp_path):
    path = script(tmp_path, SHORT)
    podforge("render", path, "-o", tmp_path / "out.mp3")
    before = (tmp_path / "out.mp3").read_bytes()
    fake = tmp_path / "ffmpeg"
    fake.write_text("#!/bin/sh\ncase $* in *-version*) echo ffmpeg version 0;; *) exit 3;; esac\n")
    fake.chmod(0o755)
    path.write_text(SHORT.replace("evening", "morning"))
    done = run("render", path, "-o", tmp_path / "out.mp3", PODFORGE_FFMPEG=str(fake))
    assert done.returncode == 74
    assert (tmp_path / "out.mp3").read_bytes() == before
    assert (
        "2 jobs, all spoken already" in podforge("render", path, "-o", tmp_path / "out.mp3").stderr
    )


@pytest.mark.parametrize("where", ["store", "output"])
def test_a_full_disk_keeps_what_was_made(where, tmp_path):
    """A file system of 2 MB in a name space of its own; on one without, the limit is the file."""
    small = tmp_path / "small"
    small.mkdir()
    lines = "\n\n".join(f"**Mara:** This is line number {n} of the script." for n in range(30))
    path = script(tmp_path, SHORT + "\n" + lines)
    store, output = tmp_path / "store", tmp_path / "out"
    if where == "store":
        store = small / "store"
    else:
        output = small / "out"
    command = f"{sys.executable} -m podforge render {path} -j 1 -o {output}/s.wav --cache {store}"
    unshare = shutil.which("unshare")
    assert unshare, "util-linux is part of every Linux"
    inside = (
        f"mount -t tmpfs -o size=2m none {small} && {command}; code=$?; ls -R {small}; exit $code"
    )
    done = subprocess.run(
        [unshare, "-rm", "sh", "-c", inside], capture_output=True, text=True, timeout=120
    )
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        pytest.skip("no name spaces here")
    assert done.returncode == 74, done.stderr
    assert "space" in done.stderr or "MB free" in done.stderr
    assert "Traceback" not in done.stderr
    assert ".podforge-" not in done.stdout
    assert "s.wav" not in done.stdout
    if where == "output":
        again = podforge("render", path, "-o", tmp_path / "there.wav", "--cache", store)
        assert "all spoken already" in again.stderr


def test_check_says_what_render_would_and_goes_on_with_the_next_script(tmp_path):
    front = "---\n{}\nspeakers:\n  Mara: {{voice: mara{}}}\n---\n" + BODY
    paths = [
        script(tmp_path, front.format("cover: no.jpg", ""), "cover.md"),
        script(tmp_path, front.format("title: x", ", engine: espaek"), "engine.md"),
        script(tmp_path, front.format("engines: {espeak: {foo: 1}}", ""), "setting.md"),
        tmp_path / "missing.md",
    ]
    done = podforge("check", *paths)
    assert done.returncode == 65
    assert "Traceback" not in done.stderr
    for path in paths:
        assert f"{path}" in done.stdout
    assert "engine.md:4:" in done.stdout


def test_control_characters_are_harmless(tmp_path):
    text = SHORT.replace("Good evening", "Good\a \x1b[31meve\x07ning").replace("Short", "Sh\x1bort")
    done = podforge("render", script(tmp_path, text), "-o", tmp_path / "out.wav")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stderr + done.stdout
    assert "\x1b" not in (tmp_path / "out.vtt").read_text()


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    """One with the clips of `SHORT`."""
    folder = tmp_path_factory.mktemp("made")
    done = podforge("render", script(folder, SHORT), "-o", folder / "out.wav", "--cache", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(
    ("redirect", "code"),
    [(">/dev/full", 74), (">&-", 0), ("2>/dev/full", 0), ("2>&-", 0), ("2> >(head -c0)", 0)],
)
def test_streams_that_are_full_or_closed(redirect, code, tmp_path, store):
    files = f"{script(tmp_path, SHORT)} -o {tmp_path}/out.wav --cache {store}"
    command = f"{sys.executable} -m podforge render {files} -j 1 {redirect}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Errno" not in done.stderr
    assert ("no space left where stdout goes" in done.stderr) == (redirect == ">/dev/full")
    assert (tmp_path / "out.wav").exists()


def test_a_name_that_is_too_long_and_a_folder_in_the_way(tmp_path):
    path = script(tmp_path, SHORT)
    assert podforge("render", path, "-o", tmp_path / ("x" * 300 + ".wav")).returncode == 74
    assert podforge("render", path, "-o", "").returncode == 2
    (tmp_path / "out.report.json").mkdir()
    done = podforge("render", path, "-o", tmp_path / "out.wav")
    assert done.returncode == 74
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.vtt").exists()


def test_a_working_folder_that_is_gone(tmp_path):
    path = script(tmp_path, SHORT)
    command = (
        f"mkdir gone && cd gone && rmdir ../gone && {sys.executable} -m podforge render {path}"
    )
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode in (66, 74)
    assert "Traceback" not in done.stderr
    assert "Errno" not in done.stderr


def test_a_long_turn_of_one_word_is_cut_in_good_time(tmp_path):
    text = "---\nspeakers: {Mara: mara}\n---\n**Mara:** " + "blah " * 20_000
    began = time.process_time()
    project = open_project(Request(script(tmp_path, text)))
    assert time.process_time() - began < 2.0
    assert len(project.plan.jobs) > 60
