"""`podforge doctor`: whether everything is here that a render needs."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podforge.cli.options import cache_option, json_option, voices_option
from podforge.plain import plain

if TYPE_CHECKING:
    from podforge.doctor import Check

_PATH = click.Path(path_type=Path)


@click.command()
@cache_option
@click.option("-o", "--output", type=_PATH, metavar="DIR",
              help="The folder that renders write to [output/ here].")  # fmt: skip
@voices_option
@json_option
def doctor(cache: Path | None, output: Path | None, voices: Path | None, as_json: bool) -> int:
    """Check what a render needs, and render a second of speech in a temporary folder.

    Says for each thing what was found and what to do about it.  Exits with 1 when there is a
    problem; a warning, such as an engine that is not installed, is none.

    \b
    podforge doctor
    podforge doctor --json | jq '.checks[] | select(.verdict == "problem")'
    """
    from podforge.cli.choices import choices_for
    from podforge.doctor import examine, is_well
    from podforge.settings.keys import CACHE, OUTPUT, VOICES

    choices, checks = choices_for(), []
    store, folder = (  # a file in their place is a problem to be listed
        choices.of(replace(key, made=False), flag)
        for key, flag in ((CACHE, cache), (OUTPUT, output))
    )
    for check in examine(store, choices.of(VOICES, voices), folder or Path("output")):
        checks.append(check)
        if not as_json:
            _print(check)
    if as_json:
        facts = {"version": 1, "well": is_well(checks), "checks": [asdict(each) for each in checks]}
        click.echo(json.dumps(facts))
    return 0 if is_well(checks) else 1


def _print(check: "Check") -> None:
    """A row of the table; whole, and what to do on a line of its own."""
    click.echo(f"{check.verdict:<8} {check.name:<20} {plain(check.found)}")
    if check.advice:
        click.echo(f"{'':<29} -> {plain(check.advice)}")
