"""Every setting that holds, with where it comes from, for `podforge config show`."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from podforge.cli.choices import Typed, request_for, store_of
from podforge.engines import engine_names
from podforge.errors import Place, StorageError
from podforge.project import Engines
from podforge.reading import Asked
from podforge.reading.header import Found, Options
from podforge.reading.stating import stated_in
from podforge.request import Request
from podforge.script import PAUSES, Header, Mode, Pauses, Setting
from podforge.settings import Choices, environment_flags
from podforge.settings.engines import PREFIX, SHARED, is_secret, variable_of
from podforge.settings.keys import CACHE, ENGINE, JOBS, KEYS, Key
from podforge.strict_yaml import Mapping as MappingNode
from podforge.strict_yaml import Node, Scalar
from podforge.threads import processors

DEFAULT = "default"
HIDDEN = "(hidden)"
_OTHERS = ("PODFORGE_FFMPEG",)  # variables that are no settings
_COMBINED = ("engine", "engines", "format", "loudness")  # shown with those of the command


@dataclass(frozen=True)
class Row:
    """A setting in effect.  `origin` is a flag, a variable, `FILE:LINE:COLUMN`, or `default`."""

    name: str
    value: str
    origin: str = DEFAULT


def effective(
    script: Path | None, choices: Choices, typed: Typed, flags: Mapping[str, Any]
) -> Iterator[Row]:
    """The settings of the command, those of engines, and those of front matter, in this order.

    `flags` are what was typed of the command's own settings, by name.  Raises what is wrong with
    a setting, as a render would.
    """
    request = request_for(script or Path("-"), typed, choices)
    found, header = stated_in(script, Asked(request.encoding, usual=choices.config.front))
    for key in KEYS:
        yield _of_command(key, choices, flags.get(key.name), found)
    yield from _of_engines(request, choices, header)
    rows = {row.name: row for row in _usual(header.mode)}
    for name, (key_node, node) in found.items():
        if name not in _COMBINED:
            rows |= {row.name: row for row in _flat(name, node, key_node.place)}
    yield from rows.values()


def strangers(environ: Mapping[str, str]) -> Iterator[str]:
    """What to say of variables that begin as ours do and that nobody reads."""
    known = [*(key.variable for key in KEYS), *map(variable_of, SHARED), *_OTHERS]
    read = {flag.variable for flag in environment_flags(environ, engine_names())}
    for name in sorted(environ):
        if name.startswith(PREFIX) and environ[name] and name not in {*known, *read}:
            near = get_close_matches(name, known, n=1)
            yield f"{name} is not read" + (f" (did you mean {near[0]}?)" if near else "")


def _of_command(key: Key[Any], choices: Choices, typed: object, found: Found) -> Row:
    chosen = choices.chosen(key, typed)
    if chosen.value is not None:
        return Row(key.name, _shown(chosen.value), chosen.origin)
    if key.front in found:
        key_node, node = found[key.front]
        return next(_flat(key.name, node, key_node.place))
    if key is ENGINE and choices.config.engine:
        return _row(key.name, choices.config.engine)
    return Row(key.name, _default(key, choices))


def _default(key: Key[Any], choices: Choices) -> str:
    if key is JOBS:
        return str(processors())
    if key is CACHE:
        with suppress(StorageError):  # a user without a home folder
            return str(store_of(choices, None))
    return key.usual


def _of_engines(request: Request, choices: Choices, header: Header) -> Iterator[Row]:
    """What is said to engines, by anybody; what nobody says is the engine's own business."""
    engines = Engines(Place(""), header.engines, choices.config, request.flags)
    installed = engine_names()
    flagged = (flag.engine for flag in request.flags.flags if flag.engine)
    usual = [choices.config.engine.text] if choices.config.engine else []
    used = [request.engine or header.engine, *usual]
    for name in dict.fromkeys([*choices.config.engines, *header.engines, *flagged, *used]):
        for setting, value in (engines.written(name) if name in installed else {}).items():
            yield _row(f"engines.{name}.{setting}", value, hide=is_secret(setting))


def _row(name: str, setting: Setting, *, hide: bool = False) -> Row:
    return Row(name, HIDDEN if hide else setting.text, setting.flag or str(setting.place))


def _usual(mode: Mode) -> Iterator[Row]:
    """What front matter means where it says nothing."""
    bare = Header()
    for name in ("language", "mode", "urls"):
        yield Row(name, getattr(bare, name))
    yield Row("room_tone", f"{bare.room_tone_db:g}")
    for option in ("unknown_tags", "code", "tables"):
        yield Row(option, getattr(Options(), option))
    for pause in fields(Pauses):
        yield Row(f"pauses.{pause.name}", f"{getattr(PAUSES[mode], pause.name):g}")


def _flat(name: str, node: Node, place: Place) -> Iterator[Row]:
    """A row for each value in a node, named as `pauses.turn`."""
    if isinstance(node, Scalar):
        yield Row(name, " ".join(node.text.split()), str(place))
    elif isinstance(node, MappingNode):
        for key, value in node.entries:
            yield from _flat(f"{name}.{key.text}", value, key.place)
    elif all(isinstance(item, Scalar) for item in node.items):
        texts = [item.text for item in node.items if isinstance(item, Scalar)]
        yield Row(name, ", ".join(texts), str(place))
    else:
        for number, item in enumerate(node.items, 1):
            yield from _flat(f"{name}.{number}", item, item.place)


def _shown(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(map(str, value))
    return str(value)
