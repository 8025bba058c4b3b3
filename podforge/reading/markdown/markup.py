"""Takes Markdown and HTML out of a working text: links, pictures, tags, emphasis."""

import re
from collections import Counter
from collections.abc import Callable, Mapping

from podforge.errors import Place
from podforge.phonemes import from_xsampa, respelled
from podforge.reading import cues, pauses
from podforge.reading.markdown.marks import SAID, SAY, VOID, blank, cut, gap, keep, unescape, void
from podforge.reading.markdown.parts import Effect, Odd, Silence, Working
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
_IPA_TAG = re.compile(
    r"<(phoneme\b[^<>]*?\bph|say\b[^<>]*?\bipa)\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')[^<>]*>"
    r"([^<>\[\]]*)</(?:phoneme|say)\s*>",
    re.I,
)
_SILENT_TAG = re.compile(r"<(del|s|strike)\b[^<>]*>[^<>]*</\1\s*>", re.I)
# A name, and nothing but attributes behind it: `a<b, and c>d` is no tag.
_TAG = re.compile(r"</?[a-zA-Z][\w:.-]{0,60}(?:[\s/][^<>]{0,500})?>|<![^<>]{0,500}>")
_NOTE = re.compile(r"<[a-zA-Z][\w.-]{0,60}(?::\s?|\s)[^<>=/\"']+>")  # `<insert sponsor here>`
_BREAK_TAG = re.compile(r"<break\b[^<>]{0,200}>(?:\s*</break\s*>)?", re.I)
# An element around the whole paragraph, whose `</p>` may be missing; BCP 47 tags (RFC 5646).
_LANGUAGE = re.compile(
    r"\s*<(?P<name>span|p|div|i|em|q|bdi)\b(?:\s[^<>]{0,200})?\s(?:xml:)?lang\s*=\s*"
    r"(?P<quote>[\"']?)(?P<tag>[a-z]{2,8}(?:-[a-z0-9]{1,8}){0,5})(?P=quote)(?:\s[^<>]{0,200})?>",
    re.I,
)
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
            return cut("cue")(match)
        work.parts.append(Odd("a picture is not spoken", match.start()))
        return cut("picture")(match)

    def reference(match: re.Match[str]) -> str:
        target = (match[2] or match[1]).lower()
        return keep(1, "link")(match) if target in links else match.group()

    text = cues.IMAGE.sub(image, work.text)
    text = _FOOTNOTE.sub(void("footnote"), text)
    text = _WIKI.sub(lambda m: (void("picture") if m[1] else keep(2, "link"))(m), text)
    text = _LINK.sub(keep(1, "link"), text)
    text = _REFERENCE_LINK.sub(reference, text)
    if links:
        shortcut, link = re.compile(r"\[([^\[\]]+)\]"), keep(1, "link")
        text = shortcut.sub(lambda m: link(m) if m[1].lower() in links else m.group(), text)
    work.text = text


def untag(work: Working) -> None:
    """Struck text and tags go; `<break/>` is a pause and `<say as>` a reading."""
    text = work.text
    if "~" in text:
        text = _STRUCK.sub(void("struck"), text)
    if "=" in text:
        text = _MARKED.sub(keep(1, "markup"), text)
    if "<" in text:
        work.language = _language(text)
        text = _BREAK_TAG.sub(lambda m: _pause_tag(work, m), text)
        text = _AUTOLINK.sub(keep(1, "markup"), text)
        text = _SAY_TAG.sub(lambda m: _say(work, m), text)
        text = _IPA_TAG.sub(lambda m: _say(work, m, _respelled), text)
        text = _SILENT_TAG.sub(void("struck"), text)
        text = _TAG.sub(lambda m: _tag(work, m), text)
    work.text = text


def _language(text: str) -> str:
    """The language of the element that holds all of the text, if one does."""
    found = _LANGUAGE.match(text)
    if not found:
        return ""
    name = found["name"].lower()
    inside, tag, behind = text[found.end() :].rpartition(f"</{name}")
    if not tag:
        inside, behind = text[found.end() :], "" if name == "p" else "?"
    whole = behind.strip() in ("", ">") and not re.search(rf"</?{name}\b", inside, re.I)
    return found["tag"] if whole else ""


def _tag(work: Working, match: re.Match[str]) -> str:
    """An element's tag goes; those that end a line leave a space; a note in its form is told."""
    if _NOTE.fullmatch(match.group()):
        work.parts.append(Odd(f"{match.group()} is not spoken: it is no known mark", match.start()))
        return void("unknown mark")(match)
    ends_line = re.match(r"</?(?:br|p|div|li|h\d|tr|td)\b", match.group(), re.I)
    return (gap if ends_line else void)("markup")(match)


def _pause_tag(work: Working, match: re.Match[str]) -> str:
    length = pauses.tagged(match.group())
    if length is None:
        text = f'{match.group()} is not a pause: write <break time="300ms"/>'
        work.parts.append(Odd(text, match.start(), error=True))
        return void("pause")(match)
    work.parts.append(Silence(length, match.start()))
    return cut("pause")(match)


def _respelled(tag: str, phonemes: str) -> str:
    """Phonemes as letters; IPA unless the tag says `alphabet="x-sampa"` (SSML 1.1, 3.1.10)."""
    return respelled(from_xsampa(phonemes) if "x-sampa" in tag.lower() else phonemes)


def _say(
    work: Working, match: re.Match[str], read: Callable[[str, str], str] = lambda _, say: say
) -> str:
    written = " ".join(unescape(match[2] if match[2] is not None else match[3] or "").split())
    say = read(match.group(), written)
    if not say or not match[4].strip():
        return keep(4, "markup")(match)
    work.says[match.start(4) - 1] = say
    before, after = match.start(4) - match.start(), match.end() - match.end(4)
    tag = VOID["markup"]
    return tag * (before - 1) + SAY + match[4] + SAID + tag * (after - 1)


def unmarked(text: str) -> str:
    """Marks of emphasis go; a star between spaces, in a product or in `f**k` stays."""
    if "*" in text:
        runs = Counter(match.group() for match in _STARS.finditer(text))
        before = text
        text = _STARS.sub(
            lambda m: void("markup")(m) if _marks(before, m, runs[m[0]] % 2 == 0) else m[0],
            before,
        )
    if "_" in text:
        text = _UNDERSCORES.sub(void("markup"), text)
    return text


def _marks(text: str, stars: re.Match[str], paired: bool) -> bool:
    before = text[stars.start() - 1 : stars.start()] if stars.start() else " "
    after = text[stars.end() : stars.end() + 1] or " "
    if blank(before) and blank(after):
        return len(text.strip()) == len(stars.group())
    if before.isdigit() and after.isdigit():
        return False
    return paired or not (before.isalpha() and after.isalpha())
