"""`podforge render`: scripts to finished episodes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podforge.cli.exits import exit_code, say
from podforge.cli.options import engine_options, json_option, project_options, scripts_argument
from podforge.errors import PodforgeError

if TYPE_CHECKING:
    from podforge.produce import Product
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
@click.option("--split", type=click.Choice(["chapters"]), help="A file for each chapter.")
@project_options
@click.option("-j", "--jobs", type=click.IntRange(1, 256), envvar="PODFORGE_JOBS", metavar="N",
              help="Worker processes [one a processor].")  # fmt: skip
@click.option("--force", is_flag=True, help="Speak and write everything again.")
@click.option("--strict", is_flag=True, help="Suspect lines are failures; keep the old output.")
@click.option("--depfile", type=click.Path(path_type=Path), metavar="FILE",
              help="Write there, for Make and ninja, what the audio was made of.")  # fmt: skip
@click.option("--restat", is_flag=True, help="What stays as it was keeps its time, for ninja.")
@click.option("-n", "--dry-run", is_flag=True, help="Only show what would be made.")
@json_option
@click.option("--events", type=click.Choice(["jsonl"]), help="Events as JSON lines on stderr.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@engine_options
def render(
    scripts: tuple[Path, ...], output: str | None, formats: str, target: str,
    split: str | None, engine: str, voices: Path | None, cache: Path | None, encoding: str,
    include: tuple[str, ...], flags: "EngineFlags", jobs: int | None, force: bool, strict: bool,
    depfile: Path | None, restat: bool, dry_run: bool, as_json: bool, events: str | None,
    quiet: bool,
) -> int:  # fmt: skip
    """Render scripts to finished, tagged episodes.

    Without -o: output/NAME/NAME.mp3, and beside it the transcripts, the chapters and a report.
    stdout gets the path of each result, stderr everything else.

    \b
    podforge render episode.md
    podforge render episode.md -o site/ep12.m4b
    podforge render season/*.md -o site/ --format mp3,opus -j 4
    """
    from podforge.cli.destinations import check_depfile
    from podforge.cli.ordering import Asked, orders_of
    from podforge.cli.plan import show_plans
    from podforge.console import open_console
    from podforge.produce import Product, produce

    asked = Asked(
        output, formats, target, bool(split), engine, voices, cache, encoding, include, flags,
        jobs, force, strict, restat,
    )  # fmt: skip
    orders = orders_of(scripts, asked)
    if depfile:
        check_depfile(depfile, scripts)
    if dry_run:
        return show_plans([order.request for order in orders], orders[0].store, as_json)
    made: list[Product] = []
    told: list[dict[str, object]] = []
    code = 0
    with open_console(quiet=quiet, events=events == "jsonl") as tell:
        for order in orders:
            try:
                made.append(produce(order, tell))
                told.append(_made(made[-1]))
            except PodforgeError as error:
                if not events:  # there the stream has said it
                    say(error)
                code = code or exit_code(error)
                told.append(_failed(order.request.script, error))
    if depfile and not code:
        _write_depfile(depfile, made)
    if as_json:
        click.echo(json.dumps({"version": 1, "renders": told}, ensure_ascii=False))
    else:
        for product in made:
            click.echo("\n".join(str(path) for path in product.outputs))
    return code


def _write_depfile(path: Path, made: Sequence["Product"]) -> None:
    from podforge.delivery.writing import write_text
    from podforge.depfile import Rule, depfile

    rules = (Rule(product.outputs, product.sources) for product in made)
    write_text(path, depfile(rules, Path.cwd()))


def _made(product: "Product") -> dict[str, object]:
    return {
        "script": str(product.script),
        "outputs": [str(path) for path in product.outputs],
        "report": str(product.report),
        "seconds": round(product.seconds, 3),
        "unchanged": product.unchanged,
    }


def _failed(script: Path, error: PodforgeError) -> dict[str, object]:
    return {"script": str(script), "error": str(error), "exit_code": exit_code(error)}
