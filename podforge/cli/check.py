"""`podforge check`: every problem of a script, as lines that editors can follow."""

from pathlib import Path

import click

from podforge.cli.exits import exit_code
from podforge.cli.options import encoding_option, scripts_argument, voices_option
from podforge.errors import InputError, Place, PodforgeError, Problem


@click.command()
@scripts_argument
@voices_option
@encoding_option
def check(scripts: tuple[Path, ...], voices: Path | None, encoding: str) -> int:
    """Print every problem as FILE:LINE:COL: error|warning: TEXT.

    Exits with 65 when there is an error, 0 when there are only warnings or nothing.

    \b
    podforge check season/*.md
    """
    from podforge.plain import plain

    code = 0
    for script in scripts:
        try:
            problems = _warnings(script, voices, encoding)
        except InputError as error:
            problems, code = error.problems, exit_code(error)
        except PodforgeError as error:
            place = error.place or Place(str(script))
            text = f"{error.text} ({error.hint})" if error.hint else error.text
            problems, code = (Problem(place, "error", text),), code or exit_code(error)
        for problem in problems:
            click.echo(plain(str(problem)))
    return code


def _warnings(script: Path, voices: Path | None, encoding: str) -> tuple[Problem, ...]:
    """What there is to say of a script that can be rendered.  Raises as rendering would."""
    from podforge.delivery.cover import own_cover
    from podforge.project import Request, open_project

    found = open_project(Request(script, "", voices, encoding)).script
    own_cover(found)
    return found.warnings
