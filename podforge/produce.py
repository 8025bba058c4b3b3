"""The spine: a script goes in, a finished episode comes out.

    read -> prepare -> cast -> plan -> record -> lay out -> mix and master -> deliver

One direction; no stage looks back.  `produce` is that line as code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from podforge.arranging import arrange
from podforge.assets import find_assets
from podforge.delivering import Outputs, deliver
from podforge.delivery.cover import drawn_cover, own_cover
from podforge.encodings import format_of
from podforge.errors import (
    Doubtful,
    InputError,
    Place,
    PodforgeError,
    Problem,
)
from podforge.events import Planned, RenderDone, RenderFailed, RenderStarted, Tell, Warned
from podforge.making import make
from podforge.plan import Job, estimate_seconds, seconds_of
from podforge.project import Project, Request, open_project
from podforge.recording import Crew, find_clips
from podforge.reporting import missed_targets, report_of, suspects
from podforge.space import check_space
from podforge.stamps import Stamp
from podforge.store import Store
from podforge.store.holding import in_use


@dataclass(frozen=True)
class Order:
    """What to render, and where to."""

    request: Request
    outputs: Outputs
    store: Path
    workers: int = 1
    afresh: bool = False
    strict: bool = False
    restat: bool = False  # what would get the bytes it has keeps its time


@dataclass(frozen=True)
class Product:
    """The files of a render, the audio first, and those it was made of."""

    script: Path
    outputs: tuple[Path, ...]
    report: Path
    seconds: float
    unchanged: bool = False
    sources: tuple[Path, ...] = ()


def produce(order: Order, tell: Tell) -> Product:
    """Render a script.

    Raises a `PodforgeError`; the outputs are then what they were, and every clip that was made
    is in the store.
    """
    script = str(order.request.script)
    tell(RenderStarted(script))
    ended: RenderDone | RenderFailed = RenderFailed(script, "stopped")
    try:
        with in_use(order.store):
            product = _produce(order, tell)
        paths = tuple(str(path) for path in product.outputs)
        ended = RenderDone(script, paths, product.seconds, product.unchanged)
    except PodforgeError as error:
        ended = RenderFailed(script, str(error))
        raise
    finally:
        tell(ended)
    return product


def _produce(order: Order, tell: Tell) -> Product:
    project = open_project(order.request, tell)
    _warn(project.script.warnings, tell)
    if order.strict:
        _check_declared(project)
    store = Store(order.store, lambda text: tell(Warned("", text)))
    outputs = _outputs(order, project)
    picture = own_cover(project.script)  # before the work: it may be unusable
    stamp, sources = Stamp.of(project, outputs, picture), _sources(project, order.request.script)
    if not order.afresh and (seconds := stamp.holds(store)) is not None:
        tell(_planned(project, ()))
        if not order.restat:
            stamp.renew(store, seconds)
        return _product(order, outputs, seconds, sources, unchanged=True)

    known = {} if order.afresh else find_clips(project.plan, store)
    new = [job for job in project.plan.unique() if job.key not in known]
    tell(_planned(project, new))
    check_space(project, outputs, store, order.workers, seconds_of(new))
    crew = Crew(order.workers, project.settings, order.afresh)
    made = make(project, outputs, store, crew, known, tell)
    findings = suspects(made.plan, made.recording)
    _warn(
        [Problem(Place(f.file, f.line), "warning", f"suspect: {f.reason}") for f in findings], tell
    )
    if findings and order.strict:
        raise Doubtful(
            f"{len(findings)} suspect lines in {order.request.script}",
            hint="listen, change them, or render without --strict",
        )
    notes = made.notes + missed_targets(made, outputs.split)
    _warn(notes, tell)
    report = report_of(project, made, notes, outputs)
    cover = picture or drawn_cover(project.script.header)
    deliver(project, made.timeline, made.finished, report, cover, outputs, order.restat)
    for path in outputs.strays():
        tell(Warned("", f"{path} is not of this render; a chapter of an earlier one?"))
    if not findings and not notes:  # they must be told again the next time
        stamp.press(store, made.timeline.seconds)
    return _product(order, outputs, made.timeline.seconds, sources)


def _warn(problems: Iterable[Problem], tell: Tell) -> None:
    for problem in problems:
        tell(Warned(str(problem.place) if problem.place.file else "", problem.text))


def _check_declared(project: Project) -> None:
    """With --strict nobody speaks whose name was only guessed from the labels."""
    declared = {role.name for role in project.script.header.roles}
    guessed = [name for name in project.script.speakers() if name not in declared]
    if guessed:
        text = f"--strict, and the cast is not declared: {', '.join(guessed[:5])}"
        hint = "`podforge cast` prints front matter to paste"
        raise InputError.at(Place(project.script.path), f"{text} ({hint})")


def _outputs(order: Order, project: Project) -> Outputs:
    """What is to be written, now that the script is known."""
    header = project.script.header
    titles = arrange(project.script, project.plan).titles(header.title)
    return order.outputs.completed(tuple(map(format_of, header.formats)), titles)


def _planned(project: Project, new: Sequence[Job]) -> Planned:
    jobs = project.plan.unique()
    return Planned(len(jobs), len(new), estimate_seconds(project.script), seconds_of(new))


def _product(
    order: Order,
    outputs: Outputs,
    seconds: float,
    sources: tuple[Path, ...],
    unchanged: bool = False,
) -> Product:
    report = outputs.beside(".report.json")
    return Product(order.request.script, outputs.audio(), report, seconds, unchanged, sources)


def _sources(project: Project, script: Path) -> tuple[Path, ...]:
    """The files that decided what came out: those that a depfile names."""
    cover = project.script.header.cover
    return (
        script,
        *map(Path, project.cast.sources),
        *find_assets(project.script).values(),
        *((script.parent / cover,) if cover else ()),
    )
