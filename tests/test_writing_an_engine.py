"""docs/writing-an-engine.md, followed to the letter: its engine keeps the contract and renders."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "writing-an-engine.md"
MOST_LINES = 80
SONIC_SAY = f"""#!{sys.executable}
import math, struct, sys, wave
pitch = {{"anna": 220, "bert": 140}}[sys.argv[sys.argv.index("--voice") + 1]]
length = 16_000 // 15 * len(sys.stdin.buffer.read())
with wave.open(sys.stdout.buffer, "wb") as sound:
    sound.setnchannels(1), sound.setsampwidth(2), sound.setframerate(16_000)
    sound.writeframes(b"".join(
        struct.pack("<h", int(9000 * math.sin(at * pitch / 2546) * (at % 4000 < 3000)))
        for at in range(length)
    ))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's files in a folder, as `pip install -e .` would make them known."""
    folder = tmp_path_factory.mktemp("sonic")
    text = PAGE.read_text()
    module, tests = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (folder / "podforge_sonic.py").write_text(module)
    (folder / "test_sonic.py").write_text(tests)
    [project] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (folder / "pyproject.toml").write_text(project)
    metadata = "from setuptools.build_meta import *; prepare_metadata_for_build_wheel('.')"
    subprocess.run([sys.executable, "-c", metadata], cwd=folder, check=True, capture_output=True)
    program = folder / "sonic-say"
    program.write_text(SONIC_SAY)
    program.chmod(0o755)
    return folder


def run(package: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(package), str(PAGE.parents[1])]),
        "PATH": f"{package}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(package / "cache"),
    }
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=package, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_pip_installs_what_the_page_makes(package):
    [info] = package.glob("*.dist-info")
    assert "Name: podforge-sonic" in (info / "METADATA").read_text()
    [modules] = package.glob("*.egg-info/top_level.txt")
    assert modules.read_text().split() == ["podforge_sonic"]


def test_the_engine_of_the_page_is_small_and_keeps_the_contract(package):
    assert len((package / "podforge_sonic.py").read_text().splitlines()) < MOST_LINES
    done = run(package, "pytest", "-q", "-p", "no:cacheprovider", "test_sonic.py")
    assert done.returncode == 0, done.stdout
    assert re.search(r"1[0-9] passed", done.stdout)


def test_the_contract_notices_an_engine_that_breaks_it(package):
    module = package / "podforge_sonic.py"
    good = broken = module.read_text()
    wrong = {
        "test_its_spec_is_light": ("import io\n", "import io\nimport numpy\n"),
        "test_takes_match_jobs": ("Take(job.key,", "Take(job.key[:9],"),
        "test_a_cancelled_engine_stops": (
            "if watch.cancelled:",
            "if watch.cancelled and job is jobs[0]:",
        ),
        "test_what_is_missing_comes_with_a_remedy": ('is not None, "pip install sonic"', "is None"),
    }
    for name, (old, new) in wrong.items():
        assert old in broken, name
        broken = broken.replace(old, new)
    module.write_text(broken)
    done = run(package, "pytest", "-q", "-p", "no:cacheprovider", "test_sonic.py")
    module.write_text(good)
    assert done.returncode == 1
    for name in wrong:
        assert f"::{name}" in done.stdout, done.stdout


def test_it_is_listed_and_renders(package):
    voice = package / "voices" / "bo"
    voice.mkdir(parents=True)
    (voice / "voice.yaml").write_text("language: en\nengines:\n  sonic: {voice: bert}\n")
    (package / "hello.md").write_text(
        "---\ncast: {Bo: bo}\n---\n**Bo:** Hello there, all of you.\n"
    )
    assert "sonic-say, a program on this machine" in run(package, "podforge", "engines").stdout
    done = run(package, "podforge", "render", "hello.md", "--engine", "sonic", "-o", "hello.wav")
    assert done.returncode == 0, done.stderr
    assert (package / "hello.wav").stat().st_size > 100_000
