"""Counts what became of every character of a file, so that none is lost without a word."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from podforge.script import Account

RULES = (
    "",  # no rule: the reader has lost it
    "spoken", "heading", "label", "delivery", "event", "pause", "cue", "direction", "scene",
    "preamble", "timestamp", "mark", "unknown mark", "markup", "link", "entity", "struck",
    "picture", "footnote", "reference", "callout", "task", "table", "code", "comment", "skip",
    "private use", "front-matter",
)  # fmt: skip
"""Why a character of a Markdown file is heard or not, in the order of their numbers."""

Located = tuple[int, int, str]  # a line, as in `blocks.Line`: number and column, from 1, and text
NUMBER: Mapping[str, int] = {rule: number for number, rule in enumerate(RULES)}

_FILL: Mapping[str, bytes] = {rule: bytes((number,)) for rule, number in NUMBER.items()}
_WHITE = 255  # in place of a rule's number; all bits set
_RUN = re.compile(rb"(.)\1*", re.S)
_UNMARKED = re.compile(rb"\0+")
_STRUCTURE = re.compile(r"(?:[>#*+=-]|\d{1,9}[.)])*")  # marks of quotes, lists, headings
# White space beyond ASCII (Unicode's White_Space property), and that of it beyond Latin-1.
ODD_SPACE = re.compile("[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_WIDE_SPACE = re.compile("[\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_IS_WHITE = bytes(_WHITE if chr(code).isspace() else 0 for code in range(256))
_NOT_WHITE = bytes(_WHITE - white for white in _IS_WHITE)


def visible(text: str) -> int:
    """How many characters are not white space."""
    return len("".join(text.split()))


class Ledger:
    """Sums by rule: `spoken`, `heading`, `label`, `cue`, or why a text is not spoken."""

    def __init__(self) -> None:
        self._sums: Counter[str] = Counter()

    def add(self, rule: str, text: str) -> None:
        """Count a text of the source under the rule that decided on it."""
        self._sums[rule] += visible(text)

    def add_count(self, rule: str, count: int) -> None:
        """Count so many visible characters under a rule."""
        self._sums[rule] += count

    def account(self, total: int) -> Account:
        """The sums, beside the characters that the whole source has."""
        return Account(total, {rule: count for rule, count in self._sums.most_common() if count})


class Coverage:
    """Which rule decided on each character of a file; the one marked last.

    `seen` is the text as the blocks are found in
    it: of the same length, its comments blank.
    """

    def __init__(self, text: str, seen: str) -> None:
        self.text, self.seen = text, seen
        narrow = text if text.isascii() else _WIDE_SPACE.sub(" ", text)
        codes = narrow.encode("latin-1", "replace")
        self._ink = codes.translate(_NOT_WHITE)  # all bits set where a character is visible
        self._paint = bytearray(codes.translate(_IS_WHITE))  # the rule's number for each character
        self._starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]

    def mark(self, start: int, end: int, rule: str) -> None:
        """A range of offsets is a rule's."""
        self._paint[start:end] = _FILL[rule] * (end - start)

    def mark_lines(self, lines: Iterable[Located], rule: str) -> None:
        """Lines, or parts of them, are a rule's."""
        for number, column, text in lines:
            start, length = self._starts[number - 1] + column - 1, len(text)
            self._paint[start : start + length] = _FILL[rule] * length

    def paint(self, lines: Iterable[Located], rules: bytes) -> None:
        """Each character of lines is the rule's whose number stands for it in `rules`.

        A line feed between two lines has a number, too.
        """
        at = 0
        for number, column, text in lines:
            start = self._starts[number - 1] + column - 1
            self._paint[start : start + len(text)] = rules[at : at + len(text)]
            at += len(text) + 1

    def mark_before(self, line: Located, word: str, rule: str) -> None:
        """The last `word` in front of a line's text is a rule's."""
        start = self.seen.rfind(word, 0, self._starts[line[0] - 1] + line[1] - 1)
        if start >= 0:
            self.mark(start, start + len(word), rule)

    def mark_structure(self) -> None:
        """What no rule has, and is nothing but marks of quotes, lists and headings, is markup."""
        for run in _UNMARKED.finditer(self._paint):
            if _STRUCTURE.fullmatch(self.text, *run.span()):
                self.mark(*run.span(), "markup")

    def first_missing(self) -> int:
        """The offset of the first character that no rule has; -1 if there is none."""
        return self._paint.find(0)

    def runs(self) -> Iterator[tuple[str, str]]:
        """The text from its start to its end, cut where the rule changes, with each rule."""
        for run in _RUN.finditer(self._paint):
            number = run[1][0]
            yield "" if number == _WHITE else RULES[number], self.text[run.start() : run.end()]

    def account(self) -> Account:
        """How many characters each rule has; those that none has are missing."""
        # White space becomes 0 by one AND of two long numbers; a loop would take far longer.
        inked = int.from_bytes(self._paint, "big") & int.from_bytes(self._ink, "big")
        rules = inked.to_bytes(len(self._ink), "big").replace(b"\0", b"")
        ledger = Ledger()
        for rule, fill in _FILL.items():
            others = rules.translate(None, fill)
            ledger.add_count(rule, len(rules) - len(others))
            rules = others
        return ledger.account(self._ink.count(_WHITE))
