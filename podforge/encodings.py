"""The formats an episode comes in: what they are called, and how ffmpeg is asked for them.

Figures of levels are measured; docs/performance.md says why the settings are what they are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from podforge.errors import UsageError
from podforge.targets import Target

STREAMS: Mapping[str, str] = {  # suffix of a file: how the sound in it is coded
    "mp3": "mp3",
    "m4b": "aac",
    "m4a": "aac",
    "opus": "opus",
    "flac": "flac",
    "wav": "flac",  # kept as FLAC, written as PCM
}
# 16 bits: so are the clips, and the room tone of the mix dithers them.  Without a frame size some
# versions of ffmpeg take that of their input.
_FLAC = (("f", "flac"), ("c:a", "flac"), ("sample_fmt", "s16"), ("frame_size", "4096"))
LOSSLESS: Mapping[str, tuple[tuple[str, str], ...]] = {
    ".flac": _FLAC,
    ".wav": (("f", "wav"), ("c:a", "pcm_s16le"), ("rf64", "auto")),  # past 4 GiB: RF64
}
_KBITS = {"mp3": (32, 320), "aac": (24, 320), "opus": (12, 256)}
_MP3_RATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # MPEG-1 layer III
_QUALITY = re.compile(r"(?P<kbits>\d{1,3})(k(bps|bit/s)?)?|v(?P<vbr>\d)")


@dataclass(frozen=True)
class Format:
    """A file format, with a quality where one was asked for: `mp3`, `mp3:192k`, `mp3:v2`."""

    name: str  # also the suffix of its files
    kbits: int = 0  # a second; 0: the usual
    vbr: int | None = None  # LAME's -V, 0 best .. 9 smallest

    def __str__(self) -> str:
        if self.vbr is not None:
            return f"{self.name}:v{self.vbr}"
        return f"{self.name}:{self.kbits}k" if self.kbits else self.name


def format_of(text: str) -> Format:
    """The format that a text such as `mp3`, `.m4b`, `mp3:v2` or `opus:32k` means.

    Raises `UsageError`.
    """
    name, _, quality = text.strip().lower().lstrip(".").partition(":")
    if name not in STREAMS:
        raise UsageError(f'no format called "{name}"', hint=f"choose of {', '.join(STREAMS)}")
    if not quality:
        return Format(name)
    stream, found = STREAMS[name], _QUALITY.fullmatch(quality.strip())
    if stream not in _KBITS:
        raise UsageError(f"{name} is lossless: it has no quality to choose")
    if found and found["vbr"] and stream == "mp3":
        return Format(name, vbr=int(found["vbr"]))
    low, high = _KBITS[stream]
    kbits = int(found["kbits"]) if found and found["kbits"] else 0
    if not low <= kbits <= high or (stream == "mp3" and kbits not in _MP3_RATES):
        some = f"one of {', '.join(map(str, _MP3_RATES))}k, or v0 to v9"
        wanted = some if stream == "mp3" else f"from {low}k to {high}k"
        raise UsageError(f'"{quality}" is no quality for {name}', hint=wanted)
    return Format(name, kbits)


@dataclass(frozen=True)
class Encoding:
    """How sound is coded, and what that does to its levels.

    `attenuation_db`: the decoded sound is this much quieter than what went in.
    `overshoot_db`: decoded true peaks are at most about this far above those that went in,
    the attenuation apart (measured on limited speech; harder sound is made twice).
    `rate`: Hz of the decoded sound; 0: that of what went in.
    """

    stream: str
    arguments: tuple[tuple[str, str], ...]
    kbits: int = 0  # constant, or on average; 0: as the sound needs
    attenuation_db: float = 0.0
    overshoot_db: float = 0.0
    rate: int = 0


_OPUS_RATE = 48_000  # RFC 7845: whatever went in
_METERS_DIFFER_DB = 0.6  # true peaks of one file of noise, read by ours and by ffmpeg's
_ACX_KBITS = 192  # at least, at a constant rate
_AAC_LOSS_DB_KBITS = 3.0  # speech at 64 to 192k is 0.066 to 0.013 dB quieter, music a bit less
_USUAL_KBITS = {"mp3": (128, 128), "aac": (96, 128), "opus": (64, 96)}  # mono, stereo


def encoding_of(wanted: Format, channels: int, target: Target) -> Encoding:
    """The encoding for a format, for sound of 1 or 2 channels."""
    stream = STREAMS[wanted.name]
    if stream == "flac":
        return Encoding(stream, _FLAC, overshoot_db=_METERS_DIFFER_DB)
    usual = _USUAL_KBITS[stream][channels - 1]
    if stream == "mp3" and target.name == "acx":
        usual = _ACX_KBITS
    kbits = wanted.kbits or usual
    if stream == "aac":
        # On speech at 96k the fast coder takes a third of the time of the default one and
        # has 0.8 dB less error; only above 8 kHz is its spectrum 0.3 dB further off.
        arguments = (("f", "adts"), ("c:a", "aac"), ("b:a", f"{kbits}k"), ("aac_coder", "fast"))
        lost = _AAC_LOSS_DB_KBITS / kbits
        return Encoding(stream, arguments, kbits, attenuation_db=lost, overshoot_db=1.5)
    if stream == "opus":
        rate = ("ar", str(_OPUS_RATE))
        arguments = (("f", "ogg"), ("c:a", "libopus"), ("b:a", f"{kbits}k"), rate)
        return Encoding(stream, arguments, kbits, overshoot_db=1.3, rate=_OPUS_RATE)
    return _mp3(kbits, wanted.vbr)


def _mp3(kbits: int, vbr: int | None) -> Encoding:
    """MP3 whose frames stand alone: without a bit reservoir they can be cut and joined."""
    bare = (("f", "mp3"), ("write_xing", "0"), ("id3v2_version", "0"), ("reservoir", "0"))
    if vbr is not None:
        rate = (("c:a", "libmp3lame"), ("q:a", str(vbr)))
        return Encoding("mp3", (*bare, *rate), overshoot_db=1.5)
    rate = (("c:a", "libmp3lame"), ("b:a", f"{kbits}k"))
    return Encoding("mp3", (*bare, *rate), kbits, _lame_attenuation_db(kbits), overshoot_db=1.5)


def _lame_attenuation_db(kbits: int) -> float:
    """LAME scales its input at constant rates: by 0.95 up to 160k, then by 0.97, 0.98 and 1."""
    return 0.4455 if kbits <= 160 else 0.2646 if kbits <= 192 else 0.1755 if kbits <= 224 else 0.0
