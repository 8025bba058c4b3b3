"""The seam between podforge and whatever speaks.

An engine is one module with an `EngineSpec`, registered under the entry-point group
`podforge.engines`.  The spec is light: importing its module imports no numpy and no torch, so
that `plan` stays fast.  `load` is called in a worker process only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from podforge.cast import Limits, Settings, Voice
from podforge.clip import Span, Word
from podforge.events import Watch
from podforge.plan import Job

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VoiceState = object  # whatever the engine makes of a voice and keeps in memory


@dataclass(frozen=True)
class Take:
    """One attempt at a job: mono float32 in [-1, 1], shape (samples,), at `rate`.

    `spans` and `words` hold one entry per utterance when the engine knows them.
    """

    key: str
    samples: NDArray[np.float32]
    rate: int
    spans: tuple[Span, ...] | None = None
    words: tuple[tuple[Word, ...], ...] | None = None


class Engine(Protocol):
    """A loaded engine, in a worker process."""

    def embed(self, voice: Voice) -> VoiceState:
        """Prepare a voice; called once per voice and worker."""

    def speak(
        self, jobs: Sequence[Job], voices: Mapping[str, VoiceState], watch: Watch
    ) -> Iterator[Take]:
        """Speak a batch; takes come as they finish.  `voices` is keyed by voice identity.

        Raises `EngineError` when a job cannot be spoken.
        """

    def close(self) -> None:
        """Give everything back."""


class EngineSpec(Protocol):
    """What can be known about an engine without loading it."""

    name: str
    voice_key: str  # whose settings of a voice it reads: its own name, or another engine's
    sound_version: int  # raised by hand when the engine's sound changes on purpose

    def limits(self, settings: Settings) -> Limits:
        """What one call may hold."""

    def fingerprint(self, settings: Settings) -> str:
        """Names the library or weights that decide the sound; reads files, loads nothing.

        Raises `Unavailable` when the engine is not installed.
        """

    def sound_settings(self, settings: Settings) -> Settings:
        """Those of the run's settings that decide the sound, with defaults filled in.

        Raises `UsageError` for a setting that it does not know.
        """

    def voice_settings(self, settings: Settings) -> Settings:
        """A voice's settings for this engine, checked, defaults filled in.

        Raises `ValueError` saying what is wrong; the caller knows the place.
        """

    def load(self, settings: Settings) -> Engine:
        """Load it; in a worker process only."""
