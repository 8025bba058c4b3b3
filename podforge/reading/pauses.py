"""`[pause 1.5s]`, `[long pause]`, `<break time="300ms"/>`: silence asked for in the text."""

import re

from podforge.reading.values import LONGEST_PAUSE, seconds

DEFAULT, SHORT, LONG = 1.0, 0.4, 2.0  # seconds
_WORDS = {
    "": DEFAULT, "short": SHORT, "brief": SHORT, "small": SHORT, "medium": DEFAULT,
    "beat": SHORT, "long": LONG, "longer": LONG,
}  # fmt: skip
# W3C SSML 1.1, section 3.2.3: the strengths have no lengths there; these are ours.
_STRENGTHS = {
    "none": 0.0, "x-weak": 0.15, "weak": 0.25, "medium": 0.5, "strong": 1.0, "x-strong": 1.5,
}  # fmt: skip
_BRACKET = re.compile(
    r"(?:(?:a|the)\s+)?(?:(?P<before>[\w.]+(?:\s*(?:ms|s|sec|seconds?))?)[\s-]+)?"
    r"(?P<word>pause|break|beat)s?\b\s*(?:[:=,]|[-–—](?=\s))?\s*(?P<after>.*)",
    re.I | re.S,
)
_ROUND = re.compile(  # fewer words than in square brackets: `(a break)` is said
    r"(?:(?:a|short|brief|long)\s+)?(?:pause|beat)|pause[\s:=,]*[\d.]+\s*(?:ms|s|secs?|seconds?)?|"
    r"[\d.]+\s*(?:ms|s|secs?|seconds?)\s+pause",
    re.I,
)
_LENGTH = re.compile(
    r"[\d.]+\s*(?:ms|msec|milliseconds?|s|secs?|seconds?|m|mins?|minutes?)?\b", re.I
)
_ATTRIBUTE = re.compile(r"\b(time|strength)\s*=\s*[\"']?([^\"'\s/>]+)", re.I)


def bracketed(inside: str) -> float | None:
    """Seconds of the pause that `[inside]` asks for; None if it is none, or over ten minutes."""
    found = _BRACKET.fullmatch(inside.strip())
    if not found:
        return None
    before, after = (found["before"] or "").strip(), (found["after"] or "").strip()
    if before and after:
        return None
    if found["word"].lower() == "pause" and not any(c.isdigit() for c in before + after):
        return _WORDS.get((before or after).lower(), DEFAULT)
    return _length(before or after)


def parenthesised(inside: str) -> float | None:
    """Seconds of the pause that `(inside)` asks for, as `(beat)` does; None if it is none."""
    said = inside.strip(" .")
    return bracketed(said) if _ROUND.fullmatch(said) else None


def _length(text: str) -> float | None:
    word = _WORDS.get(text.lower())
    if word is not None:
        return word
    number = _LENGTH.match(text)
    if number and not text[number.end() :].strip()[:1].isalnum():
        return _bounded(seconds(number.group(), bare_milliseconds=True))
    return None


def tagged(tag: str) -> float | None:
    """Seconds of a `<break/>` element; None when its length cannot be read."""
    found = {name.lower(): value for name, value in _ATTRIBUTE.findall(tag)}
    if "time" in found:
        return _bounded(seconds(found["time"], bare_milliseconds=True))
    if "strength" in found:
        return _STRENGTHS.get(found["strength"].lower())
    return DEFAULT


def _bounded(value: float | None) -> float | None:
    return value if value is not None and 0 <= value <= LONGEST_PAUSE else None
