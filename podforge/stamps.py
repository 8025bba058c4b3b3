"""The render stamp: whether outputs are still what a render of these inputs made.

A stamp holds when everything that went into the render is the same and every output still has
the size and time of change it was left with.
"""

import hashlib
import os
import platform
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from podforge import __version__
from podforge.assets import find_assets
from podforge.delivering import Outputs
from podforge.errors import StorageError, storage
from podforge.media import ffmpeg_version
from podforge.plan import digest
from podforge.project import Project
from podforge.store import Store


@dataclass(frozen=True)
class Stamp:
    """`inputs` is a digest of all that decides the outputs."""

    key: str
    inputs: str
    outputs: Outputs

    @classmethod
    def of(cls, project: Project, outputs: Outputs, picture: bytes) -> "Stamp":
        """The stamp that a render of `project` into `outputs` would leave.

        `picture` is the cover the script brings; one that is drawn follows from the header.
        """
        names = [str(path.absolute()) for path in outputs.everything()]
        made_of = [
            __version__,
            platform.python_version(),
            ffmpeg_version(),
            repr((project.script, project.cast, project.plan, outputs.formats, outputs.split)),
            [repr(project.book.find(part.voice.name)) for part in project.cast.parts.values()],
            hashlib.sha256(picture).hexdigest(),
            [_state(path) for path in find_assets(project.script).values()],
        ]
        return cls(digest(["stamp", names]), digest(made_of), outputs)

    def holds(self, store: Store) -> float | None:
        """The length of the episode in seconds if nothing must be done, else None."""
        record = store.find("stamp", self.key)
        if not record or record["inputs"] != self.inputs:
            return None
        left = self._left()
        return float(record["seconds"]) if left and record["left"] == left else None

    def renew(self, store: Store, seconds: float) -> None:
        """Give the audio a fresh time, as Make expects of a command that made its target."""
        for path in self.outputs.audio():
            with storage("touching", path):
                os.utime(path)
        self.press(store, seconds)

    def press(self, store: Store, seconds: float) -> None:
        """Write down what the outputs are now; a store that takes nothing goes without."""
        facts = {"inputs": self.inputs, "left": self._left(), "seconds": seconds}
        with suppress(StorageError):
            store.keep("stamp", self.key, facts, None, durable=False)

    def _left(self) -> list[list[int]]:
        left = []
        for path in self.outputs.everything():
            with storage("looking at", path):
                if not path.is_file():
                    return []
                left.append(_state(path))
        return left


def _state(path: Path) -> list[int]:
    """What tells whether a file was touched."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
