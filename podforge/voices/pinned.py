"""What a pinned embedding says of itself: the recording and the model that it was made of."""

import json
from dataclasses import dataclass
from pathlib import Path

from podforge.errors import storage
from podforge.voices.files import VoiceFile, file_digest

MOST_HEADER_BYTES = 2**20  # of a safetensors file


@dataclass(frozen=True)
class Origin:
    """What a pinned embedding was made of: digests, each empty where the file does not say."""

    reference: str = ""
    model: str = ""


def origin_of(path: Path) -> Origin:
    """What a safetensors file says in its header: 8 bytes of length, then JSON.

    Its metadata has one entry, `podforge`, which is JSON again.  Empty for a file of another kind.
    Raises `StorageError`.
    """
    with storage("reading", path), path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        data = file.read(length) if length <= MOST_HEADER_BYTES else b""
    try:
        about = json.loads(json.loads(data)["__metadata__"]["podforge"])
        return Origin(str(about.get("reference", "")), str(about.get("model", "")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Origin()


def is_stale(file: VoiceFile, engine: str) -> bool:
    """Whether the recording is not, or not known to be, what the pinned embedding was made of."""
    made_of = origin_of(file.embeddings[engine]).reference
    return not file.reference or file_digest(file.reference) != made_of
