"""Where the front matter is, and its settings as nodes: YAML between `---`, TOML between `+++`."""

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise, takewhile

from podforge import strict_yaml
from podforge.errors import InputError, Place
from podforge.strict_yaml import Mapping, Node, Scalar, Sequence

MOST_CHARACTERS = 64 * 1024

_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_DECLARES = re.compile(r"\s+[^\s:][^:]*:(?:\s|$)")  # a speaker, below `speakers:`
_KEY_LIKE = re.compile(r"[\w\"'-][^:\n]{0,60}:(?:\s|$)")


@dataclass(frozen=True)
class FrontMatter:
    """The settings, and the 0-based number of the line where the body begins."""

    settings: Mapping
    body: int


def split(text: str, file: str) -> FrontMatter:
    """Find and parse the front matter of a Markdown file; without one the settings are empty.

    Raises `InputError` with the place when it is broken, never ends, or is over 64 KiB.
    """
    lines = text.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    fence = lines[first].rstrip()
    if fence not in ("---", "+++"):
        if _lacks_fence(lines[first:]):
            text = 'front matter begins with a line "---", and here is none: put one above'
            raise InputError.at(Place(file, first + 1, 1), text)
        return FrontMatter(Mapping((), Place(file)), 0)
    ends = ("---", "...") if fence == "---" else ("+++",)
    last = next((n for n in range(first + 1, len(lines)) if lines[n].rstrip() in ends), None)
    if last is None:
        if not _looks_like_settings(lines[first + 1 :]):
            return FrontMatter(Mapping((), Place(file)), 0)  # a scene break opens the script
        raise InputError.at(
            Place(file, first + 1, 1), f'the front matter is never closed: add a line "{fence}"'
        )
    inside = "\n".join(lines[first + 1 : last])
    if len(inside) > MOST_CHARACTERS:
        raise InputError.at(
            Place(file, first + 1, 1),
            f"{len(inside)} characters of front matter; at most {MOST_CHARACTERS} are read",
        )
    load = _yaml if fence == "---" else _toml
    return FrontMatter(load(inside, file, first + 1), last + 1)


def _looks_like_settings(lines: list[str]) -> bool:
    following = next((line for line in lines if line.strip()), "")
    return bool(_KEY_LIKE.match(following)) or "=" in following


def _lacks_fence(lines: list[str]) -> bool:
    """Whether a text begins with settings that are not set off: `speakers:` and names below."""
    opening = list(takewhile(lambda line: line.strip() not in ("", "---", "..."), lines))
    return any(
        line.rstrip() == "speakers:" and _DECLARES.match(below) for line, below in pairwise(opening)
    )


def _yaml(text: str, file: str, line_offset: int) -> Mapping:
    node = strict_yaml.load(text, file, line_offset, MOST_CHARACTERS)
    if isinstance(node, Mapping):
        return node
    if isinstance(node, Scalar) and not node.text:
        return Mapping((), node.place)
    raise InputError.at(node.place, 'the front matter must be lines of "key: value"')


def _toml(text: str, file: str, line_offset: int) -> Mapping:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.search(str(error))
        line, column = (int(found[1]), int(found[2])) if found else (text.count("\n") + 1, 0)
        message = _TOML_PLACE.sub("", str(error)).removesuffix(" (at end of document)")
        place = Place(file, line_offset + line, column)
        raise InputError.at(place, f"not valid TOML: {message}") from error
    except (RecursionError, ValueError) as error:  # nested too deep; a date out of range
        raise InputError.at(Place(file, line_offset + 1), f"not valid TOML: {error}") from error
    node = _Toml(text, file, line_offset).node(table, Place(file, line_offset + 1, 1), 0)
    assert isinstance(node, Mapping)
    return node


class _Toml:
    """Turns parsed TOML into nodes; places are those of the line where a key first stands."""

    def __init__(self, text: str, file: str, line_offset: int) -> None:
        self.text, self.file, self.line_offset = text, file, line_offset
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def node(self, value: object, place: Place, depth: int) -> Node:
        if depth > strict_yaml.MOST_DEPTH:
            raise InputError.at(place, "too many tables inside one another")
        if isinstance(value, dict):
            entries = []
            for key, inner in value.items():
                at = self.place(key, place)
                entries.append((Scalar(key, at), self.node(inner, at, depth + 1)))
            return Mapping(tuple(entries), place)
        if isinstance(value, list):
            return Sequence(tuple(self.node(inner, place, depth + 1) for inner in value), place)
        return Scalar(str(value).lower() if isinstance(value, bool) else str(value), place)

    def place(self, key: str, parent: Place) -> Place:
        word = rf"(?<![\w-]){re.escape(key)}(?![\w-])"
        start = self.starts[max(parent.line - self.line_offset - 1, 0)]
        found = re.compile(word).search(self.text, start)
        if not found:
            return parent
        line = bisect_right(self.starts, found.start())
        column = found.start() - self.starts[line - 1] + 1
        return Place(self.file, self.line_offset + line, column)
