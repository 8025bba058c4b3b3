"""A file of settings, read: what it says to the command, of engines, and for front matter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from podforge import strict_yaml as yaml
from podforge.errors import InputError, Place, Problem, UsageError, storage
from podforge.script import Setting
from podforge.settings.engines import Written, is_secret, variable_of
from podforge.settings.finding import FILE, find_user_file, search
from podforge.settings.keys import FILES, FRONT, OF_COMMAND, ONE_SCRIPT

MOST_BYTES = 64 * 1024
ALIASES = {"target": "loudness"}  # called so by a flag
WRITTEN = ("output", "cache")  # a project that was downloaded sends no files elsewhere
KNOWN = ("engine", "engines", *OF_COMMAND, *ALIASES, *FRONT)


@dataclass(frozen=True)
class ConfigFile:
    """A `podforge.yaml`, or the user's `config.yaml`."""

    path: Path | None = None  # absolute
    options: Mapping[str, Setting] = field(default_factory=dict)  # of the command
    engine: Setting | None = None  # for speakers and scripts that name none
    engines: Mapping[str, Written] = field(default_factory=dict)
    front: yaml.Mapping | None = None  # what front matter says where a script does not
    shared: bool = False  # with others: it is a project's


@dataclass(frozen=True)
class Config:
    """The files that hold for a folder, the one that wins first."""

    files: tuple[ConfigFile, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where they are."""
        return tuple(file.path for file in self.files if file.path)

    @property
    def engine(self) -> Setting | None:
        """The engine for speakers and scripts that name none."""
        return next((file.engine for file in self.files if file.engine), None)

    @property
    def engines(self) -> dict[str, Written]:
        """The settings of each engine, each from the file that wins."""
        merged: dict[str, dict[str, Setting]] = {}
        for file in reversed(self.files):
            for name, written in file.engines.items():
                merged[name] = {**merged.get(name, {}), **written}
        return dict(merged)

    @property
    def front(self) -> tuple[yaml.Mapping, ...]:
        """What the files say for front matter, the one that wins last."""
        return tuple(file.front for file in reversed(self.files) if file.front)

    def option(self, name: str) -> Setting | None:
        """A setting of the command."""
        return next((file.options[name] for file in self.files if name in file.options), None)


def read_config(folder: Path) -> Config:
    """The files that hold for scripts in `folder`.  Raises `InputError` with all that is wrong."""
    looked, user = search(folder, (FILE,)), find_user_file()
    problems: list[Problem] = []
    files: list[ConfigFile] = []
    for path, shared in ((looked.found, True), (user, False)):
        if path and path not in (file.path for file in files):
            try:
                files.append(_read(path, shared=shared))
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(tuple(problems))
    return Config(tuple(files), tuple(map(_ignored, looked.ignored)))


def _ignored(path: Path) -> Problem:
    """A warning for a project file that does not count."""
    text = (
        "not used, as it belongs to another user: to have it hold, take it over (chown) or copy it"
    )
    return Problem(Place(_shown(path)), "warning", text)


def _shown(path: Path) -> str:
    """A path as people know it: from here, if it lies here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _read(path: Path, *, shared: bool) -> ConfigFile:
    """`shared`: with others, as a project is, so that no secret may stand in it."""
    shown = _shown(path)
    with storage("reading", path), path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    try:
        node = yaml.load(data.decode("utf-8"), shown, most=MOST_BYTES)
    except UnicodeDecodeError as error:
        raise InputError.at(Place(shown), "this is not UTF-8 text") from error
    return _Reader(path, shared=shared).file(node)


class _Reader:
    """Turns nodes into a `ConfigFile` and keeps all problems."""

    def __init__(self, path: Path, *, shared: bool) -> None:
        self.path, self.name, self.shared = path, path.name, shared
        self.problems: list[Problem] = []
        self.options: dict[str, Setting] = {}
        self.front: list[tuple[yaml.Scalar, yaml.Node]] = []
        self.engine: Setting | None = None
        self.engines: dict[str, Written] = {}

    def file(self, node: yaml.Node) -> ConfigFile:
        for key, value in self.entries(node, f"{self.name} is a map of settings"):
            self.entry(key, value)
        if self.problems:
            raise InputError(tuple(self.problems))
        front = yaml.Mapping(tuple(self.front), node.place) if self.front else None
        return ConfigFile(self.path, self.options, self.engine, self.engines, front, self.shared)

    def entry(self, key: yaml.Scalar, node: yaml.Node) -> None:
        name = ALIASES.get(key.text, key.text)
        if name == "engine":
            self.engine = self.text(key, node)
        elif name == "engines":
            entries = self.entries(node, '"engines" is a map from an engine to its settings')
            self.engines = {name.text: self.settings(name.text, value) for name, value in entries}
        elif name in OF_COMMAND:
            self.option(key, node)
        elif name in FRONT:
            self.of_front(yaml.Scalar(name, key.place), node)
        elif name in ONE_SCRIPT:
            self.wrong(key, f'"{name}" is of one script: write it into its front matter')
        elif is_secret(name):
            self.wrong(key, f'{self.name} has no key "{name}"; those of engines stand in "engines"')
        else:
            self.wrong(key, f'{self.name} has no key "{key.text}" ({_meant(key.text)})')

    def option(self, key: yaml.Scalar, node: yaml.Node) -> None:
        if isinstance(node, yaml.Sequence) and key.text == "include":
            texts = [item.text for item in node.items if isinstance(item, yaml.Scalar)]
            node = yaml.Scalar(",".join(texts), node.place)
        setting = self.text(key, node)
        if setting:
            try:
                value = OF_COMMAND[key.text].parse(setting.text, self.path.parent)
            except (ValueError, UsageError) as error:
                self.wrong(key, f"{key.text}: {error}")
            else:
                self.inside(key, value)
            self.options[key.text] = setting

    def inside(self, key: yaml.Scalar, value: object) -> None:
        """Have a project keep what it writes inside its own folder."""
        if not (self.shared and key.text in WRITTEN and isinstance(value, Path)):
            return
        folder = self.path.parent
        if not value.resolve().is_relative_to(folder.resolve()):
            text = f"{key.text}: {value} lies outside the project, {folder}: say it with"
            variable = variable_of(key.text)
            self.wrong(key, f"{text} --{key.text}, {variable}, or in your own settings")

    def of_front(self, key: yaml.Scalar, node: yaml.Node) -> None:
        if any(key.text == other.text for other, _ in self.front):
            self.wrong(key, f'"{key.text}" is said twice: it is the target, too')
        elif not self.shared and key.text in FILES and not isinstance(node, yaml.Mapping):
            self.wrong(key, f'"{key.text}" names a file of a project: write it into {FILE} there')
        else:
            self.front.append((key, node))

    def settings(self, engine: str, node: yaml.Node) -> Written:
        entries = self.entries(node, f"the settings for {engine} are a map")
        for key, _ in entries if self.shared else ():
            if is_secret(key.text):
                self.wrong(key, secret_text(engine, key.text))
        found = {key.text: self.text(key, value) for key, value in entries}
        return {name: setting for name, setting in found.items() if setting}

    def entries(self, node: yaml.Node, wanted: str) -> Sequence[tuple[yaml.Scalar, yaml.Node]]:
        """Those of a map; an empty value counts as an empty one."""
        if isinstance(node, yaml.Mapping):
            return node.entries
        if not isinstance(node, yaml.Scalar) or node.text:
            self.wrong(node, wanted)
        return ()

    def text(self, key: yaml.Scalar, node: yaml.Node) -> Setting | None:
        if isinstance(node, yaml.Scalar) and node.text.strip():
            return Setting(node.text.strip(), key.place)
        self.wrong(key, f'"{key.text}" is one text')
        return None

    def wrong(self, node: yaml.Node, text: str) -> None:
        self.problems.append(Problem(node.place, "error", text))


def secret_text(engine: str, setting: str) -> str:
    """What to say where a secret stands in a file that is shared."""
    return (
        f'"{setting}" is a secret, and this file is shared: set {variable_of(engine, setting)}, '
        "or write it into your own settings (podforge config path)"
    )


def _meant(name: str) -> str:
    near = get_close_matches(name, KNOWN, n=1)
    return f'did you mean "{near[0]}"?' if near else "there are " + ", ".join(sorted(KNOWN))
