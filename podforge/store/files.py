"""Single steps on files, each whole: read, digest, write, move into place, lock, discard.

They go through `os` where a fault may strike between two of them, so that the tests can make
every single call fail.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from podforge.errors import storage

DAY_SECONDS = 86_400
LOCK_POLL_SECONDS = 0.2


def bytes_of(path: Path) -> bytes | None:
    """All bytes of a file, or `None` when there is none."""
    with storage("reading", path):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
            return file.read() if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""


def digest_of(path: Path) -> str:
    """The sha256 of a file, in hex; constant memory.  Raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(path: Path, data: bytes, durable: bool) -> None:
    """Write a new file; `durable` waits until it is on the device.  Raises `OSError`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move(path: Path, target: Path, durable: bool) -> None:
    """Rename over `target`, whose folder is made; one file system.  Raises `OSError`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(path, target)  # noqa: PTH105 - the tests make this very call fail
    if durable:
        sync(target.parent)


def sync(path: Path) -> None:
    """Wait until a file or a folder is on the device.  Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # folders on some network mounts
            raise
    finally:
        os.close(descriptor)


def locked(path: Path, waiting: Callable[[], None] | None) -> int:
    """The descriptor of a file under its exclusive lock (`flock`); it is made, its folder too.

    A file that was deleted while we waited locks nobody out any more: there is a next one.
    """
    while True:
        with storage("locking", path):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            _acquire(descriptor, path, waiting)
            if _is_at(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    with storage("locking", path), suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False


def _acquire(descriptor: int, path: Path, waiting: Callable[[], None] | None) -> None:
    """Take the lock of an open file, calling `waiting` while it waits."""
    with storage("locking", path):
        if waiting is None:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            return
    while not _acquired(descriptor, path):
        waiting()
        time.sleep(LOCK_POLL_SECONDS)


def _acquired(descriptor: int, path: Path) -> bool:
    with storage("locking", path):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def mark_used(path: Path) -> None:
    """Move the modification time on, once a day: it says when the entry was last of use."""
    with suppress(OSError):  # a read-only store
        if abs(time.time() - path.stat().st_mtime) > DAY_SECONDS:
            os.utime(path)


def discard(path: Path) -> None:
    """Remove a file or a folder; what cannot be removed stays for the next sweep."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
