"""A one-hour script from cold, again, and after an edit; planning 1 MB; the cost of --help.

python -m benchmarks.render [SECONDS]
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scripts import dialogue, of_length

PODFORGE = [sys.executable, "-m", "podforge"]


@dataclass(frozen=True)
class Cost:
    """What a command took; `mib` is the peak of its largest process."""

    wall: float
    cpu: float
    mib: float


def cost(command: list[str], folder: Path) -> Cost:
    """Run a command in `folder` with a home of its own, in a child that is measured alone."""
    pid = os.fork()
    if pid == 0:
        env = {**os.environ, "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
        began = time.monotonic()
        code = subprocess.run(command, cwd=folder, env=env, capture_output=True).returncode
        wall = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        facts = f"{wall} {used.ru_utime + used.ru_stime} {used.ru_maxrss / 1024}"
        (folder / "cost").write_text(facts if code == 0 else f"exit {code}")
        os._exit(0)
    os.waitpid(pid, 0)
    return Cost(*map(float, (folder / "cost").read_text().split()))


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3600.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = folder / "hour.md"
        script.write_text(dialogue(seconds))
        (folder / "megabyte.md").write_text(of_length(915_000)[:1_000_000])
        render = [*PODFORGE, "render", "hour.md"]
        cold = cost(render, folder)
        report = folder / "output" / "hour" / "hour.report.json"
        audio = json.loads(report.read_text())["seconds"]
        again = cost(render, folder)
        script.write_text(script.read_text().replace("Part 1\n", "Part 1\n\n**Mara:** New.\n", 1))
        edited = cost(render, folder)
        planned = cost([*PODFORGE, "plan", "megabyte.md", "--json"], folder)
        help_costs = [cost([*PODFORGE, "--help"], folder).cpu for _ in range(7)]
        click_costs = [cost([sys.executable, "-c", "import click"], folder).cpu for _ in range(7)]
        print(f"{audio:.0f} s of audio         wall s   cpu s   peak MiB   x real time")
        for what, found in (("cold", cold), ("nothing changed", again), ("a line added", edited)):
            speed = audio / found.wall
            print(f"{what:<22} {found.wall:7.1f} {found.cpu:7.1f} {found.mib:9.0f} {speed:12.0f}")
        print(f"plan of 1 MB           {planned.wall:7.2f} {planned.cpu:7.2f} {planned.mib:9.0f}")
        helping, clicking = sorted(help_costs)[3], sorted(click_costs)[3]
        print(f"--help: {helping:.3f} s CPU, {helping / clicking:.2f}x of importing click")


if __name__ == "__main__":
    main()
