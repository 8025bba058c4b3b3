"""Stores and homes in odd places: each works, or says what to do."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from podforge.errors import StorageError
from podforge.store import Store
from podforge.store.holding import in_use
from tests.faults.scene import ROOT, TONES, Scene, assert_sound
from tests.in_process import podforge

GROUP = 60_000
ODD = "-two words\nand a #b$(c)%d " + os.fsdecode(b"\xff")


def test_a_store_may_be_called_anything(tmp_path):
    scene = Scene.of(tmp_path, TONES, workers=1, store_folder=tmp_path / ODD)
    done = podforge(*scene.command[3:])
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert_sound(scene.store)
    for path in scene.store.glob("blobs/??/*"):
        path.write_bytes(b"damaged")  # what is said of it names the store
    shutil.rmtree(scene.output)
    done = podforge(*[part for part in scene.command[3:] if part not in ("--events", "jsonl")])
    assert done.returncode == 0, done.stderr
    assert "damaged" in done.stderr


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system")
def test_the_store_may_lie_on_a_file_system_of_its_own(tmp_path):
    here = Scene.of(tmp_path, TONES, workers=1)
    assert podforge(*here.command[3:]).returncode == 0
    wanted = here.outcome()
    shutil.rmtree(here.output)
    elsewhere = Path("/dev/shm") / f"podforge-faults-{os.getpid()}"
    there = Scene.of(tmp_path, TONES, workers=1, store_folder=elsewhere)
    try:
        assert podforge(*there.command[3:]).returncode == 0
        assert there.outcome() == wanted
        assert_sound(there.store)
    finally:
        shutil.rmtree(elsewhere, ignore_errors=True)


@pytest.mark.parametrize(
    ("home", "cache", "code"),
    [("none", "", 0), (None, "", 0), ("file/below", "", 74), ("home", "relative", 0)],
)
def test_a_home_that_is_missing_and_a_cache_that_is_relative(
    home, cache, code, tmp_path, monkeypatch
):
    """The default store is made where the home is to be; a relative XDG folder does not count."""
    (tmp_path / "file").touch()
    if home is None:
        monkeypatch.delenv("HOME")
        monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path / "of the user database")
    else:
        monkeypatch.setenv("HOME", str(tmp_path / home))
    monkeypatch.setenv("XDG_CACHE_HOME", cache)
    scene = Scene.of(tmp_path / "work", TONES)
    done = podforge("render", scene.folder / "s.md", "-o", "out/", "-j", 1, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "relative").exists()


@pytest.mark.parametrize(("umask", "mode"), [(0o077, 0o600), (0o002, 0o664)])
def test_modes_follow_the_umask(umask, mode, tmp_path):
    scene = Scene.of(tmp_path, TONES, workers=1)
    before = os.umask(umask)
    try:
        assert podforge(*scene.command[3:]).returncode == 0
    finally:
        os.umask(before)
    kept = [*scene.output.rglob("*"), *scene.store.rglob("*")]
    wrong = [path for path in kept if path.is_file() and path.stat().st_mode & 0o777 != mode]
    assert not wrong


@contextmanager
def user(number: int, umask: int) -> Iterator[None]:
    """Somebody else, whose group is `GROUP`."""
    before = os.umask(umask)
    os.setegid(GROUP)
    os.seteuid(number)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.umask(before)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may be somebody else")
@pytest.mark.parametrize(("umask", "shared"), [(0o002, True), (0o022, False)])
def test_two_users_share_a_store_when_their_group_may_write(umask, shared):
    """Without that the second one gets hits, and is told what to do."""
    with TemporaryDirectory() as name:
        os.chown(name, 0, GROUP)
        Path(name).chmod(0o2775)
        root = Path(name, "store")
        with user(60_001, umask):
            kept = Store(root).keep("clip", "a" * 64, {}, b"sound")
            with Store(root).lock("a" * 64), Store(root).scratch():
                pass
        with user(60_002, umask):
            store = Store(root)
            assert store.find("clip", "a" * 64) == kept
            assert store.read(kept["blob"]) == b"sound"
            with (
                nullcontext() if shared else pytest.raises(StorageError) as told,
                in_use(root),
                store.locks(["a" * 64, "ab" + "c" * 62]),
                store.scratch(),
            ):
                store.keep("clip", "ab" + "c" * 62, {}, b"another")
        assert shared or "--cache" in str(told.value)


READ_ONLY = "mount --bind {0} {0} && mount -o remount,ro,bind {0} || exit 77; exec {1}"


def test_a_store_on_a_read_only_file_system_gives_hits(tmp_path):
    if not shutil.which("unshare"):
        pytest.skip("needs a name space of its own")
    scene = Scene.of(tmp_path, TONES, workers=1)
    assert podforge(*scene.command[3:]).returncode == 0
    wanted = scene.outcome()
    shutil.rmtree(scene.output)
    hit = read_only(scene)
    if hit.returncode == 77 or hit.stderr.startswith("unshare:"):
        pytest.skip("may not mount")
    assert hit.returncode == 0, hit.stderr
    assert scene.outcome() == wanted
    (tmp_path / "s.md").write_text(TONES.replace("Lamp", "Oak"))
    miss = read_only(scene)
    assert miss.returncode == 74
    assert "Read-only file system" in miss.stderr
    assert "--cache" in miss.stderr
    assert "Traceback" not in miss.stderr
    assert scene.outcome() == wanted


def read_only(scene: Scene) -> subprocess.CompletedProcess[str]:
    inside = READ_ONLY.format(scene.store, '"$@"')
    command = ["unshare", "-rm", "sh", "-c", inside, "sh", *scene.command]
    return subprocess.run(
        command, cwd=ROOT, env=scene.environment, capture_output=True, text=True, timeout=120
    )
