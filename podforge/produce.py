"""The spine: a script goes in, a finished episode comes out.

    read -> prepare -> cast -> plan -> record -> lay out -> mix and master -> deliver

One direction; no stage looks back.  `produce` is that line as code.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from podforge.arranging import arrange
from podforge.assets import find_assets, load_assets
from podforge.clip import Clip
from podforge.delivering import Outputs, deliver
from podforge.delivery.cover import drawn_cover, own_cover
from podforge.encodings import STREAMS, format_of
from podforge.errors import (
    CorruptBlob,
    DiskFull,
    Doubtful,
    InputError,
    Place,
    PodforgeError,
    Problem,
)
from podforge.events import Planned, RenderDone, RenderFailed, RenderStarted, Tell, Warned
from podforge.layout import cuts_refused, lay_out
from podforge.plan import Job, Plan, estimate_seconds, make_plan
from podforge.project import Project, Request, open_project
from podforge.recording import Crew, Recording, find_clips, record
from podforge.reporting import Made, missed_targets, report_of, suspects
from podforge.stamps import Stamp
from podforge.store import Store
from podforge.store.holding import in_use
from podforge.units import CHARACTERS_PER_SECOND, MIX_RATE, spoken_length

CLIP_BYTES = 2 * 24_000  # a second of clips, of the mix, and of a finished file, about
MIX_BYTES = 2 * 4 * MIX_RATE  # two channels
FILE_BYTES = 16_000
LOSSLESS_BYTES = 2 * 2 * MIX_RATE
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
    _check_space(project, outputs, store, order.workers, _seconds(new))
    made = _make(order, outputs, project, store, known, tell)
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


def _check_space(
    project: Project, outputs: Outputs, store: Store, workers: int, new: float
) -> None:
    """Refuse work for which the store's disk has no room, before any of it is done.

    `new`: seconds of speech that are to be made.
    """
    seconds = estimate_seconds(project.script)
    mixed = seconds
    if _by_chapter(project, outputs):  # only as many at once as there are workers
        mixed = min(seconds, workers * _longest_chapter(project))
    files = sum(
        LOSSLESS_BYTES if STREAMS[wanted.name] == "flac" else FILE_BYTES
        for wanted in outputs.formats
    )
    needed = new * CLIP_BYTES + mixed * MIX_BYTES + 2 * seconds * files  # kept and written
    free = store.free_bytes()
    if free < needed:
        raise DiskFull(
            f"{free / 1e6:.0f} MB free in {store.root}; this needs about {needed / 1e6:.0f} MB",
            hint="free some space, or name another store with --cache",
        )


def _outputs(order: Order, project: Project) -> Outputs:
    """What is to be written, now that the script is known."""
    header = project.script.header
    titles = arrange(project.script, project.plan).titles(header.title)
    return order.outputs.completed(tuple(map(format_of, header.formats)), titles)


def _by_chapter(project: Project, outputs: Outputs) -> bool:
    """Whether each chapter is mixed and encoded by itself."""
    return outputs.split or project.script.header.mode == "audiobook"


def _longest_chapter(project: Project) -> float:
    """Seconds of speech in it, roughly."""
    parts = arrange(project.script, project.plan).chapters()
    lengths = (sum(spoken_length(entry.speech.said) for entry in part.entries) for part in parts)
    return max(lengths, default=0) / CHARACTERS_PER_SECOND


def _make(
    order: Order,
    outputs: Outputs,
    project: Project,
    store: Store,
    known: Mapping[str, Clip],
    tell: Tell,
) -> Made:
    """Record, lay out, mix and master; a clip that turns out damaged is recorded again."""
    from podforge.finishing import finish

    script, cast = project.script, project.cast
    by_chapter = _by_chapter(project, outputs)
    crew = Crew(order.workers, project.settings, order.afresh)
    fresh: frozenset[str] = frozenset()  # of all rounds
    for repair in range(REPAIRS + 1):
        try:
            sounds = load_assets(script, store, MIX_RATE, tell)
            plan, recording, notes = _record(project, store, crew, known, tell)
            fresh |= recording.fresh
            timeline = lay_out(script, plan, recording.clips, cast, sounds.assets, by_chapter)
            finished = finish(script.header, timeline, outputs.formats, store, crew, tell)
        except CorruptBlob as damage:
            if repair == REPAIRS:
                raise
            tell(Warned("", str(damage)))
            crew, known = replace(crew, afresh=False), {}
        else:
            notes = (*sounds.warnings, *notes, *timeline.warnings)
            return Made(plan, replace(recording, fresh=fresh), timeline, finished, notes)
    raise AssertionError("the loop returns or raises")


def _record(
    project: Project, store: Store, crew: Crew, known: Mapping[str, Clip], tell: Tell
) -> tuple[Plan, Recording, tuple[Problem, ...]]:
    """Record the plan; windows that leave no room for a pause are made again in parts.

    Each round makes some window smaller, so there is a last one.
    """
    script, cast, plan = project.script, project.cast, project.plan
    splits: dict[str, frozenset[int]] = {}
    notes: list[Problem] = []
    fresh: frozenset[str] = frozenset()
    while True:
        recording = record(plan, cast, store, crew, tell, known)
        fresh |= recording.fresh
        refused = cuts_refused(script, plan, recording.clips)
        if not refused:
            return plan, replace(recording, fresh=fresh), tuple(notes)
        text = "no room for a pause or cue inside the window that begins here: made in parts"
        again = [job for job in plan.unique() if job.key in refused]
        notes += [Problem(job.place, "warning", text) for job in again]
        splits.update(refused)
        plan, crew = make_plan(script, cast, splits), replace(crew, afresh=False)


def _planned(project: Project, new: Sequence[Job]) -> Planned:
    jobs = project.plan.unique()
    return Planned(len(jobs), len(new), estimate_seconds(project.script), _seconds(new))


def _seconds(jobs: Iterable[Job]) -> float:
    """Roughly how much speech the jobs will make."""
    return sum(job.characters for job in jobs) / CHARACTERS_PER_SECOND


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
