"""The model and its processor, on the device and in the number format that suit.

Everything is read from a folder: a worker never asks a network.
"""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from podforge.engines.devices import AUTO, device_of
from podforge.engines.vibevoice import memory
from podforge.engines.vibevoice.checkpoint import parameters_bytes
from podforge.engines.vibevoice.options import Options
from podforge.errors import InputError, Place, Unavailable
from podforge.threads import processors

QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
}
WIDTHS = {"F64": 8, "F32": 4, "BF16": 2, "F16": 2}  # bytes of a number, by safetensors' names


@dataclass(frozen=True)
class Loaded:
    """The model in evaluation mode, its processor, and its noise scheduler."""

    model: Any
    processor: Any
    scheduler: Any
    device: torch.device
    dtype: torch.dtype


def load(options: Options, folder: Path) -> Loaded:
    """Load what lies in `folder`.

    Raises `Unavailable` for a device that is not there or too small, `InputError` for weights that
    are not all there.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    device = device_of(options.device)
    dtype = dtype_of(options.dtype, device)
    check_memory(folder, device, dtype)
    if device.type == "cpu":
        torch.set_num_threads(options.threads or processors())
    from transformers import VibeVoiceForConditionalGeneration, VibeVoiceProcessor
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.getLogger("transformers").setLevel(logging.ERROR)
    processor = VibeVoiceProcessor.from_pretrained(folder, local_files_only=True)
    read: Any = VibeVoiceForConditionalGeneration.from_pretrained
    model, report = read(
        folder,
        dtype=dtype,
        local_files_only=True,
        use_safetensors=True,
        output_loading_info=True,
    )
    _check_whole(report, folder)
    scheduler = model._build_default_noise_scheduler(model.generation_config)
    return Loaded(model.to(device).eval(), processor, scheduler, device, dtype)


def check_memory(folder: Path, device: torch.device, dtype: torch.dtype) -> None:
    """Raise `Unavailable` when the weights alone are more than what is free."""
    numbers = sum(size / WIDTHS.get(kind, 4) for kind, size in parameters_bytes(folder).items())
    needed, free = numbers * dtype.itemsize, memory.free_bytes(device)
    if free is not None and needed > free:
        kind = str(dtype).removeprefix("torch.")
        raise Unavailable(
            f"the weights take {needed / 1e9:.1f} GB as {kind}, and {device} has "
            f"{free / 1e9:.1f} GB free",
            hint="a smaller model, --dtype bfloat16, or another --device",
        )


def _check_whole(report: Any, folder: Path) -> None:
    """Weights that are missing would be random numbers."""
    wrong = sorted([*report["missing_keys"], *(key for key, *_ in report["mismatched_keys"])])
    if wrong:
        text = f"the weights lack {wrong[0]}, or have it in another shape ({len(wrong)} such)"
        raise InputError.at(Place(str(folder)), text)


def dtype_of(name: str, device: torch.device) -> torch.dtype:
    """The number format asked for; else bfloat16 on CUDA where the hardware has it."""
    if name != AUTO:
        chosen: torch.dtype = getattr(torch, name)
        return chosen
    if device.type == "cuda":
        with torch.cuda.device(device):
            if torch.cuda.is_bf16_supported(including_emulation=False):
                return torch.bfloat16
    return torch.float32
