"""A window as the model reads it: who sounds how, who says what.

The checkpoint's own chat template and tokenizer lay the prompt out.  Voices are put in as
embeddings where the template leaves room for their sound, so a recording is encoded once in its
life and not once a window.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from podforge.engines.performing import sendable
from podforge.engines.vibevoice.latents import Latents
from podforge.engines.vibevoice.spec import HOP, RATE
from podforge.errors import EngineError
from podforge.plan import Job, Utterance

_SPECIAL = re.compile(r"<\|(?=[^|]*\|>)")  # what a tokenizer would take for a token of its own


def prompt_of(
    job: Job, latents: Mapping[str, Latents], model: Any, processor: Any, frozen: bool
) -> Tensor:
    """The embeddings (tokens, hidden) of a job's prompt; `latents` by voice identity.

    `frozen` takes each voice with its frozen draw of noise, otherwise its mean.
    """
    voices = [latents[voice.identity] for voice in job.voices]
    ids = _token_ids(job.utterances, [len(voice.mean) for voice in voices], processor)
    embeddings = model.get_input_embeddings()
    _check(ids, sum(len(voice.mean) for voice in voices), model.config, job)
    ids = ids.to(embeddings.weight.device)
    prompt: Tensor = embeddings(ids)
    features = torch.cat([voice.features(model, frozen) for voice in voices])
    sound = model.model.multi_modal_projector(features.to(prompt))
    here = (ids == model.config.audio_token_id)[:, None]
    return prompt.masked_scatter(here, sound)


def _token_ids(utterances: Sequence[Utterance], lengths: Sequence[int], processor: Any) -> Tensor:
    """The tokens (n,) of a conversation; silence stands for voices of so many frames."""
    heard: set[int] = set()
    conversation = []
    for said in utterances:
        content: list[dict[str, Any]] = [{"type": "text", "text": plain_text(said.text)}]
        if said.slot not in heard:  # the sound of each speaker once
            heard.add(said.slot)
            stand_in = np.zeros(lengths[said.slot] * HOP, np.float32)
            content.append({"type": "audio", "audio": stand_in})
        conversation.append({"role": str(said.slot), "content": content})
    inputs = processor.apply_chat_template(
        conversation,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True, "audio_kwargs": {"sampling_rate": RATE}},
    )
    ids: Tensor = inputs["input_ids"][0]
    return ids


def _check(ids: Tensor, frames: int, config: Any, job: Job) -> None:
    """What the loop and the placing of voices rely on must be true of the checkpoint's template."""
    places = int((ids == config.audio_token_id).sum())
    if places != frames or ids[-1] != config.audio_bos_token_id:
        raise EngineError(
            f"the model's chat template has {places} places for {frames} frames of voices, or does "
            "not end where audio begins",
            place=job.place,
            hint="use a checkpoint of VibeVoice in the layout of transformers",
        )


def plain_text(text: str) -> str:
    """A text on one line, without what the tokenizer would read as a command."""
    straight = sendable(text).translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'})
    return _SPECIAL.sub("< |", " ".join(straight.split()))
