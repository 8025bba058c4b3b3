"""Captions as a script: WebVTT and SubRip files, with or without the names of who speaks."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from podforge.errors import InputError, Place
from podforge.reading.asides import SPOKEN, Piece, cut, heard, noted, recut, relabelled, told
from podforge.reading.captions.cuefile import CueText, read_cues
from podforge.reading.captions.labels import Lead, lead, speakers
from podforge.reading.captions.utterances import Utterance, paragraphs
from podforge.reading.findings import Findings
from podforge.reading.ledger import Ledger, visible
from podforge.reading.source import Asked, load
from podforge.reading.tidying import NOBODY, as_label
from podforge.script import Header, Script

# WebVTT tags, the HTML of SubRip, and the overrides of SubStation Alpha that it inherits.
_MARKUP = re.compile(
    r"<rt>[^<\n]{0,200}(?:</rt>)?|</?[A-Za-z][^<>\n]{0,300}>|<\d[\d:.,]{0,20}>|</>|"
    r"\{\\[^{}\n]{0,200}\}|\{[a-zA-Z]:[^{}\n]{0,60}\}|\\[NnhH](?![a-z])"
)
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]+?)\s*>", re.I)
_NOTE = re.compile(r"[♪♫♬♩]+")
_LYRICS = re.compile(r"[♪♫♬♩]+[^♪♫♬♩]{0,500}[♪♫♬♩]*|^\s*#\s[^#]{1,300}\s#\s*$")
_BRACKET = re.compile(r"\[([^\[\]]{0,300})\]|\(([^()]{1,120})\)|\*([A-Za-z ]{2,30})\*")
_STARS = re.compile(r"\*{2,}|\*$")  # of Markdown
_MEANT = re.compile(r"[\[(*#♪♫♬♩]")
_MOST_JOINED = 4  # lines of a bracket or song: a caption seldom has more than two
_MOST_OVERLAP = 80  # words of a caption that the next one may show again
_ROLLING = 0.25  # share of captions that begin with the words before them, in automatic ones


@dataclass(frozen=True)
class _Line:
    """A line of a caption, or a part of one that one voice says."""

    cue: CueText
    number: int
    pieces: tuple[Piece, ...]
    voice: str  # from `<v Name>`
    first: bool  # the first of its caption


def read_captions(path: Path, asked: Asked, findings: Findings) -> Script:
    """The captions in a file as paragraphs by speaker; an `InputError` when there are none."""
    text = load(path, asked.encoding)
    ledger = Ledger()
    file = read_cues(text, ledger)
    if not file.cues:
        raise InputError.at(
            Place(str(path)), "there are no captions in it: no line such as 00:01.000 --> 00:04.000"
        )
    for number in file.strays:
        findings.warning(findings.place(number), "this line belongs to no caption: not spoken")
    lines = _once([line for cue in file.cues for line in _lines(cue)])
    speeches = tuple(paragraphs(_utterances(lines, findings, ledger)))
    closed = any(line.voice for line in lines)
    header = Header(language=file.language or "en", closed=closed, deals=True)
    return Script(str(path), header, speeches, account=ledger.account(visible(text)))


def _lines(cue: CueText) -> Iterator[_Line]:
    """A caption's lines without their markup, cut where another voice begins."""
    voice = ""
    first = True
    for number, raw in _whole(cue.lines):
        held: list[Piece] = []
        said = False
        for piece in cut(raw, _MARKUP, _marked):
            named = _VOICE.fullmatch(piece.raw) if piece.rule == "markup" else None
            if named and said:
                yield _Line(cue, number, tuple(held), voice, first)
                held, first, said = [], False, False
            if named:
                voice, piece = as_label(html.unescape(named[1])), Piece("label", piece.raw)
            held.append(piece)
            said = said or bool(heard([piece]).strip())
        yield _Line(cue, number, tuple(held), voice, first)
        first = False


def _whole(lines: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines, joined where a bracket or a song goes on in the next ones."""
    at = 0
    while at < len(lines):
        stop = _closed(lines, at)
        yield lines[at][0], "\n".join(text for _, text in lines[at:stop])
        at = stop


def _closed(lines: Sequence[tuple[int, str]], first: int) -> int:
    """Behind the line that closes what the first one opens; behind the first if none soon does.

    A song may go on to the end of its caption.
    """
    last = min(first + _MOST_JOINED, len(lines))
    bracketed, notes = False, 0
    for at in range(first, last):
        text = lines[at][1]
        opens, closes = text.rfind("["), text.rfind("]")
        bracketed = opens > closes if opens != closes else bracketed
        notes += len(_NOTE.findall(text))
        if not bracketed and notes % 2 == 0:
            return at + 1
    return last if notes % 2 and last == len(lines) else first + 1


def _marked(match: re.Match[str]) -> Piece:
    breaks = match.group().lower().startswith(("<br", "\\n", "\\h"))
    return Piece("markup", match.group(), " " if breaks else "")


def _once(lines: Sequence[_Line]) -> list[_Line]:
    """The lines without what a rolling caption shows again of the one before it."""
    shown = _by_cue(lines)
    repeats = [0, *(_overlap(one, two) for one, two in pairwise(shown))][: len(shown)]
    counted = [count for count, words in zip(repeats, shown, strict=True) if words]
    if sum(map(bool, counted)) < max(2, _ROLLING * len(counted)):
        return list(lines)
    left = iter(repeats)
    found: list[_Line] = []
    count = 0
    for line in lines:
        count = next(left) if line.first else count
        words = [match.end() for match in re.finditer(r"\S+", heard(line.pieces))]
        here = min(count, len(words))
        count -= here
        pieces = relabelled(line.pieces, words[here - 1], "repeat") if here else line.pieces
        found.append(_Line(line.cue, line.number, tuple(pieces), line.voice, line.first))
    return found


def _by_cue(lines: Sequence[_Line]) -> list[list[str]]:
    """The words that each caption shows."""
    shown: list[list[str]] = []
    for line in lines:
        if line.first:
            shown.append([])
        shown[-1] += heard(line.pieces).split()
    return shown


def _overlap(before: Sequence[str], after: Sequence[str]) -> int:
    """How many words at the end of one caption begin the next."""
    most = min(len(before), len(after), _MOST_OVERLAP)
    return next((n for n in range(most, 0, -1) if before[-n:] == after[:n]), 0)


def _utterances(lines: Sequence[_Line], findings: Findings, ledger: Ledger) -> Iterator[Utterance]:
    """Who says what, line by line: a line without a name goes on with the last speaker."""
    plain = [heard(line.pieces) for line in lines]
    known = speakers(plain)
    now = NOBODY
    for line, text in zip(lines, plain, strict=True):
        found = lead(text, known)
        now = line.voice or found.name or (NOBODY if found.changes and known else now)
        plain_text = not found.length and not _MEANT.search(text)
        said = told(line.pieces if plain_text else _bracketed(line.pieces, found), ledger)
        said = said._replace(delivery=said.delivery or found.delivery)
        place = findings.place(line.number, 1)
        yield Utterance(now, said, place, line.cue.start, line.cue.end, found.changes)


def _bracketed(pieces: Iterable[Piece], found: Lead) -> list[Piece]:
    """A line's pieces with its label, its lyrics, and its brackets apart."""
    labelled = list(relabelled(pieces, found.length, "label"))
    sung = recut(labelled, _LYRICS, lambda match: Piece("music", match.group()))
    alone = _BRACKET.fullmatch(heard(sung).strip())

    def judge(match: re.Match[str]) -> Piece:
        leads = not match.string[: match.start()].strip()
        square, round_, starred = match.groups()
        piece = noted(match.group(), square or round_ or starred or "", leads)
        keeps = square is None and piece.rule == "mark" and not alone and not _shouted(round_)
        return Piece(SPOKEN, match.group()) if keeps else piece

    judged = recut(sung, _BRACKET, judge)
    return recut(judged, _STARS, lambda match: Piece("markup", match.group()))


def _shouted(inside: str | None) -> bool:
    """Whether a round bracket is in capitals, as captions write sounds: `(DOOR CLOSES)`."""
    return bool(inside and inside.isupper())
