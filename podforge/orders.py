"""What is asked of a render, and what came of it.  Imports no reader and no engine."""

from dataclasses import dataclass
from pathlib import Path

from podforge.delivering import Outputs
from podforge.request import Request


@dataclass(frozen=True)
class Order:
    """What to render, and where to."""

    request: Request
    outputs: Outputs
    store: Path
    workers: int = 1
    afresh: bool = False
    strict: bool = False
    restat: bool = False  # what would get the bytes it has keeps its time
    passing: bool = False  # the outputs are read once and thrown away: no stamp is left


@dataclass(frozen=True)
class Product:
    """The files of a render, the audio first, and those it was made of."""

    script: Path
    outputs: tuple[Path, ...]
    report: Path
    seconds: float
    unchanged: bool = False
    sources: tuple[Path, ...] = ()
