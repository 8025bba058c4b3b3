"""Takes out what nobody is to hear, keeping every line and column where it is."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from podforge.reading.findings import Findings

_OPEN = re.compile(
    r"^ {0,3}(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})[^\n]*$|<!--|(?<!\S)%%(?!%)"
    r"|<(?P<raw>script|style|template)\b[^<>]{0,200}>",
    re.M | re.I,
)
_DIRECTIVE = re.compile(r"<!--\s*podforge\s*:\s*(\w+)\s*-->", re.I)
_VISIBLE = re.compile(r"[^\n]")


def hides(line: str) -> bool:
    """Whether something in a line would begin a comment, a code fence, or a script."""
    return bool(_OPEN.search(line))


class Hidden(NamedTuple):
    """A range of the text that nobody is to hear, and why: `comment` or `skip`."""

    start: int
    end: int
    rule: str


def hidden(text: str, findings: Findings, line_offset: int) -> list[Hidden]:
    """Where `<!-- -->`, `%% %%`, scripts, and all from skip to resume stand, in order.

    Code fences are left alone.  A comment that never ends is an error, and so is a skip.
    """
    if "<" not in text and "%%" not in text:
        return []
    ranges: list[Hidden] = []
    at = 0
    for start, end, rule in _hidden(text, findings, line_offset):
        if end > at:
            ranges.append(Hidden(max(start, at), end, rule))
            at = end
    return ranges


def blanked(text: str, ranges: Iterable[Hidden]) -> str:
    """The text with ranges of it made blanks, its lines as they were."""
    parts: list[str] = []
    at = 0
    for start, end, _ in ranges:
        parts += [text[at:start], _VISIBLE.sub(" ", text[start:end])]
        at = end
    return "".join([*parts, text[at:]])


def _hidden(text: str, findings: Findings, line_offset: int) -> Iterator[Hidden]:
    at = 0
    skipped = -1  # where the current skip began
    endless: set[str] = set()
    while found := _OPEN.search(text, at):
        opener = (found["raw"] or found.group()).lower()
        at = found.end() if opener in endless else _end(text, found)
        if at < 0:
            endless.add(opener)
            if opener == "<!--":
                _report(text, found.start(), findings, line_offset, "comment", "-->")
        if opener in endless or found["fence"]:
            at = max(at, found.end())
            continue
        directive = _DIRECTIVE.fullmatch(text, found.start(), at)
        word = directive[1].lower() if directive else ""
        if word == "skip" and skipped < 0:
            skipped = found.start()
        elif word == "resume" and skipped >= 0:
            yield Hidden(skipped, at, "skip")
            skipped = -1
        elif skipped < 0:
            yield Hidden(found.start(), at, "comment")
    if skipped >= 0:
        _report(text, skipped, findings, line_offset, "skip", "<!-- podforge: resume -->")


def _end(text: str, found: re.Match[str]) -> int:
    """Where what opens here ends; -1 if it never does."""
    if found["fence"]:
        closing = re.compile(
            rf"^ {{0,3}}{found['fence'][0]}{{{len(found['fence'])},}}[ \t]*$", re.M
        )
        end = closing.search(text, found.end())
        return end.end() if end else len(text)
    closer = f"</{found['raw'].lower()}>" if found["raw"] else ""
    if closer:
        end = re.compile(closer, re.I).search(text, found.end())
        return end.end() if end else -1
    mark = "-->" if found.group() == "<!--" else "%%"
    at = text.find(mark, found.end())
    return at + len(mark) if at >= 0 else -1


def _report(
    text: str, start: int, findings: Findings, line_offset: int, what: str, closer: str
) -> None:
    line = line_offset + text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    findings.error(findings.place(line, column), f'this {what} never ends: add "{closer}"')
