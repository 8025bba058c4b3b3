"""Who speaks where a book has labels: in plays, and in dialogues inside other books.

A label that is marked as a name counts wherever it stands.  Bold names, and names in capitals,
count only in documents that are full of them, and whose names come again and again: a novel is
not, nor is a dictionary.
"""

from collections import Counter
from collections.abc import Sequence

from podforge.reading.epub.blocks import Block
from podforge.reading.epub.directions import mark_directions
from podforge.reading.epub.labels import Label, is_scenic, label_of, split_at
from podforge.reading.names import normal

_LEAST = 6  # labels of a play
_SHARE = 0.25  # of its paragraphs have one
_REPEATS = 2.0  # how often a name comes, on average
_ALONE = 0.75  # of the labels of a document that sets them on lines of their own
_VERSE = (20, 4.0, 0.08)  # the same where each line of verse is a paragraph


def find_speakers(documents: Sequence[Sequence[Block]]) -> None:
    """Note in each block who speaks it, and take the labels out of the text."""
    labels = [[label_of(block) for block in blocks] for blocks in documents]
    marked = Counter(
        normal(label.name)
        for found in labels
        for label in found
        if label and label.form == "marked"
    )
    plays = [_is_play(blocks, found) for blocks, found in zip(documents, labels, strict=True)]
    known = {
        normal(label.name)
        for found, play in zip(labels, plays, strict=True)
        for label in found
        if label and play
    }
    times = Counter(normal(label.name) for found in labels for label in found if label)
    for blocks, found, play in zip(documents, labels, plays, strict=True):
        near = not play and bool(known) and _is_near(blocks, found, known)
        alone = _stand_alone(found)
        told = [
            label if label and _counts(label, play, near, alone, known, marked, times) else None
            for label in found
        ]
        _assign(blocks, told, play or near)


def _is_play(blocks: Sequence[Block], found: Sequence[Label | None]) -> bool:
    """Whether a document is full of labels."""
    names = Counter(normal(label.name) for label in found if label)
    count, paragraphs = names.total(), _paragraphs(blocks)
    if len(names) < 2 or not paragraphs:
        return False
    repeats, share = count / len(names), count / paragraphs
    least, often, part = _VERSE
    return (count >= _LEAST and repeats >= _REPEATS and share >= _SHARE) or (
        count >= least and repeats >= often and share >= part
    )


def _is_near(blocks: Sequence[Block], found: Sequence[Label | None], known: set[str]) -> bool:
    """Whether a document is a short part of a play that goes on in others."""
    count = sum(1 for label in found if label and normal(label.name) in known)
    return count >= 2 and count >= _SHARE * _paragraphs(blocks)


def _stand_alone(found: Sequence[Label | None]) -> bool:
    """Whether nearly all names stand above their speeches, so that one that comes once may be."""
    labels = [label for label in found if label]
    return sum(1 for label in labels if label.alone) >= _ALONE * len(labels)


def _paragraphs(blocks: Sequence[Block]) -> int:
    return sum(1 for one in blocks if one.kind == "paragraph" and not one.part and not one.row)


def _counts(
    label: Label,
    play: bool,
    near: bool,
    alone: bool,
    known: set[str],
    marked: Counter[str],
    times: Counter[str],
) -> bool:
    """Whether a label is one."""
    name = normal(label.name)
    if label.form == "marked":
        return marked.total() > 1
    if near:
        return name in known
    return play and (not label.alone or alone or times[name] > 1)


def _assign(blocks: Sequence[Block], labels: Sequence[Label | None], play: bool) -> None:
    """Give each paragraph its speaker; in a play one without a label goes on with the last."""
    speaker, waits = "", False
    for block, label in zip(blocks, labels, strict=True):
        if block.part:
            continue
        if block.kind != "paragraph" or block.row:
            speaker, waits = "", False
            continue
        if not label and is_scenic(block.text):
            speaker, waits = "", False
        if label:
            speaker, waits = label.name, label.alone
            block.label, block.pieces = split_at(block.pieces, label.end)
            block.how = label.how
        if play or label or waits:
            mark_directions(block, labelled=bool(label), started=bool(speaker))
        if label or play or waits:
            block.speaker = speaker
        if not label and waits and block.text:
            waits = play
