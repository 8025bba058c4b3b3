"""JSON transcripts as a script: Podcasting 2.0 and what speech recognisers and tools write.

Their shapes differ, their parts do not: somewhere there is a list of entries, and an entry has a
text, often a speaker, often times.  `segments` finds the list; here it becomes speech.
Podcasting 2.0: https://github.com/Podcastindex-org/podcast-namespace (transcripts, JSON).
"""

import json
import re
from collections.abc import Iterable, Iterator

from podforge.errors import InputError, Place
from podforge.reading.asides import SPOKEN, Piece, cut, noted, told
from podforge.reading.captions.entries import Entry, Json, leaves
from podforge.reading.captions.segments import Layout, lay_out
from podforge.reading.captions.utterances import NOBODY, Utterance, cleaned, paragraphs, roles
from podforge.reading.findings import Findings
from podforge.reading.ledger import Ledger, visible
from podforge.script import Chapter, Header, Item, Script, Speech

_BRACKET = re.compile(r"\[([^\[\]]{0,300})\]|\(([^()]{1,60})\)")
_NEAR = 20_000  # characters after the last text in which the next one is looked for


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
    places = _Places(text, findings)
    items: list[Item] = []
    for title, entries in layout.groups:
        if title:
            items.append(Chapter(title, places.of(title)))
        items += paragraphs(_utterances(entries, places, ledger))
    header = _header(layout, items)
    total = sum(visible(leaf) for leaf in leaves(document))
    return Script(findings.file, header, tuple(items), account=ledger.account(total))


def _parsed(text: str, file: str) -> Json:
    try:
        document: Json = json.loads(text, parse_int=float)
        if "\\ud" in text.lower():  # half of a surrogate pair is no character
            whole = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
            document = json.loads(whole)
    except json.JSONDecodeError as error:
        place = Place(file, error.lineno, error.colno)
        raise InputError.at(place, f"this is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise InputError.at(Place(file), "this JSON is nested too deeply") from error
    return document


def _header(layout: Layout, items: list[Item]) -> Header:
    return Header(
        title=layout.title,
        language=layout.language or "en",
        roles=roles(item for item in items if isinstance(item, Speech)),
        closed=any(entry.speaker for _, entries in layout.groups for entry in entries),
        deals=True,
    )


def _utterances(entries: Iterable[Entry], places: "_Places", ledger: Ledger) -> Iterator[Utterance]:
    """What the entries say; one that names nobody goes on with the last speaker."""
    name = NOBODY
    for entry in entries:
        for rule, text in entry.apart:
            ledger.add(rule, text)
        said = told(cut(entry.text, _BRACKET, _bracket), ledger)
        said = said._replace(delivery=said.delivery or entry.delivery)
        name = cleaned(entry.speaker) or name
        yield Utterance(name, said, places.of(entry.text), entry.start, entry.end)


def _bracket(match: re.Match[str]) -> Piece:
    square, round_ = match.groups()
    leads = not match.string[: match.start()].strip()
    piece = noted(match.group(), square or round_ or "", leads)
    return Piece(SPOKEN, match.group()) if square is None and piece.rule == "mark" else piece


class _Places:
    """Where texts stand in the source, found in step with reading it."""

    def __init__(self, source: str, findings: Findings) -> None:
        self._source, self._findings = source, findings
        self._at, self._line, self._begins = 0, 1, 0

    def of(self, text: str) -> Place:
        """The place of a text's first characters, or of the text before it when not found."""
        found = next((at for form in _written(text) if (at := self._find(form)) >= 0), -1)
        if found >= 0:
            breaks = self._source.count("\n", self._at, found)
            self._line += breaks
            self._begins = self._source.rfind("\n", 0, found) + 1 if breaks else self._begins
            self._at = found
        return self._findings.place(self._line, self._at - self._begins + 1)

    def _find(self, written: str) -> int:
        return self._source.find(written, self._at, self._at + _NEAR)


def _written(text: str) -> Iterator[str]:
    yield json.dumps(text, ensure_ascii=False)[:40]
    yield json.dumps(text)[:40]
