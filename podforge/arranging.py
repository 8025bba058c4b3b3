"""What is heard in which order: the script's items with the jobs' utterances found for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from podforge.plan import Plan
from podforge.script import Chapter, Cue, Pause, Pauses, SceneBreak, Script, Speech

Piece = tuple[int, int]  # a job of the plan by index, and an utterance of it


@dataclass(frozen=True)
class Entry:
    """A speech with what stands between it and the speech before.

    `tracks` holds the speech's pieces in order, once for each speaker of an ensemble.
    """

    speech: Speech
    tracks: tuple[tuple[Piece, ...], ...]
    pauses: tuple[float, ...]
    scene: bool
    chapters: tuple[str, ...]
    cues: tuple[Cue, ...]

    def follows(self, before: "Entry | None") -> bool:
        """Whether the engine already timed the way from `before` to here.

        True when both lie side by side in one window and the script puts nothing in between.
        """
        if before is None or self.pauses or self.scene or self.chapters or self.cues:
            return False
        if len(self.tracks) > 1 or len(before.tracks) > 1:
            return False
        (job, utterance), (last_job, last) = self.tracks[0][0], before.tracks[0][-1]
        return job == last_job and utterance == last + 1

    def gap(self, before: "Entry", pauses: Pauses) -> float:
        """Seconds of silence since `before`.

        A pause in the script replaces the gap between turns; a scene or chapter keeps at least
        its own.
        """
        least = max(pauses.chapter * bool(self.chapters), pauses.scene * self.scene)
        if self.pauses or least:
            return max(least, sum(self.pauses))
        same_turn = self.speech.speakers == before.speech.speakers
        return pauses.paragraph if same_turn else pauses.turn


def entries(script: Script, plan: Plan) -> Iterator[Entry]:
    """Every speech of the script in order, with its utterances."""
    pieces = _pieces(plan)
    between: list[Chapter | Cue | Pause | SceneBreak] = []
    for index, item in enumerate(script.items):
        if not isinstance(item, Speech):
            between.append(item)
        elif index in pieces:
            yield _entry(item, pieces[index], between)
            between = []


def _pieces(plan: Plan) -> dict[int, dict[str, list[tuple[int, Piece]]]]:
    """By item and speaker: the pieces with their offsets in the text."""
    found: dict[int, dict[str, list[tuple[int, Piece]]]] = {}
    for number, job in enumerate(plan.jobs):
        for utterance, said in enumerate(job.utterances):
            tracks = found.setdefault(said.item, {})
            tracks.setdefault(said.speaker, []).append((said.offset, (number, utterance)))
    return found


def _entry(
    speech: Speech,
    tracks: dict[str, list[tuple[int, Piece]]],
    between: Sequence[Chapter | Cue | Pause | SceneBreak],
) -> Entry:
    return Entry(
        speech=speech,
        tracks=tuple(
            tuple(piece for _, piece in sorted(tracks[name]))
            for name in speech.speakers
            if name in tracks
        ),
        pauses=tuple(item.seconds for item in between if isinstance(item, Pause)),
        scene=any(isinstance(item, SceneBreak) for item in between),
        chapters=tuple(item.title for item in between if isinstance(item, Chapter)),
        cues=tuple(item for item in between if isinstance(item, Cue)),
    )
