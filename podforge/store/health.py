"""Is a store sound, and how large: what `podforge cache` and `podforge doctor` tell of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podforge.store import Store
from podforge.store.contents import Contents, Item, contents_of
from podforge.store.holding import in_use


@dataclass(frozen=True)
class Verified:
    """How many records and blobs were looked at, and what was said of the damaged ones."""

    records: int
    blobs: int
    damage: tuple[str, ...]


def verify(root: Path) -> Verified:
    """Read every record and every blob; set aside what is damaged, as a read would.

    A record whose blob is gone is set aside, too.  Renders may go on meanwhile.
    """
    with in_use(root):
        contents = contents_of(root)
        damage = verify_blobs(root, list(contents.blobs))
        store = Store(root, damage.append)
        for record in contents.records:
            store.verify_record(record.kind, record.key)
    return Verified(len(contents.records), len(contents.blobs), tuple(damage))


def verify_blobs(root: Path, digests: Sequence[str]) -> list[str]:
    """Read some blobs, set aside what is damaged, and return what was said of it."""
    damage: list[str] = []
    store = Store(root, damage.append)
    for digest in digests:
        store.verify_blob(digest)
    return damage


def facts_of(contents: Contents, free_bytes: int, now: float) -> dict[str, Any]:
    """What `podforge cache stats --json` prints of a store; ages in seconds, sizes in bytes.

    The blob that several kinds name counts for each of them, but once in the total.
    """
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    named: set[tuple[str, str]] = set()
    for record in contents.records:
        counts[record.kind] += 1
        sizes[record.kind] += record.size
        if record.blob in contents.blobs and (record.kind, record.blob) not in named:
            named.add((record.kind, record.blob))
            sizes[record.kind] += contents.blobs[record.blob].size
    ages = [max(0, round(now - record.stamp)) for record in contents.records]
    return {
        "kinds": {kind: {"records": counts[kind], "bytes": sizes[kind]} for kind in sorted(counts)},
        "records": len(contents.records),
        "blobs": len(contents.blobs),
        "unnamed_blobs": _sum_of(list(contents.strays())),
        "quarantine": _sum_of(contents.quarantine),
        "temporaries": _sum_of(contents.temporaries),
        "locks": len(contents.locks),
        "oldest_use_seconds": max(ages, default=None),
        "last_use_seconds": min(ages, default=None),
        "bytes": contents.size,
        "free_bytes": free_bytes,
    }


def _sum_of(items: Sequence[Item]) -> dict[str, int]:
    return {"count": len(items), "bytes": sum(item.size for item in items)}
