"""`podforge check`: every problem of a script, as lines that editors can follow."""

from pathlib import Path

import click

from podforge.cli.options import encoding_option, scripts_argument
from podforge.errors import InputError


@click.command()
@scripts_argument
@click.option("--voices", type=click.Path(path_type=Path), envvar="PODFORGE_VOICES", metavar="DIR",
              help="Where voices are looked for [voices/ beside the script and here].")  # fmt: skip
@encoding_option
def check(scripts: tuple[Path, ...], voices: Path | None, encoding: str) -> int:
    r"""Print every problem as FILE:LINE:COL: error|warning: TEXT.

    Exits with 65 when there is an error, 0 when there are only warnings or nothing.

    \b
    podforge check season/*.md
    """
    from podforge.plain import plain
    from podforge.project import Request, open_project

    failed = False
    for script in scripts:
        try:
            problems = open_project(Request(script, "", voices, encoding)).script.warnings
        except InputError as error:
            problems, failed = error.problems, True
        for problem in problems:
            click.echo(plain(str(problem)))
    return 65 if failed else 0
