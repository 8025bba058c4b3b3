"""The cover: the script's own picture, checked, or one that is drawn from the title."""

import stat
from pathlib import Path

from podforge.delivery.drawing import draw
from podforge.errors import InputError, Place, storage
from podforge.plain import plain
from podforge.script import Header, Script
from podforge.settings import find_project_file

MOST_BYTES = 10_000_000
MOST_PIXELS = 4_000  # a side; directories take up to 3000
_SIGNATURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def own_cover(script: Script) -> bytes:
    """The JPEG or PNG that the front matter names, else the file holds; empty when there is none.

    Its path counts from the script's folder and may not lead out of the project, the folder with
    the `podforge.yaml` that holds, or else the script's own.  Raises `InputError` when there is
    no usable picture of that name; one inside the file is then left out.
    """
    name = script.header.cover
    if not name:
        return _usable(script.cover)
    try:
        base = Path(script.path).parent
        marker = find_project_file(base)
        return _read(name, base, marker.parent if marker else base.resolve())
    except _Unfit as unfit:
        raise InputError.at(Place(script.path), f'cover "{plain(name)}": {unfit}') from unfit


def drawn_cover(header: Header) -> bytes:
    """A JPEG drawn from the title, for a script that brings no picture."""
    return draw(header.title, header.show or header.author)


def mime_of(data: bytes) -> str:
    """The media type of a picture by its first bytes; empty for anything but JPEG and PNG."""
    return next((mime for start, mime in _SIGNATURES.items() if data.startswith(start)), "")


def _usable(picture: bytes) -> bytes:
    try:
        _check(picture)
    except _Unfit:
        return b""
    return picture


class _Unfit(Exception):
    """Why a picture cannot be the cover."""


def _read(name: str, base: Path, root: Path) -> bytes:
    try:
        path = (base / name).resolve()
        inside = path.is_relative_to(root)
        regular = inside and stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError, RuntimeError) as error:  # missing, NUL in it, a loop of links
        raise _Unfit("there is no such file in the script's folder") from error
    if not inside:
        raise _Unfit("it lies outside the project; copy it there")
    if not regular:
        raise _Unfit("it is not a file")
    with storage("reading", path), path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    _check(data)
    return data


def _check(data: bytes) -> None:
    """Make sure that players will show the picture."""
    if len(data) > MOST_BYTES:
        raise _Unfit(f"it is larger than {MOST_BYTES // 1_000_000} MB")
    if not mime_of(data):
        raise _Unfit("it is neither a JPEG nor a PNG picture")
    if not _decodes(data):
        raise _Unfit(f"it is damaged, or wider or higher than {MOST_PIXELS} pixels")


def _decodes(data: bytes) -> bool:
    import io

    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as picture:
            if max(picture.size) > MOST_PIXELS:
                return False
            picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return True
