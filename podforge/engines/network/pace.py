"""How many requests a minute, for servers and accounts that allow so many."""

import threading
import time
from collections.abc import Callable


class Pace:
    """Lets requests pass one after the other, evenly, at most `per_minute` of them; 0: all."""

    def __init__(self, per_minute: float, now: Callable[[], float] = time.monotonic) -> None:
        self._gap = 60.0 / per_minute if per_minute > 0 else 0.0
        self._now, self._next = now, 0.0
        self._lock = threading.Lock()

    def turn(self) -> float:
        """Seconds to wait before the request that asks; the turn is taken."""
        with self._lock:
            now = self._now()
            at = max(now, self._next)
            self._next = at + self._gap
            return at - now

    def hold(self, seconds: float) -> None:
        """Let nobody pass for a while: the server asked one of us to wait, and means all."""
        with self._lock:
            self._next = max(self._next, self._now() + seconds)
