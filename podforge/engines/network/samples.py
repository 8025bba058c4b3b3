"""Voices that a server keeps: what it gets to make one, and the engines that can ask for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from podforge.cast import Settings


@dataclass(frozen=True)
class Sample:
    """A recording that a server shall keep under a name, and who agreed to it."""

    name: str
    recording: Path
    consent: str  # for people: who, how, when, for what
    transcript: str = ""  # what is said in it
    description: str = ""


@runtime_checkable
class KeepsVoices(Protocol):
    """An `EngineSpec` whose server has voices of its own."""

    def remote_voices(self, settings: Settings) -> tuple[str, ...]:
        """Their names.  Raises `Unavailable`."""

    def add_remote_voice(self, settings: Settings, sample: Sample) -> str:
        """Have it keep one; its name there.  Raises `Unavailable`."""
