"""What a script says, before anyone speaks it.

A `Script` is a header and a flat list of items in reading order.  Every item knows its place.
A turn is a run of `Speech` items by the same speakers: each paragraph is one item, so that an
edit touches one paragraph and not the turn.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from podforge.chains import Chain
from podforge.errors import Place, Problem

Mode = Literal["podcast", "audiobook"]


@dataclass(frozen=True, slots=True)
class Edit:
    """`spoken[spoken_start:spoken_end]` stands for `text[source_start:source_end]`."""

    spoken_start: int
    spoken_end: int
    source_start: int
    source_end: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the engine is given for a text, and the way back to that text.

    Between two edits (in order, not overlapping) both texts run in step.
    """

    text: str
    edits: tuple[Edit, ...] = ()

    def source(self, start: int, end: int) -> tuple[int, int]:
        """The range of the written text that `text[start:end]` stands for."""
        return self._back(start, low=True), self._back(end, low=False)

    def place(self, position: int) -> int:
        """Where in the spoken text a position of the written one is; inside an edit, its start."""
        shift = 0
        for edit in self.edits:
            if position <= edit.source_start:
                break
            if position < edit.source_end:
                return edit.spoken_start
            shift = edit.spoken_end - edit.source_end
        return position + shift

    def _back(self, position: int, low: bool) -> int:
        shift = 0
        for edit in self.edits:
            if position < edit.spoken_start or (not low and position == edit.spoken_start):
                break
            if position < edit.spoken_end or (not low and position == edit.spoken_end):
                return edit.source_start if low else edit.source_end
            shift = edit.source_end - edit.spoken_end
        return position + shift


def replaced(text: str, found: Iterable[tuple[int, int, str]]) -> Spoken:
    """The text with ranges replaced, in order and not overlapping, and the way back to it."""
    parts: list[str] = []
    edits: list[Edit] = []
    at = length = 0
    for start, end, said in found:
        parts += [text[at:start], said]
        length += start - at
        edits.append(Edit(length, length + len(said), start, end))
        length, at = length + len(said), end
    return Spoken("".join([*parts, text[at:]]), tuple(edits))


@dataclass(frozen=True, slots=True)
class Speech:
    """A paragraph spoken by one speaker, or by several at once (an ensemble).

    `text` is the written text with its markup removed; `spoken` is added by `speaking.prepare`.
    `delivery` is how it is said (`softly`); `events` are vocal events and where in `text` they
    happen (`(0, "laughs")`).
    """

    speakers: tuple[str, ...]
    text: str
    place: Place
    delivery: str = ""
    events: tuple[tuple[int, str], ...] = ()
    language: str = ""  # a BCP 47 tag; empty: the script's
    spoken: Spoken | None = None

    @property
    def said(self) -> str:
        """What an engine is given: the spoken text when it was prepared, else the written."""
        return self.spoken.text if self.spoken else self.text

    def as_spoken(self, spoken: Spoken) -> "Speech":
        """The same speech with its spoken text; `dataclasses.replace` takes six times as long."""
        return Speech(
            self.speakers,
            self.text,
            self.place,
            self.delivery,
            self.events,
            self.language,
            spoken,
        )


@dataclass(frozen=True)
class Chapter:
    """A chapter begins here."""

    title: str
    place: Place


@dataclass(frozen=True)
class Pause:
    """Silence asked for by the script; it replaces the gap that would be there."""

    seconds: float
    place: Place


@dataclass(frozen=True)
class SceneBreak:
    """A change of scene inside a chapter: a longer gap, and a good place to cut a window."""

    place: Place


@dataclass(frozen=True)
class Cue:
    """Something that is not speech: music or a sound effect.

    `file` is as written, relative to the script; empty when only described.  `options` are as
    written (`fade in 1s`, `under -14dB`), for the sound stage to read.
    """

    kind: Literal["music", "sfx"]
    file: str
    description: str
    options: tuple[str, ...]
    place: Place


Item = Speech | Chapter | Pause | SceneBreak | Cue


@dataclass(frozen=True)
class Role:
    """A speaker as the header declares it.

    `voice` names a folder in a voices folder; empty means the folder called like the speaker.
    """

    name: str
    voice: str = ""
    aliases: tuple[str, ...] = ()
    style: str = ""
    engine: str = ""
    language: str = ""
    gain_db: float = 0.0
    pan: float = 0.0  # -1 left .. 1 right
    chain: Chain | None = None  # None: the voice's
    speed: float | None = None
    place: Place = field(default=Place(""), compare=False)


@dataclass(frozen=True)
class Setting:
    """A setting of an engine as it was written: at a place in a file, or with a flag."""

    text: str
    place: Place = field(default=Place(""))
    flag: str = ""  # `--steps`; empty when it stands in a file


@dataclass(frozen=True)
class Pauses:
    """Gaps in seconds after a turn, a paragraph of the same turn, a scene, and a chapter.

    `head` and `tail` are before the first word and after the last, of the episode or, in a book,
    of each chapter.
    """

    turn: float = 0.4
    paragraph: float = 0.55
    scene: float = 1.4
    chapter: float = 2.0
    head: float = 0.5
    tail: float = 1.0


PAUSES: Mapping[Mode, Pauses] = {
    "podcast": Pauses(),
    # The ends of a chapter as ACX wants them: 0.5 to 1 s of head, 1 to 5 s of tail.
    "audiobook": Pauses(turn=0.5, paragraph=0.65, scene=1.8, chapter=2.5, head=0.75, tail=1.75),
}


DISCLOSURE = "Contains synthetic speech made with podforge"


@dataclass(frozen=True)
class Header:
    """The front matter: what the episode is called, who speaks, and how it is to be made."""

    title: str = ""
    show: str = ""
    author: str = ""
    narrator: str = ""
    date: str = ""
    language: str = "en"
    season: str = ""
    episode: str = ""
    description: str = ""
    cover: str = ""
    license: str = ""
    disclosure: str = DISCLOSURE  # what the tags say of how it was made; empty: nothing
    genre: str = ""
    tags: tuple[str, ...] = ()
    mode: Mode = "podcast"
    roles: tuple[Role, ...] = ()
    closed: bool = False  # the cast is declared: an unknown speaker is an error
    engine: str = ""
    engine_place: Place = field(default=Place(""), compare=False)
    engines: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    loudness: str = ""  # a target's name or a number of LUFS
    formats: tuple[str, ...] = ()
    pauses: Pauses = Pauses()
    room_tone_db: float | None = -65.0  # dBFS RMS, under everything; None: digital silence
    lexicon: Mapping[str, str] = field(default_factory=dict)  # written word -> respelling
    exact_words: tuple[str, ...] = ()  # of the lexicon: in another case they do not count
    lexicon_files: tuple[Setting, ...] = ()  # as written, relative to the script
    urls: str = "domain"  # how a bare address of the web is read: domain, full, or skip
    deals: bool = False  # nobody was declared: speakers without a voice get one in turn


@dataclass(frozen=True)
class Account:
    """What became of a file's body: characters other than white space, by rule.

    `total` is counted in the source before any rule sees it.  The sums add up to it: `spoken`,
    and by name whatever is not (`label`, `heading`, `cue`, `comment`, `footnote`, ...).
    """

    total: int
    sums: Mapping[str, int]

    @property
    def missing(self) -> int:
        """Characters that no rule answers for; anything but 0 is a fault of the reader."""
        return self.total - sum(self.sums.values())


@dataclass(frozen=True)
class Script:
    """A whole script: its header, its items in order, and what the reader warned about.

    `cover` is a picture that the file itself holds (an EPUB); `header.cover` wins.  `allowed` are
    folders outside the project that cues may name files in; the command line says so, no script.
    """

    path: str
    header: Header
    items: tuple[Item, ...]
    warnings: tuple[Problem, ...] = ()
    cover: bytes = field(default=b"", repr=False)
    allowed: tuple[str, ...] = ()
    account: Account | None = field(default=None, compare=False, repr=False)

    def speeches(self) -> Iterator[Speech]:
        """Everything that is spoken, in order."""
        return (item for item in self.items if isinstance(item, Speech))

    def speakers(self) -> tuple[str, ...]:
        """Everyone who speaks, in order of first appearance."""
        return tuple(dict.fromkeys(name for speech in self.speeches() for name in speech.speakers))

    def turns(self) -> int:
        """How many turns there are; whatever stands between two paragraphs, a turn goes on."""
        return sum(1 for _ in groupby(self.speeches(), key=lambda speech: speech.speakers))

    def words(self) -> int:
        """How many written words are spoken."""
        return sum(len(speech.text.split()) for speech in self.speeches())

    def chapters(self) -> tuple[str, ...]:
        """The titles of the chapters, in order."""
        return tuple(item.title for item in self.items if isinstance(item, Chapter))
