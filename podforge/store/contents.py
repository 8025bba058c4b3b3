"""What lies in a store, file by file, without a look into the blobs."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from podforge.store.files import bytes_of
from podforge.store.records import is_record_of, unsealed

CACHE_TAG = (  # https://bford.info/cachedir/: backup programs skip the folder
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# Clips made by podforge; they can be made again.\n"
)
DRAFT = re.compile(r"[0-9a-f]{24}|tmp[a-z0-9_]{8}")  # drafts, and folders of `tempfile.mkdtemp`
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SET_ASIDE = re.compile(r".+\.[0-9a-f]{8}")


@dataclass(frozen=True)
class Item:
    """A file or a scratch folder: bytes in it, and the modification time in Unix seconds."""

    path: Path
    size: int
    stamp: float


@dataclass(frozen=True)
class RecordItem(Item):
    """A record; its stamp is renewed by use.  `blob` is the digest it names, if any."""

    kind: str
    sound: bool
    blob: str = ""

    @property
    def key(self) -> str:
        """The key that the file's name holds."""
        return self.path.stem


@dataclass(frozen=True)
class Contents:
    """The files of a store by what they are; blobs by digest.  Foreign files are left out."""

    records: tuple[RecordItem, ...] = ()
    blobs: Mapping[str, Item] = field(default_factory=dict)
    quarantine: tuple[Item, ...] = ()
    temporaries: tuple[Item, ...] = ()
    locks: tuple[Path, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        parts = (self.records, self.blobs.values(), self.quarantine, self.temporaries)
        return sum(item.size for part in parts for item in part)

    def strays(self) -> Iterator[Item]:
        """Blobs that no record names."""
        named = {record.blob for record in self.records}
        return (item for digest, item in self.blobs.items() if digest not in named)


def is_store(root: Path) -> bool:
    """Whether podforge made the folder; only then is anything in it deleted."""
    tag = bytes_of(root / "CACHEDIR.TAG")
    return tag == CACHE_TAG.encode() and (root / "VERSION").is_file()


def contents_of(root: Path) -> Contents:
    """Look through the store; what vanishes meanwhile is left out."""
    return Contents(
        records=tuple(_records(root)),
        blobs={item.path.name: item for item in _items(root, "blobs/??/*", _DIGEST)},
        quarantine=tuple(_items(root, "quarantine/*", _SET_ASIDE)),
        temporaries=tuple(_items(root, "tmp/*", DRAFT)),
        locks=tuple(sorted(root.glob("locks/??/*"))),
    )


def _records(root: Path) -> Iterator[RecordItem]:
    for item in _items(root, "records/*/??/*.json", re.compile(r".+")):
        kind = item.path.parent.parent.name
        record = unsealed(bytes_of(item.path) or b"")
        sound = is_record_of(record, kind, item.path.stem)
        blob = str(record.get("blob", "")) if record and sound else ""
        yield RecordItem(item.path, item.size, item.stamp, kind, sound, blob)


def _items(root: Path, pattern: str, name: re.Pattern[str]) -> Iterator[Item]:
    for path in sorted(root.glob(pattern)):
        if name.fullmatch(path.name):
            with suppress(OSError):
                stat = path.lstat()
                size = _folder_size(path) if path.is_dir() else stat.st_size
                yield Item(path, size, stat.st_mtime)


def _folder_size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
