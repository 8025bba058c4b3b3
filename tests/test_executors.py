"""The local executor under real faults: killed, hung, crashing and raising workers."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.errors import DiskFull, EngineError, Unavailable
from podforge.executors import Beat, Outcome, Started, process
from podforge.executors.batches import Batches
from podforge.executors.local import run
from podforge.executors.staff import Staff
from tests.executor_fakes import (
    AllAtOnce,
    Chore,
    TurnByTurn,
    Workbench,
    break_on_opening,
    die_on_opening,
    refuse_to_open,
)
from tests.faults.scene import children

ROOT = Path(__file__).parents[1]


def chores(count: int, **special: str) -> list[Chore]:
    return [Chore(f"k{i}", special.get(f"k{i}", "fine")) for i in range(count)]


def outcomes(messages: Iterator[object]) -> dict[str, Outcome[int]]:
    """By key; every task starts once and ends once."""
    seen = list(messages)
    found = [message for message in seen if isinstance(message, Outcome)]
    ends = Counter(outcome.key for outcome in found)
    assert Counter(message.key for message in seen if isinstance(message, Started)) == ends
    assert max(ends.values()) == 1
    return {outcome.key: outcome for outcome in found}


def failures(found: dict[str, Outcome[int]]) -> dict[str, str]:
    return {key: str(outcome.error) for key, outcome in found.items() if outcome.error}


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return not Path("/proc/self").exists()  # no /proc at all: believe kill(2)
    return state != "Z"


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


def pids(log: Path) -> set[int]:
    """Of the workers that wrote into a log."""
    if not log.exists():
        return set()
    lines = [line.split() for line in log.read_text().splitlines()]
    return {int(words[1]) for words in lines if len(words) == 2 and words[1].isdigit()}


# --- the plain way ---------------------------------------------------------------------------


def test_every_task_starts_and_ends_once_and_two_workers_share() -> None:
    found = outcomes(run(Workbench, chores(40, k0="sleep 0.3"), workers=2, batch=8))
    assert len(found) == 40
    assert not failures(found)
    assert len({outcome.result for outcome in found.values()}) == 2
    assert {outcome.attempts for outcome in found.values()} == {1}


def test_nothing_to_do_starts_nothing() -> None:
    assert list(run(refuse_to_open, [], workers=2)) == []


def test_two_tasks_with_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="same key"):
        list(run(Workbench, [Chore("a"), Chore("a")], workers=1))


def test_a_bench_is_closed_at_the_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    outcomes(run(partial(Workbench, str(log)), chores(3), workers=1))
    assert log.read_text().splitlines()[-1] == "closed"


def test_workers_print_to_stderr_and_use_one_thread(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    outcomes(run(Workbench, [Chore("a", "print $OMP_NUM_THREADS")], workers=1))
    assert capfd.readouterr() == ("", "$OMP_NUM_THREADS\n1\n")


def test_a_file_in_the_working_folder_shadows_no_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queue.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    assert not failures(outcomes(run(Workbench, chores(1), workers=1)))


# --- faults of a task ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason", "attempts"),
    [
        ("segfault", "was ended by SIGSEGV", 3),
        ("exit 7", "ended with status 7", 3),
        ("raise by nothing", "ZeroDivisionError: by nothing", 1),
        ("refuse too long", "too long", 1),
        ("forget", "gave nothing", 1),
    ],
)
def test_a_bad_task_fails_alone(fault: str, reason: str, attempts: int) -> None:
    found = outcomes(run(Workbench, chores(12, k5=fault), workers=2, batch=4))
    assert len(found) == 12
    assert list(failures(found)) == ["k5"]
    assert reason in failures(found)["k5"]
    assert isinstance(found["k5"].error, EngineError)
    assert found["k5"].attempts >= attempts


@pytest.mark.parametrize("fault", ["segfault", "raise x"])
def test_a_bad_task_fails_alone_where_a_batch_is_done_at_once(fault: str) -> None:
    found = outcomes(run(AllAtOnce, chores(12, k5=fault), workers=2, batch=4))
    assert len(found) == 12
    assert list(failures(found)) == ["k5"]


def test_the_traceback_of_a_bug_travels_as_a_note_not_as_text() -> None:
    error = outcomes(run(Workbench, [Chore("a", "raise x")], workers=1))["a"].error
    assert error
    assert "Traceback" not in str(error)
    assert "executor_fakes.py" in error.__notes__[0]


def test_a_task_that_hangs_in_c_code_is_killed_by_its_deadline() -> None:
    begun = time.monotonic()
    tasks = chores(8, k1="hang")
    found = outcomes(run(Workbench, tasks, workers=2, batch=4, deadline=0.7, attempts=2))
    assert list(failures(found)) == ["k1"]
    assert "showed no life" in failures(found)["k1"]
    assert time.monotonic() - begun < 6


def test_a_slow_task_that_shows_life_is_not_killed() -> None:
    messages = list(run(Workbench, [Chore("a", "beat 0.9")], workers=1, deadline=0.5))
    assert outcomes(iter(messages))["a"].attempts == 1
    assert Beat("a", 1.0) in messages


def test_every_task_of_a_batch_shows_its_own_progress() -> None:
    tasks = [Chore(f"k{i}", "together 0.7") for i in range(3)]
    messages = list(run(TurnByTurn, tasks, workers=1, batch=3))
    beats = [message for message in messages if isinstance(message, Beat)]
    for task in tasks:
        own = [beat.frames for beat in beats if beat.key == task.key]
        assert 3 <= len(own) <= 5, "one at once, and one every 0.2 s"
        assert own == sorted(own)
        assert own[0] == 1
    assert all(beat.seconds == beat.frames / 8 for beat in beats)


def test_a_consumer_that_is_slow_costs_no_worker() -> None:
    tasks = [Chore(f"k{i}", "sleep 0.05") for i in range(3)]
    with closing(run(Workbench, tasks, workers=1, batch=2, deadline=0.3)) as messages:
        found = {}
        for message in messages:
            if isinstance(message, Outcome):
                time.sleep(0.4)
                found[message.key] = message.attempts
    assert found == {task.key: 1 for task in tasks}


def test_a_stop_while_workers_are_heard_makes_none_of_them_late() -> None:
    """All of us stop, ourselves between the word of one worker and those of the others."""
    tasks = [Chore("quick", "sleep 0.1"), *(Chore(f"k{i}", "sleep 0.6") for i in range(3))]
    looking = mock.patch("podforge.executors.local.LOOK_SECONDS", 0.1)
    with looking, closing(run(Workbench, tasks, workers=4, deadline=2.0)) as messages:
        for message in messages:
            if isinstance(message, Outcome):
                assert message.attempts == 1
                if message.key == "quick":
                    workers = children(os.getpid())
                    for signal_number in (signal.SIGSTOP, signal.SIGCONT):
                        for worker in workers:
                            os.kill(worker, signal_number)
                        time.sleep(2.2 if signal_number == signal.SIGSTOP else 0.0)


def test_a_task_that_crashes_once_is_done_at_the_second_try(tmp_path: Path) -> None:
    found = outcomes(run(Workbench, [Chore("a", f"once {tmp_path / 'flag'}")], workers=1))
    assert (found["a"].error, found["a"].attempts) == (None, 2)


def test_a_death_is_seen_though_a_grandchild_holds_the_pipe() -> None:
    begun = time.monotonic()
    found = outcomes(run(Workbench, [Chore("a", "fork 5")], workers=1, attempts=1))
    assert "status 5" in failures(found)["a"]
    assert time.monotonic() - begun < 4


def test_workers_killed_at_random_lose_and_double_nothing(tmp_path: Path) -> None:
    log, chance = tmp_path / "log", random.Random(1)
    tasks = [Chore(f"k{i}", "sleep 0.004") for i in range(200)]
    found: list[Outcome[int]] = []
    kills = 0
    for message in run(partial(Workbench, str(log)), tasks, workers=3, batch=8, attempts=9):
        if isinstance(message, Outcome):
            found.append(message)
            if len(found) % 15 == 0:
                victim = chance.choice([pid for pid in pids(log) if is_alive(pid)])
                os.kill(victim, signal.SIGKILL)
                kills += 1
    assert kills >= 12
    assert sorted(outcome.key for outcome in found) == sorted(task.key for task in tasks)
    assert not [outcome for outcome in found if outcome.error]


# --- faults that end the run -----------------------------------------------------------------


def test_an_engine_that_is_not_installed_is_told_once() -> None:
    with pytest.raises(Unavailable, match=r"no such library \(install it\)"):
        list(run(refuse_to_open, chores(20), workers=2))


def test_a_bench_that_breaks_or_dies_on_opening_ends_the_run() -> None:
    with pytest.raises(EngineError, match="not of the line: RuntimeError: out of order"):
        list(run(break_on_opening, chores(5), workers=2))
    with pytest.raises(Unavailable, match="ended with status 3"):
        list(run(die_on_opening, chores(5), workers=2))


def test_a_python_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(Unavailable, match="/no/such/python"):
        list(run(Workbench, chores(3), workers=2))


def test_a_full_disk_stops_all_work(tmp_path: Path) -> None:
    log = tmp_path / "log"
    tasks = [*chores(200, k3="full disk"), Chore("last")]
    with pytest.raises(DiskFull):
        list(run(partial(Workbench, str(log)), tasks, workers=2))
    assert not any(line.startswith("last") for line in log.read_text().splitlines())
    assert not any(is_alive(pid) for pid in pids(log))


# --- ends before the end ---------------------------------------------------------------------


def test_a_consumer_that_stops_early_leaves_no_process_behind(tmp_path: Path) -> None:
    log = tmp_path / "log"
    tasks = [Chore(f"k{i}", "beat 30") for i in range(4)]
    with closing(run(partial(Workbench, str(log)), tasks, workers=2)) as messages:
        while len(pids(log)) < 2:
            next(messages)
        begun = time.monotonic()
    assert time.monotonic() - begun < 1.5  # they saw that they were cancelled
    assert log.read_text().count("closed") == 2
    assert not any(is_alive(pid) for pid in pids(log))


def test_a_worker_that_does_not_heed_the_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.2)
    log = tmp_path / "log"
    with closing(run(partial(Workbench, str(log)), [Chore("a", "hang")], workers=1)) as messages:
        next(messages)
        assert eventually(lambda: bool(pids(log)))
    assert not any(is_alive(pid) for pid in pids(log))


def parent(log: Path, what: str, call: str = "render") -> "subprocess.Popen[bytes]":
    code = f"from tests.executor_fakes import {call}; {call}({str(log)!r}, {what!r}, 6)"
    started = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, start_new_session=True)
    assert eventually(lambda: len(pids(log)) == 2)
    return started


@pytest.mark.parametrize(
    ("call", "what"), [("render", "sleep 30"), ("render", "hang"), ("render_in_thread", "sleep 30")]
)
def test_workers_die_with_a_parent_that_is_killed(tmp_path: Path, call: str, what: str) -> None:
    if what == "hang" and sys.platform != "linux":
        pytest.skip("only Linux ends a process whose interpreter is stuck")
    log = tmp_path / "log"
    killed = parent(log, what, call)
    killed.kill()
    killed.wait()
    assert eventually(lambda: not any(is_alive(pid) for pid in pids(log)), seconds=2)


def test_a_worker_ignores_ctrl_c_from_its_first_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nkill -INT $$\nexec "{sys.executable}" "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(wrapper))
    assert not failures(outcomes(run(Workbench, chores(1), workers=1)))


def test_ctrl_c_reaches_the_parent_alone_and_ends_all(tmp_path: Path) -> None:
    log = tmp_path / "log"
    renderer = parent(log, "beat 30")
    os.killpg(renderer.pid, signal.SIGINT)  # as a terminal does
    assert renderer.wait(10) == 0
    lines = log.read_text().splitlines()
    assert lines[-1] == "interrupted"
    assert lines.count("closed") == 2  # no worker died of the signal
    assert not any(is_alive(pid) for pid in pids(log))


# --- one run after the other -----------------------------------------------------------------


def test_a_staff_stays_at_its_bench_from_run_to_run(tmp_path: Path) -> None:
    log = tmp_path / "log"
    bench = partial(Workbench, str(log))
    with Staff() as staff:
        for count in (6, 1, 6):
            tasks = chores(count, k0="sleep 0.2")
            assert len(outcomes(run(bench, tasks, workers=2, staff=staff))) == count
        assert staff.serves(bench)
        assert len(pids(log)) <= 2
        assert "closed" not in log.read_text()
    assert log.read_text().count("closed") == len(pids(log))
    assert not any(is_alive(pid) for pid in pids(log))


def test_a_larger_staff_serves_a_run_with_as_many_as_it_asks_for(tmp_path: Path) -> None:
    log = tmp_path / "log"
    bench = partial(Workbench, str(log))
    with Staff() as staff:
        outcomes(run(bench, chores(6, k0="sleep 0.4"), workers=2, staff=staff))
        eventually(lambda: all(worker.ready for worker in staff.crew))
        assert len(staff.crew) == 2
        surplus = staff.crew[1]
        given: list[object] = []
        surplus.give = lambda batch, _: given.extend(batch)  # type: ignore[method-assign]
        outcomes(run(bench, chores(6), workers=1, staff=staff))
        assert given == []


def test_a_bench_is_closed_before_one_of_another_kind_is_opened(tmp_path: Path) -> None:
    log = tmp_path / "log"
    first, second = partial(Workbench, str(log)), partial(AllAtOnce, str(log))
    with Staff() as staff:
        outcomes(run(first, chores(2), workers=1, staff=staff))
        before = pids(log)
        outcomes(run(second, chores(2), workers=1, staff=staff))
        assert not any(is_alive(pid) for pid in before)
        assert log.read_text().splitlines()[2] == "closed"
        assert not staff.serves(first)


def test_who_dies_at_rest_gets_no_task(tmp_path: Path) -> None:
    log = tmp_path / "log"
    bench = partial(Workbench, str(log))
    with Staff() as staff:
        outcomes(run(bench, chores(1), workers=1, staff=staff))
        (pid,) = pids(log)
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: not is_alive(pid))
        found = outcomes(run(bench, chores(1), workers=1, staff=staff, attempts=1))
    assert (found["k0"].error, found["k0"].attempts) == (None, 1)


@pytest.mark.parametrize("how", ["stopped", "full disk"])
def test_no_staff_stays_after_a_run_that_did_not_come_to_its_end(tmp_path: Path, how: str) -> None:
    log = tmp_path / "log"
    bench = partial(Workbench, str(log))
    with Staff() as staff:
        if how == "stopped":
            with closing(run(bench, [Chore("a", "beat 30")], workers=1, staff=staff)) as messages:
                next(messages)
                assert eventually(lambda: bool(pids(log)))
        else:
            with pytest.raises(DiskFull):
                list(run(bench, [Chore("a", "full disk")], workers=1, staff=staff))
        assert not any(is_alive(pid) for pid in pids(log))
        assert not failures(outcomes(run(bench, chores(2), workers=1, staff=staff)))


# --- batches ---------------------------------------------------------------------------------


@given(st.integers(0, 200), st.integers(1, 9), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_batches_are_in_order_and_shrink_to_the_end(count: int, most: int, workers: int) -> None:
    waiting = Batches([Chore(str(i)) for i in range(count)], most, workers)
    taken = []
    while waiting:
        taken.append([int(task.key) for task in waiting.take()])
    assert [key for batch in taken for key in batch] == list(range(count))
    sizes = [len(batch) for batch in taken]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size <= most for size in sizes)
    if workers > 1 and sizes:
        assert sizes[-1] == 1


@given(st.integers(1, 33), st.data())
@settings(max_examples=60, deadline=None)
def test_a_culprit_comes_to_be_alone_in_few_steps(count: int, data: st.DataObject) -> None:
    culprit = str(data.draw(st.integers(0, count - 1)))
    waiting = Batches([Chore(str(i)) for i in range(count)], count, 1)
    done, crashes = [], 0
    while waiting:
        batch = [task.key for task in waiting.take()]
        if batch == [culprit] or culprit not in batch:
            done += batch
        else:
            crashes += 1
            waiting.put_back([Chore(key) for key in batch])
    assert sorted(done, key=int) == [str(i) for i in range(count)]
    assert crashes <= count.bit_length()
