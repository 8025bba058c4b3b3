"""Where a model lies: a folder, or the Hugging Face cache; and how it gets there.

Imports neither torch nor huggingface_hub: `plan` asks for fingerprints.  The cache's layout is
described at https://huggingface.co/docs/huggingface_hub/guides/manage-cache: `refs/main` holds
the commit, `snapshots/<commit>` the files.
"""

import os
import re
import tempfile
from pathlib import Path

from podforge.engines.digests import folder_digest
from podforge.engines.vibevoice.checkpoint import (
    check_folder,
    context_tokens,
    files,
    missing,
    parameters_bytes,
)
from podforge.errors import MissingInput, PodforgeError, Unavailable, storage
from podforge.events import Tell

__all__ = [
    "DEFAULT",
    "LARGE",
    "check_folder",
    "context_tokens",
    "fetch",
    "fingerprint",
    "is_hub_id",
    "locate",
    "parameters_bytes",
]

DEFAULT = "vibevoice/VibeVoice-1.5B-hf"
LARGE = "vibevoice/VibeVoice-7B-hf"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*")
_TRUE = ("1", "ON", "YES", "TRUE")  # as huggingface_hub reads its switches


def is_hub_id(model: str) -> bool:
    """True for `owner/name` unless such a folder is here."""
    return _HUB_ID.fullmatch(model) is not None and not Path(model).is_dir()


def locate(model: str) -> Path | None:
    """The folder of a model, or None when it is not here, or not whole in the cache."""
    if not is_hub_id(model):
        folder = Path(model).expanduser()
        return folder if folder.is_dir() else None
    commit = _commit(model)
    snapshot = _in_cache(model) / "snapshots" / commit
    return snapshot if commit and _whole(snapshot) else None


def fingerprint(model: str) -> str:
    """`owner/name@commit` of a cached model, `owner/name@?` of one that is not here yet.

    Of a folder: a digest of its files, whatever it is called.  Raises `MissingInput` for a folder
    without a model.
    """
    if not is_hub_id(model):
        return f"sha256:{folder_digest(Path(model).expanduser(), files)}"
    return f"{model}@{_commit(model) if locate(model) else '?'}"


def fetch(model: str, tell: Tell, *, offline: bool = False, update: bool = False) -> None:
    """Download a model that is not here; with `update`, also a newer one than the one here.

    A model that is here costs no network call without `update`.  Until the last byte has come
    the older one stays in use.  Raises `MissingInput` for a folder or a model that does not
    exist, `InputError` for another kind of model, `DiskFull`, and `Unavailable` where it cannot
    be had now.
    """
    here = locate(model)
    if not is_hub_id(model):
        if here is None:
            raise MissingInput(f"there is no folder {model}", hint=f"or name a model: {DEFAULT}")
        return
    if here and not update:
        return
    if offline or _offline():
        raise _not_offline(model, here)
    try:
        from podforge.engines.vibevoice.downloading import download
    except ImportError as error:
        raise Unavailable(
            f"downloading {model} needs huggingface_hub",
            hint="pip install 'podforge[vibevoice]'",
        ) from error
    commit = download(model, _cache(), tell)
    check_folder(_in_cache(model) / "snapshots" / commit)
    _use(model, commit)


def _not_offline(model: str, here: Path | None) -> PodforgeError:
    if here:
        return Unavailable(
            f"a newer {model} cannot be looked for offline", hint="leave out --update-model"
        )
    return Unavailable(
        f"the model {model} is not here, and downloads are switched off",
        hint=f"where there is a network: hf download {model}",
    )


def _offline() -> bool:
    switches = (os.environ.get(name, "") for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return any(switch.upper() in _TRUE for switch in switches)


def _cache() -> Path:
    """The folder of the Hugging Face cache, by the rules of huggingface_hub."""
    env = os.environ
    base = env.get("XDG_CACHE_HOME", "~/.cache")
    home = env.get("HF_HOME", str(Path(base) / "huggingface"))
    cache = env.get("HUGGINGFACE_HUB_CACHE", str(Path(home) / "hub"))
    return Path(os.path.expandvars(env.get("HF_HUB_CACHE", cache))).expanduser()


def _in_cache(model: str) -> Path:
    return _cache() / f"models--{model.replace('/', '--')}"


def _ref(model: str) -> Path:
    return _in_cache(model) / "refs" / "main"


def _commit(model: str) -> str:
    """The commit in use; empty when there is none."""
    try:
        return _ref(model).read_text().strip()
    except (OSError, ValueError):
        return ""


def _whole(snapshot: Path) -> bool:
    """False for what an interrupted download left."""
    try:
        return snapshot.is_dir() and not missing(snapshot)
    except PodforgeError:  # a broken index: there, and check_folder will say so
        return True


def _use(model: str, commit: str) -> None:
    """Make a snapshot that is whole the one in use, in one step."""
    ref = _ref(model)
    with storage("writing", ref):
        ref.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=ref.parent, delete=False) as file:
            file.write(commit)
        Path(file.name).replace(ref)
