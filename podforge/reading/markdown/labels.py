"""Speaker labels: what looks like one, in all the forms people write.

This module only knows shapes.  Whether a shape is a label, prose, or a mistake depends on the
cast, and `casting` decides it.
"""

import re
from dataclasses import dataclass, replace
from html import unescape
from itertools import pairwise
from typing import Literal

TIME = r"\d{1,3}:[0-5]\d(?::[0-5]\d)?(?:[.,]\d{1,3})?"
_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
_CLOCK = rf"(?:{_DATE},?\s+)?{TIME}(?:\s?[AaPp]\.?[Mm]\b\.?)?"
_POINT = rf"(?:{_CLOCK}|\d{{1,6}}\.\d{{1,3}}s?|\d{{1,6}}s)"  # the last two: in seconds
STAMP = rf"\\?[\[(]\s*{_POINT}(?:\s*(?:-->|[-–—]|to)\s*{_POINT})?\s*\\?[\])]"

Form = Literal["bold", "plain", "strong", "timed", "dotted", "sentence", "alone", "bare"]
"""bold: `**N:** t`; plain: `N: t`; strong: another form that is hardly ever prose (`[S1] t`,
`N (0:12): t`, `Speaker 1: t`); timed: `N  0:12` alone on a line, or behind a bare time;
dotted: `Q. t`, `A. t`; sentence: bold that goes on after its colon, `**N: t** t`;
alone: `**N**` alone on a line; bare: `**N** t`, never a label."""


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


_LEAD = re.compile(
    rf"(?:(?P<mark>\*\*|__|[*_`])?{STAMP}(?(mark)(?P=mark))|(?P<bare>{_CLOCK}(?=\s)))"
    r"\s*(?:[-–—|]\s+)?(?=[^\s:])"
)
# A paragraph as web editors write it; one that names its language is seen as a whole.
_ELEMENT = re.compile(r"(?:<(?:p|div)(?:\s(?![^<>]*\blang\b)[^<>]{0,200})?>\s*)+", re.I)
# Possessive: a stamp is a bracket as well, and two ways for each would be 2^n for n.
_TAIL = rf"(?P<tail>(?:\s*(?:{STAMP}|\([^()\n]{{1,60}}\)|\\?\[[^\[\]\n]{{1,60}}\]))*+)"
_DASH_TIME = rf"(?:\s*[–—,-]\s*{TIME})?"
_BOLD = re.compile(
    r"(?P<wrap>[*_](?=\*\*|__))?(?P<mark>\*\*|__)\s*(?=[^\s*_])(?P<inner>[^\n]{1,200}?)(?P=mark)"
)
_ITALIC = re.compile(r"(?P<mark>[*_])(?=[^\s*_])(?P<inner>[^\n*_]{1,80})(?P=mark)(?P<wrap>(?!))?")
_HTML = re.compile(r"<(?P<mark>b|strong)>\s*(?P<inner>[^\n<>]{1,120})</(?P=mark)>(?P<wrap>(?!))?")
_ENDLESS = re.compile(r"(?:\*\*|__)(?P<name>[^\W\d_][^:：*_\n]{0,59}):\s+(?P<rest>\S.*)", re.S)
_LINKED = re.compile(r"\[([^\[\]]+)\]\([^()\s]*\)")
_INNER = re.compile(rf"(?P<name>[^:：]{{1,80}}?){_TAIL}{_DASH_TIME}\s*(?P<colon>[:：])(?P<rest>.*)")
_NAMED = re.compile(rf"(?P<name>[^:：]{{1,80}}?){_TAIL}")
_AFTER = re.compile(rf"{_TAIL}{_DASH_TIME}\s*(?P<colon>:(?![:/\d])|：)\s*(?P<rest>.*)", re.S)
_AFTER_TIME = re.compile(rf"\s+(?:{TIME}\s*$|{STAMP}|`{TIME}`)\s*(?P<rest>.*)", re.S)
_AFTER_DASH = re.compile(r"\s+[–—-]{1,2}\s+(?P<rest>\S.*)", re.S)
_STAMPED = re.compile(rf"\s*{STAMP}\s*(?=[^\s:])")
_PLAIN = re.compile(
    rf"(?P<name>(?:[^\W\d_]|\?\?)[^:：()\[\]<>*\n|]{{0,59}}?){_TAIL}{_DASH_TIME}"
    r"\s*(?::(?=\s|$)|：)\s*(?P<rest>.*)",
    re.S,
)
_BEFORE_TIME = re.compile(
    rf"(?P<name>[^\W\d_][^:：()\[\]<>*\n|]{{0,59}}?),?(?:\s*[-–—|]\s*|\s+)(?:{STAMP}|{_CLOCK})\s*$"
)
_ANSWERING = re.compile(r"(?P<name>[QA])\.\s+(?P<rest>\S.*)", re.S)
_BRACKET = re.compile(
    r"\\?\[(?:(?P<short>S\d{1,2}|(?:SPEAKER|Speaker)[ _]?\d{1,2})\\?\]\s*:?|"
    r"(?P<name>\d{1,2}|[^\W\d_][^\[\]:\n]{0,40}?)\\?\]\s*"
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
NUMBERED = re.compile(
    r"(?i:speaker|spk|person|voice|host|guest|说话人|說話人|发言人|發言人|话者|話者)"
    r"[\s_#-]*(?:\d{1,3}|[A-Z])"
)
_TIME_ENDS = frozenset("0123456789)]mM.")
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
    label = _parsed(text)
    return replace(label, name=unescape(label.name)) if label and "&" in label.name else label


def _parsed(text: str) -> Label | None:
    start = len(text) - len(text.lstrip())
    if text.startswith("<", start) and (element := _ELEMENT.match(text, start)):
        start = element.end()
    stamped = _LEAD.match(text, start)
    at = stamped.end() if stamped else start
    head = text[at : at + 1]
    if head in ("*", "_"):
        return _bold(text, at)
    if head in ("[", "\\"):
        return _bracket(text, at)
    if head == "<":
        return _angle(text, at) or _bold(text, at)
    if head.isalpha() or head == "?":
        return _plain(text, at, stamped)
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
    found = _BOLD.match(text, at) or _HTML.match(text, at)
    if not found:
        endless = _ENDLESS.match(text, at)
        if endless:
            return Label(endless["name"].strip(), "plain", at, endless["rest"])
        found = _ITALIC.match(text, at)
        label = _marked(text, at, found) if found else None
        return replace(label, form="plain") if label and label.form == "bold" else None
    return _marked(text, at, found)


def _marked(text: str, at: int, found: re.Match[str]) -> Label | None:
    """The label that emphasis makes of a name, with the colon in it or behind it."""
    if not any(c.isalnum() for c in found["inner"]):
        return None
    after = text[found.end() :]
    if found["wrap"]:
        after = after.rstrip().removesuffix(found["wrap"])
    written = _LINKED.sub(r"\1", found["inner"]) if "](" in found["inner"] else found["inner"]
    stamped = _STAMPED.match(written)
    written = written[stamped.end() :] if stamped else written
    inner = _INNER.fullmatch(written)
    if inner:
        return _inner_colon(inner, at, after)
    name = written.strip()
    if ":" in name or "：" in name:
        return None
    behind = _AFTER.match(after)
    if behind:
        named = _NAMED.fullmatch(name)  # `**Ana (softly)**: t`
        name, tail = (named["name"], named["tail"]) if named else (name, "")
        delivery = _delivery(tail + behind["tail"])
        return Label(name, "bold", at, _untimed(behind["rest"]), delivery)
    behind = _AFTER_TIME.match(after)
    if behind:
        return Label(name, "strong", at, behind["rest"])
    if stamped:
        return Label(name, "strong", at, after.lstrip())
    behind = _AFTER_DASH.match(after)
    if behind:  # as in lists of words, where no word comes twice
        return Label(name, "plain", at, behind["rest"])
    if name in ("Q.", "A.") and after.strip():
        return Label(name[0], "dotted", at, after.lstrip())
    return Label(name, "bare" if after.strip(" \\") else "alone", at, after)


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
        whole: Form = "sentence" if after.strip() else "plain"  # a whole turn in bold
        return Label(name, whole, at, f"{rest}{after}", delivery)
    said = after.lstrip() if not rest or _ONLY_TIME.fullmatch(rest) else rest + after.lstrip()
    return Label(name, "bold", at, _untimed(said), delivery)


def _plain(text: str, at: int, stamped: re.Match[str] | None) -> Label | None:
    found = _BEFORE_TIME.match(text, at) if text[-1:] in _TIME_ENDS else None
    if found:
        return Label(found["name"].strip(), "timed", at, "")
    found = _ANSWERING.match(text, at)
    if found:
        return Label(found["name"], "dotted", at, found["rest"])
    if ":" not in text[at : at + 200] and "：" not in text[at : at + 200]:
        return None
    found = _PLAIN.match(text, at)
    if not found:
        return None
    name, rest = found["name"].strip(), found["rest"]
    delivery = _delivery(found["tail"])
    form: Form = "plain"
    if NUMBERED.fullmatch(name) or _timed(text, stamped, found):
        form = "strong"
    elif stamped:
        form = "timed"
    return Label(name, form, at, _untimed(rest), delivery)


def _timed(text: str, stamped: re.Match[str] | None, found: re.Match[str]) -> bool:
    """Whether a time in brackets stands before the name, or any time right behind it."""
    if stamped and not stamped["bare"]:
        return True
    behind = text[found.end("name") : found.start("rest")]
    return bool(re.search(TIME, behind) or _ONLY_TIME.match(found["rest"]))


def _bracket(text: str, at: int) -> Label | None:
    found = _BRACKET.match(text, at)
    if not found:
        return None
    name = found["short"] or found["name"]
    strong = found["short"] or name.isdigit() or NUMBERED.fullmatch(name)
    return Label(name.strip(), "strong" if strong else "plain", at, found["rest"])


def _angle(text: str, at: int) -> Label | None:
    found = _ANGLE.match(text, at)
    if not found:
        return None
    return Label((found["person"] or found["voice"]).strip(), "strong", at, found["rest"])


def _delivery(tail: str) -> str:
    """How it is said, from `(softly)` behind a name; times and stage abbreviations are not."""
    if not tail:
        return ""
    parts = (part.strip() for part in _PAREN.findall(tail))
    return ", ".join(
        part for part in parts if part.lower() not in _NO_DELIVERY and not part[:1].isdigit()
    )


def _untimed(rest: str) -> str:
    """The text behind a label without a time in front of it, where nothing else stands there."""
    return "" if _ONLY_TIME.fullmatch(rest) else rest
