"""The render stamp: what needs no look at the script, and what does."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from podforge import inputs, spine, stamps, surroundings, witnesses
from podforge.inputs import TICK_NS
from podforge.media.programs import ffmpeg_path
from podforge.pcm import to_wav
from podforge.stamps import Stamp
from tests.in_process import podforge

DAY_SECONDS = 86_400
SCRIPT = """\
---
title: Stamped
lexicon: names.yaml
speakers:
  Ana: {voice: mara}
engine: fake
---
<!-- a comment -->
**Ana:** Good evening to all of you.
"""
VOICE = "language: en\n"
CONSENT = "consent: {owner: A, kind: self, date: 2026-01-01, allowed_uses: any}\n"
RENDER = ("render", "e.md", "-o", "out/e.wav", "-j", "1")


def run(folder: Path, *more: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Render in a project with a store and a home of its own."""
    home = {"HOME": str(folder / "home"), "XDG_CONFIG_HOME": ""}
    return podforge(*RENDER, "--cache", "store", *more, cwd=folder, **home | env)


def settle() -> None:
    """Let what was written be older than what reads it."""
    time.sleep(2 * TICK_NS / 1e9)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> Path:
    """A folder with an episode that was rendered; its files are older than that by an hour."""
    folder = tmp_path_factory.mktemp("stamped")
    here = folder / "here"
    files = {
        "e.md": SCRIPT,
        "names.yaml": "Niamh: neev\n",
        "voices/mara/voice.yaml": VOICE,
        "voices/tobias/voice.yaml": VOICE,
        ".git/HEAD": "",  # a project of its own
    }
    for name, text in files.items():
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for path in here.rglob("*"):
        os.utime(path, (time.time() - 3600,) * 2)
    settle()
    done = run(here)
    assert done.returncode == 0, done.stderr
    here.rename(folder / "kept")
    return folder


@pytest.fixture
def project(rendered) -> Iterator[Path]:
    """Where it was rendered: a stamp knows its files by their paths."""
    here = rendered / "here"
    shutil.copytree(rendered / "kept", here)
    settle()
    yield here
    shutil.rmtree(here)


class Looked:
    """Renders again and says whether the script was looked at."""

    def __init__(self, monkeypatch):
        self.parsed = False
        render = spine.render

        def look(*arguments):
            self.parsed = True
            return render(*arguments)

        monkeypatch.setattr(spine, "render", look)

    def __call__(self, folder, *more, **env):
        self.parsed = False
        self.done = run(folder, *more, **env)
        return self.parsed


@pytest.fixture
def looked(monkeypatch):
    return Looked(monkeypatch)


def test_a_render_of_the_same_is_answered_before_anything_is_parsed(project, looked):
    for how in ((), ("--restat",), ("-j", "2")):
        before = (project / "out" / "e.wav").stat().st_mtime_ns
        assert not looked(project, *how)
        assert "unchanged" in looked.done.stderr
        assert looked.done.stdout == "out/e.wav\n"
        after = (project / "out" / "e.wav").stat().st_mtime_ns
        assert (after == before) is ("--restat" in how)
    assert looked(project, "--force")


@pytest.mark.parametrize("shift", [-DAY_SECONDS, DAY_SECONDS, 5])
def test_times_of_files_decide_nothing(shift, project, looked):
    """A clock that jumped, `touch`, `git checkout`: the same bytes under another time."""
    for path in (project / "e.md", project / "names.yaml", project / "voices/mara/voice.yaml"):
        path.write_text(path.read_text())
        os.utime(path, (time.time() + shift,) * 2)
    assert not looked(project)


CHANGES = {
    "the script": ("e.md", SCRIPT.replace("evening", "morning")),
    "a lexicon": ("names.yaml", "Niamh: nee-uv\n"),
    "a voice": ("voices/mara/voice.yaml", "language: en-GB\n"),
    "a project file where there was none": ("podforge.yaml", "loudness: -19\n"),
    "a lexicon where there was none": ("lexicon.yaml", "evening: eve\n"),
    "another voice": ("voices/zoe/voice.yaml", VOICE),
    "a pinned embedding": ("voices/mara/fake.safetensors", "x"),
    "takes that were chosen": ("e.md.takes.yaml", "version: 1\n"),
    "an output": ("out/e.wav", "x"),
    "a transcript": ("out/e.vtt", "x"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_new_or_other_is_looked_at(change, project, looked):
    name, text = CHANGES[change]
    path = project / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert looked(project)


@pytest.mark.parametrize("name", ["names.yaml", "out/e.vtt"])
def test_what_is_gone_is_looked_at(name, project, looked):
    (project / name).unlink()
    assert looked(project)


def test_what_is_said_around_the_script_counts(project, looked):
    assert looked(project, "--target", "broadcast")
    assert not looked(project, "--target", "broadcast")
    another = project / "ffmpeg"
    another.symlink_to(ffmpeg_path())
    assert looked(project, PODFORGE_FFMPEG=str(another))
    assert not looked(project, PODFORGE_JOBS="3", PODFORGE_FFMPEG=str(another))


def test_the_settings_of_a_user_count_once_they_are_there(project, looked):
    file = project / "home" / ".config" / "podforge" / "config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("loudness: -19\n")
    assert looked(project)


def test_a_comment_is_looked_at_once_and_changes_nothing(project, looked):
    (project / "e.md").write_text(SCRIPT.replace("a comment", "another"))
    settle()
    assert looked(project)
    assert "unchanged" in looked.done.stderr
    assert not looked(project)


def test_what_changed_while_it_was_read_leaves_a_stamp_that_wants_a_look(project, looked):
    ahead = time.time() + DAY_SECONDS
    (project / "e.md").write_text(SCRIPT.replace("evening", "morning"))
    os.utime(project / "e.md", (ahead, ahead))
    for _ in range(2):
        assert looked(project)
    assert "unchanged" in looked.done.stderr


def test_warnings_are_told_again_and_strict_still_fails(project, looked):
    (project / "e.md").write_text(SCRIPT.replace("Good", "SLOW, good") + "\n[sparkle: x]\n")
    settle()

    def warnings() -> list[str]:
        return [line for line in looked.done.stderr.splitlines() if "warning:" in line]

    assert looked(project)
    first = warnings()
    assert any("suspect" in line for line in first)
    assert not looked(project)
    assert "unchanged" in looked.done.stderr
    assert sorted(warnings()) == sorted(first)
    for _ in range(2):
        assert looked(project, "--strict")
        assert looked.done.returncode == 1
    assert not looked(project)


def test_a_chapter_of_an_earlier_render_is_named_until_it_is_gone(project, looked):
    stray = project / "parts" / "e-07-cut.wav"
    stray.parent.mkdir()
    stray.write_bytes(b"")
    settle()
    how = ("-o", "parts/", "--split", "chapters", "--format", "wav")
    assert looked(project, *how)
    for _ in range(2):
        assert "e-07-cut.wav is not of this render" in looked.done.stderr
        assert not looked(project, *how)
    stray.unlink()
    assert not looked(project, *how)
    assert "not of this render" not in looked.done.stderr


def test_strict_needs_one_look(project, looked):
    assert looked(project, "--strict")
    for how in ("--strict", "--no-strict"):
        assert not looked(project, how)
        assert looked.done.returncode == 0


def test_another_file_that_came_while_it_was_read_is_not_taken_for_what_was_read(
    project, looked, monkeypatch
):
    """Moved over the script, and older than it by itself."""
    other = project / "other.md"
    other.write_text(SCRIPT.replace("evening", "morning"))
    os.utime(other, (1, 1))
    (project / "e.md").write_text(SCRIPT.replace("evening", "night"))
    settle()
    read = spine.open_project

    def replaced(*arguments):
        opened = read(*arguments)
        other.replace(project / "e.md")
        return opened

    monkeypatch.setattr(spine, "open_project", replaced)
    assert looked(project)
    monkeypatch.setattr(spine, "open_project", read)
    assert looked(project)
    assert "unchanged" not in looked.done.stderr


def test_a_script_is_looked_at_before_it_is_read(tmp_path):
    """Where a file system keeps no time of such a change."""
    name = str(tmp_path / "e.md")
    before = inputs.Beginning(10**18, {name: [5, 1, "read"]})
    assert before.holds({name: [5, 2, "read"], "later": [1, 1, "x"]})
    assert not before.holds({name: [5, 1, "another"]})


def test_from_another_folder_it_names_and_touches_its_own_files(project, looked):
    def render(folder: str, output: str) -> None:
        script = project / "e.md"
        looked.done = podforge(
            "render", script, "-o", output, "-j", "1", "--cache", project / "store",
            cwd=project / folder, HOME=str(project / "home"), XDG_CONFIG_HOME="",
        )  # fmt: skip
        assert looked.done.returncode == 0, looked.done.stderr

    render("", "out/f.wav")
    render("out", "f.wav")
    assert "unchanged" in looked.done.stderr
    assert looked.done.stdout == "f.wav\n"


def test_links_count_as_they_are_named(project, looked):
    """A sound, and the recording of a voice, behind a link that leads elsewhere now."""
    for name, level, pitch in (("one", 0.1, 40), ("two", 0.2, 60)):
        noise = np.random.default_rng(1).normal(0, level, 24_000).astype(np.float32)
        (project / f"{name}.wav").write_bytes(to_wav(noise, 24_000))
        voice = project / "takes" / name
        voice.mkdir(parents=True)
        (voice / "voice.yaml").write_text(
            f"language: en\nengines: {{espeak: {{pitch: {pitch}}}}}\n{CONSENT}"
        )
    sound, voice = project / "now.wav", project / "voices" / "linked"
    sound.symlink_to("one.wav")
    voice.symlink_to("../takes/one")
    text = SCRIPT.replace("voice: mara", "voice: linked")
    (project / "e.md").write_text(text + "\n[sfx: now.wav]\n")
    settle()
    assert looked(project)
    assert looked.done.returncode == 0, looked.done.stderr
    assert not looked(project)
    for link, target in ((sound, "two.wav"), (voice, "../takes/two")):
        link.unlink()
        link.symlink_to(target)
        settle()
        assert looked(project)
        assert "unchanged" not in looked.done.stderr
        assert not looked(project)


@pytest.mark.parametrize("name", ["__version__", "VERSIONS"])
def test_another_podforge_makes_it_again(name, project, looked, monkeypatch):
    for module in (surroundings, inputs):
        monkeypatch.setattr(module, name, "another")
    assert looked(project)
    assert "unchanged" not in looked.done.stderr


def test_a_stamp_of_a_checkout_with_other_fields_is_none(project, looked, monkeypatch):
    @dataclass(frozen=True)
    class Other(Stamp):
        more: str = ""

    monkeypatch.setattr(stamps, "Stamp", Other)
    assert looked(project)
    assert looked.done.returncode == 0


def test_an_output_that_is_not_ours_to_touch_is_made_again(project, looked, monkeypatch):
    access = os.access

    def touchable(path, mode, **how):
        return access(path, mode, **how) and not str(path).endswith("e.wav")

    before = (project / "out" / "e.wav").stat().st_ino
    monkeypatch.setattr(stamps.os, "access", touchable)
    monkeypatch.setattr(stamps.os, "geteuid", lambda: 12_345)
    assert not looked(project, "--restat")
    assert looked(project)
    assert looked.done.returncode == 0
    assert (project / "out" / "e.wav").stat().st_ino != before


def test_a_folder_in_the_place_of_an_output_is_told_before_anything_is_spoken(project, looked):
    (project / "out" / "g.vtt").mkdir()
    assert looked(project, "-o", "out/g.wav", "--events", "jsonl", "--force")
    assert looked.done.returncode == 74
    assert "g.vtt is a folder" in looked.done.stderr
    assert '"planned"' not in looked.done.stderr


def test_a_large_file_is_hashed_only_when_it_was_touched(tmp_path, monkeypatch):
    monkeypatch.setattr(witnesses, "LARGE_BYTES", 10)
    large = tmp_path / "large"
    large.write_bytes(bytes(11))
    seen = witnesses.look([large])
    marked = {str(large): [*seen[str(large)][:2], "not hashed"]}
    assert witnesses.look([large], marked) == marked
    os.utime(large, (1, 1))
    assert witnesses.same(witnesses.look([large], marked), seen)


def test_nothing_heavy_is_imported_for_an_answer(project):
    options = [*RENDER, "--cache", "store"]
    env = {**os.environ, "HOME": str(project / "home"), "XDG_CONFIG_HOME": ""}
    command = [sys.executable, "-X", "importtime", "-m", "podforge", *options]
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, timeout=60)
    assert "unchanged" in done.stderr
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    # Not numpy, which the fakes of tests bring themselves.
    heavy = {"markdown_it", "mutagen", "PIL", "podforge.reading", "podforge.spine"}
    heavy |= {"podforge.media", "podforge.signal", "scipy", "podforge.speaking"}
    assert heavy & imported == set()


def test_a_file_that_was_moved_here_is_as_new_as_the_move(tmp_path):
    (tmp_path / "old").write_text("x")
    os.utime(tmp_path / "old", (1, 1))
    settle()
    moment = time.time_ns() - TICK_NS
    (tmp_path / "old").replace(tmp_path / "new")
    assert witnesses.changed_since(witnesses.look([tmp_path / "new"]), moment)
