"""What decided an episode: the files it was made of, and the places where more would have counted.

Depfiles name the files; the render stamp keeps the bytes of both.
"""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from podforge import __version__
from podforge.assets import find_assets
from podforge.delivering import Outputs
from podforge.media import ffmpeg_version
from podforge.orders import Order
from podforge.plan import digest
from podforge.project import Project
from podforge.reading.lexicons import NAMES as LEXICONS
from podforge.settings import public
from podforge.surroundings import Inputs, engine_use, in_reach, said, settings_in_reach
from podforge.takes import takes_path
from podforge.versions import VERSIONS
from podforge.witnesses import State, States, changed_since, look, same

TICK_NS = 20_000_000  # file systems count time in steps of up to a hundredth of a second


@dataclass(frozen=True)
class Beginning:
    """The moment before anything was read, in nanoseconds, and what was known to be there."""

    moment: int
    seen: States

    def holds(self, seen: States) -> bool:
        """Whether what was seen after reading is what was read."""
        both = self.seen.keys() & seen.keys()
        before, after = ({path: states[path] for path in both} for states in (self.seen, seen))
        return same(before, after) and not changed_since(seen, self.moment - TICK_NS)


def begin(order: Order) -> Beginning:
    """Look at what can be named before the script is read."""
    script = order.request.script
    lexicon = in_reach(script.parent, LEXICONS)
    known = [script, takes_path(script), *settings_in_reach(script.parent), lexicon or script]
    return Beginning(time.time_ns(), look(known))


def sources_of(project: Project, script: Path) -> tuple[Path, ...]:
    """The files that decided what came out: those that a depfile names."""
    cover = project.script.header.cover
    return (
        script,
        *map(Path, project.cast.sources),
        *find_assets(project.script).values(),
        *((script.parent / cover,) if cover else ()),
    )


def inputs_of(
    order: Order, project: Project, outputs: Outputs, picture: bytes, began: Beginning
) -> Inputs:
    """All that decided a render; `picture` is the cover the script brings, if it does.

    One that is drawn follows from the header.
    """
    script = order.request.script
    settings = {name: public(project.settings[name]) for name in project.cast.engines}
    seen = look([*sources_of(project, script), *_places(project, script)], began.seen)
    return Inputs(
        said(order),
        _understood(project, outputs, picture),
        seen if began.holds(seen) else {},
        settings_in_reach(script.parent),
        (LEXICONS, in_reach(script.parent, LEXICONS)),
        {name: (own, engine_use(name, own)) for name, own in settings.items()},
    )


def _places(project: Project, script: Path) -> Iterable[Path]:
    """Folders where another file would count, and files that are not there yet."""
    yield takes_path(script)
    yield from (script.parent / "voices", Path("voices"))
    yield from project.book.folders
    for part in project.cast.parts.values():
        yield project.book.find(part.voice.name).folder


def _understood(project: Project, outputs: Outputs, picture: bytes) -> str:
    """A digest of everything that planning found out, and of the programs that go on from it."""
    voices = sorted({part.voice.name for part in project.cast.parts.values()})
    assets: dict[str, State] = look(find_assets(project.script).values())
    return digest([
        [__version__, VERSIONS, ffmpeg_version()],
        repr((project.script, project.cast, project.plan, outputs.formats, outputs.split)),
        [repr(project.book.find(name)) for name in voices],
        hashlib.sha256(picture).hexdigest(),
        [[size_and_digest[::2]] for size_and_digest in assets.values()],
    ])  # fmt: skip
