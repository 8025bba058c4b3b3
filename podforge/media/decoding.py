"""Sound files of any kind to blocks of samples."""

import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from podforge.errors import InputError, Place
from podforge.media.children import Process, child, frames, regular, said, url, wait
from podforge.media.programs import start
from podforge.signal import Block

VOICE_MOST_SECONDS = 300  # of a recording that a reference clip is cut from
VOICE_MOST_BYTES = 256 * 2**20  # five minutes of stereo at 96 kHz as float32 have 220 MiB
FORMATS_READ = "wav,w64,flac,mp3,ogg,mov,aiff,matroska,aac"  # no playlists: they open other files

_AU = struct.Struct(">4s5I")  # Sun audio: magic, start of the data, size, format, rate, channels


def decode(path: Path, rate: int, channels: int) -> Iterator[Block]:
    """The first sound track of a file as blocks of shape (samples, channels) at `rate`.

    Only regular files of known formats are read; nothing a file says opens another one.
    Raises `MissingInput`, or `InputError` when ffmpeg cannot make sense of the file.
    """
    import ffmpeg

    place = regular(path)
    source = ffmpeg.input(url(path), protocol_whitelist="file,pipe", format_whitelist=FORMATS_READ)
    output = source.output("pipe:1", f="f32le", ar=rate, ac=channels, map="0:a:0")
    with child(output.compile(cmd=start()), stdout=subprocess.PIPE) as (process, stderr):
        yield from frames(process, channels, place)
        if wait(process):
            raise InputError.at(place, f"cannot be read as audio: {said(stderr)}")


def read_clip(path: Path) -> tuple[Block, int]:
    """A recording of a voice as it is: shape (samples, channels), at its own rate.

    At most five minutes of it are read.  Raises as `decode` does, and `InputError` when there
    is no sound in it.
    """
    import ffmpeg

    place = regular(path)
    source = ffmpeg.input(url(path), protocol_whitelist="file,pipe", format_whitelist=FORMATS_READ)
    output = source.output("pipe:1", f="au", acodec="pcm_f32be", map="0:a:0", t=VOICE_MOST_SECONDS)
    with child(output.compile(cmd=start()), stdout=subprocess.PIPE) as (process, stderr):
        data = _everything(process, place)
        if wait(process):
            raise InputError.at(place, f"cannot be read as audio: {said(stderr)}")
    if len(data) < _AU.size:
        raise InputError.at(place, "there is no sound in it")
    _, at, _, _, rate, channels = _AU.unpack_from(data)
    values = np.frombuffer(data, ">f4", (len(data) - at) // 4 // channels * channels, at)
    if not len(values):
        raise InputError.at(place, "there is no sound in it")
    return values.astype(np.float32).reshape(-1, channels), rate


def _everything(process: Process, place: Place) -> bytes:
    """All that the child writes, up to `VOICE_MOST_BYTES`."""
    parts = [b""]
    for block in frames(process, 1, place):
        parts.append(block.tobytes())
        if sum(map(len, parts)) > VOICE_MOST_BYTES:
            raise InputError.at(place, "too many channels or samples; give a shorter recording")
    return b"".join(parts)
