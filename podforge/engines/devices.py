"""The device that torch computes on: the setting, and what it means on this machine."""

import re
from typing import TYPE_CHECKING, Any

from podforge.errors import SettingError, Unavailable

if TYPE_CHECKING:
    import torch

AUTO = "auto"
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:[0-9]+)?")


def device(name: str, value: Any) -> str:
    """How the setting is read.  Raises `SettingError`."""
    text = str(value).strip().lower()
    if not _DEVICE.fullmatch(text):
        raise SettingError(f'auto, cpu, mps, cuda or cuda:1, not "{value}"', name)
    return text


def device_of(name: str) -> "torch.device":
    """The device asked for, or with `auto` the best there is.  Raises `Unavailable`."""
    import torch

    has_mps, has_cuda = torch.backends.mps.is_available(), torch.cuda.is_available()
    if name == AUTO:
        return torch.device("cuda" if has_cuda else "mps" if has_mps else "cpu")
    found = torch.device(name)
    there = {
        "cuda": has_cuda and (found.index or 0) < torch.cuda.device_count(),
        "mps": has_mps,
        "cpu": True,
    }
    if not there[found.type]:
        raise Unavailable(
            f"there is no device {name} that torch {torch.__version__} can use",
            hint="leave device out, or install torch with support for it",
        )
    return found
