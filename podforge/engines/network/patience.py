"""Trying again: jittered exponential backoff, and as long as the server asks for."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

from podforge.engines.network.troubles import Kind, Trouble

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Patience:
    """How often a request is tried, and how long is waited between two tries, in seconds.

    Full jitter: each wait is anywhere below a limit that doubles, so that many clients of a server
    that fell over do not come back together (Brooker, "Exponential Backoff And Jitter", 2015).
    """

    tries: int = 6
    first: float = 1.0
    most: float = 60.0  # also of what a server may ask for; a longer wait ends the tries

    def wait(self, number: int, asked: float, dice: random.Random) -> float:
        """Seconds before try `number` + 1."""
        return asked + dice.uniform(0.0, min(self.most, self.first * 2.0**number))


def patiently(call: Callable[[], ResultT], patience: Patience, ended: Event) -> ResultT:
    """What `call` returns in the end.

    Raises the last `Trouble`: at once when another try is useless, when the tries are used up, when
    the server asks for a longer wait than anybody would, or when the work has ended.
    """
    for number in range(patience.tries):
        try:
            return call()
        except Trouble as trouble:
            last = number + 1 == patience.tries
            if trouble.kind is not Kind.BUSY or last or trouble.wait > patience.most:
                raise
            dice = random.Random()  # noqa: S311 - for spreading load; no sound depends on it
            if ended.wait(patience.wait(number, trouble.wait, dice)):
                raise
    raise AssertionError("the loop returns or raises")
