"""Who says what: a walk over the passages that turns them into the items of a script."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from podforge.errors import Place
from podforge.reading import cues, pauses, vocal
from podforge.reading.findings import Findings
from podforge.reading.header import Options
from podforge.reading.ledger import Coverage
from podforge.reading.markdown.blocks import Block, Line
from podforge.reading.markdown.casting import Casting
from podforge.reading.markdown.inline import Inline, verbatim, worked
from podforge.reading.markdown.labels import Label, parse
from podforge.reading.markdown.marks import marked, painted
from podforge.reading.markdown.mistakes import direction_meant, heading_meant, label_meant
from podforge.reading.markdown.parts import Effect, Odd, Part, Said, Silence
from podforge.reading.markdown.passages import Passage, Piece, direction
from podforge.reading.markdown.reciting import code_lines, rows
from podforge.reading.markdown.remains import number_before, numbered, rest_of, without_repeats
from podforge.reading.names import RESERVED, closest, meant, normal, stopped
from podforge.script import Chapter, Item, Pause, SceneBreak, Speech

# A scene break that a converter has escaped (`\* \* \*`), or that is set in other signs.
_ORNAMENT = re.compile(
    r"(?:<center>\s*)?(?:(?:\\?[*#~•·]\s*){3,}|\\[*#~]|[⁂❦])\s*(?:</center>)?", re.I
)
MOST_DESCRIBED = 6  # words of a cue; more are likely to be somebody's


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

    def __init__(self, manner: Manner, findings: Findings, coverage: Coverage) -> None:
        self.manner, self.findings, self.coverage = manner, findings, coverage
        self.items: list[Item] = []
        self.title = ""
        self._speakers: tuple[str, ...] = ()
        self._delivery = ""
        self._begun: Place | None = None  # a turn that has said nothing so far
        self._goes_on = False  # into a chapter whose first label is yet to come
        self._unspoken: tuple[Place | None, int] = (None, 0)  # preamble: where, how many words

    def tell(self, passages: Iterable[Passage]) -> None:
        """Walk over everything."""
        for passage in passages:
            match passage.block.kind:
                case "paragraph":
                    self._paragraph(passage)
                case "heading":
                    self._heading(passage.block)
                case "rule":
                    self._rule(passage.block)
                case "fence" | "table":
                    self._set_apart(passage.block)
        self._end_turn()
        place, words = self._unspoken
        if place:
            self.findings.warning(
                place, f"text before the first label is not spoken: {words} words"
            )

    def _place(self, line: Line, offset: int = 0) -> Place:
        return self.findings.place(line.number, line.column + offset)

    def _rule(self, block: Block) -> None:
        self.coverage.mark_lines(block.lines, "scene")
        if not block.quoted:
            self.items.append(SceneBreak(self._place(block.lines[0])))

    def _set_apart(self, block: Block) -> None:
        """Code or a table: spoken only where the script wants it."""
        code = block.kind == "fence"
        self.coverage.mark_lines(block.lines, "code" if code else "table")
        if (self.manner.options.code if code else self.manner.options.tables) == "speak":
            for cells in [code_lines(block)] if code else rows(block):
                self._recite(cells, self._unlabelled(block), code)
            return
        what = "code" if code else "a table"
        words = len(re.findall(r"\w+", block.text))
        self.findings.warning(self._place(block.lines[0]), f"{what} is not spoken: {words} words")

    def _recite(self, cells: Sequence[Line], who: tuple[str, ...], code: bool) -> None:
        """Tell code as it is, or the cells of a row with commas between them."""
        texts: list[str] = []
        for cell in cells:
            inline = verbatim(cell.text) if code else self._worked(cell.text, labelled=False)
            self._book([cell], inline.work, "spoken" if who else "preamble")
            for part in inline.parts:
                if isinstance(part, Said):
                    texts.append(part.text)
                else:
                    self._between(part, self._place(cell, part.offset))
        text = (" " if code else ", ").join(text for text in texts if text)
        if text:
            self._said(Said(text, 0, delivery=self._delivery), who, self._place(cells[0]), "")

    def _worked(self, text: str, *, labelled: bool) -> Inline:
        options = self.manner.options
        return worked(
            text, labelled=labelled, unknown_tags=options.unknown_tags, links=self.manner.links
        )

    def _heading(self, block: Block) -> None:
        place = self._place(block.lines[0])
        label = parse(block.lines[0].text)
        self.coverage.mark_lines(block.lines, "label")
        if label and (cue := self._cue(label, place)):
            self.coverage.mark_lines(block.lines, "cue")
            self.items.append(cue)
        elif label and (who := self.manner.casting.who(label)):
            self._begin(who, self.manner.casting.delivery(label), place)
            self._lines([rest_of(block.lines[0], label), *block.lines[1:]], who, place)
        elif who := self.manner.casting.named(block.text.strip(" *_")):
            self._begin(who, "", place)
        else:
            self._titled(block, place)

    def _titled(self, block: Block, place: Place) -> None:
        inline = worked(block.text, labelled=False)
        text = " ".join(part.text for part in inline.parts if isinstance(part, Said))
        who: tuple[str, ...] = ()
        if block.quoted or not text:
            pass
        elif block.level == self.manner.title_level:
            self.title = text
        else:
            if block.level == self.manner.chapter_level:
                self.items.append(Chapter(text, place))
                self._goes_on = True
            who = self._narrating(place) if self.manner.reads_headings else ()
            self.items += [Speech(who, text, place)] if who else []
        self._book(block.lines, inline.work, "spoken" if who else "heading")

    def _paragraph(self, passage: Passage) -> None:
        block = passage.block
        if _ORNAMENT.fullmatch(block.text.strip()):
            self._rule(block)
            return
        if _is_direction(block.text):
            self._direction(block.lines)
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
            self._lines(run, who, place, block)
            run, place = [], None
            if named or cue:
                self.coverage.mark_lines([piece.line], "label" if named else "cue")
            else:
                self._direction([piece.line])
            if label and named:
                who, place = named, self._place(piece.line, label.column)
                self._begin(named, self.manner.casting.delivery(label), place)
                run = [rest_of(piece.line, label)]
            elif cue:
                self.items.append(cue)
        self._lines(run, who, place, block)

    def _direction(self, lines: Sequence[Line]) -> None:
        """Leave a stage direction out; one that was meant as a cue or a pause is told."""
        self.coverage.mark_lines(lines, "direction")
        written = "\n".join(line.text for line in lines).strip("*_[]()\\ \n")
        if meant_as := direction_meant(written):
            text = f"this is left out as a stage direction: {meant_as}"
            self.findings.warning(self._place(lines[0]), text)

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
        if block.listed and not (self.started or casting.listed):
            return ()  # a list of who takes part, not what they say
        who = casting.who(label)
        if who or block.listed or stopped(label.name):
            return who
        place = self._place(piece.line, label.column)
        if label.form in ("bare", "alone"):
            if casting.named(label.name):
                text = f'"{label.name}" is read as text: a label ends with a colon'
                self.findings.warning(place, text)
        elif not casting.closed or normal(label.name) in RESERVED:
            return ()
        elif label.form in ("bold", "strong") and (self.started or _slip(label, casting)):
            guess = meant(label.name, casting.speakers())
            self.findings.error(place, f'unknown speaker "{label.name}"{guess}')
        elif near := closest(label.name, casting.names):
            near = casting.names[near]
            self.findings.warning(place, f'"{label.name}:" is read as text; did you mean "{near}"?')
        return ()

    @property
    def started(self) -> bool:
        """Whether a label has named a speaker."""
        return bool(self._speakers)

    def _cue_line(self, label: Label, piece: Piece, first: bool) -> Item | None:
        """The cue of a `MUSIC:` line; inside a paragraph only in capitals or bold."""
        if first or label.form == "bold" or label.name.isupper():
            return self._cue(label, self._place(piece.line, label.column))
        return None

    def _cue(self, label: Label, place: Place) -> Item | None:
        if label.form in ("bare", "alone") or not label.name[:1].isupper():
            return None
        cue = cues.labelled(label.name, label.rest.replace("\\", ""), place)
        if cue and not cue.file and (words := len(label.rest.split())) > MOST_DESCRIBED:
            text = f'"{label.name}:" is a cue, whose {words} words are not spoken'
            self.findings.warning(place, f"{text}; declare it as a speaker to have them said")
        return cue

    def _begin(self, who: tuple[str, ...], delivery: str, place: Place) -> None:
        self._end_turn()
        self._speakers, self._delivery, self._begun = who, delivery, place
        self._goes_on = False

    def _end_turn(self) -> None:
        if self._begun:
            self.findings.warning(self._begun, "nothing is said here: the empty turn is dropped")
        self._begun = None

    def _lines(
        self,
        lines: Sequence[Line],
        who: tuple[str, ...],
        place: Place | None,
        block: Block | None = None,
    ) -> None:
        """Tell a run of lines by one speaker; `place` is that of the label, if one stands there."""
        text = "\n".join([line.text for line in lines])
        if not text or text.isspace():
            return
        if place and len(who) == 1:
            text = without_repeats(text, who[0])
        labelled = place is not None or self._begun is not None
        if heading_meant(text):
            told = f'"{lines[0].text[:40]}" is read as text: a heading has a space behind its #'
            self.findings.warning(self._place(lines[0]), told)
        if self._goes_on and len(who) > 1:
            told = f"{' and '.join(who)} go on together into this chapter: a label says who speaks"
            self.findings.warning(self._place(lines[0]), told)
            self._goes_on = False
        inline = self._worked(text, labelled=labelled)
        rule = "spoken" if who else "preamble"
        self._book(lines, inline.work, rule)
        number = number_before(block, lines[0]) if block and place is None else ""
        delivery = self._delivery
        starts = [0, *accumulate(len(line.text) + 1 for line in lines[:-1])]
        for part in inline.parts:
            at = self._locate(lines, starts, part.offset)
            if isinstance(part, Said):
                if who and not labelled and (name := label_meant(part.text, self.manner.casting)):
                    told = f'"{name}" is read as text: a label begins a paragraph and ends with :'
                    self.findings.warning(at, told)
                if delivery and not part.delivery:
                    part = replace(part, delivery=delivery)
                self._said(part, who, place or at, number)
                place = None
                if part.text and number:
                    self.coverage.mark_before(lines[0], number, rule)
                    number = ""
            else:
                self._between(part, at)

    def _book(self, lines: Iterable[Line], work: str, rule: str) -> None:
        """Account for lines by their working text; `rule` has what is left in it."""
        if marked(work):
            self.coverage.paint(lines, painted(work, rule))
        else:
            self.coverage.mark_lines(lines, rule)

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
        speech = Speech(
            who, said.text, place, said.delivery, said.events, said.language, said.spoken
        )
        self.items.append(numbered(speech, f"{number} ") if number else speech)
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

    def _locate(self, lines: Sequence[Line], starts: Sequence[int], offset: int) -> Place:
        at = bisect_right(starts, offset) - 1
        line = lines[at]
        return self._place(line, min(offset - starts[at], len(line.text)))


def _slip(label: Label, casting: Casting) -> bool:
    """Whether a label, even the first one, is so near a name that it must be meant."""
    return bool(closest(label.name, casting.names, 1 if len(label.name) < 5 else 2))


def _is_direction(text: str) -> bool:
    inside = direction(text) if text.strip()[:1] in ("*", "_", "[", "\\") else None
    return inside is not None and not _acts(inside)


def _acts(inside: str) -> bool:
    """Whether a bracketed paragraph is more than a stage direction: a pause, cue, or sound."""
    pause = pauses.bracketed(inside) is not None or re.match(r"pause\b.*\d", inside.strip(), re.I)
    return bool(pause or cues.bracketed(inside, Place("")) or vocal.event(inside))
