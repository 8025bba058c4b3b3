"""`podforge cache`: the store of what was made, looked at and made smaller."""

import json
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podforge.cli.options import cache_option, json_option

if TYPE_CHECKING:
    from podforge.store.collecting import Doomed

_SIZE = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[kmgt]?)(?P<binary>i?)b?", re.IGNORECASE)


def _in_bytes(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
    """Bytes, of `5GB`, `500 MB`, `2GiB`."""
    if text is None:
        return None
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise click.BadParameter(f"{text} is no size such as 5GB")
    step = 1024.0 if found["binary"] else 1000.0
    power = " kmgt".index(found["unit"].lower() or " ")
    return round(float(found["number"]) * step**power)


@click.group("cache")
def cache_group() -> None:
    """Look at the store of finished clips; make it smaller.

    What was spoken once is kept there, and never spoken again.

    \b
    podforge cache stats
    podforge cache gc --max-size 5GB
    """


@cache_group.command("stats")
@cache_option
@json_option
def show_stats(cache: Path | None, as_json: bool) -> None:
    """Show what is in the store: how much of what, how old, and what is left over.

    \b
    podforge cache stats
    """
    from podforge.console import print_facts
    from podforge.progress import in_bytes
    from podforge.store import Store
    from podforge.store.contents import contents_of
    from podforge.store.health import facts_of

    root = _root(cache)
    facts = facts_of(contents_of(root), Store(root).free_bytes(), time.time())
    if as_json:
        click.echo(json.dumps({"version": 1, "store": str(root), **facts}))
        return
    kinds = facts["kinds"].items()
    print_facts(
        {
            "store": root,
            **{kind: f"{n['records']} records, {in_bytes(n['bytes'])}" for kind, n in kinds},
            "blobs": facts["blobs"],
            **{
                name: f"{facts[key]['count']}, {in_bytes(facts[key]['bytes'])}"
                for name, key in (
                    ("no record names", "unnamed_blobs"),
                    ("quarantine", "quarantine"),
                    ("temporary", "temporaries"),
                )
            },
            "lock files": facts["locks"],
            "oldest use": _ago(facts["oldest_use_seconds"]),
            "last use": _ago(facts["last_use_seconds"]),
            "total": in_bytes(facts["bytes"]),
            "free": in_bytes(facts["free_bytes"]),
        }
    )


@cache_group.command("verify")
@cache_option
def verify_store(cache: Path | None) -> int:
    """Read everything in the store; set aside what is damaged.

    The next render makes that again.  Exits with 1 when something was damaged.

    \b
    podforge cache verify
    """
    from podforge.store.health import verify

    verified = verify(_root(cache))
    for text in verified.damage:
        click.echo(text)
    said = f"{len(verified.damage)} damaged" if verified.damage else "all sound"
    click.echo(f"{verified.records} records, {verified.blobs} blobs: {said}")
    return 1 if verified.damage else 0


@cache_group.command("gc")
@cache_option
@click.option("--max-size", callback=_in_bytes, metavar="SIZE",
              help="If the store is larger, as 5GB, delete the longest unused.")  # fmt: skip
@click.option("-n", "--dry-run", is_flag=True, help="Only show what would go.")
def collect_garbage(cache: Path | None, max_size: int | None, dry_run: bool) -> None:
    """Delete what is left over; with --max-size also what was longest of no use.

    Goes down to 80 % of the size.  What was used in the last 24 hours stays, and while a render
    works with the store nothing is deleted.

    \b
    podforge cache gc
    podforge cache gc --max-size 5GB --dry-run
    """
    from podforge.progress import in_bytes
    from podforge.store.collecting import collect
    from podforge.store.contents import contents_of

    root = _root(cache)
    gone = collect(root, max_size, dry_run=dry_run)
    _print_gone(gone)
    left = contents_of(root).size - (sum(each.size for each in gone) if dry_run else 0)
    click.echo(f"{'would be left' if dry_run else 'left'}: {in_bytes(left)}")
    if max_size is not None and left > max_size:
        click.echo("more than --max-size: the rest may have been used in the last 24 hours")


def _print_gone(gone: "list[Doomed]") -> None:
    from podforge.console import print_facts
    from podforge.progress import in_bytes

    counts = Counter(each.why for each in gone)
    sizes = {why: sum(each.size for each in gone if each.why == why) for why in counts}
    print_facts({why: f"{counts[why]} files, {in_bytes(sizes[why])}" for why in counts})


@cache_group.command("clear")
@cache_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def clear_store(cache: Path | None, yes: bool) -> int:
    """Delete everything in the store; every script is then spoken anew.

    \b
    podforge cache clear --yes
    """
    from podforge.errors import UsageError
    from podforge.progress import in_bytes
    from podforge.store.collecting import clear
    from podforge.store.contents import contents_of

    root = _root(cache)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("nobody can be asked here", hint="give --yes to delete everything")
        question = f"Delete all of {root}, {in_bytes(contents_of(root).size)}?"
        if not click.confirm(question, err=True):
            return 1
    click.echo(f"deleted: {in_bytes(clear(root))}")
    return 0


def _root(cache: Path | None) -> Path:
    from podforge.cli.choices import choices_for, store_of

    return store_of(choices_for(), cache)


def _ago(seconds: int | None) -> str:
    if seconds is None:
        return ""
    hours = seconds // 3600
    return f"{hours // 24} days ago" if hours >= 48 else f"{hours} hours ago"
