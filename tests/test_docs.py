"""The documentation is true: its scripts read, its commands run, its links lead somewhere."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from podforge.project import Request, open_project
from tests.in_process import podforge

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def fenced(page: Path, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", page.read_text(), re.M | re.S)


def test_the_commands_of_the_readme_run_on_its_script(tmp_path):
    (hello,) = fenced(ROOT / "README.md", "markdown")
    (tmp_path / "hello.md").write_text(hello)
    lines = [line for block in fenced(ROOT / "README.md", "sh") for line in block.splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("podforge")]
    assert len(commands) >= 3
    for command in commands:
        done = podforge(*command[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "output" / "hello" / "hello.mp3").stat().st_size > 100_000


def test_the_makefile_of_the_readme_builds_and_then_has_nothing_to_do(tmp_path):
    (hello,) = fenced(ROOT / "README.md", "markdown")
    (makefile,) = fenced(ROOT / "README.md", "make")
    (tmp_path / "hello.md").write_text(hello)
    (tmp_path / "Makefile").write_text(makefile)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    outputs = [
        subprocess.run(
            ["make", "all"], cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True,
            text=True, check=True, timeout=60,
        ).stdout
        for _ in range(2)
    ]  # fmt: skip
    assert "podforge render hello.md -o site/hello.mp3" in outputs[0]
    assert "Nothing to be done" in outputs[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_between_pages_lead_to_files(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_script_in_the_pages_reads_without_a_problem(tmp_path):
    found = [text for page in PAGES for text in fenced(page, "markdown") if "speakers:" in text]
    assert len(found) >= 2
    for text in found:
        (tmp_path / "s.md").write_text(text)
        assert open_project(Request(tmp_path / "s.md")).script.warnings == ()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_had_as_the_page_says(shell, tmp_path):
    assert f"_PODFORGE_COMPLETE={shell}_source podforge >" in (ROOT / "docs/shell.md").read_text()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ask = f"_PODFORGE_COMPLETE={shell}_source podforge"
    if shell == "bash":  # the only one that is here for sure: ask it what it would offer
        ask = f'eval "$({ask})"; COMP_WORDS=(podforge voices p); COMP_CWORD=2; '
        ask += '_podforge_completion podforge; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", ask], cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip
    assert ("pin" if shell == "bash" else f"{shell}_complete") in done.stdout, done.stderr
