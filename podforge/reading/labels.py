"""Speaker labels: what looks like one, in all the forms people write.

This module only knows shapes.  Whether a shape is a label, prose, or a mistake depends on the
cast, and `casting` decides it.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

TIME = r"\d{1,3}:[0-5]\d(?::[0-5]\d)?(?:[.,]\d{1,3})?"
STAMP = rf"\\?[\[(]\s*{TIME}(?:\s*(?:-->|[-–—]|to)\s*{TIME})?\s*\\?[\])]"

Form = Literal["bold", "plain", "strong", "sentence", "bare"]
"""bold: `**N:** t`; plain: `N: t`; strong: another form that is hardly ever prose (`[S1] t`,
`N (0:12): t`, `Speaker 1: t`); sentence: bold that goes on after its colon, `**N: t** t`;
bare: `**N** t`, never a label."""


@dataclass(frozen=True)
class Label:
    """A possible label: who, how, and what stands behind it."""

    name: str
    form: Form
    column: int  # 0-based, in the text that was parsed
    rest: str
    delivery: str = ""

    @property
    def full(self) -> str:
        """The name with its delivery, for casts that declare `Ana (young)`."""
        return f"{self.name} ({self.delivery})" if self.delivery else self.name


_LEAD = re.compile(rf"{STAMP}\s*(?=[^\s:])")
_TAIL = rf"(?P<tail>(?:\s*(?:{STAMP}|\([^()\n]{{1,60}}\)|\\?\[[^\[\]\n]{{1,60}}\]))*)"
_DASH_TIME = rf"(?:\s*[–—-]\s*{TIME})?"
_BOLD = re.compile(
    r"(?P<wrap>[*_](?=\*\*|__))?(?P<mark>\*\*|__)\s*(?=[^\s*_])(?P<inner>[^\n]{1,120}?)(?P=mark)"
)
_INNER = re.compile(rf"(?P<name>[^:：]{{1,80}}?){_TAIL}{_DASH_TIME}\s*(?P<colon>[:：])(?P<rest>.*)")
_AFTER = re.compile(rf"{_TAIL}{_DASH_TIME}\s*(?P<colon>:(?![:/\d])|：)\s*(?P<rest>.*)", re.S)
_AFTER_TIME = re.compile(rf"\s+(?:{TIME}\s*$|{STAMP})\s*(?P<rest>.*)", re.S)
_PLAIN = re.compile(
    rf"(?P<name>[^\W\d_][^:：()\[\]<>*\n|]{{0,59}}?){_TAIL}{_DASH_TIME}"
    r"\s*(?::(?=\s|$)|：)\s*(?P<rest>.*)",
    re.S,
)
_BRACKET = re.compile(
    r"\\?\[(?:(?P<short>S\d{1,2})\\?\]\s*:?|(?P<name>\d{1,2}|[^\W\d_][^\[\]:\n]{0,40}?)\\?\]\s*"
    r"(?::(?=\s|$)|：))\s*(?P<rest>.*)",
    re.S,
)
_ANGLE = re.compile(
    r"<(?:(?P<person>(?:Person|Speaker)\s?\d{1,2})|v(?:\.[\w.-]+)?\s+(?P<voice>[^<>\n]{1,60}))>"
    r"\s*(?P<rest>.*)",
    re.S,
)
_INLINE = re.compile(
    r"(?<=\S)\s*(?=\[S\d{1,2}\]|<(?:Person|Speaker)\s?\d{1,2}>|<v[ .][^<>]{1,60}>)"
)
_NUMBERED = re.compile(r"(?:speaker|person|voice|host|guest)\s*#?\d{1,2}", re.I)
_ONLY_TIME = re.compile(rf"(?:{TIME}|{STAMP})\s*")
_PAREN = re.compile(r"[(\[]([^()\[\]\\]+)[)\]\\]")
_NO_DELIVERY = {"v.o.", "vo", "o.s.", "cont'd", "cont’d", "cont", "continued", "continuing"}
_TARGET = re.compile(
    r"\s{0,3}\\?\[[^\[\]]+\\?\]:\s*<?(?:[a-z][a-z0-9+.-]*://|mailto:|www\.|[#/]|\.{1,2}/|"
    r"[^\s<>]+\.[a-z]{2,5}(?:[?#][^\s<>]*)?>?\s*(?:[\"'(].*)?$)",
    re.I,
)


def parse(text: str) -> Label | None:
    """The label at the start of a line, if it looks like one."""
    start = len(text) - len(text.lstrip())
    stamped = _LEAD.match(text, start)
    at = stamped.end() if stamped else start
    head = text[at : at + 1]
    if head in ("*", "_"):
        return _bold(text, at)
    if head in ("[", "\\"):
        return _bracket(text, at)
    if head == "<":
        return _angle(text, at)
    if head.isalpha():
        return _plain(text, at, bool(stamped))
    return None


def is_reference(text: str) -> bool:
    """Whether a line defines a link (`[1]: https://...`), which is never spoken."""
    return "]:" in text and bool(_TARGET.match(text))


def split_inline(text: str) -> list[tuple[int, str]]:
    """A line cut before each `[S2]`, `<Person2>`, `<v N>` inside it, with 0-based offsets."""
    if "[S" not in text and "<" not in text:
        return [(0, text)]
    cuts = [0, *(match.end() for match in _INLINE.finditer(text)), len(text)]
    return [(a, text[a:b]) for a, b in pairwise(cuts) if b > a]


def _bold(text: str, at: int) -> Label | None:
    found = _BOLD.match(text, at)
    if not found or not any(c.isalnum() for c in found["inner"]):
        return None
    after = text[found.end() :]
    if found["wrap"]:
        after = after.rstrip().removesuffix(found["wrap"])
    inner = _INNER.fullmatch(found["inner"])
    if inner:
        return _inner_colon(inner, at, after)
    name = found["inner"].strip()
    if ":" in name or "：" in name:
        return None
    behind = _AFTER.match(after)
    if behind:
        return Label(name, "bold", at, _untimed(behind["rest"]), _delivery(behind["tail"]))
    behind = _AFTER_TIME.match(after)
    if behind:
        return Label(name, "strong", at, behind["rest"])
    return Label(name, "bare", at, after)


def _inner_colon(inner: re.Match[str], at: int, after: str) -> Label | None:
    """`**N:** t`, and bold that holds more than the name: `**N: N:** t`, `**N: "**t`."""
    name, rest = inner["name"].strip(), inner["rest"]
    if not any(c.isalnum() for c in name) or (rest[:1].strip() and inner["colon"] == ":"):
        return None
    delivery = _delivery(inner["tail"])
    rest = rest.strip()
    if rest.rstrip(":： ") == name:
        rest = ""
    if any(c.isalnum() for c in rest) and not _ONLY_TIME.fullmatch(rest):
        return Label(name, "sentence", at, f"{rest}{after}", delivery)
    said = after.lstrip() if not rest or _ONLY_TIME.fullmatch(rest) else rest + after.lstrip()
    return Label(name, "bold", at, _untimed(said), delivery)


def _plain(text: str, at: int, stamped: bool) -> Label | None:
    if ":" not in text[at : at + 200] and "：" not in text[at : at + 200]:
        return None
    found = _PLAIN.match(text, at)
    if not found:
        return None
    name, rest = found["name"].strip(), found["rest"]
    timed = stamped or bool(re.search(TIME, text[found.end("name") : found.start("rest")]))
    timed = timed or bool(_ONLY_TIME.match(rest))
    strong = timed or _NUMBERED.fullmatch(name)
    delivery = _delivery(found["tail"])
    return Label(name, "strong" if strong else "plain", at, _untimed(rest), delivery)


def _bracket(text: str, at: int) -> Label | None:
    found = _BRACKET.match(text, at)
    if not found:
        return None
    name = found["short"] or found["name"]
    strong = found["short"] or name.isdigit() or _NUMBERED.fullmatch(name)
    return Label(name.strip(), "strong" if strong else "plain", at, found["rest"])


def _angle(text: str, at: int) -> Label | None:
    found = _ANGLE.match(text, at)
    if not found:
        return None
    return Label((found["person"] or found["voice"]).strip(), "strong", at, found["rest"])


def _delivery(tail: str) -> str:
    """How it is said, from `(softly)` behind a name; times and stage abbreviations are not."""
    parts = (part.strip() for part in _PAREN.findall(tail))
    return ", ".join(
        part for part in parts if part.lower() not in _NO_DELIVERY and not part[:1].isdigit()
    )


def _untimed(rest: str) -> str:
    """The text behind a label without a time in front of it, where nothing else stands there."""
    return "" if _ONLY_TIME.fullmatch(rest) else rest
