"""What lies in a model's folder, without loading it: is it whole, what is it, how large.

The weights are in safetensors files: 8 bytes with the length of a JSON header, the header with
each tensor's type and byte range, then the bytes (https://github.com/huggingface/safetensors).
"""

import json
import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from podforge.errors import InputError, MissingInput, Place, storage

MODEL_TYPE = "vibevoice"
CONFIG, INDEX = "config.json", "model.safetensors.index.json"
# One of each row is needed, in what the library reads: weights apart.
PARTS = (
    ("tokenizer.json",),
    ("processor_config.json", "preprocessor_config.json"),
    ("chat_template.jinja", "chat_template.json", "tokenizer_config.json"),
)
WEIGHTS = "model*.safetensors"
PATTERNS = (
    CONFIG,
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "processor_config.json",
    "preprocessor_config.json",
    "chat_template.json",
    "chat_template.jinja",
    INDEX,
    WEIGHTS,
)  # everything that decides how the model speaks
CONVERTED = "vibevoice/VibeVoice-1.5B-hf or vibevoice/VibeVoice-7B-hf"
USE = f"use {CONVERTED}"
MOST_HEADER_BYTES = 100_000_000  # the format's own limit
_LENGTH = struct.Struct("<Q")

Header = Mapping[str, object]


def matters(name: str) -> bool:
    """True for the files of a model that are downloaded and that its fingerprint covers."""
    return any(fnmatchcase(name, pattern) for pattern in PATTERNS) and "/" not in name


def files(folder: Path) -> list[Path]:
    """The files of a model that matter, by name."""
    return sorted(p for p in folder.iterdir() if matters(p.name) and p.is_file())


def missing(folder: Path) -> list[str]:
    """Names of the files that a whole model would have and this folder has not."""
    there = {path.name for path in files(folder)} if folder.is_dir() else set()
    wanted = [(CONFIG,), *PARTS]
    lacking = [" or ".join(row) for row in wanted if there.isdisjoint(row)]
    shards = _shards(folder) if INDEX in there else set()
    if not shards and not any(fnmatchcase(name, WEIGHTS) for name in there):
        lacking.append("model.safetensors")
    return lacking + sorted(shards - there)


def check_folder(folder: Path) -> None:
    """Look before minutes of loading whether `folder` holds a whole VibeVoice model.

    Raises `MissingInput` for a folder or files that are not there, `InputError` for another
    model's folder and for damaged files, `StorageError` for unreadable ones.
    """
    if not folder.is_dir():
        raise MissingInput(f"there is no folder {folder}", hint=f"or name a model: {CONVERTED}")
    with storage("reading the model in", folder):
        if (folder / CONFIG).is_file():
            check_config(folder / CONFIG)  # first: another model may have other files
        if lacking := missing(folder):
            raise MissingInput(
                f"the model in {folder} is not whole: {', '.join(lacking)} missing",
                hint="download it again",
            )
        for weights in _weights(folder):
            _header(weights)


def check_config(path: Path) -> None:
    """Raises `InputError` unless the `config.json` is that of a VibeVoice model we can load."""
    config = _config(path)
    kind, classes = config.get("model_type"), config.get("architectures")
    names = [str(name) for name in classes] if isinstance(classes, list) else []
    first_layout = any(re.fullmatch("VibeVoice.*Inference", name) for name in names)
    if first_layout or (kind == MODEL_TYPE and "text_config" not in config):
        raise _wrong(path, f"is VibeVoice in its first layout, which cannot be read: {USE}")
    if kind != MODEL_TYPE:
        of_type = f'of type "{kind}"' if kind else "of no known type"
        raise _wrong(path, f"is a model {of_type}, not VibeVoice: {USE}")


def context_tokens(folder: Path) -> int | None:
    """How many tokens the model can hold; None where its config does not say."""
    with suppress(InputError, OSError):
        text = _config(folder / CONFIG).get("text_config")
        tokens = text.get("max_position_embeddings") if isinstance(text, dict) else None
        return tokens if isinstance(tokens, int) and tokens > 0 else None
    return None


def parameters_bytes(folder: Path) -> dict[str, int]:
    """Bytes of weights by their type, as safetensors names it: `{"BF16": 5408000000}`.

    Raises `InputError` for a damaged file.
    """
    sizes: dict[str, int] = {}
    for path in _weights(folder):
        for kind, start, end in _tensors(path, _header(path)):
            sizes[kind] = sizes.get(kind, 0) + end - start
    return sizes


def _weights(folder: Path) -> list[Path]:
    """The files that would be loaded."""
    shards = _shards(folder) if (folder / INDEX).is_file() else set()
    return [p for p in files(folder) if (p.name in shards if shards else _is_weights(p))]


def _is_weights(path: Path) -> bool:
    return fnmatchcase(path.name, WEIGHTS)


def _shards(folder: Path) -> set[str]:
    """The files that the index of a split model names."""
    placed = _config(folder / INDEX).get("weight_map")
    if not isinstance(placed, dict) or not all(isinstance(f, str) for f in placed.values()):
        raise _wrong(folder / INDEX, 'is no index of weights: it has no "weight_map"')
    return set(placed.values())


def _header(path: Path) -> Header:
    """The header of a safetensors file, whose length was checked against it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(_LENGTH.size)
        length = _LENGTH.unpack(start)[0] if len(start) == _LENGTH.size else 0
        if not 2 <= length <= min(MOST_HEADER_BYTES, size - _LENGTH.size):
            raise _wrong(path, "is not a safetensors file, or cut off: download it again")
        try:
            header = json.loads(file.read(length))
        except ValueError:
            header = None
    if not isinstance(header, dict):
        raise _wrong(path, "is not a safetensors file: download it again")
    end = max((end for _, _, end in _tensors(path, header)), default=0)
    expected = _LENGTH.size + length + end
    if size != expected:
        raise _wrong(path, f"is {size} bytes long instead of {expected}: download it again")
    return header


def _tensors(path: Path, header: Header) -> Iterator[tuple[str, int, int]]:
    """Type, first byte and end of each tensor."""
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        match entry:
            case {"dtype": str(kind), "data_offsets": [int(start), int(end)]} if 0 <= start <= end:
                yield kind, start, end
            case _:
                raise _wrong(path, f'is damaged at the tensor "{name}": download it again')


def _config(path: Path) -> Mapping[str, object]:
    try:
        config = json.loads(path.read_bytes())
    except ValueError as error:
        raise _wrong(path, f"is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise _wrong(path, "is not a JSON object")
    return config


def _wrong(path: Path, text: str) -> InputError:
    return InputError.at(Place(str(path)), text)
