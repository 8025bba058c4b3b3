"""Reads one `voice.yaml`; docs/voices.md describes it to people."""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from podforge import strict_yaml as yaml
from podforge.chains import Chain, chain_named, chain_of
from podforge.errors import InputError, Place, Problem, storage
from podforge.units import LEAST_SPEED, MOST_SPEED

FILE = "voice.yaml"
MOST_BYTES = 64 * 1024  # of a voice.yaml

KEYS = ("name", "language", "description", "consent", "reference", "speed", "chain", "engine",
        "engines")  # fmt: skip
CONSENT = ("owner", "kind", "date", "allowed_uses")
KINDS = ("synthetic", "self", "written", "spoken", "licence", "public-domain")

PINNED = ".safetensors"  # `<engine>.safetensors` in the folder is a pinned embedding

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")  # BCP 47 (RFC 5646), its shape only


@dataclass(frozen=True)
class Consent:
    """Who owns a voice and what they allow; all four are needed."""

    owner: str
    kind: str  # one of `KINDS`
    date: str  # of the consent, ISO 8601
    allowed_uses: str
    only: tuple[str, ...] = ()  # the modes and shows that it is allowed in; empty: as the text says

    def allows(self, mode: str, show: str) -> bool:
        """Whether an episode of this mode and show may use the voice."""
        names = {name.casefold() for name in self.only}
        return not names or mode in names or show.casefold() in names


@dataclass(frozen=True)
class VoiceFile:
    """A `voice.yaml` as written, and the embeddings beside it.

    `engines` maps an engine's name to the voice's settings there, `embeddings` to the file in the
    voice's folder that is pinned for it.
    `places` says where each engine's settings stand.
    """

    name: str
    language: str
    description: str
    consent: Consent | None
    reference: Path | None  # absolute
    engines: Mapping[str, Mapping[str, str]]
    place: Place
    embeddings: Mapping[str, Path] = field(default_factory=dict)
    speed: float | None = None  # 1.1: a tenth faster
    chain: Chain | None = None
    engine: str = ""  # that it usually speaks on
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)

    @property
    def folder(self) -> Path:
        """Where the voice lies."""
        return Path(self.place.file).parent


def read_voice(folder: Path) -> VoiceFile:
    """The voice in `folder`.  Raises `InputError` with everything that is wrong with it."""
    path = folder / FILE
    place = Place(str(path))
    if not path.is_file():
        raise InputError.at(Place(str(folder)), f"the voice folder has no {FILE}")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError.at(place, "is a link that leads out of the voice's folder")
    node = yaml.load(_text(path), str(path), most=MOST_BYTES)
    if not isinstance(node, yaml.Mapping):
        raise InputError.at(node.place, "a voice is a map: " + ", ".join(KEYS))
    reader = _Reader(node, folder)
    voice = reader.voice(place)
    if reader.problems:
        raise InputError(tuple(sorted(reader.problems, key=lambda problem: problem.place)))
    return voice


def is_name(name: str) -> bool:
    """Whether a folder called so is a voice: small letters, digits, `-` and `_`."""
    return _NAME.fullmatch(name) is not None


def is_language(tag: str) -> bool:
    """Whether it looks like a language tag."""
    return _TAG.fullmatch(tag) is not None


def is_date(text: str) -> bool:
    """Whether it is a day as in 2026-01-31."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes.  Raises `StorageError`."""
    with storage("reading", path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def did_you_mean(name: str, choices: Collection[str]) -> str:
    """`did you mean "x"?` when one of the choices is close, else all of them."""
    near = get_close_matches(name.lower(), choices, n=1)
    return f'did you mean "{near[0]}"?' if near else "there are " + ", ".join(choices)


def _pinned(folder: Path) -> dict[str, Path]:
    """The pinned embeddings in a voice's folder, by engine; links that lead out are none."""
    with storage("reading", folder):
        paths = [path for path in sorted(folder.iterdir()) if path.suffix == PINNED]
    inside = folder.resolve()
    return {
        path.stem: path
        for path in paths
        if path.name[0] != "." and path.is_file() and path.resolve().is_relative_to(inside)
    }


def _text(path: Path) -> str:
    with storage("reading", path), path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise InputError.at(Place(str(path)), f"more than {MOST_BYTES // 1024} KiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError.at(Place(str(path)), f"not UTF-8 at byte {error.start}") from error


class _Reader:
    """Takes a voice out of its map and collects what is wrong on the way."""

    def __init__(self, top: yaml.Mapping, folder: Path) -> None:
        self.top, self.folder = top, folder
        self.problems: list[Problem] = []

    def voice(self, place: Place) -> VoiceFile:
        self.check_keys(self.top, KEYS, "a voice")
        reference = self.reference()
        engines = self.engines()
        embeddings = _pinned(self.folder)
        return VoiceFile(
            name=self.name(),
            language=self.language(),
            description=self.text(self.top, "description"),
            consent=self.consent(reference is not None or bool(embeddings)),
            reference=reference,
            engines={name: settings for name, settings, _ in engines},
            place=place,
            embeddings=embeddings,
            speed=self.speed(),
            chain=self.chain(),
            engine=self.engine(),
            places={name: at for name, _, at in engines},
        )

    def name(self) -> str:
        name = self.text(self.top, "name")
        if name and name != self.folder.name:
            text = f'the name is "{name}", but its folder is "{self.folder.name}": change one'
            self.wrong(self.top, "name", text)
        return self.folder.name

    def language(self) -> str:
        tag = self.text(self.top, "language", needed="such as en-GB")
        if tag and not is_language(tag):
            self.wrong(self.top, "language", f'"{tag}" is not a language tag such as en-GB')
        return tag

    def reference(self) -> Path | None:
        written = self.text(self.top, "reference")
        if not written:
            return None
        path = (self.folder / written).absolute()  # links are kept: stamps and depfiles name them
        if not path.resolve().is_relative_to(self.folder.resolve()):
            self.wrong(self.top, "reference", "the clip must lie in the voice's own folder")
        elif not path.is_file():
            self.wrong(self.top, "reference", f'there is no file "{written}" in the folder')
        return path

    def consent(self, needed: bool) -> Consent | None:
        node = self.top.get("consent")
        if node is None:
            if needed:
                keys = ", ".join(CONSENT)
                text = f'a voice of a recording needs "consent:" with {keys}'
                self.wrong(self.top, "reference", text)
            return None
        if not isinstance(node, yaml.Mapping):
            self.wrong(self.top, "consent", "consent is a map: " + ", ".join(CONSENT))
            return None
        self.check_keys(node, CONSENT, "consent")
        owner, kind, day = (self.text(node, key, needed="in consent") for key in CONSENT[:3])
        only = self.only(node)
        uses = ", ".join(only) or self.text(node, "allowed_uses", needed="in consent")
        found = Consent(owner, kind, day, uses, only)
        if found.kind and found.kind not in KINDS:
            hint = did_you_mean(found.kind, KINDS)
            self.wrong(node, "kind", f'no kind of consent is called "{found.kind}" ({hint})')
        if found.date and not is_date(found.date):
            self.wrong(node, "date", f'"{found.date}" is not a date such as 2026-01-31')
        return found

    def only(self, consent: yaml.Mapping) -> tuple[str, ...]:
        """The modes and shows in a list of allowed uses; none where it is a text."""
        node = consent.get("allowed_uses")
        if not isinstance(node, yaml.Sequence):
            return ()
        names = tuple(" ".join(i.text.split()) for i in node.items if isinstance(i, yaml.Scalar))
        if len(names) < len(node.items) or not all(names):
            self.wrong(consent, "allowed_uses", "a list of: podcast, audiobook, names of shows")
        return names

    def speed(self) -> float | None:
        written = self.text(self.top, "speed")
        if not written:
            return None
        try:
            speed = float(written)
        except ValueError:
            speed = 0.0
        if not LEAST_SPEED <= speed <= MOST_SPEED:
            text = f'speed is a number from {LEAST_SPEED:g} to {MOST_SPEED:g}, not "{written}"'
            self.wrong(self.top, "speed", text)
            return None
        return speed

    def chain(self) -> Chain | None:
        node = self.top.get("chain")
        try:
            if isinstance(node, yaml.Mapping):
                return chain_of({key.text: self.text(node, key.text) for key, _ in node.entries})
            name = self.text(self.top, "chain")
            return chain_named(name) if name else None
        except ValueError as error:
            self.wrong(self.top, "chain", str(error))
            return None

    def engine(self) -> str:
        """The engine that it usually speaks on."""
        if isinstance(self.top.get("engine"), yaml.Mapping):
            self.wrong(self.top, "engine", '"engine" is one name (did you mean "engines"?)')
            return ""
        return self.text(self.top, "engine")

    def engines(self) -> tuple[tuple[str, Mapping[str, str], Place], ...]:
        node = self.top.get("engines")
        if node is None:
            return ()
        if not isinstance(node, yaml.Mapping):
            self.wrong(self.top, "engines", "engines is a map from an engine to its settings")
            return ()
        return tuple(
            (key.text, dict(self.settings(node, key.text)), key.place) for key, _ in node.entries
        )

    def settings(self, engines: yaml.Mapping, name: str) -> Iterator[tuple[str, str]]:
        node = engines.get(name)
        if isinstance(node, yaml.Mapping):
            for key, _ in node.entries:
                yield key.text, self.text(node, key.text)
        elif not isinstance(node, yaml.Scalar) or node.text:
            self.wrong(engines, name, f"the settings for {name} are a map")

    def text(self, node: yaml.Mapping, key: str, needed: str = "") -> str:
        """The text at `key`, stripped; a problem when it is `needed` and missing or empty."""
        value = node.get(key)
        if value is not None and not isinstance(value, yaml.Scalar):
            self.wrong(node, key, f'"{key}" must be a text, not a list or map')
            return ""
        text = value.text.strip() if value else ""
        if needed and not text:
            self.wrong(node, key, f'"{key}" is missing ({needed})')
        return text

    def check_keys(self, node: yaml.Mapping, known: tuple[str, ...], what: str) -> None:
        for key in node.keys():  # noqa: SIM118 - not a dict
            if key not in known:
                hint = did_you_mean(key, known)
                self.wrong(node, key, f'{what} has no key "{key}" ({hint})')

    def wrong(self, node: yaml.Mapping, key: str, text: str) -> None:
        """Note a problem at the key, or at the map when the key is not there."""
        places = {name.text: name.place for name, _ in node.entries}
        self.problems.append(Problem(places.get(key, node.place), "error", text))
