"""Temporary folders that leave nothing behind, even when their process is killed.

In each lies a file under a lock (`flock`) that ends with the process.  Whoever makes the next
folder beside it removes those that nobody holds.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from podforge.errors import storage

_HELD = ".podforge-held"  # and so only what is ours is ever removed


@contextmanager
def temporary_folder(beside: Path, prefix: str) -> Iterator[Path]:
    """A new folder in `beside`, called `prefix` and something; it is gone afterwards.

    Those of the same prefix whose process was killed go first.  Raises `StorageError` or
    `DiskFull`.
    """
    with storage("creating a folder in", beside):
        sweep(beside, prefix)
        folder, descriptor = _new(beside, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _new(beside: Path, prefix: str) -> tuple[Path, int]:
    """A folder and the descriptor that holds it; one that was swept before that is not used."""
    while True:
        try:
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=beside))
        except OSError as error:  # it names what nobody asked for
            raise OSError(error.errno, error.strerror, str(beside)) from error
        try:
            descriptor = os.open(folder / _HELD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            folder.rmdir()
            raise
        with suppress(OSError):  # a file system without locks: there nobody sweeps
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        if (folder / _HELD).exists():
            return folder, descriptor
        os.close(descriptor)


def sweep(beside: Path, prefix: str) -> None:
    """Remove the folders of this prefix that nobody holds; what cannot be removed stays."""
    for folder in beside.glob(f"{prefix}*"):
        with suppress(OSError):
            descriptor = os.open(folder / _HELD, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
