"""The settings there are: those of the command, and those of front matter.

A setting of the command has one name: `--jobs`, `PODFORGE_JOBS`, and `jobs:` in a file of
settings.  What a script may say of itself has the name it has in front matter, everywhere.
"""

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from podforge.encodings import format_of
from podforge.errors import UsageError
from podforge.settings.engines import variable_of
from podforge.targets import target_of

T = TypeVar("T")

MOST_JOBS = 256
# Parts of a book that are left out unless they are asked for, as `reading.epub` calls them.
PARTS = (
    "cover", "titlepage", "copyright", "contents", "notes", "index", "bibliography", "cast", "ads",
    "licence", "nonlinear", "all",
)  # fmt: skip
_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")


@dataclass(frozen=True)
class Key(Generic[T]):
    """A setting of the command.

    `parse` makes a value of a text and of the folder that paths in it count from; it raises
    `ValueError` or `UsageError` with what is wrong.
    """

    name: str
    parse: Callable[[str, Path], T]
    usual: str  # what holds where nobody says anything, for people
    front: str = ""  # its name in front matter, for what a script may say itself
    folder: bool = False  # one that must be there
    made: bool = False  # a folder that is made where it is missing

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return variable_of(self.name)


def _text(text: str, _base: Path) -> str:
    return text


def _path(text: str, base: Path) -> Path:
    """A path relative to `base`; as short as it can be said from here."""
    try:
        path = base / Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(f'"{text}" is in nobody\'s home folder') from error
    if "\0" in text:
        raise ValueError("a path has no NUL in it")
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _number(text: str, _base: Path) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_JOBS):
        raise ValueError(f'"{text}" is not a number from 1 to {MOST_JOBS}')
    return int(text)


def _switch(text: str, _base: Path) -> bool:
    if text.lower() not in (*_YES, *_NO):
        raise ValueError(f'"{text}" is neither yes nor no')
    return text.lower() in _YES


def _formats(text: str, _base: Path) -> str:
    for part in text.split(","):
        if part.strip():
            format_of(part)
    return text


def _target(text: str, _base: Path) -> str:
    return target_of(text).name


def _encoding(text: str, _base: Path) -> str:
    try:
        return codecs.lookup(text).name
    except (LookupError, ValueError) as error:
        raise ValueError(f'no text encoding is called "{text}"') from error


def _parts(text: str, _base: Path) -> tuple[str, ...]:
    parts = tuple(part for part in (p.strip() for p in text.split(",")) if part)
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise ValueError(f'a book has no part called "{unknown[0]}"; one of {", ".join(PARTS)}')
    return parts


def _split(text: str, _base: Path) -> bool:
    if text.lower() not in ("chapters", *_NO):
        raise ValueError(f'"{text}" is neither chapters nor no')
    return text.lower() == "chapters"


ENGINE = Key("engine", _text, "espeak", front="engine")
FORMAT = Key("format", _formats, "mp3", front="format")
TARGET = Key("target", _target, "podcast", front="loudness")
VOICES = Key("voices", _path, "voices/ beside the script and here", folder=True)
CACHE = Key("cache", _path, "podforge in the user's cache folder", made=True)
OUTPUT = Key("output", _path, "output/NAME here", made=True)
SPLIT = Key("split", _split, "no")
JOBS = Key("jobs", _number, "one a processor")
STRICT = Key("strict", _switch, "no")
ENCODING = Key("encoding", _encoding, "utf-8")
INCLUDE = Key("include", _parts, "none")
OFFLINE = Key("offline", _switch, "no")
DRAFT = Key("draft", _switch, "no")

KEYS: tuple[Key[Any], ...] = (
    ENGINE, FORMAT, TARGET, VOICES, CACHE, OUTPUT, SPLIT, JOBS, STRICT, ENCODING, INCLUDE, OFFLINE,
    DRAFT,
)  # fmt: skip
OF_COMMAND = {key.name: key for key in KEYS if not key.front}
# What front matter says, as `reading.header` knows it, and whether it can hold for many scripts.
FRONT = (
    "show", "author", "narrator", "language", "season", "cover", "license", "genre", "tags",
    "mode", "format", "loudness", "lexicon", "room_tone", "urls", "headings", "unknown_tags",
    "quote_voice", "chapters", "code", "tables", "footnotes", "music", "speakers", "pauses",
    "rate", "defaults", "disclosure",
)  # fmt: skip
ONE_SCRIPT = ("title", "date", "pub_date", "publish_date", "episode", "description")
FILES = ("cover", "music", "lexicon")  # of them name files


def parsed(key: Key[T], text: str, base: Path) -> T:
    """The value of a text.  Raises `ValueError`."""
    try:
        value = key.parse(text, base)
    except UsageError as error:
        raise ValueError(str(error)) from error
    if key.folder and isinstance(value, Path) and not value.is_dir():
        raise ValueError(f"there is no folder {value}")
    return value
