"""What Project Gutenberg puts around a text: its header, its licence, and who made the edition."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from podforge.reading.gutenbergmarks import CREDIT, END, START
from podforge.reading.ledger import Ledger

_PROJECT = re.compile(r"project gutenberg", re.I)
_FIELD = re.compile(r"(Title|Author|Language)\s*:\s*(\S.*)", re.I)
_OF = re.compile(
    r"\W*(?:The )?Project Gutenberg(?:'s)? E-?(?:text|book) of (.+?)(?:,? by (.+?))?\W*", re.I
)
_LANGUAGES = {
    "english": "en", "french": "fr", "german": "de", "spanish": "es", "italian": "it",
    "portuguese": "pt", "dutch": "nl", "finnish": "fi", "swedish": "sv", "danish": "da",
    "norwegian": "no", "polish": "pl", "russian": "ru", "greek": "el", "latin": "la",
    "hungarian": "hu", "czech": "cs", "catalan": "ca", "chinese": "zh", "japanese": "ja",
    "esperanto": "eo", "welsh": "cy", "icelandic": "is", "romanian": "ro",
}  # fmt: skip
_MOST_HEADER = 400  # lines in which a header ends
_LONGEST = 300  # characters of a line that names a book
_MOST_MARK = 4  # lines over which a mark between stars runs


@dataclass(frozen=True)
class Edition:
    """A text without what stands around it: its lines `first:last`, and what the header says."""

    first: int
    last: int
    title: str = ""
    author: str = ""
    language: str = ""
    licensed: bool = False  # a header or a licence was there


def without_licence(lines: Sequence[str], ledger: Ledger) -> Edition:
    """Cuts header and licence off and counts them; all of it is the text where none is found."""
    first = _after_start(lines)
    ends = (at for at in range(len(lines) - 1, first, -1) if END.match(lines[at].lstrip()))
    last = min(ends, default=len(lines))
    licensed = first > 0 or last < len(lines)
    for line in (*lines[:first], *lines[last:]):
        ledger.add("licence", line)
    title, author, language = _header(lines[:first]) if first else ("", "", "")
    return Edition(first, last, title, author, language, licensed)


def is_credit(text: str) -> bool:
    """Whether a paragraph says who made the edition, or is a note of theirs."""
    return bool(CREDIT.match(text) or _PROJECT.search(text[:200]))


def _after_start(lines: Sequence[str]) -> int:
    """The line behind the mark that ends the header; 0 where there is none."""
    head = list(enumerate(lines[:_MOST_HEADER]))
    at = next((n for n, line in reversed(head) if START.match(line.lstrip())), -1)
    if at < 0:
        return 0
    for end in range(at, min(at + _MOST_MARK, len(lines))):
        if lines[end].rstrip().endswith("*"):
            return end + 1
    return at + 1


def _header(lines: Sequence[str]) -> tuple[str, str, str]:
    """The title, the author, and the language as a tag."""
    facts: dict[str, str] = {}
    key = ""
    for line in lines:
        found = _FIELD.match(line)
        if found:
            key = found[1].lower()
            facts.setdefault(key, found[2].strip())
        elif key and line.startswith((" ", "\t")) and line.strip():
            facts[key] += f" {line.strip()}"
        else:
            key = ""
    named = next((found for line in lines if (found := _OF.fullmatch(line[:_LONGEST]))), None)
    title, author = named.groups(default="") if named else ("", "")
    language = facts.get("language", "").lower().split(",")[0].strip()
    return (
        " ".join(facts.get("title", title).split()),
        " ".join(facts.get("author", author).split()),
        _LANGUAGES.get(language, ""),
    )
