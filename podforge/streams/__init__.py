"""Encoded streams: cut into frames, described, and joined into files without decoding."""

from podforge.streams.adts import AAC
from podforge.streams.base import Body, Codec, End, Part
from podforge.streams.mp3 import MP3
from podforge.streams.ogg import OPUS

CODECS = {"mp3": MP3, "m4b": AAC, "m4a": AAC, "opus": OPUS}  # by the suffix of the file

__all__ = ["CODECS", "Body", "Codec", "End", "Part"]
