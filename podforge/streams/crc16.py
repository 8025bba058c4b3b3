"""CRC-16/ARC of long data and of joined pieces.

Polynomial x^16 + x^15 + x^2 + 1, reflected, starting from 0, not inverted: the CRC of a message is
the message times x^16 modulo the polynomial.  It is linear, so that words of a message can be
summed in any order when each is multiplied by the power of x that its place stands for.
"""

from functools import cache
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint16]
_Word = TypeVar("_Word", bound=int | Words)

_REFLECTED = 0xA001  # the polynomial without x^16; the highest bit is the coefficient of 1
_ONE = 0x8000
_LANES = 1 << 16  # words that are taken side by side


def crc16(data: bytes | memoryview) -> int:
    """The CRC of all of `data`."""
    row = 2 * _LANES
    first = len(data) % row
    head = bytes(data[:first]).rjust(row, b"\0")  # leading zeros change nothing
    words = np.frombuffer(head, "<u2")
    onward = _onward()
    for row_words in np.frombuffer(data, "<u2", (len(data) - first) // 2, first).reshape(
        -1, _LANES
    ):
        words = onward[words] ^ row_words
    while len(words) > 1:
        left, right = words[: len(words) // 2], words[len(words) // 2 :]
        words = _times(left, _power(16 * len(right))) ^ right
    return int(_times(words, _power(16))[0])


def joined_crc16(first: int, second: int, second_bytes: int) -> int:
    """The CRC of two pieces in a row, from theirs and the length of the second."""
    return _times(first, _power(8 * second_bytes)) ^ second


@cache
def _onward() -> Words:
    """What each word becomes when a row of others follows it."""
    return _times(np.arange(1 << 16, dtype=np.uint16), _power(16 * _LANES))


def _times(words: _Word, factor: int) -> _Word:
    """A word, or each of many, times the factor, modulo the polynomial."""
    result = words & 0
    for bit in range(15, -1, -1):
        result ^= (words >> bit & 1) * factor
        factor = _times_x(factor)
    return cast(_Word, result)  # uint16 stays so, which numpy's stubs do not say


def _times_x(value: int) -> int:
    return value >> 1 ^ (_REFLECTED if value & 1 else 0)


def _power(exponent: int) -> int:
    """That power of x, modulo the polynomial."""
    result, square = _ONE, _ONE >> 1
    while exponent:
        if exponent & 1:
            result = _times(result, square)
        square = _times(square, square)
        exponent >>= 1
    return result
