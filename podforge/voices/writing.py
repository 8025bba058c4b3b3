"""The only place that writes into a voices folder: what appears there is whole."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from podforge.errors import storage
from podforge.temporary import temporary_folder


def put(path: Path, data: bytes) -> None:
    """Write a file over `path`, so that a reader sees the old one or the new one.

    Raises `DiskFull` or `StorageError`; `path` is then what it was.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    with storage("writing", path):
        try:
            with draft.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()


@contextmanager
def draft_folder(folder: Path, name: str) -> Iterator[Path]:
    """A folder called `name` on the file system of `folder`, to be filled and then moved there.

    Makes `folder` when it is missing.  Raises `DiskFull` or `StorageError`.
    """
    with storage("writing", folder):
        folder.mkdir(parents=True, exist_ok=True)
        with temporary_folder(folder, ".podforge-") as scratch:
            draft = scratch / name
            draft.mkdir()
            yield draft
