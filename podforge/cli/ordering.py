"""From a command line to the renders it asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from podforge.cli.destinations import destinations, parse_formats
from podforge.produce import Order
from podforge.project import Request
from podforge.settings import EngineFlags
from podforge.store import default_store_root
from podforge.threads import processors


@dataclass(frozen=True)
class Asked:
    """The options of `podforge render` that say what is made, and how."""

    output: str | None = None
    formats: str = ""
    target: str = ""
    split: bool = False
    engine: str = ""
    voices: Path | None = None
    cache: Path | None = None
    encoding: str = "utf-8"
    include: tuple[str, ...] = ()
    flags: EngineFlags = field(default=EngineFlags())
    jobs: int | None = None
    force: bool = False
    strict: bool = False
    restat: bool = False


def orders_of(scripts: Sequence[Path], asked: Asked) -> list[Order]:
    """An order a script.  Raises `UsageError` before any of them is opened."""
    places = destinations(scripts, asked.output, parse_formats(asked.formats), asked.split)
    return [
        Order(
            Request(
                script, asked.engine, asked.voices, asked.encoding, asked.flags, asked.target,
                asked.include,
            ),
            outputs,
            asked.cache or default_store_root(),
            asked.jobs or processors(),
            asked.force,
            asked.strict,
            asked.restat,
        )
        for script, outputs in zip(scripts, places, strict=True)
    ]  # fmt: skip
