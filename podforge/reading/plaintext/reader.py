"""Plain text: a script with labels, a play, or a book that a narrator reads."""

import re
from dataclasses import replace
from pathlib import Path

from podforge.reading.findings import Findings
from podforge.reading.ledger import Ledger, visible
from podforge.reading.markdown.labels import Label, parse
from podforge.reading.markdown.reader import read_markdown
from podforge.reading.names import normal
from podforge.reading.plaintext.gutenberg import without_licence
from podforge.reading.plaintext.lines import notes_in, paragraphs, without_notes
from podforge.reading.plaintext.playtext import read_play
from podforge.reading.plaintext.prose import read_book
from podforge.reading.screenplay.fountain import screenplay
from podforge.reading.source import Asked, load
from podforge.script import Script

_DENSE = 0.08  # share of paragraphs with a label from which a text is a dialogue
_SCENES = re.compile(r"^[ \t]*(?:\d+[ \t]+)?(?:INT|EXT|I/E)\.[^\na-z]+$", re.M)
_FEW = 3  # scene headings that make a screenplay


def read_plain_text(path: Path, asked: Asked, findings: Findings) -> Script:
    """The text in a file, by what it looks like; raises as `read_markdown` does."""
    text = load(path, asked.encoding)
    if text.lstrip().startswith(("---\n", "+++\n")):
        return read_markdown(text, findings, infer=asked.infer, usual=asked.usual)
    if len(_SCENES.findall(text)) >= _FEW and (acted := _acted(text, findings)):
        return acted
    ledger = Ledger()
    lines = text.split("\n")
    edition = without_licence(lines, ledger)
    body = "\n".join(lines[edition.first : edition.last])
    notes = notes_in(body)
    found = list(paragraphs(without_notes(body, notes, ledger).split("\n"), edition.first + 1))
    script = read_play(found, edition, findings, ledger)
    if script is None and not edition.licensed:
        dialogue = _dialogue(text, asked, findings)
        if dialogue:
            return dialogue
    told = script or read_book(found, edition, findings, ledger)
    if words := sum(len(body[start:end].split()) for start, end in notes):
        place = findings.place(edition.first + 1 + body.count("\n", 0, notes[0][0]), 1)
        findings.warning(place, f"left out: notes in brackets ({words} words)")
    return replace(told, account=ledger.account(visible(text)))


def _acted(text: str, findings: Findings) -> Script | None:
    """The screenplay in a text; None where nobody speaks in it."""
    told = Findings(findings.file)
    script = screenplay(text, told)
    if not any(script.speeches()):
        return None
    findings.problems += told.problems
    return script


def _dialogue(text: str, asked: Asked, findings: Findings) -> Script | None:
    """The script that speaker labels make of a text; None where too few lines have one."""
    blocks = list(paragraphs(text.split("\n")))
    labels = [found for block in blocks for line in block.lines if (found := parse(line))]
    if len(labels) < _DENSE * len(blocks) and not any(map(_is_strong, labels)):
        return None
    told = Findings(findings.file)
    script = read_markdown(text, told, infer=asked.infer)
    who = {normal(name) for name in script.speakers()}
    named = [label for label in labels if normal(label.name) in who]
    if len(named) < _DENSE * len(blocks) and not any(map(_is_strong, named)):
        return None
    findings.problems += told.problems
    return script


def _is_strong(label: Label) -> bool:
    return label.form in ("bold", "strong")
