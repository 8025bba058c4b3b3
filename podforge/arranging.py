"""What is heard in which order: the script's items with the jobs' utterances found for them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from podforge.plan import Plan
from podforge.script import Chapter, Cue, Pause, Pauses, SceneBreak, Script, Speech

Piece = tuple[int, int]  # a job of the plan by index, and an utterance of it


@dataclass(frozen=True)
class Between:
    """What the script puts between two speeches, in its order."""

    items: tuple[Chapter | Cue | Pause | SceneBreak, ...] = ()

    @property
    def chapters(self) -> tuple[str, ...]:
        """The titles of the chapters that begin here."""
        return tuple(item.title for item in self.items if isinstance(item, Chapter))

    def at_heading(self) -> tuple["Between", "Between"]:
        """What stands before the first chapter's heading, and from there on."""
        cut = next(n for n, item in enumerate(self.items) if isinstance(item, Chapter))
        return Between(self.items[:cut]), Between(self.items[cut:])

    def least(self, pauses: Pauses) -> float:
        """Seconds that a scene or chapter keeps at least."""
        scene = any(isinstance(item, SceneBreak) for item in self.items)
        return max(pauses.chapter * bool(self.chapters), pauses.scene * scene)


@dataclass(frozen=True)
class Entry:
    """A speech with what stands between it and the speech before.

    `tracks` holds the speech's pieces in order, once for each speaker of an ensemble.
    """

    speech: Speech
    tracks: tuple[tuple[Piece, ...], ...]
    between: Between

    def follows(self, before: "Entry | None") -> bool:
        """Whether the engine already timed the way from `before` to here.

        True when both lie side by side in one window and the script puts nothing in between.
        """
        if before is None or self.between.items:
            return False
        if len(self.tracks) > 1 or len(before.tracks) > 1:
            return False
        (job, utterance), (last_job, last) = self.tracks[0][0], before.tracks[0][-1]
        return job == last_job and utterance == last + 1

    def gap(self, before: "Entry", pauses: Pauses) -> float:
        """Seconds of silence since `before` where the script does not say."""
        same_turn = self.speech.speakers == before.speech.speakers
        return pauses.paragraph if same_turn else pauses.turn


@dataclass(frozen=True)
class Arrangement:
    """All that is heard: the entries, and what follows the last one."""

    entries: tuple[Entry, ...]
    after: Between

    def chapters(self) -> Iterator["Arrangement"]:
        """Each chapter by itself, what stands before the first one with it.

        What the script puts before a chapter's heading comes after the chapter before.
        """
        first = 0
        entry: Entry | None = None
        for number, following in enumerate(self.entries):
            if entry and following.between.chapters:
                before, after = following.between.at_heading()
                yield Arrangement((entry, *self.entries[first + 1 : number]), before)
                first, entry = number, replace(following, between=after)
            entry = entry or following
        if entry:
            yield Arrangement((entry, *self.entries[first + 1 :]), self.after)

    def titles(self, usual: str) -> tuple[str, ...]:
        """What the chapters are called; `usual` where nothing says."""
        parts = self.chapters()
        return tuple((part.entries[0].between.chapters or (usual,))[-1] for part in parts)


def arrange(script: Script, plan: Plan) -> Arrangement:
    """Every speech of the script in order, with its utterances."""
    pieces = _pieces(plan)
    found: list[Entry] = []
    between: list[Chapter | Cue | Pause | SceneBreak] = []
    for index, item in enumerate(script.items):
        if not isinstance(item, Speech):
            between.append(item)
        elif index in pieces:
            found.append(_entry(item, pieces[index], Between(tuple(between))))
            between = []
    return Arrangement(tuple(found), Between(tuple(between)))


def _pieces(plan: Plan) -> dict[int, dict[str, list[tuple[int, Piece]]]]:
    """By item and speaker: the pieces with their offsets in the text."""
    found: dict[int, dict[str, list[tuple[int, Piece]]]] = {}
    for number, job in enumerate(plan.jobs):
        for utterance, said in enumerate(job.utterances):
            tracks = found.setdefault(said.item, {})
            tracks.setdefault(said.speaker, []).append((said.offset, (number, utterance)))
    return found


def _entry(speech: Speech, tracks: dict[str, list[tuple[int, Piece]]], between: Between) -> Entry:
    found = tuple(
        tuple(piece for _, piece in sorted(tracks[name]))
        for name in speech.speakers
        if name in tracks
    )
    return Entry(speech, found, between)
