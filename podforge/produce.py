"""The way in: what is there already is not made again, and everything else goes down the spine.

Nothing heavy is imported, and nothing is parsed, where the render stamp answers.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from podforge.errors import PodforgeError
from podforge.events import RenderDone, RenderFailed, RenderStarted, Tell, Warned
from podforge.orders import Order, Product
from podforge.stamps import unparsed, warn
from podforge.store import Store
from podforge.store.holding import in_use

if TYPE_CHECKING:
    from podforge.executors.staff import Staff

__all__ = ["Order", "Product", "Ready", "produce"]

Ready = Callable[[Product], None]
"""Hears of a product when all of it is made and nothing of it is in place."""


def produce(
    order: Order, tell: Tell, ready: Ready = lambda _: None, staff: "Staff | None" = None
) -> Product:
    """Render a script; processes of a `staff` stay for the next one.

    Raises a `PodforgeError`; the outputs are then what they were, and every clip that was made
    is in the store.
    """
    script = str(order.request.script)
    tell(RenderStarted(script))
    ended: RenderDone | RenderFailed = RenderFailed(script, "stopped")
    try:
        with in_use(order.store, make=True):
            product = _produce(order, tell, ready, staff)
        paths = tuple(str(path) for path in product.outputs)
        ended = RenderDone(script, paths, product.seconds, product.unchanged)
    except PodforgeError as error:
        ended = RenderFailed(script, str(error))
        raise
    finally:
        tell(ended)
    return product


def _produce(order: Order, tell: Tell, ready: Ready, staff: "Staff | None") -> Product:
    store = Store(order.store, lambda text: tell(Warned("", text)))
    if stamp := unparsed(order, store):
        warn(stamp.warnings, tell)
        return stamp.again(order, store, tell, ready)
    from podforge.spine import render  # half a second, and the readers

    return render(order, store, tell, ready, staff)
