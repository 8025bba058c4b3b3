"""Many scripts, one after the other: worker processes and loaded models serve them all.

A script that fails does not stop the next one.
"""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from podforge.errors import PodforgeError
from podforge.events import Tell
from podforge.executors.staff import Staff
from podforge.produce import Order, Product, Ready, produce

Status = Literal["made", "unchanged", "failed", "not started"]


@dataclass(frozen=True)
class Rendered:
    """What became of one script of a batch: a product, or an error, or neither was begun."""

    script: Path
    product: Product | None = None
    error: PodforgeError | None = None
    took_seconds: float = 0.0

    @property
    def status(self) -> Status:
        """In a word."""
        if self.error:
            return "failed"
        if not self.product:
            return "not started"
        return "unchanged" if self.product.unchanged else "made"


def render_all(
    orders: Sequence[Order], tell: Tell, fail_fast: bool = False, ready: Ready = lambda _: None
) -> Generator[Rendered, None, None]:
    """Render scripts; one `Rendered` for each, in their order, as they come.

    With `fail_fast` nothing is started after a failure.  Close the iterator
    (`contextlib.closing`) to stop early: no worker process is left behind.
    """
    stopped = False
    with Staff() as staff:
        for order in orders:
            rendered = (
                Rendered(order.request.script) if stopped else _render(order, tell, staff, ready)
            )
            stopped = fail_fast and (stopped or rendered.status == "failed")
            yield rendered


def _render(order: Order, tell: Tell, staff: Staff, ready: Ready) -> Rendered:
    script, begun = order.request.script, time.monotonic()
    try:
        product = produce(order, tell, ready, staff)
    except PodforgeError as error:
        return Rendered(script, error=_light(error), took_seconds=time.monotonic() - begun)
    return Rendered(script, product, took_seconds=time.monotonic() - begun)


def _light(error: PodforgeError) -> PodforgeError:
    """An error that does not keep everything its render had in memory: no frames, no causes."""
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return error
