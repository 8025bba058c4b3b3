"""From the raw text of a paragraph to what is spoken: markup out, pauses and cues apart.

Every step replaces what it removes by as many `VOID` characters, so that an offset in the
working text is an offset in the raw text until the end, and every part knows its place.  A few
private-use characters stand for escaped punctuation and for marks; the input's own are dropped.
"""

import html
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from podforge.errors import Place
from podforge.reading import cues, pauses, vocal
from podforge.reading.labels import STAMP, TIME
from podforge.script import Cue, Edit, Spoken

VOID = "\ue0ff"
_ESCAPED = 0xE000  # plus the code of an ASCII character
_EVENT, _SAY, _SAID = "\ue100", "\ue101", "\ue102"
_MARKS = re.compile(f"([{_EVENT}{_SAY}{_SAID}])")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_SPECIAL = re.compile(r"[\\`*_~=<\[(&]")

_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_CODE = re.compile(r"(?<!`)(`{1,4})(?!`)([^`]+)\1(?!`)")
_LINK = re.compile(r"\[([^\[\]]*)\]\((?:[^()\n]|\([^()\n]*\)){0,2000}\)")
_REFERENCE_LINK = re.compile(r"\[([^\[\]]+)\]\[([^\[\]]*)\]")
_WIKI = re.compile(r"(!?)\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
_FOOTNOTE = re.compile(r"\^?\[\^[^\[\]\s]+\]:?|\^\[[^\[\]]*\]")
_STRUCK = re.compile(r"~~(?=\S)([^~]*)~~")
_MARKED = re.compile(r"==(?=\S)([^=]+)==")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:|www\.)[^<>\s]*|[\w.+-]{1,64}@[\w.-]{1,255})>", re.I)
_SAY_TAG = re.compile(
    r"<(say\b[^<>]*?\bas|sub\b[^<>]*?\balias)\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')[^<>]*>"
    r"([^<>\[\]]*)</(?:say|sub)\s*>",
    re.I,
)
_SILENT_TAG = re.compile(r"<(del|s|strike)\b[^<>]*>[^<>]*</\1\s*>", re.I)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>|<![^<>]{0,500}>")
_BREAK_TAG = re.compile(r"<break\b[^<>]{0,200}>(?:\s*</break\s*>)?", re.I)
_BRACKET = re.compile(r"\[([^\[\]]{0,300})\]|\(([^()\[\]]{1,60})\)")
_STARS = re.compile(r"\*+")
_UNDERSCORES = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,31});")
_TIMED = re.compile(rf"(?:{TIME})(?:\s*(?:-->|[-–—]|to)\s*{TIME})?", re.I)
_LEADING_STAMP = re.compile(rf"\s*{STAMP}\s*:?\s*|\s*{TIME}\s*$")


@dataclass(frozen=True)
class Said:
    """Text to speak.  `offset` is that of its first character in the raw text."""

    text: str
    offset: int
    events: tuple[tuple[int, str], ...] = ()
    delivery: str = ""
    spoken: Spoken | None = None  # when `<say as>` gives another reading


@dataclass(frozen=True)
class Silence:
    """A pause inside the text."""

    seconds: float
    offset: int


@dataclass(frozen=True)
class Effect:
    """A cue inside the text; its place is filled in by the caller."""

    cue: Cue
    offset: int


@dataclass(frozen=True)
class Odd:
    """Something to report: a bracket nobody knows, a picture, a pause that is none."""

    text: str
    offset: int
    error: bool = False


Part = Said | Silence | Effect | Odd


@dataclass
class _Working:
    """The text on its way, and what its marks stand for."""

    text: str
    unknown_tags: str
    parts: list[Part] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    delivery: str = ""


def read_inline(
    raw: str, *, labelled: bool, unknown_tags: str = "drop", links: Mapping[str, str] | None = None
) -> list[Part]:
    """The parts of a paragraph in order.

    `labelled` says that a speaker label stood in front, so that `(softly)` is a delivery.
    `links` holds the defined link labels in lower case.
    """
    if not _SPECIAL.search(raw) and not _PRIVATE.search(raw) and not _LEADING_STAMP.match(raw):
        text = " ".join(raw.split())
        return [Said(text, len(raw) - len(raw.lstrip()))] if text else []
    work = _Working(_protected(raw), unknown_tags)
    _unlink(work, links or {})
    _untag(work)
    _brackets(work, labelled)
    work.text = _unmarked(work.text)
    return sorted([*_split(work), *work.parts], key=lambda part: part.offset)


def plain(raw: str) -> str:
    """A heading's or a title's text without markup and brackets' marks."""
    said = (part.text for part in read_inline(raw, labelled=False) if isinstance(part, Said))
    return " ".join(said)


def _void(match: re.Match[str]) -> str:
    return VOID * len(match.group())


def _keep(group: int) -> Callable[[re.Match[str]], str]:
    """A replacement that keeps one group where it is and voids the rest of the match."""

    def replace(match: re.Match[str]) -> str:
        before = match.start(group) - match.start()
        return VOID * before + match[group] + VOID * (match.end() - match.end(group))

    return replace


def _protected(raw: str) -> str:
    """Escapes and code made safe from the other rules; escaped brackets count as brackets."""
    text = _PRIVATE.sub(VOID, raw)
    if "\\" in text:
        text = _ESCAPE.sub(lambda m: VOID + (m[1] if m[1] in "[]" else _escape(m[1])), text)
    if "`" in text:
        text = _CODE.sub(lambda m: VOID * len(m[1]) + _escape(m[2]) + VOID * len(m[1]), text)
        text = text.replace("`", VOID)
    return text


def _escape(text: str) -> str:
    return "".join(
        chr(_ESCAPED + ord(c)) if "!" <= c <= "~" and not c.isalnum() else c for c in text
    )


def _unescape(text: str) -> str:
    return _PRIVATE.sub(
        lambda m: chr(ord(m.group()) - _ESCAPED) if ord(m.group()) < _ESCAPED + 128 else "", text
    )


def _unlink(work: _Working, links: Mapping[str, str]) -> None:
    if "[" not in work.text:
        return

    def image(match: re.Match[str]) -> str:
        if cues.is_audio(match[2]):
            cue = Cue("sfx", match[2].strip(), "", (), Place(""))
            work.parts.append(Effect(cue, match.start()))
        else:
            work.parts.append(Odd("a picture is not spoken", match.start()))
        return _cut(match)

    def reference(match: re.Match[str]) -> str:
        target = (match[2] or match[1]).lower()
        return _keep(1)(match) if target in links else match.group()

    text = cues.IMAGE.sub(image, work.text)
    text = _FOOTNOTE.sub(_void, text)
    text = _WIKI.sub(lambda m: _void(m) if m[1] else _keep(2)(m), text)
    text = _LINK.sub(_keep(1), text)
    text = _REFERENCE_LINK.sub(reference, text)
    if links:
        shortcut = re.compile(r"\[([^\[\]]+)\]")
        text = shortcut.sub(lambda m: _keep(1)(m) if m[1].lower() in links else m.group(), text)
    work.text = text


_CUT = "\ue103"  # the text is parted here: a pause or a cue follows


def _cut(match: re.Match[str]) -> str:
    return _CUT + VOID * (len(match.group()) - 1)


def _untag(work: _Working) -> None:
    text = work.text
    if "~" in text:
        text = _STRUCK.sub(_void, text)
    if "=" in text:
        text = _MARKED.sub(_keep(1), text)
    if "<" in text:
        text = _BREAK_TAG.sub(lambda m: _pause_tag(work, m), text)
        text = _AUTOLINK.sub(_keep(1), text)
        text = _SAY_TAG.sub(lambda m: _say(work, m), text)
        text = _SILENT_TAG.sub(_void, text)
        text = _TAG.sub(_tag, text)
    work.text = text


def _tag(match: re.Match[str]) -> str:
    """An element's tag goes; those that end a line leave a space."""
    ends_line = re.match(r"</?(?:br|p|div|li|h\d|tr|td)\b", match.group(), re.I)
    return (" " if ends_line else VOID) + VOID * (len(match.group()) - 1)


def _pause_tag(work: _Working, match: re.Match[str]) -> str:
    length = pauses.tagged(match.group())
    if length is None:
        text = f'{match.group()} is not a pause: write <break time="300ms"/>'
        work.parts.append(Odd(text, match.start(), error=True))
        return _void(match)
    work.parts.append(Silence(length, match.start()))
    return _cut(match)


def _say(work: _Working, match: re.Match[str]) -> str:
    say = html.unescape(match[2] if match[2] is not None else match[3] or "")
    say = _PRIVATE.sub("", " ".join(say.split()))
    if not say or not match[4].strip():
        return _keep(4)(match)
    work.says.append(say)
    before, after = match.start(4) - match.start(), match.end() - match.end(4)
    return VOID * (before - 1) + _SAY + match[4] + _SAID + VOID * (after - 1)


def _brackets(work: _Working, labelled: bool) -> None:
    """Pauses, cues, sounds of the voice, times, deliveries, and brackets that nobody knows."""
    leading = _LEADING_STAMP.match(work.text)
    if leading:
        work.text = VOID * leading.end() + work.text[leading.end() :]
    if "[" not in work.text and "(" not in work.text:
        return
    work.text = _BRACKET.sub(lambda m: _bracket(work, m, labelled), work.text)


def _bracket(work: _Working, match: re.Match[str], labelled: bool) -> str:
    square = match[1] is not None
    inside = _unescape((match[1] if square else match[2]).replace(VOID, "")).strip(" *_\n")
    if _TIMED.fullmatch(inside):
        return _void(match)
    if (square or len(inside.split()) <= 4) and (event := vocal.event(inside)):
        work.events.append(event)
        return _EVENT + VOID * (len(match.group()) - 1)
    leads = labelled and not work.text[: match.start()].strip(f" \n*_{VOID}{_EVENT}")
    if leads and vocal.is_delivery(inside) and pauses.bracketed(inside) is None:
        work.delivery = inside
        return _void(match)
    return _square(work, match, inside) if square else match.group()


def _square(work: _Working, match: re.Match[str], inside: str) -> str:
    length = pauses.bracketed(inside)
    if length is not None:
        work.parts.append(Silence(length, match.start()))
        return _cut(match)
    cue = cues.bracketed(inside, Place(""))
    if cue:
        work.parts.append(Effect(cue, match.start()))
        return _cut(match)
    if re.match(r"pause\b.*\d", inside, re.I):
        work.parts.append(
            Odd(f"[{inside}] is not a pause of 0 to 600 s", match.start(), error=True)
        )
    elif work.unknown_tags == "speak":
        return _keep(1)(match)
    elif inside and not vocal.is_mark(inside) and inside.lower() not in ("x", " "):
        failed = work.unknown_tags == "error"
        odd = Odd(f"[{_short(inside)}] is not spoken: it is no known mark", match.start(), failed)
        work.parts.append(odd)
    return _void(match)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"


def _unmarked(text: str) -> str:
    """Marks of emphasis go; a star between spaces, in a product or in `f**k` stays."""
    if "*" in text:
        runs = Counter(match.group() for match in _STARS.finditer(text))
        before = text
        text = _STARS.sub(
            lambda m: VOID * len(m[0]) if _marks(before, m, runs[m[0]] % 2 == 0) else m[0], before
        )
    if "_" in text:
        text = _UNDERSCORES.sub(_void, text)
    return text


def _marks(text: str, stars: re.Match[str], paired: bool) -> bool:
    before = text[stars.start() - 1 : stars.start()] if stars.start() else " "
    after = text[stars.end() : stars.end() + 1] or " "
    if before.isspace() and after.isspace():
        return len(text.strip()) == len(stars.group())
    if before.isdigit() and after.isdigit():
        return False
    return paired or not (before.isalpha() and after.isalpha())


def _split(work: _Working) -> list[Said]:
    """The pieces between pauses and cues as finished text; the first carries the delivery."""
    said: list[Said] = []
    start = 0
    events, says = iter(work.events), iter(work.says)
    for piece in work.text.split(_CUT):
        visible = re.search(rf"[^\s{VOID}{_SAY}]", piece)
        offset = start + (visible.start() if visible else 0)
        start += len(piece) + 1
        here = [next(events) for _ in range(piece.count(_EVENT))]
        readings = [next(says) for _ in range(piece.count(_SAY))]
        finished = _finish(piece, offset, here, readings)
        said.append(Said(finished.text, offset, finished.events, work.delivery, finished.spoken))
    return [one for one in said if one.text or one.events or (one.delivery and len(said) == 1)]


def _finish(piece: str, offset: int, events: list[str], says: list[str]) -> Said:
    text = piece.replace(VOID, "")
    if "&" in text:
        text = _ENTITY.sub(lambda m: _PRIVATE.sub("", html.unescape(m.group())), text)
    if _EVENT not in text and _SAY not in text:
        return Said(" ".join(_unescape(text).split()), offset)
    return _placed(text, offset, events, says)


def _placed(text: str, offset: int, events: list[str], says: list[str]) -> Said:
    """Text with its marks resolved to positions."""
    result = ""
    gap = False  # a space is due before the next word
    found: list[tuple[int, str]] = []
    starts: list[int] = []
    ends: list[int] = []
    for run in _MARKS.split(text):
        here = len(result) + (gap and bool(result))
        if run == _EVENT:
            found.append((here, events[len(found)]))
        elif run == _SAY:
            starts.append(here)
        elif run == _SAID:
            ends.append(len(result))
        elif run:
            words = " ".join(_unescape(run).split())
            gap = gap or run[0].isspace()
            if words:
                result += f" {words}" if gap and result else words
                gap = run[-1].isspace()
    where = tuple((min(at, len(result)), name) for at, name in found)
    spans = list(zip(starts, ends, strict=True))
    return Said(result, offset, where, spoken=_spoken(result, spans, says))


def _spoken(text: str, spans: list[tuple[int, int]], says: list[str]) -> Spoken | None:
    if not spans:
        return None
    out, edits, at, length = [], [], 0, 0
    for (start, end), say in zip(spans, says, strict=True):
        out += [text[at:start], say]
        length += start - at
        edits.append(Edit(length, length + len(say), start, end))
        length, at = length + len(say), end
    return Spoken("".join([*out, text[at:]]), tuple(edits))
