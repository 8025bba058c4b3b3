"""The zip archive around a book, opened without trusting it (EPUB 3.3, section 4: OCF).

Nothing is ever unpacked to disk.  What an archive says about itself is not believed: the bytes
that come out of it are counted.
"""

import posixpath
import stat
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path
from typing import Self
from urllib.parse import unquote

from podforge.errors import InputError, MissingInput, Place
from podforge.reading.findings import Findings
from podforge.reading.source import check_file

MOST_ENTRIES = 20_000
MOST_BYTES = 1024 * 2**20  # of the archive itself
MOST_READ = 256 * 2**20  # unpacked, all that is read
MOST_UNPACKED = 24 * 2**20  # unpacked, one file
RATIO = 100  # how far a large file may unpack; prose comes to 3
LARGE = 8 * 2**20  # from here on the ratio counts
_DIRECTORY = 64 * 2**10 + 22  # where the end record of a zip lies: it and the longest comment


class Container:
    """The files of a book by name; a name is a path inside the archive."""

    def __init__(self, path: Path, findings: Findings) -> None:
        """Open the archive; raises `MissingInput`, or `InputError` when it is none."""
        self.path, self._findings = path, findings
        self._left = MOST_READ
        self._zip = _opened(path)
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in self._zip.infolist():
            self._admit(entry)
        self._loose = {_loose(name): name for name in reversed(self._entries)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def place(self, name: str, line: int = 0) -> Place:
        """A line of a file in the book."""
        return Place(f"{self.path}/{name}" if name else str(self.path), line)

    def names(self) -> list[str]:
        """Every file, in the order of the archive."""
        return list(self._entries)

    def find(self, name: str) -> str:
        """The file that is meant by a name, which may differ in case or escapes; or empty."""
        if name in self._entries:
            return name
        return self._loose.get(_loose(name), "")

    def read(self, name: str) -> bytes | None:
        """The bytes of a file, or None when there is none or it is damaged.

        Raises `InputError` when it is encrypted or unpacks to more than anyone writes.
        """
        entry = self._entries.get(self.find(name))
        if entry is None:
            return None
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            self._findings.warning(self.place(name), "is packed in a way that no book may be")
            return None
        if entry.flag_bits & 0x1:
            raise self._error(f"{name} is encrypted with a password: it cannot be read")
        most = min(MOST_UNPACKED, self._left)
        if entry.compress_size and entry.file_size > max(LARGE, RATIO * entry.compress_size):
            raise self._error(f"{name} unpacks to more than {RATIO} times its size")
        try:
            with self._zip.open(entry) as file:
                data = file.read(most + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            self._findings.warning(self.place(name), f"cannot be unpacked: {error}")
            return None
        except (OSError, ValueError, RuntimeError, struct.error) as error:
            self._findings.warning(self.place(name), f"cannot be read: {error}")
            return None
        if len(data) > most:
            raise self._error(f"{name} unpacks to more than {most // 2**20} MiB: not a book")
        self._left -= len(data)
        return data

    def _admit(self, entry: zipfile.ZipInfo) -> None:
        name = entry.filename
        if entry.is_dir():
            return
        if not _safe(entry):
            self._findings.warning(self.place(""), f"the archive holds {name!r}: it is not read")
            return
        if name in self._entries:
            self._findings.warning(self.place(name), "is there twice: the last one is read")
        self._entries[name] = entry

    def _error(self, text: str) -> InputError:
        return InputError.at(self.place(""), text)


def resolved(base: str, href: str) -> tuple[str, str]:
    """The name and the fragment of a reference in the file `base`; no name: another site."""
    href, _, fragment = href.strip().partition("#")
    if "://" in href or href.startswith(("mailto:", "data:", "javascript:")):
        return "", ""
    path = unquote(href.partition("?")[0])
    name = posixpath.normpath(posixpath.join(posixpath.dirname(base), path)) if path else base
    return name.lstrip("/"), unquote(fragment)


def _opened(path: Path) -> zipfile.ZipFile:
    place = Place(str(path))
    try:
        check_file(path)
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _DIRECTORY))
            tail = file.read()
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        reason = getattr(error, "strerror", None) or str(error)
        raise MissingInput(f"cannot read {path}: {reason}", hint="check the path") from error
    _check_directory(tail, size, place)
    try:
        return zipfile.ZipFile(path)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, struct.error) as error:
        raise InputError.at(place, f"not an EPUB: the zip archive is damaged ({error})") from error


def _check_directory(tail: bytes, size: int, place: Place) -> None:
    """Refuse an archive whose directory alone would fill the memory."""
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + 22:
        raise InputError.at(place, "not an EPUB: an EPUB is a zip archive, this is none")
    entries, length = struct.unpack_from("<HI", tail, at + 10)
    if entries > MOST_ENTRIES or length > MOST_ENTRIES * 1024:
        raise InputError.at(place, f"the archive holds more than {MOST_ENTRIES} files: not a book")
    if size > MOST_BYTES:
        raise InputError.at(place, f"more than {MOST_BYTES // 2**20} MiB: not a book")


def _safe(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a plain file inside the archive, by name and by kind."""
    name = entry.filename
    parts = name.replace("\\", "/").split("/")
    link = stat.S_ISLNK(entry.external_attr >> 16)
    return not link and bool(name) and ".." not in parts and parts[0] != "" and ":" not in parts[0]


def _loose(name: str) -> str:
    return unicodedata.normalize("NFC", unquote(name)).replace("\\", "/").casefold()
