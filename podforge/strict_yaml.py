"""YAML with nothing that surprises: strings, lists and maps, each with its place.

Every scalar is the string that was written: `no`, `12:30:45` and `1e3` stay what they are.
Anchors, aliases, tags, merge keys, duplicate keys and several documents are errors; size and
depth are capped, so that no input makes the loader slow or deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import yaml

from podforge.errors import InputError, Place

MOST_CHARACTERS = 16 * 2**20  # of a whole script; callers pass less for front matter
MOST_DEPTH = 20  # maps and lists inside one another

# `SafeLoader` is the same parser in Python, for builds of PyYAML without libyaml.
_PARSER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Everything outside YAML 1.2, section 5.1, "Character Set".
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Where two sides changed the same lines: git-merge(1), "How conflicts are presented".
_CONFLICT = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?: .*)?\r?$", re.MULTILINE)
_QUOTE_IT = {
    "mapping values are not allowed": 'put quotes around a text that holds ": "',
    "cannot start any token": "indent with spaces, not tabs, and put quotes around a text that "
    "begins with this character",
    "could not find expected ':'": 'a line is not "key: value"; put quotes around a long text',
}


@dataclass(frozen=True)
class Scalar:
    """A string as it was written, its quotes and folds resolved; empty for `key:`."""

    text: str
    place: Place


@dataclass(frozen=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True)
class Mapping:
    """A map in the order of the file; no key stands twice."""

    entries: tuple[tuple[Scalar, Node], ...]
    place: Place

    def get(self, key: str) -> Node | None:
        """The value of `key`, or None."""
        return next((value for name, value in self.entries if name.text == key), None)

    def keys(self) -> tuple[str, ...]:
        """The keys in order."""
        return tuple(name.text for name, _ in self.entries)


Node = Scalar | Sequence | Mapping


def load(text: str, file: str, line_offset: int = 0, most: int = MOST_CHARACTERS) -> Node:
    """The one document in `text`; an empty scalar when there is none.

    `line_offset` lines of `file` come before `text`.  Raises `InputError` with the place.
    """
    reader = _Reader(file, line_offset)
    reader.check(text, most)
    try:
        return reader.document(yaml.parse(text, Loader=_PARSER))
    except yaml.MarkedYAMLError as error:
        raise reader.error(error.problem_mark or error.context_mark, _explain(error)) from error
    except yaml.YAMLError as error:
        raise reader.error(None, f"not valid YAML: {error}") from error


class _Mark(Protocol):
    """A position as libyaml and PyYAML tell it, counted from 0."""

    line: int
    column: int


class _Reader:
    """Builds nodes from parser events; knows where the text lies in its file."""

    def __init__(self, file: str, line_offset: int) -> None:
        self.file, self.line_offset = file, line_offset

    def check(self, text: str, most: int) -> None:
        if len(text) > most:
            raise self.error(None, f"{len(text)} characters of YAML; at most {most} are read")
        bad = _UNPRINTABLE.search(text)
        if bad:
            line = text.count("\n", 0, bad.start())
            column = bad.start() - text.rfind("\n", 0, bad.start())
            place = Place(self.file, self.line_offset + line + 1, column)
            code = f"U+{ord(bad.group()):04X}"
            raise InputError.at(place, f"the control character {code} is not allowed in YAML")
        conflict = _CONFLICT.search(text)
        if conflict:
            line = self.line_offset + text.count("\n", 0, conflict.start()) + 1
            raise InputError.at(Place(self.file, line, 1), "a merge conflict: choose one side")

    def document(self, events: Iterator[yaml.Event]) -> Node:
        node: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if node is not None:
                    raise self.error(event.start_mark, "a second YAML document; only one is read")
                node = self.node(next(events), events, 0)
        return node if node is not None else Scalar("", Place(self.file, self.line_offset + 1, 1))

    def node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        place = self.place(event.start_mark)
        if depth > MOST_DEPTH:
            raise InputError.at(place, f"more than {MOST_DEPTH} lists and maps inside one another")
        if isinstance(event, yaml.AliasEvent):
            raise InputError.at(place, 'aliases are not allowed; quote a text that begins with "*"')
        assert isinstance(event, yaml.NodeEvent)
        if event.anchor is not None:
            raise InputError.at(place, 'anchors are not allowed; quote a text that begins with "&"')
        if getattr(event, "tag", None) is not None:
            raise InputError.at(place, 'tags are not allowed; quote a text that begins with "!"')
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(event.value, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(tuple(self.items(events, depth + 1)), place)
        return Mapping(tuple(self.entries(events, depth + 1)), place)

    def items(self, events: Iterator[yaml.Event], depth: int) -> Iterator[Node]:
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self.node(event, events, depth)

    def entries(self, events: Iterator[yaml.Event], depth: int) -> Iterator[tuple[Scalar, Node]]:
        seen: dict[str, Place] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                return
            key = self.node(event, events, depth)
            if not isinstance(key, Scalar):
                raise InputError.at(key.place, "a key must be a single text")
            if key.text == "<<":
                raise InputError.at(key.place, 'merge keys ("<<") are not allowed')
            if key.text in seen:
                first = seen[key.text].line
                raise InputError.at(
                    key.place, f'the key "{key.text}" stands here again, first in line {first}'
                )
            seen[key.text] = key.place
            yield key, self.node(next(events), events, depth)

    def place(self, mark: _Mark | None) -> Place:
        if mark is None:
            return Place(self.file)
        return Place(self.file, self.line_offset + mark.line + 1, mark.column + 1)

    def error(self, mark: _Mark | None, text: str) -> InputError:
        return InputError.at(self.place(mark), text)


def _explain(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "it cannot be read"
    hints = [hint for part, hint in _QUOTE_IT.items() if part in problem]
    return "; ".join([f"not valid YAML: {problem}", *hints])
