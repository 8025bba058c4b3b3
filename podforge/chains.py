"""What is done to a speaker's sound on its way into the mix, as values.

`treating` does it.  Each part may be off; `GENTLE` is what nobody has to think about.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Chain:
    """A channel strip: high-pass, de-esser, compressor, in this order.

    Levels are those of a speaker levelled to `units.REFERENCE_LUFS`, whatever the clip had.
    """

    high_pass_hz: float = 0.0  # corner of a 12 dB per octave filter; 0: off
    de_ess_db: float = 0.0  # most that is taken from a sharp s; 0: off
    compress: float = 1.0  # ratio above the threshold; 1: off


OFF = Chain()
GENTLE = Chain(high_pass_hz=70.0, de_ess_db=6.0, compress=2.0)
CHAINS = {"gentle": GENTLE, "off": OFF, "firm": Chain(80.0, 8.0, 3.5)}
