"""A `Script` as Markdown that reads back to the same items: how imports become scripts."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields

from podforge.reading.markdown.casting import declared
from podforge.reading.markdown.escaping import heading, paragraph
from podforge.reading.markdown.labels import parse
from podforge.reading.names import normal
from podforge.reading.suggesting import quoted
from podforge.script import (
    PAUSES,
    Chapter,
    Cue,
    Header,
    Item,
    Pause,
    Role,
    SceneBreak,
    Script,
    Speech,
)

_TEXTS = (
    "title", "show", "author", "narrator", "date", "season", "episode", "description", "cover",
    "license", "genre",
)  # fmt: skip


def write_markdown(script: Script, voices: Mapping[str, str]) -> str:
    """The script as a Markdown file, with a voice for each speaker."""
    body = _Body(script)
    front = "\n".join(_front_matter(script.header, voices, body.silent_headings))
    return f"---\n{front}\n---\n\n{body.text()}"


def _front_matter(
    header: Header, voices: Mapping[str, str], silent_headings: bool
) -> Iterator[str]:
    """The lines between `---`; what is as it would be anyway is left out."""
    for key in _TEXTS:
        if text := getattr(header, key):
            yield f"{key}: {quoted(text)}"
    if header.tags:
        yield f"tags: [{', '.join(map(_string, header.tags))}]"
    yield f"language: {quoted(header.language)}"
    if header.mode == "audiobook":
        yield "mode: audiobook"
    if silent_headings:
        yield "headings: silent"
    usual = PAUSES[header.mode]
    lengths = {one.name: getattr(header.pauses, one.name) for one in fields(usual)}
    changed = [f"{name}: {s:g}" for name, s in lengths.items() if s != getattr(usual, name)]
    if changed:
        yield f"pauses: {{{', '.join(changed)}}}"
    if header.lexicon:
        yield "lexicon:"
        yield from (f"  {quoted(word)}: {quoted(said)}" for word, said in header.lexicon.items())
    yield "speakers:"
    yield from (f"  {quoted(role.name)}: {_role(role, voices)}" for role in header.roles)


def _role(role: Role, voices: Mapping[str, str]) -> str:
    """A speaker's voice, in a map where there is more to say."""
    facts = {
        "aliases": f"[{', '.join(map(_string, role.aliases))}]" if role.aliases else "",
        "style": quoted(role.style) if role.style else "",
        "language": quoted(role.language) if role.language else "",
        "engine": quoted(role.engine) if role.engine else "",
        "gain": f"{role.gain_db:g}" if role.gain_db else "",
        "pan": f"{role.pan:g}" if role.pan else "",
        "speed": f"{role.speed:g}" if role.speed else "",
    }
    voice = quoted(voices[role.name])
    more = [f"{key}: {text}" for key, text in facts.items() if text]
    return f"{{{', '.join([f'voice: {voice}', *more])}}}" if more else voice


def _string(text: str) -> str:
    """A YAML scalar in double quotes, which JSON's strings are too (YAML 1.2, 7.3.1)."""
    return json.dumps(text, ensure_ascii=False)


class _Body:
    """The items as paragraphs."""

    def __init__(self, script: Script) -> None:
        self.items = script.items
        self.names = declared(script.header.roles)
        self.audiobook = script.header.mode == "audiobook"
        called = self.names.get("narrator", "")
        self.narrator = self.names.get(normal(script.header.narrator), called)
        self.silent_headings = self.audiobook and not all(
            self._is_read(at) for at, item in enumerate(self.items) if isinstance(item, Chapter)
        )

    def text(self) -> str:
        """All of it, a blank line between paragraphs."""
        return "".join(f"{self._written(at)}\n\n" for at in self._places()).rstrip("\n") + "\n"

    def _places(self) -> Iterator[int]:
        """The items that are written: a heading that is read stands for itself."""
        heard = self.audiobook and not self.silent_headings
        for at, _ in enumerate(self.items):
            if not (heard and at and self._is_read(at - 1)):
                yield at

    def _is_read(self, at: int) -> bool:
        """Whether the item is a chapter whose title the narrator says next."""
        item, after = self.items[at], self.items[at + 1 : at + 2]
        match (item, *after):
            case (Chapter(title), Speech((narrator,), text, delivery="", events=(), language="")):
                return title == text and narrator == self.narrator
        return False

    def _written(self, at: int) -> str:
        item: Item = self.items[at]
        match item:
            case Chapter(title):
                return heading(title, 2, lambda text: normal(text) in self.names)
            case SceneBreak():
                return "* * *"
            case Pause(seconds):
                return f"[pause {seconds:.6g}s]"
            case Cue():
                told = (item.file or item.description, *item.options)
                return f"[{item.kind}: {' | '.join(told)}]"
        return self._speech(item, self.items[at - 1] if at else None)

    def _speech(self, speech: Speech, before: Item | None) -> str:
        told = self.audiobook and speech.speakers == (self.narrator,)
        goes_on = isinstance(before, Speech) and before.speakers == speech.speakers
        if not speech.delivery and (told or (goes_on and not self.audiobook)):
            return paragraph(speech, labelled=False)
        label = f"**{' & '.join(speech.speakers)}:**"
        if speech.delivery and parse(with_it := f"{label[:-3]} ({speech.delivery}):** x"):
            label = with_it[:-2]
        return f"{label} {paragraph(speech, labelled=True)}"
