"""The store under real faults: damage, kills, two writers, a full disk, a folder without rights."""

import errno
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from podforge.errors import CorruptBlob, DiskFull, StorageError
from podforge.store import Store, default_store_root

KEY = "a" * 64
BLOB = bytes(range(256)) * 8


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def files(store: Store, below: str) -> list[Path]:
    return [path for path in (store.root / below).rglob("*") if path.is_file()]


def assert_sound(store: Store) -> None:
    """Every record is whole and has its blob; every blob is what its name says."""
    for path in files(store, "records"):
        record = store.find(path.parent.parent.name, path.stem)
        assert record is not None, path
        if "blob" in record:
            assert len(store.read(record["blob"])) == record["length"]
    for path in files(store, "blobs"):
        assert sha256(path.read_bytes()).hexdigest() == path.name
    assert not files(store, "quarantine")


# --- hits and misses -------------------------------------------------------------------------


def test_what_was_kept_is_found(store: Store) -> None:
    assert store.find("clip", KEY) is None
    kept = store.keep("clip", KEY, {"rate": 22_050, "spans": ((0, 5), (7, 9))}, BLOB)
    assert kept["spans"] == [[0, 5], [7, 9]]
    assert Store(store.root).find("clip", KEY) == kept
    assert store.read(kept["blob"]) == BLOB
    assert store.checked_path(kept["blob"]).read_bytes() == BLOB
    assert store.find("heard", KEY) is None


def test_a_record_may_do_without_a_blob_and_be_replaced(store: Store) -> None:
    store.keep("heard", KEY, {"level": -16.0}, durable=False)
    store.keep("heard", KEY, {"level": -18.5}, durable=False)
    found = store.find("heard", KEY)
    assert found == {"kind": "heard", "key": KEY, "level": -18.5}


def test_nothing_is_made_before_the_first_write(store: Store) -> None:
    store.find("clip", KEY)
    assert not store.root.exists()
    store.keep("clip", KEY, {})
    assert (store.root / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f")


def test_a_file_moves_in(store: Store, tmp_path: Path) -> None:
    for _ in range(2):  # the second time the blob is there already
        master = tmp_path / "master.mp3"
        master.write_bytes(BLOB)
        record = store.keep_file("encoded", KEY, {"format": "mp3"}, master)
        assert not master.exists()
        assert store.read(record["blob"]) == BLOB
    assert len(files(store, "blobs")) == 1


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system")
def test_a_file_moves_in_from_another_file_system(store: Store) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        if Path(elsewhere).stat().st_dev == store.root.parent.stat().st_dev:
            pytest.skip("the same file system")
        master = Path(elsewhere, "master")
        master.write_bytes(BLOB)
        record = store.keep_file("encoded", KEY, {}, master)
        assert not master.exists()
    assert store.read(record["blob"]) == BLOB
    assert not files(store, "tmp")


def test_names_that_leave_the_folder_and_facts_that_lie_are_refused(store: Store) -> None:
    for name in ("../../etc/passwd", "a/b", "", ".hidden", "x\n"):
        with pytest.raises(ValueError, match="not a key"):
            store.find("clip", name)
        with pytest.raises(ValueError, match="not a key"):
            store.read(name)
    with pytest.raises(ValueError, match="blob"):
        store.keep("clip", KEY, {"blob": "mine"})


def test_a_store_of_another_version_is_refused(store: Store) -> None:
    store.keep("clip", KEY, {})
    (store.root / "VERSION").write_text("2\n")
    with pytest.raises(StorageError, match="--cache"):
        Store(store.root)


def test_the_default_root_follows_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert default_store_root() == Path("/somewhere/podforge")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_store_root() == Path.home() / ".cache" / "podforge"


def test_a_hit_moves_the_stamp_once_a_day(store: Store) -> None:
    store.keep("clip", KEY, {})
    (path,) = files(store, "records")
    for age, moves in ((60, False), (90_000, True), (-90_000, True)):
        stamp = time.time() - age
        os.utime(path, (stamp, stamp))
        store.find("clip", KEY)
        assert (abs(path.stat().st_mtime - stamp) > 1) == moves


def test_scratch_is_gone_afterwards_and_old_scratch_is_swept(store: Store) -> None:
    with suppress(KeyboardInterrupt), store.scratch() as folder:
        (folder / "part").write_bytes(BLOB)
        raise KeyboardInterrupt
    assert not folder.exists()
    young, old = (Path(tempfile.mkdtemp(dir=store.root / "tmp")) for _ in range(2))
    (old / "part").touch()
    os.utime(old, (time.time() - 90_000,) * 2)
    Store(store.root)
    assert young.exists()
    assert not old.exists()


def test_free_bytes_are_known_before_the_folder_exists(store: Store) -> None:
    free = shutil.disk_usage(store.root.parent).free
    assert abs(store.free_bytes() - free) < 1e9


# --- damage ----------------------------------------------------------------------------------


def damages(data: bytes, seed: int) -> Iterator[bytes]:
    """Every truncation and flip at many places."""
    chance = random.Random(seed)
    places = {0, 1, len(data) // 2, len(data) - 1, *chance.sample(range(len(data)), 40)}
    for place in sorted(places):
        yield data[:place]
        yield data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]
        yield data[:place] + b"\0" * (len(data) - place)
    yield data + b" x"


def test_no_damage_to_a_blob_is_ever_returned(tmp_path: Path) -> None:
    warnings: list[str] = []
    store = Store(tmp_path, warnings.append)
    digest = store.keep("clip", KEY, {}, BLOB)["blob"]
    (path,) = files(store, "blobs")
    for count, damaged in enumerate(d for d in damages(BLOB, 1) if d != BLOB):
        path.write_bytes(damaged)
        if count % 2:
            store.find("clip", KEY)  # sets a wrong length aside
        with pytest.raises(CorruptBlob, match="again"):
            store.checked_path(digest) if count % 3 else store.read(digest)
        assert store.find("clip", KEY) is None
        assert str(path) in warnings[-1]
        store.keep("clip", KEY, {}, BLOB)
        assert store.read(digest) == BLOB


def test_no_damage_to_a_record_is_ever_returned(tmp_path: Path) -> None:
    warnings: list[str] = []
    store = Store(tmp_path, warnings.append)
    kept = store.keep("clip", KEY, {"rate": 22_050, "text": "Früh am Morgen"}, BLOB)
    (path,) = files(store, "records")
    sound = path.read_bytes()
    misses = 0
    for damaged in damages(sound, 2):
        path.write_bytes(damaged)
        found = store.find("clip", KEY)
        assert found in (None, kept)
        misses += found is None
        path.write_bytes(sound)
    assert misses == len(warnings) > 80
    assert store.find("clip", KEY) == kept


@pytest.mark.parametrize("data", [b"[]", b"{}", b"null", b"[" * 100_000, b'{"kind": NaN}', b"\xff"])
def test_a_record_that_never_was_one_is_a_miss(store: Store, data: bytes) -> None:
    store.keep("clip", KEY, {})
    (path,) = files(store, "records")
    path.write_bytes(data)
    assert store.find("clip", KEY) is None
    assert len(files(store, "quarantine")) == 1


def test_a_record_under_a_wrong_name_is_a_miss(store: Store) -> None:
    store.keep("clip", KEY, {}, BLOB)
    (path,) = files(store, "records")
    path.rename(path.with_name("a" * 63 + "b.json"))
    assert store.find("clip", "a" * 63 + "b") is None


def test_keeping_again_repairs_a_damaged_blob(store: Store) -> None:
    store.keep("clip", KEY, {}, BLOB)
    (path,) = files(store, "blobs")
    path.write_bytes(BLOB[::-1])  # of the right length
    kept = store.keep("clip", KEY, {}, BLOB)
    assert store.read(kept["blob"]) == BLOB


# --- a model of it ---------------------------------------------------------------------------

KEYS = st.sampled_from(["k" * 5, "k" * 6, "z" * 7])
PAYLOADS = st.one_of(st.none(), st.binary(max_size=40))


class Modelled(RuleBasedStateMachine):
    """Against a dictionary, while somebody damages and deletes files."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.store = Store(Path(self.folder))
        self.kept: dict[str, tuple[int, bytes | None]] = {}
        self.harmed = False

    @rule(key=KEYS, fact=st.integers(), payload=PAYLOADS)
    def keep(self, key: str, fact: int, payload: bytes | None) -> None:
        self.store.keep("clip", key, {"fact": fact}, payload, durable=False)
        self.kept[key] = (fact, payload)

    @rule(key=KEYS)
    def find(self, key: str) -> None:
        record = self.store.find("clip", key)
        if record is None:
            assert self.harmed or key not in self.kept
            return
        fact, payload = self.kept[key]
        assert record["fact"] == fact
        assert ("blob" in record) == (payload is not None)
        if payload is not None:
            try:
                assert self.store.read(record["blob"]) == payload
            except CorruptBlob:
                assert self.harmed
                assert self.store.find("clip", key) is None

    @rule()
    def reopen(self) -> None:
        self.store = Store(Path(self.folder))

    @precondition(lambda self: self.kept)
    @rule(data=st.data(), part=st.sampled_from(["records", "blobs"]))
    def harm(self, data: st.DataObject, part: str) -> None:
        paths = sorted(files(self.store, part))
        if not paths:
            return
        path, self.harmed = data.draw(st.sampled_from(paths)), True
        content = path.read_bytes()
        place = data.draw(st.integers(0, len(content)))
        how = data.draw(st.sampled_from(["cut", "flip", "delete"]))
        if how == "delete":
            path.unlink()
        elif how == "cut" or place == len(content):
            path.write_bytes(content[:place])
        else:
            path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])

    @invariant()
    def leaves_no_drafts(self) -> None:
        assert not files(self.store, "tmp")

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def test_the_store_is_a_dictionary_that_forgets_but_never_lies() -> None:
    run_state_machine_as_test(
        Modelled, settings=settings(max_examples=20, stateful_step_count=20, deadline=None)
    )


# --- other processes -------------------------------------------------------------------------


def python(code: str, *arguments: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)])


WRITER = """
import sys
from itertools import count
from pathlib import Path
from podforge.store import Store
store = Store(Path(sys.argv[1]))
for i in count():
    store.keep("clip", f"key{i % 50:04}", {"i": i}, bytes([i % 256]) * 3000, durable=i % 2 == 0)
"""


def test_a_writer_may_be_killed_at_any_time(store: Store) -> None:
    chance = random.Random(3)
    for _ in range(7):
        process = python(WRITER, store.root)
        until = time.monotonic() + 5
        while not files(store, "records") and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(chance.uniform(0.05, 0.2))
        process.kill()
        process.wait()
        assert_sound(Store(store.root))
    assert len(files(store, "records")) > 1


RIVAL = """
import sys, time
from pathlib import Path
from podforge.store import Store
store = Store(Path(sys.argv[1]))
keys = [f"key{i:04}" for i in range(60)]
for key in keys if sys.argv[2] == "up" else reversed(keys):
    with store.locks([key, "common" + key[-1]]):
        if store.find("clip", key) is None:
            with open(sys.argv[3], "a") as log:
                log.write(key + "\\n")
            time.sleep(0.001)
            store.keep("clip", key, {}, key.encode(), durable=False)
"""


def test_two_processes_make_nothing_twice(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "log"
    rivals = [python(RIVAL, store.root, way, log) for way in ("up", "down", "up")]
    assert [rival.wait(20) for rival in rivals] == [0, 0, 0]
    assert sorted(log.read_text().split()) == [f"key{i:04}" for i in range(60)]
    assert_sound(store)


def test_a_lock_waits_says_so_and_can_be_given_up(store: Store) -> None:
    waited: list[int] = []
    release = threading.Event()

    def wait() -> None:
        waited.append(1)
        release.set()

    def hold() -> None:
        with store.lock(KEY):
            held.set()
            release.wait(5)

    held = threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(5)
    with store.lock(KEY, wait):
        assert waited
    holder.join()

    def give_up() -> None:
        raise KeyboardInterrupt

    with store.lock(KEY), pytest.raises(KeyboardInterrupt), store.lock(KEY, give_up):
        pass
    with store.lock(KEY):  # it was given back
        assert len(files(store, "locks")) == 1


def test_locks_in_any_order_and_twice_make_no_deadlock(store: Store) -> None:
    def grasp(keys: list[str]) -> None:
        for _ in range(100):
            with store.locks(keys):
                pass

    orders = (["one", "two", "one"], ["two", "one"])
    threads = [threading.Thread(target=grasp, args=(keys,), daemon=True) for keys in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)


# --- a disk that fails -----------------------------------------------------------------------


@contextmanager
def without_rights() -> Iterator[None]:
    """As an ordinary user, when the tests run as root."""
    if os.geteuid():
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_store_that_cannot_be_written_gives_hits_only() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder, "store"))
        kept = store.keep("clip", KEY, {}, BLOB)
        damaged = store.keep("clip", "b" * 64, {}, b"damaged")
        store.checked_path(damaged["blob"]).write_bytes(b"DAMAGED")
        (stale,) = [path for path in files(store, "records") if path.stem == KEY]
        os.utime(stale, (1, 1))
        for path in (Path(folder), store.root, *store.root.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        with without_rights():
            store = Store(store.root)
            assert store.find("clip", KEY) == kept
            assert store.read(kept["blob"]) == BLOB
            with pytest.raises(CorruptBlob):
                store.read(damaged["blob"])
            for write in (
                lambda: store.keep("clip", "c" * 64, {}),
                lambda: store.keep("clip", KEY, {}, BLOB),
                lambda: store.lock("c" * 64).__enter__(),
                lambda: store.scratch().__enter__(),
            ):
                with pytest.raises(StorageError, match="Permission denied"):
                    write()
        for path in (Path(folder), store.root, *store.root.rglob("*")):
            path.chmod(0o755)


FILLER = """
import sys
from pathlib import Path
from podforge.errors import DiskFull
from podforge.store import Store
store = Store(Path(sys.argv[1]))
kept = []
try:
    for i in range(100):
        kept.append(store.keep("clip", f"key{i:04}", {}, bytes([i]) * 30_000))
except DiskFull as error:
    assert "no space left" in str(error) and "finished clips are kept" in str(error), error
    assert kept, "nothing fitted"
    assert all(store.find("clip", r["key"]) == r and store.read(r["blob"]) for r in kept)
    assert store.find("clip", f"key{len(kept):04}") is None
    assert not list((store.root / "tmp").iterdir())
    assert store.free_bytes() < 40_000
    sys.exit(42)
"""


def test_a_full_disk_keeps_what_was_kept(tmp_path: Path) -> None:
    if not shutil.which("unshare"):
        pytest.skip("needs a file system of its own")
    mount = f"mount -t tmpfs -o size=400k none {tmp_path} || exit 77"
    script = f'{mount}; exec "{sys.executable}" -c "$0" {tmp_path}/store'
    code = subprocess.run(["unshare", "-rm", "sh", "-c", script, FILLER]).returncode
    if code in (1, 77):
        pytest.skip("may not mount a file system")
    assert code == 42


class FailAt:
    """Makes the n-th call of any of the functions that change files fail."""

    NAMES = ("open", "write", "fsync", "replace", "mkdir", "close")

    def __init__(self, monkeypatch: pytest.MonkeyPatch, n: int, number: int) -> None:
        self.left, self.number = n, number
        for name in self.NAMES:
            monkeypatch.setattr(os, name, self.wrap(getattr(os, name)))

    def wrap(self, real):  # type: ignore[no-untyped-def]
        def call(*arguments, **named):  # type: ignore[no-untyped-def]
            self.left -= 1
            if self.left == 0:
                if real.__name__ == "close":
                    real(*arguments)
                raise OSError(self.number, os.strerror(self.number))
            return real(*arguments, **named)

        return call


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_whichever_call_fails_the_old_or_the_new_value_stands(tmp_path: Path, number: int) -> None:
    for n in range(1, 100):
        store = Store(tmp_path / str(n))
        old = store.keep("clip", KEY, {"take": 1}, b"old" * 1000)
        store = Store(store.root)
        with pytest.MonkeyPatch.context() as monkeypatch:
            fault = FailAt(monkeypatch, n, number)
            with suppress(DiskFull if number == errno.ENOSPC else StorageError):
                store.keep("clip", KEY, {"take": 2}, b"new" * 1000)
        found = store.find("clip", KEY)
        assert found
        assert store.read(found["blob"]) == (b"old" if found == old else b"new") * 1000
        assert_sound(store)
        assert not files(store, "tmp")
        if fault.left > 0:
            break
    assert n > 10  # every call had its turn
    assert found["take"] == 2
