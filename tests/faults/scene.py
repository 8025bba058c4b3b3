"""What every fault is injected into: a project, its render in a process of its own, and a look at
what is left."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from podforge.store import Store
from podforge.store.holding import alone

MARK = "FAULTS_MARK"  # in the environment of every process that a scene starts
PATIENCE_SECONDS = 120
GRACE_SECONDS = 5  # for processes to be gone
ROOT = Path(__file__).parents[2]
WORDS = (
    "lamp", "board", "tally", "winter", "hatch", "rope", "ledger", "kettle", "harbour", "signal",
)  # fmt: skip


def lines(count: int, chapters: int, speakers: Sequence[str] = ("Mara", "Tobias")) -> str:
    """`count` short turns in so many chapters; no two are alike."""
    text = []
    for n in range(count):
        if n % -(-count // chapters) == 0:
            text.append(f"## Chapter {n + 1}\n")
        text.append(f"**{speakers[n % len(speakers)]}:** {WORDS[n % 10].title()} {n}.\n")
    return "\n".join(text)


def front(title: str, engine: str, **more: str) -> str:
    head = {"title": title, "engine": engine, **more}
    fields = "".join(f"{name}: {value}\n" for name, value in head.items())
    return f"---\n{fields}speakers:\n  Mara: {{voice: mara}}\n  Tobias: {{voice: tobias}}\n---\n"


BOOK = front("A book", "espeak", mode="audiobook", format="[m4b, mp3]") + lines(40, 2)
WINDOWS = front("Windows", "tone", format="mp3") + lines(40, 40)
TONES = front("Tones", "tone", format="mp3") + lines(4, 2)
SHORT = front("Short", "espeak", format="mp3") + lines(4, 2)


@dataclass(frozen=True)
class Scene:
    """A folder with a script, an output folder, a store, and a folder for temporary files."""

    folder: Path
    workers: int = 2
    options: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    store_folder: Path | None = None
    output_folder: Path | None = None

    @classmethod
    def of(cls, folder: Path, script: str = SHORT, **more: object) -> "Scene":
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "s.md").write_text(script)
        (folder / "tmp").mkdir(exist_ok=True)
        return replace(cls(folder), **more)  # type: ignore[arg-type]

    @property
    def output(self) -> Path:
        return self.output_folder or self.folder / "out"

    @property
    def store(self) -> Path:
        return self.store_folder or self.folder / "store"

    @property
    def command(self) -> list[str]:
        return [
            sys.executable, "-m", "podforge", "render", f"{self.folder}/s.md", "-o",
            f"{self.output}/", "--cache", f"{self.store}", "-j", str(self.workers),
            "--events", "jsonl", *self.options,
        ]  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        mine = {MARK: self.mark, "TMPDIR": f"{self.folder}/tmp"}
        return os.environ | mine | dict(self.env)

    def start(self) -> "subprocess.Popen[str]":
        """A render that goes on; its events come on stderr.  It leads a group of its own."""
        return subprocess.Popen(
            self.command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def render(self) -> "Told":
        """A render to its end."""
        return told(self.start())

    def outcome(self) -> dict[str, str]:
        """What lies in the output folder, by name; litter included."""
        paths = (path for path in self.output.rglob("*") if path.is_file())
        found = {str(p.relative_to(self.output)): sha256(p.read_bytes()).hexdigest() for p in paths}
        found.pop("s.report.json", None)  # tells what was made this time
        return found

    def litter(self) -> list[str]:
        """What killed processes left: in the output, among temporary files, in the store."""
        places = (self.output.glob(".*"), (self.folder / "tmp").iterdir())
        scratch = (path for path in (self.store / "tmp").glob("*") if path.is_dir())
        return [str(path) for place in (*places, scratch) for path in place]

    def processes(self) -> list[int]:
        """Those of this scene that are alive."""
        return [pid for pid in _all_processes() if self.mark in _environment(pid)]

    def remove(self) -> None:
        shutil.rmtree(self.folder)

    def orphans(self) -> list[int]:
        """Processes that are alive though nobody wants them any more."""
        until = time.monotonic() + GRACE_SECONDS
        while (found := self.processes()) and time.monotonic() < until:
            time.sleep(0.02)
        return found


@dataclass(frozen=True)
class Told:
    """How a render ended, and what it told."""

    code: int
    events: tuple[dict[str, object], ...]
    text: str = ""

    def keys(self, name: str) -> set[str]:
        """The jobs of which this was told."""
        return {str(event["key"]) for event in self.events if event["event"] == name}

    def warnings(self) -> list[str]:
        return [str(event["text"]) for event in self.events if event["event"] == "Warned"]


def told(process: "subprocess.Popen[str]", before: Sequence[str] = ()) -> Told:
    """The rest of what a process tells; it has `PATIENCE_SECONDS` to end."""
    assert process.stderr
    limit = threading.Timer(PATIENCE_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
    limit.start()
    with process.stderr:  # not `communicate`, which forgets what `readline` had in its buffer
        rest = process.stderr.readlines()
    process.wait()
    limit.cancel()
    return heard(process.returncode, [*before, *rest])


def heard(code: int, said: Sequence[str]) -> Told:
    """What lines of stderr tell; the last one may be a half."""
    events = []
    for line in said:
        with suppress(json.JSONDecodeError):
            if line.startswith("{"):
                events.append(json.loads(line))
    return Told(code, tuple(events), "".join(said))


def children(pid: int) -> list[int]:
    """Worker processes below a process: not its ffmpegs."""
    return [
        int(child)
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if b"podforge.executors" in _bytes(f"/proc/{child}/cmdline")
    ]


def assert_sound(root: Path) -> None:
    """The store's invariants: records are whole and have their blobs, blobs are what they are
    called, and nobody holds it."""
    said: list[str] = []
    store = Store(root, said.append)
    for path in root.glob("records/*/??/*.json"):
        record = store.find(path.parent.parent.name, path.stem)
        assert record, path
        if "blob" in record:
            assert len(store.read(record["blob"])) == record["length"]
    for path in root.glob("blobs/??/*"):
        assert sha256(path.read_bytes()).hexdigest() == path.name
    assert not said
    if (root / "VERSION").exists():
        with alone(root):
            pass


def _all_processes() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def _environment(pid: int) -> str:
    return _bytes(f"/proc/{pid}/environ").decode("utf-8", "replace")


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:  # it has ended meanwhile, or is somebody else's
        return b""
