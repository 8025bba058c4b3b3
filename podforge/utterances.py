"""What of a script is spoken, in pieces that an engine can take.  Pure.

A piece is an utterance before its job is known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from podforge.cast import ANY, Cast, EngineUse, Limits, Part
from podforge.cutting import cut_text, cut_windows
from podforge.script import Chapter, SceneBreak, Script, Speech


@dataclass(frozen=True)
class Piece:
    """An utterance before its job is known, with what cutting needs to know."""

    part: Part
    text: str
    speech: Speech
    item: int
    offset: int
    opens_turn: bool
    opens_scene: bool
    events: tuple[tuple[int, str], ...] = ()


def chapters(script: Script) -> Iterator[range]:
    """The items of each chapter; what stands before the first heading is one, too."""
    starts = [i for i, item in enumerate(script.items) if isinstance(item, Chapter)]
    edges = [0, *starts, len(script.items)]
    for start, end in pairwise(edges):
        if start < end:
            yield range(start, end)


def pieces_of(script: Script, items: range, cast: Cast) -> Iterator[tuple[Piece, bool]]:
    """Every utterance of a chapter; the flag says that it must be a job of its own."""
    speakers: tuple[str, ...] = ()
    opens_scene = True
    for index in items:
        item = script.items[index]
        if isinstance(item, SceneBreak):
            opens_scene = True
        if not isinstance(item, Speech):
            continue
        ensemble = len(item.speakers) > 1
        for name in item.speakers:
            part = cast.parts[name]
            opens_turn = item.speakers != speakers
            limits = cast.engines[part.engine].limits
            cuts = list(cut_text(item.said, limits.most_utterance))
            for number, (offset, text) in enumerate(cuts):
                events = _events(item, cuts, number, limits) if item.events else ()
                piece = Piece(part, text, item, index, offset, opens_turn, opens_scene, events)
                yield piece, ensemble
                opens_turn = opens_scene = False
        speakers = item.speakers


def windows_of(run: Sequence[Piece], use: EngineUse) -> list[tuple[int, int]]:
    """Where the windows of a run of pieces begin and end."""
    return cut_windows(
        [piece.text for piece in run],
        [piece.part.speaker for piece in run],
        [(not piece.opens_scene, not piece.opens_turn) for piece in run],
        use.limits,
    )


def _events(
    speech: Speech, cuts: Sequence[tuple[int, str]], number: int, limits: Limits
) -> tuple[tuple[int, str], ...]:
    """The vocal events that an engine performs in a piece of a speech; each is in one of them."""
    at = speech.spoken.place if speech.spoken else int
    offset, text = cuts[number]
    start = offset if number else 0
    end = cuts[number + 1][0] if number + 1 < len(cuts) else len(speech.said) + 1
    return tuple(
        (min(max(0, at(written) - offset), len(text)), name)
        for written, name in speech.events
        if start <= at(written) < end and (limits.events == ANY or name in limits.events)
    )
