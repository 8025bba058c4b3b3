"""`podforge render -o -`: the audio to stdout, and nothing else there.

It is made whole in the store's scratch, as formats want that write their header last, and copied
out when it is good: a render that fails writes no byte.
"""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from podforge.batch import render_all
from podforge.cli.exits import told
from podforge.cli.outcomes import done
from podforge.cli.readers import telling
from podforge.errors import UsageError
from podforge.events import Event, RenderDone, Tell
from podforge.orders import Order
from podforge.store import Store


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
    if sys.stdout.isatty():
        raise UsageError("-o -: stdout is a terminal", hint="pipe it, or -o FILE")


def stream(order: Order, *, quiet: bool, events: bool, log: Path | None) -> int:
    """Render to stdout; the exit code.  Raises `OSError` where stdout takes no more."""
    scripts = [order.request.script]
    with Store(order.store).scratch() as folder:
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


def _unnamed(tell: Tell) -> Tell:
    """Without the name that the audio has for a moment."""

    def tell_all(event: Event) -> None:
        tell(replace(event, outputs=("-",)) if isinstance(event, RenderDone) else event)

    return tell_all
