"""What decides a render, beside podforge itself: what was said, what was read, what is in reach.

`Inputs` are that at one moment, in values that JSON knows; `still` says whether they hold now,
without parsing anything.
"""

import os
import platform
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from podforge import __version__
from podforge.cast import EngineUse, Settings
from podforge.engines import find_engine
from podforge.errors import PodforgeError
from podforge.orders import Order
from podforge.plan import digest
from podforge.settings import consulted, find_upwards
from podforge.versions import VERSIONS
from podforge.witnesses import State, look, same

_IDLE = ("PODFORGE_JOBS",)  # variables that decide nothing


@dataclass(frozen=True)
class Inputs:
    """What decided a render.

    `said` is a digest of the command line and what surrounds it, `project` one of all that was
    understood.  `settings` are the files of settings in reach of the script, `lexicons` the names
    of lexicons and the one in reach; `engines` their settings, and what they were taken for.
    `seen` is empty when something changed while it was read: then the stamp holds only when the
    plan stands.
    """

    said: str
    project: str
    seen: dict[str, State] = field(default_factory=dict)
    settings: list[str] = field(default_factory=list)
    lexicons: tuple[Sequence[str], str] = ((), "")
    engines: dict[str, tuple[Settings, str]] = field(default_factory=dict)


def still(inputs: Inputs, order: Order) -> Inputs | None:
    """The inputs with the times that files have now, if they decide the same."""
    if not inputs.seen or order.request.flags.update:
        return None  # a newer model may be there
    folder = order.request.script.parent
    seen = look(inputs.seen, inputs.seen)
    with suppress(PodforgeError):  # the long way tells it better
        if (
            inputs.said == said(order)
            and same(seen, inputs.seen)
            and inputs.settings == settings_in_reach(folder)
            and inputs.lexicons[1] == in_reach(folder, inputs.lexicons[0])
            and all(
                use and use == engine_use(name, own) for name, (own, use) in inputs.engines.items()
            )
        ):
            return replace(inputs, seen=seen)
    return None


def said(order: Order) -> str:
    """A digest of what the command line says, and of what surrounds it."""
    settings = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PODFORGE_") and name not in _IDLE
    }
    homes = [os.environ.get(name) for name in ("HOME", "XDG_CONFIG_HOME")]
    programs = [__version__, VERSIONS, platform.python_version(), _ffmpeg()]
    return digest([programs, str(Path.cwd()), homes, settings, repr(order.request)])


def _ffmpeg() -> str:
    """Which ffmpeg is used, without asking it: that takes as long as all the rest."""
    found = shutil.which(os.environ.get("PODFORGE_FFMPEG") or "ffmpeg")
    if not found:
        with suppress(PackageNotFoundError):
            return f"imageio-ffmpeg {version('imageio-ffmpeg')}"
        return ""
    with suppress(OSError):
        status = Path(found).stat()
        return f"{found} {status.st_size} {status.st_mtime_ns}"
    return found


def settings_in_reach(folder: Path) -> list[str]:
    """The files of settings that hold for scripts in `folder`."""
    return [str(path) for path in consulted(folder).files]


def in_reach(folder: Path, names: Sequence[str]) -> str:
    """The nearest file with one of `names`, from `folder` upwards, or nothing."""
    return str(find_upwards(folder, names) or "")


def engine_use(name: str, settings: Settings) -> str:
    """An engine as a run with these settings would use it; empty where it would not."""
    try:
        spec = find_engine(name)
        limits, model = spec.limits(settings), spec.fingerprint(settings)
        sound = spec.sound_settings(settings)
    except PodforgeError:
        return ""
    return repr(EngineUse(name, limits, model, spec.sound_version, sound))
