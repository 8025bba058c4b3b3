"""A disk that is full at some stage of a render.

`unshare -rm python -m tests.faults.filling FOLDER NUMBERS` mounts a small file system on the folder
and does it at the moments of these numbers.  A render tells what it does; at a given moment all the
space that is left is taken, and given back afterwards.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.faults.scene import ROOT, TONES, Scene, assert_sound, told

SIZE = "40m"
NO_MOUNT = 77
# Before the first clip, between two, between clips and mix, in it, before the files are written.
MOMENTS = (("JobStarted", 1), ("JobDone", 1), ("JobDone", 2), ("StageStarted", 1), ("StageDone", 1))
BETWEEN_CLIPS = 1


def filled(folder: Path, *numbers: int) -> "subprocess.CompletedProcess[str] | None":
    """This program with a name space of its own; `None` where there is none."""
    command = ["unshare", "-rm", sys.executable, "-m", "tests.faults.filling", str(folder)]
    done = subprocess.run(
        [*command, *map(str, numbers)], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    missing = done.returncode == NO_MOUNT or done.stderr.startswith("unshare:")
    return None if missing else done


def render_on_a_full_disk(scene: Scene, event: str, count: int) -> list[str]:
    """What was not as promised of a render for which the disk is full from an event on."""
    wanted = scene.outcome()
    filler, said = scene.folder / "filler", []
    process = scene.start()
    assert process.stderr
    while count and (line := process.stderr.readline()):
        said.append(line)
        count -= f'"event": "{event}"' in line
    _fill(filler)
    last = told(process, said)
    filler.unlink()
    wrong = []
    if last.code != 74:
        wrong.append(f"ended with {last.code}")
    if scene.outcome() != wanted:
        wrong.append("the old output is not what it was")
    assert_sound(scene.store)
    again = scene.render()
    if again.code:
        wrong.append(f"the next render: {again.text[-500:]}")
    if twice := last.keys("JobDone") & again.keys("JobStarted"):
        wrong.append(f"{len(twice)} clips made twice")
    return wrong + [f"left {path}" for path in scene.litter()]


def _fill(path: Path) -> None:
    """Take what space there is, to the last byte."""
    size = 1 << 20
    with path.open("wb", buffering=0) as file:
        while size:
            with suppress(OSError):
                while file.write(bytes(size)):
                    pass
            size //= 2


def main(folder: Path, numbers: Sequence[int]) -> int:
    """Fill the disk at each of these moments; ends with 1 when something was wrong."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)]
    if subprocess.run(mount).returncode:
        return NO_MOUNT
    scene, wrong = Scene.of(folder, TONES, workers=1), []
    assert scene.render().code == 0
    for number in numbers:
        event, count = MOMENTS[number]
        shutil.rmtree(scene.store)
        scene = Scene.of(folder, TONES.replace("Lamp", f"Oak {number}"), workers=1)
        found = render_on_a_full_disk(scene, event, count)
        wrong += [f"full from {event} {count} on: {what}" for what in found]
    sys.stderr.write("".join(f"{what}\n" for what in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [int(number) for number in sys.argv[2:]]))
