"""`podforge engines`: what can speak here, and what is missing for the rest."""

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import click

from podforge.cli.options import json_option

if TYPE_CHECKING:
    from podforge.cast import Limits, Settings
    from podforge.engines.base import EngineSpec, Need
    from podforge.project import Engines

FEW_LANGUAGES = 3  # are named in the table; of more, how many


@dataclass(frozen=True)
class Listed:
    """What is known of an engine without loading it."""

    name: str
    summary: str
    ready: bool
    voices: str  # presets, recordings, or both
    speakers: int  # in one call
    languages: str
    performs: str
    words: bool  # it says when each is spoken
    network: bool
    cost: str
    licence: str
    rate: int  # samples per second
    most_characters: int  # in one call
    settings: tuple[str, ...]
    set: dict[str, str]  # of them in this folder, without secrets
    needs: "tuple[Need, ...]"
    broken: str = ""  # what is wrong with its settings or its model


def listed(spec: "EngineSpec", settings: "Settings | None" = None) -> Listed:
    """The facts of an engine with these settings.  Raises what is wrong with them or its model."""
    settings = settings or {}
    return _facts(spec, settings, spec.needs(settings))


def _facts(spec: "EngineSpec", settings: "Settings", needs: "tuple[Need, ...]") -> Listed:
    from podforge.settings import public

    limits, about = spec.limits(settings), spec.about
    presets, recordings = not spec.needs_reference, about.cloning or spec.needs_reference
    return Listed(
        name=spec.name,
        summary=about.summary,
        ready=all(need.found for need in needs),
        voices=", ".join(["presets"] * presets + ["recordings"] * recordings),
        speakers=limits.speakers if limits.windows else 1,
        languages=", ".join(limits.languages) or "any",
        performs=_performs(limits),
        words=about.words,
        network=about.network,
        cost=about.cost,
        licence=about.licence,
        rate=limits.rate,
        most_characters=limits.most_characters,
        settings=spec.known_settings,
        set={name: str(value) for name, value in public(settings).items()},
        needs=needs,
    )


def listed_with(engines: "Engines", name: str) -> Listed:
    """The facts of an engine with the settings that hold here.

    Raises what is wrong with a setting, where it was made, or with the engine's model.
    """
    from podforge.engines import find_engine
    from podforge.errors import Place, UsageError
    from podforge.settings import placed

    spec, written = find_engine(name), engines.written(name)
    try:
        return listed(spec, engines.values(name))
    except UsageError as error:
        raise placed(error, written, Place(name)) from error


def listed_anyhow(engines: "Engines", name: str) -> Listed:
    """The facts of an engine; of one that `listed_with` fails at, what is wrong, and the usual."""
    from podforge.engines import find_engine
    from podforge.errors import PodforgeError

    try:
        return listed_with(engines, name)
    except PodforgeError as error:
        return replace(_facts(find_engine(name), {}, ()), ready=False, broken=str(error))


def _engines_here() -> "Engines":
    """With the settings that hold in this folder, and in the environment."""
    from podforge.cli.choices import choices_for, with_environment
    from podforge.errors import Place
    from podforge.project import Engines
    from podforge.settings import EngineFlags

    choices = choices_for()
    flags = with_environment(EngineFlags(), choices)
    return Engines(Place(""), config=choices.config, flags=flags)


@click.group("engines", invoke_without_command=True)
@click.pass_context
def engines_group(ctx: click.Context) -> None:
    """List the voice engines, and what each can do.

    \b
    podforge engines
    podforge engines show vibevoice
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_engines)


@engines_group.command("list")
@json_option
def list_engines(as_json: bool = False) -> None:
    """List every engine that is registered: whether it is ready, and what it can do.

    Below the table: the commands that add what is missing, and what is wrong with a setting or
    a model.  How an engine performs, and what it costs, say `podforge engines show` and --json.

    \b
    podforge engines list
    podforge engines list --json | jq -r '.engines[] | select(.ready) | .name'
    """
    from podforge.console import print_rows
    from podforge.engines import engine_names
    from podforge.plain import plain

    engines = _engines_here()
    found = [listed_anyhow(engines, name) for name in engine_names()]
    if as_json:
        facts = {"version": 1, "engines": [asdict(each) for each in found]}
        click.echo(json.dumps(facts))
        return
    print_rows(("name", "ready", "voices", "languages", "words", "network", "what it is"),
        [(e.name, _ready(e), _voices(e.voices), _languages(e.languages), _yes(e.words),
          "paid" if e.cost else _yes(e.network), e.summary) for e in found],
    )  # fmt: skip
    for engine in found:
        if engine.broken:
            click.echo(plain(f"{engine.name}: {engine.broken}"))
        for what, remedy in _missing(engine.needs).items():
            click.echo(plain(f"{engine.name} needs {what}: {remedy}"))


@engines_group.command("show")
@click.argument("name")
@json_option
def show_engine(name: str, as_json: bool) -> None:
    """Show one engine: what it can do, its limits and settings, and what it needs.

    \b
    podforge engines show espeak
    podforge engines show vibevoice --json
    """
    from podforge.console import print_facts

    engine = listed_with(_engines_here(), name)
    if as_json:
        click.echo(json.dumps({"version": 1, **asdict(engine)}))
        return
    print_facts({
        "name": engine.name,
        "what it is": engine.summary,
        "ready": _ready(engine),
        "voices": engine.voices,
        "in one call": f"{engine.most_characters} characters, speakers: {engine.speakers}",
        "languages": engine.languages,
        "performs": engine.performs,
        "word times": _yes(engine.words),
        "network": _yes(engine.network),
        "cost": engine.cost or "none",
        "licence": engine.licence,
        "sound": f"{engine.rate} Hz",
        "settings": ", ".join(engine.settings) or "none",
        "set here": ", ".join(f"{name}: {value}" for name, value in engine.set.items()),
        **{n.what: "found" if n.found else f"missing: {n.remedy}" for n in engine.needs},
    })  # fmt: skip


def _performs(limits: "Limits") -> str:
    from podforge.cast import ANY

    events = "vocal events" if limits.events == ANY else ", ".join(limits.events)
    return ", ".join(filter(None, ["delivery" * limits.delivery, events])) or "nothing"


def _missing(needs: "tuple[Need, ...]") -> dict[str, str]:
    """What is missing, by the one command that adds it: `{"a, b": command}`."""
    remedies: dict[str, list[str]] = {}
    for need in needs:
        if not need.found:
            remedies.setdefault(need.remedy, []).append(need.what)
    return {", ".join(what): remedy for remedy, what in remedies.items()}


def _voices(kinds: str) -> str:
    return "both" if ", " in kinds else kinds


def _languages(tags: str) -> str:
    count = tags.count(", ") + 1
    return tags if count <= FEW_LANGUAGES else str(count)


def _ready(engine: Listed) -> str:
    """Nothing is missing here; whether a server answers, nobody asked."""
    return "not asked" if engine.ready and engine.network else _yes(engine.ready)


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
