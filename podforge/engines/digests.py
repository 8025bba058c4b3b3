"""What a model's folder holds, as one digest.

Hashing 5 GB takes most of a minute, so digests of files are remembered by path, size, time of
change and inode.  The memory may be lost, broken or forbidden: then the files are read again.
"""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from podforge.errors import MissingInput, storage

SETTLED_NS = 2_000_000_000  # a file changed later than this ago may change again unseen
MOST_REMEMBERED = 500  # files; some twenty models

Memory = dict[str, list[object]]  # path -> size, mtime in ns, inode, digest


def folder_digest(folder: Path, files_of: Callable[[Path], Sequence[Path]]) -> str:
    """The digest of the names and contents of a model's files, 32 hex digits.

    `files_of` says which they are, in order.  Raises `MissingInput` for a folder without any,
    `StorageError` for one that cannot be read.
    """
    with storage("reading the model in", folder):
        files = files_of(folder) if folder.is_dir() else []
        if not files:
            raise MissingInput(f"there is no model in {folder}")
        memory = _remembered()
        found = [_entry(path, memory) for path in files]
    # Two files may be links to one blob, as in the cache of huggingface_hub.
    entries = {str(path.resolve()): entry for path, entry in zip(files, found, strict=True)}
    if any(memory.get(path) != entry for path, entry in entries.items()):
        _remember(memory | {path: e for path, e in entries.items() if _settled(e)})
    named = [[path.name, entry[-1]] for path, entry in zip(files, found, strict=True)]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:32]


def _entry(path: Path, memory: Memory) -> list[object]:
    stat = path.stat()
    known: list[object] = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
    match memory.get(str(path.resolve())):
        case [*before, str(digest)] if before == known:
            return [*known, digest]
    with path.open("rb") as file:
        return [*known, hashlib.file_digest(file, "sha256").hexdigest()]


def _settled(entry: list[object]) -> bool:
    return isinstance(entry[1], int) and time.time_ns() - entry[1] > SETTLED_NS


def _memory_file() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "podforge" / "models.json"


def _remembered() -> Memory:
    with suppress(OSError, ValueError):
        memory = json.loads(_memory_file().read_bytes())
        if isinstance(memory, dict) and all(isinstance(e, list) for e in memory.values()):
            return memory
    return {}


def _remember(memory: Memory) -> None:
    """Replace the file in one step; what cannot be written is worked out again next time."""
    target = _memory_file()
    newest = dict(list(memory.items())[-MOST_REMEMBERED:])
    with suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False) as file:
            try:
                json.dump(newest, file)
                file.close()
                Path(file.name).replace(target)
            except OSError:
                Path(file.name).unlink(missing_ok=True)
