"""What is in an audio file, by ffmpeg alone: there need not be an ffprobe."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from podforge.errors import InputError
from podforge.media.children import READ_BYTES, STALL_SECONDS, child, regular, said, url
from podforge.media.decoding import FORMATS_READ, unreadable
from podforge.media.programs import start

Tags = dict[str, str]

# What ffmpeg prints of a file.  Two spaces and no more: text of a tag stands further in.
_FORMAT = re.compile(r"^Input #0, (\S+), from ", re.M)
_DURATION = re.compile(r"^  Duration: (\d+):(\d+):(\d+\.\d+).*?(?:bitrate: (\d+) kb/s)?$", re.M)
_AUDIO = re.compile(r"^  Stream #0:.*?: Audio: (\w+)(.*)$", re.M)
_SHAPE = re.compile(r", (\d+) Hz, ([^,]+)")
_BIT_RATE = re.compile(r", (\d+) kb/s")
_GUESSED = "Estimating duration from bitrate"  # nothing in the file says how long it is
_ENCODER = re.compile(r"^    encoder +: (.*)$", re.M)
_OUTPUT = "\nOutput #0, "  # what follows is not of the file
_COVER = re.compile(r"^  Stream #0:.*?: Video: .*\(attached pic\)", re.M)
_LAYOUT = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?|(\d+) channels")
_LAYOUTS = {
    "mono": 1, "stereo": 2, "downmix": 2, "binaural": 2, "quad": 4, "hexagonal": 6,
    "octagonal": 8, "cube": 8, "hexadecagonal": 16,
}  # fmt: skip

# Lines of an ffmetadata file, and names in them; a backslash protects any character.
_LINE = re.compile(r"(?:\\.|[^\\\n])+", re.S)
_NAME = re.compile(r"(?:\\.|[^\\=])*", re.S)
_ESCAPED = re.compile(r"\\(.)", re.S)


@dataclass(frozen=True, order=True)
class Chapter:
    """A chapter; times in seconds."""

    start: float
    end: float
    title: str


@dataclass(frozen=True)
class Probed:
    """An audio file as ffmpeg sees it, its first sound track.

    `tags` are as read, names in lower case; values may have lines and control characters.
    `bit_rate` (bits per second) is 0 and `seconds` 0.0 where the file does not tell.
    """

    container: str  # ffmpeg's name of the format: mp3, mov, ogg, wav, ...
    codec: str
    bit_rate: int
    rate: int
    channels: int
    seconds: float
    cover: bool
    chapters: tuple[Chapter, ...]
    tags: Tags


def probe(path: Path) -> Probed:
    """Facts of an audio file.

    Only regular files of known formats are read; nothing a file says opens another one.
    Raises `MissingInput`, or `InputError` when there is no sound in it.
    """
    place = regular(path)
    metadata, listing = _ask(path, [])
    audio = _AUDIO.search(listing)
    shape = _SHAPE.search(audio[2]) if audio else None
    if not audio or not shape:
        raise InputError.at(place, "there is no sound in it")
    tags, chapters = _sections(metadata)
    encoder = _ENCODER.search(listing)
    if encoder:
        tags["encoder"] = encoder[1]
    track_tags, _ = _sections(_ask(path, ["-map_metadata", "0:s:a:0"])[0])  # Ogg has them there
    seconds, whole_rate = _length(listing)
    cover = bool(_COVER.search(listing))
    own_rate = _BIT_RATE.search(audio[2])
    found = _FORMAT.search(listing)
    return Probed(
        container=found[1].split(",")[0] if found else "",
        codec=audio[1],
        bit_rate=int(own_rate[1]) * 1000 if own_rate else 0 if cover else whole_rate,
        rate=int(shape[1]),
        channels=_channels(shape[2]) or _unknown(path, shape[2]),
        seconds=seconds,
        cover=cover,
        chapters=chapters,
        tags={**track_tags, **tags},
    )


def _ask(path: Path, options: list[str]) -> tuple[str, str]:
    """The metadata of a file in ffmpeg's format, and what ffmpeg prints of it."""
    limits = ["-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS_READ]
    # Otherwise chapters are moved by what the decoder skips at the start.
    reading: list[str | bytes] = [*start(), "-v", "info", "-copyts", *limits, "-i", url(path)]
    # Otherwise the muxer says that it is the encoder.
    command = [*reading, *options, "-fflags", "+bitexact", "-f", "ffmetadata", "-"]
    with child(command, stdout=subprocess.PIPE) as (process, stderr):
        try:
            metadata = process.communicate(timeout=STALL_SECONDS)[0]
        except subprocess.TimeoutExpired as error:
            raise InputError.at(regular(path), "ffmpeg does not come to an end") from error
        if process.returncode:
            raise unreadable(regular(path), said(stderr))
        stderr.seek(0)
        listing = stderr.read(READ_BYTES)
    told = listing.decode("utf-8", "replace").partition(_OUTPUT)[0]
    return metadata.decode("utf-8", "replace"), told


def _length(listing: str) -> tuple[float, int]:
    """Seconds, and bits per second of the whole; 0 where it is not told."""
    found = _DURATION.search(listing)
    if not found:
        return 0.0, 0
    hours, minutes, seconds, kilobits = found.groups()
    length = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    return 0.0 if _GUESSED in listing else length, int(kilobits or 0) * 1000


def _channels(layout: str) -> int:
    """How many channels a layout has: `stereo`, `5.1(side)`, `3 channels`; 0 if unknown."""
    name = layout.strip()
    found = _LAYOUT.match(name)
    if found:
        return sum(int(number) for number in found.groups() if number)
    return _LAYOUTS.get(name.split("(")[0].split(" ")[0], 0)


def _unknown(path: Path, layout: str) -> int:
    raise InputError.at(regular(path), f"its channels are not understood: {layout}")


def _sections(text: str) -> tuple[Tags, tuple[Chapter, ...]]:
    """The tags of an ffmetadata file, and its chapters."""
    tags: Tags = {}
    here, chapters = tags, []
    for line in _LINE.findall(text):
        if line == "[CHAPTER]":
            here = {}
            chapters.append(here)
        elif line.startswith("[") and line.endswith("]") and "=" not in line:
            here = {}  # a stream's
        elif not line.startswith((";", "#")):
            name, value = _pair(line)
            here[name] = value
    return tags, tuple(sorted(_read_chapters(chapters)))


def _pair(line: str) -> tuple[str, str]:
    found = _NAME.match(line)
    name = found[0] if found else ""
    return _ESCAPED.sub(r"\1", name).lower(), _ESCAPED.sub(r"\1", line[len(name) + 1 :])


def _read_chapters(found: list[Tags]) -> Iterator[Chapter]:
    for each in found:
        over, under = map(int, each.get("timebase", "1/1000000000").split("/"))
        unit = over / under
        begin, end = int(each.get("start", 0)) * unit, int(each.get("end", 0)) * unit
        yield Chapter(begin, end, each.get("title", ""))
