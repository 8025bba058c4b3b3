"""Records as bytes: canonical JSON under its own checksum."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

RESERVED = frozenset({"kind", "key", "blob", "length", "checksum"})

Record = dict[str, Any]  # a JSON object


def labelled(kind: str, key: str, facts: Mapping[str, Any]) -> Record:
    """A record of `facts` as JSON will give them back: tuples are lists, keys are strings."""
    if RESERVED & facts.keys():
        raise ValueError(f"facts may not be named {sorted(RESERVED & facts.keys())}")
    record: Record = json.loads(_canonical({**facts, "kind": kind, "key": key}))
    return record


def sealed(record: Record) -> bytes:
    """The record as it is written, its checksum among its fields."""
    return _canonical({**record, "checksum": _checksum(record)})


def unsealed(data: bytes) -> Record | None:
    """The record in `data` without its checksum; `None` when it is not what was sealed."""
    try:
        record = json.loads(data)
        if not isinstance(record, dict):
            return None
        checksum = record.pop("checksum", None)
        return record if checksum == _checksum(record) else None
    except (ValueError, RecursionError):
        return None


def is_record_of(record: Record | None, kind: str, key: str) -> bool:
    """Whether it is a record, and lies where it belongs."""
    return record is not None and (record.get("kind"), record.get("key")) == (kind, key)


def _canonical(record: Record) -> bytes:
    return json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _checksum(record: Record) -> str:
    return hashlib.sha256(_canonical(record)).hexdigest()
