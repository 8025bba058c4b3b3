"""The long tests of faults: `python -m tests.faults.torture [--kills N] [--damages N] [--calls K]`.

Prints what `docs/reliability.md` tells, and ends with 1 when anything was not as promised there.
"""
# ruff: noqa: T201 - it prints figures

import argparse
import errno
import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.damage import DamageTally, damage_and_render
from tests.faults.failing import fail_each
from tests.faults.filling import MOMENTS, filled
from tests.faults.kills import Tally, Undisturbed, told_of, torment
from tests.faults.scene import BOOK, WINDOWS, Scene


def kill(folder: Path, kills: int, seed: int) -> bool:
    """Kill renders of a book and of an episode in windows, in turn; whether all went well."""
    scripts = {"book": BOOK, "windows": WINDOWS}
    wanted = {
        name: Undisturbed.of(Scene.of(folder / name, script)) for name, script in scripts.items()
    }
    chance, tally, began = random.Random(seed), Tally(), time.monotonic()
    try:
        while tally.kills < kills:
            name = ("book", "windows")[tally.renders % 2]
            scene = Scene.of(folder / f"{name}-{tally.renders}", scripts[name])
            torment(scene, wanted[name], chance, tally)
            scene.remove()
            print(f"kills so far {tally.kills}", file=sys.stderr, flush=True)
    finally:  # Ctrl-C shows what was found by then
        print("\n".join(["kill -9", *told_of(tally, time.monotonic() - began)]), flush=True)
    return tally.clean


def harm(folder: Path, damages: int, seed: int) -> bool:
    """Damage a store between renders; whether all went well."""
    chance, tally, began = random.Random(seed), DamageTally(), time.monotonic()
    damage_and_render(folder, damages, chance, tally)
    print("\n".join(["damage", *tally.lines(), f"seconds {time.monotonic() - began:.0f}"]))
    return tally.clean


def fail(folder: Path, step: int) -> bool:
    """Make every `step`-th call of the system fail; whether all went well."""
    well = True
    for number in (errno.ENOSPC, errno.EIO):
        began = time.monotonic()
        found = fail_each(folder / errno.errorcode[number], [number], step)
        well = well and not found.wrong
        print(f"calls that fail with {errno.errorcode[number]}")
        print(f"tried {found.tries}, of which the render ended with 74: {found.failures}")
        print("\n".join([f"not as promised {len(found.wrong)}", *found.wrong]))
        print(f"seconds {time.monotonic() - began:.0f}", flush=True)
    return well


def fill(folder: Path) -> bool:
    """Have the disk full at each moment of a render; whether all went well."""
    folder.mkdir()
    done = filled(folder, *range(len(MOMENTS)))
    if done is None:
        print("full disk: not tried, no file system may be mounted here")
        return True
    wrong = done.stderr.splitlines()
    print("full disk")
    print("\n".join([f"moments {len(MOMENTS)}, not as promised {len(wrong)}", *wrong]), flush=True)
    return not done.returncode


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.torture")
    parser.add_argument("--kills", type=int, default=200, help="0: none [200]")
    parser.add_argument("--damages", type=int, default=200, help="0: none [200]")
    parser.add_argument("--calls", type=int, default=1, help="every K-th call; 0: none [1]")
    parser.add_argument("--full", type=int, default=1, help="a full disk; 0: none [1]")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        well = [
            not asked.kills or kill(folder / "kills", asked.kills, asked.seed),
            not asked.damages or harm(folder / "damage", asked.damages, asked.seed),
            not asked.calls or fail(folder / "calls", asked.calls),
            not asked.full or fill(folder / "full"),
        ]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
