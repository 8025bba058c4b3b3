"""Clips to timeline.

Spans, not clips, go on the timeline: inside a window the engine's own timing stands, except
where the script puts a pause, a scene or a cue (DESIGN, rule 1).  All of it is pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from podforge.arranging import Entry, Piece, entries
from podforge.cast import Cast
from podforge.clip import Clip
from podforge.levels import speaker_gains
from podforge.plan import Plan, Splits
from podforge.script import Script
from podforge.timeline import Line, Mark, PlacedCue, Placement, Section, Timeline
from podforge.units import MIX_RATE, rescale, to_samples
from podforge.wording import Heard, timed_words

HEAD_SECONDS = 0.5  # room tone before the first word
TAIL_SECONDS = 1.0  # ... and after the last
PIECE_SECONDS = 0.25  # between the pieces of one long paragraph
LEAD_SECONDS = 0.5  # a chapter begins at most this long before its first word
FADE_SECONDS = 0.004  # at each cut
BEFORE_SECONDS = 0.020  # kept before a span where the clip has it: breath and soft onsets
AFTER_SECONDS = 0.060  # ... and after it: the voice dying away


def lay_out(script: Script, plan: Plan, clips: Mapping[str, Clip], cast: Cast) -> Timeline:
    """Put every clip on the axis.  `clips` holds one for every key of the plan."""
    layout = _Layout(script, plan, clips, cast, speaker_gains(plan, clips, cast))
    for entry in entries(script, plan):
        layout.add(entry)
    return layout.finish()


def cuts_refused(script: Script, plan: Plan, clips: Mapping[str, Clip]) -> Splits:
    """Where something must go between two utterances of a window that leave it no room.

    Maps the window's key to the utterances that must open a window of their own.
    """
    refused: dict[str, frozenset[int]] = {}
    before: Entry | None = None
    for entry in entries(script, plan):
        if not entry.follows(before):
            for job, utterance in (track[0] for track in entry.tracks):
                key = plan.jobs[job].key
                if utterance and not clips[key].can_cut(utterance):
                    refused[key] = refused.get(key, frozenset()) | {utterance}
        before = entry
    return refused


def _stretch(clip: Clip, utterance: int) -> tuple[int, int]:
    """The span with a little air, at most half way to its neighbours: what a cut keeps.

    The ends of the clip count as neighbours mirrored in them, so that half way is the end.
    """
    span = clip.spans[utterance]
    low, high = -span.start, 2 * clip.samples - span.end
    if utterance:
        low = clip.spans[utterance - 1].end
    if utterance + 1 < len(clip.spans):
        high = clip.spans[utterance + 1].start
    start = max(span.start - to_samples(BEFORE_SECONDS, clip.rate), (low + span.start) // 2)
    end = min(span.end + to_samples(AFTER_SECONDS, clip.rate), (span.end + high) // 2)
    return start, end


@dataclass(frozen=True)
class _Run:
    """A stretch of one clip that plays on without a cut, and where it began."""

    clip: Clip
    start: int  # of its first span, in the clip
    at: int  # the same moment in the mix

    def mix(self, position: int) -> int:
        return self.at + rescale(position - self.start, self.clip.rate, MIX_RATE)


@dataclass(frozen=True)
class _Track:
    """Where speech lies in the mix, and its words."""

    start: int
    end: int
    heard: tuple[Heard, ...]


@dataclass
class _Layout:
    """The timeline so far.  `at` is the end of the last speech."""

    script: Script
    plan: Plan
    clips: Mapping[str, Clip]
    cast: Cast
    gains: Mapping[str, float]
    at: int = 0
    run: _Run | None = None
    before: Entry | None = None
    placements: list[Placement] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    cues: list[PlacedCue] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Place a speech after what stands before it."""
        joined = entry.follows(self.before)
        start = self.at if joined else self._start(entry)
        self.cues += [PlacedCue(cue, self.at) for cue in entry.cues]
        tracks = []
        for track in entry.tracks:
            self.run = self.run if joined else None
            tracks.append(self._track(track, start))
        self.at = max(track.end for track in tracks)
        self._line(entry, tracks[0])
        self.before = entry

    def _start(self, entry: Entry) -> int:
        """Where the speech begins, and the chapter before it."""
        if self.before is None:
            start = to_samples(HEAD_SECONDS + sum(entry.pauses), MIX_RATE)
            lead = start
        else:
            gap = to_samples(entry.gap(self.before, self.script.header.pauses), MIX_RATE)
            start = self.at + gap
            lead = min(gap // 2, to_samples(LEAD_SECONDS, MIX_RATE))
        if entry.chapters:
            self.marks.append(Mark(entry.chapters[-1], start - lead))
        return start

    def _track(self, track: Sequence[Piece], start: int) -> "_Track":
        """Place one speaker's pieces, one after the other."""
        spoken: list[_Track] = []
        for piece, before in zip(track, [None, *track], strict=False):
            if before and piece != (before[0], before[1] + 1):
                self.run = None
                start = spoken[-1].end + to_samples(PIECE_SECONDS, MIX_RATE)
            spoken.append(self._piece(piece, start))
        heard = tuple(word for part in spoken for word in part.heard)
        return _Track(spoken[0].start, spoken[-1].end, heard)

    def _piece(self, piece: Piece, at: int) -> "_Track":
        """Place one utterance: at `at`, or where the run that it goes on has it."""
        number, utterance = piece
        job = self.plan.jobs[number]
        clip, said = self.clips[job.key], job.utterances[utterance]
        span = clip.spans[utterance]
        start, end = _stretch(clip, utterance)
        if self.run:
            start = self._join(clip, utterance)
        else:
            self.run = _Run(clip, span.start, at)
        mix, fade = self.run.mix, to_samples(FADE_SECONDS, MIX_RATE)
        gain = self.gains[said.speaker]
        self.placements.append(
            Placement(
                clip.digest, clip.key, clip.rate, start, end, mix(start), gain, 0.0, fade, fade
            )
        )
        heard = tuple(
            (word.first + said.offset, word.last + said.offset, mix(word.start), mix(word.end))
            for word in clip.words[utterance]
        )
        return _Track(mix(span.start), mix(span.end), heard)

    def _join(self, clip: Clip, utterance: int) -> int:
        """Let the placement before run on to here; the two fades then add up to one.

        Returns where this utterance's stretch begins.
        """
        middle = (clip.spans[utterance - 1].end + clip.spans[utterance].start) // 2
        half = to_samples(FADE_SECONDS, clip.rate) // 2
        end = min(middle + half, clip.samples)
        self.placements[-1] = replace(self.placements[-1], end=end)
        return max(middle - half, 0)

    def _line(self, entry: Entry, track: "_Track") -> None:
        speech = entry.speech
        words = timed_words(speech, track.heard, track.start, self.at)
        line = Line(speech.speakers, speech.text, track.start, self.at, words, speech.place)
        self.lines.append(line)

    def finish(self) -> Timeline:
        """The timeline with its tail."""
        if self.marks and self.marks[0].at > 0:
            self.marks.insert(0, Mark(self.script.header.title, 0))
        length = self.at + to_samples(TAIL_SECONDS, MIX_RATE)
        placements = tuple(sorted(self.placements, key=lambda placed: placed.at))
        return Timeline(
            rate=MIX_RATE,
            length=length,
            sections=(Section(self.script.header.title, 0, length, placements),),
            lines=tuple(self.lines),
            chapters=tuple(self.marks),
            cues=tuple(self.cues),
        )
