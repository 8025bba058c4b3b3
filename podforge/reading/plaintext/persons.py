"""The list of persons that a printed play begins with: where it stands, and whom it names."""

import re
from collections.abc import Iterator

from podforge.reading.plaintext.lines import Paragraph, shown

_HEAD = re.compile(
    r"\W*(?:dramatis person.{1,3}|(?:the )?persons? (?:of|in) the (?:play|drama)(?P<play>.*)|"
    r"(?:list of )?characters(?P<characters>.{0,30})|persons represented(?P<represented>.*)|"
    r"(?:the )?cast(?P<cast>.{0,20})|the persons(?P<the>.*)|persons of the (?P<of>.{1,20})|"
    r"persons)\W*",
    re.I,
)
_SMALL = frozenset(("of", "in", "the", "this", "and", "to", "by", "play", "drama", "piece"))
_LONGEST = 60  # characters of the title of such a list
_LONGEST_NAME = 40


def lists_persons(one: Paragraph) -> bool:
    """Whether a paragraph is the title of a list of persons; `The cast is ready.` is none."""
    text = shown(one.text[: 2 * _LONGEST])
    found = _HEAD.fullmatch(text) if len(text) <= _LONGEST else None
    if not found:
        return False
    rest = next(filter(None, found.groups()), "")
    return all(word[0].isupper() or word in _SMALL for word in re.findall(r"[^\W\d_]+", rest))


def persons_of(one: Paragraph) -> Iterator[str]:
    """The names that a paragraph of the list gives, one a line."""
    for line in one.lines:
        name = re.split(r"[,.:;—(\[]|--| {2,}", shown(line).strip())[0]
        if 0 < len(name) <= _LONGEST_NAME:
            yield name
