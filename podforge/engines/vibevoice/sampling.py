"""The diffusion sampler, its schedule worked out once.

A deterministic solver is linear: the sample before each step is a fixed mix of the first noise
and of the predictions so far.  The mix is found by running the checkpoint's own scheduler on unit
vectors, so any solver of that kind gives the numbers it would have given itself.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from podforge.errors import Unavailable

TOLERANCE = 1e-3  # of the linear form against the scheduler itself, on values around 1


@dataclass(frozen=True)
class Schedule:
    """`timesteps` has shape (steps,); row i of `mix` (steps + 1, steps + 1) gives sample i.

    Sample i is `mix[i] @ [noise, prediction 0, ..., prediction i - 1]`; the last is the latent.
    """

    timesteps: Tensor
    mix: Tensor


def schedule_of(scheduler: Any, steps: int) -> Schedule:
    """The schedule of a `diffusers` scheduler.  Raises `Unavailable` unless it is linear."""
    units = torch.eye(steps + 1)
    mix = torch.stack(_run(scheduler, steps, units[0], units[1:]))
    schedule = Schedule(scheduler.timesteps.to(torch.float32), mix)
    chance = torch.randn(steps + 1, 8, generator=torch.Generator().manual_seed(0))
    expected = _run(scheduler, steps, chance[0], chance[1:])[-1]
    if not torch.allclose(mix[-1] @ chance, expected, atol=TOLERANCE):
        raise Unavailable(
            f"the model asks for the sampler {type(scheduler).__name__} with settings that are "
            "not deterministic",
            hint="use the checkpoint's own generation_config.json",
        )
    return schedule


def _run(scheduler: Any, steps: int, noise: Tensor, predictions: Tensor) -> list[Tensor]:
    scheduler.set_timesteps(num_inference_steps=steps)
    samples = [noise]
    for timestep, prediction in zip(scheduler.timesteps, predictions, strict=True):
        samples.append(scheduler.step(prediction, timestep, samples[-1]).prev_sample)
    return samples


class Sampler:
    """From the language model's two answers to a frame's latent, with guidance.

    What does not depend on the sample is computed for all steps at once: the weights that make
    shifts, scales and gates are then read once a frame and not once a step.
    """

    @torch.inference_mode()
    def __init__(self, head: Any, schedule: Schedule, guidance: float) -> None:
        weight = head.cond_proj.weight
        self._head, self._guidance = head, guidance
        self._mix = schedule.mix.to(weight.device)
        times = schedule.timesteps.to(weight)  # rounded as the model itself rounds them
        self._times = head.timestep_proj(head.timestep_embedding(times).to(weight.dtype))

    def __call__(self, positive: Tensor, negative: Tensor, noise: Tensor) -> Tensor:
        """Latents (rows, size) from answers (rows, hidden) and noise (rows, size), float32."""
        head, steps = self._head, len(self._times)
        condition: Tensor = head.cond_proj(torch.cat([positive, negative]))
        conditions = condition + self._times[:, None]
        turns = [layer.linear(layer.act_fn(conditions)).chunk(3, -1) for layer in head.layers]
        shifts, scales = head.final_layer.linear_1(head.final_layer.act_fn(conditions)).chunk(2, -1)
        seen = noise.new_empty(steps + 1, *noise.shape)
        seen[0] = noise
        for step in range(steps):
            sample = torch.tensordot(self._mix[step, : step + 1], seen[: step + 1], 1)
            hidden = head.noisy_images_proj(sample.to(condition.dtype)).repeat(2, 1)
            for layer, (shift, scale, gate) in zip(head.layers, turns, strict=True):
                moved = layer.norm(hidden) * (1 + scale[step]) + shift[step]
                hidden = hidden + gate[step] * layer.ffn(moved)
            hidden = _normed(head, hidden) * (1 + scales[step]) + shifts[step]
            with_text, without = head.final_layer.linear_2(hidden).float().chunk(2)
            seen[step + 1] = without + self._guidance * (with_text - without)
        latent: Tensor = torch.tensordot(self._mix[steps], seen, 1)
        return latent


def _normed(head: Any, hidden: Tensor) -> Tensor:
    return functional.rms_norm(hidden, hidden.shape[-1:], eps=head.final_layer.rms_norm_eps)
