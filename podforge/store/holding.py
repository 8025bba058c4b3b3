"""Who works with a store as a whole: many renders side by side, or one who deletes, alone.

A lock (`flock`) of one file, shared by those and exclusive to this; it ends with its process.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from podforge.errors import StorageError, storage

_NAME = "in-use"


@contextmanager
def in_use(root: Path, *, make: bool = False) -> Iterator[None]:
    """Hold the store while working with it, so that nobody deletes from it; waits for who does.

    With `make` also one that is not there yet: its folder is made.  Holds nothing where this file
    cannot be made.
    """
    descriptor = None
    if make:
        with suppress(OSError):
            root.mkdir(parents=True, exist_ok=True)
    if make or (root / "VERSION").is_file():
        with suppress(OSError):
            descriptor = os.open(root / _NAME, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        if descriptor is not None:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the store against everybody else.  Raises `StorageError` when somebody works with it."""
    path = root / _NAME
    with storage("locking", path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        with storage("locking", path):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StorageError(
                    f"a render is working with {root}", hint="run this again when it has ended"
                ) from None
        yield
    finally:
        os.close(descriptor)
