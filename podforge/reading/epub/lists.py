"""The numbers of list items, which XHTML leaves to the browser (HTML, section 4.4.5)."""

from dataclasses import dataclass

from podforge.reading.epub.markup import Element, local


@dataclass
class _List:
    ordered: bool
    kind: str
    following: int
    step: int = 1


class Lists:
    """The lists that are open, and the number that the next block begins with."""

    def __init__(self) -> None:
        self._open: list[_List] = []
        self._waiting = ""

    def begin(self, element: Element, *, ordered: bool) -> None:
        """A list begins."""
        items = sum(1 for one in element if local(one) == "li")
        backwards = element.get("reversed") is not None
        start = _integer(element.get("start", ""), items if backwards else 1)
        bare = "none" in element.get("style", "").replace(" ", "").partition("list-style")[2]
        kind = element.get("type", "1")
        self._open.append(_List(ordered and not bare, kind, start, -1 if backwards else 1))

    def item(self, element: Element) -> None:
        """An item begins."""
        if self._open and self._open[-1].ordered:
            current = self._open[-1]
            number = _integer(element.get("value", ""), current.following)
            current.following = number + current.step
            self._waiting = _written(number, current.kind)
        else:
            self._waiting = ""

    def end(self) -> None:
        """A list ends."""
        if self._open:
            self._open.pop()
        self._waiting = ""

    def number(self) -> str:
        """The number of the item, for its first block only."""
        number, self._waiting = self._waiting, ""
        return number


def _integer(text: str, other: int) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.lstrip("-").isdigit() and len(text) < 8 else other


def _written(number: int, kind: str) -> str:
    if kind in ("a", "A") and 1 <= number <= 26:
        letter = chr(ord("a") + number - 1)
        return letter.upper() if kind == "A" else letter
    return str(number)
