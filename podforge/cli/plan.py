"""`podforge plan`: what a render would do, and how long the episode will be."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podforge.cli.exits import note
from podforge.cli.options import (
    allow_root_option,
    draft_option,
    engine_options,
    json_option,
    project_options,
    script_argument,
)

if TYPE_CHECKING:
    from podforge.cli.choices import Typed
    from podforge.project import Project, Request
    from podforge.settings import EngineFlags
    from podforge.store import Store


@click.command()
@script_argument
@project_options
@draft_option
@allow_root_option
@click.option("--why", is_flag=True, help="Show what changed since the last render.")
@json_option
@engine_options
def plan(
    script: Path, typed: "Typed", flags: "EngineFlags", why: bool, as_json: bool,
    allowed: tuple[Path, ...], draft: bool | None,
) -> int:  # fmt: skip
    """Show the jobs of a script, and which of them are finished already.

    \b
    podforge plan episode.md
    podforge plan episode.md --why
    podforge plan episode.md --draft
    podforge plan episode.md --json | jq '.jobs[] | select(.status == "new") | .key'
    """
    from podforge.cli.choices import choices_for, request_for, store_of

    choices = choices_for(script)
    typed = replace(typed, flags=flags, allowed=allowed, draft=draft)
    request = request_for(script, typed, choices)
    return show_plans([request], store_of(choices, typed.cache), as_json, why)


def show_plans(requests: "Sequence[Request]", store: Path, as_json: bool, why: bool = False) -> int:
    """Print the plan of each script to stdout."""
    from podforge.console import print_plan
    from podforge.errors import Place, Problem
    from podforge.project import open_project
    from podforge.readiness import lacking
    from podforge.recording import missing_jobs
    from podforge.store import Store

    for request in requests:
        project = open_project(request)
        for problem in project.script.warnings:
            note(problem)
        new = missing_jobs(project.plan, Store(store))
        for text in lacking(project, new).values():
            note(Problem(Place(project.script.path), "warning", text))
        facts = plan_facts(project, Store(store), why)
        if as_json:
            click.echo(json.dumps(facts))
        else:
            print_plan(facts)
    return 0


def plan_facts(project: "Project", store: "Store", why: bool = False) -> dict[str, object]:
    """A plan as plain values, for JSON and for the table."""
    from podforge.plan import estimate_seconds
    from podforge.recording import missing_jobs
    from podforge.tallies import paid_characters, unperformed

    script = project.script
    missing = missing_jobs(project.plan, store)
    new = {job.key for job in missing}
    reasons = _reasons(project, store, new) if why else {}
    parts = project.cast.parts
    return {
        "version": 1,
        "script": script.path,
        "title": script.header.title,
        "speakers": list(script.speakers()),
        "voices": {name: part.voice.name for name, part in parts.items()},
        "engines": {name: part.engine for name, part in parts.items()},
        "draft": project.draft,
        "stand_ins": {
            part.stands_for: part.voice.name for part in parts.values() if part.stands_for
        },
        "not_performed": [asdict(lost) for lost in unperformed(script, project.cast)],
        "paid_characters": paid_characters(missing, project.cast),
        "chapters": list(script.chapters()),
        "turns": script.turns(),
        "words": script.words(),
        "estimated_seconds": round(estimate_seconds(script), 1),
        "jobs": [
            {
                "key": job.key,
                "status": "new" if job.key in new else "cached",
                **({"why": reasons.get(job.key, [])} if why else {}),
                "engine": job.engine,
                "utterances": [
                    {"speaker": said.speaker, "text": said.text, "line": said.place.line}
                    for said in job.utterances
                ],
            }
            for job in project.plan.jobs
        ],
    }


def _reasons(project: "Project", store: "Store", new: set[str]) -> dict[str, list[str]]:
    """What changed for each job since the last render of the script."""
    from podforge.history import history_of, recall, why

    before = recall(store, Path(project.script.path))
    return why(before, history_of(project.plan, project.cast), new)
