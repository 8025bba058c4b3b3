"""How a line is to be said, in the words that engines understand."""

from collections.abc import Callable
from unicodedata import category

from podforge.plan import Utterance

Mark = Callable[[str], str]  # of an event or a delivery: what stands in the text for it


def bracketed(word: str) -> str:
    """`[laughs]`, an audio tag."""
    return f"[{word}]"


def in_parentheses(word: str) -> str:
    """`(softly)`."""
    return f"({word})"


def marked(said: Utterance, mark: Mark, deliveries: bool = True) -> str:
    """The text of an utterance with its vocal events in it, its delivery at the beginning."""
    parts: list[str] = [f"{mark(said.delivery)} "] if said.delivery and deliveries else []
    at = 0
    for place, event in said.events:
        before = said.text[at:place]
        space = " " if before and not before[-1].isspace() else ""
        parts += [before, space, mark(event), " "]
        at = place + (said.text[place : place + 1] == " ")
    return "".join([*parts, said.text[at:]]).strip()


def instruction(said: Utterance, usual: str = "") -> str:
    """A sentence that tells a model how to say it: `Speak softly. [laughs]` becomes words, too."""
    told = [usual.rstrip(". ")] if usual else []
    if said.delivery:
        told.append(f"Speak this line {said.delivery}")
    told += [f"The speaker {event}" for _, event in said.events]
    return ". ".join(told) + "." if told else ""


def sendable(text: str) -> str:
    """The text as UTF-8 can say it: lone surrogates and control characters become spaces."""
    return "".join(" " if category(c) in ("Cc", "Cs") else c for c in text)
