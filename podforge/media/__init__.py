"""ffmpeg and pydub: encoding, decoding, edits of single clips.

The only user of ffmpeg-python and pydub.  Every child runs in a process group of its own, so that
Ctrl-C reaches us alone; we end it on the way out, whatever happened.  When we are killed ourselves,
its pipe closes and it ends too.
"""

from podforge.media.clips import Recorded, cut_clip, describe_clip
from podforge.media.decoding import decode, read_clip
from podforge.media.encoding import BITEXACT, encode
from podforge.media.programs import ffmpeg_path, ffmpeg_version

__all__ = [
    "BITEXACT",
    "Recorded",
    "cut_clip",
    "decode",
    "describe_clip",
    "encode",
    "ffmpeg_path",
    "ffmpeg_version",
    "read_clip",
]
