"""Signals, as a terminal, Make, `timeout` and a closed window send them, to real processes."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.scene import children
from tests.in_process import podforge
from tests.test_events import check_pairs, events_of

LINES = "".join(f"**Mara:** WAIT, this is line {n} of many.\n\n" for n in range(150))
SCRIPT = "---\nspeakers: {Mara: mara}\n---\n\n"
RENDER = ("render", "long.md", "--engine", "fake", "-j", "1")


@pytest.fixture
def long(tmp_path: Path) -> Path:
    (tmp_path / "long.md").write_text(SCRIPT + LINES)
    return tmp_path


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen]]:
    """Processes whose groups are ended with the test, however that ends."""
    found: list[subprocess.Popen] = []
    yield found
    for process in found:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "podforge", *arguments]


def begun(folder: Path, started: list[subprocess.Popen]) -> tuple[subprocess.Popen, str]:
    """A render that tells its events, once it has made some clips, and what it told so far."""
    process = subprocess.Popen(
        command(*RENDER, "--events", "jsonl"), cwd=folder, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    started.append(process)
    said = ""
    while said.count('"JobDone"') < 5:
        said += (line := process.stderr.readline())
        assert line, "it ended before it was stopped"
    return process, said


def nobody_is_left(session: int) -> bool:
    """Whether no process of the session is alive, the workers among them."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if not any(of_session(process, session) for process in Path("/proc").glob("[0-9]*")):
            return True
        time.sleep(0.05)
    return False


def of_session(process: Path, session: int) -> bool:
    try:
        state, _, _, found = (process / "stat").read_text().rpartition(")")[2].split()[:4]
    except OSError:
        return False
    return int(found) == session and state != "Z"


def kept(folder: Path) -> int:
    jobs = json.loads(podforge("plan", "long.md", "--engine", "fake", "--json", cwd=folder).stdout)
    return sum(job["status"] == "cached" for job in jobs["jobs"])


def test_a_signal_stops_the_render_which_ends_its_stream_and_dies_by_it(long, started):
    process, said = begun(long, started)
    os.kill(process.pid, signal.SIGTERM)
    time.sleep(0.02)
    os.killpg(process.pid, signal.SIGTERM)  # as `timeout` does: twice in a row
    _, rest = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGTERM
    events = events_of(said + rest)
    assert check_pairs(events)["Job"] >= 5
    assert [event["event"] for event in events[-3:]] == ["RenderFailed", "BatchFailed", "Erred"]
    assert (events[-1]["code"], events[-1]["exit_code"]) == ("Stopped", 143)
    assert events[-2]["exit_code"] == 143
    assert nobody_is_left(process.pid)
    assert kept(long) >= 5


def test_a_second_signal_kills_a_render_whose_workers_do_not_answer(long, started):
    process, _ = begun(long, started)
    (worker,) = children(process.pid)
    os.kill(worker, signal.SIGSTOP)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.6)
    process.send_signal(signal.SIGINT)
    assert process.wait(1) == -signal.SIGINT
    assert nobody_is_left(process.pid)


# --- on a terminal ---------------------------------------------------------------------------


def on_a_terminal(
    folder: Path, started: list[subprocess.Popen], *arguments: str, **env: str
) -> tuple[subprocess.Popen, int]:
    """A command whose controlling terminal is a new one, and our end of it."""
    ours, theirs = pty.openpty()
    program = "import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    program += "signal.signal(signal.SIGHUP, signal.SIG_DFL); "  # it is ignored below nohup
    program += "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    process = subprocess.Popen(
        [sys.executable, "-c", program, *command(*arguments)[1:]], cwd=folder, stdin=theirs,
        stdout=theirs, stderr=theirs, start_new_session=True,
        env={**os.environ, "TERM": "xterm", **env},
    )  # fmt: skip
    started.append(process)
    os.close(theirs)
    return process, ours


def shown(terminal: int, until: str = "") -> str:
    """What is shown, up to a text or to the end."""
    said = b""
    deadline = time.monotonic() + 30
    while (not until or until.encode() not in said) and time.monotonic() < deadline:
        if select.select([terminal], [], [], 1)[0]:
            try:
                said += (part := os.read(terminal, 65536))
            except OSError:  # nobody is at the other end
                break
            if not part:
                break
    return said.decode("utf-8", "replace")


def test_ctrl_c_on_a_terminal_keeps_the_clips_and_leaves_nobody_behind(long, started):
    process, terminal = on_a_terminal(long, started, *RENDER)
    assert "x real time" in shown(terminal, "x real time")
    os.write(terminal, b"\x03")
    said = shown(terminal)
    os.close(terminal)
    assert process.wait(20) == -signal.SIGINT
    assert "run the same command again to go on" in said
    assert "Traceback" not in said
    assert said.rstrip().endswith("go on")  # and no bar after it
    assert nobody_is_left(process.pid)
    assert kept(long) > 0


@pytest.mark.parametrize(
    ("name", "value", "shows", "absent"),
    [
        ("TERM", "dumb", "  mixing and encoding\r\n", r"\x1b|\r(?!\n)"),
        ("NO_COLOR", "1", " 100 % ", r"\x1b\[[\d;:]*m"),  # SGR (ECMA-48, 8.3.117)
    ],
)
def test_a_terminal_gets_no_more_than_it_can_show(name, value, shows, absent, tmp_path, started):
    (tmp_path / "s.md").write_text(SCRIPT + "**Mara:** Hello.\n")
    command = ("render", "s.md", "--engine", "tone", "--format", "wav", "-j", "1")
    process, terminal = on_a_terminal(tmp_path, started, *command, **{name: value})
    said = shown(terminal)
    os.close(terminal)
    assert process.wait(20) == 0
    assert shows in said
    assert not re.search(absent, said)


def test_a_terminal_that_is_closed_ends_the_render(long, started):
    process, terminal = on_a_terminal(long, started, *RENDER, "--log", "log")
    shown(terminal, "x real time")
    os.close(terminal)
    assert process.wait(20) == -signal.SIGHUP
    assert "exit code 129" in (long / "log").read_text()  # it came to its end in order
    assert nobody_is_left(process.pid)


# --- before and beside the work --------------------------------------------------------------

INTERRUPTED = """
import os, signal, sys

class Meanwhile:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Meanwhile())
from podforge.__main__ import main
main()
"""

NOHUP = """
import signal
import click
from podforge.cli.exits import guard

@click.command()
def look():
    print([signal.getsignal(n) == signal.SIG_IGN for n in (signal.SIGHUP, signal.SIGTERM)])

signal.signal(signal.SIGHUP, signal.SIG_IGN)
guard(look)
"""


def test_ctrl_c_during_imports_shows_no_traceback():
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


def test_what_is_ignored_stays_so_as_under_nohup():
    done = subprocess.run([sys.executable, "-c", NOHUP], capture_output=True, text=True)
    assert done.stdout == "[True, False]\n"


def test_a_reader_that_goes_away_ends_a_command_silently():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command("voices", "list"), stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")
