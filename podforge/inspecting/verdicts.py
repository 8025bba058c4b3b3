"""Whether a finished file is what was asked for, one verdict a requirement."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from podforge.inspecting.measured import Measured
from podforge.media.probing import Probed
from podforge.targets import Target
from podforge.units import clock

SILENCE_SECONDS = 5.0  # longer than any pause of a speaker
DIGITAL_SILENCE_SECONDS = 0.5  # a hole in the room tone that can be heard

# Their headers say how long the sound is, and they hold no other track that might be longer.
# Of a WAV ffmpeg believes that only in an RF64, and not every MP3 has such a header.
EXACT_CONTAINERS = "flac", "wav", "aiff", "mp3"
MISSING_SECONDS = 0.5  # what no rounding of a length in a header comes to

# ACX audio submission requirements
ACX_HEAD_SECONDS = 0.5, 5.0
ACX_TAIL_SECONDS = 1.0, 5.0
ACX_MOST_SECONDS = 120 * 60
ACX_RATE = 44_100
ACX_BIT_RATE = 192_000


@dataclass(frozen=True)
class Verdict:
    """One requirement: what was measured, what was asked for (both as text), and whether it is met.

    The numbers are in `Measured`.
    """

    name: str
    value: str
    limit: str
    ok: bool
    note: str = ""


def judge(
    measured: Measured, target: Target | None = None, probed: Probed | None = None
) -> tuple[Verdict, ...]:
    """What is wrong with any file, and what a target asks for; facts of the file where known."""
    found = [*_faults(measured)]
    if target:
        found += _levels(measured, target)
        if target.name == "acx":
            found += _acx(measured)
            found += _acx_file(probed) if probed else ()
    return tuple(found)


def whole(measured: Measured, probed: Probed, damage: Sequence[str]) -> Iterator[Verdict]:
    """Whether a file is damaged or was cut off, which decoders pass over.

    `damage` is what the decoder complained of.
    """
    yield Verdict("damage", "found" if damage else "none", "none", not damage, "; ".join(damage))
    if probed.container in EXACT_CONTAINERS and probed.seconds:
        missing = max(0.0, probed.seconds - measured.seconds)
        yield _at_most("missing", missing, MISSING_SECONDS, "s", "of what the header says")


def _faults(m: Measured) -> Iterator[Verdict]:
    """What nobody wants in a finished file."""
    yield Verdict("length", _shown(m.seconds, "s"), "> 0 s", m.samples > 0)
    yield Verdict("not silent", _shown(m.rms_db, "dB RMS"), "> -60 somewhere", not m.silent)
    yield _at_most("not finite", m.not_finite, 0, "", "samples that are NaN or infinite")
    yield _at_most("clipping", m.clipped, 0, "", "runs of 3 samples at full scale")
    yield _at_most("silence at head", m.head_silence, SILENCE_SECONDS, "s")
    yield _at_most("silence inside", m.inner_silence, SILENCE_SECONDS, "s")
    yield _at_most("silence at tail", m.tail_silence, SILENCE_SECONDS, "s")
    yield _at_most("digital silence", m.digital_silence, DIGITAL_SILENCE_SECONDS, "s")


def _levels(m: Measured, target: Target) -> Iterator[Verdict]:
    """The numbers of the target itself."""
    level, unit = (m.lufs, "LUFS") if target.measure == "LUFS" else (m.rms_db, "dB RMS")
    off = abs(level - target.level_db)
    limit = f"{target.level_db:g} ± {target.tolerance_db:g}"
    yield Verdict("level", _shown(level, unit), limit, off <= target.tolerance_db)
    where = f"at {clock(m.true_peak_at)}"
    yield _at_most("true peak", m.true_peak_db, target.ceiling_db, "dBTP", where)
    if target.floor_db is not None:
        note = "" if m.floor_db > -math.inf else "no 0.5 s without digital silence"
        yield _at_most("noise floor", m.floor_db, target.floor_db, "dB RMS", note)
    if target.channels:
        ok = m.channels == target.channels
        yield Verdict("channels", str(m.channels), str(target.channels), ok)


def _acx(m: Measured) -> Iterator[Verdict]:
    """What ACX asks for beyond levels, as far as the sound tells."""
    for name, seconds, (least, most) in (
        ("room tone at head", m.head_silence, ACX_HEAD_SECONDS),
        ("room tone at tail", m.tail_silence, ACX_TAIL_SECONDS),
    ):
        limit = f"{least:g} to {most:g} s"
        yield Verdict(name, _shown(seconds, "s"), limit, least <= seconds <= most)
    limit = f"≤ {clock(ACX_MOST_SECONDS)}"
    yield Verdict("longest", clock(m.seconds), limit, m.seconds <= ACX_MOST_SECONDS)
    yield Verdict("sample rate", f"{m.rate} Hz", f"{ACX_RATE} Hz", m.rate == ACX_RATE)


def _acx_file(probed: Probed) -> Iterator[Verdict]:
    """What ACX asks of the file."""
    yield Verdict("codec", probed.codec, "mp3", probed.codec == "mp3")
    enough = probed.bit_rate >= ACX_BIT_RATE
    note = "whether it is constant was not looked at" if enough else ""
    limit = f"≥ {ACX_BIT_RATE // 1000} kb/s"
    yield Verdict("bit rate", f"{probed.bit_rate // 1000} kb/s", limit, enough, note)


def _at_most(name: str, value: float, most: float, unit: str, note: str = "") -> Verdict:
    limit = f"≤ {most:g} {unit}".rstrip()
    return Verdict(name, _shown(value, unit), limit, value <= most, note)


def _shown(value: float, unit: str) -> str:
    """A number for people."""
    if value == -math.inf:
        return "silence"
    if unit == "s":
        return f"{value:.2f} s"
    return f"{value:.1f} {unit}" if unit else f"{value:g}"
