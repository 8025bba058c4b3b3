"""Voices for speakers who were given none."""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence


def slug(name: str) -> str:
    """`Mara Quill` -> `mara-quill`: the voice that a speaker without one is looked up as."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def stand_ins(
    wanted: Iterable[tuple[str, str]], presets: Sequence[tuple[str, str]], taken: Collection[str]
) -> dict[str, str]:
    """A preset for each voice of a draft that has none: both as names with their languages.

    One that speaks the same language, as long as there are any that nobody has, and the same one
    each time: it follows from the names alone, not from the order in which they speak.
    """
    used, chosen = set(taken), dict[str, str]()
    for name, language in sorted(set(wanted)):
        free = [preset for preset in presets if preset[0] not in used] or presets
        chosen[name] = min(free, key=lambda p: (_distance(p[1], language), _lot(name, p[0])))[0]
        used.add(chosen[name])
    return chosen


def _distance(one: str, other: str) -> int:
    """How unlike two languages are: none, the region, all (BCP 47)."""
    if one.lower() == other.lower():
        return 0
    return 1 if one.lower().partition("-")[0] == other.lower().partition("-")[0] else 2


def _lot(name: str, preset: str) -> bytes:
    return hashlib.sha256(f"{name} {preset}".encode("utf-8", "surrogatepass")).digest()


def deal(wanted: Iterable[tuple[str, str]], voices: Sequence[str]) -> dict[str, str]:
    """A voice for everyone in `wanted`: speakers with their voice, or "" where they have none.

    A given voice is kept, one called like the speaker is taken, and the others are dealt in
    turn, each once before any comes again.  Without any voices, names stand for them.
    """
    wanted = list(wanted)
    own = {slug(voice): voice for voice in voices}
    chosen = {name: voice or own.get(slug(name), "") for name, voice in wanted}
    free = [voice for voice in voices if voice not in chosen.values()] or list(voices)
    others = [name for name, voice in chosen.items() if not voice]
    for number, name in enumerate(others):
        chosen[name] = free[number % len(free)] if free else slug(name) or "voice"
    return chosen
