"""Addresses of the net, file names, hashtags and handles, in English; in any language, none."""

import re
from collections.abc import Iterator
from functools import partial

from podforge.speaking.offsets import Replacement, Rules
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
_START = re.compile(r"(?:https?://)?(?:www\.)?", re.I)
_SIGNS = {
    "/": "slash", "?": "question mark", "=": "equals", "&": "and", "#": "hash", "%": "percent",
    "~": "tilde", ":": "colon", "@": "at", ",": "comma", ";": "semicolon", "!": "exclamation mark",
}  # fmt: skip
_SIGN = re.compile("[" + re.escape("".join(_SIGNS)) + "]")
_KINDS = (
    "txt|md|pdf|py|js|ts|json|yaml|yml|toml|csv|html|css|xml|jpe?g|png|gif|svg|mp[34]|wav|exe|zip|"
    "sh|rs|go|cpp"
)
_FILE = re.compile(rf"(?<![\w./@-])([\w-]{{1,64}})\.({_KINDS})(?!\w)")
_HANDLE = re.compile(r"(?<![\w@.])@(\w{1,40})(?!\w)")
_HASHTAG = re.compile(r"(?<![\w&#])#(\d{0,9}[^\W\d_]\w{0,60})(?!\w)")
_CAMEL = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]|\d+")


def addressing(urls: str, language: str) -> Rules:
    """The rule for `urls: skip` or `full`, before all others; English alone can spell them out."""
    tag = language.lower().replace("_", "-")
    if urls == "full" and tag.partition("-")[0] == "en":
        return (partial(_in_full, tag=tag),)
    return (_unspoken,) if urls == "skip" else ()


def _in_full(text: str, tag: str) -> Iterator[Replacement]:
    """`https://example.org/x?y` is "example dot org slash x question mark y"."""
    for start, end in _urls(text):
        written = _START.sub("", text[start:end], count=1).rstrip("/")
        said = _SIGN.sub(lambda sign: f" {_SIGNS[sign[0]]} ", written)
        yield start, end, _named(said, tag)


def _unspoken(text: str) -> Iterator[Replacement]:
    """Nothing is said for a URL, and its brackets and the space before it go, too."""
    for start, end in _urls(text):
        if text[start - 1 : start] + text[end : end + 1] in ("()", "[]", "<>"):
            start, end = start - 1, end + 1
        yield start - (text[start - 1 : start] == " "), end, ""


def _urls(text: str) -> Iterator[tuple[int, int]]:
    """Addresses with a scheme, with `www.` or with a path; `example.org` alone is a name."""
    for found in _SCHEMED.finditer(text) if "://" in text else ():
        yield found.span()
    for found in _SITE.finditer(text) if _DOTTED.search(text) else ():
        if found[2] or found[0][:4].lower() == "www.":
            yield found.span()


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
