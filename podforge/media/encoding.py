"""Blocks of samples to an encoded file."""

import queue
import subprocess
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np

from podforge.media.children import STALL_SECONDS, Process, check_written, child, url, wait
from podforge.media.programs import start
from podforge.pcm import float_header
from podforge.signal import Block

QUEUE_BLOCKS = 8  # between the mixer and the encoder; a pipe alone would run them in lockstep
PACKET_BYTES = 64 << 10  # that ffmpeg reads at once: of raw samples, 4 kB, and that is felt
POLL_SECONDS = 0.2  # how often a full queue is looked at for an encoder that died
BITEXACT = {"map_metadata": "-1", "fflags": "+bitexact", "flags:a": "+bitexact"}

Arguments = Iterable[tuple[str, str]]


def encode(
    blocks: Iterable[Block],
    path: Path,
    rate: int,
    channels: int,
    arguments: Arguments,
) -> None:
    """Encode blocks of shape (samples, channels) to `path`, which is replaced.

    The same blocks give the same bytes.  Raises
    `DiskFull` or `StorageError`; what lies at `path` is then of no use.
    """
    import ffmpeg

    source = ffmpeg.input("pipe:0", f="wav", max_size=PACKET_BYTES)
    output = source.output(url(path), **BITEXACT, **dict(arguments))
    command = output.compile(cmd=start(), overwrite_output=True)
    with child(command, stdin=subprocess.PIPE) as (process, stderr):
        _feed(process, float_header(channels, rate), blocks)
        check_written(wait(process), stderr, path)


def _feed(process: Process, header: bytes, blocks: Iterable[Block]) -> None:
    """Write a header and blocks by a thread until all are written or ffmpeg stops reading."""
    line: queue.Queue[Block | None] = queue.Queue(QUEUE_BLOCKS)
    writer = threading.Thread(target=_write, args=(header, line, process.stdin), daemon=True)
    writer.start()
    try:
        for block in blocks:
            if not _put(line, block, writer):
                return
        if _put(line, None, writer):
            for _ in _looks():
                if writer.is_alive():
                    writer.join(POLL_SECONDS)
    finally:
        if writer.is_alive():  # ffmpeg hangs, or the blocks ended in an error
            process.kill()
            _empty(line)
            line.put(None)
            writer.join()


def _write(header: bytes, line: "queue.Queue[Block | None]", pipe: IO[bytes]) -> None:
    """The writer thread: it ends with the stream, or with ffmpeg, whose exit code then tells."""
    with suppress(OSError), pipe:
        pipe.write(header)
        while (block := line.get()) is not None:
            pipe.write(np.ascontiguousarray(block, np.float32).data.cast("B"))


def _put(line: "queue.Queue[Block | None]", block: Block | None, writer: threading.Thread) -> bool:
    """Hand a block to the writer; false when it has ended or stalled."""
    for _ in _looks():
        if not writer.is_alive():
            break
        with suppress(queue.Full):
            line.put(block, timeout=POLL_SECONDS)
            return True
    return False


def _looks() -> range:
    """So many polls are a stall; no clock, which goes on while we are stopped (Ctrl-Z)."""
    return range(round(STALL_SECONDS / POLL_SECONDS))


def _empty(line: "queue.Queue[Block | None]") -> None:
    with suppress(queue.Empty):
        while True:
            line.get_nowait()
