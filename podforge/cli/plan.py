"""`podforge plan`: what a render would do, and how long the episode will be."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podforge.cli.options import engine_options, json_option, project_options, script_argument

if TYPE_CHECKING:
    from podforge.project import Project, Request
    from podforge.settings import EngineFlags
    from podforge.store import Store


@click.command()
@script_argument
@project_options
@json_option
@engine_options
def plan(
    script: Path, engine: str, voices: Path | None, cache: Path | None, encoding: str,
    include: tuple[str, ...], flags: "EngineFlags", as_json: bool,
) -> int:  # fmt: skip
    """Show the jobs of a script, and which of them are finished already.

    \b
    podforge plan episode.md
    podforge plan episode.md --json | jq '.jobs[] | select(.status == "new") | .key'
    """
    from podforge.project import Request
    from podforge.store import default_store_root

    request = Request(script, engine, voices, encoding, flags, include=include)
    return show_plans([request], cache or default_store_root(), as_json)


def show_plans(requests: "Sequence[Request]", store: Path, as_json: bool) -> int:
    """Print the plan of each script to stdout."""
    from podforge.console import print_plan
    from podforge.plain import plain
    from podforge.project import open_project
    from podforge.store import Store

    for request in requests:
        project = open_project(request)
        for problem in project.script.warnings:
            click.echo(plain(str(problem)), err=True)
        facts = plan_facts(project, Store(store))
        if as_json:
            click.echo(json.dumps(facts, ensure_ascii=False))
        else:
            print_plan(facts)
    return 0


def plan_facts(project: "Project", store: "Store") -> dict[str, object]:
    """A plan as plain values, for JSON and for the table."""
    from podforge.plan import estimate_seconds
    from podforge.recording import missing_jobs

    script = project.script
    new = {job.key for job in missing_jobs(project.plan, store)}
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
                "engine": job.engine,
                "utterances": [
                    {"speaker": said.speaker, "text": said.text, "line": said.place.line}
                    for said in job.utterances
                ],
            }
            for job in project.plan.jobs
        ],
    }
