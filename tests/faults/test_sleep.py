"""Renders that are stopped for a while (Ctrl-Z, a laptop that sleeps), and clocks that jump."""

import os
import signal
import subprocess
import sys
import time
from unittest import mock

import pytest

from tests.faults.scene import ROOT, TONES, Scene, children, told
from tests.in_process import podforge

DAY_SECONDS = 86_400
DEADLINE_SECONDS = 4.0  # longer than a task takes on a busy machine
SLEEPERS = f"""
import sys
from tests.executor_fakes import Chore, Workbench
from podforge.executors.local import Outcome, run
tasks = [Chore(f"k{{i}}", "sleep 0.4") for i in range(6)]
for message in run(Workbench, tasks, workers=2, deadline={DEADLINE_SECONDS}):
    if isinstance(message, Outcome):
        print(message.key, message.attempts, message.error is None, flush=True)
"""


@pytest.mark.parametrize("who", ["all", "worker"])
def test_a_stop_longer_than_the_deadline_fails_nothing(who):
    command = [sys.executable, "-c", SLEEPERS]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    first = process.stdout.readline()
    if who == "all":
        os.killpg(process.pid, signal.SIGSTOP)
        time.sleep(1.5 * DEADLINE_SECONDS)
        os.killpg(process.pid, signal.SIGCONT)
    else:
        os.kill(children(process.pid)[0], signal.SIGSTOP)  # for good: it is replaced
    with process.stdout:
        ends = [line.split() for line in [first, *process.stdout.readlines()]]
    assert process.wait(30) == 0
    assert sorted(key for key, _, _ in ends) == [f"k{n}" for n in range(6)]
    assert all(well == "True" for _, _, well in ends)
    attempts = [int(attempts) for _, attempts, _ in ends]
    assert max(attempts) <= (1 if who == "all" else 2)  # nothing is at a worker still opening


def test_a_render_that_is_stopped_and_goes_on_ends_as_any_other(tmp_path):
    scene = Scene.of(tmp_path, TONES, workers=1)
    process = scene.start()
    said = [process.stderr.readline() for _ in range(3)]
    for _ in range(3):
        os.killpg(process.pid, signal.SIGSTOP)
        time.sleep(0.2)
        os.killpg(process.pid, signal.SIGCONT)
        time.sleep(0.2)
    last = told(process, said)
    assert last.code == 0, last.text
    assert not last.warnings()
    assert not scene.orphans()


def test_a_clock_that_jumps_makes_nothing_again(tmp_path):
    scene = Scene.of(tmp_path, TONES, workers=1)
    command, real = scene.command[3:], time.time
    assert podforge(*command).returncode == 0
    wanted = scene.outcome()
    for days in (1, -1):
        with mock.patch("time.time", side_effect=lambda d=days: real() + d * DAY_SECONDS):
            assert '"unchanged": true' in podforge(*command).stderr
            assert podforge("cache", "gc", "--cache", scene.store).returncode == 0
            for path in tmp_path.rglob("*"):  # files from another time
                os.utime(path, (real() + days * DAY_SECONDS,) * 2)
            again = podforge(*command)  # packaged again: the outputs are not as they were left
        assert again.returncode == 0
        assert '"new": 0' in again.stderr
        assert "JobStarted" not in again.stderr
        assert "StageStarted" not in again.stderr
        assert scene.outcome() == wanted
