"""kill -9 of a render at random moments: of its parent, of its whole group, of one worker."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from podforge.temporary import sweep
from tests.faults.scene import Scene, Told, assert_sound, children, told

VICTIMS = ("parent", "group", "worker")
MOST_DELAY_SECONDS = 0.1  # after the event at which a render is killed
PLACING_SHARE = 0.25  # of the kills strike just before `RenderDone`, when files are placed
MOST_KILLS = 6  # of one render, before it may come to its end
OLD = b"what lay here before"
OLD_DIGEST = sha256(OLD).hexdigest()


@dataclass(frozen=True)
class Undisturbed:
    """What a render gives that nobody kills; its events, and those before the files are placed."""

    outcome: dict[str, str]
    events: int
    made: int
    placing_seconds: float

    @classmethod
    def of(cls, scene: Scene) -> "Undisturbed":
        last = scene.render()
        assert last.code == 0, last.text
        made = [event["event"] for event in last.events].index("RenderDone")
        times = [datetime.fromisoformat(str(event["time"])) for event in last.events]
        placing = (times[made] - times[made - 1]).total_seconds()
        return cls(scene.outcome(), len(last.events), made, placing)


@dataclass
class Tally:
    """What the killing came to."""

    kills: int = 0
    renders: int = 0
    identical: int = 0
    redone: int = 0
    orphans: int = 0
    torn: int = 0  # files of the output that were neither the old ones nor the new ones
    litter: int = 0
    victims: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        harm = self.redone + self.orphans + self.torn + self.litter
        return self.identical == self.renders and not harm


def torment(scene: Scene, wanted: Undisturbed, chance: random.Random, tally: Tally) -> None:
    """Render once, killed up to `MOST_KILLS` times, and compare with what nobody disturbed.

    Each file of the output is there before, with other bytes.
    """
    for name in wanted.outcome:
        path = scene.output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(OLD)
    done: set[str] = set()
    for _ in range(chance.randint(1, MOST_KILLS)):
        victim = chance.choice(VICTIMS)
        last = _killed(scene, victim, wanted, chance)
        done = _account(scene, last, done, tally)
        torn = _torn(scene, wanted)
        tally.torn += len(torn)
        tally.notes += [f"{victim} killed: {name} is neither old nor new" for name in torn]
        tally.kills += 1
        tally.victims[victim] += 1
        if last.code == 0:
            break
    else:
        last = scene.render()
        done = _account(scene, last, done, tally)
    assert last.code == 0, last.text[-3000:]
    tally.renders += 1
    tally.identical += scene.outcome() == wanted.outcome
    sweep(scene.folder / "tmp", "podforge-")  # as the next render will that speaks
    left = scene.litter()
    tally.litter += len(left)
    tally.notes += left
    assert_sound(scene.store)


def _account(scene: Scene, last: Told, done: set[str], tally: Tally) -> set[str]:
    """Count what was made twice and who lives on; the jobs that are done by now."""
    tally.redone += len(done & last.keys("JobStarted"))
    orphans = scene.orphans()
    tally.orphans += len(orphans)
    for pid in orphans:
        os.kill(pid, signal.SIGKILL)
    return done | last.keys("JobDone")


def _torn(scene: Scene, wanted: Undisturbed) -> list[str]:
    """Files that are gone, or neither the old ones nor the new ones; those under way apart."""
    found = scene.outcome()
    placed = {name for name in found if not name.startswith(".podforge-")}
    return [
        name
        for name in sorted(placed | wanted.outcome.keys())
        if found.get(name) not in (OLD_DIGEST, wanted.outcome.get(name, OLD_DIGEST))
    ]


def _killed(scene: Scene, victim: str, wanted: Undisturbed, chance: random.Random) -> Told:
    """A render that is struck a moment after one of its events; how it ended."""
    event, most = chance.randrange(wanted.events), MOST_DELAY_SECONDS
    if chance.random() < PLACING_SHARE:
        event, most = wanted.made, wanted.placing_seconds
    process = scene.start()
    assert process.stderr
    said: list[str] = []
    while len(said) < event and (line := process.stderr.readline()):
        said.append(line)
    time.sleep(chance.uniform(0, most))
    _strike(process, victim, chance)
    return told(process, said)


def _strike(process: "subprocess.Popen[str]", victim: str, chance: random.Random) -> None:
    with suppress(ProcessLookupError, FileNotFoundError):
        if victim == "parent":
            process.kill()
        elif victim == "group":
            os.killpg(process.pid, signal.SIGKILL)
        elif workers := children(process.pid):
            os.kill(chance.choice(workers), signal.SIGKILL)


def told_of(tally: Tally, seconds: float) -> Sequence[str]:
    """The tally in lines."""
    return (
        f"kills {tally.kills} ({', '.join(f'{n} {v}' for v, n in tally.victims.items())})",
        f"renders resumed to their end {tally.renders}, byte-identical {tally.identical}",
        f"finished jobs redone {tally.redone}",
        f"orphan processes {tally.orphans}",
        f"outputs neither old nor new {tally.torn}",
        f"leftovers {tally.litter}",
        f"seconds {seconds:.0f}",
        *tally.notes[:20],
    )
