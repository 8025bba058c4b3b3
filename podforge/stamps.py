"""The render stamp: whether outputs are still what a render of these inputs made.

It is asked twice.  Before anything is parsed it holds when the command line says the same, every
file that had a say has the bytes it had, and nothing lies where something was looked for in vain.
When the plan stands it holds when all that was understood is the same: only a comment changed.
Either way every output must have the size and the time of change it was left with.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from podforge.delivering import Outputs
from podforge.errors import StorageError, storage
from podforge.events import Planned, Tell, Warned
from podforge.orders import Order, Product
from podforge.plan import digest
from podforge.store import Store
from podforge.surroundings import Inputs, still

STAMP_VERSION = 4  # of the record: raised when a field of it means something else


@dataclass(frozen=True)
class Stamp:
    """What a render told and left, in values that JSON knows; paths as that run named them."""

    inputs: Inputs
    seconds: float
    jobs: int
    estimated_seconds: float
    warnings: list[tuple[str, str]]  # place and text, of the script
    findings: list[tuple[str, str]]  # of the render
    strict: bool = False  # --strict has nothing against it
    audio: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    report: str = ""
    sources: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)  # of an earlier render, beside its outputs

    def here(self, outputs: Outputs, product: Product) -> "Stamp":
        """As this run names the files: it may work in another folder."""
        return replace(
            self,
            audio=list(map(str, product.outputs)),
            others=[str(path) for path in outputs.everything() if path not in product.outputs],
            report=str(product.report),
            sources=list(map(str, product.sources)),
            strays=list(map(str, outputs.strays())),
        )

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
        warn_of_strays(map(Path, self.strays), tell)
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


def warn_of_strays(paths: Iterable[Path], tell: Tell) -> None:
    """Name the files that an earlier render left, as long as they are there."""
    for path in paths:
        if path.exists():
            tell(Warned("", f"{path} is not of this render; a chapter of an earlier one?"))


def find_stamp(order: Order, store: Store) -> Stamp | None:
    """The stamp of an earlier render of this order, if its outputs are what they were then.

    With --strict, only one that --strict has nothing against; without --restat, only where the
    outputs can be given a fresh time.
    """
    record = None if order.afresh or order.passing else store.find("stamp", _key(order))
    if record is None or not _is_left(record["left"]):
        return None
    if not (order.restat or all(map(_may_be_touched, record["left"]))):
        return None
    facts = {one.name: record[one.name] for one in fields(Stamp)}
    stamp = Stamp(**facts | {"inputs": Inputs(**record["inputs"])})
    return None if order.strict and not stamp.strict else stamp


def unparsed(order: Order, store: Store) -> Stamp | None:
    """The stamp that holds before anything is parsed, with the times that files have now."""
    stamp = find_stamp(order, store)
    inputs = still(stamp.inputs, order) if stamp else None
    return replace(stamp, inputs=inputs) if stamp and inputs else None


def _key(order: Order) -> str:
    """One stamp for each script, what is asked of it, and the fields of a stamp."""
    outputs = replace(order.outputs, folder=order.outputs.folder.absolute())
    script = str(order.request.script.absolute())
    names = [one.name for kind in (Stamp, Inputs) for one in fields(kind)]
    return digest(["stamp", STAMP_VERSION, names, script, repr(outputs)])


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


def _may_be_touched(path: str) -> bool:
    """Whether we may give a file the time it is now (POSIX `utimensat`)."""
    return os.access(path, os.W_OK) or Path(path).stat().st_uid == os.geteuid()
