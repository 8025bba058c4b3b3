"""Settings of engines, and where each was made: flag > front matter > project file > default.

The default is the engine's own and is not seen here.  docs/settings.md describes it to people.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from podforge import strict_yaml as yaml
from podforge.cast import Settings
from podforge.errors import (
    InputError,
    Place,
    PodforgeError,
    Problem,
    SettingError,
    UsageError,
    storage,
)
from podforge.script import Setting

FILE = "podforge.yaml"
KEYS = ("engine", "engines")
MOST_BYTES = 64 * 1024  # of a project file
FOLDERS = ("model",)  # settings that may name a folder

Written = Mapping[str, Setting]  # the settings of one engine, by name


@dataclass(frozen=True)
class ProjectFile:
    """A `podforge.yaml`: what holds for every script below its folder; empty without one."""

    path: Path | None = None  # absolute
    engine: Setting | None = None  # for speakers and scripts that name none
    engines: Mapping[str, Written] = field(default_factory=dict)


@dataclass(frozen=True)
class Flag:
    """`--steps 20`, for every engine that knows it, or `--set vibevoice.steps=20`."""

    setting: str
    text: str
    engine: str = ""

    @property
    def name(self) -> str:
        """As it is typed."""
        return f"--set {self.engine}.{self.setting}" if self.engine else f"--{self.setting}"


@dataclass(frozen=True)
class EngineFlags:
    """What a command line says to engines; `offline` and `update` are for fetching models."""

    flags: tuple[Flag, ...] = ()
    offline: bool = False
    update: bool = False

    def check(self, known: Mapping[str, Collection[str]]) -> None:
        """Raise `UsageError` for a flag that reaches none of the engines in use.

        `known` holds the settings of each, as far as it lists them.
        """
        used = ", ".join(f"{name} ({', '.join(own) or 'no flags'})" for name, own in known.items())
        for flag in self.flags:
            if flag.engine and flag.engine not in known:
                text = f'{flag.name}: the engine "{flag.engine}" is not in use'
                raise UsageError(text, hint=f"in use: {', '.join(known)}")
            if not flag.engine and not any(flag.setting in own for own in known.values()):
                raise UsageError(f"{flag.name}: no engine in use knows it", hint=f"in use: {used}")

    def of(self, engine: str, known: Collection[str]) -> dict[str, Setting]:
        """Those that reach an engine; what names the engine wins."""
        ranked = sorted(self.flags, key=lambda flag: bool(flag.engine))
        return {
            flag.setting: Setting(flag.text, flag=flag.name)
            for flag in ranked
            if flag.engine == engine or (not flag.engine and flag.setting in known)
        }


def parse_flag(text: str) -> Flag:
    """`ENGINE.SETTING=VALUE` as a flag.  Raises `UsageError`."""
    name, equals, value = text.partition("=")
    engine, _, setting = name.strip().rpartition(".")
    if not (engine and setting and equals):
        raise UsageError(
            f'--set "{text}" is not ENGINE.SETTING=VALUE', hint="such as --set vibevoice.steps=10"
        )
    return Flag(setting, value.strip(), engine)


def values(written: Written) -> Settings:
    """What an engine is given: the texts, folders made absolute.  Raises `SettingError`."""
    return {
        name: _folder(name, setting) if name in FOLDERS else setting.text
        for name, setting in written.items()
    }


def placed(error: UsageError, written: Written, usual: Place) -> PodforgeError:
    """An engine's complaint with where the setting was made, or with the flag that made it.

    One that is about no setting that was made is about the file at `usual`.
    """
    if isinstance(error, SettingError):
        setting = written.get(error.setting)
    else:  # it does not say which: clear only where there is one
        setting = next(iter(written.values())) if len(written) == 1 else None
    if setting and setting.flag:
        return UsageError(f"{setting.flag}: {error.text}", hint=error.hint)
    text = f"{error.setting}: {error}" if isinstance(error, SettingError) else str(error)
    return InputError.at(setting.place if setting else usual, text)


def _folder(name: str, setting: Setting) -> str:
    """A folder relative to the file that says it (a flag: to the working directory).

    A text is a folder when it begins with `.`, `~` or `/`, or when there is one called so.
    """
    base = Path() if setting.flag else Path(setting.place.file).parent
    try:
        path = base / Path(setting.text).expanduser()
    except RuntimeError as error:
        raise SettingError(f'"{setting.text}" is in nobody\'s home folder', name) from error
    with suppress(OSError, ValueError):  # no name for a file at all
        if setting.text.startswith((".", "~", "/")) or (setting.text and path.is_dir()):
            return str(path.resolve())
    return setting.text


def read_project_file(script: Path) -> ProjectFile:
    """The project file that holds for a script.  Raises `InputError` with all that is wrong."""
    path = find_project_file(script.parent)
    if path is None:
        return ProjectFile()
    here = Path.cwd()
    shown = str(path.relative_to(here) if path.is_relative_to(here) else path)
    with storage("reading", path):
        data = path.read_bytes()
    try:
        node = yaml.load(data.decode("utf-8"), shown, most=MOST_BYTES)
    except UnicodeDecodeError as error:
        raise InputError.at(Place(shown), "this is not UTF-8 text") from error
    return _Reader().project(path, node)


def find_project_file(folder: Path) -> Path | None:
    """The nearest `podforge.yaml` in `folder` or above it.

    A repository (a folder with `.git`) is a project of its own: nothing above it counts.  Nor
    does what lies in the home folder or above, for scripts further down.
    """
    return find_upwards(folder, (FILE,))


def find_upwards(folder: Path, names: Sequence[str]) -> Path | None:
    """The first of `names` in the nearest folder that has one, as far as a project reaches."""
    folder = folder.resolve()
    home = _home()
    with storage("looking into", folder):
        for place in (folder, *folder.parents):
            if place == home != folder:
                return None
            for name in names:
                if (place / name).is_file():
                    return place / name
            if place == home or (place / ".git").exists():
                return None
    return None


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except RuntimeError:  # a user without one, as in some containers
        return None


class _Reader:
    """Turns nodes into a `ProjectFile` and keeps all problems."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def project(self, path: Path, node: yaml.Node) -> ProjectFile:
        top = self.entries(node, f"{FILE} is a map: {', '.join(KEYS)}")
        for key, _ in top:
            if key.text not in KEYS:
                self.wrong(key, f'{FILE} has no key "{key.text}" ({_meant(key.text, KEYS)})')
        found = {key.text: (key, value) for key, value in top}
        engine = self.text(*found["engine"]) if "engine" in found else None
        engines = self.engines(found["engines"][1]) if "engines" in found else {}
        if self.problems:
            raise InputError(tuple(self.problems))
        return ProjectFile(path, engine, engines)

    def engines(self, node: yaml.Node) -> dict[str, Written]:
        entries = self.entries(node, '"engines" is a map from an engine to its settings')
        return {name.text: self.settings(name.text, value) for name, value in entries}

    def settings(self, engine: str, node: yaml.Node) -> Written:
        entries = self.entries(node, f"the settings for {engine} are a map")
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


def _meant(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f'did you mean "{near[0]}"?' if near else "there are " + ", ".join(known)
