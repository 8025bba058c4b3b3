"""From the body of a reply to samples, however carelessly the server wrote the header."""

import struct
from typing import TYPE_CHECKING

from podforge.engines.network.troubles import Kind, Trouble

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFF - 36, 0xFFFFFFFF - 36)  # of streamed files
MOST_BYTES = 512 * 1024**2  # of one reply: 95 minutes at 48 kHz
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE  # format tags (RFC 2361)


def samples_of(body: bytes, content_type: str = "") -> "tuple[NDArray[np.float32], int]":
    """Mono float32 of shape (samples,) in [-1, 1], and its rate, of a WAV file.

    PCM of 8 to 32 bits and float; several channels are averaged.  A size in the header that
    streaming servers cannot know counts as "to the end".  Raises `Trouble`: BUSY for a body that
    ends too early, WRONG for what is no WAV at all, REFUSED for a page of HTML.
    """
    if body[:4] not in (b"RIFF", b"RF64") or body[8:12] != b"WAVE":
        said = body[:200].decode("utf-8", "replace") if not _is_sound(content_type) else ""
        kind = content_type.partition(";")[0] or "something else"
        page = kind == "text/html"  # of a proxy, a hotel, a login: no line is to blame
        text = f"the server sent {kind} and no WAV. {' '.join(said.split())}".strip()
        raise Trouble(Kind.REFUSED if page else Kind.WRONG, text)
    form, data, declared = b"", b"", -1
    at = 12
    while at + 8 <= len(body) and declared < 0:
        name, size = struct.unpack_from("<4sI", body, at)
        if name == b"fmt ":
            form = body[at + 8 : at + 8 + size]
        elif name == b"data":
            declared = size
            open_end = size in UNKNOWN_SIZES
            data = body[at + 8 :] if open_end else body[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    if len(form) < 16 or declared < 0:
        raise Trouble(Kind.BUSY, "the server sent the beginning of a WAV file only")
    if len(data) < declared and declared not in UNKNOWN_SIZES:
        share = f"{len(data)} of {declared} bytes"
        raise Trouble(Kind.BUSY, f"the server sent {share} of sound and broke off")
    return _decoded(form, data)


def _is_sound(content_type: str) -> bool:
    return content_type.startswith(("audio/", "application/octet-stream"))


def _decoded(form: bytes, data: bytes) -> "tuple[NDArray[np.float32], int]":
    import numpy as np

    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if tag == EXTENSIBLE and len(form) >= 26:
        tag = struct.unpack_from("<H", form, 24)[0]  # the first two bytes of the GUID
    width = bits // 8
    if (tag, width) not in ((PCM, 1), (PCM, 2), (PCM, 3), (PCM, 4), (FLOAT, 4), (FLOAT, 8)) or (
        not 1 <= channels <= 8 or not 8_000 <= rate <= 192_000
    ):
        sort = f"format {tag}, {bits} bits, {channels} channels, {rate} Hz"
        raise Trouble(Kind.WRONG, f"the server sent a WAV file of a kind nobody speaks: {sort}")
    data = data[: len(data) - len(data) % (width * channels)]
    if not data:
        raise Trouble(Kind.BUSY, "the server sent a WAV file without sound")
    found = _floats(data, tag, width)
    mono = found if channels == 1 else found.reshape(-1, channels).mean(axis=1, dtype=np.float32)
    if not np.isfinite(mono).all():
        raise Trouble(Kind.BUSY, "the server sent samples that are no numbers")
    return np.clip(mono, -1.0, 1.0), rate


def _floats(data: bytes, tag: int, width: int) -> "NDArray[np.float32]":
    import numpy as np

    if tag == FLOAT:
        return np.frombuffer(data, f"<f{width}").astype(np.float32)
    if width == 1:  # the only one without a sign
        return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / np.float32(128)
    if width != 3:
        return np.frombuffer(data, f"<i{width}").astype(np.float32) / np.float32(
            2 ** (8 * width - 1)
        )
    wide = np.zeros((len(data) // width, 4), np.uint8)
    wide[:, 4 - width :] = np.frombuffer(data, np.uint8).reshape(-1, width)
    return wide.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
