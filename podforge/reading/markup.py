"""Takes Markdown and HTML out of a working text: links, pictures, tags, emphasis."""

import html
import re
from collections import Counter
from collections.abc import Mapping

from podforge.errors import Place
from podforge.reading import cues, pauses
from podforge.reading.marks import PRIVATE, SAID, SAY, VOID, cut, keep, void
from podforge.reading.parts import Effect, Odd, Silence, Working
from podforge.script import Cue

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
_STARS = re.compile(r"\*+")
_UNDERSCORES = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")


def unlink(work: Working, links: Mapping[str, str]) -> None:
    """Links become their text, sound files cues; pictures and footnotes go."""
    if "[" not in work.text:
        return

    def image(match: re.Match[str]) -> str:
        if cues.is_audio(match[2]):
            cue = Cue("sfx", match[2].strip(), "", ("wait",), Place(""))
            work.parts.append(Effect(cue, match.start()))
        else:
            work.parts.append(Odd("a picture is not spoken", match.start()))
        return cut(match)

    def reference(match: re.Match[str]) -> str:
        target = (match[2] or match[1]).lower()
        return keep(1)(match) if target in links else match.group()

    text = cues.IMAGE.sub(image, work.text)
    text = _FOOTNOTE.sub(void, text)
    text = _WIKI.sub(lambda m: void(m) if m[1] else keep(2)(m), text)
    text = _LINK.sub(keep(1), text)
    text = _REFERENCE_LINK.sub(reference, text)
    if links:
        shortcut = re.compile(r"\[([^\[\]]+)\]")
        text = shortcut.sub(lambda m: keep(1)(m) if m[1].lower() in links else m.group(), text)
    work.text = text


def untag(work: Working) -> None:
    """Struck text and tags go; `<break/>` is a pause and `<say as>` a reading."""
    text = work.text
    if "~" in text:
        text = _STRUCK.sub(void, text)
    if "=" in text:
        text = _MARKED.sub(keep(1), text)
    if "<" in text:
        text = _BREAK_TAG.sub(lambda m: _pause_tag(work, m), text)
        text = _AUTOLINK.sub(keep(1), text)
        text = _SAY_TAG.sub(lambda m: _say(work, m), text)
        text = _SILENT_TAG.sub(void, text)
        text = _TAG.sub(_tag, text)
    work.text = text


def _tag(match: re.Match[str]) -> str:
    """An element's tag goes; those that end a line leave a space."""
    ends_line = re.match(r"</?(?:br|p|div|li|h\d|tr|td)\b", match.group(), re.I)
    return (" " if ends_line else VOID) + VOID * (len(match.group()) - 1)


def _pause_tag(work: Working, match: re.Match[str]) -> str:
    length = pauses.tagged(match.group())
    if length is None:
        text = f'{match.group()} is not a pause: write <break time="300ms"/>'
        work.parts.append(Odd(text, match.start(), error=True))
        return void(match)
    work.parts.append(Silence(length, match.start()))
    return cut(match)


def _say(work: Working, match: re.Match[str]) -> str:
    say = html.unescape(match[2] if match[2] is not None else match[3] or "")
    say = PRIVATE.sub("", " ".join(say.split()))
    if not say or not match[4].strip():
        return keep(4)(match)
    work.says[match.start(4) - 1] = say
    before, after = match.start(4) - match.start(), match.end() - match.end(4)
    return VOID * (before - 1) + SAY + match[4] + SAID + VOID * (after - 1)


def unmarked(text: str) -> str:
    """Marks of emphasis go; a star between spaces, in a product or in `f**k` stays."""
    if "*" in text:
        runs = Counter(match.group() for match in _STARS.finditer(text))
        before = text
        text = _STARS.sub(
            lambda m: VOID * len(m[0]) if _marks(before, m, runs[m[0]] % 2 == 0) else m[0], before
        )
    if "_" in text:
        text = _UNDERSCORES.sub(void, text)
    return text


def _marks(text: str, stars: re.Match[str], paired: bool) -> bool:
    before = text[stars.start() - 1 : stars.start()] if stars.start() else " "
    after = text[stars.end() : stars.end() + 1] or " "
    if before.isspace() and after.isspace():
        return len(text.strip()) == len(stars.group())
    if before.isdigit() and after.isdigit():
        return False
    return paired or not (before.isalpha() and after.isalpha())
