"""Deleting from a store: what nobody needs, what was longest of no use, or everything.

A record goes before its blob, so that a process killed in between leaves at most a blob that no
record names; the next collection finds it.
"""

import fcntl
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from podforge.errors import UsageError
from podforge.store.contents import Contents, Item, RecordItem, contents_of, is_store
from podforge.store.files import DAY_SECONDS, discard
from podforge.store.holding import alone

# A stamp lags up to a day behind the last use (`files.mark_used`): kept is what may have been used
# in the last 24 hours.
YOUNG_SECONDS = 2 * DAY_SECONDS
QUARANTINE_SECONDS = 7 * DAY_SECONDS
GOAL = 0.8  # of the limit, so that the next render does not exceed it at once


@dataclass(frozen=True)
class Doomed:
    """A file or folder that is to go, and why."""

    path: Path
    size: int
    why: str


def collect(root: Path, most_bytes: int | None, *, dry_run: bool = False) -> list[Doomed]:
    """Delete rubbish, then the longest unused until the store is well below `most_bytes`.

    Returns what went, or with `dry_run` what would.  Raises `StorageError` while a render works
    with the store, `UsageError` for a folder that is no store.
    """
    if not root.exists():
        return []
    check_store(root)
    if dry_run:
        contents = contents_of(root)
        return [*doomed(contents, most_bytes, time.time()), *_free_locks(contents.locks)]
    with alone(root):
        contents = contents_of(root)
        gone = doomed(contents, most_bytes, time.time())
        for each in gone:
            discard(each.path)
        gone = [each for each in gone if not os.path.lexists(each.path)]
        return [*gone, *_free_locks(contents.locks, discard_them=True)]


def clear(root: Path) -> int:
    """Delete everything that was kept; returns the bytes of it.  Raises as `collect`."""
    if not root.exists():
        return 0
    check_store(root)
    with alone(root):
        contents = contents_of(root)
        blobs = contents.blobs.values()
        for item in (*contents.records, *blobs, *contents.quarantine, *contents.temporaries):
            discard(item.path)
        list(_free_locks(contents.locks, discard_them=True))
        return contents.size


def check_store(root: Path) -> None:
    """Raise `UsageError` for a folder that podforge did not make."""
    if not is_store(root):
        raise UsageError(
            f"{root} is no store of podforge", hint="--cache names the folder; nothing was touched"
        )


def doomed(contents: Contents, most_bytes: int | None, now: float) -> list[Doomed]:
    """What is to go, in the order in which it must: a record before its blob."""
    gone = list(_rubbish(contents, now))
    left = contents.size - sum(each.size for each in gone)
    if most_bytes is not None and left > most_bytes:
        gone += _oldest(contents, left - GOAL * most_bytes, now)
    return gone


def _rubbish(contents: Contents, now: float) -> Iterator[Doomed]:
    for item in contents.records:
        if not _is_live(item, contents):
            yield Doomed(item.path, item.size, "records without use")
    yield from _old(contents.temporaries, DAY_SECONDS, now, "temporary files")
    yield from _old(contents.quarantine, QUARANTINE_SECONDS, now, "set aside over a week ago")
    # A young one may be about to get its record.
    yield from _old(contents.strays(), DAY_SECONDS, now, "blobs no record names")


def _is_live(record: RecordItem, contents: Contents) -> bool:
    return record.sound and (not record.blob or record.blob in contents.blobs)


def _old(items: Iterable[Item], age: float, now: float, why: str) -> list[Doomed]:
    return [Doomed(item.path, item.size, why) for item in items if now - item.stamp > age]


def _oldest(contents: Contents, excess: float, now: float) -> Iterator[Doomed]:
    """Records by their last use, and each blob with the last record that names it."""
    live = [record for record in contents.records if _is_live(record, contents)]
    named = Counter(record.blob for record in live)
    for record in sorted(live, key=lambda record: (record.stamp, record.path)):
        if excess <= 0 or now - record.stamp <= YOUNG_SECONDS:
            return
        yield Doomed(record.path, record.size, "longest unused")
        excess -= record.size
        named[record.blob] -= 1
        if record.blob and not named[record.blob]:
            blob = contents.blobs[record.blob]
            yield Doomed(blob.path, blob.size, "longest unused")
            excess -= blob.size


def _free_locks(locks: Sequence[Path], *, discard_them: bool = False) -> Iterator[Doomed]:
    """Lock files that nobody holds; deleted while held, which `Store.lock` notices."""
    for path in locks:
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if discard_them:
                    path.unlink()
            finally:
                os.close(descriptor)
            yield Doomed(path, 0, "lock files")
