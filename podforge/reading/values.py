"""From a node of the settings to a value; what does not fit is a finding, and None."""

import math
import re
from collections.abc import Collection

from podforge.reading.findings import Findings
from podforge.reading.names import meant
from podforge.script import Setting
from podforge.strict_yaml import Mapping, Node, Scalar, Sequence

_NUMBER = r"[+\-−]?(?:\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})"
_PLAIN = re.compile(_NUMBER)
_SECONDS = re.compile(
    rf"({_NUMBER})\s*(ms|msec|milliseconds?|s|secs?|seconds?|m|mins?|minutes?)?", re.I
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,8}")  # RFC 5646, no private ones
_SCALE = {"ms": 0.001, "mi": 60.0, "m": 60.0, "s": 1.0}
LONGEST_PAUSE = 600.0  # seconds


def seconds(text: str, bare_milliseconds: bool = False) -> float | None:
    """`1.5`, `2s`, `300ms`, `1 min` in seconds; with the flag a bare number from 100 up is ms."""
    found = _SECONDS.fullmatch(text.strip())
    if not found:
        return None
    value = float(found[1].replace("−", "-"))
    unit = (found[2] or "").lower()
    if not unit:
        return value / 1000 if bare_milliseconds and value >= 100 else value
    scale = _SCALE["ms"] if unit.startswith(("ms", "milli")) else _SCALE[unit[0]]
    return value * scale


def text(node: Node, findings: Findings) -> str | None:
    """A single text, its white space collapsed."""
    if isinstance(node, Scalar):
        return " ".join(node.text.split())
    findings.error(node.place, "one text is wanted here, not a list or a map")
    return None


def language(node: Node, findings: Findings) -> str | None:
    """A BCP 47 tag; `english` would be read by no rules and tagged as no language."""
    written = text(node, findings)
    if written and not _LANGUAGE.fullmatch(written):
        findings.error(node.place, f'"{written}" is no language tag: write one such as en or en-GB')
        return None
    return written


def texts(node: Node, findings: Findings) -> tuple[str, ...] | None:
    """A list of texts, or one text with commas between them."""
    if isinstance(node, Scalar):
        return tuple(part for part in (p.strip() for p in node.text.split(",")) if part)
    if isinstance(node, Mapping):
        findings.error(node.place, "a list is wanted here, not a map")
        return None
    found = [text(item, findings) for item in node.items]
    return tuple(item for item in found if item)


def mapping(node: Node, findings: Findings, wanted: str) -> Mapping | None:
    """A map; an empty value counts as an empty one."""
    if isinstance(node, Mapping):
        return node
    if isinstance(node, Scalar) and not node.text:
        return Mapping((), node.place)
    findings.error(node.place, f"a map is wanted here: {wanted}")
    return None


def number(node: Node, findings: Findings, low: float, high: float, unit: str = "") -> float | None:
    """A finite number between `low` and `high`, with or without its unit."""
    written = text(node, findings)
    if written is None:
        return None
    bare = re.sub(rf"\s*{unit}$", "", written, flags=re.I) if unit else written
    if not _PLAIN.fullmatch(bare) or not low <= (value := float(bare.replace("−", "-"))) <= high:
        of = f" of {unit}" if unit else ""
        findings.error(node.place, f'"{written}" is not a number{of} from {low:g} to {high:g}')
        return None
    return value if math.isfinite(value) else None


def pause(node: Node, findings: Findings) -> float | None:
    """Seconds of silence, at most ten minutes."""
    written = text(node, findings)
    if written is None:
        return None
    value = seconds(written)
    if value is None or not 0 <= value <= LONGEST_PAUSE:
        findings.error(
            node.place, f'"{written}" is not a pause: write seconds, such as 0.4 or 400ms'
        )
        return None
    return value


def choice(node: Node, findings: Findings, allowed: Collection[str]) -> str | None:
    """One of a few words."""
    written = text(node, findings)
    if written is None:
        return None
    if written.lower() not in allowed:
        names = ", ".join(allowed)
        findings.error(node.place, f'"{written}" is not one of: {names}{_near(written, allowed)}')
        return None
    return written.lower()


def _near(written: str, allowed: Collection[str]) -> str:
    guess = meant(written, allowed)
    return guess if "did you mean" in guess else ""


def settings(node: Node, findings: Findings, wanted: str) -> dict[str, Setting] | None:
    """A map from text to text; each with the place of its key."""
    found = mapping(node, findings, wanted)
    if found is None:
        return None
    pairs = ((key, text(value, findings)) for key, value in found.entries)
    return {key.text: Setting(value, key.place) for key, value in pairs if value is not None}


def sequence(node: Node) -> tuple[Node, ...]:
    """The items of a list, or the node itself as the only one."""
    return node.items if isinstance(node, Sequence) else (node,)
