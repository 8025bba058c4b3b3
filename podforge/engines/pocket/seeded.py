"""The model of transformers with noise that depends on nothing but a seed."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from transformers import PocketTTSForConditionalGeneration

OnFrame = Callable[[], None]  # called before each frame; what it raises ends the speech


class SeededPocketTts(PocketTTSForConditionalGeneration):  # type: ignore[no-untyped-call]
    """Ask it to generate with `do_sample=False`: its own noise is then zero, and ours is added.

    Noise is drawn on the processor, frame after frame, so that it is the same on every device.
    """

    _generator: torch.Generator | None = None
    _deviation = 0.0
    _on_frame: OnFrame | None = None

    @contextmanager
    def seeded(self, seed: int, temperature: float, on_frame: OnFrame) -> Iterator[None]:
        """Within it all frames come of this seed; `temperature` is the variance of the noise."""
        self._generator = torch.Generator().manual_seed(seed)
        self._deviation, self._on_frame = math.sqrt(temperature), on_frame
        try:
            yield
        finally:
            self._generator = self._on_frame = None

    def sample_latent(self, condition: Tensor, noise: Tensor, num_flow_steps: int) -> Tensor:
        """The next frame, (rows, latent_dim), from our noise instead of `noise`."""
        assert self._on_frame, "speak within `seeded`"
        self._on_frame()
        drawn = torch.randn(noise.shape, generator=self._generator) * self._deviation
        latent: Tensor = super().sample_latent(condition, drawn.to(noise), num_flow_steps)
        return latent
