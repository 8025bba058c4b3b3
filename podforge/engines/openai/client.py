"""OpenAI's own client, and its errors in our words."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import openai

from podforge.engines.network.addresses import is_at
from podforge.engines.network.keys import without
from podforge.engines.network.troubles import Kind, Trouble, message_in, of_status, seconds_asked
from podforge.engines.openai.options import Options

NO_KEY = "none"  # the client wants one, also for servers that do not
MOST_WORDS = 1 << 20  # bytes of an answer that is an error

OWN = "https://api.openai.com"
# What the client adds to requests by itself, and what a gateway may take for a key.
_HEADERS = ("OPENAI_CUSTOM_HEADERS", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID")


def open_client(options: Options, key: str) -> openai.OpenAI:
    """A client of the server; nothing is asked yet.  Redirects are followed by nobody.

    The headers that the environment sets for OpenAI go to OpenAI only.
    """
    if not is_at(options.address, OWN):
        for variable in _HEADERS:
            os.environ.pop(variable, None)
    return openai.OpenAI(
        api_key=key or NO_KEY,
        base_url=options.address,
        max_retries=0,  # we try again ourselves: told to stop, we stop
        timeout=options.timeout,
        http_client=openai.DefaultHttpxClient(
            base_url=options.address,
            timeout=options.timeout,
            follow_redirects=False,
            event_hooks={"response": [_limit]},
        ),
    )


def _limit(answer: httpx2.Response) -> None:
    """Have the words of a refusal read up to a limit, and as they come: unpacked they may grow."""
    if answer.is_error:
        answer.headers.pop("content-encoding", None)
        answer.stream = _Words(answer.stream)


class _Words(httpx2.SyncByteStream):  # type: ignore[misc]  # mypy does not look into httpx2
    """A stream that raises `Trouble` after `MOST_WORDS`."""

    def __init__(self, stream: httpx2.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        left = MOST_WORDS
        for block in self._stream:
            left -= len(block)
            if left < 0:
                raise Trouble(Kind.WRONG, "the server sent far more than an error can be")
            yield block

    def close(self) -> None:
        """Leave the rest."""
        self._stream.close()


@contextmanager
def asking(options: Options, key: str) -> Iterator[None]:
    """Turn the client's errors into `Trouble`, without the key in it: servers repeat it."""
    try:
        yield
    except openai.APIStatusError as error:
        wait = seconds_asked(error.response.headers.get("retry-after"), time.time())
        said = without(message_in(error.body) if error.body else error.message, key)
        raise of_status(error.status_code, said, wait) from None
    except (openai.APITimeoutError, httpx2.TimeoutException):
        text = f"no answer from {options.address} within {options.timeout:g} s"
        raise Trouble(Kind.BUSY, text) from None
    except (openai.APIConnectionError, httpx2.HTTPError) as error:
        cause = without(str(error.__cause__ or error), key)
        raise Trouble(Kind.BUSY, f"no connection to {options.address}: {cause}") from None
    except Trouble as trouble:  # a body that says what was sent
        raise Trouble(trouble.kind, without(trouble.text, key), trouble.wait) from None
