"""`podforge retake`: another take of a line that sounds wrong."""

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podforge.cli.options import (
    allow_root_option,
    engine_options,
    json_option,
    project_options,
)
from podforge.errors import Place, UsageError
from podforge.events import Warned

if TYPE_CHECKING:
    from podforge.cli.choices import Typed
    from podforge.request import Request
    from podforge.retaking import Audition, Spot
    from podforge.settings import EngineFlags

_PLACE = re.compile(r"(?P<script>.+?):(?P<line>\d{1,8})(?::(?P<column>\d{1,8}))?", re.S)


@click.command()
@click.argument("place", metavar="SCRIPT:LINE")
@click.option("--try", "tries", type=click.IntRange(1, 99), metavar="N",
              help="Make so many takes to choose from, and keep none of them yet.")  # fmt: skip
@click.option("--keep", type=int, metavar="TAKE",
              help="Keep this take; 0 is the one that nobody asked for.")  # fmt: skip
@click.option("--job", "number", type=click.IntRange(1), default=None, metavar="N",
              help="Which one, where a line is spoken in several jobs.")  # fmt: skip
@project_options
@allow_root_option
@json_option
@engine_options
def retake(
    place: str, tries: int | None, keep: int | None, number: int | None, typed: "Typed",
    flags: "EngineFlags", as_json: bool, allowed: tuple[Path, ...],
) -> int:  # fmt: skip
    """Speak a line again, and keep the take that sounds right.

    Alone it makes one more take and keeps it.  The choice goes to SCRIPT.takes.yaml, for Git; the
    takes lie in output/NAME/takes/ to be listened to, and the next render uses the kept one.

    \b
    podforge retake episode.md:12
    podforge retake episode.md:12 --try 3
    podforge retake episode.md:12 --keep 2
    """
    from podforge.cli.choices import choices_for, request_for, store_of
    from podforge.settings.keys import JOBS, OUTPUT
    from podforge.threads import processors

    where = _parsed(place)
    script = Path(where.file)
    choices = choices_for(script)
    typed = replace(typed, flags=flags, allowed=allowed)
    wish = _Wish(
        request=request_for(script, typed, choices),
        place=where,
        number=number or 0,
        new=tries or (keep is None),
        keep=keep,
        folder=_folder(choices.of(OUTPUT), script),
        store=store_of(choices, typed.cache),
        workers=choices.of(JOBS) or processors(),
    )
    done = _retake(wish, keep_new=not tries and keep is None)
    if as_json:
        click.echo(json.dumps(_facts(done)))
    else:
        job = ["--job", str(number)] if number else []
        _show(shlex.join([place, *job, *typed.words()]), done)
    return 75 if done.failed else 0


@dataclass(frozen=True)
class _Wish:
    """What is asked for: so many `new` takes of a line, and to keep one."""

    request: "Request"
    place: Place
    number: int
    new: int
    keep: int | None
    folder: Path
    store: Path
    workers: int


@dataclass(frozen=True)
class _Done:
    """What came of it: takes to listen to, and the one that is kept, if it is settled."""

    spot: "Spot"
    auditions: tuple["Audition", ...]
    kept: int | None
    file: Path  # of the choices
    known: tuple[int, ...]  # the takes in the store
    touched: bool  # the script has a new time
    failed: bool  # no new take is usable


def _retake(wish: _Wish, keep_new: bool) -> _Done:
    from podforge import retaking
    from podforge.console import open_console
    from podforge.project import open_project
    from podforge.recording import Crew
    from podforge.store import Store
    from podforge.store.holding import in_use
    from podforge.takes import MOST_TAKE, check_name, takes_path

    script, store = wish.request.script, Store(wish.store)
    auditions: tuple[Audition, ...] = ()
    with open_console(quiet=False, events=False) as tell, in_use(wish.store):
        project = open_project(wish.request, tell if wish.new else None)
        for problem in project.script.warnings:
            tell(Warned(str(problem.place), problem.text))
        spot = retaking.find_spot(project, wish.place, wish.number)
        check_name(script)
        known = retaking.known_takes(store, spot.job)
        if wish.keep is not None and not 0 <= wish.keep <= MOST_TAKE:
            text = f"--keep {wish.keep}: takes count from 0 to {MOST_TAKE}"
            raise UsageError(text, hint=_known(known))
        if wish.new or wish.keep:
            retaking.check_takes(project, spot)
        new = retaking.next_takes(store, spot.job, wish.new) if wish.new else []
        if new:
            crew = Crew(wish.workers, project.settings)
            retaking.speak(project, spot, new, store, crew, tell)
            known = retaking.known_takes(store, spot.job)
            takes = sorted({*known, *new})
            auditions = tuple(retaking.audition(project, spot, takes, store, wish.folder))
        usable = {made.take for made in auditions if made.path}
        keep = new[-1] if keep_new and new[-1] in usable else wish.keep
        touched = keep is not None and retaking.choose(script, project, spot, keep)
    failed = bool(new) and not usable & set(new)
    return _Done(spot, auditions, keep, takes_path(script), tuple(known), touched, failed)


def _known(takes: Sequence[int]) -> str:
    """Which takes there are to keep."""
    return f"takes of this line in the store: {', '.join(map(str, takes)) or 'none'}"


def _folder(output: Path | None, script: Path) -> Path:
    """Where takes go to be listened to; scripts that share an output folder have one each."""
    return output / "takes" / script.stem if output else Path("output") / script.stem / "takes"


def _parsed(text: str) -> Place:
    """`SCRIPT:LINE`, `SCRIPT:LINE:COLUMN`.  Raises `UsageError`."""
    match = _PLACE.fullmatch(text)
    if match is None or not int(match["line"]):
        raise UsageError(f"{text} names no line", hint="podforge retake episode.md:12")
    return Place(match["script"], int(match["line"]), int(match["column"] or 0))


def _facts(done: _Done) -> dict[str, object]:
    return {
        "version": 1,
        "job": done.spot.job.content,
        "line": done.spot.said.place.line,
        "speaker": done.spot.said.speaker,
        "text": done.spot.said.text,
        "takes": [
            {
                "take": made.take,
                "seconds": round(made.seconds, 3),
                "findings": made.findings,
                "file": str(made.path) if made.path else None,
            }
            for made in done.auditions
        ],
        "kept": done.kept,
        "file": str(done.file),
    }


def _show(asked: str, done: _Done) -> None:
    """The takes on stdout; on stderr whose they are, what became of them, and what is next.

    `asked` is the line as it was typed, with the options that it needs to be found again.
    """
    from podforge.console import print_rows
    from podforge.plain import plain
    from podforge.takes import says

    click.echo(f"{done.spot.said.place}: {plain(says(done.spot.said))}", err=True)
    spoken = [said.place.line for said in done.spot.job.utterances]
    if spoken[0] != spoken[-1]:
        text = f"a take of it is one of its window, the lines {spoken[0]} to {spoken[-1]}"
        click.echo(text, err=True)
    current = done.spot.job.take if done.kept is None else done.kept
    rows = [
        (
            str(made.take),
            "kept" if made.take == current else "",
            f"{made.seconds:.2f}" if made.path else "",
            "; ".join(made.findings) or "none",
            str(made.path or ""),
        )
        for made in done.auditions
    ]
    if rows:
        print_rows(("take", "", "seconds", "findings", "file"), rows)
    for line in _next_steps(asked, done):
        click.echo(plain(line), err=True)


def _next_steps(asked: str, done: _Done) -> Sequence[str]:
    typed = f"podforge retake {asked}"
    if done.failed:
        tries = 1 + sum(made.take > done.spot.job.take for made in done.auditions)
        return [f"no new take is usable; more of them: {typed} --try {tries}"]
    if done.kept is None:
        return [f"listen, and keep one: {typed} --keep {done.auditions[-1].take}"]
    where = f"kept in {done.file}" if done.kept else "kept, the one that nobody asked for"
    steps = [f"take {done.kept} is {where}; the next render uses it"]
    if done.touched:
        steps.append(f"{done.spot.said.place.file} has a new time, for Make to see the choice")
    if done.kept not in done.known:
        missing = f"take {done.kept} is not in the store: the next render speaks it"
        steps.append(f"{missing}; {_known(done.known)}")
    if done.kept and done.auditions:
        steps.append(f"another one: {typed}; the first one: {typed} --keep 0")
    return steps
