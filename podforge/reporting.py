"""What the report says, gathered from the stages."""

from collections.abc import Mapping
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
from podforge.plan import Plan
from podforge.project import Project
from podforge.recording import Recording
from podforge.timeline import Timeline

if TYPE_CHECKING:
    from podforge.finishing import Finished


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


def report_of(
    project: Project,
    plan: Plan,
    recording: Recording,
    timeline: Timeline,
    finished: Mapping[str, "Finished"],
    outputs: Outputs,
) -> Report:
    """The report of a render that came to its end."""
    script, cast = project.script, project.cast
    jobs = plan.unique()
    made = len(recording.fresh & {job.key for job in jobs})
    target = next(iter(finished.values())).target
    return Report(
        podforge=__version__,
        script=Path(script.path).name,
        title=script.header.title,
        engines=tuple(cast.engines),
        seconds=timeline.seconds,
        words=script.words(),
        jobs_made=made,
        jobs_cached=len(jobs) - made,
        retakes=sum(recording.clips[key].attempt for key in recording.fresh),
        target=ReportedTarget(target.name, target.lufs, target.true_peak_db),
        outputs=tuple(
            _output(outputs, name, done, timeline.seconds) for name, done in finished.items()
        ),
        findings=suspects(plan, recording),
        warnings=tuple(ReportedWarning(str(p.place), p.text) for p in script.warnings),
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
