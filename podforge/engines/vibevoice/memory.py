"""How much memory windows take, and how many fit beside each other.

Keys and values grow with the tokens of a window.  What a row needs besides (`ROW_BYTES`) and what
is left alone (`SPARE_SHARE`) are estimates, with room to spare.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from podforge.engines.vibevoice.frames import PREFILL_TOKENS

SPARE_SHARE = 0.1  # of what is free: left alone, for fragments and for others
ROW_BYTES = 24 << 20  # states and samples of one row beside its keys and values
LANES = 2  # of a row: with the text and without
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "alloc_failed")
CGROUP = Path("/sys/fs/cgroup")  # of a container: version 2 of the hierarchy


@dataclass(frozen=True)
class Need:
    """Bytes that decoding takes beside the weights."""

    row: int
    once: int

    def rows(self, free: int) -> int:
        """How many rows fit into `free` bytes."""
        return max(0, int((free * (1 - SPARE_SHARE) - self.once) // self.row))


def need_of(config: Any, capacity: int, width: int) -> Need:
    """What rows of `capacity` tokens take at `width` bytes a number."""
    text = config.text_config
    head = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    token = 2 * text.num_hidden_layers * text.num_key_value_heads * head * width
    noise = 4 * config.audio_config.hidden_size
    reading = PREFILL_TOKENS * (4 * text.intermediate_size * width + capacity * 8)
    return Need(LANES * capacity * token + capacity * noise + ROW_BYTES, reading)


def free_bytes(device: torch.device) -> int | None:
    """Memory that is free on a device now; None where nobody knows."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        facts = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(facts["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None
    return min(free, _free_in_container(free))


def _free_in_container(otherwise: int) -> int:
    """What the control group still allows."""
    try:
        most = int((CGROUP / "memory.max").read_text())  # "max" is not a number
        return max(0, most - int((CGROUP / "memory.current").read_text()))
    except (OSError, ValueError):
        return otherwise


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out; only one of many ways has a class of its own."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in said for words in OUT_OF_MEMORY)
