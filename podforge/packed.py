"""Frozen sequences of small values that are kept as bare numbers.

A book has as many words as it has, and a Python object for each number of each of them takes
ten times the memory of the numbers.
"""

from abc import abstractmethod
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import ClassVar, TypeVar, overload

T = TypeVar("T")


class Packed(Sequence[T]):
    """A sequence that makes its items when asked, of `WIDTH` whole numbers each.

    `CODE` is the type of the numbers, as `array` has it.  It equals every sequence of the same
    items, tuples among them.
    """

    __slots__ = ("_numbers",)

    WIDTH: ClassVar[int]
    CODE: ClassVar[str] = "q"  # 64 bits

    def __init__(self, rows: Iterable[Sequence[int]] = ()) -> None:
        self._numbers = array(self.CODE, tuple(chain.from_iterable(rows)))

    @abstractmethod
    def _item(self, numbers: Sequence[int]) -> T:
        """The item that a row of numbers stands for."""

    def __len__(self) -> int:
        return len(self._numbers) // self.WIDTH

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...

    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        if isinstance(index, slice):
            return tuple(map(self._row, range(len(self))[index]))
        return self._row(range(len(self))[index])

    def __iter__(self) -> Iterator[T]:
        return map(self._item, zip(*[iter(self._numbers)] * self.WIDTH, strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def _row(self, index: int) -> T:
        return self._item(self._numbers[index * self.WIDTH : (index + 1) * self.WIDTH])
