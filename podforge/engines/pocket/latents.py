"""A voice as the model is shown it, kept as a small safetensors file.

The latents are what the codec makes of a recording: (frames, size), float32, 12.5 frames a
second.  They are the codec's, not the backbone's, so that they do not depend on its number format.
"""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from podforge.engines.base import Embedding
from podforge.errors import EngineError, storage

LAYOUT = 1  # of the file below
LATENTS = "audio_prompt_latents"  # as transformers' processor calls them


def packed(latents: Tensor, reference: str, model: str) -> Embedding:
    """The latents of the recording with the digest `reference`, heard by the model `model`."""
    about = json.dumps({"layout": LAYOUT, "model": model, "reference": reference})
    # One entry: safetensors writes several in an order of its own each time.
    return Embedding(save({LATENTS: latents.contiguous()}, {"podforge": about}))


def unpacked(payload: bytes, size: int) -> Tensor:
    """The latents in an embedding, of `size` numbers a frame.  Raises `EngineError`."""
    return _read(payload, size, "an embedding of a voice", "pin it again with this model")


def preset(path: Path, size: int) -> Tensor:
    """The latents of a voice that came with the model.  Raises `EngineError`, `StorageError`."""
    with storage("reading", path):
        payload = path.read_bytes()
    return _read(payload, size, str(path), "give the voice a recording instead")


def _read(payload: bytes, size: int, what: str, hint: str) -> Tensor:
    try:
        latents = load(payload)[LATENTS].float()
    except (SafetensorError, ValueError) as error:
        raise EngineError(f"{what} cannot be read: {error}", hint=hint) from error
    except KeyError as error:
        raise EngineError(f"{what} holds no {LATENTS}", hint=hint) from error
    if latents.ndim == 3 and len(latents) == 1:
        latents = latents[0]  # a batch of one
    if latents.ndim != 2 or not len(latents) or latents.shape[1] != size:
        shape = tuple(latents.shape)
        raise EngineError(f"{what} is of another model: {shape}, not (frames, {size})", hint=hint)
    if not torch.isfinite(latents).all():
        raise EngineError(f"{what} holds numbers that are none", hint=hint)
    return latents
