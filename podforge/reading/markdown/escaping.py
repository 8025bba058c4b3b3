"""Text as Markdown that reads back as the same text.

What is plain prose stays as it is.  Where a character would mean something, it is escaped, first
with as little as will do, and each form is read again before it is believed.
"""

import re
from collections.abc import Callable, Iterator

from podforge.reading.markdown.blocks import blocks
from podforge.reading.markdown.comments import hides
from podforge.reading.markdown.inline import plain, read_inline
from podforge.reading.markdown.labels import is_reference, parse, split_inline
from podforge.reading.markdown.parts import Said
from podforge.reading.markdown.passages import direction
from podforge.script import Speech

_PROSE = re.compile(r"[^\W\d_][^\\`*_~=<>\[\]()&:：|#%$^{}+\ue000-\uf8ff]*")
_MEANING = re.compile(r"[\\`*_~=<>|#^]|[\[\]]|%(?=%)|&(?=#?\w)|^[-+]|(?<=^\d)[.)]|^:")
_PUNCTUATION = re.compile(r"[!-&(-+./:-@\[-`{-~：-]")

Escape = Callable[[str], str]


def paragraph(speech: Speech, *, labelled: bool) -> str:
    """What a speech says, as a paragraph or, with `labelled`, as what follows a label."""
    bare = not (speech.events or speech.spoken or speech.language)
    if bare and _PROSE.fullmatch(speech.text):
        return speech.text
    forms = (_assembled(speech, escape) for escape in (str, _lightly, _fully))
    return next((form for form in forms if _reads_back(form, speech, labelled)), form_of(speech))


def form_of(speech: Speech) -> str:
    """The text with all punctuation as character references: ugly, and never misread."""
    return _assembled(speech, _fully)


def heading(title: str, level: int, names: Callable[[str], bool]) -> str:
    """A title as a heading that names nobody: `names` says whether a text would."""
    hidden = f"&#{ord(title[0])};{_fully(title[1:])}" if title else ""
    forms = (f"{'#' * level} {form}" for form in (title, _lightly(title), _fully(title), hidden))
    return next(form for form in forms if form.endswith(hidden) or _is_heading(form, title, names))


def _is_heading(written: str, title: str, names: Callable[[str], bool]) -> bool:
    if hides(written):
        return False
    match list(blocks([written], 0)):
        case [block] if block.kind == "heading":
            free = not names(block.text.strip(" *_")) and not parse(block.text)
            return free and plain(block.text) == title
    return False


def _lightly(text: str) -> str:
    return _MEANING.sub(lambda found: _reference(found.group()), text)


def _fully(text: str) -> str:
    return _PUNCTUATION.sub(lambda found: _reference(found.group()), text)


def _reference(character: str) -> str:
    return f"&#{ord(character)};"


def _assembled(speech: Speech, escape: Escape) -> str:
    """The text with its readings as `<say as>` and its vocal events in brackets."""
    marks = sorted([*_readings(speech, escape), *_events(speech)], key=lambda mark: mark[:2])
    parts, at = [], 0
    for start, end, written in marks:
        parts += [escape(speech.text[at:start]), written]
        at = max(at, end)
    text = "".join([*parts, escape(speech.text[at:])])
    return f'<span lang="{speech.language}">{text}</span>' if speech.language else text


def _readings(speech: Speech, escape: Escape) -> Iterator[tuple[int, int, str]]:
    for edit in speech.spoken.edits if speech.spoken else ():
        assert speech.spoken
        said = _fully(speech.spoken.text[edit.spoken_start : edit.spoken_end])
        written = speech.text[edit.source_start : edit.source_end]
        mark = f'<say as="{said}">{escape(written)}</say>'
        yield edit.source_start, edit.source_end, mark


def _events(speech: Speech) -> Iterator[tuple[int, int, str]]:
    for at, name in speech.events:
        before, after = speech.text[at - 1 : at] if at else " ", speech.text[at : at + 1]
        lead = "" if before == " " else " " if not after or after == " " else ""
        trail = " " if after.strip() and before == " " else ""
        yield at, at, f"{lead}[{name}]{trail}"


def _reads_back(written: str, speech: Speech, labelled: bool) -> bool:
    if hides(written) or len(split_inline(written)) > 1 or is_reference(written):
        return False
    if not labelled and not _is_paragraph(written):
        return False
    wanted = (speech.text, speech.events, speech.spoken, speech.language)
    match read_inline(written, labelled=labelled):
        case [Said(text, _, events, "", spoken, language)]:
            return (text, events, spoken, language) == wanted
    return False


def _is_paragraph(written: str) -> bool:
    """Whether a line alone is a paragraph in which nobody is named."""
    if parse(written) or direction(written) is not None:
        return False
    match list(blocks([written], 0)):
        case [block]:
            return block.kind == "paragraph" and not (block.quoted or block.listed)
    return False
