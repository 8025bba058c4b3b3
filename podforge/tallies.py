"""What is counted of a plan by engine: what it leaves out of the script, and what it costs."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from podforge.cast import ANY, Cast
from podforge.clip import Clip
from podforge.plan import Job
from podforge.script import Script


@dataclass(frozen=True)
class Unperformed:
    """What a script asks of an engine, and the engine does not do: its lines are spoken without.

    `deliveries` counts lines that say how they are said, and each speaker's usual style once;
    `events` are vocal events (`[laughs]`).
    """

    engine: str
    deliveries: int
    events: int


def unperformed(script: Script, cast: Cast) -> tuple[Unperformed, ...]:
    """What is left out, by engine; an ensemble's line counts once a speaker."""
    deliveries, events = Counter[str](), Counter[str]()
    for speech in script.speeches():
        for name in speech.speakers:
            engine = cast.parts[name].engine
            limits = cast.engines[engine].limits
            deliveries[engine] += bool(speech.delivery) and not limits.delivery
            if limits.events != ANY:
                events[engine] += sum(event not in limits.events for _, event in speech.events)
    for name in script.speakers():
        engine, style = cast.parts[name].engine, cast.parts[name].style
        deliveries[engine] += bool(style) and not cast.engines[engine].limits.delivery
    return tuple(
        Unperformed(engine, deliveries[engine], events[engine])
        for engine in sorted(cast.engines)
        if deliveries[engine] or events[engine]
    )


def paid_characters(jobs: Iterable[Job], cast: Cast) -> dict[str, int]:
    """Characters of spoken text in jobs, by engine, where somebody pays for each; one take."""
    counts = Counter[str]()
    for job in jobs:
        if cast.engines[job.engine].limits.paid:
            counts[job.engine] += job.characters
    return dict(sorted(counts.items()))


def spent_characters(jobs: Iterable[tuple[Job, Clip]], cast: Cast) -> dict[str, int]:
    """Characters that were paid for jobs and their clips: those of each take, kept or not.

    A clip with a finding is the best of as many takes as the engine is given.
    """
    counts = Counter[str]()
    for job, clip in jobs:
        limits = cast.engines[job.engine].limits
        if limits.paid:
            takes = max(clip.attempt + 1, limits.takes * bool(clip.findings and limits.stochastic))
            counts[job.engine] += takes * job.characters
    return dict(sorted(counts.items()))
