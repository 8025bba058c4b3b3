"""Screenplays in Fountain (https://fountain.io/syntax): who speaks, and how.

Action is not spoken: a script performed from a screenplay is its dialogue, and whoever wants the
action heard writes `Narrator: Name` on the title page.  Sections are the chapters; without any,
scene headings are.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from podforge.reading import pauses, vocal
from podforge.reading.asides import Told, told
from podforge.reading.findings import Findings
from podforge.reading.ledger import Ledger, visible
from podforge.reading.names import normal
from podforge.reading.screenplay.lines import (
    Character,
    Element,
    Line,
    elements,
    lean,
    titled,
    unmarked,
)
from podforge.reading.source import Asked, load
from podforge.reading.tidying import as_label
from podforge.script import Chapter, Header, Item, Pause, SceneBreak, Script, Speech

_SCENE_NUMBER = re.compile(r"\s*#[\w.\-]{1,20}#\s*$")
_TOGETHER = re.compile(r"\s+(?:AND|and)\s+|\s*[&+/]\s*")
_SILENT = {"action": "direction", "centered": "direction", "transition": "direction"}
_ACTION = ("action", "centered")  # what a narrator reads
_AUTHORS = ("author", "authors")


def read_fountain(path: Path, asked: Asked, findings: Findings) -> Script:
    """The dialogue of a screenplay."""
    return screenplay(load(path, asked.encoding), findings)


def screenplay(text: str, findings: Findings) -> Script:
    """The dialogue of the screenplay in `text`."""
    ledger = Ledger()
    lines = lean(text, ledger)
    facts, first = titled(lines, ledger)
    found = list(elements(lines, first))
    narrator = as_label(facts.get("narrator", ""))
    items = tuple(_Telling(found, narrator, findings, ledger).items())
    if not narrator:
        _warn_of_silence(found, findings)
    header = Header(
        title=facts.get("title", ""),
        author=next((facts[key] for key in _AUTHORS if key in facts), ""),
        description=facts.get("logline", ""),
        language=facts.get("language", "en"),
        mode="audiobook" if narrator else "podcast",
        narrator=narrator,
        closed=True,
        deals=True,
    )
    return Script(findings.file, header, items, account=ledger.account(visible(text)))


def _warn_of_silence(found: Sequence[Element], findings: Findings) -> None:
    """One warning for all the action that nobody reads."""
    silent = [line for element in found if element.kind in _ACTION for line in element.lines]
    words = sum(len(line.text.split()) for line in silent)
    if words:
        findings.warning(
            findings.place(silent[0].number),
            f"{words} {'word of action is' if words == 1 else 'words of action are'} not spoken; "
            "to have them read, write `Narrator: Name` on the title page",
        )


class _Telling:
    """The walk over the elements of a screenplay."""

    def __init__(
        self, found: Sequence[Element], narrator: str, findings: Findings, ledger: Ledger
    ) -> None:
        self._found, self._narrator = found, narrator
        self._findings, self._ledger = findings, ledger
        self._names: dict[str, str] = {}
        for name in (element.character.name for element in found if element.character):
            self._names.setdefault(normal(name), name)
        levels = [element.level for element in found if element.kind == "section"]
        self._chapters = min(levels, default=0)

    def items(self) -> Iterator[Item]:
        """Everything that is heard, and where chapters and scenes begin."""
        for element in self._found:
            match element.kind:
                case "dialogue":
                    assert element.character
                    yield from self._dialogue(element.character, element.lines)
                case "section" | "scene":
                    yield from self._heading(element)
                case "action" | "centered" if self._narrator:
                    yield from self._speech((self._narrator,), element.lines, "")
                case kind:
                    for line in element.lines:
                        self._ledger.add(_SILENT.get(kind, kind), line.text)

    def _heading(self, element: Element) -> Iterator[Item]:
        line = element.lines[0]
        place = self._findings.place(line.number, 1)
        bare = _SCENE_NUMBER.sub("", line.text.strip().lstrip(".#"))
        title = told(unmarked(bare), Ledger()).text
        self._ledger.add("heading", line.text)
        opens = element.level == self._chapters if self._chapters else element.kind == "scene"
        if opens and title:
            yield Chapter(title, place)
        elif element.kind == "scene":
            yield SceneBreak(place)
        if title and self._narrator:
            yield Speech((self._narrator,), title, place)

    def _dialogue(self, character: Character, lines: Sequence[Line]) -> Iterator[Item]:
        self._ledger.add("label", lines[0].text)
        who = self._who(character.name)
        held: list[Line] = []
        delivery = character.delivery
        for line in lines[1:]:
            if not line.aside:
                held.append(line)
                continue
            inside = line.text.strip()[1:-1].strip()
            if vocal.event(inside):
                held.append(line)
                continue
            yield from self._speech(who, held, delivery)
            length = pauses.bracketed(inside)
            fits = length is None and vocal.is_delivery(inside)
            held, delivery = [], inside if fits else ""
            self._ledger.add(
                "pause" if length is not None else "delivery" if fits else "direction", line.text
            )
            if length is not None:
                yield Pause(length, self._findings.place(line.number, 1))
        yield from self._speech(who, held, delivery)

    def _who(self, name: str) -> tuple[str, ...]:
        """Who speaks under a name: several where it names others that speak."""
        parts = [self._names.get(normal(part)) for part in _TOGETHER.split(name)]
        if len(parts) > 1 and None not in parts:
            return tuple(dict.fromkeys(part for part in parts if part))
        return (self._names.get(normal(name), name),)

    def _speech(
        self, who: tuple[str, ...], lines: Sequence[Line], delivery: str
    ) -> Iterator[Speech]:
        if not lines:
            return
        said: Told = told(unmarked("\n".join(line.text for line in lines)), self._ledger)
        if said.text:
            place = self._findings.place(lines[0].number, 1)
            yield Speech(who, said.text, place, " ".join(delivery.split()), said.events)
