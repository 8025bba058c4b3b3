"""Many scripts in one command: what they share, what a failure does to the others, what is left."""

import gc
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Timer

import pytest

from podforge.batch import render_all
from podforge.delivering import Outputs
from podforge.encodings import format_of
from podforge.events import JobWaiting
from podforge.executors import local
from podforge.orders import Order
from podforge.plan import make_plan
from podforge.recording import Crew, record
from podforge.request import Request
from podforge.store import Store
from podforge.telling import sentence
from tests import in_process
from tests.builders import cast_of, dialogue
from tests.in_process import podforge

WAV = (format_of("wav"),)
ENGINE = "engine: fake\n"


def script(path: Path, *texts: str, head: str = ENGINE) -> Path:
    lines = "\n\n".join(f"**Ana:** {text}" for text in texts)
    front = f"---\ntitle: {path.stem}\nspeakers:\n  Ana: {{voice: mara}}\n{head}---\n"
    path.write_text(f"{front}{lines}\n")
    return path


@pytest.fixture
def season(tmp_path):
    """Three scripts with a line in common."""
    return [
        script(tmp_path / f"ep{n}.md", "Welcome back.", f"This is number {n}.") for n in range(3)
    ]


@pytest.fixture
def bad(tmp_path):
    return script(tmp_path / "bad.md", "Hello.", "NOTHING at all.")


def orders(paths, tmp_path, **more):
    return [
        Order(Request(path), Outputs(tmp_path / "out", path.stem, WAV), tmp_path / "store", **more)
        for path in paths
    ]


def rows(stderr):
    """The table at the end, by its first column."""
    cells = [line.split("\t") for line in stderr.splitlines() if "\t" in line]
    return {row[0]: row[1:] for row in cells}


# --- what is shared --------------------------------------------------------------------------


def test_an_engine_is_loaded_once_and_gone_with_the_batch(season, tmp_path, spoken, monkeypatch):
    log = tmp_path / "loads"
    monkeypatch.setenv("FAKE_LOADS", str(log))
    with closing(render_all(orders(season, tmp_path), lambda _: None)) as rendering:
        assert [next(rendering).status for _ in range(2)] == ["made"] * 2
        ((_, pid),) = (line.split() for line in log.read_text().splitlines())
        os.kill(int(pid), 0)  # it waits for the third script, which is not wanted any more
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    assert len(spoken()) == 3


# --- one that fails --------------------------------------------------------------------------


def test_the_others_are_made_when_one_fails(season, bad, tmp_path):
    site = f"{tmp_path}/site/"
    arguments = "render", season[0], bad, season[1], "-o", site, "--format", "wav"
    done = podforge(*arguments, "--depfile", tmp_path / "all.d", cwd=tmp_path)
    assert done.returncode == 75
    assert done.stdout.split() == [f"{site}ep0.wav", f"{site}ep1.wav"]
    table = rows(done.stderr)
    assert [table[str(p)][0] for p in (season[0], bad, season[1])] == ["made", "failed", "made"]
    assert table[str(season[0])][1].startswith("0:0")
    assert "no usable take" in table[str(bad)][3]
    assert table["3 scripts"][0] == "2 made, 1 failed"
    rules = (tmp_path / "all.d").read_text()
    assert ("ep0.wav:" in rules, "ep1.wav:" in rules, "bad.wav:" in rules) == (True, True, False)
    again = rows(podforge(*arguments, cwd=tmp_path).stderr)
    assert again["3 scripts"][0] == "2 unchanged, 1 failed"


def test_nothing_is_started_after_a_failure_with_fail_fast(season, bad, tmp_path):
    arguments = season[0], bad, season[1], "-o", f"{tmp_path}/site/", "--format", "wav"
    done = podforge("render", *arguments, "--fail-fast", "--json", cwd=tmp_path)
    assert done.returncode == 75
    told = json.loads(done.stdout)["renders"]
    assert [render["status"] for render in told] == ["made", "failed", "not started"]
    assert told[1]["exit_code"] == 75
    assert all(render["took_seconds"] > 0 for render in told[:2])
    assert rows(done.stderr)[str(season[1])] == ["not started", "", "0:00", ""]
    assert not (tmp_path / "site" / "ep1.wav").exists()


def test_the_code_is_that_of_the_first_failure(bad, tmp_path):
    broken = script(tmp_path / "broken.md", "Hello.", head="engine: fake\nloudness: very\n")
    missing = tmp_path / "missing.md"
    site = f"{tmp_path}/site/"
    for first, second, code in ((broken, missing, 65), (missing, broken, 66), (bad, missing, 75)):
        done = podforge("render", first, second, "-o", site, "--format", "wav", cwd=tmp_path)
        assert done.returncode == code
        assert rows(done.stderr)["2 scripts"][0] == "2 failed"


def test_there_is_no_table_of_one_script_or_for_programs_or_the_quiet(season, tmp_path):
    site = ["-o", f"{tmp_path}/site/", "--format", "wav"]
    assert not rows(podforge("render", season[0], *site, cwd=tmp_path).stderr)
    assert podforge("render", *season[:2], *site, "-q", cwd=tmp_path).stderr == ""
    done = podforge("render", *season[:2], *site, "--events", "jsonl", cwd=tmp_path)
    assert all(json.loads(line) for line in done.stderr.splitlines())


@pytest.mark.parametrize("twice", ["ep0.md", "./ep0.md", "other/ep0.md"])
def test_two_scripts_that_become_one_file_are_refused_before_any_work(season, tmp_path, twice):
    (tmp_path / "other").mkdir()
    script(tmp_path / "other" / "ep0.md", "Something else.")
    done = podforge("render", "ep1.md", "ep0.md", twice, cwd=tmp_path)
    assert done.returncode == 2
    assert "would both become" in done.stderr
    assert not (tmp_path / "output").exists()


# --- signals ---------------------------------------------------------------------------------


def test_a_signal_ends_the_batch_at_once_and_leaves_nothing(season, tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-m", "podforge", "render", *map(str, season), "-j", "2"]
    options = ["-o", f"{tmp_path}/site/", "--format", "wav", "--events", "jsonl"]
    process = subprocess.Popen(
        [*command, *options], cwd=tmp_path, env={**os.environ, "TMPDIR": str(temporary)},
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    for line in process.stderr:
        if json.loads(line)["event"] == "StageStarted":  # workers are at rest now
            break
    process.terminate()
    _, rest = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGTERM
    assert Counter(json.loads(line)["event"] for line in rest.splitlines())["RenderStarted"] <= 1
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert list(temporary.iterdir()) == []


# --- side by side ----------------------------------------------------------------------------


def ours():
    """How many values of podforge are in memory."""
    gc.collect()
    return sum(str(type(each).__module__).startswith("podforge.") for each in gc.get_objects())


def test_memory_descriptors_and_temporary_files_stay_flat(tmp_path, monkeypatch):
    """In one process with its engine, so that a worker's own are counted, too."""
    temporary, me = tmp_path / "tmp", Path("/proc/self")
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(local, "run", in_process.run)
    paths = [
        script(tmp_path / f"ep{n}.md", "NOTHING" if n % 10 else "Hello.", f"This is number {n}.")
        for n in range(16)
    ]
    seen = []
    with closing(render_all(orders(paths, tmp_path), lambda _: None)) as rendering:
        for number, _ in enumerate(rendering):
            if number in (5, 15):
                children = (me / "task" / str(os.getpid()) / "children").read_text()
                left = [path.name for path in temporary.iterdir()]
                seen.append((len(list((me / "fd").iterdir())), children, left))
                seen.append(ours())
    assert seen[0] == seen[2]
    assert seen[3] <= seen[1]  # nothing of a script stays but what became of it, which we dropped


# --- beside one another ----------------------------------------------------------------------


def test_who_waits_for_another_podforge_says_so_once(tmp_path):
    lines = dialogue([("Ana", "One."), ("Ana", "Two.")])
    cast = cast_of(lines)
    plan, store, events = make_plan(lines, cast), Store(tmp_path / "store"), []
    with ExitStack() as held:
        for job in plan.jobs:
            held.enter_context(store.lock(job.key))

        def release_in(seconds):
            timer = Timer(seconds, held.close)
            timer.daemon = True
            timer.start()

        def tell(event):
            events.append(event)
            if isinstance(event, JobWaiting):
                release_in(0.6)  # the other worker, too, has waited long enough by then

        release_in(30.0)  # where nothing is told
        record(plan, cast, store, Crew(2, {}), tell)
    (waited,) = (event for event in events if isinstance(event, JobWaiting))
    assert waited.key in {job.key for job in plan.jobs}
    assert "waiting for another podforge" in sentence(waited)
    assert sentence(waited).startswith(f"  {waited.place}: ")
