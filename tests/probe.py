"""What a player sees in an audio file: tags, chapters, duration, streams.

Reads with ffprobe where there is one, else with ffmpeg alone (imageio-ffmpeg brings no ffprobe).
Names of tags are in lower case.
"""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

_CHAPTER = re.compile(
    r"Chapter #0:\d+: start (\S+), end (\S+)\n(?: +Metadata:\n +title +: (.*)\n)?"
)


@dataclass(frozen=True)
class ProbedChapter:
    title: str
    start: float  # seconds
    end: float


@dataclass(frozen=True)
class ProbedStream:
    kind: str  # audio, video (a cover is one), data, subtitle
    codec: str


@dataclass(frozen=True)
class Probe:
    tags: dict[str, str]
    chapters: tuple[ProbedChapter, ...]
    duration: float  # seconds
    streams: tuple[ProbedStream, ...]


def ffmpeg() -> str:
    """The ffmpeg that tests use: the system's, else the one that pip installed."""
    return shutil.which("ffmpeg") or imageio_ffmpeg.get_ffmpeg_exe()


def probe(path: Path) -> Probe:
    ffprobe = shutil.which("ffprobe")
    return probe_by_ffprobe(path, ffprobe) if ffprobe else probe_by_ffmpeg(path)


def probe_by_ffprobe(path: Path, ffprobe: str) -> Probe:
    wanted = ["-show_format", "-show_streams", "-show_chapters", "-of", "json"]
    done = _run([ffprobe, "-v", "error", *wanted, str(path)])
    value = json.loads(done.stdout)
    streams = value["streams"]
    audio = next(s for s in streams if s["codec_type"] == "audio")
    tags = {**audio.get("tags", {}), **value["format"].get("tags", {})}
    return Probe(
        tags={name.lower(): text for name, text in tags.items()},
        chapters=tuple(
            ProbedChapter(
                c.get("tags", {}).get("title", ""), float(c["start_time"]), float(c["end_time"])
            )
            for c in value["chapters"]
        ),
        duration=float(value["format"]["duration"]),
        streams=tuple(ProbedStream(s["codec_type"], s.get("codec_name", "")) for s in streams),
    )


def probe_by_ffmpeg(path: Path) -> Probe:
    listing = _run([ffmpeg(), "-hide_banner", "-i", str(path)], check=False).stderr
    sections = _sections(_metadata(path, []))
    tags = _sections(_metadata(path, ["-map_metadata", "0:s:a:0"]))[0][1] | sections[0][1]
    found = re.search(r"Duration: (\d+):(\d+):(\d+\.\d+)", listing)
    assert found, listing
    hours, minutes, seconds = found.groups()
    return Probe(
        tags=tags,
        chapters=tuple(
            ProbedChapter(title, float(start), float(end))
            for start, end, title in _CHAPTER.findall(listing)
        ),
        duration=int(hours) * 3600 + int(minutes) * 60 + float(seconds),
        streams=tuple(
            ProbedStream(kind.lower(), codec)
            for kind, codec in re.findall(r"Stream #0:\d+.*?: (\w+): (\w+)", listing)
        ),
    )


def _metadata(path: Path, options: list[str]) -> str:
    command = [ffmpeg(), "-v", "error", "-i", str(path), *options, "-f", "ffmetadata", "-"]
    return _run(command).stdout


def _sections(text: str) -> list[tuple[str, dict[str, str]]]:
    """The sections of an ffmetadata file; the first is the file's own, with an empty name."""
    sections: list[tuple[str, dict[str, str]]] = [("", {})]
    for line in re.split(r"(?<!\\)\n", text)[1:]:
        if line.startswith("["):
            sections.append((line.strip("[]"), {}))
        elif "=" in line:
            name, value = re.split(r"(?<!\\)=", line, maxsplit=1)
            sections[-1][1][_unescaped(name).lower()] = _unescaped(value)
    return sections


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _run(command: list[str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=check)
