"""`podforge cache`: a store is measured, verified, collected and cleared, renders or not."""

import fcntl
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.errors import StorageError, UsageError
from podforge.store import Store
from podforge.store.collecting import YOUNG_SECONDS, clear, collect, doomed
from podforge.store.contents import Contents, Item, RecordItem, contents_of
from podforge.store.health import verify
from podforge.store.holding import alone, in_use
from tests.in_process import podforge

DAY = 86_400


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def key(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


def aged(path: Path, days: float) -> Path:
    os.utime(path, (time.time() - days * DAY,) * 2)
    return path


def record_path(store: Store, number: int, kind: str = "clip") -> Path:
    return store.root / "records" / kind / key(number)[:2] / f"{key(number)}.json"


def keep(store: Store, number: int, days: float, payload: bytes, kind: str = "clip") -> str:
    digest: str = store.keep(kind, key(number), {}, payload, durable=False)["blob"]
    aged(record_path(store, number, kind), days)
    aged(store.root / "blobs" / digest[:2] / digest, days)
    return digest


def found(store: Store, *numbers: int) -> list[bool]:
    return [store.find("clip", key(number)) is not None for number in numbers]


# --- gc --------------------------------------------------------------------------------------


def test_the_longest_unused_go_until_a_fifth_is_free(store: Store) -> None:
    for number in range(10):
        keep(store, number, 20 - number, bytes([number]) * 10_000)
    size = contents_of(store.root).size
    assert collect(store.root, size) == []  # it fits
    collect(store.root, size - 1)
    assert contents_of(store.root).size <= 0.8 * (size - 1)
    assert found(store, *range(10)) == [False] * 3 + [True] * 7
    assert verify(store.root).damage == ()


def test_what_may_have_been_used_in_the_last_24_hours_stays(store: Store) -> None:
    for number, days in enumerate((0, 0.9, 1.9, 2.1)):  # a stamp lags up to a day behind
        keep(store, number, days, bytes([number]))
    collect(store.root, 0)
    assert found(store, 0, 1, 2, 3) == [True, True, True, False]


def test_a_use_renews_a_record_before_it_is_the_oldest(store: Store) -> None:
    for number in (1, 2):
        keep(store, number, 9 - number, bytes([number]) * 5000)
    store.find("clip", key(1))
    collect(store.root, 9000)
    assert found(store, 1, 2) == [True, False]


def test_a_blob_of_two_records_stays_while_one_does(store: Store) -> None:
    digest = keep(store, 1, 9, b"shared")
    keep(store, 2, 0, b"shared")
    collect(store.root, 0)
    assert found(store, 1, 2) == [False, True]
    assert store.read(digest) == b"shared"
    aged(record_path(store, 2), 3)
    collect(store.root, 0)
    assert not contents_of(store.root).blobs


def test_rubbish_is_swept_and_what_is_new_or_foreign_is_not(store: Store) -> None:
    stray = keep(store, 1, 3, b"stray")
    record_path(store, 1).unlink()
    fresh = keep(store, 2, 0, b"fresh")
    record_path(store, 2).unlink()
    lost = keep(store, 3, 0, b"lost")
    (store.root / "blobs" / lost[:2] / lost).unlink()
    keep(store, 4, 3, b"kept")
    with store.lock(key(4)):
        pass
    draft, young, foreign = (store.root / "tmp" / name for name in ("a" * 24, "b" * 24, "mine"))
    (store.root / "quarantine").mkdir()
    old, new = (store.root / "quarantine" / f"x.{n}2345678" for n in (0, 1))
    for path in (draft, young, foreign, old, new):
        path.write_bytes(b"1234")
    for path, days in ((draft, 2), (foreign, 9), (old, 8), (new, 6)):
        aged(path, days)
    assert podforge("cache", "gc", "--dry-run", "--cache", store.root).returncode == 0
    assert draft.exists()
    assert (store.root / "blobs" / stray[:2] / stray).exists()
    with store.lock(key(5)):
        done = podforge("cache", "gc", "--cache", store.root)
        assert [path.name for path in (store.root / "locks").glob("??/*")] == [key(5)]
    assert done.returncode == 0, done.stderr
    for line in ("temporary files ", "set aside over", "blobs no record", "lock files", "left:"):
        assert line in done.stdout
    assert [path.exists() for path in (draft, young, foreign, old, new)] == [0, 1, 1, 0, 1]
    assert set(contents_of(store.root).blobs) == {fresh, sha256(b"kept").hexdigest()}
    assert not record_path(store, 3).exists()
    assert found(store, 4) == [True]


def test_a_record_whose_blob_is_gone_counts_as_missing(store: Store) -> None:
    digest = keep(store, 1, 0, b"gone")
    (store.root / "blobs" / digest[:2] / digest).unlink()
    assert found(store, 1) == [False]


RECORDS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 99), st.floats(0, 9), st.booleans()), max_size=12
)


@settings(max_examples=200, deadline=None)
@given(RECORDS, st.sets(st.integers(0, 5)), st.integers(0, 500))
def test_what_goes_never_leaves_a_record_without_its_blob(records, blobs, limit):
    now = 1e9
    contents = Contents(
        tuple(
            RecordItem(Path(f"r{n}"), size, now - days * DAY, "clip", sound, str(blob) * sound)
            for n, (blob, size, days, sound) in enumerate(records)
        ),
        {str(blob): Item(Path(f"b{blob}"), 50, now - 9 * DAY) for blob in blobs},
    )
    order = [str(each.path) for each in doomed(contents, limit, now)]
    assert len(order) == len(set(order))
    for stop in range(len(order) + 1):  # killed there
        gone = set(order[:stop])
        for record in contents.records:
            if record.blob in contents.blobs and f"b{record.blob}" in gone:
                assert str(record.path) in gone
    left = [r for r in contents.records if str(r.path) not in set(order)]
    assert all(record.sound for record in left)
    size = contents.size - sum(each.size for each in doomed(contents, limit, now))
    if size > limit:
        assert all(now - record.stamp <= YOUNG_SECONDS for record in left)


# --- others at work --------------------------------------------------------------------------


def test_nothing_is_deleted_while_a_render_works_with_the_store(store: Store) -> None:
    keep(store, 1, 9, b"old")
    with in_use(store.root), in_use(store.root):
        for command in (("gc", "--max-size", "0"), ("clear", "--yes")):
            done = podforge("cache", *command, "--cache", store.root)
            assert done.returncode == 74
            assert "a render is working with" in done.stderr
    assert found(store, 1) == [True]


def test_a_render_holds_the_store_and_waits_for_a_collection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from podforge import spine

    store = Store(tmp_path / "store")
    keep(store, 1, 9, b"old")
    refused: list[bool] = []
    real = spine.deliver

    def look(*arguments: object) -> None:
        with pytest.raises(StorageError):
            collect(store.root, 0)
        refused.append(True)
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(spine, "deliver", look)
    (tmp_path / "s.md").write_text("**Mara:** Hello.\n")
    done = podforge("render", "s.md", "--cache", store.root, "--engine", "tone", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert refused
    entered = threading.Event()

    def work() -> None:
        with in_use(store.root):
            entered.set()

    with alone(store.root):
        render = threading.Thread(target=work)
        render.start()
        assert not entered.wait(0.2)
    assert entered.wait(5)
    render.join()


COLLECTOR = """
import sys, time
from pathlib import Path
from podforge.store import collecting
real = collecting.discard
def slowly(path):
    real(path)
    print(flush=True)
    time.sleep(0.001)
collecting.discard = slowly
collecting.collect(Path(sys.argv[1]), 0)
"""


def test_a_collection_may_be_killed_at_any_time(store: Store) -> None:
    chance = random.Random(5)
    for _ in range(6):
        for number in range(60):
            keep(store, number, 5, bytes([number // 2]) * 900)
        before = contents_of(store.root)
        with subprocess.Popen(
            [sys.executable, "-c", COLLECTOR, store.root], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout
            for _ in range(chance.randrange(1, 80)):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        left = contents_of(store.root)
        assert 0 < len(left.records) < len(before.records) or left.blobs
        assert all(record.blob in left.blobs for record in left.records)
        assert verify(store.root).damage == ()
        with alone(store.root):  # its lock went with it
            pass


MAKER = """
import sys
from pathlib import Path
from podforge.errors import CorruptBlob
from podforge.store import Store
store = Store(Path(sys.argv[1]))
for i in range(400):
    key = f"key{i % 40:04}"
    with store.lock(key):
        record = store.find("clip", key) or store.keep(
            "clip", key, {}, key.encode() * 200, durable=False
        )
        try:
            assert store.read(record["blob"]) == key.encode() * 200
        except CorruptBlob:
            pass
"""


def test_collections_beside_somebody_who_holds_nothing_lose_nothing_but_work(store: Store) -> None:
    store.keep("clip", key(1), {})
    with subprocess.Popen([sys.executable, "-c", MAKER, store.root]) as maker:
        while maker.poll() is None:
            for path in (store.root / "records").rglob("*.json"):
                with suppress(OSError):
                    aged(path, 3)
            collect(store.root, 0)
    assert maker.returncode == 0
    for path in (store.root / "blobs").rglob("?" * 64):
        assert sha256(path.read_bytes()).hexdigest() == path.name
    assert list((store.root / "tmp").iterdir()) == []


def test_a_lock_file_that_was_deleted_locks_nobody_out(store: Store) -> None:
    """Who waited for a deleted file takes the next one, or two would hold one lock."""
    path = store.root / "locks" / "ab" / "abc"
    path.parent.mkdir(parents=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)

        def let_go() -> None:
            path.unlink(missing_ok=True)
            fcntl.flock(file, fcntl.LOCK_UN)

        with store.lock("abc", let_go), path.open() as rival, pytest.raises(BlockingIOError):
            fcntl.flock(rival, fcntl.LOCK_EX | fcntl.LOCK_NB)


# --- verify, stats, clear --------------------------------------------------------------------


def test_verify_sets_aside_what_is_damaged_and_is_content_the_second_time(store: Store) -> None:
    digests = [keep(store, number, 5, bytes([number]) * 100) for number in range(5)]
    stamp = record_path(store, 0).stat().st_mtime
    assert podforge("cache", "verify", "--cache", store.root).returncode == 0
    assert record_path(store, 0).stat().st_mtime == stamp  # it is no use
    flipped, cut, gone = (store.root / "blobs" / d[:2] / d for d in digests[1:4])
    flipped.write_bytes(b"x" * 100)
    cut.write_bytes(b"")
    gone.unlink()
    record_path(store, 4).write_bytes(b"{")
    done = podforge("cache", "verify", "--cache", store.root)
    assert done.returncode == 1
    assert "6 damaged" in done.stdout  # two blobs, their records, one without blob, one unreadable
    for path in (flipped, cut, record_path(store, 4)):
        assert str(path) in done.stdout
    assert len(contents_of(store.root).quarantine) == 6
    assert found(store, *range(5)) == [True, False, False, False, False]
    done = podforge("cache", "verify", "--cache", store.root)
    assert (done.returncode, done.stdout) == (0, "1 records, 2 blobs: all sound\n")


def test_stats_add_up(store: Store) -> None:
    keep(store, 1, 9, b"a" * 1000)
    keep(store, 2, 1, b"a" * 1000)
    keep(store, 3, 0, b"b" * 500, kind="heard")
    keep(store, 4, 0, b"c" * 50)
    record_path(store, 4).unlink()
    done = podforge("cache", "stats", "--json", "--cache", store.root)
    facts = json.loads(done.stdout)
    assert {kind: n["records"] for kind, n in facts["kinds"].items()} == {"clip": 2, "heard": 1}
    parts = [*facts["kinds"].values(), facts["unnamed_blobs"]]
    assert sum(part["bytes"] for part in parts) == facts["bytes"]
    assert facts["unnamed_blobs"] == {"count": 1, "bytes": 50}
    assert facts["oldest_use_seconds"] == pytest.approx(9 * DAY, abs=60)
    assert facts["free_bytes"] > 0
    said = podforge("cache", "stats", "--cache", store.root).stdout
    assert "2 records" in said
    assert "9 days ago" in said


def test_clear_asks_and_leaves_an_empty_store(store: Store) -> None:
    keep(store, 1, 0, b"a")
    (store.root / "mine.txt").write_text("not of the store")
    done = podforge("cache", "clear", "--cache", store.root)
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert found(store, 1) == [True]
    assert podforge("cache", "clear", "--yes", "--cache", store.root).returncode == 0
    assert contents_of(store.root) == Contents()
    assert (store.root / "mine.txt").exists()
    keep(store, 1, 0, b"a")
    assert found(store, 1) == [True]


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_clear_takes_an_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    keep(store, 1, 0, b"a")
    stdin = io.StringIO(answer + "\n")
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", stdin)
    done = podforge("cache", "clear", "--cache", store.root)
    assert done.returncode == code
    assert str(store.root) in done.stdout + done.stderr
    assert found(store, 1) == [code == 1]


def test_a_folder_that_is_no_store_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    mine = aged_file = tmp_path / "tmp" / ("a" * 24)
    mine.write_text("mine")
    aged(aged_file, 30)
    (tmp_path / "VERSION").write_text("1\n")
    for command in (("gc", "--max-size", "0"), ("clear", "--yes")):
        done = podforge("cache", *command, "--cache", tmp_path)
        assert done.returncode == 2
        assert "no store of podforge" in done.stderr
    with pytest.raises(UsageError):
        clear(tmp_path)
    assert mine.exists()


@pytest.mark.parametrize("command", ["stats", "verify", "gc", "clear --yes"])
def test_a_store_that_is_not_there_is_empty_and_sound(tmp_path: Path, command: str) -> None:
    done = podforge("cache", *command.split(), "--cache", tmp_path / "none")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("text", "code"), [("5GB", 0), ("1.5 MiB", 0), ("0", 0), ("much", 2)])
def test_sizes_are_read_as_people_write_them(tmp_path: Path, text: str, code: int) -> None:
    done = podforge("cache", "gc", "--max-size", text, "--cache", tmp_path / "none")
    assert done.returncode == code, done.stderr
