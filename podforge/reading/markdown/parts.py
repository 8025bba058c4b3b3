"""What a paragraph consists of: text to speak, pauses, cues, and things to report."""

from dataclasses import dataclass, field

from podforge.script import Cue, Spoken


@dataclass(frozen=True)
class Said:
    """Text to speak.  `offset` is that of its first character in the raw text."""

    text: str
    offset: int
    events: tuple[tuple[int, str], ...] = ()
    delivery: str = ""
    spoken: Spoken | None = None  # when `<say as>` gives another reading
    language: str = ""  # a BCP 47 tag, when an element around the paragraph names one


@dataclass(frozen=True)
class Silence:
    """A pause inside the text."""

    seconds: float
    offset: int


@dataclass(frozen=True)
class Effect:
    """A cue inside the text; its place is filled in by the caller."""

    cue: Cue
    offset: int


@dataclass(frozen=True)
class Odd:
    """Something to report: a bracket nobody knows, a picture, a pause that is none."""

    text: str
    offset: int
    error: bool = False


Part = Said | Silence | Effect | Odd


@dataclass
class Working:
    """The text on its way, and what its marks stand for, by their offsets."""

    text: str
    unknown_tags: str
    parts: list[Part] = field(default_factory=list)
    events: dict[int, str] = field(default_factory=dict)
    says: dict[int, str] = field(default_factory=dict)
    delivery: str = ""
    language: str = ""
