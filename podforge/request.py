"""What is asked for in reading and casting a script.  Imports no reader."""

from dataclasses import dataclass, field
from pathlib import Path

from podforge.settings import EngineFlags


@dataclass(frozen=True)
class Request:
    """What flags, the environment and files of settings say; it goes before the script."""

    script: Path
    engine: str = ""
    voices: Path | None = None
    encoding: str = "utf-8"
    flags: EngineFlags = field(default=EngineFlags())
    target: str = ""  # of loudness
    include: tuple[str, ...] = ()  # parts of a book that are left out otherwise
    chapters: tuple[str, ...] = ()  # to be heard alone, by title or number
    lines: tuple[str, ...] = ()  # ... and lines of the file: `40-60`, `57`
    allowed: tuple[Path, ...] = ()  # folders outside the project that cues may name files in
    draft: bool = False  # all of it on the embedded engine
