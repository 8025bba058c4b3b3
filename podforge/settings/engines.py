"""Settings of engines: as a flag or the environment says them, and as an engine gets them."""

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from podforge.cast import Settings
from podforge.errors import InputError, Place, PodforgeError, SettingError, UsageError
from podforge.script import Setting

PREFIX = "PODFORGE_"
FOLDERS = ("model",)  # settings that may name a folder
# Settings with a flag of their own, for every engine that knows them.
SHARED = (
    "model", "base_url", "device", "dtype", "steps", "guidance", "seed", "window", "batch",
    "noise",
)  # fmt: skip

_SECRET = re.compile(r"(?:.*[_-])?(?:key|token|secret|password)", re.IGNORECASE)

Written = Mapping[str, Setting]  # the settings of one engine, by name


@dataclass(frozen=True)
class Flag:
    """`--steps 20`, for every engine that knows it, or `--set vibevoice.steps=20`.

    With a `variable` it comes from the environment, where it may speak to nobody.
    """

    setting: str
    text: str
    engine: str = ""
    variable: str = ""

    @property
    def name(self) -> str:
        """As it is typed."""
        flag = f"--{self.setting.replace('_', '-')}"
        typed = f"--set {self.engine}.{self.setting}" if self.engine else flag
        return self.variable or typed

    @property
    def words(self) -> tuple[str, str]:
        """As it is typed, with its value."""
        if self.engine:
            return "--set", f"{self.engine}.{self.setting}={self.text}"
        return self.name, self.text

    @property
    def rank(self) -> tuple[bool, bool]:
        """What is typed wins over the environment, then what names its engine."""
        return not self.variable, bool(self.engine)


@dataclass(frozen=True)
class EngineFlags:
    """What is said to engines; `offline` (None: nothing is said) and `update` are for models."""

    flags: tuple[Flag, ...] = ()
    offline: bool | None = None
    update: bool = False

    def check(self, known: Mapping[str, Collection[str]]) -> None:
        """Raise `UsageError` for a flag that reaches none of the engines in use.

        `known` holds the settings of each, as far as it lists them.
        """
        used = ", ".join(f"{name} ({', '.join(own) or 'no flags'})" for name, own in known.items())
        for flag in self.flags:
            if flag.variable:
                continue
            if flag.engine and flag.engine not in known:
                text = f'{flag.name}: the engine "{flag.engine}" is not in use'
                raise UsageError(text, hint=f"in use: {', '.join(known)}")
            if not flag.engine and not any(flag.setting in own for own in known.values()):
                raise UsageError(f"{flag.name}: no engine in use knows it", hint=f"in use: {used}")

    def of(self, engine: str, known: Collection[str]) -> dict[str, Setting]:
        """Those that reach an engine; what names the engine wins."""
        return {
            flag.setting: Setting(flag.text, flag=flag.name)
            for flag in sorted(self.flags, key=lambda flag: flag.rank)
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
    if is_secret(setting):
        variable = variable_of(engine, setting)
        raise UsageError(
            f"--set {engine}.{setting}: a secret on a command line is seen by everybody",
            hint=f"set {variable}, or write it into your own settings: podforge config path",
        )
    return Flag(setting, value.strip(), engine)


def variable_of(*names: str) -> str:
    """`PODFORGE_VIBEVOICE_STEPS` of `vibevoice`, `steps`."""
    return PREFIX + "_".join(names).upper().replace("-", "_").replace(".", "_")


def environment_flags(environ: Mapping[str, str], engines: Sequence[str]) -> tuple[Flag, ...]:
    """What the environment says to `engines`, the installed ones.

    `PODFORGE_STEPS` is for every engine that knows it, `PODFORGE_VIBEVOICE_STEPS` for that one.
    Of two engines whose names a variable begins with, the longer one is meant.  An empty
    variable is not set.
    """
    stems = sorted(((variable_of(name) + "_", name) for name in engines), key=lambda s: -len(s[0]))
    shared = {variable_of(name): name for name in SHARED}
    flags = []
    for variable, text in sorted(environ.items()):
        if not variable.startswith(PREFIX) or not text.strip():
            continue
        if variable in shared:
            flags.append(Flag(shared[variable], text.strip(), "", variable))
            continue
        stem, engine = next((s for s in stems if variable.startswith(s[0])), ("", ""))
        if engine and (setting := variable.removeprefix(stem).lower()):
            flags.append(Flag(setting, text.strip(), engine, variable))
    return tuple(flags)


def is_secret(setting: str) -> bool:
    """Whether a setting is one that is shown to nobody, such as `api_key`."""
    return bool(_SECRET.fullmatch(setting))


def public(settings: Settings) -> Settings:
    """The settings without secrets: what may be written down."""
    return {name: value for name, value in settings.items() if not is_secret(name)}


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
