"""What can go wrong with a request, whatever the client calls it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """What to do about it."""

    BUSY = "busy"  # try again: 408, 409, 425, 429, 5xx, a timeout, half a body, no connection
    REFUSED = "refused"  # end the render: the key or the account (401, 402, 403), no such path or
    # model (404, 405, 410, 501), a redirect away, a page for people
    WRONG = "wrong"  # this job only: the server will never speak it (400, 413, 422)
    MUTE = "mute"  # this job only, and the server was not asked


@dataclass
class Trouble(Exception):
    """A request that came to nothing; `wait` seconds were asked for (Retry-After), 0 for none."""

    kind: Kind
    text: str
    wait: float = 0.0

    def __str__(self) -> str:
        return self.text


_BUSY: Final = {408, 409, 425, 429}
_REFUSED: Final = {401, 402, 403, 404, 405, 407, 410, 501}
MOST_TEXT: Final = 300  # characters of what a server said


def of_status(status: int, said: str, wait: float = 0.0) -> Trouble:
    """The trouble behind an HTTP status (RFC 9110, section 15) that is not a success.

    A redirect is followed by nobody: the text, and the key with it, stay with the host that the
    user named.
    """
    text = f"HTTP {status}: {' '.join(said.split())[:MOST_TEXT]}".rstrip(": ")
    if status in _REFUSED:
        return Trouble(Kind.REFUSED, text)
    if status in _BUSY or status >= 500:
        return Trouble(Kind.BUSY, text, wait)
    if 300 <= status < 400:
        return Trouble(Kind.REFUSED, f"{text} (a redirect, which is not followed)")
    return Trouble(Kind.WRONG, text)


def message_in(body: object) -> str:
    """What an error's JSON says, wherever the server put it: `error`, `detail`, `message`."""
    for name in ("error", "detail", "message"):
        if isinstance(body, Mapping) and body.get(name):
            return message_in(body[name])
    return str(body)


def seconds_asked(header: str | None, now: float) -> float:
    """The seconds that a `Retry-After` asks for (RFC 9110, section 10.2.3): a number or a date.

    `now` is in seconds since 1970.  0 for none, or for one that nobody understands.
    """
    from email.utils import parsedate_to_datetime

    text = (header or "").strip()
    if text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return 0.0
