"""Which ffmpeg is used, and how it is called."""

import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from podforge.errors import Unavailable
from podforge.media.children import STALL_SECONDS, child
from podforge.plain import plain


def ffmpeg_path() -> str:
    """The ffmpeg to use: $PODFORGE_FFMPEG, else the system's, else that of imageio-ffmpeg.

    Raises `Unavailable` when there is none.
    """
    chosen = os.environ.get("PODFORGE_FFMPEG")
    if chosen:
        found = shutil.which(chosen)
        if not found:
            raise Unavailable(f"PODFORGE_FFMPEG is {plain(chosen)}, which is not a program")
        return found
    return shutil.which("ffmpeg") or _bundled_ffmpeg()


def _bundled_ffmpeg() -> str:
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise Unavailable(
            "there is no ffmpeg",
            hint="apt install ffmpeg, brew install ffmpeg, or pip install imageio-ffmpeg",
        ) from error


def ffmpeg_version() -> str:
    """Version of the ffmpeg in use, as it tells it; asked once for each build."""
    path = ffmpeg_path()
    stat = Path(path).stat()
    return _version_of(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=4)
def _version_of(path: str, _size: int, _mtime_ns: int) -> str:
    with child([path, "-version"], stdout=subprocess.PIPE) as (process, _):
        output = process.communicate(timeout=STALL_SECONDS)[0]
    words = output.decode("utf-8", "replace").split()
    if words[:2] != ["ffmpeg", "version"]:
        raise Unavailable(f"{path} does not answer like ffmpeg")
    return words[2]


def start() -> list[str]:
    """The beginning of every command line."""
    return [ffmpeg_path(), "-nostdin", "-hide_banner", "-v", "error"]
