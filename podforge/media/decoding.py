"""Sound files of any kind to blocks of samples."""

import re
import struct
import subprocess
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np

from podforge.errors import InputError, Place
from podforge.media.children import Process, child, frames, regular, said, url, wait
from podforge.media.programs import start
from podforge.plain import plain
from podforge.signal import Block, blocks_of

VOICE_MOST_SECONDS = 300  # of a recording that a reference clip is cut from
VOICE_MOST_BYTES = 256 * 2**20  # five minutes of stereo at 96 kHz as float32 have 220 MiB
FORMATS_READ = "wav,w64,flac,mp3,ogg,mov,aiff,matroska,aac"  # no playlists: they open other files

# Else each frame that is decoded goes through the pipe alone: of Opus, 20 ms at a time.
IN_LARGE_PARTS = {"flush_packets": 0}

SOUND_FILTERS = (
    # A kernel twice as long as ffmpeg's own: what lies above the new band is 50 dB down, not 20.
    "aresample={rate}:filter_size=64:rematrix_maxval=1,"
    "aformat=channel_layouts=mono|stereo"  # mono stays mono, more than stereo becomes stereo
)
_ALL_WORDS = "-v", "level+warning"
# What ffmpeg says of damage, apart from errors: of a WAV, an MP3, an MP4 that was cut off.
_DAMAGE = re.compile(r"\[(?:error|fatal|panic)\]|corrupt|growing file|partial file")
_WORDS_MOST = 1 << 20  # bytes of what ffmpeg says
_LABELS = re.compile(r"\[[^\]]*\]\s*")

_AU = struct.Struct(">4s5I")  # Sun audio: magic, start of the data, size, format, rate, channels


def unreadable(place: Place, words: str) -> InputError:
    """The error for a file that ffmpeg, in its own words, makes nothing of."""
    text = f"cannot be read as audio: {words}; export it again as WAV, FLAC or MP3"
    return InputError.at(place, text)


def decode(
    path: Path, rate: int, channels: int, complain: Callable[[str], None] = lambda _: None
) -> Iterator[Block]:
    """The first sound track of a file as blocks of shape (samples, channels) at `rate`.

    Only regular files of known formats are read; nothing a file says opens another one.
    `complain` hears what ffmpeg said about a file that is damaged and yet gave sound.
    Raises `MissingInput`, or `InputError` when ffmpeg cannot make sense of the file.
    """
    import ffmpeg

    place = regular(path)
    source = ffmpeg.input(url(path), protocol_whitelist="file,pipe", format_whitelist=FORMATS_READ)
    output = source.output("pipe:1", f="f32le", ar=rate, ac=channels, map="0:a:0", **IN_LARGE_PARTS)
    command = [*output.compile(cmd=start()), *_ALL_WORDS]
    with child(command, stdout=subprocess.PIPE) as (process, stderr):
        yield from frames(process, channels, place)
        code, damage = wait(process), _damage(stderr)
    if code:
        raise unreadable(place, damage)
    if damage:
        complain(damage)


def read_sound(path: Path, rate: int, complain: Callable[[str], None]) -> Iterator[Block]:
    """The first sound track in one channel or two, in blocks of one second at `rate`.

    Mono stays mono; more than two channels are mixed to two.  `complain` hears what ffmpeg said
    about a file that is damaged and yet gave sound.  Raises as `decode` does, and `InputError`
    when there is no sound in it.
    """
    import ffmpeg

    place = regular(path)
    source = ffmpeg.input(url(path), protocol_whitelist="file,pipe", format_whitelist=FORMATS_READ)
    output = source.output(
        "pipe:1",
        f="au",  # the simplest header that says how many channels there are
        acodec="pcm_f32be",
        map="0:a:0",
        map_metadata=-1,
        **IN_LARGE_PARTS,
        af=SOUND_FILTERS.format(rate=rate),
    )
    command = [*output.compile(cmd=start()), *_ALL_WORDS]
    heard = False
    with child(command, stdout=subprocess.PIPE) as (process, stderr):
        for block in _one_or_two(frames(process, 1, place), rate):
            heard = True
            yield block
        code, damage = wait(process), _damage(stderr)
    if code and "matches no streams" in damage:
        raise InputError.at(place, "there is no sound track in it")
    if code:
        raise unreadable(place, damage)
    if not heard:
        raise InputError.at(place, "there is no sound in it")
    if damage:
        complain(damage)


def _one_or_two(words: Iterator[Block], rate: int) -> Iterator[Block]:
    """The sound of an AU file that comes in words of four bytes, its header in one piece."""
    head = next(words, None)
    if head is None or head.nbytes < _AU.size:
        return
    _, at, _, _, _, channels = _AU.unpack(head[: _AU.size // 4].tobytes())
    for block in blocks_of(chain([head[at // 4 :]], words), rate * channels):
        if whole := len(block) // channels * channels:
            yield block[:whole].view(">f4").astype(np.float32).reshape(-1, channels)


def _damage(stderr: IO[bytes]) -> str:
    """The first thing that ffmpeg said about damage."""
    stderr.seek(0)
    lines = stderr.read(_WORDS_MOST).decode("utf-8", "replace").splitlines()
    found = next((line for line in lines if _DAMAGE.search(line)), "")
    return plain(_LABELS.sub("", found))


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
            raise unreadable(place, said(stderr))
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
