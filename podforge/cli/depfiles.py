"""A depfile that is never behind its targets, whenever the process is killed."""

from contextlib import suppress
from pathlib import Path

from podforge.delivery.writing import write_text
from podforge.depfile import Rule, depfile
from podforge.orders import Product


class Depfile:
    """What several renders were made of; it grows with each.

    A rule is written before the files it is for are in place, beside all that the depfile said
    before: Make adds up the rules of a target, so that old files and new ones have every
    dependency of theirs.  `finish` leaves the new rules only.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rules: list[Rule] = []
        self._before = self._there()

    def add(self, product: Product) -> None:
        """What is about to be in place.  Raises `StorageError`."""
        self._rules.append(Rule(product.outputs, product.sources))
        if self._text() not in self._before:
            self._write(f"{self._text()}\n{self._before}")

    def finish(self) -> None:
        """All of it is in place.  Raises `StorageError`."""
        self._write(self._text())

    def _text(self) -> str:
        return depfile(self._rules, Path.cwd())

    def _there(self) -> str:
        with suppress(OSError):
            return self._path.read_text("utf-8", "surrogateescape")
        return ""

    def _write(self, text: str) -> None:
        if text != self._there():
            write_text(self._path, text)
