"""What the library tells while it works.

The library never prints: it calls a `Tell` with one of these values.  The console, `--events
jsonl` and the tests are readers of the same stream.  Every `...Started` is followed by one
matching `...Done` or `...Failed`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

EVENTS_VERSION = 1


@dataclass(frozen=True)
class RenderStarted:
    """A script is about to be rendered."""

    script: str


@dataclass(frozen=True)
class FetchStarted:
    """A model is about to be downloaded: `size` bytes are missing."""

    what: str
    size: int


@dataclass(frozen=True)
class FetchProgress:
    """`size` bytes of it are here."""

    what: str
    size: int


@dataclass(frozen=True)
class FetchDone:
    """It is here, whole."""

    what: str


@dataclass(frozen=True)
class FetchFailed:
    """It could not be had; what came stays for the next try."""

    what: str


@dataclass(frozen=True)
class Planned:
    """The plan stands: `new` of `jobs` must be spoken, the others are in the store."""

    jobs: int
    new: int
    estimated_seconds: float  # of finished audio
    new_seconds: float = 0.0  # of speech in the new jobs, expected


@dataclass(frozen=True)
class JobStarted:
    """A job was handed to a worker."""

    key: str
    engine: str
    place: str
    expected_seconds: float = 0.0  # of audio


@dataclass(frozen=True)
class JobProgress:
    """A worker is alive and has made `seconds` of audio of the job so far, in `frames` steps."""

    key: str
    seconds: float
    frames: int = 0  # steps of the engine's model; 0 where it has none


@dataclass(frozen=True)
class JobDone:
    """A job's clip is in the store."""

    key: str
    seconds: float  # of audio
    attempt: int


@dataclass(frozen=True)
class JobFailed:
    """A job has no usable take; the rest goes on."""

    key: str
    place: str
    reason: str


@dataclass(frozen=True)
class StageStarted:
    """Mixing, encoding, or checking of one output begins; `seconds` of audio lie ahead."""

    stage: str
    seconds: float


@dataclass(frozen=True)
class StageProgress:
    """`seconds` of audio of the stage are done."""

    stage: str
    seconds: float


@dataclass(frozen=True)
class StageDone:
    """The stage ended well."""

    stage: str


@dataclass(frozen=True)
class StageFailed:
    """The stage ended badly; the error follows in `RenderFailed`."""

    stage: str


@dataclass(frozen=True)
class Warned:
    """Something the user should know; `place` is `file:line:col` where there is one."""

    place: str
    text: str


@dataclass(frozen=True)
class RenderDone:
    """The outputs are in place; `unchanged` when they already were."""

    script: str
    outputs: tuple[str, ...]
    seconds: float  # of audio
    unchanged: bool = False


@dataclass(frozen=True)
class RenderFailed:
    """The outputs were not replaced."""

    script: str
    reason: str


Event = (
    RenderStarted
    | FetchStarted
    | FetchProgress
    | FetchDone
    | FetchFailed
    | Planned
    | JobStarted
    | JobProgress
    | JobDone
    | JobFailed
    | StageStarted
    | StageProgress
    | StageDone
    | StageFailed
    | Warned
    | RenderDone
    | RenderFailed
)
Tell = Callable[[Event], None]


class Watch(Protocol):
    """How work in a worker says that it is alive and learns that it should stop."""

    def beat(self, key: str, seconds: float, frames: int = 0) -> None:
        """Progress: `seconds` of audio of the job `key` exist, made in `frames` steps of a model.

        Moves the deadline on.
        """

    @property
    def cancelled(self) -> bool:
        """True once the work should end early, without a take."""
