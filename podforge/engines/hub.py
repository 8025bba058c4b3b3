"""The Hugging Face cache, for all engines: where a model lies there, and how it gets there.

Imports no huggingface_hub before something is downloaded: `plan` asks for fingerprints.  The
cache's layout is described at https://huggingface.co/docs/huggingface_hub/guides/manage-cache:
`refs/main` holds the commit, `snapshots/<commit>` the files.
"""

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from podforge.errors import Unavailable, storage
from podforge.events import Tell

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*")
_TRUE = ("1", "ON", "YES", "TRUE")  # as huggingface_hub reads its switches


@dataclass(frozen=True)
class Kind:
    """What an engine wants of the repository of a model; the checks raise `PodforgeError`."""

    matters: Callable[[str], bool]  # whether a file is downloaded, by its name there
    check_config: Callable[[Path], None]  # before the rest comes: is it a model of ours
    check_folder: Callable[[Path], None]  # before it is used: is it whole
    install: str  # the command that adds huggingface_hub


def is_hub_id(model: str) -> bool:
    """True for `owner/name` unless such a folder is here."""
    return _HUB_ID.fullmatch(model) is not None and not Path(model).is_dir()


def is_offline() -> bool:
    """Whether the user has switched downloads off."""
    switches = (os.environ.get(name, "") for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return any(switch.upper() in _TRUE for switch in switches)


def cache_folder() -> Path:
    """The folder of the cache, by the rules of huggingface_hub."""
    env = os.environ
    base = env.get("XDG_CACHE_HOME", "~/.cache")
    home = env.get("HF_HOME", str(Path(base) / "huggingface"))
    cache = env.get("HUGGINGFACE_HUB_CACHE", str(Path(home) / "hub"))
    return Path(os.path.expandvars(env.get("HF_HUB_CACHE", cache))).expanduser()


def commit_of(model: str) -> str:
    """The commit in use; empty when there is none."""
    try:
        return _ref_of(model).read_text().strip()
    except (OSError, ValueError):
        return ""


def snapshot_of(model: str, commit: str) -> Path:
    """Where the files of a commit lie, if they are here."""
    return _in_cache(model) / "snapshots" / commit


def fetch(
    model: str, kind: Kind, tell: Tell, *, is_here: bool, offline: bool, update: bool
) -> None:
    """Download a model that is not here; with `update`, also a newer one than the one here.

    A model that is here costs no network call without `update`.  Until the last byte has come
    the older one stays in use.  Raises `MissingInput` for a model that does not exist, what the
    checks of `kind` raise, `DiskFull`, and `Unavailable` where it cannot be had now.
    """
    if is_here and not update:
        return
    if offline or is_offline():
        raise _not_offline(model, is_here)
    try:
        from podforge.engines.downloading import download
    except ImportError as error:
        raise Unavailable(
            f"downloading {model} needs huggingface_hub", hint=kind.install
        ) from error
    commit = download(model, cache_folder(), kind, tell)
    kind.check_folder(snapshot_of(model, commit))
    _use(model, commit)


def _not_offline(model: str, is_here: bool) -> Unavailable:
    if is_here:
        return Unavailable(
            f"a newer {model} cannot be looked for offline", hint="leave out --update-model"
        )
    return Unavailable(
        f"the model {model} is not here, and downloads are switched off",
        hint=f"where there is a network: hf download {model}",
    )


def _use(model: str, commit: str) -> None:
    """Make a snapshot that is whole the one in use, in one step."""
    ref = _ref_of(model)
    with storage("writing", ref):
        ref.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=ref.parent, delete=False) as file:
            file.write(commit)
        Path(file.name).replace(ref)


def _in_cache(model: str) -> Path:
    return cache_folder() / f"models--{model.replace('/', '--')}"


def _ref_of(model: str) -> Path:
    return _in_cache(model) / "refs" / "main"
