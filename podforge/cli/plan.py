"""`podforge plan`: what a render would do, and how long the episode will be."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podforge.cli.exits import note
from podforge.cli.options import (
    allow_root_option,
    engine_options,
    json_option,
    project_options,
    script_argument,
)

if TYPE_CHECKING:
    from podforge.project import Project, Request
    from podforge.settings import EngineFlags
    from podforge.store import Store


@click.command()
@script_argument
@project_options
@allow_root_option
@click.option("--why", is_flag=True, help="Show what changed since the last render.")
@json_option
@engine_options
def plan(
    script: Path, engine: str, voices: Path | None, cache: Path | None, encoding: str | None,
    include: tuple[str, ...], flags: "EngineFlags", why: bool, as_json: bool,
    allowed: tuple[Path, ...],
) -> int:  # fmt: skip
    """Show the jobs of a script, and which of them are finished already.

    \b
    podforge plan episode.md
    podforge plan episode.md --why
    podforge plan episode.md --json | jq '.jobs[] | select(.status == "new") | .key'
    """
    from podforge.cli.choices import Typed, choices_for, request_for, store_of

    choices = choices_for(script)
    typed = Typed(engine, voices, encoding, flags, include=include, allowed=allowed)
    request = request_for(script, typed, choices)
    return show_plans([request], store_of(choices, cache), as_json, why)


def show_plans(requests: "Sequence[Request]", store: Path, as_json: bool, why: bool = False) -> int:
    """Print the plan of each script to stdout."""
    from podforge.console import print_plan
    from podforge.project import open_project
    from podforge.store import Store

    for request in requests:
        project = open_project(request)
        for problem in project.script.warnings:
            note(problem)
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

    script = project.script
    new = {job.key for job in missing_jobs(project.plan, store)}
    reasons = _reasons(project, store, new) if why else {}
    return {
        "version": 1,
        "script": script.path,
        "title": script.header.title,
        "speakers": list(script.speakers()),
        "voices": {name: part.voice.name for name, part in project.cast.parts.items()},
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
