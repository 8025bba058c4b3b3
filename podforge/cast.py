"""Who speaks with which voice on which engine, as frozen values.

A `Cast` holds everything `make_plan` needs to know about voices and engines, so that planning
is a pure function: no file is read and no engine is loaded to compute a key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from podforge.chains import GENTLE, Chain

Settings = Mapping[str, str | int | float | bool]
ANY = ("*",)


@dataclass(frozen=True)
class Limits:
    """What one engine call may hold, and what comes back with it.

    Lengths are characters of spoken text, as `units.spoken_length` counts them.  An engine that
    speaks windows gets runs of turns by up to `speakers` voices; any other gets one utterance a
    job.
    """

    rate: int  # samples per second of its takes
    windows: bool = False
    speakers: int = 1
    most_characters: int = 1_500  # per job
    least_characters: int = 0  # shortest piece a cut leaves, where there is a choice
    most_utterance: int = 1_500  # per utterance; a longer paragraph becomes several
    batch: int = 1  # jobs handed over at once
    most_workers: int = 0  # 0: as many as asked for
    stochastic: bool = False  # another seed gives another take
    patience: float = 120.0  # seconds between signs of life
    languages: tuple[str, ...] = ()  # primary subtags that it was made for; empty: any
    delivery: bool = False  # it performs how a line is said (`softly`)
    events: tuple[str, ...] = ()  # vocal events it performs (`laughs`); ANY: whatever is written
    context: int = 0  # characters of the text before and after a job that it wants to see
    takes: int = 3  # of a job, when stochastic, before the best of them must do
    paid: bool = False  # somebody pays for each character


@dataclass(frozen=True)
class EngineUse:
    """One engine as this run uses it.  `model` is the fingerprint of library or weights."""

    name: str
    limits: Limits
    model: str
    sound_version: int = 1
    settings: Settings = field(default_factory=dict)  # those that decide the sound


# What a voice's recording, or an embedding made of it, is to an engine with the voice's settings.
RecordingUse = Literal["unused", "used", "needed"]


@dataclass(frozen=True)
class Voice:
    """A voice as one engine gets it: its identity, its settings there, and what the engine hears.

    `identity` is a digest of the settings, and of the pinned embedding or else the reference clip
    where the engine speaks with one: two names with the same sound have the same identity.  Paths
    are absolute.
    """

    name: str
    identity: str
    settings: Settings = field(default_factory=dict)
    reference: str = ""  # path of the reference clip, or empty
    embedding: str = ""  # path of the pinned embedding, or empty
    digest: str = ""  # of the bytes of the embedding, else of the clip
    language: str = "en"


@dataclass(frozen=True)
class Part:
    """A speaker of the script with the voice that plays it."""

    speaker: str
    voice: Voice
    engine: str
    gain_db: float = 0.0
    pan: float = 0.0  # -1 left .. 1 right
    chain: Chain = GENTLE
    speed: float = 1.0
    style: str = ""
    engine_from: str = ""  # who chose it: `command`, `speaker`, `voice`, `script`, `default`...
    stands_for: str = ""  # in a draft: the voice in whose place a preset speaks


@dataclass(frozen=True)
class Cast:
    """The parts of a script by speaker, and the engines they need by name."""

    parts: Mapping[str, Part]
    engines: Mapping[str, EngineUse]
    sources: tuple[str, ...] = ()  # the voice files that were read, for stamps and depfiles
