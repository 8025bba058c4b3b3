"""Clips to timeline: gaps, chapters, cues, sections.  All of it is pure.

Inside a window the engine's own timing stands, except where the script puts a pause, a scene or
a cue.  A podcast is one section.  In a book each chapter is one, with room tone at both ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from podforge.arranging import Arrangement, Between, Entry, arrange
from podforge.cast import Cast
from podforge.clip import Clip
from podforge.errors import Problem
from podforge.levels import speaker_gains
from podforge.placing import BEFORE_SECONDS, Placer
from podforge.plan import Plan, Splits
from podforge.scoring import score, trailing, waits
from podforge.script import Chapter, Cue, Header, Pause, Script
from podforge.timeline import Asset, Bed, Line, Mark, PlacedCue, Section, Timeline
from podforge.units import MIX_RATE, to_samples
from podforge.wording import timed_words

LEAD_SECONDS = 0.5  # a chapter of a podcast begins at most this long before its first word
EDGE_SECONDS = 0.5  # of room tone at both ends of a book's chapter, where files are joined
FAMILIAR_SECONDS = 3.0  # of speech in a book's chapter, before a voice is levelled by it

Assets = Mapping[str, Asset]  # by the file name of the cue


def lay_out(
    script: Script,
    plan: Plan,
    clips: Mapping[str, Clip],
    cast: Cast,
    assets: Assets | None = None,
    by_chapter: bool = False,
) -> Timeline:
    """Put every clip and cue on the axis.  `clips` holds one for every key of the plan.

    `by_chapter` makes a section of each chapter.
    """
    whole = arrange(script, plan)
    parts = list(whole.chapters()) if by_chapter else [whole]
    titles = whole.titles(script.header.title) if by_chapter else (script.header.title,)
    laid: list[_Section] = []
    for number, part in enumerate(parts):
        pieces = (piece for entry in part.entries for track in entry.tracks for piece in track)
        least = FAMILIAR_SECONDS if by_chapter else 0.0
        laid.append(
            _Section(
                header=script.header,
                assets=assets or {},
                placer=Placer(plan, clips, cast, speaker_gains(pieces, plan, clips, cast, least)),
                edge=to_samples(EDGE_SECONDS, MIX_RATE) if by_chapter else 0,
                last=number == len(parts) - 1,
                title=titles[number],
                origin=laid[-1].end if laid else 0,
            ).filled(part)
        )
    return Timeline(
        rate=MIX_RATE,
        length=laid[-1].end if laid else 0,
        sections=tuple(part.section() for part in laid),
        lines=tuple(line for part in laid for line in part.lines),
        chapters=_from_the_start([mark for part in laid for mark in part.marks], script.header),
        cues=tuple(cue for part in laid for cue in part.cues),
        warnings=tuple(problem for part in laid for problem in part.warnings),
    )


def cuts_refused(script: Script, plan: Plan, clips: Mapping[str, Clip]) -> Splits:
    """Where something must go between two utterances of a window that leave it no room.

    Maps the window's key to the utterances that must open a window of their own.  Windows without
    a clip are not asked about: only a part may have been recorded.
    """
    refused: dict[str, frozenset[int]] = {}
    before: Entry | None = None
    for entry in arrange(script, plan).entries:
        if not entry.follows(before):
            for job, utterance in (track[0] for track in entry.tracks):
                key = plan.jobs[job].key
                if utterance and key in clips and not clips[key].can_cut(utterance):
                    refused[key] = refused.get(key, frozenset()) | {utterance}
        before = entry
    return refused


def _from_the_start(marks: list[Mark], header: Header) -> tuple[Mark, ...]:
    """The chapters, and one for what comes before the first."""
    before = [Mark(header.title, 0)] if marks and marks[0].at > 0 else []
    return (*before, *marks)


@dataclass
class _Section:
    """A section so far.  All positions are those of the timeline; `at` ends the last speech."""

    header: Header
    assets: Assets
    placer: Placer
    edge: int
    last: bool
    title: str
    origin: int
    at: int = 0
    end: int = 0
    before: Entry | None = None
    due: Chapter | None = None  # announced, and nothing of it was heard yet
    lines: list[Line] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    cues: list[PlacedCue] = field(default_factory=list)
    beds: tuple[Bed, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def filled(self, part: Arrangement) -> "_Section":
        """Itself, with everything in it."""
        for entry in part.entries:
            self._add(entry)
        self._finish(part.after)
        speech = [(line.start, line.end) for line in self.lines]
        self.beds, problems = score(
            self.cues, speech, self.origin, self.end - self.edge, self.assets, MIX_RATE, self.last
        )
        self.warnings += problems
        return self

    def section(self) -> Section:
        """What is mixed, counting from the section's own start."""
        own = [replace(p, at=p.at - self.origin) for p in self.placer.placements]
        return Section(
            title=self.title,
            at=self.origin,
            length=self.end - self.origin,
            placements=tuple(sorted(own, key=lambda placed: placed.at)),
            beds=self.beds,
            tone_db=self.header.room_tone_db,
        )

    def _add(self, entry: Entry) -> None:
        """Place a speech after what stands before it."""
        joined = entry.follows(self.before)
        start = self.at if joined else self._start(entry)
        tracks = self.placer.place(entry, start, joined)
        self.at = max(track.end for track in tracks)
        self._line(entry, tracks[0].start, tracks[0].heard)
        self.before = entry

    def _start(self, entry: Entry) -> int:
        """Where the speech begins, and the chapter before it."""
        pauses = self.header.pauses
        if self.before is None:
            head = to_samples(max(pauses.head, BEFORE_SECONDS), MIX_RATE)
            usual = max(0, head - self.edge)
            start = self._walk(entry.between, self.origin + self.edge, usual, usual)
            lead = start - self.origin
        else:
            usual = to_samples(entry.gap(self.before, pauses), MIX_RATE)
            least = to_samples(entry.between.least(pauses), MIX_RATE)
            start = self._walk(entry.between, self.at, least or usual, least)
            lead = min((start - self.at) // 2, to_samples(LEAD_SECONDS, MIX_RATE))
        self._mark(start - lead)
        return start

    def _mark(self, at: int) -> None:
        """The chapter that was announced begins here, with a word or with music."""
        if self.due:
            self.marks.append(Mark(self.due.title, max([at, *(m.at + 1 for m in self.marks[-1:])])))
            self.due = None

    def _announce(self, chapter: Chapter | None) -> None:
        """A chapter is to begin; one that was to begin before has nothing in it."""
        if self.due:
            text = f'the chapter "{self.due.title}" has nothing in it and is left out'
            self.warnings += (Problem(self.due.place, "warning", text),)
        self.due = chapter

    def _walk(self, between: Between, at: int, usual: int, least: int) -> int:
        """Where the speech after `between` begins, with its cues placed on the way.

        Silence that the script asks for replaces the `usual` one, which also stands around a
        sound that the speech waits for.
        """
        position, paused = at, False
        for item in between.items:
            if isinstance(item, Chapter):
                self._announce(item)
            elif isinstance(item, Pause):
                position += to_samples(item.seconds, MIX_RATE)
                paused = True
            elif isinstance(item, Cue):
                waiting = waits(item, self.assets, MIX_RATE)
                position += usual if waiting and not paused else 0
                self.cues.append(PlacedCue(item, position))
                if item.file in self.assets:
                    self._mark(position if self.before or self.marks else self.origin)
                position += waiting
                paused = paused and not waiting
        return max(position + (0 if paused else usual), at + least)

    def _line(self, entry: Entry, start: int, heard: tuple[tuple[int, int, int, int], ...]) -> None:
        speech = entry.speech
        words = timed_words(speech, heard, start, self.at)
        line = Line(speech.speakers, speech.text, start, self.at, words, speech.place)
        self.lines.append(line)

    def _finish(self, after: Between) -> None:
        """The silence at the end, and music that is heard longer than the last word."""
        pauses = self.header.pauses
        tail = to_samples(pauses.tail, MIX_RATE)
        if self.edge:  # the head of the next chapter is part of the gap
            tail = max(tail, to_samples(pauses.chapter - pauses.head, MIX_RATE))
        silent = self._walk(after, self.at, 0, tail)
        heard = trailing(self.cues, self.at, self.assets, MIX_RATE)
        self.end = max(silent, heard + self.edge)
        self._announce(None)
