"""Whether the disk has room for a render, asked before any of it is done."""

from podforge.arranging import arrange
from podforge.delivering import Outputs
from podforge.encodings import STREAMS
from podforge.errors import DiskFull, StorageError
from podforge.making import by_chapter
from podforge.plan import estimate_seconds
from podforge.project import Project
from podforge.store import Store
from podforge.units import CHARACTERS_PER_SECOND, MIX_RATE, spoken_length

CLIP_BYTES = 2 * 24_000  # a second of clips, of the mix, and of a finished file, about
MIX_BYTES = 2 * 4 * MIX_RATE  # two channels
FILE_BYTES = 16_000
LOSSLESS_BYTES = 2 * 2 * MIX_RATE


def check_space(project: Project, outputs: Outputs, store: Store, workers: int, new: float) -> None:
    """Refuse work for which the store's disk has no room.

    `new`: seconds of speech that are to be made.  Raises `DiskFull`.
    """
    seconds = estimate_seconds(project.script)
    mixed = seconds
    if by_chapter(project, outputs):  # only as many at once as there are workers
        mixed = min(seconds, workers * _longest_chapter(project))
    files = sum(
        LOSSLESS_BYTES if STREAMS[wanted.name] == "flac" else FILE_BYTES
        for wanted in outputs.formats
    )
    needed = new * CLIP_BYTES + mixed * MIX_BYTES + 2 * seconds * files  # kept and written
    free = store.free_bytes()
    if free < needed:
        _check_writable(store)  # a folder like /proc has no space, whatever is freed
        raise DiskFull(
            f"{free / 1e6:.0f} MB free in {store.root}; this needs about {needed / 1e6:.0f} MB",
            hint="free some space, or name another store with --cache",
        )


def _check_writable(store: Store) -> None:
    """Raise `StorageError` where it is not space that the store lacks."""
    try:
        with store.scratch():
            pass
    except DiskFull:
        return
    except StorageError as error:
        text = f"the store cannot be written: {error.text}"
        raise StorageError(text, hint="name another with --cache, or set PODFORGE_CACHE") from error


def _longest_chapter(project: Project) -> float:
    """Seconds of speech in it, roughly."""
    parts = arrange(project.script, project.plan).chapters()
    lengths = (sum(spoken_length(entry.speech.said) for entry in part.entries) for part in parts)
    return max(lengths, default=0) / CHARACTERS_PER_SECOND
