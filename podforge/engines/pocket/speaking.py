"""The loaded model: recordings become latents, a text becomes sound, piece by piece.

Everything is read from folders and the cache: a worker never asks a network.
"""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PocketTTSProcessor
from transformers.utils import logging

from podforge.engines.devices import device_of
from podforge.engines.hub import cache_folder
from podforge.engines.pocket.options import Options
from podforge.engines.pocket.pieces import pieces
from podforge.engines.pocket.seeded import OnFrame, SeededPocketTts
from podforge.errors import EngineError, InputError, Place

MOST_TOKENS = 50  # of a piece, as the model was trained
# A second for three tokens, and two more: the budget of the original and of transformers.
TOKENS_PER_SECOND, SPARE_SECONDS = 3, 2
FADE_SECONDS = 0.005  # at the end of a piece, as the processor does at its beginning
OPENING = "Hello."  # any text: a prompt begins with the voice, whatever is said


@dataclass(frozen=True)
class Piece:
    """The sound of a piece of text, shape (samples,), and whether it came to its own end."""

    samples: NDArray[np.float32]
    ended: bool


@dataclass(frozen=True)
class Shown:
    """What the model remembers of a voice that it was shown: keys and values of each layer."""

    latents: Tensor
    cache: Any
    tokens: int


class Speaker:
    """A model and its processor."""

    def __init__(self, options: Options, folder: Path) -> None:
        device = device_of(options.device)
        if device.type == "cpu":
            torch.set_num_threads(options.threads)
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        read: Any = PocketTTSProcessor.from_pretrained  # it finds the codec by its name
        self._processor = read(folder, cache_dir=cache_folder(), local_files_only=True)
        self._processor.audio_tokenizer.to(device).eval()
        self._model = _model(folder).to(device).eval()
        own = self._model.generation_config
        self._steps = options.steps or getattr(own, "num_flow_steps", None) or 1
        sampled = own.temperature if own.do_sample and own.temperature is not None else 0.0
        self._temperature = sampled if options.temperature is None else options.temperature
        self.latent_size: int = self._model.config.latent_dim
        self.frames_per_second: float = self._model.config.frame_rate

    @torch.inference_mode()
    def hear(self, samples: NDArray[np.float32]) -> Tensor:
        """The latents of a recording, mono: (frames, latent_size), float32.

        Raises `EngineError` for a model that was published without what hears recordings.
        """
        if self._processor.audio_tokenizer.config.encoder_config is None:
            raise EngineError(
                "this model was published without the part that hears recordings",
                hint='name a voice that comes with it under "pocket:", or use another model',
            )
        inputs = self._processor(
            text=[self._prompt(OPENING)],
            audio=[samples],
            sampling_rate=self._processor.feature_extractor.sampling_rate,
            return_tensors="pt",
        )
        latents: Tensor = inputs["audio_prompt_latents"][0].float().clone()
        return latents

    @torch.inference_mode()
    def show(self, latents: Tensor) -> Shown:
        """Read the voice once; each piece then begins where this ends.

        Raises `EngineError` for a model whose prompts begin with something else.
        """
        inputs, config = self._inputs(OPENING, latents), self._model.config
        voice = inputs["input_ids"] == config.audio_prompt_token_id
        tokens = int(voice.nonzero()[-1, 1]) + 1
        opening = inputs["input_ids"][:, :tokens]
        if not set(opening[0, : -len(latents)].tolist()) <= {config.audio_prompt_bos_token_id}:
            raise EngineError("the chat template of this model does not begin with the voice")
        read = self._model.model(
            input_ids=opening,
            audio_prompt_latents=inputs["audio_prompt_latents"],
            use_cache=True,
        )
        return Shown(latents, read.past_key_values, tokens)

    def pieces(self, text: str) -> Iterator[str]:
        """A text in pieces that the model can hold, cut at sentences, clauses, else words."""
        for token in self._processor.placeholder_tokens:
            text = text.replace(token, " ")
        return pieces(text, self._fits)

    @torch.inference_mode()
    def say(self, piece: str, voice: Shown) -> Piece:
        """The sound of one piece; within `seeded`."""
        inputs = self._inputs(piece, voice.latents)
        left = inputs["input_ids"][:, voice.tokens :]
        seconds = (left.shape[1] - 1) / TOKENS_PER_SECOND + SPARE_SECONDS
        most = math.ceil(seconds * self.frames_per_second)
        made = self._model.generate(
            input_ids=left,
            attention_mask=torch.ones_like(left),
            past_key_values=copy.deepcopy(voice.cache),  # it grows with what is said
            frames_after_eos=inputs["frames_after_eos"],
            max_new_tokens=most,
            num_flow_steps=self._steps,
            do_sample=False,
            return_dict_in_generate=True,
        )
        [sound] = self._processor.decode(made.audio_latents, made.audio_latents_mask)
        samples = sound.numpy().astype(np.float32)
        fade = np.linspace(1, 0, int(FADE_SECONDS * self._rate), dtype=np.float32)
        samples[-len(fade) :] *= fade
        return Piece(np.clip(samples, -1.0, 1.0), made.audio_latents.shape[1] < most)

    def seeded(self, seed: int, on_frame: OnFrame) -> Any:
        """Within it all noise comes of the seed."""
        return self._model.seeded(seed, self._temperature, on_frame)

    @property
    def _rate(self) -> int:
        return int(self._processor.feature_extractor.sampling_rate)

    def _prompt(self, text: str) -> str:
        content = [{"type": "audio"}, {"type": "text", "text": text}]
        return str(self._processor.apply_chat_template([{"role": "user", "content": content}]))

    def _inputs(self, text: str, latents: Tensor) -> Any:
        """What the model is given for a text: ids, the voice, and how much follows the end."""
        inputs = self._processor(
            text=[self._prompt(text)], audio_prompt_latents=[latents], return_tensors="pt"
        )
        return inputs.to(self._model.device)

    def _fits(self, text: str) -> bool:
        return len(self._processor.tokenizer.encode(text, add_special_tokens=False)) <= MOST_TOKENS


def _model(folder: Path) -> Any:
    """Raises `InputError` for weights that are not all there: they would be random numbers."""
    read: Any = SeededPocketTts.from_pretrained
    model, report = read(
        folder,
        dtype=torch.float32,
        local_files_only=True,
        use_safetensors=True,
        output_loading_info=True,
    )
    wrong = sorted([*report["missing_keys"], *(key for key, *_ in report["mismatched_keys"])])
    if wrong:
        text = f"the weights lack {wrong[0]}, or have it in another shape ({len(wrong)} such)"
        raise InputError.at(Place(str(folder)), text)
    return model
