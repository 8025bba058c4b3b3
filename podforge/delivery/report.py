"""What was made, how, and what to listen to again: `<stem>.report.json`.

It holds no time of day and no path outside the project, so that the same run gives the same
bytes and the file can be kept in Git.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from podforge.plain import plain

REPORT_VERSION = 1


@dataclass(frozen=True)
class ReportedVerdict:
    """One thing that a target asks for, and whether the decoded sound has it."""

    name: str
    value: str
    limit: str
    ok: bool


@dataclass(frozen=True)
class ReportedOutput:
    """A format as measured after decoding it; where it is several files, all of them together.

    `encodings` are as many as `sections` where nothing had to be encoded again.
    """

    file: str  # the first one
    format: str
    bytes: int  # of sound
    seconds: float
    lufs: float | None  # integrated loudness (BS.1770); None: silence
    true_peak_db: float | None  # dBTP
    files: int = 1
    kbits: int = 0  # a second; 0: as the sound needed
    channels: int = 1
    range_lu: float = 0.0  # EBU Tech 3342
    rms_db: float | None = None
    floor_db: float | None = None
    encodings: int = 1
    sections: int = 1
    gate: tuple[ReportedVerdict, ...] = ()


@dataclass(frozen=True)
class ReportedTarget:
    """What the outputs were mastered to."""

    name: str
    level: float
    measure: str  # LUFS or RMS
    true_peak_db: float


@dataclass(frozen=True)
class ReportedLine:
    """A line to listen to: `failed` has no usable take, `suspect` was kept."""

    severity: Literal["failed", "suspect"]
    file: str
    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class ReportedWarning:
    """Something the reader or a later stage warned about; `place` is `file:line:column`."""

    place: str
    text: str


@dataclass(frozen=True)
class ReportedChapter:
    """A chapter and where it begins, in seconds."""

    title: str
    start: float


@dataclass(frozen=True)
class ReportedSpeaker:
    """Who spoke, and with whose consent where the voice is that of a person.

    `recording` and `embedding` are SHA-256 digests of the voice's files, if it has them.
    """

    name: str
    voice: str
    engine: str
    consent: str = ""
    allowed_uses: str = ""
    recording: str = ""
    embedding: str = ""
    engine_from: str = ""  # who chose the engine: command, draft, speaker, voice, script, default
    stands_for: str = ""  # in a draft: the voice in whose place this one speaks


@dataclass(frozen=True)
class ReportedLoss:
    """What the script asks for and an engine does not perform: deliveries and vocal events."""

    engine: str
    deliveries: int
    events: int


@dataclass(frozen=True)
class Report:
    """A whole render.  `words` counts written words; `jobs_cached` came from the store."""

    podforge: str  # its version
    script: str
    title: str
    engines: tuple[str, ...]
    seconds: float
    words: int
    jobs_made: int
    jobs_cached: int
    retakes: int
    target: ReportedTarget | None = None
    outputs: tuple[ReportedOutput, ...] = ()
    findings: tuple[ReportedLine, ...] = ()
    warnings: tuple[ReportedWarning, ...] = ()
    chapters: tuple[ReportedChapter, ...] = ()
    speakers: tuple[ReportedSpeaker, ...] = ()
    disclosure: str = ""  # what the tags say of how it was made; empty: turned off
    draft: bool = False
    not_performed: tuple[ReportedLoss, ...] = ()
    paid_characters: Mapping[str, int] = field(default_factory=dict)  # of this render, by engine


def report_json(report: Report) -> str:
    """The report as JSON; a level of silence (minus infinity) becomes null."""
    value = {"version": REPORT_VERSION, **asdict(report)}
    return json.dumps(_sayable(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _sayable(value: object) -> object:
    """The value with what JSON or UTF-8 cannot say replaced; seconds to the microsecond."""
    if isinstance(value, dict):
        return {key: _sayable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_sayable(inner) for inner in value]
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
