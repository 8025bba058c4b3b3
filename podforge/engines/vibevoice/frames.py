"""One frame of audio for every row: the part of the loop that never asks the device anything.

VibeVoice speaks a frame (3 200 samples) a step: the language model says which of four tokens
comes next; for an audio token, diffusion draws a latent, the codec decodes it, and the semantic
encoder hears it, so that the language model knows what it said (VibeVoice technical report,
arXiv 2508.19205, section 2).  A row whose token is not audio computes a frame that is thrown away,
and everything it remembers stays as it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from podforge.engines.vibevoice.buffers import Convolutions, KeyValues, lanes_of
from podforge.engines.vibevoice.sampling import Sampler

PREFILL_TOKENS = 256  # of a prompt at a time: bounds memory, and the time between signs of life
REACH_STEP = 64  # attention looks at whole multiples of so many positions


@dataclass(frozen=True)
class Tokens:
    """Which token stands at which place of the four that the model may choose."""

    ids: tuple[int, ...]  # ascending: of equal scores the lowest id wins, as in `generate`
    audio: int
    start: int
    end: int
    finish: int

    @classmethod
    def of(cls, config: Any) -> "Tokens":
        """The four tokens of a model's configuration."""
        named = (
            config.audio_token_id,
            config.audio_bos_token_id,
            config.audio_eos_token_id,
            config.eos_token_id,
        )
        ids = tuple(sorted(set(named)))
        return cls(ids, *(ids.index(token) for token in named))


class Rows:
    """The state of up to `rows` windows on the device; those at work come first.

    `capacity` is the most tokens of one window, prompt and speech.
    """

    @torch.inference_mode()
    def __init__(self, model: Any, sampler: Sampler, rows: int, capacity: int) -> None:
        inner, embeddings = model.model, model.get_input_embeddings().weight
        device = embeddings.device
        self._inner, self._sampler = inner, sampler
        self.tokens = Tokens.of(model.config)
        ids = torch.tensor(self.tokens.ids, device=device)
        self._control = model.lm_head.weight[ids].contiguous()
        self._embedded = embeddings[ids]
        self._lanes = KeyValues(model.config.text_config, rows, capacity, embeddings)
        self._spoken, self._heard = Convolutions(rows), Convolutions(rows)
        self._input = embeddings.new_zeros(rows, 1, embeddings.shape[1])
        self._length = torch.zeros(2 * rows, dtype=torch.long, device=device)  # a lane
        self._frame = torch.zeros(rows, dtype=torch.long, device=device)
        self._noise = torch.zeros(
            rows, capacity, model.config.audio_config.hidden_size, device=device
        )
        self._numbers = torch.arange(capacity + REACH_STEP, device=device)
        self._reach = [0] * rows  # most positions in use, known to the host
        self.count, self.capacity = rows, capacity

    def begin(self, row: int, prompt: Tensor, noise: Tensor) -> None:
        """Put a window into a row; `read` its prompt before the next `step`.

        `prompt` (tokens, hidden) ends with the token that starts audio; `noise` (frames, size).
        """
        for state in (self._lanes, self._spoken, self._heard):
            state.clear(row)
        self._noise[row, : len(noise)] = noise
        self._frame[row] = 0
        self._length[2 * row] = len(prompt) - 1
        self._length[2 * row + 1] = 0
        # The last token of the prompt is also the first of the lane without text.
        self._input[row] = prompt[-1:]
        self._reach[row] = len(prompt) - 1

    def read(self, row: int, prompt: Tensor) -> Iterator[None]:
        """Read all of a prompt but its last token, a piece at each step of the iterator."""
        lane = slice(2 * row, 2 * row + 1)
        for start in range(0, len(prompt) - 1, PREFILL_TOKENS):
            end = min(start + PREFILL_TOKENS, len(prompt) - 1)
            self._lanes.aim(lane, slice(start, end), end)
            positions = self._numbers[start:end]
            mask = self._numbers[None, :end] <= positions[:, None]
            piece = prompt[None, start:end].to(self._input)
            self._listen(piece, positions[None], mask[None, None])
            yield

    def move(self, source: int, target: int) -> None:
        """Close the gap that a finished row leaves with the last one."""
        for state in (self._lanes, self._spoken, self._heard):
            state.move(source, target)
        self._length[lanes_of(target)] = self._length[lanes_of(source)]
        self._input[target], self._frame[target] = self._input[source], self._frame[source]
        self._noise[target], self._reach[target] = self._noise[source], self._reach[source]

    def step(self, rows: int) -> Tensor:
        """A frame for the first `rows` rows: (rows, 1 + samples), the chosen token's place first.

        The place is NaN where the scores are no numbers.  Nothing waits for the device.
        """
        tokens = self.tokens
        answers = self._answers(rows)
        positive, negative = answers[0::2], answers[1::2]
        scores = (positive @ self._control.T).float()
        choice = scores.argmax(-1)
        speaks, starts = choice == tokens.audio, choice == tokens.start
        noise = self._noise[self._numbers[:rows], self._frame[:rows]]
        latent = self._sampler(positive, negative, noise).to(answers.dtype)[:, None]
        audio, embedded = self._speak(latent, speaks)
        named = self._embedded[choice][:, None]
        self._input[:rows] = torch.where(speaks[:, None, None], embedded, named)
        lengths = self._length[: 2 * rows].view(rows, 2)
        lengths[:, 0] += 1
        lengths[:, 1] = torch.where(starts, 0, lengths[:, 1] + speaks)
        self._frame[:rows] += speaks
        self._reach[:rows] = [reach + 1 for reach in self._reach[:rows]]
        told = torch.where(scores.isfinite().all(-1), choice, torch.nan)
        return torch.cat([told[:, None].float(), audio.float()], 1)

    def _answers(self, rows: int) -> Tensor:
        """The language model's last hidden states, (2 * rows, hidden), text and none in turns."""
        lanes = slice(0, 2 * rows)
        at = self._length[lanes]
        most = max(self._reach[:rows]) + 1
        reach = min(-(-most // REACH_STEP) * REACH_STEP, self.capacity)
        self._lanes.aim(lanes, at, reach)
        mask = (self._numbers[:reach] <= at[:, None])[:, None, None]
        inputs = self._input[:rows].repeat_interleave(2, 0)
        return self._listen(inputs, at[:, None], mask)[:, -1]

    def _listen(self, inputs: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        hidden: Tensor = self._inner.language_model(
            inputs_embeds=inputs,
            position_ids=positions,
            attention_mask={"full_attention": mask},
            past_key_values=self._lanes,
            use_cache=True,
        ).last_hidden_state
        return hidden

    def _speak(self, latent: Tensor, speaks: Tensor) -> tuple[Tensor, Tensor]:
        """Audio (rows, samples) of latents (rows, 1, size), and what the model hears of it."""
        inner = self._inner
        self._spoken.advancing = self._heard.advancing = speaks
        raw = latent / inner.latent_scaling_factor - inner.latent_bias_factor
        audio = inner.audio_tower.decode(raw, padding_cache=self._spoken, use_cache=True).audio
        heard = inner.semantic_tokenizer_encoder(
            audio, padding_cache=self._heard, use_cache=True
        ).latents
        embedded = inner.multi_modal_projector(latent) + inner.semantic_connector(heard)
        return audio[:, 0], embedded
