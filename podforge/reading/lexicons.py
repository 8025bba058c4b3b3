"""How words are said: the `lexicon:` of a front matter, and lexicon files, YAML or PLS.

An entry is `word: respelling` or `word: {say: ..., ipa: ..., case: exact}`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from podforge import strict_yaml
from podforge.errors import InputError, MissingInput, Place
from podforge.phonemes import respelled
from podforge.reading import values
from podforge.reading.findings import Findings
from podforge.reading.names import meant
from podforge.script import Header, Setting

MOST_SAY = 200  # characters that stand for one word
MOST_BYTES = 4 * 2**20
NAMES = ("lexicon.yaml", "lexicon.yml", "lexicon.pls")  # of a project, beside its podforge.yaml

_KEYS = ("say", "ipa", "case")


@dataclass(frozen=True)
class Lexicon:
    """Words and how they are said; those in `exact` count only as they are written."""

    words: Mapping[str, str] = field(default_factory=dict)
    exact: frozenset[str] = frozenset()
    files: tuple[Setting, ...] = ()  # that a front matter names

    def under(self, other: "Lexicon") -> "Lexicon":
        """Both; the other one wins."""
        kept = self.exact - other.words.keys()
        return Lexicon({**self.words, **other.words}, kept | other.exact, other.files)


def written_lexicon(node: strict_yaml.Node, findings: Findings) -> Lexicon | None:
    """What stands after `lexicon:`: a map, or the name of a file, or a list of names."""
    if isinstance(node, strict_yaml.Mapping):
        return _entries(node, findings)
    names = ((values.text(item, findings), item.place) for item in values.sequence(node))
    return Lexicon(files=tuple(Setting(name, place) for name, place in names if name))


def with_lexicons(header: Header, script: Path, project: Path | None) -> tuple[Header, list[str]]:
    """The header with the words of all its lexicons, and the files they came from.

    The front matter's own entries win over its files, of which the later ones win, and those
    over the project's.  Raises `InputError` with all that is wrong, `MissingInput`.
    """
    findings = Findings(str(script))
    found, read = Lexicon(), []
    wanted: list[tuple[Path | None, Place]]
    wanted = [(project, Place(str(project)))] if project else []
    wanted += [(_beside(name, findings), name.place) for name in header.lexicon_files]
    if project and not project.resolve().is_relative_to(project.parent.resolve()):
        raise InputError.at(Place(str(project)), "is a link that leads out of the project")
    for path, place in wanted:
        if path is not None:
            found = found.under(read_lexicon(path, place, findings))
            read.append(str(path))
    findings.raise_errors()
    found = found.under(Lexicon(header.lexicon, frozenset(header.exact_words)))
    return replace(header, lexicon=found.words, exact_words=tuple(sorted(found.exact))), read


def read_lexicon(path: Path, place: Place, findings: Findings) -> Lexicon:
    """A lexicon file.  `place` is where it was asked for.  Raises `InputError`, `MissingInput`."""
    try:
        if not path.is_file() and path.exists():
            raise InputError.at(place, f"the lexicon {path} is not a file")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        text = f"cannot read the lexicon {path}: {reason}"
        raise MissingInput(text, place=place, hint="check the path") from error
    if len(data) > MOST_BYTES:
        raise InputError.at(Place(str(path)), f"more than {MOST_BYTES // 2**20} MiB of lexicon")
    if path.suffix.lower() in (".pls", ".xml"):
        from podforge.reading.pls import read_pls  # loads an XML library

        return Lexicon(read_pls(data, Place(str(path))))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = f"not UTF-8 at byte {error.start}: save it as UTF-8"
        raise InputError.at(Place(str(path)), at) from error
    node = strict_yaml.load(text, str(path))
    if isinstance(node, strict_yaml.Mapping):
        return _entries(node, findings)
    if isinstance(node, strict_yaml.Sequence) or node.text:
        findings.error(node.place, "a lexicon is a map: Siobhán: shi-vawn")
    return Lexicon()


def _beside(name: Setting, findings: Findings) -> Path | None:
    """A file in the folder of the script, or of the file that names it, or in one inside it."""
    base = Path(name.place.file).parent
    if "\0" in name.text or not (base / name.text).resolve().is_relative_to(base.resolve()):
        text = f'"{name.text}": a lexicon lies in the folder of the script, or in one inside it'
        findings.error(name.place, text)
        return None
    return base / name.text


def _entries(node: strict_yaml.Mapping, findings: Findings) -> Lexicon:
    words: dict[str, str] = {}
    exact: set[str] = set()
    for key, value in node.entries:
        word = " ".join(key.text.split())
        if isinstance(value, strict_yaml.Mapping):
            say = _said(value, findings)
            if value.get("case") is not None:
                exact.add(word)
        else:
            say = values.text(value, findings)
        if say and len(say) > MOST_SAY:
            text = f'"{word[:20]}" is said in more than {MOST_SAY} characters'
            findings.error(key.place, text)
        elif say and word:
            words[word] = say
        elif say == "":
            findings.warning(key.place, f'nothing is written behind "{word[:20]}": how is it said?')
    return Lexicon(words, frozenset(exact & words.keys()))


def _said(node: strict_yaml.Mapping, findings: Findings) -> str | None:
    """What `{say: ..., ipa: ...}` asks for; `say` is for people, so it wins."""
    for key, _ in node.entries:
        if key.text not in _KEYS:
            findings.error(key.place, f'unknown key "{key.text}"{meant(key.text, _KEYS)}')
    if (case := node.get("case")) is not None:
        values.choice(case, findings, ("exact",))
    if (say := node.get("say")) is not None:
        return values.text(say, findings)
    if (ipa := node.get("ipa")) is None:
        findings.error(node.place, "write how it is said: {say: shi-vawn} or {ipa: ʃɪˈvɔːn}")
        return None
    written = values.text(ipa, findings)
    said = respelled(written) if written else ""
    if written and not said:
        findings.error(ipa.place, f'"{written}" is no transcription in IPA')
    return said
