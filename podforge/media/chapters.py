"""Chapters of an MP4, which only ffmpeg writes."""

import re
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from podforge.media.children import check_written, child, url, wait
from podforge.media.programs import start
from podforge.plain import plain


def remux_with_chapters(
    source: Path, chapters: Sequence[tuple[float, str]], seconds: float, target: Path
) -> None:
    """Copy an MP4 without encoding it again, with chapters of (start in seconds, title).

    ffmpeg writes them twice: as a `chpl` box (255 at most) and as a QuickTime text track.
    `seconds` is the length of the whole.  Raises `DiskFull` or `StorageError`.
    """
    limits = ["-protocol_whitelist", "file,pipe"]
    command = [
        *start(),
        *[*limits, "-format_whitelist", "mov", "-i", url(source)],
        *[*limits, "-f", "ffmetadata", "-i", "pipe:0"],
        *["-map", "0:a", "-map_chapters", "1", "-map_metadata:g", "-1", "-c", "copy"],
        *["-f", "ipod", "-movflags", "+faststart", "-fflags", "+bitexact", "-y", url(target)],
    ]
    with child(command, stdin=subprocess.PIPE) as (process, stderr):
        assert process.stdin
        with suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(_chapter_metadata(chapters, seconds).encode())
        check_written(wait(process), stderr, target)


def _chapter_metadata(chapters: Sequence[tuple[float, str]], seconds: float) -> str:
    """Chapters in ffmpeg's metadata format, each ending where the next begins."""
    lines = [";FFMETADATA1"]
    ends = [*(begin for begin, _ in chapters[1:]), seconds]
    for (begin, title), end in zip(chapters, ends, strict=True):
        escaped = re.sub(r"([=;#\\])", r"\\\1", plain(title))
        times = f"TIMEBASE=1/1000000\nSTART={begin * 1e6:.0f}\nEND={end * 1e6:.0f}"
        lines += ["[CHAPTER]", times, f"title={escaped}"]
    return "\n".join(lines) + "\n"
