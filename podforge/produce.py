"""The spine: a script goes in, a finished episode comes out.

    read -> prepare -> cast -> plan -> record -> lay out -> mix and master -> deliver

One direction; no stage looks back.  `produce` is that line as code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from podforge.delivering import Outputs, deliver
from podforge.delivery.cover import cover_of
from podforge.errors import CorruptBlob, DiskFull, Doubtful, PodforgeError
from podforge.events import Planned, RenderDone, RenderFailed, RenderStarted, Tell, Warned
from podforge.layout import cuts_refused, lay_out
from podforge.plan import Plan, estimate_seconds, make_plan
from podforge.project import Project, Request, open_project
from podforge.recording import Crew, Recording, missing_jobs, record
from podforge.reporting import report_of, suspects
from podforge.stamps import Stamp
from podforge.store import Store
from podforge.timeline import Timeline
from podforge.units import MIX_RATE

if TYPE_CHECKING:
    from podforge.finishing import Finished

CLIP_BYTES = 2 * 24_000  # a second of clips, of the mix, and of a finished file, about
MIX_BYTES = 4 * MIX_RATE
FILE_BYTES = 16_000
REPAIRS = 3  # how often a damaged clip may send us back to record it again


@dataclass(frozen=True)
class Order:
    """What to render, and where to."""

    request: Request
    outputs: Outputs
    store: Path
    workers: int = 1
    afresh: bool = False
    strict: bool = False


@dataclass(frozen=True)
class Product:
    """The files of a render, the audio first."""

    script: Path
    outputs: tuple[Path, ...]
    report: Path
    seconds: float
    unchanged: bool = False


def produce(order: Order, tell: Tell) -> Product:
    """Render a script.

    Raises a `PodforgeError`; the outputs are then what they were, and every clip that was made
    is in the store.
    """
    tell(RenderStarted(str(order.request.script)))
    try:
        product = _produce(order, tell)
    except PodforgeError as error:
        tell(RenderFailed(str(order.request.script), str(error)))
        raise
    tell(
        RenderDone(
            str(product.script),
            tuple(str(path) for path in product.outputs),
            product.seconds,
            product.unchanged,
        )
    )
    return product


def _produce(order: Order, tell: Tell) -> Product:
    project = open_project(order.request)
    for problem in project.script.warnings:
        tell(Warned(str(problem.place), problem.text))
    store = Store(order.store, lambda text: tell(Warned("", text)))
    tell(_planned(project, store))

    outputs = order.outputs.in_formats(project.script.header.formats)
    stamp = Stamp.of(project, outputs)
    if not order.afresh and (seconds := stamp.holds(store)) is not None:
        stamp.renew(store, seconds)
        return _product(order, outputs, seconds, unchanged=True)

    _check_space(project, outputs, store)
    cover = cover_of(project.script)  # before the work: the script's picture may be unusable
    plan, recording, timeline, finished = _make(order, outputs.formats, project, store, tell)
    findings = suspects(plan, recording)
    for finding in findings:
        tell(Warned(f"{finding.file}:{finding.line}", f"suspect: {finding.reason}"))
    if findings and order.strict:
        raise Doubtful(
            f"{len(findings)} suspect lines in {order.request.script}",
            hint="listen, change them, or render without --strict",
        )
    report = report_of(project, plan, recording, timeline, finished, outputs)
    deliver(project, timeline, finished, report, cover, outputs)
    if not findings:
        stamp.press(store, timeline.seconds)
    return _product(order, outputs, timeline.seconds)


def _check_space(project: Project, outputs: Outputs, store: Store) -> None:
    """Refuse work that cannot end well, before any of it is done."""
    seconds = estimate_seconds(project.script)
    needed = int(seconds * (CLIP_BYTES + MIX_BYTES + FILE_BYTES * len(outputs.formats)))
    free = store.free_bytes()
    if free < needed:
        raise DiskFull(
            f"{free / 1e6:.0f} MB free in {store.root}; this needs about {needed / 1e6:.0f} MB",
            hint="free some space, or name another store with --cache",
        )


def _make(
    order: Order, formats: Sequence[str], project: Project, store: Store, tell: Tell
) -> tuple[Plan, Recording, Timeline, Mapping[str, "Finished"]]:
    """Record, lay out, mix and master; a clip that turns out damaged is recorded again."""
    from podforge.finishing import finish  # brings numpy

    crew = Crew(order.workers, project.settings, order.afresh)
    for repair in range(REPAIRS + 1):
        try:
            plan, recording = _record(project, store, crew, tell)
            timeline = lay_out(project.script, plan, recording.clips, project.cast)
            finished = finish(project.script.header, timeline, formats, store, tell)
        except CorruptBlob as damage:
            if repair == REPAIRS:
                raise
            tell(Warned("", str(damage)))
        else:
            return plan, recording, timeline, finished
    raise AssertionError("the loop returns or raises")


def _record(project: Project, store: Store, crew: Crew, tell: Tell) -> tuple[Plan, Recording]:
    """Record the plan; windows that leave no room for a pause are made again in parts."""
    script, cast, plan = project.script, project.cast, project.plan
    splits: dict[str, frozenset[int]] = {}
    while True:
        recording = record(plan, cast, store, crew, tell)
        refused = cuts_refused(script, plan, recording.clips)
        if not refused:
            return plan, recording
        for job in plan.unique():
            if job.key in refused:
                tell(Warned(str(job.place), "no room for a pause in this window: made in parts"))
        splits.update(refused)
        plan = make_plan(script, cast, splits)


def _planned(project: Project, store: Store) -> Planned:
    new = len(missing_jobs(project.plan, store))
    return Planned(len(project.plan.unique()), new, estimate_seconds(project.script))


def _product(order: Order, outputs: Outputs, seconds: float, unchanged: bool = False) -> Product:
    report = outputs.beside(".report.json")
    return Product(order.request.script, outputs.audio(), report, seconds, unchanged)
