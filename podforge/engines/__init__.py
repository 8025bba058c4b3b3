"""Engines: found by entry point, one small module each."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from podforge.engines.base import EngineSpec
from podforge.errors import Unavailable

GROUP = "podforge.engines"


@cache
def _registered() -> dict[str, EntryPoint]:
    """Looked up once a process: it reads a file of each package that is installed."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def engine_names() -> tuple[str, ...]:
    """Every engine that is registered, in alphabetical order."""
    return tuple(sorted(_registered()))


def find_engine(name: str) -> EngineSpec:
    """The spec registered as `name`; `Unavailable` lists the others."""
    if entry := _registered().get(name):
        spec: EngineSpec = entry.load()()
        return spec
    known = ", ".join(engine_names())
    raise Unavailable(f'no engine called "{name}"', hint=f"installed: {known}")
