"""The contract with Make and ninja, asked of the real programs.  docs/makefiles.md states it."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from podforge.delivery.cover import drawn_cover
from podforge.depfile import Rule, depfile, named
from podforge.errors import UsageError
from podforge.pcm import to_wav
from podforge.script import Header
from tests.fakes.fake_engines import safetensors
from tests.in_process import podforge

ROOT = Path(__file__).parents[1]
PODFORGE = f"{shlex.quote(sys.executable)} -m podforge"
MAKE = shutil.which("make")
NINJA = shutil.which("ninja", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
OLD = 1_000_000_000  # a time of change before that of any target here
ODD = ["two words", "a#b", "a$b", "a$(b)", "Ж 夜", "a:b", "ep (1)", "[1] x", "~x", "back\\slash"]

needs_make = pytest.mark.skipif(not MAKE, reason="GNU make is not installed")
needs_ninja = pytest.mark.skipif(not NINJA, reason="ninja is not installed")
SCRIPT = """\
---
title: Season
speakers:
  Ana: {voice: mara}
  Ben: {voice: tobias}
engine: fake
---
**Ana:** Good evening to all of you.

**Ben:** WAIT and then good night.
"""


def run(program: str | None, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    assert program
    command = [program, *arguments]
    env = {**os.environ, "PODFORGE_JOBS": "1", "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60)


def make(folder: Path, *arguments: str) -> str:
    done = run(MAKE, *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def age(*paths: Path) -> None:
    for path in paths:
        os.utime(path, (OLD, OLD))


# --- the depfile as text -------------------------------------------------------------------


class Tool:
    """Builds one target by copying; says whether there was something to do."""

    def __init__(self, folder: Path, target: Path) -> None:
        self.folder, self.target = folder, target
        self.copy = f"cp source.bytes {shlex.quote(str(target))}"
        (folder / "source.bytes").write_text("sound")
        self.write()


class Make(Tool):
    def write(self) -> None:
        name, recipe = named(self.target, self.folder), self.copy.replace("$", "$$")
        (self.folder / "Makefile").write_text(f"{name}:\n\t{recipe}\n-include it.d\n")

    def works(self) -> bool:
        return "cp source.bytes" in make(self.folder)


class Ninja(Tool):
    def write(self) -> None:
        name = re.sub("([$ :])", r"$\1", str(self.target))
        command = f"cp it.d again.d && {self.copy}".replace("$", "$$")
        rule = f"rule copy\n  command = {command}\n  depfile = again.d\n"
        (self.folder / "build.ninja").write_text(f"{rule}build {name}: copy\n")

    def works(self) -> bool:
        done = run(NINJA, cwd=self.folder)
        assert done.returncode == 0, done.stdout
        return "no work to do" not in done.stdout


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize(
    "tool", [pytest.param(Make, marks=needs_make), pytest.param(Ninja, marks=needs_ninja)]
)
def test_files_of_any_name_are_followed_and_may_be_deleted(tool, name, tmp_path):
    sources = [tmp_path / f"{name}.md", tmp_path / "music" / f"{name}.wav"]
    target = Path("site") / f"{name}.mp3"
    for folder in ("music", "site"):
        (tmp_path / folder).mkdir()
    for source in sources:
        source.write_text("x")
    age(*sources)
    (tmp_path / "it.d").write_text(depfile([Rule((target,), tuple(sources))], tmp_path))
    builds = tool(tmp_path, target)
    assert builds.works()
    assert not builds.works()
    for source in sources:
        source.touch()
        later = (tmp_path / target).stat().st_mtime + 1
        os.utime(source, (later, later))
        assert builds.works(), f"{source} was touched"
        age(source)
        assert not builds.works()
        source.unlink()
        assert builds.works(), f"{source} was deleted"
        source.write_text("back")
        age(source)
        builds.works()


@pytest.mark.parametrize("name", ["a=b", "100%", "a;b", "a|b", "two\nlines", "end\\"])
def test_names_that_make_cannot_read_are_refused(name):
    with pytest.raises(UsageError, match="a depfile cannot name"):
        depfile([Rule((Path("a.mp3"),), (Path(name),))], Path("/"))


def test_several_scripts_have_a_rule_each_and_share_what_is_deleted():
    rules = [
        Rule((Path("a.mp3"), Path("a.opus")), (Path("a.md"), Path("/p/lexicon.yaml"))),
        Rule((Path("b.mp3"), Path("b.opus")), (Path("b.md"), Path("/p/lexicon.yaml"))),
    ]
    assert depfile(rules, Path("/p")) == (
        "a.mp3 a.opus: a.md \\\n  lexicon.yaml\n\nb.mp3 b.opus: b.md \\\n  lexicon.yaml\n\n"
        "a.md:\n\nlexicon.yaml:\n\nb.md:\n"
    )


# --- the depfile of a render ---------------------------------------------------------------


@pytest.fixture
def project(tmp_path):
    """An episode with one of everything; its dependencies, below `tmp_path`."""
    noise = np.random.default_rng(1).normal(0, 0.1, 12_000).astype(np.float32)
    sound = to_wav(noise, 24_000)
    voice = "language: en\nconsent: {owner: A, kind: self, date: 2026-01-01, allowed_uses: any}\n"
    files = {
        "ep 1.md": SCRIPT.replace("engine: fake", "engine: fake-clone\ncover: art/cover.jpg")
        .replace("speakers", "lexicon: names.yaml\nspeakers")
        .replace("---\n**", "---\n[sfx: audio/door #1.wav]\n\n**"),
        "podforge.yaml": "engines: {}\n",
        "lexicon.yaml": "Siobhan: shi-vawn\n",
        "names.yaml": "Niamh: neev\n",
        "audio/door #1.wav": sound,
        "art/cover.jpg": drawn_cover(Header(title="T")),
        "voices/mara/voice.yaml": voice + "reference: clip.wav\n",
        "voices/mara/clip.wav": sound,
        "voices/tobias/voice.yaml": voice,
        "voices/tobias/fake-clone.safetensors": safetensors(b"x" * 64, "fake-clone 1", ""),
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    age(*(tmp_path / name for name in files))
    return set(files)


RENDER = ("render", "ep 1.md", "-o", "site/ep 1.wav", "--depfile", "site/ep 1.d", "--quiet")


@needs_make
def test_a_depfile_names_everything_that_decides_the_sound(project, tmp_path):
    done = podforge(*RENDER, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = tmp_path / "site" / "ep 1.d"
    text = written.read_text()
    names = {re.sub(r"\\(.)", r"\1", line[:-1]) for line in text.splitlines() if line[-1:] == ":"}
    assert names == project
    recipe = "site/ep\\ 1.wav:\n\t@echo RENDER\n"
    (tmp_path / "Makefile").write_text(f"{recipe}-include site/ep\\ 1.d\n")
    assert "up to date" in make(tmp_path)
    for name in project:
        (tmp_path / name).touch()
        assert "RENDER" in make(tmp_path), name
        age(tmp_path / name)
        (tmp_path / name).rename(tmp_path / "gone")
        assert "RENDER" in make(tmp_path), name
        (tmp_path / "gone").rename(tmp_path / name)
    written.unlink()
    again = podforge(*[part for part in RENDER if part != "--quiet"], cwd=tmp_path)
    assert "unchanged" in again.stderr
    assert written.read_text() == text
    assert [path.name for path in written.parent.glob(".*")] == []


def test_a_depfile_of_chapters_has_them_all_as_targets(tmp_path):
    chapters = "## One\n\n**Ana:** First.\n\n## Two\n\n**Ben:** Second.\n"
    (tmp_path / "e.md").write_text(SCRIPT.split("**")[0] + chapters)
    done = podforge(
        "render", "e.md", "-o", "site/", "--split", "chapters", "--format", "wav",
        "--depfile", "e.d", cwd=tmp_path,
    )  # fmt: skip
    targets = (tmp_path / "e.d").read_text().partition(":")[0]
    assert targets.split() == done.stdout.split()
    assert len(targets.split()) == 2


def test_a_failed_render_leaves_the_depfile_as_it_was(tmp_path):
    (tmp_path / "e.md").write_text(SCRIPT.replace("WAIT", "NOTHING"))
    (tmp_path / "e.d").write_text("old")
    assert podforge("render", "e.md", "--depfile", "e.d", cwd=tmp_path).returncode == 75
    assert (tmp_path / "e.d").read_text() == "old"


@pytest.mark.parametrize("place", ["e.md", "other.txt", "e"])
def test_a_depfile_is_called_so_that_it_is_no_script(place, tmp_path):
    (tmp_path / "e.md").write_text(SCRIPT)
    done = podforge("render", "e.md", "--depfile", place, cwd=tmp_path)
    assert done.returncode == 2
    assert "does not end in .d" in done.stderr
    assert (tmp_path / "e.md").read_text() == SCRIPT


def test_a_depfile_is_written_before_its_audio_and_keeps_the_old_rules_until_then(
    tmp_path, monkeypatch
):
    """Killed at any moment, a target has at least the dependencies of its bytes."""
    (tmp_path / "e.md").write_text(SCRIPT)
    (tmp_path / "e.d").write_text("e.wav: old.yaml\n\nold.yaml:\n")
    seen = []

    def look(*arguments: object) -> None:
        text = (tmp_path / "e.d").read_text()
        seen.append((tmp_path / "e.wav").exists())
        assert "e.md" in text
        assert "e.wav: old.yaml\n" in text
        publish(*arguments)

    from podforge.delivery import writing

    publish = writing.publish
    monkeypatch.setattr("podforge.delivery.writing.publish", look)
    monkeypatch.setattr("podforge.cli.depfiles.write_text", Path.write_text)
    done = podforge("render", "e.md", "-o", "e.wav", "--depfile", "e.d", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(seen) == 6
    assert not any(seen)
    assert "old" not in (tmp_path / "e.d").read_text()


KILLED = """\
import os, signal, sys
from podforge.cli import main
from podforge.delivery import writing

publish, left = writing.publish, [int(sys.argv.pop(1))]

def killed(*arguments):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    publish(*arguments)

writing.publish = killed
main()
"""


def test_killed_while_files_appear_each_is_the_old_one_or_the_new_one(tmp_path):
    script = tmp_path / "e.md"
    names = ("e.wav", "e.vtt", "e.transcript.json")
    options = ("render", "e.md", "-o", "e.wav", "-q", "--cache", "store", "--engine", "tone")

    def bytes_of() -> list[bytes]:
        return [(tmp_path / name).read_bytes() for name in names]

    def render(text: str) -> list[bytes]:
        script.write_text(text)
        assert podforge(*options, cwd=tmp_path).returncode == 0
        return bytes_of()

    new = render(SCRIPT.replace("Good", "A good"))
    old = render(SCRIPT)
    script.write_text(SCRIPT.replace("Good", "A good"))
    for moment in (2, 6):  # before the second file, before the audio
        command = [sys.executable, "-c", KILLED, str(moment), *options]
        assert subprocess.run(command, cwd=tmp_path, timeout=60).returncode == -9
        assert all(now in pair for now, *pair in zip(bytes_of(), old, new, strict=True))
        assert bytes_of()[0] == old[0]
    assert podforge(*options, cwd=tmp_path).returncode == 0
    assert bytes_of() == new


# --- renders by Make and ninja -------------------------------------------------------------


@pytest.fixture
def season(tmp_path):
    """The Makefile of the examples with two short episodes that share lines."""
    folder = tmp_path / "season"
    folder.mkdir()
    shutil.copy(ROOT / "scripts_examples" / "Makefile", folder)
    (folder / "one.md").write_text(SCRIPT)
    (folder / "two.md").write_text(SCRIPT + "\n**Ana:** And one more thing.\n")
    return folder


@needs_make
def test_a_season_is_built_side_by_side_and_then_only_what_changed(season, spoken):
    def build() -> tuple[str, list[str]]:
        done = make(season, "-j2", f"PODFORGE={PODFORGE}", "OUT=site", "FLAGS=--quiet")
        return done, spoken()

    said, jobs = build()
    assert said.count("podforge render") == 2
    assert len(jobs) == len(set(jobs)) == 3  # of five: both episodes open with the same lines
    said, jobs = build()
    assert "Nothing to be done" in said
    one = season / "one.md"
    one.write_text(SCRIPT.replace("good night", "sleep well"))
    said, jobs = build()
    assert said.count("podforge render") == 1
    assert len(jobs) == 1
    assert "Nothing to be done" in build()[0]


SHARED = {
    "voices/mara/voice.yaml": "language: en-GB\nengines: {espeak: {voice: gmw/en, pitch: 40}}\n",
    "voices/tobias/voice.yaml": "language: en-GB\nengines: {espeak: {voice: gmw/en, pitch: 30}}\n",
    "names.yaml": "evening: eve-ning\n",
}
# What is edited, how often podforge runs, and the jobs it speaks.
EDITS = {
    "a voice of one episode": ("voices/mara/voice.yaml", "40", "45", 1, 1),
    "a cue": ("door.wav", "", "", 1, 0),
    "a lexicon": ("names.yaml", "eve-ning", "eeve-ning", 1, 1),
}


@needs_make
def test_a_change_builds_the_episodes_it_is_in_and_no_others(season, spoken):
    header, _, lines = SCRIPT.partition("**Ana")
    one, ben = (
        header.replace("speakers", "lexicon: names.yaml\nspeakers"),
        "\n**Ben:** Now sleep well.",
    )
    (season / "one.md").write_text(one + "**Ana" + lines.partition("**Ben")[0])
    (season / "two.md").write_text(header + "[sfx: door.wav]\n" + ben + "\n\n**Ben:** Bye.\n")
    for name, text in SHARED.items():
        (season / name).parent.mkdir(parents=True, exist_ok=True)
        (season / name).write_text(text)
    noise = np.random.default_rng(1).normal(0, 0.1, 12_000).astype(np.float32)
    (season / "door.wav").write_bytes(to_wav(noise, 24_000))

    def build() -> int:
        """Make says what it would render, and has only its feed to write once we have."""
        options = ("OUT=site", "FLAGS=--quiet", "ASIDE=names.yaml")
        said = make(season, "-n", *options).splitlines()
        renders = [shlex.split(line) for line in said if line.startswith("podforge render")]
        for command in renders:
            done = podforge(*command[1:], cwd=season)
            assert done.returncode == 0, done.stderr
        assert "podforge render" not in make(season, *options)
        return len(renders)

    assert build() == 2
    spoken()
    for what, (name, old, new, runs, jobs) in EDITS.items():
        path = season / name
        if old:
            assert old in path.read_text()
            path.write_text(path.read_text().replace(old, new))
        else:
            path.write_bytes(to_wav(noise[::-1].copy(), 24_000))
        assert (build(), len(spoken())) == (runs, jobs), what
    assert build() == 0
    feed = (season / "site" / "feed.txt").read_text().split()
    assert feed == ["site/one.mp3", "site/two.mp3"]


@needs_make
def test_the_makefile_of_the_examples_makes_every_example(tmp_path):
    said = make(ROOT / "scripts_examples", "-n", f"OUT={tmp_path}")
    made = re.findall(r"podforge render (\S+) -o \S+/(\S+)\.mp3 --depfile", said)
    assert {script for script, _ in made} == {"bakery.md", "lamp-room.md", "council.yaml"}
    assert all(Path(script).stem == name for script, name in made)


@needs_ninja
def test_ninja_makes_nothing_after_a_render_that_changed_nothing(tmp_path, spoken):
    (tmp_path / "one.md").write_text(SCRIPT)
    (tmp_path / "build.ninja").write_text(
        "rule render\n"
        f"  command = {PODFORGE} render $in -o $out --depfile $out.d --restat --quiet\n"
        "  depfile = $out.d\n  deps = gcc\n  restat = 1\n"
        "rule upload\n  command = cp $in $out\n"
        "build one.wav: render one.md\n"
        "build uploaded.wav: upload one.wav\n"
    )
    assert "[2/2]" in run(NINJA, cwd=tmp_path).stdout
    assert len(spoken()) == 2
    assert "no work to do" in run(NINJA, cwd=tmp_path).stdout
    uploaded, script = tmp_path / "uploaded.wav", tmp_path / "one.md"
    before = uploaded.stat().st_mtime_ns, (tmp_path / "one.wav").stat().st_mtime_ns
    script.touch()
    done = run(NINJA, "-v", cwd=tmp_path)
    assert "podforge render" in done.stdout
    assert "cp one.wav" not in done.stdout
    assert before == (uploaded.stat().st_mtime_ns, (tmp_path / "one.wav").stat().st_mtime_ns)
    assert "no work to do" in run(NINJA, cwd=tmp_path).stdout


def test_a_target_has_a_fresh_time_unless_restat_keeps_it(tmp_path):
    (tmp_path / "e.md").write_text(SCRIPT)
    target = tmp_path / "e.wav"

    def time_after(*how: str) -> float:
        done = podforge("render", "e.md", "-o", "e.wav", *how, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert ("unchanged" in done.stderr) == (how in {("--restat",), ()} and made)
        return target.stat().st_mtime

    made = False
    fresh = time_after()
    made = True
    assert time_after("--restat") == fresh
    renewed = time_after()
    assert renewed > fresh
    assert time_after("--restat", "--force") == renewed
    assert time_after("--force") > renewed
