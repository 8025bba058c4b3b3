"""Engines: found by entry point, one small module each."""

from importlib.metadata import entry_points

from podforge.engines.base import EngineSpec
from podforge.errors import Unavailable

GROUP = "podforge.engines"


def engine_names() -> tuple[str, ...]:
    """Every engine that is registered, in alphabetical order."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


def find_engine(name: str) -> EngineSpec:
    """The spec registered as `name`; `Unavailable` lists the others."""
    for entry in entry_points(group=GROUP, name=name):
        spec: EngineSpec = entry.load()()
        return spec
    known = ", ".join(engine_names())
    raise Unavailable(f'no engine called "{name}"', hint=f"installed: {known}")
