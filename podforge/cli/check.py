"""`podforge check`: every problem of a script, as lines that editors can follow."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podforge.cli.exits import exit_code
from podforge.cli.options import (
    allow_root_option,
    encoding_option,
    include_option,
    scripts_argument,
    voices_option,
)
from podforge.errors import InputError, Place, PodforgeError, Problem

if TYPE_CHECKING:
    from podforge.project import Request
    from podforge.script import Account, Script


@click.command()
@scripts_argument
@click.option(
    "--account",
    "accounts",
    is_flag=True,
    help="Print what became of every character, by rule: spoken, label, comment...",
)
@click.option("--spoken", is_flag=True, help="Print what is said other than it is written.")
@include_option
@voices_option
@encoding_option
@allow_root_option
def check(
    scripts: tuple[Path, ...],
    accounts: bool,
    spoken: bool,
    include: tuple[str, ...],
    voices: Path | None,
    encoding: str | None,
    allowed: tuple[Path, ...],
) -> int:
    """Print every problem as FILE:LINE:COL: error|warning: TEXT.

    Exits with 65 when there is an error, 0 when there are only warnings or nothing.

    \b
    podforge check season/*.md
    podforge check --account episode.md
    podforge check --spoken episode.md
    """
    from podforge.cli.choices import Typed, choices_for, request_for
    from podforge.plain import plain

    code = 0
    for script in scripts:
        account, found = None, None
        try:
            typed = Typed(voices=voices, encoding=encoding, include=include, allowed=allowed)
            found = _opened(request_for(script, typed, choices_for(script)))
            problems, account = found.warnings, found.account
        except InputError as error:
            problems, code = error.problems, exit_code(error)
        except PodforgeError as error:
            place = error.place or Place(str(script))
            text = f"{error.text} ({error.hint})" if error.hint else error.text
            problems, code = (Problem(place, "error", text),), code or exit_code(error)
        for problem in problems:
            click.echo(plain(str(problem)))
        if spoken and found:
            for line in _spoken(found):
                click.echo(plain(line))
        if accounts and account:
            click.echo(plain(f"{script}: {account.total} characters without white space"))
            for line in _table(account):
                click.echo(line)
    return code


def _table(account: "Account") -> Iterator[str]:
    """Lines of a rule, its characters, and their share of all; at last the sum of all rules."""
    unknown = {"not accounted for": account.missing} if account.missing else {}
    for rule, count in {**account.sums, **unknown, "total": account.total}.items():
        yield f"  {rule:<20} {count:>9} {count / max(account.total, 1):>7.1%}"


def _opened(request: "Request") -> "Script":
    """A script that can be rendered, with its warnings.  Raises as rendering would."""
    from podforge.delivery.cover import own_cover
    from podforge.project import open_project

    found = open_project(request).script
    own_cover(found)
    return found


def _spoken(script: "Script") -> Iterator[str]:
    """`FILE:LINE:COL: written -> spoken` for each range that differs; COL is the paragraph's."""
    for speech in script.speeches():
        for edit in speech.spoken.edits if speech.spoken else ():
            written = speech.text[edit.source_start : edit.source_end]
            said = speech.said[edit.spoken_start : edit.spoken_end]
            if written.split() != said.split():
                yield f"{speech.place}: {written.strip()} -> {said.strip()}"
