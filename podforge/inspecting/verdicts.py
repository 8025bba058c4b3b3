"""Whether a finished file is what was asked for, one verdict a requirement."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from podforge.inspecting.measured import Measured
from podforge.media.probing import Probed
from podforge.targets import Target
from podforge.units import clock

INNER_SILENCE_SECONDS = 4.0  # longer than any pause of a speaker
EDGE_SILENCE_SECONDS = 5.0
DIGITAL_SILENCE_SECONDS = 0.5  # a hole in the room tone that can be heard

# ACX audio submission requirements
ACX_HEAD_SECONDS = 0.5, 5.0
ACX_TAIL_SECONDS = 1.0, 5.0
ACX_MOST_SECONDS = 120 * 60
ACX_RATE = 44_100
ACX_BIT_RATE = 192_000


@dataclass(frozen=True)
class Verdict:
    """One requirement: what was measured, what was asked for, and whether it is met."""

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


def _faults(m: Measured) -> Iterator[Verdict]:
    """What nobody wants in a finished file."""
    yield Verdict("length", f"{m.seconds:.3f} s", "> 0 s", m.samples > 0)
    yield Verdict("numbers", f"{m.not_finite} wrong", "0", m.not_finite == 0, "NaN or infinite")
    yield Verdict("clipping", str(m.clipped), "0", m.clipped == 0, "runs at full scale")
    yield Verdict("sound", _db(m.rms_db, "dB RMS"), "not silent", not m.silent)
    yield _at_most("silence at head", m.head_silence, EDGE_SILENCE_SECONDS)
    yield _at_most("silence inside", m.inner_silence, INNER_SILENCE_SECONDS)
    yield _at_most("silence at tail", m.tail_silence, EDGE_SILENCE_SECONDS)
    yield _at_most("digital silence", m.digital_silence, DIGITAL_SILENCE_SECONDS)


def _levels(m: Measured, target: Target) -> Iterator[Verdict]:
    """The numbers of the target itself."""
    level = m.lufs if target.measure == "LUFS" else m.rms_db
    unit = "LUFS" if target.measure == "LUFS" else "dB RMS"
    off = abs(level - target.level_db)
    limit = f"{target.level_db:g} ± {target.tolerance_db:g}"
    yield Verdict("level", _db(level, unit), limit, off <= target.tolerance_db)
    peak = f"at {clock(m.true_peak_at)}"
    limit = f"≤ {target.ceiling_db:g}"
    yield Verdict(
        "true peak", _db(m.true_peak_db, "dBTP"), limit, m.true_peak_db <= target.ceiling_db, peak
    )
    if target.floor_db is not None:
        limit = f"≤ {target.floor_db:g}"
        yield Verdict(
            "noise floor", _db(m.floor_db, "dB RMS"), limit, m.floor_db <= target.floor_db
        )
    if target.channels:
        value = str(m.channels)
        yield Verdict("channels", value, str(target.channels), m.channels == target.channels)


def _acx(m: Measured) -> Iterator[Verdict]:
    """What ACX asks for beyond levels, as far as the sound tells."""
    for name, seconds, (least, most) in (
        ("room tone at head", m.head_silence, ACX_HEAD_SECONDS),
        ("room tone at tail", m.tail_silence, ACX_TAIL_SECONDS),
    ):
        limit = f"{least:g} to {most:g} s"
        yield Verdict(name, f"{seconds:.2f} s", limit, least <= seconds <= most)
    length = clock(m.seconds)
    yield Verdict("longest", length, clock(ACX_MOST_SECONDS), m.seconds <= ACX_MOST_SECONDS)
    yield Verdict("sample rate", f"{m.rate} Hz", f"{ACX_RATE} Hz", m.rate == ACX_RATE)


def _acx_file(probed: Probed) -> Iterator[Verdict]:
    """What ACX asks of the file."""
    rate = f"{probed.bit_rate // 1000} kb/s"
    enough = probed.bit_rate >= ACX_BIT_RATE
    yield Verdict("codec", probed.codec, "mp3", probed.codec == "mp3")
    note = "constant or not is not told" if enough else ""
    yield Verdict("bit rate", rate, f"≥ {ACX_BIT_RATE // 1000} kb/s", enough, note)


def _at_most(name: str, seconds: float, most: float) -> Verdict:
    return Verdict(name, f"{seconds:.2f} s", f"≤ {most:g} s", seconds <= most)


def _db(value: float, unit: str) -> str:
    return f"{value:.1f} {unit}" if value > -math.inf else "silence"
