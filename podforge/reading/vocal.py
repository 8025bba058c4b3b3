"""Bracketed words inside speech: sounds of the voice, marks of a transcriber, deliveries."""

import re

_EVENTS = {
    "laughs": "laugh laughs laughing laughter laughed",
    "chuckles": "chuckle chuckles chuckling",
    "giggles": "giggle giggles giggling",
    "sighs": "sigh sighs sighing",
    "gasps": "gasp gasps gasping",
    "coughs": "cough coughs coughing",
    "sneezes": "sneeze sneezes sneezing",
    "sniffs": "sniff sniffs sniffing sniffles",
    "groans": "groan groans groaning",
    "moans": "moan moans moaning",
    "yawns": "yawn yawns yawning",
    "sobs": "sob sobs sobbing",
    "cries": "cry cries crying",
    "snorts": "snort snorts snorting",
    "scoffs": "scoff scoffs scoffing",
    "hums": "hum hums humming",
    "whistles": "whistle whistles whistling",
    "gulps": "gulp gulps gulping swallows",
    "screams": "scream screams screaming",
    "inhales": "inhale inhales inhaling",
    "exhales": "exhale exhales exhaling",
    "breathes": "breath breathes breathing",
    "clears throat": "",
}
_EVENT = {word: name for name, words in _EVENTS.items() for word in (name, *words.split())}
_ADVERBS = re.compile(
    r"\b(?:softly|quietly|loudly|nervously|warmly|lightly|a little|slightly|briefly|heavily|deeply|"
    r"together|both|all|takes a|deep|again|audibly|throat clearing)\b"
)
_CLEARS = re.compile(r"clear(?:s|ing)?(?: (?:his|her|their|my|your))? throat|throat clearing")
_MARKS = re.compile(
    r"(?:\?+|\.\.\.|…|_+|-+|sic|inaudible|unintelligible|indiscernible|crosstalk|cross-talk|"
    r"cross talk|foreign(?: language)?|applause|clapping|overlapping(?: speech)?|silence|noise|"
    r"background noise|phonetic|ph|guess|music playing|theme music|bleep(?:ed)?|redacted|"
    r"audio (?:cuts? out|gap|break|dropout)|end(?: of)? (?:audio|recording|transcript|interview)|"
    r"blank_audio|no audio|recording (?:starts|stops|begins|ends))"
    r"(?:\W+[\d:.,–—-]+)?",
    re.I,
)


def event(inside: str) -> str:
    """The vocal event of `[inside]` by its usual name (`laughter` is `laughs`), or empty."""
    words = " ".join(inside.lower().strip(" .!*_").split())
    if _CLEARS.fullmatch(words):
        return "clears throat"
    return _EVENT.get(words) or _EVENT.get(" ".join(_ADVERBS.sub(" ", words).split()), "")


def is_mark(inside: str) -> bool:
    """Whether a bracket is a transcriber's note on the recording, never meant to be spoken."""
    return bool(_MARKS.fullmatch(inside.strip()))


def is_delivery(inside: str) -> bool:
    """Whether a leading bracket can say how a line is spoken: up to five words, no sentence."""
    words = inside.split()
    return (
        0 < len(words) <= 5
        and not re.search(r"[.?!;:\d\"“”]", inside)
        and all(word[:1].isalpha() for word in words)
    )
