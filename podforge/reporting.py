"""What the report says, gathered from the stages."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from podforge import __version__
from podforge.delivering import Outputs
from podforge.delivery.report import (
    Report,
    ReportedChapter,
    ReportedLine,
    ReportedOutput,
    ReportedSpeaker,
    ReportedTarget,
    ReportedWarning,
)
from podforge.delivery.tags import DISCLOSURE
from podforge.errors import Place, Problem
from podforge.plan import Plan
from podforge.project import Project
from podforge.recording import Recording
from podforge.timeline import Timeline

if TYPE_CHECKING:
    from podforge.finishing import Finished


@dataclass(frozen=True)
class Made:
    """What a render made on its way to the files; `notes` is what a person should know of it."""

    plan: Plan
    recording: Recording
    timeline: Timeline
    finished: Mapping[str, "Finished"]
    notes: tuple[Problem, ...] = ()


def missed_targets(finished: Mapping[str, "Finished"]) -> tuple[Problem, ...]:
    """The files that are not as loud as they should be, or louder at their peaks."""
    return tuple(
        Problem(
            Place(""),
            "warning",
            f"the {name} is at {done.lufs:.1f} LUFS and {done.true_peak_db:.1f} dBTP, "
            f"not at {done.target.level_db:g} and {done.target.ceiling_db:g}",
        )
        for name, done in finished.items()
        if not done.on_target
    )


def suspects(plan: Plan, recording: Recording) -> tuple[ReportedLine, ...]:
    """The lines that should be listened to, in the order of the script."""
    found = [
        ReportedLine(
            finding.severity,
            job.utterances[finding.utterance].place.file,
            job.utterances[finding.utterance].place.line,
            job.utterances[finding.utterance].text,
            finding.text,
        )
        for job in plan.jobs
        for finding in recording.clips[job.key].findings
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda line: (line.file, line.line)))


def report_of(project: Project, made: Made, notes: tuple[Problem, ...], outputs: Outputs) -> Report:
    """The report of a render that came to its end."""
    script, recording, timeline = project.script, made.recording, made.timeline
    keys = {job.key for job in made.plan.jobs}
    target = next(iter(made.finished.values())).target
    return Report(
        podforge=__version__,
        script=Path(script.path).name,
        title=script.header.title,
        engines=tuple(project.cast.engines),
        seconds=timeline.seconds,
        words=script.words(),
        jobs_made=len(recording.fresh),
        jobs_cached=len(keys - recording.fresh),
        retakes=sum(recording.clips[key].attempt for key in recording.fresh & keys),
        target=ReportedTarget(target.name, target.level_db, target.ceiling_db),
        outputs=tuple(
            _output(outputs, name, done, timeline.seconds) for name, done in made.finished.items()
        ),
        findings=suspects(made.plan, recording),
        warnings=tuple(ReportedWarning(str(p.place), p.text) for p in (*script.warnings, *notes)),
        chapters=tuple(ReportedChapter(m.title, m.at / timeline.rate) for m in timeline.chapters),
        speakers=tuple(_speaker(project, name) for name in script.speakers()),
        disclosure=DISCLOSURE,
    )


def _output(outputs: Outputs, name: str, done: "Finished", seconds: float) -> ReportedOutput:
    return ReportedOutput(
        outputs.path(name).name, name, done.bytes, seconds, done.lufs, done.true_peak_db
    )


def _speaker(project: Project, name: str) -> ReportedSpeaker:
    part = project.cast.parts[name]
    consent = project.book.find(part.voice.name).consent
    said = f"{consent.kind}: {consent.owner}, {consent.date}" if consent else ""
    return ReportedSpeaker(name, part.voice.name, part.engine, said)
