"""The only place that writes into the output folder.

A file is written beside its final name and moved over it when it is complete and on disk, so
that a reader sees the old file or the new one and never a part (POSIX `rename`).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from filecmp import cmp
from pathlib import Path

from podforge.errors import storage
from podforge.temporary import temporary_folder

_PREFIX = ".podforge-"


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A hidden folder inside `folder` to build files in; it is gone afterwards, come what may.

    Makes `folder` when it is missing.  What renders left that were killed goes first; where the
    file system has no locks nobody knows who lives, and it stays.  Raises `StorageError` or
    `DiskFull`.
    """
    with storage("creating", folder):
        folder.mkdir(parents=True, exist_ok=True)
    with temporary_folder(folder, _PREFIX) as temporary:
        yield temporary


def write_text(path: Path, text: str) -> None:
    """Let `path` appear with `text`; its folder is made.  Raises `StorageError` or `DiskFull`."""
    with staging(path.parent) as folder:
        draft = folder / path.name
        with storage("writing", path):
            draft.write_text(text, "utf-8", "surrogateescape", newline="")  # may hold names
        publish(draft, path)


def publish(temporary: Path, final: Path, restat: bool = False) -> None:
    """Move a finished file over `final`, durably; both must lie on one file system.

    With `restat`, a `final` that holds the same bytes stays, and so does its time.  Raises
    `StorageError` or `DiskFull`; `final` is then what it was.
    """
    with storage("writing", final):
        if restat and final.is_file() and cmp(temporary, final, shallow=False):
            return
        _sync(temporary)
        temporary.replace(final)
        _sync(final.parent)  # the new name, too, must survive a power cut


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
