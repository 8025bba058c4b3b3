"""The store: bytes that were made, found again by what they were made from.

    <root>/
    ├── records/<kind>/ab/<key>.json    what is known of one made thing; may name a blob
    ├── blobs/ab/<sha256>               bytes under their own digest
    ├── locks/ab/<key>                  one file per key, deleted only while it is held
    ├── in-use                          held by renders against those who delete (holding.py)
    ├── quarantine/                     damaged records and blobs, for a look
    └── tmp/                            drafts, swept after a day; scratch folders, gone with
                                        their process

A record is one JSON object that carries its kind, its key, and a checksum of itself.  A blob is
written before the record that names it, and each appears whole or not at all, so a process may be
killed at any instant.  Everything is verified on reading: a damaged entry is set aside, a warning
is told, and the caller makes the thing again.  Because of that, `fsync` protects work from a power
cut, never correctness.
"""

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from podforge.errors import CorruptBlob, StorageError, storage
from podforge.store.contents import CACHE_TAG, DRAFT
from podforge.store.files import (
    DAY_SECONDS,
    bytes_of,
    digest_of,
    discard,
    locked,
    mark_used,
    move,
    sync,
    write,
)
from podforge.store.records import Record, is_record_of, labelled, sealed, unsealed
from podforge.temporary import sweep, temporary_folder

STORE_VERSION = "1"  # of the layout above; another one is refused, never guessed at
_SCRATCH = "tmp"  # what the names of scratch folders begin with
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,199}")


def default_store_root() -> Path:
    """`$XDG_CACHE_HOME/podforge`, else `~/.cache/podforge` (XDG Base Directory 0.8: absolute).

    Raises `StorageError` for a user without a home folder.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (base if base.is_absolute() else Path.home() / ".cache") / "podforge"
    except RuntimeError as error:  # neither HOME nor an entry in the user database
        raise StorageError(
            "there is no home folder for the store", hint="name one with --cache, or set HOME"
        ) from error


class Store:
    """A content-addressed store below `root`, which is created by the first write.

    Any number of processes may use one store at a time.  One that cannot be written to still gives
    hits.  `on_warning` hears of damaged entries.

    Raises `StorageError` when `root` holds a store of another version.
    """

    def __init__(self, root: Path, on_warning: Callable[[str], None] | None = None) -> None:
        self.root = root
        self._warn = on_warning or (lambda _: None)
        self._founded = False
        self._check_version()
        self._sweep()

    # --- records ---------------------------------------------------------------------------

    def find(self, kind: str, key: str) -> Record | None:
        """The record kept under `kind` and `key`, if it is sound and its blob is there.

        Of the blob only the length is looked at; `read` and `checked_path` verify its bytes.
        """
        path = self._record(kind, key)
        record = self._look(path, kind, key)
        if record is None or not self._has_blob(record):
            return None
        mark_used(path)
        return record

    def _look(self, path: Path, kind: str, key: str) -> Record | None:
        data = bytes_of(path)
        record = unsealed(data) if data is not None else None
        if data is not None and not is_record_of(record, kind, key):
            self._set_aside(path)
            return None
        return record

    def keep(
        self,
        kind: str,
        key: str,
        facts: Mapping[str, Any],
        payload: bytes | None = None,
        *,
        durable: bool = True,
    ) -> Record:
        """Keep `facts` (JSON values) and maybe a blob; returns the record as `find` will.

        The record gets `kind`, `key` and, with a payload, `blob` (sha256) and `length` in bytes.
        An older record is replaced.  `durable=False` leaves out `fsync`, for what is cheap to make
        again.  Raises `DiskFull` or `StorageError`.
        """
        record = labelled(kind, key, facts)
        if payload is not None:
            digest = hashlib.sha256(payload).hexdigest()
            record |= {"blob": digest, "length": len(payload)}
            if not self._is_sound(digest):
                self._publish(payload, self._blob(digest), durable)
        return self._keep_record(record, durable)

    def keep_file(
        self, kind: str, key: str, facts: Mapping[str, Any], path: Path, *, durable: bool = True
    ) -> Record:
        """Keep a file as the blob, in constant memory; the file moves into the store."""
        record = labelled(kind, key, facts)
        with storage("reading", path):
            record |= {"blob": digest_of(path), "length": path.stat().st_size}
        self._adopt(path, record["blob"], durable)
        return self._keep_record(record, durable)

    def _keep_record(self, record: Record, durable: bool) -> Record:
        target = self._record(record["kind"], record["key"])
        self._publish(sealed(record), target, durable)
        return record

    # --- blobs -----------------------------------------------------------------------------

    def read(self, digest: str) -> bytes:
        """The bytes of a blob, verified.  Raises `CorruptBlob` when they are damaged or gone."""
        path = self._blob(digest)
        data = bytes_of(path)
        if data is None or hashlib.sha256(data).hexdigest() != digest:
            raise self._corrupt(path)
        return data

    def checked_path(self, digest: str) -> Path:
        """The path of a blob whose bytes were just verified block by block, for large files.

        Raises `CorruptBlob` when they are damaged or gone.
        """
        path = self._blob(digest)
        if not self._is_sound(digest):
            raise self._corrupt(path)
        return path

    def _has_blob(self, record: Record) -> bool:
        """Whether the blob that the record names is there, if it names one."""
        if "blob" not in record:
            return True
        path = self._blob(record["blob"])
        length: int = record["length"]
        with storage("reading", path):
            try:
                found = path.stat().st_size
            except FileNotFoundError:
                return False
        if found != length:
            self._set_aside(path)
        return found == length

    def _is_sound(self, digest: str) -> bool:
        path = self._blob(digest)
        with storage("reading", path):
            try:
                return digest_of(path) == digest
            except FileNotFoundError:
                return False

    def _corrupt(self, path: Path) -> CorruptBlob:
        self._set_aside(path)
        return CorruptBlob(
            f"a stored file was damaged or is gone: {path}",
            hint="it is set aside; run the same command again and it will be made again",
        )

    # --- the whole store -------------------------------------------------------------------

    def verify_record(self, kind: str, key: str) -> None:
        """Set a record aside, with a warning, when it is damaged or its blob is gone.

        Unlike `find` it is no use of the record.
        """
        path = self._record(kind, key)
        record = self._look(path, kind, key)
        if record is not None and not self._has_blob(record) and path.exists():
            self._set_aside(path)

    def verify_blob(self, digest: str) -> None:
        """Set a blob aside, with a warning, when its bytes are damaged."""
        if not self._is_sound(digest) and self._blob(digest).exists():
            self._set_aside(self._blob(digest))

    # --- locks and scratch folders ---------------------------------------------------------

    @contextmanager
    def lock(self, key: str, waiting: Callable[[], None] | None = None) -> Iterator[None]:
        """Hold the lock of `key` against every other holder, in this process and in others.

        Look again with `find` once it is held.  It ends with the process.  While it is not to be
        had, `waiting` is called a few times a second, to show life or to give up by raising.
        """
        descriptor = locked(self._lock(key), waiting)
        try:
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def locks(
        self, keys: Iterable[str], waiting: Callable[[], None] | None = None
    ) -> Iterator[None]:
        """Hold the locks of several keys; taken in sorted order, so that nobody waits in a ring.

        Each costs a file descriptor: lock a batch, not a book.
        """
        with ExitStack() as stack:
            for key in sorted(set(keys)):
                stack.enter_context(self.lock(key, waiting))
            yield

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A temporary folder on the file system of the store, removed afterwards."""
        with storage("writing", self.root):
            self._found()
        with temporary_folder(self._tmp, _SCRATCH) as folder:
            yield folder

    def free_bytes(self) -> int:
        """Bytes that may still be written on the file system of the store."""
        there = next(p for p in (self.root, *self.root.absolute().parents) if p.exists())
        with storage("reading", there):
            return shutil.disk_usage(there).free

    # --- the folder ------------------------------------------------------------------------

    @property
    def _tmp(self) -> Path:
        return self.root / "tmp"

    def _record(self, kind: str, key: str) -> Path:
        return Path(f"{self.root}/records/{_named(kind)}/{_named(key)[:2]}/{key}.json")

    def _blob(self, digest: str) -> Path:
        return self.root / "blobs" / _named(digest)[:2] / digest

    def _lock(self, key: str) -> Path:
        return self.root / "locks" / _named(key)[:2] / key

    def _check_version(self) -> None:
        version = bytes_of(self.root / "VERSION")
        if version is not None and version.strip() != STORE_VERSION.encode():
            raise StorageError(
                f"{self.root} holds a store that this podforge does not understand",
                hint="name another folder with --cache, or delete this one",
            )

    def _found(self) -> None:
        """Make the root and its two marker files, once."""
        if self._founded:
            return
        self._tmp.mkdir(parents=True, exist_ok=True)
        for name, text in (("CACHEDIR.TAG", CACHE_TAG), ("VERSION", STORE_VERSION + "\n")):
            if not (self.root / name).exists():
                draft = self._draft()
                write(draft, text.encode(), durable=False)
                move(draft, self.root / name, durable=False)
        self._founded = True

    def _draft(self) -> Path:
        return self._tmp / secrets.token_hex(12)

    def _publish(self, data: bytes, target: Path, durable: bool) -> None:
        """Let `target` appear with `data`, whole or not at all."""
        with storage("writing", target), ExitStack() as on_failure:
            self._found()
            draft = self._draft()
            on_failure.callback(discard, draft)
            write(draft, data, durable)
            move(draft, target, durable)
            on_failure.pop_all()

    def _adopt(self, path: Path, digest: str, durable: bool) -> None:
        """Move the file at `path` in as the blob `digest`, from any file system."""
        if self._is_sound(digest):
            discard(path)
            return
        target = self._blob(digest)
        with storage("writing", target), ExitStack() as afterwards:
            self._found()
            if path.stat().st_dev != self._tmp.stat().st_dev:
                afterwards.callback(discard, draft := self._draft())
                shutil.copyfile(path, draft)
                source, path = path, draft
            else:
                source = path
            if durable:
                sync(path)
            move(path, target, durable)
            discard(source)

    def _set_aside(self, path: Path) -> None:
        """Move a damaged file out of the way; in a read-only store it stays, and stays a miss."""
        with suppress(OSError):
            quarantine = self.root / "quarantine"
            quarantine.mkdir(parents=True, exist_ok=True)
            path.replace(quarantine / f"{path.name}.{secrets.token_hex(4)}")
        self._warn(f"{path} was damaged; it is set aside and will be made again")

    def _sweep(self) -> None:
        """Remove what killed processes left in tmp/: folders at once, drafts after a day."""
        sweep(self._tmp, _SCRATCH)
        with suppress(OSError), os.scandir(self._tmp) as entries:
            for entry in entries:
                age = time.time() - entry.stat(follow_symlinks=False).st_mtime
                if age > DAY_SECONDS and DRAFT.fullmatch(entry.name):
                    discard(Path(entry.path))


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a key or kind of the store: {name!r}")
    return name
