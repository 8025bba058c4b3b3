"""From a file to a `Script`: what people write for podforge, and what they have already.

    read(path)                       a script, or every error in it at once
    suggest_cast(path)               who speaks, for scripts that declare nobody
    front_matter(suggestion, voices) the declaration to paste
    write_markdown(script, voices)   any script as Markdown that reads back to the same items

A reader for each kind of file is in `READERS`.  The way of a Markdown file: `source` (bytes to
text) → `frontmatter`, `header`, `roles` → in `markdown/`: `comments` → `blocks` → `passages` and
`labels` (what looks like a label) → `inferring`, `casting` (which of them are) → `telling` (who
says what), with `inline` for the text inside a paragraph.  What other formats say is `tidied`, so
that a script can say it too.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from podforge.errors import InputError, Place, Problem
from podforge.reading.findings import Findings
from podforge.reading.header import with_usual
from podforge.reading.markdown.reader import read_markdown
from podforge.reading.markdown.writing import write_markdown
from podforge.reading.names import listed
from podforge.reading.source import Asked, load
from podforge.reading.suggesting import (
    CastSuggestion,
    FoundSpeaker,
    front_matter,
    speakers_block,
    suggestion,
)
from podforge.reading.tidying import tidied
from podforge.reading.twin import read_twin
from podforge.script import Script
from podforge.strict_yaml import Mapping as Settings

__all__ = [
    "SCRIPTS",
    "Asked",
    "CastSuggestion",
    "Findings",
    "FoundSpeaker",
    "front_matter",
    "has_front_matter",
    "listed",
    "read",
    "speakers_block",
    "suggest_cast",
    "tidied",
    "write_markdown",
]

Reader = Callable[[Path, Asked, Findings], Script]
"""Reads a file; what is wrong goes to the findings, or ends it with an `InputError`."""


def _markdown(path: Path, asked: Asked, findings: Findings) -> Script:
    return read_markdown(load(path, asked.encoding), findings, infer=asked.infer, usual=asked.usual)


def _twin(path: Path, asked: Asked, findings: Findings) -> Script:
    return read_twin(load(path, asked.encoding), findings, infer=asked.infer, usual=asked.usual)


def _json(path: Path, asked: Asked, findings: Findings) -> Script:
    from podforge.reading.captions.transcripts import read_transcript

    text = load(path, asked.encoding)
    transcript = read_transcript(text, findings)
    return transcript or read_twin(text, findings, json=True, infer=asked.infer, usual=asked.usual)


def _plain_text(path: Path, asked: Asked, findings: Findings) -> Script:
    from podforge.reading.plaintext.reader import read_plain_text

    return read_plain_text(path, asked, findings)


def _captions(path: Path, asked: Asked, findings: Findings) -> Script:
    from podforge.reading.captions.reader import read_captions

    return read_captions(path, asked, findings)


def _fountain(path: Path, asked: Asked, findings: Findings) -> Script:
    from podforge.reading.screenplay.fountain import read_fountain

    return read_fountain(path, asked, findings)


def _epub(path: Path, asked: Asked, findings: Findings) -> Script:
    from podforge.reading.epub import read_epub  # brings lxml

    return read_epub(path, asked, findings)


READERS: Mapping[str, Reader] = {
    **dict.fromkeys(("", ".md", ".markdown"), _markdown),
    **dict.fromkeys((".yaml", ".yml"), _twin),
    ".txt": _plain_text,
    ".json": _json,
    **dict.fromkeys((".vtt", ".srt"), _captions),
    **dict.fromkeys((".fountain", ".spmd"), _fountain),
    ".epub": _epub,
}
SCRIPTS = (".md", ".markdown", ".yaml", ".yml")  # what people write for podforge; others import


def read(path: Path, asked: Asked = Asked()) -> Script:  # noqa: B008  frozen
    """The script in a file; its warnings are in `Script.warnings`.

    Raises `MissingInput` when the file cannot be opened and `InputError` with every problem
    when it is not a script that can be spoken.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        kinds = ", ".join(kind for kind in READERS if kind)
        raise InputError.at(
            Place(str(path)),
            f"files that end in {path.suffix} are not read; scripts end in {kinds}",
        )
    findings = Findings(str(path))
    try:
        script = reader(path, asked, findings)
        if reader not in (_markdown, _twin):
            script = tidied(script)
            header = with_usual(script.header, asked.usual, findings)
            script = replace(script, header=header)
    except InputError as error:
        raise InputError((*findings.sorted(), *error.problems)) from error
    if not any(script.speeches()) and not findings.failed():
        findings.problems.append(Problem(Place(str(path)), "error", _silent(path.suffix.lower())))
    findings.raise_errors()
    return replace(script, warnings=findings.sorted())


def suggest_cast(
    path: Path, encoding: str = "utf-8", usual: tuple[Settings, ...] = ()
) -> CastSuggestion:
    """Who speaks in a script, declared or not; raises as `read` does."""
    return suggestion(read(path, Asked(encoding, infer=True, usual=usual)))


def has_front_matter(path: Path, encoding: str = "utf-8") -> bool:
    """Whether a script says anything about itself; a YAML script always may."""
    if READERS.get(path.suffix.lower()) not in (_markdown, _plain_text):
        return True
    return load(path, encoding).lstrip().startswith(("---", "+++"))


def _silent(suffix: str) -> str:
    if READERS[suffix] is not _markdown:
        return "nothing is spoken: there is no text in it"
    return (
        "nothing is spoken: start a paragraph with a speaker's name, such as **Ana:**, "
        "or name who reads everything with `narrator:` in the front matter"
    )
