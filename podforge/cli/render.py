"""`podforge render`: scripts to finished episodes."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podforge.cli.exits import told
from podforge.cli.options import (
    allow_root_option,
    draft_option,
    engine_options,
    json_option,
    project_options,
    scripts_argument,
)
from podforge.cli.results import print_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podforge.batch import Rendered
    from podforge.cli.choices import Typed
    from podforge.events import Tell
    from podforge.produce import Order, Ready
    from podforge.settings import EngineFlags


@click.command()
@scripts_argument
@click.option("-o", "--output", metavar="PATH", help="The file, or a folder for several scripts.")
@click.option(
    "--format",
    "formats",
    default="",
    metavar="LIST",
    help="mp3, m4b, m4a, opus, flac, wav; mp3:192k, mp3:v2; several with commas [mp3].",
)
@click.option(
    "--target",
    default="",
    metavar="NAME|LUFS",
    help="How loud: podcast, podcast-mono, spotify, broadcast, acx, -18, -18/-2.",
)
@click.option("--split", type=click.Choice(["chapters", "no"]), help="A file for each chapter.")
@project_options
@draft_option
@allow_root_option
@click.option("-j", "--jobs", type=click.IntRange(1, 256), metavar="N",
              help="Worker processes [one a processor].")  # fmt: skip
@click.option("--force", is_flag=True, help="Speak and write everything again.")
@click.option("--strict/--no-strict", default=None,
              help="Suspect lines, a missed target are failures; keep the old output.")  # fmt: skip
@click.option("--fail-fast", is_flag=True, help="Start no other script after one has failed.")
@click.option("--depfile", type=click.Path(path_type=Path), metavar="FILE",
              help="Write there, for Make and ninja, what the audio was made of.")  # fmt: skip
@click.option("--restat", is_flag=True, help="What stays as it was keeps its time, for ninja.")
@click.option("--only", "chapters", multiple=True, metavar="CHAPTER",
              help="Preview a chapter, by title or number; may be repeated.")  # fmt: skip
@click.option("--lines", multiple=True, metavar="FROM-TO",
              help="Preview lines of the script: 40-60, 40-, 57; may be repeated.")  # fmt: skip
@click.option("-n", "--dry-run", is_flag=True, help="Only show what would be made.")
@json_option
@click.option("--events", type=click.Choice(["jsonl"]),
              help="Events as JSON lines on stderr, for programs: docs/events.md.")  # fmt: skip
@click.option("--log", type=click.Path(path_type=Path), metavar="FILE",
              help="Append what happens, with times, beside what is shown.")  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@engine_options
def render(
    scripts: tuple[Path, ...], output: str | None, formats: str, target: str,
    split: str | None, typed: "Typed", flags: "EngineFlags", jobs: int | None, force: bool,
    strict: bool | None,
    depfile: Path | None, restat: bool, dry_run: bool, as_json: bool, events: str | None,
    log: Path | None, quiet: bool, fail_fast: bool, chapters: tuple[str, ...],
    lines: tuple[str, ...], allowed: tuple[Path, ...], draft: bool | None,
) -> int:  # fmt: skip
    """Render scripts to finished, tagged episodes.

    Without -o: output/NAME/NAME.mp3, and beside it the transcripts, the chapters and a report.
    stdout gets the path of each result, stderr everything else.  Several scripts share worker
    processes and loaded models; when one fails, the next ones still are rendered.

    What fails leaves the old output, and keeps every clip that was made.  Exits with 75 when a
    line has no usable take: run the same command again, and only that line is spoken.  Ctrl-C
    stops the same way; a second one kills at once.  All exit codes: podforge --help.

    \b
    podforge render episode.md
    podforge render episode.md -o site/ep12.m4b
    podforge render season/*.md -o site/ --format mp3,opus -j 4
    podforge render book.md -o book.m4b --log night.log
    podforge render book.md --only "Chapter 2"         book.preview.mp3, from the same clips
    podforge render episode.md --draft                 episode.draft.mp3, by espeak-ng
    """
    from podforge.cli.depfiles import Depfile
    from podforge.cli.destinations import check_depfile
    from podforge.cli.ordering import Asked, orders_of
    from podforge.cli.outcomes import done, facts_of, print_outcomes
    from podforge.cli.plan import show_plans
    from podforge.cli.readers import telling
    from podforge.cli.streaming import check_stream, stream

    asked = Asked(
        typed=replace(typed, flags=flags, target=target, allowed=allowed, draft=draft),
        output=output, formats=formats, split=split, jobs=jobs, force=force, strict=strict,
        restat=restat, chapters=chapters, lines=lines,
    )  # fmt: skip
    orders = orders_of(scripts, asked)
    if depfile:
        check_depfile(depfile, scripts)
    if dry_run:
        return show_plans([order.request for order in orders], orders[0].store, as_json)
    if output == "-":
        check_stream(orders, ["--depfile"] * bool(depfile) + ["--json"] * as_json)
        return stream(orders[0], quiet=quiet, events=bool(events), log=log)
    following = Depfile(depfile) if depfile else None
    ready = following.add if following else lambda _: None
    with telling(scripts, quiet=quiet, events=bool(events), log=log) as tell:
        outcomes = _outcomes(orders, tell, fail_fast, ready)
        ended = done(outcomes)
        tell(ended)
    if len(outcomes) > 1 and not (quiet or events):
        print_outcomes(outcomes)
    if following and not ended.exit_code:
        following.finish()
    if as_json:
        renders = [facts_of(rendered) for rendered in outcomes]
        click.echo(json.dumps({"version": 1, "renders": renders}))
    else:
        for rendered in outcomes:
            print_paths(*rendered.product.outputs if rendered.product else ())
    return ended.exit_code


def _outcomes(
    orders: "Sequence[Order]", tell: "Tell", fail_fast: bool, ready: "Ready"
) -> "list[Rendered]":
    """What became of each order; why one failed is told when it happens."""
    from podforge.batch import render_all

    outcomes = []
    with closing(render_all(orders, tell, fail_fast, ready)) as rendering:
        for rendered in rendering:
            outcomes.append(rendered)
            for erred in told(rendered.error, str(rendered.script)) if rendered.error else ():
                tell(erred)
    return outcomes
