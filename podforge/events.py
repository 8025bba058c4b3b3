"""What the library tells while it works.

The library never prints: it calls a `Tell` with one of these values.  The console, `--events
jsonl`, `--log` and the tests are readers of the same stream.  Every `...Started` is followed by
one matching `...Done` or `...Failed`, also when the work is stopped.

`docs/events.schema.json` and the tables of `docs/events.md` are made of the docstrings and
annotations here; `EVENTS_VERSION` says what may change (docs/events.md, "Versions").
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

EVENTS_VERSION = 1

Script = Annotated[str, "path of the script, as it was given"]
Key = Annotated[str, "the job's key: 64 hexadecimal digits"]
Line = Annotated[str, "where in the script, as FILE:LINE:COLUMN; what is not known is left out"]
AudioSeconds = Annotated[float, "seconds of audio"]
Bytes = Annotated[int, "bytes"]
Model = Annotated[str, "the model's name"]
Stage = Annotated[str, "the stage's name, such as mixing"]
Count = Annotated[int, "number of scripts"]
ExitCode = Annotated[int, "exit code that follows; 128 and the signal's number after a signal"]


@dataclass(frozen=True)
class BatchStarted:
    """A command begins with its scripts."""

    podforge: Annotated[str, "podforge's version"]
    scripts: Annotated[tuple[str, ...], "paths of the scripts, as they were given"]


@dataclass(frozen=True)
class BatchDone:
    """The command is through with its scripts."""

    made: Count
    unchanged: Annotated[int, "number of scripts whose outputs already were in place"]
    failed: Count
    exit_code: ExitCode
    not_started: Annotated[int, "number of scripts left after a failure, by --fail-fast"] = 0


@dataclass(frozen=True)
class BatchFailed:
    """The command was cut off, by a signal or a fault of podforge."""

    exit_code: ExitCode


@dataclass(frozen=True)
class RenderStarted:
    """A script is about to be rendered."""

    script: Script


@dataclass(frozen=True)
class FetchStarted:
    """A model is about to be downloaded."""

    what: Model
    size: Annotated[int, "bytes that are missing; 0 where that is not known"]


@dataclass(frozen=True)
class FetchProgress:
    """Some of it is here."""

    what: Model
    size: Annotated[int, "bytes that have come"]


@dataclass(frozen=True)
class FetchDone:
    """It is here, whole."""

    what: Model


@dataclass(frozen=True)
class FetchFailed:
    """It could not be had; what came stays for the next try."""

    what: Model


@dataclass(frozen=True)
class Planned:
    """The plan of a script stands."""

    jobs: Annotated[int, "number of jobs, each key once"]
    new: Annotated[int, "how many of them must be spoken; the others are in the store"]
    estimated_seconds: Annotated[float, "seconds of finished audio, expected"]
    new_seconds: Annotated[float, "seconds of speech in the new jobs, expected"] = 0.0
    paid_characters: Annotated[int, "characters of the new jobs that somebody pays for"] = 0


@dataclass(frozen=True)
class JobStarted:
    """A job was handed to a worker."""

    key: Key
    engine: Annotated[str, "the engine's name"]
    place: Line
    expected_seconds: Annotated[float, "seconds of audio, expected"] = 0.0


@dataclass(frozen=True)
class JobWaiting:
    """Another podforge is speaking the job into the same store: this one waits, from a second on.

    It is told of one such job; others may wait, too.
    """

    key: Key
    place: Line


@dataclass(frozen=True)
class JobProgress:
    """A worker is alive and at work on the job."""

    key: Key
    seconds: Annotated[float, "seconds of audio so far; fewer than before on another attempt"]
    frames: Annotated[int, "steps of the engine's model so far; 0 where it has none"] = 0


@dataclass(frozen=True)
class JobDone:
    """A job's clip is in the store."""

    key: Key
    seconds: AudioSeconds
    attempt: Annotated[int, "which attempt was kept, from 0"]


@dataclass(frozen=True)
class JobFailed:
    """A job has no usable take; the rest goes on."""

    key: Key
    place: Line
    reason: Annotated[str, "what was wrong; `stopped` when the render was cut off"]


@dataclass(frozen=True)
class StageStarted:
    """Mixing, encoding, or checking of one output begins."""

    stage: Stage
    seconds: Annotated[float, "seconds of audio that lie ahead; 0 where that is not known"]


@dataclass(frozen=True)
class StageProgress:
    """Some of the stage's audio is done."""

    stage: Stage
    seconds: Annotated[float, "seconds of audio so far"]


@dataclass(frozen=True)
class StageDone:
    """The stage ended well."""

    stage: Stage


@dataclass(frozen=True)
class StageFailed:
    """The stage ended badly; the render fails."""

    stage: Stage


@dataclass(frozen=True)
class Warned:
    """Something the user should know; the render goes on."""

    place: Line
    text: Annotated[str, "what there is to know"]


@dataclass(frozen=True)
class RenderDone:
    """The outputs of a script are in place."""

    script: Script
    outputs: Annotated[tuple[str, ...], "paths of the audio files"]
    seconds: AudioSeconds
    unchanged: Annotated[bool, "true when they already were in place"] = False


@dataclass(frozen=True)
class RenderFailed:
    """The outputs of a script were not replaced; an `Erred` for each reason follows."""

    script: Script
    reason: Annotated[str, "every reason, for people; `stopped` when it was cut off"]


@dataclass(frozen=True)
class Erred:
    """Why a render, or the whole command, failed."""

    code: Annotated[str, "kind of error: a class of podforge/errors.py, or Stopped"]
    text: Annotated[str, "what happened"]
    hint: Annotated[str, "what to do about it; may be empty"] = ""
    file: Annotated[str, "the input file it is in; empty where there is none"] = ""
    line: Annotated[int, "line in it, from 1; 0 for the whole file"] = 0
    column: Annotated[int, "column in it, from 1; 0 for the whole line"] = 0
    exit_code: ExitCode = 1
    script: Annotated[str, "the script whose render failed; empty for the command"] = ""


Event = (
    BatchStarted
    | BatchDone
    | BatchFailed
    | RenderStarted
    | FetchStarted
    | FetchProgress
    | FetchDone
    | FetchFailed
    | Planned
    | JobStarted
    | JobWaiting
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
    | Erred
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


class BenchWatch(Watch, Protocol):
    """The `Watch` of a whole worker, which may find that another process is at the same work."""

    def wait(self, key: str) -> None:
        """Alive, while another process holds what the job `key` needs."""
