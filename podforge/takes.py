"""The takes that somebody chose for a script: `SCRIPT.takes.yaml`, beside it and made for Git.

    takes:
      57b4267fbf64350ffa85ff7595171833bc390aff234abae8a58959c6697637dc:
        take: 2
        engine: vibevoice
        line: 12
        says: "Mara: Good evening to all of you."

An entry is keyed by what decides the sound of its job.  A line that is moved keeps its choice;
one that is edited, or another voice, is another job, and the choice fits nothing any more.
"""

import errno
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from podforge import strict_yaml as yaml
from podforge.cast import Cast
from podforge.errors import InputError, Place, Problem, UsageError, storage
from podforge.plan import Job, Plan, Takes, Utterance

MOST_TAKE = 9999
MOST_SHOWN = 72  # characters of a line, for people
MOST_BYTES = 4 * 2**20
_ENDING = ".takes.yaml"
_KEYS = ("take", "engine", "line", "says")
_CONTENT = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[1-9][0-9]{0,7}")
_HEAD = """\
# Takes that somebody chose, as `podforge retake` writes them.  This file belongs into Git.
# An entry is found by its job's text, voice and settings; line and words are for people.
takes:
"""


@dataclass(frozen=True)
class Choice:
    """Take `take` of the job with this `content`; where and what it was when it was chosen."""

    content: str
    take: int
    engine: str = ""
    line: int = 0
    says: str = ""
    place: Place = field(default=Place(""))  # of the entry


@dataclass(frozen=True)
class Chosen:
    """What a takes file says; without a path there is none."""

    path: Path | None = None
    choices: tuple[Choice, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def takes(self) -> Takes:
        """The take of each job, by content."""
        return {choice.content: choice.take for choice in self.choices}

    def misfits(self, plan: Plan, cast: Cast) -> tuple[Choice, ...]:
        """The choices that fit no job; one for an engine that is not in use now is none of them."""
        known = {job.content for job in plan.jobs}
        return tuple(
            choice
            for choice in self.choices
            if choice.content not in known and (not choice.engine or choice.engine in cast.engines)
        )

    def problems(self, plan: Plan, cast: Cast) -> Iterator[Problem]:
        """What the file has in it that means nothing, and a warning for each misfit."""
        yield from self.warnings
        spoken = _spoken(plan)
        for choice in self.misfits(plan, cast):
            changed = (
                "what is spoken with it, the voice or a setting" if choice.says in spoken else ""
            )
            text = (
                f'the choice for line {choice.line} no longer fits ("{choice.says}"): '
                f"{changed or 'its text'} changed; `podforge retake` makes another, or delete it"
            )
            yield Problem(choice.place, "warning", text)

    def with_choice(
        self, plan: Plan, cast: Cast, job: Job, said: Utterance, take: int
    ) -> tuple[Choice, ...]:
        """The choices with this take of a job, 0 for the one that nobody asked for.

        `said` is the line that somebody listened to.  Misfits go whose line is gone, or is spoken
        by this job, with its window; others may be of settings that come back.
        """
        new = Choice(job.content, take, job.engine, said.place.line, says(said))
        spoken = _spoken(plan) - set(map(says, job.utterances))
        misfits = self.misfits(plan, cast)
        others = tuple(
            choice
            for choice in self.choices
            if choice.content != new.content and (choice not in misfits or choice.says in spoken)
        )
        return (*others, new) if take else others


def _spoken(plan: Plan) -> set[str]:
    return {says(said) for job in plan.jobs for said in job.utterances}


def says(said: Utterance) -> str:
    """The beginning of a line, for people: `Mara: Good evening`."""
    return " ".join(f"{said.speaker}: {said.text}".split())[:MOST_SHOWN].rstrip()


def takes_path(script: Path) -> Path:
    """Where the choices for a script lie."""
    return script.with_name(script.name + _ENDING)


def check_name(script: Path) -> None:
    """Raise `UsageError` for a script with so long a name that no takes file can lie beside it."""
    try:
        takes_path(script).lstat()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise UsageError(
                f"{script}: the name is too long for a file of takes beside it, "
                f"which is called so and {_ENDING}",
                hint="give the script a shorter name",
            ) from error


def takes_text(choices: Iterable[Choice]) -> str:
    """The file with these choices, in the order of the lines where they were made."""
    entries = sorted(choices, key=lambda choice: (choice.line, choice.content))
    return _HEAD + "".join(map(_entry, entries)) if entries else _HEAD[:-1] + " {}\n"


def _entry(choice: Choice) -> str:
    fields = {"take": str(choice.take)}
    fields |= {"engine": json.dumps(choice.engine)} if choice.engine else {}
    fields |= {"line": str(choice.line)} if choice.line else {}
    fields |= {"says": json.dumps(choice.says, ensure_ascii=False)} if choice.says else {}
    return f"  {choice.content}:\n" + "".join(f"    {k}: {v}\n" for k, v in fields.items())


def read_takes(script: Path) -> Chosen:
    """The choices for a script, if there are any.  Raises `InputError` with all that is wrong."""
    path = takes_path(script)
    with storage("reading", path):
        try:
            data = path.read_bytes()
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENAMETOOLONG):  # the latter can never be there
                return Chosen()
            raise
    try:
        node = yaml.load(data.decode("utf-8"), str(path), most=MOST_BYTES)
    except UnicodeDecodeError as error:
        raise InputError.at(Place(str(path)), "this is not UTF-8 text") from error
    return _Reader(path).chosen(node)


class _Reader:
    """Turns nodes into choices and keeps all problems."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def chosen(self, node: yaml.Node) -> Chosen:
        entries = dict(self._known(node, ("takes",), "a takes file is a map with the key takes"))
        takes = entries.get("takes")
        found = self._entries(takes, "takes is a map from a job to its take") if takes else ()
        choices = tuple(choice for key, value in found if (choice := self._choice(key, value)))
        if any(problem.severity == "error" for problem in self.problems):
            raise InputError(tuple(self.problems))
        return Chosen(self.path, choices, tuple(self.problems))

    def _choice(self, key: yaml.Scalar, node: yaml.Node) -> Choice | None:
        if not _CONTENT.fullmatch(key.text):
            self._wrong(key, f'"{key.text}" is no job: 64 digits and letters a to f')
        known = self._known(node, _KEYS, "an entry is a map with the key take")
        fields = {name: self._text(name, value) for name, value in known}
        take, line = fields.get("take", ""), fields.get("line", "")
        if not _NUMBER.fullmatch(take) or int(take) > MOST_TAKE:
            self._wrong(key, f'"take" is a number from 1 to {MOST_TAKE}')
            return None
        if line and not _NUMBER.fullmatch(line):
            self._wrong(key, '"line" is a number')
            return None
        says = fields.get("says", "")
        return Choice(
            key.text, int(take), fields.get("engine", ""), int(line or 0), says, key.place
        )

    def _known(
        self, node: yaml.Node, known: tuple[str, ...], wanted: str
    ) -> Iterator[tuple[str, yaml.Node]]:
        """The entries of a map; a warning for each key that means nothing here."""
        for key, value in self._entries(node, wanted):
            if key.text in known:
                yield key.text, value
            else:
                text = f'the key "{key.text}" means nothing here (there are {", ".join(known)})'
                self.problems.append(Problem(key.place, "warning", text))

    def _entries(self, node: yaml.Node, wanted: str) -> tuple[tuple[yaml.Scalar, yaml.Node], ...]:
        if isinstance(node, yaml.Mapping):
            return node.entries
        if not isinstance(node, yaml.Scalar) or node.text:
            self._wrong(node, wanted)
        return ()

    def _text(self, name: str, node: yaml.Node) -> str:
        if isinstance(node, yaml.Scalar):
            return node.text.strip()
        self._wrong(node, f'"{name}" is one text')
        return ""

    def _wrong(self, node: yaml.Node, text: str) -> None:
        self.problems.append(Problem(node.place, "error", text))
