"""What little of CSS decides on reading: classes that hide, and classes of small capitals."""

import re
from dataclasses import dataclass

from podforge.reading.epub.container import Container
from podforge.reading.epub.package import Package

_COMMENT = re.compile(r"/\*(?:[^*]|\*(?!/))*+(?:\*/|$)")  # one that never ends goes on to the end
_CLASS = re.compile(r"\s*[A-Za-z]*\.([\w-]+)\s*")
_NONE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_SMALL = re.compile(r"font-variant(?:-caps)?\s*:\s*(?:all-)?small-caps", re.I)


@dataclass(frozen=True)
class Styles:
    """Class names by what they do."""

    hidden: frozenset[str] = frozenset()
    small: frozenset[str] = frozenset()


def hides(style: str) -> bool:
    """Whether a `style` attribute hides its element."""
    return bool(_NONE.search(style))


def read_styles(container: Container, package: Package) -> Styles:
    """The classes of every style sheet; rules for particular screens (`@media`) are passed over."""
    hidden: set[str] = set()
    small: set[str] = set()
    for item in package.items:
        if item.media_type != "text/css":
            continue
        text = (container.read(item.name) or b"").decode("utf-8", "replace")
        for rule in _outside_media(_COMMENT.sub(" ", text)).split("}"):
            selectors, _, body = rule.partition("{")
            names = {f[1] for one in selectors.split(",") if (f := _CLASS.fullmatch(one))}
            hidden |= names if _NONE.search(body) else set()
            small |= names if _SMALL.search(body) else set()
    return Styles(frozenset(hidden), frozenset(small))


def _outside_media(text: str) -> str:
    """The text without `@` rules that hold rules."""
    kept: list[str] = []
    depth, start, inside = 0, 0, False
    for found in re.finditer(r"@[\w-]+[^{};@]*\{|[{}]", text):
        opens = found.group() != "}"
        if opens and depth == 0 and found.group() != "{":
            kept.append(text[start : found.start()])
            inside = True
        depth = max(0, depth + (1 if opens else -1))
        if depth == 0 and inside:
            start, inside = found.end(), False
    if not inside:
        kept.append(text[start:])
    return "".join(kept)
