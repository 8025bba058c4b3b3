"""From a command line, and what holds where it says nothing, to the renders it asks for."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from podforge.cli.choices import Typed, choices_for, request_for, store_of
from podforge.cli.destinations import destinations, draft, parse_formats, preview
from podforge.errors import MissingInput
from podforge.orders import Order
from podforge.settings import Choices
from podforge.settings.keys import FORMAT, JOBS, OUTPUT, SPLIT, STRICT
from podforge.threads import processors


@dataclass(frozen=True)
class Asked:
    """The options of `podforge render` that say what is made, and how; empty: not given."""

    typed: Typed = field(default=Typed(draft=None))
    output: str | None = None
    formats: str = ""
    split: str | None = None  # chapters, or no
    jobs: int | None = None
    force: bool = False
    strict: bool | None = None
    restat: bool = False
    chapters: tuple[str, ...] = ()  # to be heard alone
    lines: tuple[str, ...] = ()  # ... and lines of the script


def orders_of(scripts: Sequence[Path], asked: Asked) -> list[Order]:
    """An order a script.

    Raises `UsageError`, or `MissingInput` for `.`, before any of them is opened, and `InputError`.
    """
    for script in scripts:
        if not script.name:  # `.` and `/`: nothing to name the output after
            raise MissingInput(f"{script} is a folder", hint="give the path of a script")
    found = {script: choices_for(script) for script in scripts}

    def folder(script: Path) -> Path:
        return found[script].of(OUTPUT) or Path("output") / script.stem

    formats = parse_formats(Choices(environ=os.environ).of(FORMAT, asked.formats or None) or "")
    places = destinations(scripts, asked.output, formats, usual=folder)
    split = asked.split == "chapters" if asked.split else None
    part = bool(asked.chapters or asked.lines)
    requests = {
        script: replace(
            request_for(script, asked.typed, choices), chapters=asked.chapters, lines=asked.lines
        )
        for script, choices in found.items()
    }
    places = [
        draft(outputs) if requests[script].draft else outputs
        for script, outputs in zip(scripts, places, strict=True)
    ]
    return [
        Order(
            request=requests[script],
            outputs=(
                preview(outputs)
                if part
                else replace(outputs, split=choices.of(SPLIT, split) or False)
            ),
            store=store_of(choices, asked.typed.cache),
            workers=choices.of(JOBS, asked.jobs) or processors(),
            afresh=asked.force,
            strict=choices.of(STRICT, asked.strict) or False,
            restat=asked.restat,
        )
        for script, outputs in zip(scripts, places, strict=True)
        for choices in (found[script],)
    ]
