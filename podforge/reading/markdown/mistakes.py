"""What is read in one way and was probably meant in another: slips of the pen to be told."""

import re

from podforge.reading import cues
from podforge.reading.markdown.casting import Casting
from podforge.reading.names import closest

_LENGTH = re.compile(r"[\d.,]+ *(?:ms|s|secs?|seconds?|m|mins?|minutes?)\b", re.I)
_WAITS = ("silence", "wait", "quiet")
_ENDS = ("stop", "stops", "end", "ends", "fade", "fades", "off")
_MOST_WORDS = 3  # of a cue that stops something: `[fade out music]`
_HEADING = re.compile(r"#{2,6}[^\s#]")
# What stands where a label would: behind a quotation mark, or before a semicolon.
_NEARLY = re.compile(r"[\s\"'“”‘’«»„(\[\ufeff\u200b]*([^\W\d_][^:;\n]{0,59}?)\s*[:;](?![\d/])")


def direction_meant(inside: str) -> str:
    """What a stage direction in brackets was probably meant to be; empty: just that."""
    if cues.is_misspelt(inside):
        return "a cue begins with music: or sfx:"
    said = inside.split("|")[0].lower()
    words = _LENGTH.sub(" ", said).replace(":", " ").split()
    timed = bool(_LENGTH.search(said))
    if (timed and not words) or (len(words) == 1 and _is_pause(words[0], timed)):
        return "a pause is [pause 2s]"
    rest = [word for word in words if not closest(word, ("music",), most=1)]
    if len(rest) < len(words) <= _MOST_WORDS and any(closest(w, _ENDS, most=1) for w in rest):
        return "music ends at [music stop]"
    return ""


def _is_pause(word: str, timed: bool) -> bool:
    return bool(closest(word, ("pause",), most=1)) or (timed and word in _WAITS)


def label_meant(text: str, casting: Casting) -> str:
    """The speaker's name that a text begins with as a label would; empty if it does not."""
    found = _NEARLY.match(text)
    return found[1] if found and casting.named(found[1]) else ""


def heading_meant(line: str) -> bool:
    """Whether a line of text is `##Heading`; with one mark it may be a `#hashtag`."""
    return bool(_HEADING.match(line))
