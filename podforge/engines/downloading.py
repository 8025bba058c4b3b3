"""Models from the Hugging Face Hub into its cache, with our events and our errors."""

import errno
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, cast

from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import logging as hub_logging

from podforge.engines.hub import Kind
from podforge.errors import DiskFull, MissingInput, PodforgeError, Unavailable
from podforge.events import FetchDone, FetchFailed, FetchProgress, FetchStarted, Tell

CONFIG = "config.json"  # that every model has
SECONDS_BETWEEN_EVENTS = 0.1
SPARE_BYTES = 50_000_000  # that a download leaves free
# The root of httpx's errors, which was renamed once.
NetworkError = cast(type[Exception], HfHubHTTPError.__mro__[1])


def download(model: str, cache: Path, kind: Kind, tell: Tell) -> str:
    """The files that matter of the newest commit of `model`, which is returned.

    Files that are in the cache do not come again.  Raises as `hub.fetch` says.
    """
    where: dict[str, Any] = {
        "repo_id": model,
        "cache_dir": cache,
        "endpoint": os.environ.get("HF_ENDPOINT") or None,
    }
    with _quiet(), _as_ours(model):
        info = HfApi(endpoint=where["endpoint"]).model_info(model, files_metadata=True)
        commit = str(info.sha)
        wanted = [file for file in info.siblings or [] if kind.matters(file.rfilename)]
        if all(file.rfilename != CONFIG for file in wanted):
            raise MissingInput(f"{model} on the Hugging Face Hub holds no model that we can read")
        kind.check_config(Path(hf_hub_download(filename=CONFIG, revision=commit, **where)))
        size = sum(file.size or 0 for file in wanted if not _is_here(file, model, commit, cache))
        if size:
            _check_space(model, cache, size)
            progress = _Progress(model, size, tell)
            names = [file.rfilename for file in wanted]
            with progress.told():
                snapshot_download(
                    revision=commit, allow_patterns=names, tqdm_class=_bar(progress), **where
                )
    return commit


def _is_here(file: Any, model: str, commit: str, cache: Path) -> bool:
    """True for a file whose content is in the cache, from this commit or another."""
    folder = cache / f"models--{model.replace('/', '--')}"
    blob = file.lfs.sha256 if file.lfs else file.blob_id
    linked = folder / "snapshots" / commit / file.rfilename
    return linked.exists() or bool(blob and (folder / "blobs" / blob).exists())


def _check_space(model: str, cache: Path, size: int) -> None:
    there = next(folder for folder in (cache, *cache.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free < size + SPARE_BYTES:
        raise DiskFull(
            f"{model} needs {size / 1e9:.1f} GB in {cache}, and {free / 1e9:.1f} GB are free",
            hint="free some space, or name another folder with HF_HOME",
        )


class _Progress:
    """The bytes that have come, as events: not too many, and never fewer bytes than before."""

    def __init__(self, model: str, total: int, tell: Tell) -> None:
        self._model, self._total, self._tell = model, total, tell
        self._lock, self._size, self._at = Lock(), 0, 0.0

    @contextmanager
    def told(self) -> Iterator[None]:
        """Start, and end however the block ends."""
        self._tell(FetchStarted(self._model, self._total))
        try:
            yield
        except BaseException:  # Ctrl-C, too
            self._tell(FetchFailed(self._model))
            raise
        self.reached(self._total)
        self._tell(FetchDone(self._model))

    def reached(self, size: int) -> None:
        """`size` bytes are here, by the count of one bar; called from several threads."""
        with self._lock:
            now, size = time.monotonic(), min(size, self._total)
            due = size == self._total or now - self._at >= SECONDS_BETWEEN_EVENTS
            if size > self._size and due:
                self._size, self._at = size, now
                self._tell(FetchProgress(self._model, size))


def _bar(progress: _Progress) -> type:
    """A class with tqdm's calls, as far as huggingface_hub makes them, which draws nothing.

    It opens a bar for the bytes received, one for the bytes written, and one for the files; the
    first two run side by side, and the further one of them counts.
    """

    class Bar:
        def __init__(self, *_: object, total: int | None = 0, unit: str = "it", **__: object):
            self.total, self.n, self._of_bytes = total, 0, unit == "B"
            self.format_dict = {"rate": None}
            self._lock = Lock()

        def update(self, n: float | None = 1) -> None:
            with self._lock:
                self.n += int(n or 0)
                if self._of_bytes:
                    progress.reached(self.n)

        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing is open."""

        def __getattr__(self, name: str) -> Any:
            return _nothing  # refresh, set_description, close, and whatever else draws

    return Bar


def _nothing(*_: object, **__: object) -> None:
    """What a bar that is not drawn does."""


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's log off the terminal: retries and advice; errors are told by us."""
    before = hub_logging.get_verbosity()
    hub_logging.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        hub_logging.set_verbosity(before)


@contextmanager
def _as_ours(model: str) -> Iterator[None]:
    """Errors of huggingface_hub and of the network as ours."""
    try:
        yield
    except PodforgeError:
        raise
    except (OSError, NetworkError) as error:
        raise _translated(error, model) from error


def _translated(error: Exception, model: str) -> PodforgeError:
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if isinstance(error, GatedRepoError) or status == 403:
        return Unavailable(
            f"{model} is open only to those who asked for access",
            hint=f"ask at https://huggingface.co/{model}, then: hf auth login",
        )
    if isinstance(error, RepositoryNotFoundError) or status in (401, 404):
        return MissingInput(
            f"the Hugging Face Hub has no model {model}, or shows it only to its owners",
            hint="check the name; for a private one: hf auth login",
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            f"no space left while downloading {model}",
            hint="free some space and run it again; files that came whole are kept",
        )
    return Unavailable(
        f"{model} could not be downloaded: {_reason(error)}",
        hint="run it again: files that came whole are kept",
    )


def _reason(error: Exception) -> str:
    cause: BaseException = error
    if isinstance(error, LocalEntryNotFoundError) and error.__cause__:
        cause = error.__cause__  # the wrapper advises on its own switches
    lines = str(cause).strip().splitlines()
    return f"{type(cause).__name__}: {lines[0]}" if lines else type(cause).__name__
