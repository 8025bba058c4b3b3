"""From a project to encoded sound: recorded, laid out, mixed and mastered.

A clip that turns out damaged, and a window that leaves no room for a pause, send the work back to
be recorded again; everything else goes one way.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from podforge.assets import load_assets
from podforge.clip import Clip
from podforge.delivering import Outputs
from podforge.errors import CorruptBlob, Problem
from podforge.events import Tell, Warned
from podforge.history import remember
from podforge.layout import cuts_refused, lay_out
from podforge.plan import Plan
from podforge.project import Project
from podforge.recording import Crew, Recording, record
from podforge.reporting import Made
from podforge.store import Store
from podforge.units import MIX_RATE

REPAIRS = 3  # how often a damaged clip may send us back to record it again


def by_chapter(project: Project, outputs: Outputs) -> bool:
    """Whether each chapter is mixed and encoded by itself."""
    return outputs.split or project.script.header.mode == "audiobook"


def make(
    project: Project,
    outputs: Outputs,
    store: Store,
    crew: Crew,
    known: Mapping[str, Clip],
    tell: Tell,
) -> Made:
    """Record, lay out, mix and master; a clip that turns out damaged is recorded again.

    `known` are the clips that were found in the store a moment ago, by key.
    """
    from podforge.finishing import finish

    script, cast = project.script, project.cast
    fresh: frozenset[str] = frozenset()  # of all rounds
    for repair in range(REPAIRS + 1):
        try:
            sounds = load_assets(script, store, MIX_RATE, tell)
            plan, recording, notes = _record(project, store, crew, known, tell)
            fresh |= recording.fresh
            if not (project.part or project.draft):
                remember(store, Path(script.path), project.plan, cast)
            chapters = by_chapter(project, outputs)
            timeline = lay_out(script, plan, recording.clips, cast, sounds.assets, chapters)
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
    script, cast = project.whole, project.cast
    plan = project.planned({}) if project.part else project.plan
    splits: dict[str, frozenset[int]] = {}
    notes: list[Problem] = []
    fresh: frozenset[str] = frozenset()
    while True:
        wanted = project.wanted(plan)
        recording = record(wanted, cast, store, crew, tell, known)
        fresh |= recording.fresh
        refused = cuts_refused(script, plan, recording.clips)
        if not refused:
            return wanted, replace(recording, fresh=fresh), tuple(notes)
        text = "no room for a pause or cue inside the window that begins here: made in parts"
        again = [job for job in plan.unique() if job.key in refused]
        notes += [Problem(job.place, "warning", text) for job in again]
        splits.update(refused)
        plan, crew = project.planned(splits), replace(crew, afresh=False)
