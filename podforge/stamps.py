"""The render stamp: whether outputs are still what a render of these inputs made.

It is asked twice.  Before anything is parsed it holds when the command line says the same, every
file that had a say has the bytes it had, and nothing lies where something was looked for in vain.
When the plan stands it holds when all that was understood is the same: only a comment changed.
Either way every output must have the size and the time of change it was left with.
"""

import os
import platform
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from podforge import __version__
from podforge.cast import EngineUse, Settings
from podforge.engines import find_engine
from podforge.errors import PodforgeError, StorageError, storage
from podforge.events import Planned, Tell, Warned
from podforge.orders import Order, Product
from podforge.plan import digest
from podforge.settings import consulted, find_upwards
from podforge.store import Store
from podforge.witnesses import State, look, same

STAMP_VERSION = 2  # of the record
_IDLE = ("PODFORGE_JOBS",)  # variables that decide nothing


@dataclass(frozen=True)
class Inputs:
    """What decided a render, in values that JSON knows.

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


@dataclass(frozen=True)
class Stamp:
    """What a render left and told, in values that JSON knows."""

    inputs: Inputs
    audio: list[str]
    others: list[str]
    report: str
    sources: list[str]
    seconds: float
    jobs: int
    estimated_seconds: float
    warnings: list[tuple[str, str]]  # place and text, of the script
    findings: list[tuple[str, str]]  # of the render
    strict: bool = False  # --strict has nothing against it

    def again(
        self, order: Order, store: Store, tell: Tell, ready: Callable[[Product], None]
    ) -> Product:
        """What the render would make and, after the script's warnings, would tell.

        The audio gets a fresh time, as Make expects of a command that made its target.
        """
        tell(Planned(self.jobs, 0, self.estimated_seconds))
        warn(self.findings, tell)
        audio, sources = tuple(map(Path, self.audio)), tuple(map(Path, self.sources))
        script, report = order.request.script, Path(self.report)
        product = Product(script, audio, report, self.seconds, True, sources)
        ready(product)
        for path in () if order.restat else audio:
            with storage("touching", path):
                os.utime(path)
        self.press(order, store)
        return product

    def press(self, order: Order, store: Store) -> None:
        """Write down what the outputs are now; a store that takes nothing goes without."""
        files = [*self.others, *self.audio]
        left = _left(files)
        if order.passing or len(left) < len(files):
            return
        with suppress(StorageError):
            facts = asdict(self) | {"left": left}
            store.keep("stamp", _key(order), facts, None, durable=False)


def warn(problems: Iterable[tuple[str, str]], tell: Tell) -> None:
    """Tell kept warnings, each a place and a text."""
    for place, text in problems:
        tell(Warned(place, text))


def find_stamp(order: Order, store: Store) -> Stamp | None:
    """The stamp of an earlier render of this order, if its outputs are what they were then.

    With --strict, only one that --strict has nothing against.
    """
    record = None if order.afresh or order.passing else store.find("stamp", _key(order))
    if record is None or not _is_left(record["left"]):
        return None
    facts: dict[str, Any] = {name: record[name] for name in Stamp.__annotations__}
    stamp = Stamp(**facts | {"inputs": Inputs(**facts["inputs"])})
    return None if order.strict and not stamp.strict else stamp


def unparsed(order: Order, store: Store) -> Stamp | None:
    """The stamp that holds before anything is parsed, with the times that files have now."""
    stamp = find_stamp(order, store)
    if stamp is None or not stamp.inputs.seen or order.request.flags.update:
        return None  # a newer model may be there
    inputs, folder = stamp.inputs, order.request.script.parent
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
            return replace(stamp, inputs=replace(inputs, seen=seen))
    return None


def said(order: Order) -> str:
    """A digest of what the command line says, and of what surrounds it."""
    settings = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PODFORGE_") and name not in _IDLE
    }
    homes = [os.environ.get(name) for name in ("HOME", "XDG_CONFIG_HOME")]
    ffmpeg = shutil.which(os.environ.get("PODFORGE_FFMPEG") or "ffmpeg") or ""
    with suppress(OSError):
        status = Path(ffmpeg).stat()
        ffmpeg += f" {status.st_size} {status.st_mtime_ns}"
    versions = [__version__, platform.python_version(), ffmpeg]
    return digest([versions, str(Path.cwd()), homes, settings, repr(order.request)])


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


def _key(order: Order) -> str:
    """One stamp for each script and what is asked of it."""
    outputs = replace(order.outputs, folder=order.outputs.folder.absolute())
    script = str(order.request.script.absolute())
    return digest(["stamp", STAMP_VERSION, script, repr(outputs)])


def _left(paths: Iterable[str]) -> dict[str, list[int]]:
    """Size and time of change of each file; without those that are not there."""
    left = {}
    for path in paths:
        with suppress(OSError):
            status = Path(path).stat()
            left[str(Path(path).absolute())] = [status.st_size, status.st_mtime_ns]
    return left


def _is_left(left: dict[str, list[int]]) -> bool:
    return bool(left) and _left(left) == left
