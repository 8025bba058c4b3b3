"""From the settings of a file to its `Header`, and to the options of the reader itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from podforge.encodings import format_of
from podforge.errors import Place, UsageError
from podforge.reading import values
from podforge.reading.findings import Findings
from podforge.reading.names import closest, meant
from podforge.reading.roles import read_roles
from podforge.script import PAUSES, Header, Mode, Pauses, Setting
from podforge.strict_yaml import Mapping as MappingNode
from podforge.strict_yaml import Node, Scalar
from podforge.targets import target_of

MOST_SAY = 200  # characters that stand for one word

FORMAT_VERSION = "1"
MODES: tuple[Mode, ...] = ("podcast", "audiobook")
_PAUSES = ("turn", "paragraph", "scene", "chapter", "head", "tail")
_ALIASES = {"pub_date": "date", "publish_date": "date"}
_LATER = ("rate", "defaults", "music", "chapters", "code", "tables", "urls", "footnotes")


@dataclass(frozen=True)
class Options:
    """What the front matter says about reading itself."""

    headings: str = ""  # read | silent; empty: as the mode has it
    unknown_tags: str = "drop"  # drop | speak | error
    quote_voice: str = ""  # who speaks quotations; empty: the current speaker
    at: Mapping[str, Place] | None = None  # where a setting stands

    def place(self, key: str, file: str) -> Place:
        """Where a setting was made."""
        return (self.at or {}).get(key, Place(file))


def read_header(settings: MappingNode, findings: Findings) -> tuple[Header, Options]:
    """The header; settings under `podforge:` win over those at the top."""
    found = dict(_settings(settings, findings))
    fields: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for key, (_, node) in found.items():
        if key in _HEADER:
            value = _HEADER[key](node, findings)
            if value not in (None, ""):
                fields[key] = value
        elif key in _OPTIONS:
            value = _OPTIONS[key](node, findings)
            if value not in (None, ""):
                options[key] = value
        elif key in _LATER and not (isinstance(node, Scalar) and not node.text):
            findings.warning(node.place, f"`{key}` is not used by this version")
    fields["formats"] = fields.pop("format", ())
    if "room_tone" in fields:
        tone = fields.pop("room_tone")
        fields["room_tone_db"] = None if tone == "off" else tone
    fields["pauses"] = _pauses(found, fields.get("mode", "podcast"), findings)
    if "speakers" in found:
        fields["roles"], fields["closed"] = read_roles(found["speakers"][1], findings)
    fields.pop("speakers", None)
    at = {key: name.place for key, (name, _) in found.items()}
    return Header(**fields), replace(Options(at=at), **options)


def _settings(
    node: MappingNode, findings: Findings, nested: bool = False
) -> Iterator[tuple[str, tuple[Scalar, Node]]]:
    """Every known setting with its key, those that win last."""
    known = {*_HEADER, *_OPTIONS, *_LATER, "speakers", "pauses", *_ALIASES}
    own: Node | None = None
    for key, value in node.entries:
        if key.text == "podforge" and not nested:
            own = value
        elif key.text in known:
            yield _ALIASES.get(key.text, key.text), (key, value)
        elif nested and key.text == "version":
            _check_version(value, findings)
        elif nested:
            findings.error(key.place, f'unknown setting "{key.text}"{meant(key.text, known)}')
        elif (near := closest(key.text, known)) and len(key.text) > 3 and key.text != "aliases":
            findings.warning(key.place, f'"{key.text}" is ignored; did you mean "{near}"?')
    if isinstance(own, MappingNode):
        yield from _settings(own, findings, nested=True)
    elif own is not None:
        _check_version(own, findings)


def _check_version(node: Node, findings: Findings) -> None:
    version = values.text(node, findings)
    if version not in (None, FORMAT_VERSION):
        findings.error(
            node.place, f'format version "{version}": this podforge reads version {FORMAT_VERSION}'
        )


def _pauses(found: Mapping[str, tuple[Scalar, Node]], mode: Mode, findings: Findings) -> Pauses:
    pauses = PAUSES[mode]
    if "pauses" not in found:
        return pauses
    node = values.mapping(found["pauses"][1], findings, "{turn: 0.4, paragraph: 0.6}")
    for key, value in node.entries if node else ():
        if key.text not in _PAUSES:
            findings.error(key.place, f'unknown pause "{key.text}"{meant(key.text, _PAUSES)}')
        elif (length := values.pause(value, findings)) is not None:
            pauses = replace(pauses, **{key.text: length})
    return pauses


def _mode(node: Node, findings: Findings) -> str | None:
    return values.choice(node, findings, MODES)


def _formats(node: Node, findings: Findings) -> tuple[str, ...] | None:
    written = values.texts(node, findings) or ()
    formats = tuple(dict.fromkeys(name.lower().lstrip(".") for name in written))
    try:
        found = [format_of(name) for name in formats]
    except UsageError as error:
        findings.error(node.place, str(error))
        return None
    if len({wanted.name for wanted in found}) < len(found):
        findings.error(node.place, "one format is named twice: they would be the same file")
    return tuple(map(str, found))


def _loudness(node: Node, findings: Findings) -> str | None:
    written = values.text(node, findings)
    if written is None:
        return None
    try:
        return target_of(written).name
    except UsageError as error:
        findings.error(node.place, str(error))
        return None


def _room_tone(node: Node, findings: Findings) -> str | float | None:
    if isinstance(node, Scalar) and node.text.strip().lower() == "off":
        return "off"
    return values.number(node, findings, -90, -40, "dBFS")


def _lexicon(node: Node, findings: Findings) -> dict[str, str] | None:
    if isinstance(node, Scalar) and node.text:
        findings.warning(node.place, "a lexicon file is not used by this version: write a map")
        return None
    entries = values.mapping(node, findings, "{Siobhán: shi-vawn}")
    said = {key.text: _say(value, findings) for key, value in entries.entries} if entries else {}
    for word, say in said.items():
        if say is not None and len(say) > MOST_SAY:
            findings.error(node.place, f'"{word[:20]}" is said in more than {MOST_SAY} characters')
    return {word: say for word, say in said.items() if say and word.strip()}


def _say(node: Node, findings: Findings) -> str | None:
    if not isinstance(node, MappingNode):
        return values.text(node, findings)
    say = node.get("say")
    return values.text(say, findings) if say else None


def _engines(node: Node, findings: Findings) -> dict[str, dict[str, Setting]] | None:
    engines = values.mapping(node, findings, "{espeak: {rate: 160}}")
    if engines is None:
        return None
    found = (
        (key.text, values.settings(value, findings, "{setting: value}"))
        for key, value in engines.entries
    )
    return {name: settings for name, settings in found if settings is not None}


def _one_of(*allowed: str) -> "_Read":
    return lambda node, findings: values.choice(node, findings, allowed)


_Read = Callable[[Node, Findings], object]

_TEXTS = (
    "title", "show", "author", "narrator", "date", "language", "season", "episode",
    "description", "cover", "license", "genre", "engine",
)  # fmt: skip
_HEADER: Mapping[str, _Read] = {
    **dict.fromkeys(_TEXTS, values.text),
    "tags": values.texts,
    "mode": _mode,
    "format": _formats,
    "loudness": _loudness,
    "lexicon": _lexicon,
    "engines": _engines,
    "room_tone": _room_tone,
}
_OPTIONS: Mapping[str, _Read] = {
    "headings": _one_of("read", "silent"),
    "unknown_tags": _one_of("drop", "speak", "error"),
    "quote_voice": values.text,
}
