"""From a file to a `Script`: Markdown, its YAML twin, and who speaks in either.

    read(path)                       a script, or every error in it at once
    suggest_cast(path)               who speaks, for scripts that declare nobody
    front_matter(suggestion, voices) the declaration to paste

The way of a Markdown file: `source` (bytes to text) → `frontmatter`, `header`, `roles` →
`comments` → `blocks` → `passages` and `labels` (what looks like a label) → `casting` (which of
them are) → `telling` (who says what), with `inline` for the text inside a paragraph.
"""

from dataclasses import replace
from pathlib import Path

from podforge.errors import InputError, Place, Problem
from podforge.reading.findings import Findings
from podforge.reading.markdown import read_markdown
from podforge.reading.source import load
from podforge.reading.suggesting import (
    CastSuggestion,
    FoundSpeaker,
    front_matter,
    speakers_block,
    suggestion,
)
from podforge.reading.twin import read_twin
from podforge.script import Script

__all__ = [
    "CastSuggestion",
    "FoundSpeaker",
    "front_matter",
    "has_front_matter",
    "read",
    "speakers_block",
    "suggest_cast",
]

MARKDOWN = ("", ".md", ".markdown", ".txt")
YAML = (".yaml", ".yml", ".json")


def read(path: Path, encoding: str = "utf-8") -> Script:
    """The script in a file; its warnings are in `Script.warnings`.

    Raises `MissingInput` when the file cannot be opened and `InputError` with every problem
    when it is not a script that can be spoken.
    """
    return _read(path, encoding, infer=False)


def suggest_cast(path: Path, encoding: str = "utf-8") -> CastSuggestion:
    """Who speaks in a script, declared or not; raises as `read` does."""
    return suggestion(_read(path, encoding, infer=True))


def has_front_matter(path: Path, encoding: str = "utf-8") -> bool:
    """Whether a script says anything about itself; a YAML script always may."""
    return path.suffix.lower() in YAML or load(path, encoding).lstrip().startswith(("---", "+++"))


def _read(path: Path, encoding: str, *, infer: bool) -> Script:
    suffix = path.suffix.lower()
    if suffix not in (*MARKDOWN, *YAML):
        kinds = ", ".join(kind for kind in (*MARKDOWN, *YAML) if kind)
        raise InputError.at(
            Place(str(path)), f"files that end in {suffix} are not read; scripts end in {kinds}"
        )
    findings = Findings(str(path))
    text = load(path, encoding)
    try:
        if suffix in YAML:
            script = read_twin(text, findings, json=suffix == ".json", infer=infer)
        else:
            script = read_markdown(text, findings, infer=infer)
    except InputError as error:
        raise InputError((*findings.sorted(), *error.problems)) from error
    if not any(script.speeches()) and not findings.failed():
        findings.problems.append(Problem(Place(str(path)), "error", _silent(suffix)))
    findings.raise_errors()
    return replace(script, warnings=findings.sorted())


def _silent(suffix: str) -> str:
    if suffix in YAML:
        return "nothing is spoken: no entry has a text"
    return (
        "nothing is spoken: start a paragraph with a speaker's name, such as **Ana:**, "
        "or name who reads everything with `narrator:` in the front matter"
    )
