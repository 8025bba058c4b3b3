"""Where the files of settings are: `podforge.yaml` of a project, `config.yaml` of a user."""

import os
import stat
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from podforge.errors import storage

FILE = "podforge.yaml"
USER_FILE = "config.yaml"


@dataclass(frozen=True)
class Search:
    """The file that was found, and the places that were looked at before, in order.

    A file that appears at one of these places changes what holds.  Those of `ignored` are there,
    and belong to somebody whose files do not count.
    """

    found: Path | None
    absent: tuple[Path, ...] = ()
    ignored: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Consulted:
    """The files that hold for a folder, and the places where one would hold if it were there."""

    files: tuple[Path, ...]
    absent: tuple[Path, ...]
    ignored: tuple[Path, ...] = ()  # of somebody else


def consulted(folder: Path) -> Consulted:
    """The files of settings that hold for scripts in `folder`; nothing is read.

    For a stamp that is looked at before anything is parsed: these settings are unchanged when
    this value is equal and `files` have their bytes.  It costs a few `stat` calls.  The lexicon
    of a project is found in the same way: `search(folder, lexicons.NAMES)`.
    """
    searches = (search(folder, (FILE,)), _user_search())
    found = tuple(one.found for one in searches if one.found)
    absent = tuple(path for one in searches for path in one.absent)
    return Consulted(found, absent, searches[0].ignored)


def find_project_file(folder: Path) -> Path | None:
    """The nearest `podforge.yaml` in `folder` or above it.

    A repository (a folder with `.git`) is a project of its own: nothing above it counts.  Nor
    does what lies in the home folder or above, for scripts further down; nor what lies above a
    folder that others may write into, or a file of somebody else: anybody may leave one in `/tmp`.
    """
    return find_upwards(folder, (FILE,))


def find_upwards(folder: Path, names: Sequence[str]) -> Path | None:
    """The first of `names` in the nearest folder that has one, as far as a project reaches."""
    return search(folder, names).found


def search(folder: Path, names: Sequence[str]) -> Search:
    """As `find_upwards`, with the places that had none."""
    folder = folder.resolve()
    home = _home()
    trusted = _trusted(folder)
    absent: list[Path] = []
    ignored: list[Path] = []
    with storage("looking into", folder):
        for place in (folder, *folder.parents):
            if place == home != folder:
                break
            for name in names:
                path = place / name
                if not path.is_file():
                    absent.append(path)
                elif path.stat().st_uid in trusted:
                    return Search(path, tuple(absent), tuple(ignored))
                else:
                    ignored.append(path)
            if place == home or (place / ".git").exists() or _of_others(place, trusted):
                break
    return Search(None, tuple(absent), tuple(ignored))


def _trusted(folder: Path) -> set[int]:
    """Users whose files count: ourselves, and whose the folder is, such as a mounted one.

    Whoever renders a script trusts the owner of its folder.
    """
    with suppress(OSError):
        return {os.geteuid(), folder.stat().st_uid}
    return {os.geteuid()}


def _of_others(place: Path, trusted: Collection[int]) -> bool:
    """Whether somebody else may put a folder, or a file, beside ours."""
    with suppress(OSError):
        found = place.stat()
        return found.st_uid not in trusted or bool(found.st_mode & stat.S_IWOTH)
    return False


def find_user_file() -> Path | None:
    """The user's own settings, if there are any."""
    return _user_search().found


def _user_search() -> Search:
    """`$XDG_CONFIG_HOME/podforge/config.yaml`, else below `~/.config`.

    XDG Base Directory 0.8: a path that is not absolute counts as not set.  A user without a home
    folder, or with one that may not be looked into, has no settings.
    """
    base, home = Path(os.environ.get("XDG_CONFIG_HOME", "")), _home()
    if not base.is_absolute():
        if home is None:
            return Search(None)
        base = home / ".config"
    path = base / "podforge" / USER_FILE
    with suppress(OSError):
        if path.is_file():
            return Search(path)
    return Search(None, (path,))


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except (RuntimeError, OSError):  # a user without one, as in some containers
        return None
