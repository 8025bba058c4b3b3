"""A command and what its process tree holds while it runs: descriptors, memory, temporary files."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.render import Cost

LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Look:
    """One moment: open descriptors and resident MiB of the parent, processes, MiB of files."""

    descriptors: int
    mib: float
    processes: int
    temporary_mib: float


def watched(command: list[str], folder: Path) -> tuple[Cost, list[Look]]:
    """Run a command in `folder` with a home and temporary files there; look about once a second.

    Raises `SystemExit` when the command fails.
    """
    (folder / "tmp").mkdir(exist_ok=True)
    own = {"HOME": folder, "XDG_CACHE_HOME": folder / "cache", "TMPDIR": folder / "tmp"}
    began, looks = time.monotonic(), list[Look]()
    process = subprocess.Popen(
        command, cwd=folder, env=os.environ | {name: str(path) for name, path in own.items()},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while True:
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        with suppress(OSError):  # it has just ended
            looks.append(_look(process.pid, folder))
        time.sleep(LOOK_SECONDS)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024), looks


def curve(looks: Sequence[Look]) -> str:
    """What the parent held at each tenth of the run, and the most of all: flat, or growing."""
    tenths = [looks[min(n * len(looks) // 10, len(looks) - 1)] for n in range(1, 11)]
    descriptors = " ".join(str(look.descriptors) for look in tenths)
    memory = " ".join(f"{look.mib:.0f}" for look in tenths)
    return (
        f"the parent at each tenth: descriptors {descriptors}, at most "
        f"{_most(looks, 'descriptors'):.0f}; MiB {memory}, at most {_most(looks, 'mib'):.0f}\n"
        f"processes at most {_most(looks, 'processes'):.0f}; "
        f"temporary files at most {_most(looks, 'temporary_mib'):.1f} MiB"
    )


def _most(looks: Sequence[Look], what: str) -> float:
    return max(float(getattr(look, what)) for look in looks)


def _look(pid: int, folder: Path) -> Look:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Look(
        sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
        pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        sum(1 for _ in _tree(pid)),
        sum(_size(path) for path in _temporary(folder)) / 2**20,
    )


def _tree(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                yield from _tree(int(child))


def _temporary(folder: Path) -> Iterator[Path]:
    """In $TMPDIR, among the drafts of the store, and what is on its way into the output."""
    for place in ("tmp/**/*", "cache/podforge/tmp/**/*", "output/*/.podforge-*/**/*"):
        yield from folder.glob(place)


def _size(path: Path) -> int:
    with suppress(OSError):  # it has just gone
        return path.stat().st_size
    return 0
