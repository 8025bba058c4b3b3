"""A play in plain text: acts and scenes, who speaks, and the directions that nobody says."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

from podforge.reading.asides import Told, told
from podforge.reading.findings import Findings
from podforge.reading.ledger import Ledger
from podforge.reading.plaintext.gutenberg import Edition
from podforge.reading.plaintext.lines import Paragraph, is_rule, joined, shown
from podforge.reading.plaintext.persons import lists_persons, persons_of
from podforge.reading.plaintext.playlabels import Company, Label, company
from podforge.reading.plaintext.playspeech import is_direction, pieces_of
from podforge.reading.plaintext.prose import NARRATOR
from podforge.script import Chapter, Header, Item, SceneBreak, Script, Speech

_COUNT = (
    r"(?:[ivxlc]+|\d+|(?:the )?(?:first|second|third|fourth|fifth|last|one|two|three|four|five))"
)
_OUTSIDE = r"\W*(?:the )?(?:prologue|epilogue|induction|prelude|interlude)\W*"  # novels have them
_ACT = re.compile(
    rf"(?:the )?(?:(?:first|second|third|fourth|fifth|last|only) act|act,? {_COUNT})\b(?P<rest>.*)|"
    r"act(?:us)? (?:primus|secundus|tertius|quartus|quintus)\b(?P<latin>.*)|"
    rf"{_OUTSIDE}",
    re.I | re.S,
)
_BESIDE = re.compile(_OUTSIDE, re.I)
_SCENE = re.compile(
    rf"sc(?:o?e|œ)na \w+\W*|(?:scene|sc\.),? {_COUNT}\b.*|scene\W*|scene[.:—-].*", re.I | re.S
)
_FAR, _FEW = 3, 2  # blank lines before a title, and its lines


class _Chunk(NamedTuple):
    """Lines of a paragraph from a label on, or before any."""

    number: int
    lines: tuple[str, ...]
    label: Label | None


@dataclass(frozen=True)
class _Turn:
    """Who speaks, whether they have yet to begin, and how they do."""

    who: tuple[str, ...] = ()
    begins: bool = False
    delivery: str = ""


@dataclass(frozen=True)
class _Silent:
    """The words that are not heard, by the number of their first line."""

    listed: dict[int, int] = field(default_factory=dict)  # in the list of persons of another play
    unsaid: dict[int, int] = field(default_factory=dict)  # neither said by anyone nor an entrance


def read_play(
    found: Sequence[Paragraph], edition: Edition, findings: Findings, ledger: Ledger
) -> Script | None:
    """The play that the paragraphs are; None where they are none."""
    acts = sum(bool(_heading(one)) and not _BESIDE.fullmatch(shown(one.text)) for one in found)
    persons = list(_persons(found))
    cast = company(found, acts, persons)
    if cast is None:
        return None
    begins = _begins(found, cast)
    for one in found[:begins]:
        ledger.add("preamble", joined(one.lines))
    words = sum(len(one.text.split()) for one in found[:begins])
    if words and not edition.licensed:
        place = findings.place(found[0].number, 1)
        findings.warning(place, f"what stands before the play is not spoken: {words} words")
    silent = _Silent()
    items = tuple(_items(found[begins:], cast, findings, ledger, silent))
    for text, stretches in (
        ("a list of persons is not spoken", silent.listed),
        ("text that nobody says is not spoken", silent.unsaid),
    ):
        if stretches:
            number = max(stretches, key=stretches.__getitem__)
            place = findings.place(number, 1)
            findings.warning(place, f"{text}: {sum(stretches.values())} words")
    title = edition.title or (shown(found[0].text)[:120] if begins else "")
    header = Header(
        title=title,
        author=edition.author,
        language=edition.language or "en",
        mode="audiobook",
        narrator=NARRATOR,
        closed=True,
        deals=True,
    )
    return Script(findings.file, header, items)


def _heading(one: Paragraph) -> int:
    """1 for an act, 2 for a scene, 0 for anything else."""
    text = shown(one.text[:400]).strip("[] ")
    if len(text) > 300:
        return 0
    act = _ACT.fullmatch(text)
    if act:
        rest = (act["rest"] or "").strip()
        return 1 if not rest or not rest[0].isalnum() or rest.isupper() else 0
    return 2 if _SCENE.fullmatch(text) else 0


def _persons(found: Sequence[Paragraph]) -> Iterator[str]:
    """The names that the list of persons gives, up to the first act."""
    at = next((at for at, one in enumerate(found) if lists_persons(one)), None)
    for one in found[at + 1 :] if at is not None else ():
        if _heading(one):
            return
        yield from persons_of(one)


def _begins(found: Sequence[Paragraph], cast: Company) -> int:
    """Where the play begins: at the first heading of the first section in which anyone speaks."""
    persons = [at for at, one in enumerate(found) if lists_persons(one)]
    late = persons and persons[0] < len(found) // 3
    heads = [at for at, one in enumerate(found) if _heading(one)]
    after = persons[0] if late else -1
    for at, until in pairwise((*heads, len(found))):
        section = found[at + 1 : until]
        if at > after and any(_speaks(one, cast) for one in section):
            above = at - 1
            return above if above in heads and _heading(found[above]) < _heading(found[at]) else at
    return next((at for at, one in enumerate(found) if at > after and _speaks(one, cast)), 0)


def _speaks(one: Paragraph, cast: Company) -> bool:
    return any(cast.label(line, at == 0) for at, line in enumerate(one.lines))


def _items(
    found: Sequence[Paragraph],
    cast: Company,
    findings: Findings,
    ledger: Ledger,
    silent: _Silent,
) -> Iterator[Item]:
    top = min((level for one in found if (level := _heading(one))), default=0)
    turn = _Turn()
    listing = False  # in the list of persons of another play
    for one, after in zip(found, (*found[1:], None), strict=True):
        level = _heading(one)
        listing = not level and (lists_persons(one) or (listing and not _speech(one, after, cast)))
        if level:
            yield from _headed(one, level == top, findings, ledger)
            turn = _Turn()
        elif listing:
            ledger.add("preamble", joined(one.lines))
            silent.listed[one.number] = len(one.text.split())
        elif is_rule(one.text):
            ledger.add("scene", one.text)
            yield SceneBreak(findings.place(one.number, 1))
        else:
            turn = _Turn() if _is_title(one) else turn
            for chunk in _chunks(one, cast):
                if chunk.label:
                    turn = _Turn(cast.who(chunk.label.name), begins=True)
                said = _said(chunk, turn, cast, ledger, silent)
                if said:
                    turn = replace(turn, delivery=said.delivery or turn.delivery)
                if said and said.text:
                    place = findings.place(chunk.number, 1)
                    yield Speech(turn.who, said.text, place, turn.delivery, said.events)
                    turn = _Turn(turn.who)


def _speech(one: Paragraph, after: Paragraph | None, cast: Company) -> bool:
    """Whether a paragraph in a list of persons is a speech: a known name, and what is said."""
    first, *more = _chunks(one, cast)
    if not first.label or more:
        return False
    text = joined(first.lines)[first.label.length :]
    if not text.strip() and after and not _heading(after) and not _speaks(after, cast):
        listed = any(cast.who(name) for name in persons_of(after))  # `BEN`, and then `ADA, a maid`
        text = "" if listed else joined(after.lines)
    said = told(pieces_of(text, True), Ledger()).text.lstrip("“\"'‘—-")
    return bool(said) and not said[0].islower()


def _headed(one: Paragraph, opens: bool, findings: Findings, ledger: Ledger) -> Iterator[Item]:
    """An act or a scene: a chapter or a break, and its title read."""
    place = findings.place(one.number, 1)
    title = shown(joined(one.lines)).strip("[] ")
    ledger.add("heading", joined(one.lines))
    yield Chapter(title, place) if opens else SceneBreak(place)
    if title.strip(" .:").lower() != "scene":
        yield Speech((NARRATOR,), title, place)


def _is_title(one: Paragraph) -> bool:
    """Whether a paragraph is the title of what follows, and nobody goes on."""
    return one.gap >= _FAR and len(one.lines) <= _FEW and shown(one.text).isupper()


def _chunks(one: Paragraph, cast: Company) -> Iterator[_Chunk]:
    """The paragraph cut before each label."""
    start, now = 0, None
    for at, line in enumerate(one.lines):
        found = cast.label(line, at == 0)
        if found:
            if at > start:
                yield _Chunk(one.number + start, one.lines[start:at], now)
            start, now = at, found
    yield _Chunk(one.number + start, one.lines[start:], now)


def _said(
    chunk: _Chunk, turn: _Turn, cast: Company, ledger: Ledger, silent: _Silent
) -> Told | None:
    """What a chunk says; None where it is a direction, or nobody is there to say it."""
    text = joined(chunk.lines)
    if chunk.label:
        ledger.add("label", text[: chunk.label.length])
        text = text[chunk.label.length :]
        return told(pieces_of(text, turn.begins), ledger)
    direction = is_direction(chunk.lines, text, turn.begins, cast.words)
    if turn.who and not direction:
        return told(pieces_of(text, turn.begins), ledger)
    if not direction:
        silent.unsaid[chunk.number] = len(text.split())
    ledger.add("direction", text)
    return None
