"""What the front matter of a script says, each setting with its place; its text is not read."""

from pathlib import Path

from podforge import strict_yaml
from podforge.errors import Place
from podforge.reading import frontmatter
from podforge.reading.findings import Findings
from podforge.reading.header import Found, read_header, stated
from podforge.reading.source import Asked, load
from podforge.script import Header
from podforge.strict_yaml import Mapping

_MARKDOWN, _TWIN = ("", ".md", ".markdown", ".txt"), (".yaml", ".yml")


def stated_in(path: Path | None, asked: Asked) -> tuple[Found, Header]:
    """The settings that hold for a script, with those of `asked.usual`, and what they mean.

    Without a path, and for a file that has no front matter, only the latter.  Raises as reading
    the script would.
    """
    findings = Findings(str(path or "."))
    settings = _settings(path, asked) if path else Mapping((), Place("."))
    found = stated(settings, Findings(findings.file), asked.usual)
    header, _ = read_header(settings, findings, asked.usual)
    findings.raise_errors()
    return found, header


def _settings(path: Path, asked: Asked) -> Mapping:
    suffix = path.suffix.lower()
    if suffix in _MARKDOWN:
        return frontmatter.split(load(path, asked.encoding), str(path)).settings
    if suffix in _TWIN:
        node = strict_yaml.load(load(path, asked.encoding), str(path))
        if isinstance(node, Mapping):
            return node
    return Mapping((), Place(str(path)))
