"""From the bytes of a document to text that an XML parser takes without reading a DTD.

Entities of HTML (`&nbsp;`) are resolved here, from a table; external ones never are.
"""

import codecs
import html
import re
from collections.abc import Mapping

_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})", re.I)
_PROLOG = re.compile(r"\s*<\?xml[^>]*\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[(?P<subset>[^\]]*)\]\s*)?>", re.I)
_ENTITY = re.compile(r"<!ENTITY\s+([\w.-]{1,40})\s+(?:\"([^\"&<%]{0,64})\"|'([^'&<%]{0,64})')\s*>")
_AMPERSAND = re.compile(
    r"&(?:(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][\w.-]{0,40});)?"
)  # XML 1.0, section 4.1
_KEPT = frozenset(("amp", "lt", "gt", "quot", "apos"))
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")  # XML 1.0, 2.2
_ENCODINGS = (
    "iso-",
    "iso8859",
    "latin",
    "windows-",
    "cp",
    "koi8",
    "mac",
    "shift",
    "euc",
    "big5",
    "gb",
)
_HEAD = 64 * 2**10  # characters in which a prolog ends


def prepared(text: str) -> str:
    """The text without declaration and DTD, with its entities as characters, line by line."""
    head, tail = text[:_HEAD], text[_HEAD:]
    own: dict[str, str] = {}
    start = max(head.find("<!DOCTYPE"), head.find("<!doctype"))
    if start >= 0 and (doctype := _DOCTYPE.match(head, start)):
        for name, double, single in _ENTITY.findall(doctype["subset"] or ""):
            own.setdefault(name, double or single)
        head = head[:start] + _blank(doctype.group()) + head[doctype.end() :]
    prolog = _PROLOG.match(head)
    if prolog:
        head = _blank(prolog.group()) + head[prolog.end() :]
    return _AMPERSAND.sub(_Entities(own), _FORBIDDEN.sub(" ", head + tail))


class _Entities:
    """The character that a reference stands for; an ampersand that begins none is text."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self._own = own  # declared by the document
        self._left = 2**20  # characters that those may add

    def __call__(self, found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "&amp;"
        if name in _KEPT:
            return found[0]
        if name in self._own:
            self._left -= len(self._own[name])
            return self._own[name] if self._left > 0 else " "
        said = html.unescape(found[0])
        if said == found[0]:
            return f"&amp;{name};"
        return "&lt;" if said == "<" else "&amp;" if said == "&" else _FORBIDDEN.sub(" ", said)


def _blank(text: str) -> str:
    return "\n" * text.count("\n")


def decoded(data: bytes) -> str:
    """The text of a document: by its byte order mark, what it declares, else a good guess."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if data[:4] in (b"<\0?\0", b"<\0h\0", b"<\0!\0"):
        return data.decode("utf-16-le", "replace")
    if data[:4] in (b"\0<\0?", b"\0<\0h", b"\0<\0!"):
        return data.decode("utf-16-be", "replace")
    found = _DECLARED.match(data[:512]) or _META.search(data[:2048])
    declared = found[1].decode().lower() if found else "cp1252"
    for encoding in ("utf-8", declared if declared.startswith(_ENCODINGS) else "cp1252", "cp1252"):
        try:
            return data.decode(encoding)
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")
