"""A small random VibeVoice checkpoint in the Hugging Face layout.

    python -m tests.tiny_vibevoice OUT [--size tiny|middle|1.5b] [--seed 0] [--endless]

The weights are noise, but the model behaves: speech-like level, about 15 characters a second, a
turn token now and then, an end of its own.  It must, or tests would only see how a broken model
is handled.  Of the language model's channels the first few carry what decides the next token:

    ONE      1 in every input
    WORTH    what one input is worth: a byte of text costs, a generated frame pays
    BALANCE  the mean worth of all inputs so far, written by one head that looks at all alike
    AFTER_END, AFTER_START   the input was <|vision_end|>, <|vision_start|>

All other channels are random.  The end is likely once BALANCE nears zero, so longer texts last
longer; where exactly it falls is up to the random channels: text, voices, noise.
"""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor, nn
from transformers import (
    GenerationConfig,
    PreTrainedTokenizerFast,
    VibeVoiceAcousticTokenizerFeatureExtractor,
    VibeVoiceConfig,
    VibeVoiceForConditionalGeneration,
    VibeVoiceProcessor,
)
from transformers.utils import logging

ONE, WORTH, BALANCE, AFTER_END, AFTER_START, FIRST_FREE = range(6)

SYSTEM = (
    " Transform the text provided by various speakers into speech output,"
    " utilizing the distinct voice of each respective speaker.\n"
)
LABELS = [" Voice input:\n", " Text input:\n", " Speech output:\n"]
SPEAKERS = [f" Speaker {n}:" for n in range(10)]
PAD, START, END, AUDIO = "<|endoftext|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>"
REAL_IDS = {PAD: 151643, START: 151652, END: 151653, AUDIO: 151654}

CHAT_TEMPLATE = (
    """
{%- set voiced = namespace(lines="") -%}
{%- for message in messages -%}
  {%- for part in message.content if part.type == "audio" -%}
    {%- set voiced.lines = voiced.lines + " Speaker " + message.role
          + ":<|vision_start|><|vision_pad|><|vision_end|>\\n" -%}
  {%- endfor -%}
{%- endfor -%}
{{- """
    + repr(SYSTEM)
    + """ -}}
{%- if voiced.lines -%}{{- " Voice input:\\n" + voiced.lines -}}{%- endif -%}
{{- " Text input:\\n" -}}
{%- for message in messages -%}
  {%- for part in message.content if part.type == "text" -%}
    {{- " Speaker " + message.role + ": " + part.text + "\\n" -}}
  {%- endfor -%}
{%- endfor -%}
{{- " Speech output:\\n<|vision_start|>" -}}
"""
)

FRAMES_PER_BYTE = 0.5  # 7.5 frames a second: 15 characters a second
LATENT_SCALE, LATENT_BIAS = 0.1962890625, -0.04931640625  # of the released 1.5B checkpoint
LATENT_RMS = 1 / LATENT_SCALE
INPUT_RMS = 10 ** (-25 / 20)  # the feature extractor's level
OUTPUT_RMS = 0.06  # of random latents; those of a run are about 1.7 times as large
FRAMES_BETWEEN_TURNS = 10  # were frames independent; in a run it is about 25, by plain argmax
CALM = 0.3  # how much of its state a frame's latent heeds; at 1 rounding errors grow like weather
END_SHARPNESS = 25.0  # how fast the end gets likely around a balanced count
NEVER, ALWAYS = 40.0, 2000.0  # far beyond what the random channels of a state sum to


@dataclass(frozen=True)
class Size:
    """The dimensions of one checkpoint."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    intermediate: int
    head_layers: int
    head_intermediate: int
    filters: int
    ratios: tuple[int, ...] = (2, 2, 4, 5, 5, 8)
    depths: tuple[int, ...] = (3, 3, 3, 3, 3, 3, 8)
    real_vocabulary: bool = True  # tied embeddings, 151936 rows, the real ids
    dtype: str = "float32"  # of the files; in memory it is always float32


SIZES = {
    "tiny": Size(32, 2, 4, 2, 64, 2, 64, 2, (10, 16, 20), (1, 1, 1, 1), real_vocabulary=False),
    "middle": Size(768, 14, 12, 2, 2048, 4, 2304, 8),
    "1.5b": Size(1536, 28, 12, 2, 8960, 4, 4608, 32, dtype="bfloat16"),
}


def build(folder: Path | str, size: str = "tiny", seed: int = 0, *, ends: bool = True) -> Path:
    """Write the checkpoint of `make` into `folder`, as one safetensors file or shards."""
    model, processor = make(size, seed, ends=ends)
    model.to(getattr(torch, SIZES[size].dtype)).save_pretrained(folder)
    processor.save_pretrained(folder)
    return Path(folder)


def make(
    size: str = "tiny", seed: int = 0, *, ends: bool = True
) -> tuple[VibeVoiceForConditionalGeneration, VibeVoiceProcessor]:
    """A model and its processor; only a tiny one with `ends` ever stops by itself."""
    dimensions = SIZES[size]
    processor = make_processor(dimensions)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        with torch.device("meta"):
            model = VibeVoiceForConditionalGeneration(_config(dimensions, processor))
        model = model.to_empty(device="cpu").eval()
        _fill(model)
        _level_codec(model)
        _wire_inputs(model, processor)
        _wire_outputs(model)
        if ends and not dimensions.real_vocabulary:
            _let_it_end(model, processor)
    model.generation_config = _generation_config(model.config)
    return model, processor


def make_processor(size: Size) -> VibeVoiceProcessor:
    """One token a byte, one each for the fixed parts of the prompt."""
    vocabulary = {letter: n for n, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    fixed = [SYSTEM, *LABELS, *SPEAKERS]
    ids = REAL_IDS if size.real_vocabulary else {t: 256 + n for n, t in enumerate(REAL_IDS)}
    first = 256 if size.real_vocabulary else 256 + len(REAL_IDS)
    vocabulary |= ids | {text: first + n for n, text in enumerate(fixed)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(REAL_IDS))
    tokenizer.add_tokens(fixed)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=PAD,
        pad_token=PAD,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=65536,
    )
    extractor = VibeVoiceAcousticTokenizerFeatureExtractor()
    return VibeVoiceProcessor(extractor, fast, chat_template=CHAT_TEMPLATE)


def _config(size: Size, processor: VibeVoiceProcessor) -> VibeVoiceConfig:
    codec: dict[str, Any] = {
        "num_filters": size.filters,
        "downsampling_ratios": list(size.ratios),
        "depths": list(size.depths),
    }
    pad = processor.tokenizer.pad_token_id
    return VibeVoiceConfig(
        text_config={
            "model_type": "qwen2",
            "hidden_size": size.hidden,
            "num_hidden_layers": size.layers,
            "num_attention_heads": size.heads,
            "num_key_value_heads": size.kv_heads,
            "intermediate_size": size.intermediate,
            "vocab_size": 151936 if size.real_vocabulary else len(processor.tokenizer),
            "max_position_embeddings": 65536,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6},
            "tie_word_embeddings": size.real_vocabulary,
            "pad_token_id": pad,
            "eos_token_id": pad,
            "bos_token_id": None,
        },
        audio_config={"model_type": "vibevoice_acoustic_tokenizer", "hidden_size": 64, **codec},
        semantic_model_config={
            "model_type": "vibevoice_acoustic_tokenizer_encoder",
            "hidden_size": 128,
            **codec,
        },
        diffusion_head_config={
            "num_hidden_layers": size.head_layers,
            "intermediate_size": size.head_intermediate,
        },
        pad_token_id=pad,
        eos_token_id=pad,
        audio_bos_token_id=processor.audio_bos_token_id,
        audio_eos_token_id=processor.audio_eos_token_id,
        audio_token_id=processor.audio_token_id,
        dtype="float32",
    )


def _generation_config(config: VibeVoiceConfig) -> GenerationConfig:
    return GenerationConfig(
        do_sample=False,
        pad_token_id=config.pad_token_id,
        eos_token_id=config.eos_token_id,
        max_new_tokens=40500,
        guidance_scale=1.3,
        num_diffusion_steps=10,
        noise_scheduler_class="DPMSolverMultistepScheduler",
        noise_scheduler_config={
            "beta_schedule": "squaredcos_cap_v2",
            "prediction_type": "v_prediction",
        },
    )


def _fill(model: VibeVoiceForConditionalGeneration) -> None:
    """Weights that keep the variance of what goes through; the library's are near-silent."""
    for module in model.modules():
        for name, weight in module.named_parameters(recurse=False):
            if name.endswith("gamma"):
                weight.normal_(0.3, 0.1)
            elif weight.ndim < 2:
                weight.fill_(1.0 if name == "weight" else 0.0)
            else:
                weight.normal_(0.0, _fan_in(module) ** -0.5)
    core = model.model
    core.latent_scaling_factor.fill_(LATENT_SCALE)
    core.latent_bias_factor.fill_(LATENT_BIAS)
    frequencies = core.diffusion_head.timestep_embedding
    frequencies.freq.copy_(frequencies.compute_default_freq(frequencies.config))
    rotary = core.language_model.rotary_emb
    steps = torch.arange(0, len(rotary.inv_freq) * 2, 2).float() / (len(rotary.inv_freq) * 2)
    rotary.inv_freq.copy_(1e6**-steps)
    rotary.original_inv_freq.copy_(rotary.inv_freq)
    model.tie_weights()


def _fan_in(module: nn.Module) -> float:
    if isinstance(module, nn.ConvTranspose1d):
        return module.in_channels * module.kernel_size[0] / module.stride[0]
    if isinstance(module, nn.Conv1d):
        return module.in_channels / module.groups * module.kernel_size[0]
    return module.in_features if isinstance(module, nn.Linear) else 1.0


def _level_codec(model: VibeVoiceForConditionalGeneration) -> None:
    """Latents of the released model's scale for speech at -25 dBFS, and audio at `OUTPUT_RMS`."""
    core = model.model
    noise = INPUT_RMS * _voice(40 * 3200)[None, None]
    for encoder in (core.audio_tower.encoder, core.semantic_tokenizer_encoder):
        encoder.stem.conv.conv.weight.div_(INPUT_RMS)
        encoder.head.conv.weight.mul_(LATENT_RMS / _rms(encoder(noise).latents))
    decoder = core.audio_tower.decoder
    decoder.stem.conv.conv.weight.div_(LATENT_RMS)
    latents = LATENT_RMS * torch.randn(1, 64, 40)
    decoder.head.conv.weight.mul_(OUTPUT_RMS / _rms(decoder(latents).audio))


def _wire_inputs(model: VibeVoiceForConditionalGeneration, processor: VibeVoiceProcessor) -> None:
    core, config = model.model, model.config
    embeddings = core.language_model.embed_tokens.weight
    embeddings[:, :FIRST_FREE] = 0.0
    embeddings[:, ONE] = 1.0
    embeddings[:256, WORTH] = -FRAMES_PER_BYTE
    embeddings[config.audio_eos_token_id, AFTER_END] = 3.0
    embeddings[config.audio_bos_token_id, AFTER_START] = 3.0
    for projector in (core.multi_modal_projector, core.semantic_connector):
        projector.linear_2.weight[:FIRST_FREE] = 0.0
        projector.linear_2.weight.mul_(0.5**0.5)
    core.multi_modal_projector.linear_2.bias[ONE] = 1.0
    core.semantic_connector.linear_2.bias[WORTH] = 1.0  # only generated frames have semantics
    for layer in core.language_model.layers:
        layer.self_attn.o_proj.weight[:FIRST_FREE] = 0.0
        layer.mlp.down_proj.weight[:FIRST_FREE] = 0.0
    counter = core.language_model.layers[0].self_attn
    counter.q_proj.weight[: counter.head_dim] = 0.0  # its first head looks at all inputs alike
    counter.v_proj.weight[0] = 0.0
    counter.v_proj.weight[0, WORTH] = 1.0
    counter.o_proj.weight[BALANCE, 0] = 3.0


def _wire_outputs(model: VibeVoiceForConditionalGeneration) -> None:
    """The audio token always wins: ONE is loud in the states, and its row alone reads it twice.

    In the states, not in the row: with tied embeddings each row is an input as well.
    """
    config, rows = model.config, model.lm_head.weight
    others = [config.audio_bos_token_id, config.audio_eos_token_id, config.eos_token_id]
    rows[others, FIRST_FREE:] *= 0.1
    rows[[*others, config.audio_token_id], ONE] = 1.0
    rows[config.audio_token_id, ONE] = 2.0
    model.model.language_model.norm.weight[ONE] = ALWAYS
    heeded = model.model.diffusion_head.cond_proj.weight
    heeded[:, ONE] = 0.0
    heeded.mul_(CALM)


def _let_it_end(model: VibeVoiceForConditionalGeneration, processor: VibeVoiceProcessor) -> None:
    """Scale the rows of the turn and end tokens to the states of a run that only makes audio."""
    model.model.language_model.norm.weight[ONE] = 1.0
    states = _audio_states(model, processor)
    config, rows = model.config, model.lm_head.weight
    rows[config.audio_token_id] = 0.0
    turn, end = _direction(states), _direction(states)
    scores = (states @ turn) / states[:, ONE]
    threshold = torch.quantile(scores, 1 - 1 / FRAMES_BETWEEN_TURNS)
    rows[config.audio_eos_token_id] = turn
    rows[config.audio_eos_token_id, ONE] = -threshold
    rows[config.audio_eos_token_id, [AFTER_END, AFTER_START]] = -NEVER
    rows[config.audio_bos_token_id] = 0.0
    rows[config.audio_bos_token_id, ONE] = -NEVER / 2
    rows[config.audio_bos_token_id, AFTER_END] = NEVER
    rows[config.eos_token_id] = end
    rows[config.eos_token_id, ONE] = -2.0
    rows[config.eos_token_id, BALANCE] = END_SHARPNESS
    rows[config.eos_token_id, AFTER_START] = -NEVER


def _audio_states(
    model: VibeVoiceForConditionalGeneration, processor: VibeVoiceProcessor
) -> Tensor:
    """The language model's output at frames like those of a run, [frames, hidden]."""
    core, frames = model.model, 1000
    acoustic, semantic = torch.randn(frames, 64), LATENT_RMS * torch.randn(frames, 128)
    spoken = core.multi_modal_projector(acoustic) + core.semantic_connector(semantic)
    text = processor.tokenizer(SYSTEM + SPEAKERS[0] + " x" * 500 + LABELS[2] + START)["input_ids"]
    prompt = core.get_input_embeddings()(torch.tensor(text))
    inputs = torch.cat([prompt, spoken])[None]
    return core(inputs_embeds=inputs).last_hidden_state[0, len(text) :]


def _direction(states: Tensor) -> Tensor:
    """A random reading of the free channels: mean 0 and deviation 1 over `states`."""
    free = states[:, FIRST_FREE:]
    direction = torch.randn(free.shape[1])
    mean = free.mean(0)
    direction -= mean * (direction @ mean) / (mean @ mean)
    row = torch.zeros(states.shape[1])
    row[FIRST_FREE:] = direction / (free @ direction).std()
    return row


def _voice(samples: int) -> Tensor:
    """Noise at a level of 1 whose loudness wanders like that of speech."""
    envelope = 1 + 0.8 * torch.sin(torch.arange(samples) / 24000 * 2 * torch.pi * 3)
    noise = torch.randn(samples) * envelope
    return noise / _rms(noise)


def _rms(values: Tensor) -> float:
    return float(values.square().mean().sqrt())


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a small random VibeVoice checkpoint.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=SIZES, default="tiny")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--endless", action="store_true", help="only audio tokens, as the larger sizes do"
    )
    asked = parser.parse_args()
    logging.disable_progress_bar()
    build(asked.folder, asked.size, asked.seed, ends=not asked.endless)


if __name__ == "__main__":
    main()
