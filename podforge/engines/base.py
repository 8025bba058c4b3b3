"""The seam between podforge and whatever speaks.

An engine is one module with an `EngineSpec`, registered under the entry-point group
`podforge.engines`.  The spec is light: importing its module imports no numpy and no torch, so
that `plan` stays fast.  `load` is called in a worker process only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from podforge.cast import Limits, RecordingUse, Settings, Voice
from podforge.clip import Span, Word
from podforge.events import Tell, Watch
from podforge.plan import Job

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VoiceState = object  # whatever the engine makes of a voice and keeps in memory


@dataclass(frozen=True)
class Embedding:
    """A voice state that cost work: the studio keeps it in the store under its voice and model.

    `payload` is the engine's own format; it is given back to `speak` as it was, in any process.
    """

    payload: bytes


@dataclass(frozen=True)
class Take:
    """One attempt at a job: mono float32 in [-1, 1], shape (samples,), at `rate`.

    `spans` and `words` hold one entry per utterance when the engine knows them.  `marks` are the
    samples where the model itself said that a turn ended, as far as it did; `cut_short` says that
    it would have gone on when its length limit was reached.
    """

    key: str
    samples: NDArray[np.float32]
    rate: int
    spans: tuple[Span, ...] | None = None
    words: tuple[tuple[Word, ...], ...] | None = None
    marks: tuple[int, ...] = ()
    cut_short: bool = False


class Engine(Protocol):
    """A loaded engine, in a worker process."""

    def embed(self, voice: Voice) -> VoiceState:
        """Prepare a voice; once per voice and worker, or once for ever where it is an `Embedding`.

        Raises `EngineError` for a voice that the engine cannot use, or `InputError`, which ends the
        render, for a recording that is of no use.
        """

    def speak(
        self, jobs: Sequence[Job], voices: Mapping[str, VoiceState], watch: Watch
    ) -> Iterator[Take]:
        """Speak a batch; takes come as they finish.  `voices` is keyed by voice identity.

        Raises `EngineError` when a job cannot be spoken.
        """

    def close(self) -> None:
        """Give everything back."""


@dataclass(frozen=True)
class Need:
    """Something an engine cannot work without, whether it is here, and the command that adds it."""

    what: str  # `the package openai`, `OPENAI_API_KEY`
    found: bool
    remedy: str = ""  # a command to type, or what to do


@dataclass(frozen=True)
class About:
    """What a person wants to know before choosing an engine; `Limits` says the rest."""

    summary: str = ""  # one line
    cloning: bool = False  # a voice may be a recording
    words: bool = False  # it says when each word is spoken
    network: bool = False  # text leaves this machine, or may
    cost: str = ""  # `by the character`; empty: nothing but the machine
    licence: str = ""  # of the model, where there is one


class EngineSpec(Protocol):
    """What can be known about an engine without loading it; subclass it for the defaults."""

    name: str
    about: About = About()
    voice_key: str  # whose settings of a voice it reads: its own name, or another engine's
    sound_version: int  # raised by hand when the engine's sound changes on purpose
    known_settings: tuple[str, ...] = ()  # of the run; a flag goes to the engines that know it
    address: str = ""  # of its server, when nobody names another
    needs_reference: bool = False  # a voice is a recording, or an embedding that was made of one

    def limits(self, settings: Settings) -> Limits:
        """What one call may hold.  Raises `SettingError`."""

    def needs(self, settings: Settings) -> tuple[Need, ...]:  # noqa: ARG002 - the protocol
        """What must be here to speak: packages, programs, models, keys.  Looks, loads nothing."""
        return ()

    def fingerprint(self, settings: Settings) -> str:
        """Names the library or weights that decide the sound; reads files, loads nothing.

        Ends in `@?` where a model is not here yet, so that its version is not known.

        Raises `Unavailable` when the engine is not installed.
        """

    def fetch(self, settings: Settings, tell: Tell, *, offline: bool, update: bool) -> None:
        """Get what is missing (a model) from where it is published; nothing, for most engines.

        `update` looks for a newer one.  Raises `Unavailable` when it is missing and `offline`, or
        cannot be had.
        """

    def sound_settings(self, settings: Settings) -> Settings:
        """Those of the run's settings that decide the sound, with defaults filled in.

        Raises `SettingError` for a setting or a value that it does not know; needs no model.
        """

    def voice_settings(self, settings: Settings) -> Settings:
        """A voice's settings for this engine, checked, defaults filled in.

        Raises `ValueError` saying what is wrong; the caller knows the place.
        """

    def recording(self, settings: Settings) -> RecordingUse:  # noqa: ARG002 - the protocol
        """What the recording of a voice is to it, by the settings that `voice_settings` gave.

        One that is unused is no part of the voice's identity: another one changes no key.
        """
        if self.needs_reference:
            return "needed"
        return "used" if self.about.cloning else "unused"

    def unheld(self, settings: Settings, voice: Settings) -> str:  # noqa: ARG002 - the protocol
        """Says which voice that a voice's settings name the run's model does not hold.

        Empty where there is none, and where that cannot be told before it is loaded.
        """
        return ""

    def speaks(self, language: str) -> bool:  # noqa: ARG002 - the protocol
        """Whether it can speak a language at all, by its primary subtag; asked before any work.

        `Limits.languages` says which it speaks well.
        """
        return True

    def load(self, settings: Settings) -> Engine:
        """Load it; in a worker process only."""
