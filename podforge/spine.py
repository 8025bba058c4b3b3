"""The spine: a script goes in, a finished episode comes out.

    read -> prepare -> cast -> plan -> record -> lay out -> mix and master -> deliver

One direction; no stage looks back.  `render` is that line as code.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from podforge.arranging import arrange
from podforge.delivering import Outputs, deliver
from podforge.delivery.cover import drawn_cover, own_cover
from podforge.encodings import format_of
from podforge.errors import Doubtful, InputError, Place, Problem
from podforge.events import Planned, Tell, Warned
from podforge.inputs import inputs_of, sources_of
from podforge.making import make
from podforge.orders import Order, Product
from podforge.plan import Job, estimate_seconds, seconds_of
from podforge.project import Project, open_project
from podforge.recording import Crew, find_clips
from podforge.reporting import missed_targets, report_of, suspects
from podforge.space import check_space
from podforge.stamps import Stamp, find_stamp, warn
from podforge.store import Store

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
    began = time.time_ns()
    project = open_project(order.request, tell)
    _warn(project.script.warnings, tell)
    if order.strict:
        _check_declared(project)
    outputs = _outputs(order, project)
    picture = own_cover(project.script)  # before the work: it may be unusable
    inputs = inputs_of(order, project, outputs, picture, began)
    product = _product(order, outputs, project)
    stamp = find_stamp(order, store)
    if stamp and stamp.inputs.project == inputs.project:
        sources = list(map(str, product.sources))
        return replace(stamp, inputs=inputs, sources=sources).again(order, store, tell, ready)

    known = {} if order.afresh else find_clips(project.plan, store)
    new = [job for job in project.plan.unique() if job.key not in known]
    planned = _planned(project, new)
    tell(planned)
    check_space(project, outputs, store, order.workers, seconds_of(new))
    crew = Crew(order.workers, project.settings, order.afresh, staff)
    made = make(project, outputs, store, crew, known, tell)
    findings = suspects(made.plan, made.recording)
    doubts = [Problem(Place(f.file, f.line), "warning", f"suspect: {f.reason}") for f in findings]
    _warn(doubts, tell)
    if findings and order.strict:
        raise Doubtful(
            f"{len(findings)} suspect lines in {order.request.script}",
            hint="listen, change them, or render without --strict",
        )
    notes = made.notes + missed_targets(made, outputs.split)
    _warn(notes, tell)
    report = report_of(project, made, notes, outputs)
    cover = picture or drawn_cover(project.script.header)
    product = replace(product, seconds=made.timeline.seconds)
    deliver(
        project, made.timeline, made.finished, report, cover, outputs, order.restat,
        lambda: ready(product),
    )  # fmt: skip
    for path in outputs.strays():
        tell(Warned("", f"{path} is not of this render; a chapter of an earlier one?"))
    others = [path for path in outputs.everything() if path not in product.outputs]
    Stamp(
        inputs,
        audio=list(map(str, product.outputs)),
        others=list(map(str, others)),
        report=str(product.report),
        sources=list(map(str, product.sources)),
        seconds=product.seconds,
        jobs=planned.jobs,
        estimated_seconds=planned.estimated_seconds,
        warnings=_kept(project.script.warnings),
        findings=_kept([*doubts, *notes]),
        strict=order.strict,
    ).press(order, store)
    return product


def _warn(problems: Iterable[Problem], tell: Tell) -> None:
    warn(_kept(problems), tell)


def _kept(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """Where each problem is, if anywhere, and what it says."""
    return [(str(found.place) if found.place.file else "", found.text) for found in problems]


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


def _product(order: Order, outputs: Outputs, project: Project) -> Product:
    """What is to come of the order; how long it is, only the timeline knows."""
    script = order.request.script
    report = outputs.beside(".report.json")
    return Product(script, outputs.audio(), report, 0.0, sources=sources_of(project, script))
