"""Chapters of an MP4, which only ffmpeg writes."""

import re
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from podforge.errors import storage
from podforge.media.children import check_written, child, url, wait
from podforge.media.programs import start
from podforge.plain import plain

AAC_FRAME = 1024  # samples


def mux_mp4(
    stream: Iterable[bytes],
    samples: int,
    rate: int,
    chapters: Sequence[tuple[float, str]],
    target: Path,
) -> None:
    """Write AAC in ADTS, in chunks of any size, into an MP4 with chapters of (seconds, title).

    Its edit list skips the first frame, which is the encoder's priming, and ends after `samples`;
    frames past that are left out.  ffmpeg writes chapters twice: as a `chpl` box (255 at most)
    and as a QuickTime text track.  Raises `DiskFull` or `StorageError`.
    """
    with tempfile.NamedTemporaryFile() as notes:
        with storage("writing", Path(notes.name)):
            notes.write(_chapter_metadata(chapters, samples / rate).encode())
            notes.flush()
        limits = ["-protocol_whitelist", "file,pipe"]
        command = [
            *start(),
            # No thread that reads ahead: ffmpeg 5's sleeps 10 ms after every eight frames.
            *["-thread_queue_size", "0"],
            *[*limits, "-format_whitelist", "aac", "-f", "aac", "-i", "pipe:0"],
            *[*limits, "-f", "ffmetadata", "-i", url(Path(notes.name))],
            *["-map", "0:a", "-map_chapters", "1", "-map_metadata:g", "-1", "-c", "copy"],
            *_times(samples),
            *["-f", "ipod", "-movie_timescale", str(rate), "-movflags", "+faststart"],
            *["-fflags", "+bitexact", "-y", url(target)],
        ]
        with child(command, stdin=subprocess.PIPE) as (process, stderr):
            assert process.stdin
            with suppress(BrokenPipeError), process.stdin as pipe:
                for data in stream:
                    pipe.write(data)
            check_written(wait(process), stderr, target)


def _times(samples: int) -> list[str]:
    """Options for the frames of `samples`, one frame early, the last one cut.

    Times are told in durations: their unit differs between versions of ffmpeg.
    """
    earlier, rest = divmod(samples - 1, AAC_FRAME)  # frames between the first and the last
    last = f"if(eq(N\\,{earlier + 1})\\,{rest + 1}/{AAC_FRAME}\\,1)"
    times = f"setts=ts=(N-1)*DURATION:duration=DURATION*{last}"
    return ["-frames:a", str(earlier + 2), "-bsf:a", f"aac_adtstoasc,{times}"]


def _chapter_metadata(chapters: Sequence[tuple[float, str]], seconds: float) -> str:
    """Chapters in ffmpeg's metadata format, each ending where the next begins."""
    lines = [";FFMETADATA1"]
    ends = [*(begin for begin, _ in chapters), seconds][1:]
    for (begin, title), end in zip(chapters, ends, strict=True):
        # ffmpeg takes an escaped backslash at the end of a line for one that joins two lines.
        escaped = re.sub(r"([=;#\\])", r"\\\1", plain(title).rstrip("\\"))
        times = f"TIMEBASE=1/1000000\nSTART={begin * 1e6:.0f}\nEND={end * 1e6:.0f}"
        lines += ["[CHAPTER]", times, f"title={escaped}"]
    return "\n".join(lines) + "\n"
