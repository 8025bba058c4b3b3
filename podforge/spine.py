"""The spine: a script goes in, a finished episode comes out.

    read -> prepare -> cast -> plan -> record -> lay out -> mix and master -> deliver

One direction; no stage looks back.  `render` is that line as code.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from podforge.arranging import arrange
from podforge.delivering import Outputs, check_places, deliver
from podforge.delivery.cover import drawn_cover, own_cover
from podforge.encodings import format_of
from podforge.errors import Doubtful, InputError, Place, Problem
from podforge.events import Planned, Tell
from podforge.inputs import begin, inputs_of, sources_of
from podforge.making import make
from podforge.orders import Order, Product
from podforge.plan import Job, estimate_seconds, seconds_of
from podforge.project import Project, open_project
from podforge.readiness import check_needs
from podforge.recording import Crew, find_clips
from podforge.reporting import Made, missed_targets, report_of, suspects
from podforge.space import check_space
from podforge.stamps import Stamp, find_stamp, warn, warn_of_strays
from podforge.store import Store
from podforge.surroundings import Inputs
from podforge.tallies import paid_characters

if TYPE_CHECKING:
    from podforge.executors.staff import Staff


def render(
    order: Order,
    store: Store,
    tell: Tell,
    ready: Callable[[Product], None],
    staff: "Staff | None" = None,
) -> Product:
    """Make what an order asks for; `ready` is called when all is made and nothing is in place.

    Raises a `PodforgeError`; the outputs are then what they were, and every clip that was made
    is in the store.
    """
    began = begin(order)
    project = open_project(order.request, tell)
    _warn(project.script.warnings, tell)
    if order.strict:
        _check_strictly(project)
    outputs = _outputs(order, project)
    check_places(outputs)  # this and the cover before the work: it would be in vain
    picture = own_cover(project.script)
    inputs = inputs_of(order, project, outputs, picture, began)
    product = _product(order, outputs, project)
    stamp = find_stamp(order, store)
    if stamp and stamp.inputs.project == inputs.project:
        return replace(stamp, inputs=inputs).here(outputs, product).again(order, store, tell, ready)

    known = {} if order.afresh else find_clips(project.plan, store)
    new = [job for job in project.plan.unique() if job.key not in known]
    planned = _planned(project, new)
    tell(planned)
    check_needs(project, new)
    check_space(project, outputs, store, order.workers, seconds_of(new))
    crew = Crew(order.workers, project.settings, order.afresh, staff)
    made = make(project, outputs, store, crew, known, tell)
    doubts = _doubts(order, made, tell)
    missed = missed_targets(made, outputs.split)
    notes = made.notes + missed
    _warn(notes, tell)
    if order.strict:
        _check_targets(order, missed)
    report = report_of(project, made, notes, outputs)
    cover = picture or drawn_cover(project.script.header)
    product = replace(product, seconds=made.timeline.seconds)
    deliver(
        project, made.timeline, made.finished, report, cover, outputs, order.restat,
        lambda: ready(product),
    )  # fmt: skip
    warn_of_strays(outputs.strays(), tell)
    stamp = _stamp(order, project, planned, inputs, product, [*doubts, *notes])
    stamp.here(outputs, product).press(order, store)
    return product


def _warn(problems: Iterable[Problem], tell: Tell) -> None:
    warn(_kept(problems), tell)


def _kept(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """Where each problem is, if anywhere, and what it says."""
    return [(str(found.place) if found.place.file else "", found.text) for found in problems]


def _check_strictly(project: Project) -> None:
    """What --strict wants of a script, before anything is spoken."""
    _check_declared(project)
    _check_spoken(project)


def _check_declared(project: Project) -> None:
    """With --strict nobody speaks whose name was only guessed from the labels."""
    declared = {role.name for role in project.script.header.roles}
    guessed = [name for name in project.script.speakers() if name not in declared]
    if guessed:
        text = f"--strict, and the cast is not declared: {', '.join(guessed[:5])}"
        hint = "`podforge cast` prints front matter to paste"
        raise InputError.at(Place(project.script.path), f"{text} ({hint})")


def _check_spoken(project: Project) -> None:
    """With --strict no engine speaks a language that it was not made for."""
    if project.foreign:
        raise InputError(tuple(replace(found, severity="error") for found in project.foreign))


def _outputs(order: Order, project: Project) -> Outputs:
    """What is to be written, now that the script is known."""
    header = project.script.header
    titles = arrange(project.script, project.plan).titles(header.title)
    return order.outputs.completed(tuple(map(format_of, header.formats)), titles)


def _planned(project: Project, new: Sequence[Job]) -> Planned:
    jobs, paid = project.plan.unique(), paid_characters(new, project.cast)
    seconds = estimate_seconds(project.script)
    return Planned(len(jobs), len(new), seconds, seconds_of(new), sum(paid.values()))


def _doubts(order: Order, made: Made, tell: Tell) -> list[Problem]:
    """Warnings for lines that should be listened to.  Raises `Doubtful` with --strict."""
    found = suspects(made.plan, made.recording)
    doubts = [Problem(Place(f.file, f.line), "warning", f"suspect: {f.reason}") for f in found]
    _warn(doubts, tell)
    if found and order.strict:
        raise Doubtful(
            f"{len(found)} suspect lines in {order.request.script}",
            hint="listen, change them, or render without --strict",
        )
    return doubts


def _check_targets(order: Order, missed: Sequence[Problem]) -> None:
    """With --strict what is made is what was asked for."""
    if missed:
        said = "; ".join(problem.text for problem in missed)
        raise Doubtful(
            f"{order.request.script} does not pass its gate: {said}",
            hint="choose another --target or --format, or render without --strict",
        )


def _product(order: Order, outputs: Outputs, project: Project) -> Product:
    """What is to come of the order; how long it is, only the timeline knows."""
    script = order.request.script
    report = outputs.beside(".report.json")
    return Product(script, outputs.audio(), report, 0.0, sources=sources_of(project, script))


def _stamp(
    order: Order,
    project: Project,
    planned: Planned,
    inputs: Inputs,
    product: Product,
    findings: Sequence[Problem],
) -> Stamp:
    """What the same render would tell again; the files are yet to be named."""
    return Stamp(
        inputs,
        product.seconds,
        planned.jobs,
        planned.estimated_seconds,
        _kept(project.script.warnings),
        _kept(findings),
        order.strict,
    )
