"""What the report says, gathered from the stages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from podforge import __version__
from podforge.clip import Clip
from podforge.delivering import Outputs
from podforge.delivery.report import (
    Report,
    ReportedChapter,
    ReportedLine,
    ReportedLoss,
    ReportedOutput,
    ReportedSpeaker,
    ReportedTarget,
    ReportedVerdict,
    ReportedWarning,
)
from podforge.encodings import Format
from podforge.errors import Place, Problem
from podforge.plan import Job, Plan
from podforge.project import Project
from podforge.recording import Recording
from podforge.tallies import spent_characters, unperformed
from podforge.timeline import Timeline
from podforge.voices.files import file_digest

if TYPE_CHECKING:
    from podforge.finishing import Finished
    from podforge.inspecting import Verdict


# Decided by the script and its settings, not by how well the render went.
_ASKED_FOR = ("silence at head", "silence inside", "silence at tail", "digital silence")


@dataclass(frozen=True)
class Made:
    """What a render made on its way to the files; `notes` is what a person should know of it."""

    plan: Plan
    recording: Recording
    timeline: Timeline
    finished: Mapping[Format, "Finished"]
    notes: tuple[Problem, ...] = ()


def missed_targets(made: Made, split: bool) -> tuple[Problem, ...]:
    """What the gate found wrong with each format."""
    return tuple(
        Problem(Place(""), "warning", f"the {wanted}: {v.name} is {v.value}, not {v.limit}")
        for wanted, done in made.finished.items()
        for v in _gate(made, done, split)
        if not v.ok and not v.name.endswith(_ASKED_FOR)
    )


def _gate(made: Made, done: "Finished", split: bool) -> "tuple[Verdict, ...]":
    return done.gate([section.title for section in made.timeline.sections], split)


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
        target=ReportedTarget(target.name, target.level_db, target.measure, target.ceiling_db),
        outputs=tuple(_output(made, outputs, wanted) for wanted in made.finished),
        findings=suspects(made.plan, recording),
        warnings=tuple(ReportedWarning(str(p.place), p.text) for p in (*script.warnings, *notes)),
        chapters=tuple(ReportedChapter(m.title, m.at / timeline.rate) for m in timeline.chapters),
        speakers=tuple(_speaker(project, name) for name in script.speakers()),
        disclosure=script.header.disclosure,
        draft=project.draft,
        not_performed=tuple(
            ReportedLoss(lost.engine, lost.deliveries, lost.events)
            for lost in unperformed(script, project.cast)
        ),
        paid_characters=spent_characters(_fresh(made), project.cast),
    )


def _fresh(made: Made) -> Iterator[tuple[Job, Clip]]:
    """What was spoken in this render."""
    clips = made.recording.clips
    return ((job, clips[job.key]) for job in made.plan.unique() if job.key in made.recording.fresh)


def _output(made: Made, outputs: Outputs, wanted: Format) -> ReportedOutput:
    done = made.finished[wanted]
    measured, gate = done.measured, _gate(made, done, outputs.split)
    return ReportedOutput(
        file=outputs.files(wanted)[0].name,
        files=len(outputs.files(wanted)),
        format=str(wanted),
        kbits=done.encoding.kbits,
        channels=done.channels,
        bytes=done.bytes,
        seconds=measured.seconds,
        lufs=measured.lufs,
        range_lu=measured.range_lu,
        true_peak_db=measured.true_peak_db,
        rms_db=measured.rms_db,
        floor_db=measured.floor_db,
        encodings=done.passes,
        sections=len(done.pieces),
        gate=tuple(ReportedVerdict(v.name, v.value, v.limit, v.ok) for v in gate),
    )


def _speaker(project: Project, name: str) -> ReportedSpeaker:
    part = project.cast.parts[name]
    file = project.book.find(part.voice.name)
    consent, pinned = file.consent, part.voice.embedding
    return ReportedSpeaker(
        name,
        voice=file.name,
        engine=part.engine,
        consent=f"{consent.kind}: {consent.owner}, {consent.date}" if consent else "",
        allowed_uses=consent.allowed_uses if consent else "",
        recording=file_digest(file.reference) if file.reference else "",
        embedding=file_digest(Path(pinned)) if pinned else "",
        engine_from=part.engine_from,
        stands_for=part.stands_for,
    )
