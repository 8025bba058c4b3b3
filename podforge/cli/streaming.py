"""`podforge render -o -`: the audio to stdout, and nothing else there.

It is made whole in the store's scratch, as formats want that write their header last, and copied
out when it is good: a render that fails writes no byte.
"""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import gettempdir

from podforge.batch import render_all
from podforge.cli.exits import told
from podforge.cli.outcomes import done
from podforge.cli.readers import telling
from podforge.errors import StorageError, UsageError
from podforge.events import Event, RenderDone, Tell
from podforge.orders import Order
from podforge.store import Store
from podforge.temporary import temporary_folder


def check_stream(orders: Sequence[Order], others: Sequence[str]) -> None:
    """Refuse what one stream of sound cannot be.  `others` are options that ask for more.

    Raises `UsageError`.
    """
    outputs = orders[0].outputs
    if len(orders) > 1 or len(outputs.formats) > 1 or outputs.split or others:
        what = " ".join(("-o -", *others))
        raise UsageError(
            f"{what}: stdout takes the audio of one script in one format, and nothing else",
            hint="-o FILE, or -o FOLDER/",
        )
    if sys.stdout is None:  # the shell closed it
        raise UsageError("-o -: stdout is closed", hint="pipe it, or -o FILE")
    if sys.stdout.isatty():
        raise UsageError("-o -: stdout is a terminal", hint="pipe it, or -o FILE")


def stream(order: Order, *, quiet: bool, events: bool, log: Path | None) -> int:
    """Render to stdout; the exit code.  Raises `OSError` where stdout takes no more."""
    scripts = [order.request.script]
    with _scratch(order.store) as folder:
        outputs = replace(order.outputs, folder=folder, bare=True)
        passing = replace(order, outputs=outputs, passing=True)
        with telling(scripts, quiet=quiet, events=events, log=log) as tell:
            (rendered,) = render_all([passing], _unnamed(tell))
            for erred in told(rendered.error, str(rendered.script)) if rendered.error else ():
                tell(erred)
            ended = done([rendered])
            tell(ended)
        if rendered.product:
            with rendered.product.outputs[0].open("rb") as sound:
                shutil.copyfileobj(sound, sys.stdout.buffer)
    return ended.exit_code


@contextmanager
def _scratch(store: Path) -> Iterator[Path]:
    """A temporary folder in the store, or where the system has them: a store may be read-only."""
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(Store(store).scratch())
        except StorageError:
            folder = stack.enter_context(temporary_folder(Path(gettempdir()), "podforge-"))
        yield folder


def _unnamed(tell: Tell) -> Tell:
    """Without the name that the audio has for a moment."""

    def tell_all(event: Event) -> None:
        tell(replace(event, outputs=("-",)) if isinstance(event, RenderDone) else event)

    return tell_all
