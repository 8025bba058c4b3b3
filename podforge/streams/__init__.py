"""Encoded streams: cut into frames, described, and joined into files without decoding."""

from podforge.streams.adts import AAC
from podforge.streams.base import Body, Codec, End, Part
from podforge.streams.mp3 import MP3
from podforge.streams.ogg import OPUS, ended

CODECS = {codec.name: codec for codec in (MP3, AAC, OPUS)}

__all__ = ["CODECS", "Body", "Codec", "End", "Part", "ended"]
