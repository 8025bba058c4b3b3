"""Who says what: a walk over the passages that turns them into the items of a script."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from podforge.errors import Place
from podforge.reading import cues, pauses, vocal
from podforge.reading.blocks import Block, Line
from podforge.reading.casting import Casting
from podforge.reading.findings import Findings
from podforge.reading.header import Options
from podforge.reading.inline import plain, read_inline
from podforge.reading.labels import Label, parse
from podforge.reading.names import RESERVED, closest, meant, normal, stopped
from podforge.reading.parts import Effect, Odd, Part, Said, Silence
from podforge.reading.passages import Passage, Piece, direction
from podforge.script import Chapter, Item, Pause, SceneBreak, Speech


@dataclass(frozen=True)
class Manner:
    """How the script as a whole is read."""

    casting: Casting
    options: Options
    audiobook: bool
    narrator: str  # empty: there is none
    alone: str  # who speaks a script without labels
    title_level: int  # the level of the heading that is the title; 0: none is
    chapter_level: int
    links: Mapping[str, str]

    @property
    def reads_headings(self) -> bool:
        """Whether headings are heard."""
        return (self.options.headings or ("read" if self.audiobook else "silent")) == "read"


class Telling:
    """The state of the walk: who is speaking, and what was told so far."""

    def __init__(self, manner: Manner, findings: Findings) -> None:
        self.manner, self.findings = manner, findings
        self.items: list[Item] = []
        self.title = ""
        self._speakers: tuple[str, ...] = ()
        self._delivery = ""
        self._begun: Place | None = None  # a turn that has said nothing so far
        self._unspoken: tuple[Place | None, int] = (None, 0)  # preamble: where, how many words

    def tell(self, passages: Iterable[Passage]) -> None:
        """Walk over everything."""
        for passage in passages:
            match passage.block.kind:
                case "paragraph":
                    self._paragraph(passage)
                case "heading":
                    self._heading(passage.block)
                case "rule" if not passage.block.quoted:
                    self.items.append(SceneBreak(self._place(passage.block.lines[0])))
                case "fence" | "table":
                    self._skipped(passage.block)
        self._end_turn()
        place, words = self._unspoken
        if place:
            self.findings.warning(
                place, f"text before the first label is not spoken: {words} words"
            )

    def _place(self, line: Line, offset: int = 0) -> Place:
        return self.findings.place(line.number, line.column + offset)

    def _skipped(self, block: Block) -> None:
        what = "code" if block.kind == "fence" else "a table"
        words = len(re.findall(r"\w+", block.text))
        self.findings.warning(self._place(block.lines[0]), f"{what} is not spoken: {words} words")

    def _heading(self, block: Block) -> None:
        place = self._place(block.lines[0])
        label = parse(block.text)
        text = plain(block.text)
        if label and (cue := self._cue(label, place)):
            self.items.append(cue)
        elif label and (who := self.manner.casting.who(label)):
            self._begin(who, self.manner.casting.delivery(label), place)
            self._lines([_rest(block.lines[0], label)], who, place)
        elif who := self.manner.casting.named(block.text.strip(" *_")):
            self._begin(who, "", place)
        elif text and not block.quoted:
            self._titled(text, block.level, place)

    def _titled(self, text: str, level: int, place: Place) -> None:
        if level == self.manner.title_level:
            self.title = text
            return
        if level == self.manner.chapter_level:
            self.items.append(Chapter(text, place))
        if self.manner.reads_headings:
            who = self._narrating(place)
            self.items += [Speech(who, text, place)] if who else []

    def _paragraph(self, passage: Passage) -> None:
        block = passage.block
        if _is_direction(block.text):
            return
        run: list[Line] = []  # the lines that one speaker says
        who, place = self._unlabelled(block), None
        for number, piece in enumerate(passage.pieces):
            label = piece.label
            named = self._judge(label, piece, block) if label else ()
            cue = None if named or not label else self._cue_line(label, piece, first=number == 0)
            aside = not named and _is_direction(piece.line.text)
            if not named and cue is None and not aside:
                run.append(piece.line)
                continue
            self._lines(run, who, place, block.marker if place is None else "")
            run, place = [], None
            if label and named:
                who, place = named, self._place(piece.line, label.column)
                self._begin(named, self.manner.casting.delivery(label), place)
                run = [_rest(piece.line, label)]
            elif cue:
                self.items.append(cue)
        self._lines(run, who, place, block.marker if place is None else "")

    def _unlabelled(self, block: Block) -> tuple[str, ...]:
        """Who speaks a paragraph without a label; nobody before the first one."""
        quoting = self.manner.casting.named(self.manner.options.quote_voice)
        if block.quoted and quoting:
            return quoting
        if self.manner.audiobook and not self._begun:
            return self._narrating(None)
        if self._speakers:
            return self._speakers
        alone = self.manner.narrator or self.manner.alone
        return (alone,) if alone else ()

    def _narrating(self, place: Place | None) -> tuple[str, ...]:
        if self.manner.narrator:
            return (self.manner.narrator,)
        return (
            (self._speakers or ((self.manner.alone,) if self.manner.alone else ())) if place else ()
        )

    def _judge(self, label: Label, piece: Piece, block: Block) -> tuple[str, ...]:
        """The speakers a label names; reports those that should have been known."""
        casting = self.manner.casting
        who = casting.who(label)
        if who or block.listed or stopped(label.name):
            return who
        place = self._place(piece.line, label.column)
        if label.form == "bare":
            if casting.named(label.name):
                text = f'"{label.name}" is read as text: a label ends with a colon'
                self.findings.warning(place, text)
        elif not casting.closed or normal(label.name) in RESERVED:
            return ()
        elif label.form in ("bold", "strong") and (self._started() or _slip(label, casting)):
            guess = meant(label.name, casting.speakers())
            self.findings.error(place, f'unknown speaker "{label.name}"{guess}')
        elif near := closest(label.name, casting.names):
            near = casting.names[near]
            self.findings.warning(place, f'"{label.name}:" is read as text; did you mean "{near}"?')
        return ()

    def _started(self) -> bool:
        return bool(self._speakers)

    def _cue_line(self, label: Label, piece: Piece, first: bool) -> Item | None:
        """The cue of a `MUSIC:` line; inside a paragraph only in capitals or bold."""
        if first or label.form == "bold" or label.name.isupper():
            return self._cue(label, self._place(piece.line, label.column))
        return None

    def _cue(self, label: Label, place: Place) -> Item | None:
        if label.form == "bare" or not label.name[:1].isupper():
            return None
        return cues.labelled(label.name, label.rest.replace("\\", ""), place)

    def _begin(self, who: tuple[str, ...], delivery: str, place: Place) -> None:
        self._end_turn()
        self._speakers, self._delivery, self._begun = who, delivery, place

    def _end_turn(self) -> None:
        if self._begun:
            self.findings.warning(self._begun, "nothing is said here: the empty turn is dropped")
        self._begun = None

    def _lines(
        self, lines: Sequence[Line], who: tuple[str, ...], place: Place | None, marker: str = ""
    ) -> None:
        """Tell a run of lines by one speaker; `place` is that of the label, if one stands there."""
        if not any(line.text.strip() for line in lines):
            return
        text = "\n".join(line.text for line in lines)
        if place and len(who) == 1:
            text = _without_repeats(text, who[0])
        labelled = place is not None or self._begun is not None
        parts = read_inline(
            text,
            labelled=labelled,
            unknown_tags=self.manner.options.unknown_tags,
            links=self.manner.links,
        )
        number = f"{marker} " if marker[:1].isdigit() else ""
        delivery = self._delivery
        for part in parts:
            at = self._locate(lines, part.offset)
            if isinstance(part, Said):
                said = replace(part, delivery=part.delivery or delivery)
                self._said(said, who, place or at, number)
                place, number = None, ""
            else:
                self._between(part, at)

    def _said(self, said: Said, who: tuple[str, ...], place: Place, number: str) -> None:
        if not said.text:
            self._delivery = said.delivery
            return
        if not who:
            if self.manner.audiobook:
                text = "nobody speaks this: an audiobook needs `narrator:` in the front matter"
                self.findings.error(place, text)
                return
            where, words = self._unspoken
            self._unspoken = (where or place, words + len(said.text.split()))
            return
        speech = Speech(who, said.text, place, said.delivery, said.events, spoken=said.spoken)
        self.items.append(_numbered(speech, number) if number else speech)
        self._begun, self._delivery = None, ""

    def _between(self, part: Part, place: Place) -> None:
        match part:
            case Silence(seconds):
                self.items.append(Pause(seconds, place))
            case Effect(cue):
                self.items.append(replace(cue, place=place))
            case Odd(text, error=True):
                self.findings.error(place, text)
            case Odd(text):
                self.findings.warning(place, text)

    def _locate(self, lines: Sequence[Line], offset: int) -> Place:
        for line in lines:
            if offset <= len(line.text):
                return self._place(line, offset)
            offset -= len(line.text) + 1
        return self._place(lines[-1], len(lines[-1].text))


def _slip(label: Label, casting: Casting) -> bool:
    """Whether a label, even the first one, is so near a name that it must be meant."""
    return bool(closest(label.name, casting.names, 1 if len(label.name) < 5 else 2))


def _rest(line: Line, label: Label) -> Line:
    """What stands behind a label, where it stands."""
    column = len(line.text) - len(label.rest) if line.text.endswith(label.rest) else label.column
    return Line(line.number, line.column + column, label.rest)


def _is_direction(text: str) -> bool:
    inside = direction(text) if text.strip()[:1] in ("*", "_", "[", "\\") else None
    return inside is not None and not _acts(inside)


def _acts(inside: str) -> bool:
    """Whether a bracketed paragraph is more than a stage direction: a pause, cue, or sound."""
    pause = pauses.bracketed(inside) is not None or re.match(r"pause\b.*\d", inside.strip(), re.I)
    return bool(pause or cues.bracketed(inside, Place("")) or vocal.event(inside))


def _without_repeats(text: str, name: str) -> str:
    """The speaker's own label standing again behind a sentence is no text."""
    if name not in text:
        return text
    again = re.compile(rf"(?<=[.!?…\"”] ){re.escape(name)}:(?=\s)")
    return again.sub(lambda match: " " * len(match.group()), text)


def _numbered(speech: Speech, number: str) -> Speech:
    """The item of an ordered list: its number is spoken."""
    spoken = speech.spoken
    if spoken:
        edits = tuple(
            replace(
                edit,
                spoken_start=edit.spoken_start + len(number),
                spoken_end=edit.spoken_end + len(number),
                source_start=edit.source_start + len(number),
                source_end=edit.source_end + len(number),
            )
            for edit in spoken.edits
        )
        spoken = replace(spoken, text=number + spoken.text, edits=edits)
    events = tuple((at + len(number), name) for at, name in speech.events)
    return replace(speech, text=number + speech.text, events=events, spoken=spoken)
