"""What is done to a speaker's sound on its way into the mix, as values.

`treating` does it.  Each part may be off; `GENTLE` is what nobody has to think about.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Chain:
    """A channel strip: high-pass, phase rotator, de-esser, compressor, in this order.

    The rotator, as in every broadcast processor, makes the two sides of a voice's waveform alike:
    nobody hears it, and peaks that a limiter would have to take are some 3 dB lower.

    Levels are those of a speaker levelled to `units.REFERENCE_LUFS`, whatever the clip had.
    """

    high_pass_hz: float = 0.0  # corner of a 12 dB per octave filter; 0: off
    rotate_hz: float = 0.0  # centre of its four all-pass stages; 0: off
    de_ess_db: float = 0.0  # most that is taken from a sharp s; 0: off
    compress: float = 1.0  # ratio above the threshold; 1: off


OFF = Chain()
GENTLE = Chain(high_pass_hz=70.0, rotate_hz=200.0, de_ess_db=6.0, compress=2.0)
CHAINS = {"gentle": GENTLE, "off": OFF, "firm": Chain(80.0, 200.0, 8.0, 3.5)}

_RANGES = {  # Hz, Hz, dB, :1
    "high_pass": (0.0, 300.0),
    "rotate": (0.0, 1000.0),
    "de_ess": (0.0, 10.0),
    "compress": (1.0, 10.0),
}


def chain_named(name: str) -> Chain:
    """The chain of a name.  Raises `ValueError`."""
    if name.strip().lower() not in CHAINS:
        raise ValueError(f'no chain is called "{name}": {", ".join(CHAINS)}, or a map of its parts')
    return CHAINS[name.strip().lower()]


def chain_of(parts: Mapping[str, str]) -> Chain:
    """A chain of its parts as written: `high_pass: 80Hz`, `de_ess: 6dB`, `compress: 2:1`.

    What is not named is off.  Raises `ValueError`.
    """
    found = {}
    for name, text in parts.items():
        if name not in _RANGES:
            raise ValueError(f'a chain has no "{name}": there are {", ".join(_RANGES)}')
        low, high = _RANGES[name]
        bare = text.strip().lower().removesuffix("hz").removesuffix("db").removesuffix(":1")
        try:
            found[name] = float(bare)
        except ValueError:
            found[name] = -1.0
        if not low <= found[name] <= high:
            raise ValueError(f'{name} is a number from {low:g} to {high:g}, not "{text}"')
    return Chain(
        high_pass_hz=found.get("high_pass", OFF.high_pass_hz),
        rotate_hz=found.get("rotate", OFF.rotate_hz),
        de_ess_db=found.get("de_ess", OFF.de_ess_db),
        compress=found.get("compress", OFF.compress),
    )
