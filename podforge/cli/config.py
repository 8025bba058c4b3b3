"""`podforge config`: the settings in effect, and where each was made."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podforge.cli.exits import note
from podforge.cli.options import engine_options, json_option, project_options
from podforge.cli.render import render
from podforge.plain import plain

if TYPE_CHECKING:
    from podforge.cli.choices import Typed
    from podforge.settings import EngineFlags

_OF_RENDER = ("output", "formats", "target", "split", "jobs", "strict", "draft")
_script_argument = click.argument("script", type=click.Path(path_type=Path), required=False)


@click.group("config")
def config_group() -> None:
    """Show settings, and the files they come from.

    \b
    podforge config show --origin
    podforge config path
    """


@config_group.command("show")
@_script_argument
@project_options
@click.option("--origin", is_flag=True, help="Say where each comes from.")
@json_option
@engine_options
def show(
    script: Path | None, typed: "Typed", flags: "EngineFlags", origin: bool, as_json: bool,
    output: str | None, formats: str, target: str, split: str | None,
    jobs: int | None, strict: bool | None, draft: bool | None,
) -> int:  # fmt: skip
    """Show every setting that would hold for a script, or in this folder.

    A flag wins over the environment (PODFORGE_JOBS), that over front matter, that over the
    project's podforge.yaml, and that over your own settings.  Secrets are not shown.

    \b
    podforge config show --origin
    podforge config show episode.md --origin
    podforge config show episode.md --json | jq '.settings[] | select(.name == "engine")'
    """
    import os

    from podforge.cli.choices import choices_for
    from podforge.cli.effective import effective, strangers
    from podforge.console import print_rows

    typed = replace(typed, flags=flags, target=target)
    given = {
        "engine": typed.engine or None, "format": formats or None, "target": target or None,
        "voices": typed.voices, "cache": typed.cache, "output": output, "jobs": jobs,
        "strict": strict, "split": None if split is None else split == "chapters",
        "encoding": typed.encoding, "include": typed.include or None,
        "offline": flags.offline, "draft": draft,
    }  # fmt: skip
    choices = choices_for(script)
    rows = list(effective(script, choices, typed, given))
    for problem in choices.config.warnings:
        note(problem)
    for text in strangers(os.environ):
        click.echo(f"podforge: warning: {plain(text)}", err=True)
    if as_json:
        facts = {"version": 1, "settings": [asdict(row) for row in rows]}
        click.echo(json.dumps(facts))
    elif origin:
        print_rows(("setting", "value", "origin"), [(r.name, r.value, r.origin) for r in rows])
    else:
        print_rows(("setting", "value"), [(r.name, r.value) for r in rows])
    return 0


# The flags of a render that are settings, as they are there.
show.params += [option for option in render.params if option.name in _OF_RENDER]


@config_group.command("path")
@_script_argument
@json_option
def show_paths(script: Path | None, as_json: bool) -> None:
    """List the files of settings for a script, or for this folder, and where one was looked for.

    One that is ignored belongs to another user.

    \b
    podforge config path
    podforge config path season/episode.md
    """
    from podforge.console import print_rows
    from podforge.settings import consulted

    seen = consulted(script.parent if script else Path())
    if as_json:
        facts = {"found": seen.files, "absent": seen.absent, "ignored": seen.ignored}
        paths = {name: list(map(str, found)) for name, found in facts.items()}
        click.echo(json.dumps({"version": 1, **paths}))
        return
    rows = [("found", str(path)) for path in seen.files]
    rows += [("absent", str(path)) for path in seen.absent]
    rows += [("ignored", str(path)) for path in seen.ignored]
    print_rows(("", "file"), rows)
