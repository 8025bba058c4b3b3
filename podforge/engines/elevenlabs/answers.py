"""Answers that are read up to a limit; the service's own client reads them whole."""

from typing import Any

import httpx

from podforge.engines.network.sounds import MOST_BYTES
from podforge.engines.network.troubles import Kind, Trouble

_UNPACKED = ("content-encoding", "content-length")  # of what came; what is read is neither


class LimitedClient(httpx.Client):  # type: ignore[misc]  # mypy does not look into httpx
    """A client that follows no redirect and raises `Trouble` for more than `MOST_BYTES`."""

    def __init__(self, timeout: float) -> None:
        super().__init__(timeout=timeout, follow_redirects=False)

    def send(self, request: httpx.Request, **how: Any) -> httpx.Response:
        """The answer, whole; what it unpacks to counts."""
        answer, body = super().send(request, **{**how, "stream": True}), bytearray()
        try:
            for block in answer.iter_bytes():
                body += block
                if len(body) > MOST_BYTES:
                    raise Trouble(Kind.WRONG, "the service sent far more than the text can be")
        finally:
            answer.close()
        kept = [pair for pair in answer.headers.multi_items() if pair[0] not in _UNPACKED]
        return httpx.Response(
            answer.status_code, headers=kept, content=bytes(body), request=request
        )
