"""Text that neither a terminal, a tag nor a transcript can stumble over."""

import re

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")  # white space, line breaks, NUL, escapes
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # reorder text
_SURROGATE = re.compile(r"[\ud800-\udfff]")  # half a character: cannot be written as UTF-8


def plain(text: str) -> str:
    """The text on one line, without control characters, encodable as UTF-8."""
    return _SURROGATE.sub("\ufffd", _BIDI.sub("", _BLANK.sub(" ", text))).strip()
