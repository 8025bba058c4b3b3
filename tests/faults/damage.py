"""Damage to the files of a store between renders: flipped, cut, emptied, swapped."""

import random
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.scene import TONES, Scene, assert_sound
from tests.in_process import podforge

WAYS = ("flip", "cut", "empty", "swap", "delete")
AT_ONCE = 4  # files damaged before a render, at most


@dataclass
class DamageTally:
    """What the damage came to."""

    damages: int = 0
    renders: int = 0
    wrong: int = 0
    failed: int = 0
    silent: int = 0  # renders that met damage and said nothing
    ways: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.wrong or self.failed or self.silent)

    def lines(self) -> Sequence[str]:
        return (
            f"damages {self.damages} ({', '.join(f'{n} {way}' for way, n in self.ways.items())})",
            f"renders {self.renders}, wrong bytes out {self.wrong}, failed {self.failed}",
            f"damage met in silence {self.silent}",
            *self.notes,
        )


def damage_and_render(
    folder: Path, damages: int, chance: random.Random, tally: DamageTally
) -> None:
    """Damage some files of a store, render from it, compare; until there were `damages`."""
    scene = Scene.of(folder, TONES, workers=1)
    command = scene.command[3:]
    assert podforge(*command).returncode == 0
    wanted = scene.outcome()
    while tally.damages < damages:
        shutil.rmtree(scene.output, ignore_errors=True)  # or the stamp says: nothing to do
        ways = [_harm(scene.store, chance) for _ in range(chance.randint(1, AT_ONCE))]
        tally.damages += len(ways)
        tally.ways.update(ways)
        done = podforge(*command)
        tally.renders += 1
        tally.failed += done.returncode != 0
        tally.notes += [done.stderr[-1000:]] if done.returncode else []
        tally.wrong += scene.outcome() != wanted
        seen = any((scene.store / "quarantine").glob("*"))
        tally.silent += seen and "damaged" not in done.stderr
        shutil.rmtree(scene.store / "quarantine", ignore_errors=True)
    podforge("cache", "verify", "--cache", scene.store)  # what no render reads
    shutil.rmtree(scene.store / "quarantine", ignore_errors=True)
    assert_sound(scene.store)


def _harm(store: Path, chance: random.Random) -> str:
    """Damage a record or a blob, in some way."""
    files = sorted(p for part in ("records", "blobs") for p in (store / part).rglob("*"))
    files = [path for path in files if path.is_file()]
    path, way = chance.choice(files), chance.choice(WAYS)
    data = path.read_bytes()
    at = chance.randrange(max(1, len(data)))
    match way:
        case "flip":
            flipped = data[at : at + 1] and bytes([data[at] ^ (1 << chance.randrange(8))])
            path.write_bytes(data[:at] + flipped + data[at + 1 :])
        case "cut":
            path.write_bytes(data[:at])
        case "empty":
            path.write_bytes(b"")
        case "swap":
            other = chance.choice(files)
            theirs = other.read_bytes()
            other.write_bytes(data)
            path.write_bytes(theirs)
        case "delete":
            path.unlink()
    return way
