"""JSON transcripts as a script: Podcasting 2.0 and what speech recognisers and tools write.

Their shapes differ, their parts do not: somewhere there is a list of entries, and an entry has a
text, often a speaker, often times.  `segments` finds the list; here it becomes speech.
Podcasting 2.0: https://github.com/Podcastindex-org/podcast-namespace (transcripts, JSON).
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from podforge.errors import InputError, Place
from podforge.reading.asides import SPOKEN, Piece, cut, noted, told
from podforge.reading.captions.entries import Entry, Json, leaves
from podforge.reading.captions.segments import Layout, lay_out
from podforge.reading.captions.utterances import Utterance, paragraphs
from podforge.reading.findings import Findings
from podforge.reading.ledger import Ledger, visible
from podforge.reading.tidying import NOBODY, as_label
from podforge.script import Chapter, Header, Item, Script

_BRACKET = re.compile(r"\[([^\[\]]{0,300})\]|\(([^()]{1,60})\)")
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"(?P<key>\s*+:)?', re.S)
_MOST_TOLD = 20  # lists that are warned about one by one: each is looked for in the source
_MOST_KEY = 40  # characters
_MOST_DIGITS = 40  # of a number that is kept exactly, as that of a speaker


def read_transcript(text: str, findings: Findings) -> Script | None:
    """The transcript in a JSON text; None where it is a script for `twin`, or no script at all.

    Raises `InputError` when it is not JSON.
    """
    document = _parsed(text, findings.file)
    layout = lay_out(document)
    if layout is None or layout.authored:
        return None
    ledger = Ledger()
    for leaf in layout.outside:
        ledger.add("data", leaf)
    _warn(text, layout, findings)
    items = tuple(_items(layout, _Places(text, layout, findings), ledger))
    total = sum(visible(leaf) for leaf in leaves(document))
    header = Header(
        title=layout.title,
        language=layout.language or "en",
        closed=any(entry.speaker for _, entries in layout.groups for entry in entries),
        deals=True,
    )
    return Script(findings.file, header, items, account=ledger.account(total))


def _parsed(text: str, file: str) -> Json:
    try:
        document: Json = json.loads(text, parse_int=_integer)
        if "\\ud" in text.lower():  # half of a surrogate pair is no character
            whole = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
            document = json.loads(whole)
    except json.JSONDecodeError as error:
        place = Place(file, error.lineno, error.colno)
        raise InputError.at(place, f"this is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise InputError.at(Place(file), "this JSON is nested too deeply") from error
    return document


def _warn(text: str, layout: Layout, findings: Findings) -> None:
    """Tells which lists of the document hold words that nobody speaks."""
    for key, words in layout.unspoken[:_MOST_TOLD]:
        line = text.count("\n", 0, max(0, text.find(json.dumps(key)))) + 1
        name = " ".join(key.split())[:_MOST_KEY]
        counted = "1 word" if words == 1 else f"{words} words"
        are = "is" if words == 1 else "are"
        findings.warning(findings.place(line), f"{counted} in `{name}` {are} not spoken")
    more = layout.unspoken[_MOST_TOLD:]
    if more:
        words = sum(one.words for one in more)
        text = f"{words} words in {len(more)} more lists are not spoken"
        findings.warning(findings.place(1), text)


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _items(layout: Layout, places: "_Places", ledger: Ledger) -> Iterator[Item]:
    for title, entries in layout.groups:
        where = [places.of(entry.opening) for entry in entries]
        if title:
            yield Chapter(title, where[0])
        yield from paragraphs(_utterances(entries, where, ledger))


def _utterances(
    entries: Iterable[Entry], where: Iterable[Place], ledger: Ledger
) -> Iterator[Utterance]:
    """What the entries say; one that names nobody goes on with the last speaker."""
    name = NOBODY
    for entry, place in zip(entries, where, strict=True):
        for rule, text in entry.apart:
            ledger.add(rule, text)
        said = told(cut(entry.text, _BRACKET, _bracket), ledger)
        said = said._replace(delivery=said.delivery or entry.delivery)
        name = as_label(entry.speaker) or name
        yield Utterance(name, said, place, entry.start, entry.end)


def _bracket(match: re.Match[str]) -> Piece:
    square, round_ = match.groups()
    leads = not match.string[: match.start()].strip()
    piece = noted(match.group(), square or round_ or "", leads)
    return Piece(SPOKEN, match.group()) if square is None and piece.rule == "mark" else piece


class _Places:
    """Where the texts of a document stand in its source, asked for in order."""

    def __init__(self, source: str, layout: Layout, findings: Findings) -> None:
        self._source, self._findings = source, findings
        self._at, self._line, self._begins = 0, 1, 0
        self._next = 0  # where the string after the last one that was found may stand
        wanted = {entry.opening for _, entries in layout.groups for entry in entries}
        self._found: dict[str, list[int]] = {}
        for string in _STRING.finditer(source):
            if not string["key"] and (text := _read(string.group())) in wanted:
                self._found.setdefault(text, []).append(string.start())

    def of(self, text: str) -> Place:
        """The place of a text; that of the one before where it is not found."""
        offsets = self._found.get(text, [])
        found = bisect_left(offsets, self._next)
        if found < len(offsets):
            at, self._at = self._at, offsets[found]
            self._next = self._at + 1
            breaks = self._source.count("\n", at, self._at)
            self._line += breaks
            if breaks:
                self._begins = self._source.rfind("\n", 0, self._at) + 1
        return self._findings.place(self._line, self._at - self._begins + 1)


def _read(string: str) -> str:
    """What a JSON string says."""
    if "\\" not in string:
        return string[1:-1]
    return str(json.loads(string)).encode("utf-8", "replace").decode()
