"""Where espeak-ng's wheel lies, which voices and variants it holds, and a private copy of both.

Nothing here loads the library, so that `plan` and `check` can name voices cheaply.
"""

import functools
import re
import sys
import tempfile
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from podforge.errors import Unavailable

WHEEL = "espeakng-loader"
# The wheel 0.2.4 holds these voices but not their dictionaries: they would only spell.
_WITHOUT_DICTIONARY = frozenset({"art/xex", "gmq/fo", "trk/kaa"})
_FOLDER = "espeak-ng-data"  # the name espeak-ng looks for
# espeak-ng builds file names in buffers of 160 bytes: a longer data path is cut off.
_MOST_PATH = 100


def wheel_version() -> str:
    """The version of the wheel; it holds the library and its data.  Raises `Unavailable`."""
    try:
        return version(WHEEL)
    except PackageNotFoundError as error:
        raise _missing() from error


def library_file() -> Path:
    """The shared library in the wheel."""
    suffix = {"win32": "espeak-ng.dll", "darwin": "libespeak-ng.dylib"}
    return _wheel() / suffix.get(sys.platform, "libespeak-ng.so")


def find_voice(name: str) -> str:
    """The identifier of a voice, from an identifier (`gmw/en`) or a language tag (`en-GB`).

    Letter case does not matter.  Raises `ValueError` with the nearest names.
    """
    wanted = name.lower()
    found = {voice.lower(): voice for voice in _voices()}.get(wanted) or _languages().get(wanted)
    if found is None:
        raise ValueError(f'espeak-ng has no voice "{name}"{_near(name, _voices())}')
    return found


def find_language(tag: str) -> str:
    """The voice for a language tag, or for its language alone when the region is unknown.

    Raises `ValueError`.
    """
    voice = _languages().get(tag.lower()) or _languages().get(_language(tag))
    if voice is None:
        raise ValueError(f'espeak-ng does not speak the language "{tag}"')
    return voice


def speaks(voice: str, tag: str) -> bool:
    """Whether the language of `tag`, whatever its region, is one of the voice's."""
    return _language(tag) in {_language(own) for own, _ in _tags(voice)}


def find_variant(name: str) -> str:
    """A variant by its exact name.  Raises `ValueError` with the nearest names."""
    variants = tuple(path.name for path in (_data() / "voices" / "!v").iterdir())
    if name not in variants:  # it becomes part of a path, and espeak-ng ignores a wrong one
        raise ValueError(f'espeak-ng has no variant "{name}"{_near(name, variants)}')
    return name


def private_data() -> tempfile.TemporaryDirectory[str]:
    """A folder with `espeak-ng-data` made of links, under a short path, in small letters.

    espeak-ng looks for a voice by its name in small letters and, failing that, opens every
    voice file there is.
    """
    base = tempfile.gettempdir()
    root = tempfile.TemporaryDirectory(
        prefix="podforge-",
        dir="/tmp" if len(base) > _MOST_PATH else base,  # noqa: S108
    )
    data = Path(root.name) / _FOLDER
    data.mkdir()
    for entry in _data().iterdir():
        if entry.name != "lang":
            (data / entry.name).symlink_to(entry)
    for voice in _voices():
        link = data / "lang" / voice.lower()
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(_data() / "lang" / voice)
    return root


@functools.cache
def _voices() -> tuple[str, ...]:
    lang = _data() / "lang"
    files = (path for path in lang.rglob("*") if path.is_file())
    names = sorted(path.relative_to(lang).as_posix() for path in files)
    return tuple(name for name in names if name not in _WITHOUT_DICTIONARY)


@functools.cache
def _languages() -> Mapping[str, str]:
    """Language tags in small letters -> voice; of several the one with the best priority."""
    found: dict[str, tuple[int, str]] = {}
    for voice in _voices():
        for tag, priority in _tags(voice):
            found[tag] = min(found.get(tag, (priority, voice)), (priority, voice))
    return {tag: voice for tag, (_, voice) in found.items()}


@functools.cache
def _tags(voice: str) -> tuple[tuple[str, int], ...]:
    """The language tags a voice file claims, in small letters, and their priorities."""
    text = (_data() / "lang" / voice).read_text("utf-8", "replace")
    lines = re.findall(r"^language\s+(\S+)(?:\s+(\d+))?", text, re.MULTILINE)
    return tuple((tag.lower(), int(priority or 5)) for tag, priority in lines)


def _language(tag: str) -> str:
    return tag.split("-")[0].lower()


def _data() -> Path:
    return _wheel() / _FOLDER


@functools.cache
def _wheel() -> Path:
    spec = find_spec(WHEEL.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise _missing()
    return Path(spec.submodule_search_locations[0])


def _missing() -> Unavailable:
    return Unavailable("espeak-ng is not installed", hint=f"pip install {WHEEL}")


def _near(name: str, choices: tuple[str, ...]) -> str:
    lower = {choice.lower(): choice for choice in choices}
    near = [lower[match] for match in get_close_matches(name.lower(), lower, n=3, cutoff=0.5)]
    quoted = " or ".join(f'"{match}"' for match in near)
    return f" (did you mean {quoted}?)" if near else ""
