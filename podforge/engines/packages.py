"""The packages that an engine imports when it is loaded, looked for without importing them."""

from collections.abc import Iterable
from importlib.util import find_spec

from podforge.engines.base import Need
from podforge.errors import Unavailable


def needs_of(packages: Iterable[str], install: str) -> tuple[Need, ...]:
    """A need for each package; `install` is the command that adds them."""
    return tuple(
        Need(f"the package {name}", find_spec(name) is not None, install) for name in packages
    )


def check_installed(engine: str, packages: Iterable[str], install: str) -> None:
    """Raise `Unavailable` where one of an engine's packages is missing."""
    missing = ", ".join(need.what for need in needs_of(packages, install) if not need.found)
    if missing:
        raise Unavailable(f"the engine {engine} needs {missing}", hint=install)
