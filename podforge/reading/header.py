"""From the settings of a file to its `Header`, and to the options of the reader itself."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from podforge.encodings import format_of
from podforge.errors import Place, UsageError
from podforge.plain import plain
from podforge.reading import cues, values
from podforge.reading.findings import Findings
from podforge.reading.lexicons import written_lexicon
from podforge.reading.names import closest, meant, normal
from podforge.reading.roles import read_defaults, read_roles
from podforge.script import PAUSES, Cue, Header, Mode, Pauses, Role, Setting
from podforge.settings.engines import is_secret
from podforge.settings.files import secret_text
from podforge.settings.keys import OF_COMMAND
from podforge.strict_yaml import Mapping as MappingNode
from podforge.strict_yaml import Node, Scalar, Sequence
from podforge.targets import target_of

FORMAT_VERSION = "1"
MODES: tuple[Mode, ...] = ("podcast", "audiobook")
_PAUSES = ("turn", "paragraph", "scene", "chapter", "head", "tail")
_ALIASES = {"pub_date": "date", "publish_date": "date", "target": "loudness"}
_OF_SITES = ("draft", "include", "encoding")  # site generators have these, and mean their own


@dataclass(frozen=True)
class Options:
    """What the front matter says about reading itself."""

    headings: str = ""  # read | silent; empty: as the mode has it
    unknown_tags: str = "drop"  # drop | speak | error
    quote_voice: str = ""  # who speaks quotations; empty: the current speaker
    chapters: str = ""  # the level of the headings that make chapters, or none; empty: found out
    code: str = "skip"  # skip | speak
    tables: str = "skip"  # skip | speak, row by row
    music: Cue | None = None  # at the very start
    usual: Role = field(default_factory=lambda: Role(""))  # what every speaker starts from
    at: Mapping[str, Place] | None = None  # where a setting stands

    def place(self, key: str, file: str) -> Place:
        """Where a setting was made."""
        return (self.at or {}).get(key, Place(file))


Found = Mapping[str, tuple[Scalar, Node]]  # each setting by name: its key and its value


def read_header(
    settings: MappingNode, findings: Findings, usual: Iterable[MappingNode] = ()
) -> tuple[Header, Options]:
    """The header; settings under `podforge:` win over those at the top, and all over `usual`.

    `usual` is what files of settings say for every script; the last one wins.
    """
    found = stated(settings, findings, usual)
    known = _read(_HEADER, found, findings)
    options = _read(_OPTIONS, found, findings)
    known["formats"] = known.pop("format", ())
    if said := known.get("lexicon"):
        own = {
            "lexicon": said.words,
            "exact_words": tuple(sorted(said.exact)),
            "lexicon_files": said.files,
        }
        known |= own
    if "room_tone" in known:
        tone = known.pop("room_tone")
        known["room_tone_db"] = None if tone == "off" else tone
    if known.get("disclosure") == "off":
        known["disclosure"] = ""
    known["pauses"] = _pauses(found, known.get("mode", "podcast"), findings)
    role = _usual_role(found, findings)
    if "speakers" in found:
        known["roles"], known["closed"] = read_roles(found["speakers"][1], findings, role)
    options["usual"] = role
    at = {key: name.place for key, (name, _) in found.items()}
    engine_place = at.get("engine", Place(""))
    return Header(**known, engine_place=engine_place), replace(Options(at=at), **options)


def stated(
    settings: MappingNode, findings: Findings, usual: Iterable[MappingNode] = ()
) -> dict[str, tuple[Scalar, Node]]:
    """Every setting that holds, by name, with its key and its value; see `read_header`."""
    found: dict[str, tuple[Scalar, Node]] = {}
    for node in usual:
        found = _over(found, dict(_settings(node, findings, nested=True)))
    return _over(found, dict(_settings(settings, findings)))


def _over(under: Found, over: Found) -> dict[str, tuple[Scalar, Node]]:
    """Both; `over` wins, in some maps entry by entry."""
    merged = {**under, **over}
    for name in _BY_ENTRY & under.keys() & over.keys():
        (_, low), (key, high) = under[name], over[name]
        if isinstance(low, MappingNode) and isinstance(high, MappingNode):
            kept = tuple(entry for entry in low.entries if high.get(entry[0].text) is None)
            merged[name] = (key, MappingNode((*high.entries, *kept), high.place))
    return merged


def with_usual(header: Header, usual: Iterable[MappingNode], findings: Findings) -> Header:
    """The header of a file that has no front matter, with `usual` where it says nothing."""
    bare, place = Header(), Place(findings.file)
    mode = (Scalar("mode", place), Scalar(header.mode, place))  # of which the pauses are
    own = MappingNode((mode,) if header.mode != bare.mode else (), place)
    said, _ = read_header(own, findings, usual)
    names = [each.name for each in fields(Header) if each.name not in ("roles", "closed")]
    open_ = [name for name in names if getattr(header, name) == getattr(bare, name)]
    cast = {normal(role.name): role for role in said.roles}
    roles = (_played(role, cast.get(normal(role.name))) for role in header.roles)
    return replace(header, roles=tuple(roles), **{name: getattr(said, name) for name in open_})


def _played(role: Role, declared: Role | None) -> Role:
    """A role that was found in a file, as `speakers:` declares it."""
    if declared is None or role.voice:
        return role
    return replace(declared, name=role.name, aliases=role.aliases, place=role.place)


def _read(readers: Mapping[str, "_Read"], found: Found, findings: Findings) -> dict[str, Any]:
    """The settings that `readers` know and that say something."""
    known: dict[str, Any] = {}
    for key, (_, node) in found.items():
        if key not in readers or (isinstance(node, Scalar) and not node.text):
            continue
        if readers is _OPTIONS and isinstance(node, Sequence):  # `chapters:` of other tools
            findings.warning(node.place, f"`{key}` is ignored: one text is wanted here, not a list")
            continue
        value = readers[key](node, findings)
        if value not in (None, ""):
            known[key] = value
    return known


def _settings(
    node: MappingNode, findings: Findings, nested: bool = False
) -> Iterator[tuple[str, tuple[Scalar, Node]]]:
    """Every known setting with its key, those that win last."""
    known = {*_HEADER, *_OPTIONS, *_OWN, *_ALIASES}
    own: Node | None = None
    for key, value in node.entries:
        if key.text == "podforge" and not nested:
            own = value
        elif key.text in known:
            yield _ALIASES.get(key.text, key.text), (key, value)
        elif key.text in OF_COMMAND and key.text not in _OF_SITES:
            text = f'"{key.text}" is ignored here: it belongs into podforge.yaml'
            findings.warning(key.place, text)
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


def _usual_role(found: Found, findings: Findings) -> Role:
    """What `rate:` and `defaults:` say of every speaker; the latter wins."""
    entries: list[tuple[Scalar, Node]] = []
    if "rate" in found:
        entries.append((_SPEED, found["rate"][1]))
    if "defaults" in found:
        node = values.mapping(found["defaults"][1], findings, "{gain: -2, speed: 1.1}")
        entries += node.entries if node else ()
    return read_defaults(entries, findings)


def _pauses(found: Found, mode: Mode, findings: Findings) -> Pauses:
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


def _disclosure(node: Node, findings: Findings) -> str | None:
    written = values.text(node, findings)
    if written is None:
        return None
    if written.lower() in ("off", "no", "none", "false"):
        findings.warning(node.place, "the files will not say that their speech is synthetic")
        return "off"
    if not plain(written):
        findings.error(node.place, "say that the speech is synthetic, or turn it `off`")
    return plain(written)


def _music(node: Node, findings: Findings) -> Cue | None:
    """A cue as in `[music: theme.mp3 | fade in 1s]`, or as a map like that of the twin."""
    if isinstance(node, MappingNode):
        entries = values.settings(node, findings, "a file and options") or {}
        texts = {name: setting.text for name, setting in entries.items()}
        return _from_script(cues.mapped("music", texts, node.place), findings)
    written = values.text(node, findings)
    if not written:
        return None
    cue = cues.described("music", written, node.place)
    if not cue.file:
        findings.warning(node.place, f'"{written}" names no sound file: no music begins')
    return _from_script(cue, findings)


def _from_script(cue: Cue, findings: Findings) -> Cue:
    return replace(cue, file=_seen_from_script(cue.file, cue.place, findings))


def _cover(node: Node, findings: Findings) -> str | None:
    written = values.text(node, findings)
    if not written:
        return None
    seen = _seen_from_script(written, node.place, findings)
    if seen != written and not (Path(findings.file).parent / seen).is_file():
        findings.error(node.place, f'cover "{written}": there is no such file beside this one')
    return seen


def _seen_from_script(name: str, place: Place, findings: Findings) -> str:
    """The name of a file, relative to the file that says it, as relative to the script."""
    if not name or place.file == findings.file or name.startswith(("/", "~")) or "://" in name:
        return name
    base = Path(findings.file).parent.resolve()
    return os.path.relpath(Path(place.file).parent.resolve() / name, base)


def _footnotes(node: Node, findings: Findings) -> None:
    written = values.text(node, findings)
    if written and written.lower() != "skip":
        findings.error(node.place, 'footnotes are never read: the only value is "skip"')


def _engines(node: Node, findings: Findings) -> dict[str, dict[str, Setting]] | None:
    engines = values.mapping(node, findings, "{espeak: {rate: 160}}")
    if engines is None:
        return None
    found = (
        (key.text, values.settings(value, findings, "{setting: value}"))
        for key, value in engines.entries
    )
    kept = {name: settings for name, settings in found if settings is not None}
    for name, settings in kept.items():
        for setting in filter(is_secret, settings):
            findings.error(settings[setting].place, secret_text(name, setting))
    return kept


def _one_of(*allowed: str) -> "_Read":
    return lambda node, findings: values.choice(node, findings, allowed)


_Read = Callable[[Node, Findings], object]

_TEXTS = (
    "title", "show", "author", "narrator", "date", "season", "episode",
    "description", "license", "genre", "engine",
)  # fmt: skip
_HEADER: Mapping[str, _Read] = {
    **dict.fromkeys(_TEXTS, values.text),
    "language": values.language,
    "cover": _cover,
    "tags": values.texts,
    "mode": _mode,
    "format": _formats,
    "loudness": _loudness,
    "lexicon": written_lexicon,
    "engines": _engines,
    "room_tone": _room_tone,
    "disclosure": _disclosure,
    "urls": _one_of("domain", "full", "skip"),
}
_OPTIONS: Mapping[str, _Read] = {
    "headings": _one_of("read", "silent"),
    "unknown_tags": _one_of("drop", "speak", "error"),
    "quote_voice": values.text,
    "chapters": _one_of("1", "2", "3", "4", "5", "6", "none"),
    "code": _one_of("skip", "speak"),
    "tables": _one_of("skip", "speak"),
    "footnotes": _footnotes,
    "music": _music,
}
_OWN = ("speakers", "pauses", "rate", "defaults")  # read by functions of their own
_BY_ENTRY = {"speakers", "pauses", "defaults", "lexicon"}
_SPEED = Scalar("speed", Place(""))
