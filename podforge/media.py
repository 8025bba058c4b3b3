"""ffmpeg: encoding, decoding, and chapters in MP4.  The only user of ffmpeg-python.

Every child runs in a process group of its own, so that Ctrl-C reaches us alone; we end it on
the way out, whatever happened.  When we are killed ourselves, its pipe closes and it ends too.
"""

import io
import os
import queue
import re
import selectors
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np

from podforge.errors import DiskFull, InputError, MissingInput, Place, StorageError, Unavailable
from podforge.plain import plain
from podforge.signal import Block, Samples

QUEUE_BLOCKS = 8  # between the mixer and the encoder; a pipe alone would run them in lockstep
STALL_SECONDS = 120.0  # an ffmpeg that moves nothing for so long is hung
POLL_SECONDS = 0.2  # how often a full queue is looked at for an encoder that died
CLIP_RATE = 24_000  # enough to describe a recording of a voice
CLIP_MOST_SECONDS = 600
VOICE_MOST_SECONDS = 300  # of a recording that a reference clip is cut from
VOICE_MOST_BYTES = 256 * 2**20  # five minutes of stereo at 96 kHz as float32 have 220 MiB
CLIP_FADE_MS = 10
READ_BYTES = 1 << 20
PIPE_BYTES = 1 << 18  # so that we and ffmpeg work side by side; users may have up to 1 MiB
FORMATS_READ = "wav,w64,flac,mp3,ogg,mov,aiff,matroska,aac"  # no playlists: they open other files
BITEXACT = {"map_metadata": "-1", "fflags": "+bitexact", "flags:a": "+bitexact"}

_AU = struct.Struct(">4s5I")  # Sun audio: magic, start of the data, size, format, rate, channels

# ffmpeg 5 ends with 0 when the disk is full at the very end; only its words tell.
_NO_SPACE = re.compile("No space left|quota exceeded")
_LOST = re.compile(f"{_NO_SPACE.pattern}|Error (writing|closing)|Input/output error")

Process = subprocess.Popen[bytes]
Arguments = Iterable[tuple[str, str]]


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
    with _child([path, "-version"], stdout=subprocess.PIPE) as (process, _):
        output = process.communicate(timeout=STALL_SECONDS)[0]
    words = output.decode("utf-8", "replace").split()
    if words[:2] != ["ffmpeg", "version"]:
        raise Unavailable(f"{path} does not answer like ffmpeg")
    return words[2]


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

    source = ffmpeg.input("pipe:0", f="f32le", ar=rate, ac=channels)
    output = source.output(_url(path), **BITEXACT, **dict(arguments))
    command = output.compile(cmd=_start(), overwrite_output=True)
    with _child(command, stdin=subprocess.PIPE) as (process, stderr):
        _feed(process, blocks)
        _check_written(_wait(process), stderr, path)


def _feed(process: Process, blocks: Iterable[Block]) -> None:
    """Write blocks through a thread until all are written or ffmpeg stops reading."""
    line: queue.Queue[Block | None] = queue.Queue(QUEUE_BLOCKS)
    writer = threading.Thread(target=_write, args=(line, process.stdin), daemon=True)
    writer.start()
    try:
        for block in blocks:
            if not _put(line, block, writer):
                return
        if _put(line, None, writer):
            writer.join(STALL_SECONDS)
    finally:
        if writer.is_alive():  # ffmpeg hangs, or the blocks ended in an error
            process.kill()
            _empty(line)
            line.put(None)
            writer.join()


def _write(line: "queue.Queue[Block | None]", pipe: IO[bytes]) -> None:
    """The writer thread: it ends with the stream, or with ffmpeg, whose exit code then tells."""
    with suppress(OSError), pipe:
        while (block := line.get()) is not None:
            pipe.write(np.ascontiguousarray(block, np.float32).data.cast("B"))


def _put(line: "queue.Queue[Block | None]", block: Block | None, writer: threading.Thread) -> bool:
    """Hand a block to the writer; false when it has ended or stalled."""
    until = time.monotonic() + STALL_SECONDS
    while writer.is_alive() and time.monotonic() < until:
        with suppress(queue.Full):
            line.put(block, timeout=POLL_SECONDS)
            return True
    return False


def _empty(line: "queue.Queue[Block | None]") -> None:
    with suppress(queue.Empty):
        while True:
            line.get_nowait()


def decode(path: Path, rate: int, channels: int) -> Iterator[Block]:
    """The first sound track of a file as blocks of shape (samples, channels) at `rate`.

    Only regular files of known formats are read; nothing a file says opens another one.
    Raises `MissingInput`, or `InputError` when ffmpeg cannot make sense of the file.
    """
    import ffmpeg

    place = _regular(path)
    source = ffmpeg.input(_url(path), protocol_whitelist="file,pipe", format_whitelist=FORMATS_READ)
    output = source.output("pipe:1", f="f32le", ar=rate, ac=channels, map="0:a:0")
    with _child(output.compile(cmd=_start()), stdout=subprocess.PIPE) as (process, stderr):
        yield from _frames(process, channels, place)
        if _wait(process):
            raise InputError.at(place, f"cannot be read as audio: {_said(stderr)}")


def _regular(path: Path) -> Place:
    """The place of a file that may be read."""
    place = Place(str(path))
    if not path.exists():
        raise MissingInput("there is no such file", place=place)
    if not path.is_file():
        raise InputError.at(place, "not a regular file")
    return place


def _frames(process: Process, channels: int, place: Place) -> Iterator[Block]:
    """Whole frames from the pipe."""
    assert isinstance(process.stdout, io.BufferedReader)
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(STALL_SECONDS):
                raise InputError.at(place, f"ffmpeg gave nothing for {STALL_SECONDS:.0f} s")
            data = process.stdout.read1(READ_BYTES)
            if not data:
                return
            data = rest + data
            whole = len(data) // (4 * channels) * channels
            rest = data[4 * whole :]
            yield np.frombuffer(data, "<f4", whole).reshape(-1, channels)


@dataclass(frozen=True)
class Recorded:
    """What a short recording is like: its length, its mean level, and the silence before it."""

    seconds: float
    dbfs: float
    lead_seconds: float


def describe_clip(path: Path) -> Recorded:
    """Look at one clip, such as a voice's reference; at most ten minutes of it are read.

    Raises as `decode` does.
    """
    from pydub import AudioSegment
    from pydub.silence import detect_leading_silence

    sound: list[bytes] = []
    for block in decode(path, CLIP_RATE, 1):
        sound.append((np.clip(block, -1, 1) * 32_767).astype("<i2").tobytes())
        if sum(map(len, sound)) > CLIP_MOST_SECONDS * CLIP_RATE * 2:
            break
    clip = AudioSegment(b"".join(sound), sample_width=2, frame_rate=CLIP_RATE, channels=1)
    return Recorded(clip.duration_seconds, clip.dBFS, detect_leading_silence(clip) / 1000)


def read_clip(path: Path) -> tuple[Block, int]:
    """A recording of a voice as it is: shape (samples, channels), at its own rate.

    At most five minutes of it are read.  Raises as `decode` does, and `InputError` when there
    is no sound in it.
    """
    import ffmpeg

    place = _regular(path)
    source = ffmpeg.input(_url(path), protocol_whitelist="file,pipe", format_whitelist=FORMATS_READ)
    output = source.output("pipe:1", f="au", acodec="pcm_f32be", map="0:a:0", t=VOICE_MOST_SECONDS)
    with _child(output.compile(cmd=_start()), stdout=subprocess.PIPE) as (process, stderr):
        data = _everything(process, place)
        if _wait(process):
            raise InputError.at(place, f"cannot be read as audio: {_said(stderr)}")
    if len(data) < _AU.size:
        raise InputError.at(place, "there is no sound in it")
    _, start, _, _, rate, channels = _AU.unpack_from(data)
    values = np.frombuffer(data, ">f4", (len(data) - start) // 4 // channels * channels, start)
    if not len(values):
        raise InputError.at(place, "there is no sound in it")
    return values.astype(np.float32).reshape(-1, channels), rate


def _everything(process: Process, place: Place) -> bytes:
    """All that the child writes, up to `VOICE_MOST_BYTES`."""
    parts = [b""]
    for block in _frames(process, 1, place):
        parts.append(block.tobytes())
        if sum(map(len, parts)) > VOICE_MOST_BYTES:
            raise InputError.at(place, "too many channels or samples; give a shorter recording")
    return b"".join(parts)


def cut_clip(
    sound: Samples, rate: int, start_seconds: float, end_seconds: float, gain_db: float
) -> Samples:
    """A stretch of mono sound at another level, with edges that do not click."""
    from pydub import AudioSegment

    codes = np.clip(sound.astype(np.float64) * 2**31, -(2**31), 2**31 - 1).astype("<i4")
    clip = AudioSegment(codes.tobytes(), sample_width=4, frame_rate=rate, channels=1)
    clip = clip[round(1000 * start_seconds) : round(1000 * end_seconds)]
    clip = clip.apply_gain(gain_db).fade_in(CLIP_FADE_MS).fade_out(CLIP_FADE_MS)
    return np.asarray(np.frombuffer(clip.raw_data, "<i4") / 2**31, np.float32)


def remux_with_chapters(
    source: Path, chapters: Sequence[tuple[float, str]], seconds: float, target: Path
) -> None:
    """Copy an MP4 without encoding it again, with chapters of (start in seconds, title).

    ffmpeg writes them twice: as a `chpl` box (255 at most) and as a QuickTime text track.
    `seconds` is the length of the whole.  Raises `DiskFull` or `StorageError`.
    """
    limits = ["-protocol_whitelist", "file,pipe"]
    command = [
        *_start(),
        *[*limits, "-format_whitelist", "mov", "-i", _url(source)],
        *[*limits, "-f", "ffmetadata", "-i", "pipe:0"],
        *["-map", "0:a", "-map_chapters", "1", "-map_metadata:g", "-1", "-c", "copy"],
        *["-f", "ipod", "-movflags", "+faststart", "-fflags", "+bitexact", "-y", _url(target)],
    ]
    with _child(command, stdin=subprocess.PIPE) as (process, stderr):
        assert process.stdin
        with suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(_chapter_metadata(chapters, seconds).encode())
        _check_written(_wait(process), stderr, target)


def _chapter_metadata(chapters: Sequence[tuple[float, str]], seconds: float) -> str:
    """Chapters in ffmpeg's metadata format, each ending where the next begins."""
    lines = [";FFMETADATA1"]
    ends = [*(start for start, _ in chapters[1:]), seconds]
    for (start, title), end in zip(chapters, ends, strict=True):
        escaped = re.sub(r"([=;#\\])", r"\\\1", plain(title))
        times = f"TIMEBASE=1/1000000\nSTART={start * 1e6:.0f}\nEND={end * 1e6:.0f}"
        lines += ["[CHAPTER]", times, f"title={escaped}"]
    return "\n".join(lines) + "\n"


def _start() -> list[str]:
    return [ffmpeg_path(), "-nostdin", "-hide_banner", "-v", "error"]


def _url(path: Path) -> str:
    """A file name that ffmpeg cannot take for an option or a protocol."""
    return f"file:{path.absolute()}"


@contextmanager
def _child(
    command: list[str], stdin: int = subprocess.DEVNULL, stdout: int = subprocess.DEVNULL
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
            raise Unavailable(f"{command[0]} cannot be run: {error.strerror}") from error
        try:
            yield process, stderr
        finally:
            process.kill()  # nothing happens to one that has ended
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()


def _wait(process: Process) -> int:
    """Its exit code; it is killed when it does not end."""
    try:
        return process.wait(STALL_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _said(stderr: IO[bytes]) -> str:
    """The last things that ffmpeg complained about."""
    stderr.seek(0)
    lines = stderr.read(READ_BYTES).decode("utf-8", "replace").strip().splitlines()
    return plain(" / ".join(lines[-2:]))


def _check_written(code: int, stderr: IO[bytes], path: Path) -> None:
    """Raise `DiskFull` or `StorageError` unless `path` was written to its end."""
    said = _said(stderr)
    if code == 0 and not _LOST.search(said):
        return
    if _NO_SPACE.search(said):
        raise DiskFull(
            f"no space left while encoding {path}",
            hint="free some space and run the same command again; finished clips are kept",
        )
    if code == -signal.SIGKILL:  # by us, or by a system out of memory
        said = said or f"ffmpeg was killed, or took nothing for {STALL_SECONDS:.0f} s"
    raise StorageError(f"encoding {path} failed: {said or f'ffmpeg ended with {code}'}")
