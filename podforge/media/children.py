"""ffmpeg as a child process: started, watched, understood."""

import io
import os
import re
import selectors
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from podforge.errors import DiskFull, InputError, MissingInput, Place, StorageError, Unavailable
from podforge.plain import plain
from podforge.signal import Block

STALL_SECONDS = 120.0  # an ffmpeg that moves nothing for so long is hung
LOOK_SECONDS = 0.2  # between two looks whether it moved
READ_BYTES = 1 << 16  # what a pipe holds: more only costs memory that must be cleared
PIPE_BYTES = 1 << 18  # so that we and ffmpeg work side by side; users may have up to 1 MiB

# ffmpeg 5 ends with 0 when the disk is full at the very end; only its words tell.
_NO_SPACE = re.compile("No space left|quota exceeded")
_LOST = re.compile(f"{_NO_SPACE.pattern}|Error (writing|closing)|Input/output error")

Process = subprocess.Popen[bytes]


def url(path: Path) -> bytes:
    """A file name that ffmpeg cannot take for an option or a protocol; it need not be UTF-8."""
    return b"file:" + os.fsencode(path.absolute())


@contextmanager
def child(
    command: Sequence[str | bytes],
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
) -> Iterator[tuple[Process, IO[bytes]]]:
    """A running child and the file its errors go to; it does not outlive the block."""
    with tempfile.TemporaryFile() as stderr:
        try:
            process = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                process_group=0,
                pipesize=PIPE_BYTES,
            )
        except OSError as error:
            program = os.fsdecode(command[0])
            raise Unavailable(f"{program} cannot be run: {error.strerror}") from error
        try:
            yield process, stderr
        finally:
            process.kill()  # nothing happens to one that has ended
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()


def wait(process: Process) -> int:
    """Its exit code; it is killed when it does not end."""
    try:
        return process.wait(STALL_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def said(stderr: IO[bytes]) -> str:
    """The last things that ffmpeg complained about."""
    stderr.seek(0)
    lines = stderr.read(READ_BYTES).decode("utf-8", "replace").strip().splitlines()
    return plain(" / ".join(lines[-2:]))


def check_written(code: int, stderr: IO[bytes], path: Path) -> None:
    """Raise `DiskFull` or `StorageError` unless `path` was written to its end."""
    words = said(stderr)
    if code == 0 and not _LOST.search(words):
        return
    if _NO_SPACE.search(words):
        raise DiskFull(
            f"no space left while encoding {path}",
            hint="free some space and run the same command again; finished clips are kept",
        )
    if code == -signal.SIGKILL:  # by us, or by a system out of memory
        words = words or f"ffmpeg was killed, or took nothing for {STALL_SECONDS:.0f} s"
    raise StorageError(f"encoding {path} failed: {words or f'ffmpeg ended with {code}'}")


def regular(path: Path) -> Place:
    """The place of a file that may be read."""
    place = Place(str(path))
    if not path.exists():
        raise MissingInput("there is no such file", place=place)
    if not path.is_file():
        raise InputError.at(place, "not a regular file")
    return place


def frames(process: Process, channels: int, place: Place) -> Iterator[Block]:
    """Whole frames from the pipe."""
    assert isinstance(process.stdout, io.BufferedReader)
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            # Counted, for the clock goes on while we are stopped (Ctrl-Z).
            looks = range(round(STALL_SECONDS / LOOK_SECONDS))
            if not any(selector.select(LOOK_SECONDS) for _ in looks):
                raise InputError.at(place, f"ffmpeg gave nothing for {STALL_SECONDS:.0f} s")
            data = process.stdout.read1(READ_BYTES)
            if not data:
                return
            data = rest + data
            whole = len(data) // (4 * channels) * channels
            rest = data[4 * whole :]
            yield np.frombuffer(data, "<f4", whole).reshape(-1, channels)
