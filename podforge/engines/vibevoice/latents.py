"""What the model makes of a recording, kept as a small safetensors file.

The codec gives a mean and adds noise to it each time it is asked.  The noise is drawn once, from
the digest of the recording, and kept beside the mean: a voice is then the same in every window, on
every day, and what the model gets is still what it was trained on.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from podforge.engines.base import Embedding
from podforge.errors import EngineError

LAYOUT = 1  # of the file below


@dataclass(frozen=True)
class Latents:
    """`mean` and `noise`, each (frames, size), float32, as the codec gives them."""

    mean: Tensor
    noise: Tensor

    def features(self, model: Any, frozen: bool) -> Tensor:
        """What the language model is shown, before it is projected; `frozen` adds the noise."""
        inner = model.model
        raw = self.mean + self.noise if frozen else self.mean
        raw = raw.to(inner.latent_scaling_factor.device)
        bias, scale = inner.latent_bias_factor.float(), inner.latent_scaling_factor.float()
        features: Tensor = (raw + bias) * scale
        return features


def encode(samples: NDArray[np.float32], model: Any, processor: Any, seed: int) -> Latents:
    """The latents of a recording: mono samples at 24 kHz.

    The noise is what `VibeVoiceAcousticTokenizerModel.encode` adds: a scale from
    N(0, `vae_std`) for the recording, then Gaussian.  It works in single precision whatever the
    model is in, so that a voice does not depend on the device.
    """
    tower = model.model.audio_tower
    weight = next(tower.encoder.parameters())
    extract = processor.feature_extractor
    inputs = extract(samples, sampling_rate=extract.sampling_rate)
    values = inputs["input_values"].to(weight.device)
    try:
        with torch.inference_mode(mode=False), torch.no_grad():
            tower.encoder.float()  # and back: loses nothing
            mean = tower.encode(values, sample=False).latents[0].cpu()
    finally:
        tower.encoder.to(weight.dtype)
    frames = math.ceil(int(inputs["padding_mask"].sum()) / tower.config.hop_length)
    generator = torch.Generator().manual_seed(seed)
    scale = tower.config.vae_std * torch.randn(1, generator=generator)
    noise = scale * torch.randn(mean.shape, generator=generator)
    return Latents(mean[:frames].contiguous(), noise[:frames].contiguous())


def packed(latents: Latents, reference: str, model: str) -> Embedding:
    """The latents of the recording with the digest `reference`, heard by the model `model`."""
    about = json.dumps({"layout": LAYOUT, "model": model, "reference": reference})
    # One entry: safetensors writes several in an order of its own each time.
    return Embedding(save({"mean": latents.mean, "noise": latents.noise}, {"podforge": about}))


def unpacked(payload: bytes, size: int) -> Latents:
    """The latents in `payload`, of `size` numbers a frame.

    Raises `EngineError` when they are damaged or of a model that hears otherwise.
    """
    try:
        tensors = load(payload)
        latents = Latents(tensors["mean"].float(), tensors["noise"].float())
    except (SafetensorError, KeyError, ValueError) as error:
        raise EngineError(
            f"an embedding of a voice cannot be read: {error}", hint="pin it again"
        ) from error
    shape = tuple(latents.mean.shape)
    if shape != tuple(latents.noise.shape) or len(shape) != 2 or shape[1] != size:
        raise EngineError(
            f"an embedding of a voice is of another model: {shape[-1]} numbers a frame, not {size}",
            hint="pin it again with this model",
        )
    if not (torch.isfinite(latents.mean).all() and torch.isfinite(latents.noise).all()):
        raise EngineError(
            "an embedding of a voice holds numbers that are none", hint="pin it again"
        )
    return latents
