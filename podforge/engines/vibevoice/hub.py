"""Where a model lies: a folder, or the Hugging Face cache; and how it gets there.

Imports neither torch nor huggingface_hub: `plan` asks for fingerprints.
"""

from pathlib import Path

from podforge.engines import hub
from podforge.engines.digests import folder_digest
from podforge.engines.hub import commit_of, is_hub_id, snapshot_of
from podforge.engines.vibevoice.checkpoint import (
    check_config,
    check_folder,
    context_tokens,
    files,
    matters,
    missing,
    parameters_bytes,
)
from podforge.errors import MissingInput, PodforgeError
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
KIND = hub.Kind(matters, check_config, check_folder, install="pip install 'podforge[vibevoice]'")


def locate(model: str) -> Path | None:
    """The folder of a model, or None when it is not here, or not whole in the cache."""
    if not is_hub_id(model):
        folder = Path(model).expanduser()
        return folder if folder.is_dir() else None
    commit = commit_of(model)
    snapshot = snapshot_of(model, commit)
    return snapshot if commit and _whole(snapshot) else None


def fingerprint(model: str) -> str:
    """`owner/name@commit` of a cached model, `owner/name@?` of one that is not here yet.

    Of a folder: a digest of its files, whatever it is called.  Raises `MissingInput` for a folder
    without a model.
    """
    if not is_hub_id(model):
        return f"sha256:{folder_digest(Path(model).expanduser(), files)}"
    return f"{model}@{commit_of(model) if locate(model) else '?'}"


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
    hub.fetch(model, KIND, tell, is_here=here is not None, offline=offline, update=update)


def _whole(snapshot: Path) -> bool:
    """False for what an interrupted download left."""
    try:
        return snapshot.is_dir() and not missing(snapshot)
    except PodforgeError:  # a broken index: there, and check_folder will say so
        return True
