"""Where a model of Pocket TTS lies, whether it is whole, and what names it; loads nothing.

A model's `processor_config.json` names its codec, which is a model of its own: another id on the
Hugging Face Hub, or a folder.  Both are needed.
"""

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from podforge.engines import hub
from podforge.engines.digests import folder_digest
from podforge.errors import InputError, MissingInput, Place, Unavailable, storage
from podforge.events import Tell

INSTALL = "pip install 'podforge[pocket]'"
CONFIG, PROCESSOR = "config.json", "processor_config.json"
WEIGHTS = "model*.safetensors"
PATTERNS = ("*.json", "*.jinja", WEIGHTS)  # what decides the sound
VOICES = "voices"  # the folder of those that come with a model
PRESET = "*.safetensors"


@dataclass(frozen=True)
class Sort:
    """A model or a codec: its type, and the files it has beside its weights."""

    type: str
    parts: tuple[str, ...]

    def folder(self, name: str) -> Path | None:
        """Where one lies that is whole, or None."""
        if hub.is_hub_id(name):
            commit = hub.commit_of(name)
            folder = hub.snapshot_of(name, commit)
            return folder if commit and self._whole(folder) else None
        folder = Path(name).expanduser()
        return folder if self._whole(folder) else None

    def check_config(self, path: Path) -> None:
        """Raises `InputError` for the `config.json` of another kind of model."""
        if (kind := _json(path).get("model_type")) != self.type:
            raise InputError.at(Place(str(path)), f'is a model of type "{kind}", not {self.type}')

    def check_folder(self, folder: Path) -> None:
        """Raises `MissingInput` for a folder without a whole model."""
        if not self._whole(folder):
            raise MissingInput(f"there is no whole {self.type} in {folder}")

    def fetch(self, name: str, tell: Tell, *, offline: bool, update: bool) -> None:
        """Download what is missing.  Raises as `hub.fetch` does, and as the checks do."""
        if not hub.is_hub_id(name):
            self.check_folder(Path(name).expanduser())
            return
        kind = hub.Kind(_matters, self.check_config, self.check_folder, INSTALL)
        here = self.folder(name) is not None
        hub.fetch(name, kind, tell, is_here=here, offline=offline, update=update)

    def named(self, name: str) -> str:
        """`owner/name@commit`, or the digest of a folder's files; `name@?` of what is not here."""
        folder = self.folder(name)
        if folder is None:
            return f"{name}@?"
        if hub.is_hub_id(name):
            return f"{name}@{hub.commit_of(name)}"
        return f"sha256:{folder_digest(folder, files)}"

    def _whole(self, folder: Path) -> bool:
        parts = all((folder / part).is_file() for part in self.parts)
        return parts and any(folder.glob(WEIGHTS))


MODEL = Sort("pocket_tts", (CONFIG, PROCESSOR, "tokenizer.json"))
CODEC = Sort("pocket_tts_audio_tokenizer", (CONFIG,))


def missing(model: str) -> str:
    """The model, or its codec, when it is not here or not whole; else empty."""
    folder = MODEL.folder(model)
    if folder is None:
        return model
    codec = _codec_of(folder)
    return "" if CODEC.folder(codec) else codec


def locate(model: str) -> Path:
    """The folder of a model whose codec is here, too.

    Raises `Unavailable` where one of them is not, `InputError` for another kind of model.
    """
    folder, lacking = MODEL.folder(model), missing(model)
    if folder is None or lacking:
        raise Unavailable(f"the model {lacking} is not here", hint=remedy(lacking))
    MODEL.check_config(folder / CONFIG)
    return folder


def fetch(model: str, tell: Tell, *, offline: bool, update: bool) -> None:
    """Download the model and then its codec, where they are missing.

    Raises as `hub.fetch` does, and `InputError` for another kind of model.
    """
    MODEL.fetch(model, tell, offline=offline, update=update)
    if folder := MODEL.folder(model):
        CODEC.fetch(_codec_of(folder), tell, offline=offline, update=update)
    locate(model)


def fingerprint(model: str) -> str:
    """The model and its codec by commit or digest.

    Ends in `@?` where one of them is not here.  Raises `MissingInput` for a folder without a model.
    """
    folder = MODEL.folder(model)
    if folder is None:
        if not hub.is_hub_id(model):
            MODEL.check_folder(Path(model).expanduser())
        return f"{model}@?"
    return f"{MODEL.named(model)}+{CODEC.named(_codec_of(folder))}"


def presets(folder: Path) -> dict[str, Path]:
    """The voices that come with a model, by name."""
    return {path.stem: path for path in sorted((folder / VOICES).glob(PRESET))}


def remedy(model: str) -> str:
    """The command that adds what is missing."""
    return f"hf download {model}" if hub.is_hub_id(model) else f"put the model into {model}"


def files(folder: Path) -> list[Path]:
    """The files of a model, or of a codec, that decide the sound, in order."""
    own = sorted(path for path in folder.iterdir() if path.is_file() and _matters(path.name))
    return [*own, *presets(folder).values()]


def _matters(name: str) -> bool:
    """By the path in the repository."""
    path = PurePosixPath(name)
    if path.parts[:-1] == (VOICES,):
        return fnmatchcase(path.name, PRESET)
    return len(path.parts) == 1 and any(fnmatchcase(name, pattern) for pattern in PATTERNS)


def _codec_of(folder: Path) -> str:
    """The name of the codec, as the model's processor has it.  Raises `InputError`."""
    match _json(folder / PROCESSOR).get("audio_tokenizer"):
        case {"audio_tokenizer_name_or_path": str(name)} if name:
            return name
    raise InputError.at(Place(str(folder / PROCESSOR)), "names no audio_tokenizer")


def _json(path: Path) -> dict[str, object]:
    with storage("reading", path):
        data = path.read_bytes()
    try:
        found = json.loads(data)
    except ValueError as error:
        raise InputError.at(Place(str(path)), f"is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise InputError.at(Place(str(path)), "is not a JSON object")
    return found
