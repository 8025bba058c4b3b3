"""From a path to text: what can be wrong with a file before a word of it is understood."""

import re
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from podforge.errors import InputError, MissingInput, Place, UsageError
from podforge.strict_yaml import Mapping

MOST_BYTES = 64 * 2**20

# No text has them; the last three are line breaks to YAML alone, and places would differ.
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")

# Where two sides changed the same lines: git-merge(1), "How conflicts are presented".
_CONFLICT = [re.compile(rf"^{mark}{{7}}(?: .*)?$", re.MULTILINE) for mark in "<=>"]


@dataclass(frozen=True)
class Asked:
    """What the command line, and files of settings, say about reading."""

    encoding: str = "utf-8"
    infer: bool = False  # the cast counts as open, whatever the file declares
    include: tuple[str, ...] = ()  # parts of a book that are left out otherwise: `notes`
    usual: tuple[Mapping, ...] = ()  # front matter of files of settings; the last one wins


def load(path: Path, encoding: str = "utf-8") -> str:
    """The text of a file without its byte order mark, its lines ended by a single line feed.

    Raises `MissingInput` when it cannot be opened, `InputError` when it is not text in
    `encoding`, and `UsageError` for an encoding that nobody knows.
    """
    data = _bytes(path)
    place = Place(str(path))
    utf8 = encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")
    if utf8 and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError.at(place, "this is UTF-16: save it as UTF-8 or give --encoding utf-16")
    if utf8 and b"\0" in data:
        raise InputError.at(place, "this is not a text file: it holds NUL bytes")
    text = _decode(data, "utf-8" if utf8 else encoding, place)
    if "\0" in text:
        raise InputError.at(place, "this is not a text file: it holds NUL characters")
    if not text.strip("\ufeff \t\r\n\f\v"):
        raise InputError.at(place, "the file is empty")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    _check_merged(text, place)
    return _CONTROL.sub(" ", text)  # one for one: places stay what they are


def _check_merged(text: str, place: Place) -> None:
    """Refuse what Git left of two sides; a row of `=` alone underlines a heading."""
    first = found = _CONFLICT[0].search(text)
    for mark in _CONFLICT[1:]:
        found = found and mark.search(text, found.end())
    if first and found:
        place = replace(place, line=text.count("\n", 0, first.start()) + 1, column=1)
        raise InputError.at(place, "a merge conflict: choose one side")


def check_file(path: Path) -> None:
    """Refuse a folder, and what is read once only or never ends: a pipe, a device.

    A script is read again when it has changed.  Raises `MissingInput`, or `OSError` for a path
    that leads nowhere.
    """
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return
    what = "a folder" if stat.S_ISDIR(mode) else "no file but a pipe or a device"
    raise MissingInput(f"{path} is {what}", hint="give the path of a script")


def _bytes(path: Path) -> bytes:
    try:
        check_file(path)
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        reason = getattr(error, "strerror", None) or str(error)
        raise MissingInput(f"cannot read {path}: {reason}", hint="check the path") from error
    if len(data) > MOST_BYTES:
        raise InputError.at(Place(str(path)), f"more than {MOST_BYTES // 2**20} MiB: not a script")
    return data


def _decode(data: bytes, encoding: str, place: Place) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        hint = "try --encoding latin-1" if encoding == "utf-8" else "try another --encoding"
        name = "UTF-8" if encoding == "utf-8" else encoding
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError.at(
            Place(place.file, line), f"not {name}: byte {error.start} cannot be read; {hint}"
        ) from error
    except (LookupError, ValueError) as error:
        raise UsageError(
            f'no text encoding is called "{encoding}"', hint="for example utf-8 or latin-1"
        ) from error
