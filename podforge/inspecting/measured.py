"""What was measured, as values that can be kept and added up."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import reduce
from typing import Any

from podforge.inspecting.histograms import Histogram, added, integrated_of, range_of
from podforge.units import to_decibels


@dataclass(frozen=True)
class Measured:
    """A sound in numbers.  Levels are -inf for silence; times are seconds.

    Peaks, RMS and the rest are over all channels: the highest peak, the mean of all squares.
    """

    rate: int
    channels: int
    samples: int
    lufs: float  # integrated, ITU-R BS.1770-4
    range_lu: float  # EBU Tech 3342
    momentary_lufs: float  # highest of any 400 ms, EBU Tech 3341
    short_term_lufs: float  # highest of any 3 s
    true_peak_db: float
    true_peak_at: float
    sample_peak_db: float
    rms_db: float  # of everything, pauses included: the level that ACX asks for
    floor_db: float  # RMS of the quietest 0.5 s without digital silence; -inf: there are none
    digital_silence: float  # the longest stretch in which not even room tone is
    clipped: int  # runs of 3 or more samples at full scale, or above, in one channel
    dc_offset: tuple[float, ...]  # mean of each channel, full scale is 1
    head_silence: float  # below -60 dBFS RMS, in steps of 10 ms
    tail_silence: float
    inner_silence: float  # the longest between head and tail
    not_finite: int  # samples that are no numbers, or absurd ones; they count as 0
    blocks: Histogram  # of gating blocks
    short_terms: Histogram  # of 3 s windows

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return self.samples / self.rate

    @property
    def silent(self) -> bool:
        """Whether nothing in it is above the threshold of silence."""
        return self.head_silence > self.seconds - 0.5 / self.rate

    def facts(self) -> dict[str, Any]:
        """The same as plain values for JSON, which knows no infinity: None is silence."""
        return {name: None if value == -math.inf else value for name, value in asdict(self).items()}

    @classmethod
    def of_facts(cls, facts: Mapping[str, Any]) -> "Measured":
        """The value whose `facts` these are.  Raises `KeyError` or `TypeError` for others."""
        return cls(**{field.name: _value(facts[field.name]) for field in fields(cls)})


def _value(fact: Any) -> Any:
    """A value from JSON: lists were tuples, null was silence."""
    if isinstance(fact, list | tuple):
        return tuple(map(_value, fact))
    return -math.inf if fact is None else fact


def joined(parts: Sequence[Measured]) -> Measured:
    """What the parts measure when they are played one after the other.

    They have the same rate and channels, and there is at least one.  Exact but for the windows
    that reach over a join, and the 0.1 LU steps behind `lufs` and `range_lu`.
    """
    return reduce(_followed, parts)


def _followed(a: Measured, b: Measured) -> Measured:
    if (a.rate, a.channels) != (b.rate, b.channels):
        raise ValueError("only sounds of one rate and as many channels can be joined")
    samples = a.samples + b.samples
    share = a.samples / samples if samples else 1.0
    blocks, short_terms = added((a.blocks, b.blocks)), added((a.short_terms, b.short_terms))
    earlier = a.true_peak_db >= b.true_peak_db
    power = share * 10 ** (a.rms_db / 10) + (1 - share) * 10 ** (b.rms_db / 10)
    between = 0.0 if a.silent or b.silent else a.tail_silence + b.head_silence
    return Measured(
        rate=a.rate,
        channels=a.channels,
        samples=samples,
        lufs=integrated_of(blocks),
        range_lu=range_of(short_terms),
        momentary_lufs=max(a.momentary_lufs, b.momentary_lufs),
        short_term_lufs=max(a.short_term_lufs, b.short_term_lufs),
        true_peak_db=max(a.true_peak_db, b.true_peak_db),
        true_peak_at=a.true_peak_at if earlier else a.seconds + b.true_peak_at,
        sample_peak_db=max(a.sample_peak_db, b.sample_peak_db),
        rms_db=to_decibels(math.sqrt(power)),
        floor_db=min(filter(math.isfinite, (a.floor_db, b.floor_db)), default=-math.inf),
        digital_silence=max(a.digital_silence, b.digital_silence),
        clipped=a.clipped + b.clipped,
        dc_offset=tuple(
            share * x + (1 - share) * y for x, y in zip(a.dc_offset, b.dc_offset, strict=True)
        ),
        head_silence=a.head_silence + (b.head_silence if a.silent else 0.0),
        tail_silence=b.tail_silence + (a.tail_silence if b.silent else 0.0),
        inner_silence=max(a.inner_silence, b.inner_silence, between),
        not_finite=a.not_finite + b.not_finite,
        blocks=blocks,
        short_terms=short_terms,
    )
