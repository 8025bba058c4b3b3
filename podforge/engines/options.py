"""Settings of an engine as a frozen dataclass: each field says how it is read.

With `steps: int = setting(10, number(int, 1, 100))` in a dataclass `Options`,
`read(Options, "sonic", {"steps": "20"})` is `Options(steps=20)`.
"""

from collections.abc import Callable
from dataclasses import Field, field, fields
from difflib import get_close_matches
from typing import Any, ClassVar, Protocol, TypeVar

from podforge.cast import Settings
from podforge.errors import SettingError

Read = Callable[[str, Any], Any]  # of a setting's name and value; raises SettingError


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


OptionsT = TypeVar("OptionsT", bound=_Dataclass)


def setting(default: Any, how: Read) -> Any:
    """A field of a dataclass of options."""
    return field(default=default, metadata={"how": how})


def names(kind: type[_Dataclass]) -> tuple[str, ...]:
    """The settings that there are."""
    return tuple(each.name for each in fields(kind))


def read(kind: type[OptionsT], engine: str, settings: Settings) -> OptionsT:
    """The options; raises `SettingError` for one that there is not, or that cannot be."""
    how = {each.name: each.metadata["how"] for each in fields(kind)}
    for name in settings:
        if name not in how:
            near = get_close_matches(name, how, n=1)
            hint = f'did you mean "{near[0]}"?' if near else "there are " + ", ".join(how)
            raise SettingError(f'{engine} has no setting "{name}"', name, hint=hint)
    return kind(**{name: how[name](name, value) for name, value in settings.items()})


def read_voice(kind: type[OptionsT], engine: str, settings: Settings) -> OptionsT:
    """The options of one voice; raises `ValueError`, as `EngineSpec.voice_settings` does."""
    try:
        return read(kind, engine, settings)
    except SettingError as error:
        hint = f" ({error.hint})" if error.hint else ""
        text = error.text if error.setting in error.text else f'"{error.setting}": {error.text}'
        raise ValueError(f"{text}{hint}") from error


def number(kind: type, least: float, most: float) -> Read:
    """A number between two others."""

    def how(name: str, value: Any) -> Any:
        text = str(value).strip()
        try:
            found = kind(text)
        except ValueError:
            found = None
        if found is None or isinstance(value, bool) or not least <= found <= most:
            whole = "a whole number" if kind is int else "a number"
            raise SettingError(f'{whole} from {least} to {most}, not "{value}"', name)
        return found

    return how


def choice(*choices: str) -> Read:
    """One of some words; capitals do not count."""

    def how(name: str, value: Any) -> str:
        text = str(value).strip().lower()
        if text not in choices:
            raise SettingError(f'one of {", ".join(choices)}, not "{value}"', name)
        return text

    return how


def words(what: str, most: int = 2_000) -> Read:
    """Any text that says something, of up to `most` characters."""

    def how(name: str, value: Any) -> str:
        text = " ".join(str(value).split())
        if not text or len(text) > most:
            raise SettingError(f"{what}, of 1 to {most} characters", name)
        return text

    return how


def secret(_name: str, value: Any) -> str:
    """A text that no error repeats; empty: none, wherever else one may be found."""
    return str(value).strip()


def yes(name: str, value: Any) -> bool:
    """Yes or no, in the words of YAML and of shells."""
    text = str(value).strip().lower()
    if text in ("yes", "true", "on", "1"):
        return True
    if text in ("no", "false", "off", "0"):
        return False
    raise SettingError(f'yes or no, not "{value}"', name)
