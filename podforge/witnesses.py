"""Whether files are what they were: by their bytes, never by their times alone.

A file is hashed, so that a new time, another clock or a `git checkout` changes nothing.  A large
one is hashed only when its size or its time is another one.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

LARGE_BYTES = 16 * 2**20  # a twentieth of a second of hashing
# Size, last time of change in nanoseconds, SHA-256 of the bytes (of the names in a folder); empty
# where nothing is that can be read.  Lists, as JSON gives them back.
State = list[int | str]
States = Mapping[str, State]


def look(paths: Iterable[Path | str], known: States | None = None) -> dict[str, State]:
    """The state of each path; `known` saves hashing large files that were not touched."""
    seen = known or {}
    return {str(path): _state(str(path), seen.get(str(path), [])) for path in paths}


def same(one: States, other: States) -> bool:
    """Whether both say the same, whatever the times are."""
    return one.keys() == other.keys() and all(one[path][::2] == other[path][::2] for path in one)


def changed_since(states: States, moment: int) -> bool:
    """Whether something has a time of change at or after `moment`, in nanoseconds."""
    return any(state and int(state[1]) >= moment for state in states.values())


def _changed(found: os.stat_result) -> int:
    """When the bytes came to this name: a file that was moved here may be older by itself."""
    return max(found.st_mtime_ns, found.st_ctime_ns)


def _state(path: str, known: State) -> State:
    try:
        found = Path(path).stat()
        if stat.S_ISDIR(found.st_mode):
            names = b"\0".join(sorted(os.fsencode(inside.name) for inside in Path(path).iterdir()))
            return [0, _changed(found), hashlib.sha256(names).hexdigest()]
        if not stat.S_ISREG(found.st_mode):
            return []
        marks = [found.st_size, _changed(found)]
        if found.st_size > LARGE_BYTES and known[:2] == marks:
            return known
        with Path(path).open("rb") as file:
            return [*marks, hashlib.file_digest(file, "sha256").hexdigest()]
    except (OSError, ValueError):
        return []
