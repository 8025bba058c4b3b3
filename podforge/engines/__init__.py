"""Engines: found by entry point, one small module each."""

from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from podforge.engines.base import EngineSpec
from podforge.errors import UsageError

GROUP = "podforge.engines"


@cache
def _registered() -> dict[str, EntryPoint]:
    """Looked up once a process: it reads a file of each package that is installed."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def engine_names() -> tuple[str, ...]:
    """Every engine that is registered, in alphabetical order."""
    return tuple(sorted(_registered()))


def find_engine(name: str) -> EngineSpec:
    """The spec registered as `name`.  Raises `UsageError` with the nearest name, or all of them.

    An engine whose package lacks something is found here; what it lacks, its `needs` say.
    """
    if entry := _registered().get(name):
        spec: EngineSpec = entry.load()()
        return spec
    near = get_close_matches(name.lower(), engine_names(), n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"installed: {', '.join(engine_names())}"
    raise UsageError(f'no engine called "{name}"', hint=hint)
