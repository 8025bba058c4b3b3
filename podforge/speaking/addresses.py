"""Addresses of the net, file names, hashtags and handles, in English."""

import re
from collections.abc import Iterator

from podforge.speaking.offsets import Replacement
from podforge.speaking.words import cardinal, digits

_SCHEMED = re.compile(
    r"\bhttps?://(?:www\.)?([\w.-]+\w)(?::\d+)?"
    r"(?:[/?#][^\s<>\"”)\]]*[^\s<>\"”)\].,;:!?])?/?",
    re.I,
)
_MAIL = re.compile(r"(?<![\w.+-])([\w.+-]{1,64})@([\w-]+(?:\.[\w-]+)+)")
_TLDS = "com|org|net|edu|gov|io|dev|fm|app|ai|tv|info|uk|co|me|de|fr|eu|au|ca|nz|ie|us|blog|xyz"
_DOTTED = re.compile(rf"\.(?:{_TLDS})\b", re.I)  # quick to rule a text out
_SITE = re.compile(
    rf"(?<![\w@./-])(?:www\.)?((?:[a-z0-9-]{{1,63}}\.){{1,8}}(?:{_TLDS}))(/[\w/-]*\w)?(?![\w@])",
    re.I,
)
_KINDS = (
    "txt|md|pdf|py|js|ts|json|yaml|yml|toml|csv|html|css|xml|jpe?g|png|gif|svg|mp[34]|wav|exe|zip|"
    "sh|rs|go|cpp"
)
_FILE = re.compile(rf"(?<![\w./@-])([\w-]{{1,64}})\.({_KINDS})(?!\w)")
_HANDLE = re.compile(r"(?<![\w@.])@(\w{1,40})(?!\w)")
_HASHTAG = re.compile(r"(?<![\w&#])#(\d{0,9}[^\W\d_]\w{0,60})(?!\w)")
_CAMEL = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]|\d+")


def addresses(text: str, tag: str) -> Iterator[Replacement]:
    """`https://example.org/x` is "example dot org"; a bare site keeps its path."""
    for found in _SCHEMED.finditer(text) if "://" in text else ():
        yield found.start(), found.end(), _named(found[1], tag)
    for found in _MAIL.finditer(text) if "@" in text else ():
        yield found.start(), found.end(), f"{_named(found[1], tag)} at {_named(found[2], tag)}"
    for found in _SITE.finditer(text) if _DOTTED.search(text) else ():
        path = (found[2] or "").replace("/", " slash ").replace("-", " ").replace("_", " ")
        said = f"{_named(found[1], tag)} {_numbers(path, tag)}".rstrip()
        yield found.start(), found.end(), said
    for found in _FILE.finditer(text) if "." in text else ():
        yield found.start(), found.end(), f"{_named(found[1], tag)} dot {_numbers(found[2], tag)}"


def handles(text: str, tag: str) -> Iterator[Replacement]:
    """`@ada` is "at ada", `#OpenData` "hashtag Open Data"."""
    for found in _HANDLE.finditer(text) if "@" in text else ():
        yield found.start(), found.end(), "at " + _named(found[1], tag)
    for found in _HASHTAG.finditer(text) if "#" in text else ():
        parts = " ".join(_CAMEL.findall(found[1].replace("_", " ")))
        yield found.start(), found.end(), "hashtag " + _numbers(parts, tag)


def _named(name: str, tag: str) -> str:
    said = name.replace(".", " dot ").replace("_", " underscore ").replace("-", " dash ")
    return _numbers(said.replace("+", " plus "), tag)


def _numbers(text: str, tag: str) -> str:
    """Digits inside a name: up to two are a number, more are read one by one."""
    said = re.sub(r"\d+", lambda m: f" {_number(m[0], tag)} ", text)
    return " ".join(said.split())


def _number(text: str, tag: str) -> str:
    return digits(text, tag) if len(text) > 2 or text[0] == "0" else cardinal(int(text), tag)
