"""Where each utterance is placed: spans cut out of clips, or left to play on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from podforge.arranging import Entry, Piece
from podforge.cast import Cast
from podforge.clip import Clip
from podforge.plan import Plan
from podforge.timeline import Placement
from podforge.units import MIX_RATE, at_speed, rescale, to_samples
from podforge.wording import Heard

PIECE_SECONDS = 0.25  # between the pieces of one long paragraph
FADE_SECONDS = 0.004  # at each cut
BEFORE_SECONDS = 0.020  # kept before a span where the clip has it: breath and soft onsets
AFTER_SECONDS = 0.060  # ... and after it: the voice dying away


@dataclass(frozen=True)
class Track:
    """Where speech lies in the mix, and its words."""

    start: int
    end: int
    heard: tuple[Heard, ...]


@dataclass(frozen=True)
class _Run:
    """A stretch of one clip that plays on without a cut, and where it began."""

    clip: Clip
    start: int  # of its first span, in the clip
    at: int  # the same moment in the mix
    speed: float

    def mix(self, position: int) -> int:
        return self.at + rescale(
            at_speed(position - self.start, self.speed), self.clip.rate, MIX_RATE
        )


@dataclass
class Placer:
    """The placements of a section so far; `at` counts in the timeline, not in the section."""

    plan: Plan
    clips: Mapping[str, Clip]
    cast: Cast
    gains: Mapping[str, float]
    placements: list[Placement] = field(default_factory=list)
    _run: _Run | None = None

    def place(self, entry: Entry, at: int, joined: bool) -> tuple[Track, ...]:
        """Place a speech so that it begins `at`.

        One that is `joined` begins as long after `at`, the end of the speech before, as the
        engine has it.
        """
        tracks = []
        for pieces in entry.tracks:
            if not joined:
                self._run = None
            tracks.append(self._track(pieces, at, joined))
        return tuple(tracks)

    def _track(self, pieces: Sequence[Piece], at: int, joined: bool) -> Track:
        """Place one speaker's pieces, one after the other."""
        spoken: list[Track] = []
        for piece, before in zip(pieces, [None, *pieces], strict=False):
            if before:
                joined, at = piece == (before[0], before[1] + 1), spoken[-1].end
            if before and not joined:
                self._run = None
                at += to_samples(PIECE_SECONDS, MIX_RATE)
            spoken.append(self._piece(piece, at, joined))
        heard = tuple(word for part in spoken for word in part.heard)
        return Track(spoken[0].start, spoken[-1].end, heard)

    def _piece(self, piece: Piece, at: int, joined: bool) -> Track:
        """Place one utterance: at `at`, or where the run that it goes on has it."""
        number, utterance = piece
        job = self.plan.jobs[number]
        clip, said = self.clips[job.key], job.utterances[utterance]
        part, span = self.cast.parts[said.speaker], clip.spans[utterance]
        start, end = _stretch(clip, utterance)
        if joined and self._run and self._run.speed == part.speed == 1.0:
            start = self._join(clip, utterance)
        else:
            if joined:
                at += rescale(span.start - clip.spans[utterance - 1].end, clip.rate, MIX_RATE)
            self._run = _Run(clip, span.start, at, part.speed)
        mix, fade = self._run.mix, to_samples(FADE_SECONDS, MIX_RATE)
        self.placements.append(
            Placement(
                digest=clip.digest,
                key=clip.key,
                clip_rate=clip.rate,
                start=start,
                end=end,
                at=mix(start),
                gain_db=self.gains[said.speaker],
                pan=part.pan,
                fade_in=fade,
                fade_out=fade,
                chain=part.chain,
                speed=part.speed,
                asked_db=part.gain_db,
            )
        )
        heard = tuple(
            (word.first + said.offset, word.last + said.offset, mix(word.start), mix(word.end))
            for word in clip.words[utterance]
        )
        return Track(mix(span.start), mix(span.end), heard)

    def _join(self, clip: Clip, utterance: int) -> int:
        """Let the placement before run on to here; the two fades then add up to one.

        Returns where this utterance's stretch begins.
        """
        middle = (clip.spans[utterance - 1].end + clip.spans[utterance].start) // 2
        half = to_samples(FADE_SECONDS, clip.rate) // 2
        end = min(middle + half, clip.samples)
        self.placements[-1] = replace(self.placements[-1], end=end)
        return max(middle - half, 0)


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
