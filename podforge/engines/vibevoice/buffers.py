"""What the model remembers, in buffers that are allocated once and never move.

Every row has two lanes, the answer with the text and the one without (classifier-free guidance).
Nothing here asks the device for a number, so that a frame can become one CUDA graph.
"""

from typing import Any

import torch
from torch import Tensor


class KeyValues:
    """Keys and values of every layer, shape (lanes, heads, capacity, size).

    Stands where a cache of transformers stands: its attention layers call `update`.
    """

    def __init__(self, config: Any, rows: int, capacity: int, like: Tensor) -> None:
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        lanes = 2 * rows
        shape = (2, config.num_hidden_layers, lanes, config.num_key_value_heads, capacity, size)
        self._keys, self._values = like.new_zeros(shape)
        self._numbers = torch.arange(lanes, device=like.device)
        self._lanes: slice = slice(0)
        self._at: Tensor | slice = slice(0)
        self._reach = 0

    def aim(self, lanes: slice, at: "Tensor | slice", reach: int) -> None:
        """The next `update`s write to `lanes`, each `at` its own position, or all `at` a slice.

        Attention then sees the first `reach` positions.
        """
        self._lanes, self._at, self._reach = lanes, at, reach

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: object) -> tuple[Tensor, Tensor]:
        """Write the new keys and values (lanes, heads, new, size); give what may be attended to."""
        return (
            self._write(self._keys[layer], keys),
            self._write(self._values[layer], values),
        )

    def _write(self, buffer: Tensor, new: Tensor) -> Tensor:
        if isinstance(self._at, slice):
            buffer[self._lanes, :, self._at] = new
        else:
            buffer[self._numbers[self._lanes], :, self._at] = new[:, :, 0]
        return buffer[self._lanes, :, : self._reach]

    def clear(self, row: int) -> None:
        """Forget a row: not even a number that is none may reach the next window."""
        for buffer in (self._keys, self._values):
            buffer[:, lanes_of(row)].zero_()

    def move(self, source: int, target: int) -> None:
        """Copy a row."""
        for buffer in (self._keys, self._values):
            buffer[:, lanes_of(target)] = buffer[:, lanes_of(source)]


class Convolutions:
    """The last inputs of every causal convolution of a codec, one row a window.

    Stands where a padding cache of transformers stands: its convolutions call `update`.
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._past: dict[str, Tensor] = {}
        self.advancing: Tensor | None = None  # bool (active rows,): whose state moves on

    def update(self, hidden: Tensor, key: str, convolution: Any) -> Tensor:
        """`hidden` (active rows, channels, new) behind what came before it.

        Only the rows that advance remember it: the others will be as if it had never been.
        """
        length = convolution.left_pad
        if not length:
            return hidden
        if key not in self._past:
            self._past[key] = hidden.new_zeros(self._rows, convolution.in_channels, length)
        past = self._past[key][: len(hidden)]
        joined = torch.cat([past, hidden], dim=-1)
        assert self.advancing is not None
        past.copy_(torch.where(self.advancing[:, None, None], joined[..., -length:], past))
        return joined

    def clear(self, row: int) -> None:
        """A new window begins in the row."""
        for past in self._past.values():
            past[row].zero_()

    def move(self, source: int, target: int) -> None:
        """Copy a row."""
        for past in self._past.values():
            past[target] = past[source]


def lanes_of(row: int) -> slice:
    """The two lanes of a row: with the text, and without."""
    return slice(2 * row, 2 * row + 2)
