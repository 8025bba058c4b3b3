"""The formats a master can be encoded to: ffmpeg's arguments, and what each does to levels."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Encoding:
    """A file format and how ffmpeg is asked for it.

    `attenuation_db`: the decoded file is this much quieter than what went in.
    `overshoot_db`: decoded true peaks are at most about this far above those that went in,
    the attenuation apart (measured on limited speech; harder sound is made twice).
    """

    name: str  # also the suffix of its files
    arguments: tuple[tuple[str, str], ...]
    attenuation_db: float = 0.0
    overshoot_db: float = 0.0


_METERS_DIFFER_DB = 0.3  # true peaks of one and the same file, read by ours and by ffmpeg's

ENCODINGS = {
    encoding.name: encoding
    for encoding in (
        Encoding(
            "mp3",
            # LAME scales its input by 0.95 at constant rates up to 160k.
            (("f", "mp3"), ("c:a", "libmp3lame"), ("b:a", "128k"), ("write_xing", "1"),
             ("id3v2_version", "0")),
            attenuation_db=0.4455,
            overshoot_db=1.5,
        ),
        Encoding(
            "m4b",
            # On speech at 96k the fast coder takes a third of the time of the default one and
            # has 0.8 dB less error; only above 8 kHz is its spectrum 0.3 dB further off.
            (("f", "ipod"), ("c:a", "aac"), ("b:a", "96k"), ("aac_coder", "fast"),
             ("movflags", "+faststart")),
            overshoot_db=1.5,
        ),
        Encoding(
            "opus",
            (("f", "ogg"), ("c:a", "libopus"), ("b:a", "64k"), ("ar", "48000")),
            overshoot_db=1.3,
        ),
        Encoding(
            "flac",
            # 16 bits: so are the clips, and the room tone of the mix dithers them.
            (("f", "flac"), ("c:a", "flac"), ("sample_fmt", "s16")),
            overshoot_db=_METERS_DIFFER_DB,
        ),
        Encoding(
            "wav",
            # 16 bits, as above; past 4 GiB the header becomes RF64.
            (("f", "wav"), ("c:a", "pcm_s16le"), ("rf64", "auto")),
            overshoot_db=_METERS_DIFFER_DB,
        ),
    )
}  # fmt: skip
