"""A small random Pocket TTS checkpoint in the Hugging Face layout.

    python -m tests.tiny_pocket OUT [--seed 0] [--endless]

The weights are noise, at the level of speech.  Every byte of text is a token, and speech ends
with the first frame that may be the last, or never.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    GenerationConfig,
    PocketTTSAudioTokenizerConfig,
    PocketTTSAudioTokenizerModel,
    PocketTTSConfig,
    PocketTTSFeatureExtractor,
    PocketTTSForConditionalGeneration,
    PocketTTSProcessor,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging

CODEC = "audio_tokenizer"  # a folder in that of the model
PRESETS = ("alba", "marius")
LATENT, HIDDEN = 8, 32
OUTPUT_RMS = 0.06
LEAST_FRAMES = 8  # before speech may end: 0.6 s
SPECIAL = {
    "pad_token": "<pad>",
    "audio_prompt_token": "<audio_prompt>",
    "audio_latent_token": "<audio_latent>",
    "audio_prompt_bos_token": "<audio_prompt_bos>",
    "audio_bos_token": "<audio_bos>",
}
CHAT_TEMPLATE = """
{%- for message in messages -%}
  {%- for part in message.content if part.type == "audio" -%}
    {{- "<audio_prompt_bos><audio_prompt>" -}}
  {%- endfor -%}
  {%- for part in message.content if part.type == "text" -%}
    {{- part.text.strip() -}}
  {%- endfor -%}
{%- endfor -%}
{{- "<audio_bos>" -}}
"""


def build(folder: Path | str, seed: int = 0, *, ends: bool = True) -> Path:
    """Write a checkpoint with its codec and two voices into `folder`."""
    folder = Path(folder)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        tokenizer = _tokenizer()
        _codec().save_pretrained(folder / CODEC)
        _model(tokenizer, ends).save_pretrained(folder)
        PocketTTSProcessor(
            PocketTTSFeatureExtractor(),
            tokenizer,
            PocketTTSAudioTokenizerModel.from_pretrained(folder / CODEC),
            chat_template=CHAT_TEMPLATE,
        ).save_pretrained(folder)
        (folder / "voices").mkdir()
        for name in PRESETS:
            latents = {"audio_prompt_latents": torch.randn(12, LATENT)}
            save_file(latents, folder / "voices" / f"{name}.safetensors")
    return folder


def _tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = [*letters, *SPECIAL.values()]
    tokenizer = Tokenizer(models.BPE(vocab={name: n for n, name in enumerate(names)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(SPECIAL.values()))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=SPECIAL["pad_token"],
        extra_special_tokens={k: v for k, v in SPECIAL.items() if k != "pad_token"},
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def _model(tokenizer: PreTrainedTokenizerFast, ends: bool) -> PocketTTSForConditionalGeneration:
    ids = {f"{name}_id": tokenizer.convert_tokens_to_ids(token) for name, token in SPECIAL.items()}
    config = PocketTTSConfig(
        flow_head_config={
            "hidden_size": HIDDEN,
            "num_hidden_layers": 2,
            "latent_dim": LATENT,
            "condition_dim": HIDDEN,
            "frequency_embedding_size": 16,
        },
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        latent_dim=LATENT,
        initializer_range=0.2,
        **ids,
    )
    model = PocketTTSForConditionalGeneration(config).eval()
    model.eos_head.weight.zero_()
    model.eos_head.bias.fill_(100.0 if ends else -100.0)
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=0.7,
        return_dict_in_generate=True,
        num_flow_steps=1,
        eos_threshold=-4.0,
        min_frames_before_eos=LEAST_FRAMES,
    )
    return model


def _codec() -> PocketTTSAudioTokenizerModel:
    codec = PocketTTSAudioTokenizerModel(
        PocketTTSAudioTokenizerConfig(
            hidden_size=16,
            num_filters=4,
            upsample_groups=16,
            num_hidden_layers=1,
            intermediate_size=32,
            num_attention_heads=2,
            num_key_value_heads=2,
            latent_dim=LATENT,
            initializer_range=0.2,
        )
    ).eval()
    sound = codec.decode(torch.randn(1, 40, LATENT)).audio_values
    codec.decoder.get_submodule(_last_convolution(codec)).weight.mul_(
        OUTPUT_RMS / float(sound.square().mean().sqrt())
    )
    return codec


def _last_convolution(codec: PocketTTSAudioTokenizerModel) -> str:
    """The name of the layer that writes the sound."""
    named = codec.decoder.named_modules()
    return [name for name, module in named if isinstance(module, torch.nn.Conv1d)][-1]


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a small random Pocket TTS checkpoint.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--endless", action="store_true", help="speech never ends by itself")
    asked = parser.parse_args()
    logging.disable_progress_bar()
    build(asked.folder, asked.seed, ends=not asked.endless)


if __name__ == "__main__":
    main()
