"""Voices for speakers who were given none."""

import re
import unicodedata
from collections.abc import Iterable, Sequence


def slug(name: str) -> str:
    """`Mara Quill` -> `mara-quill`: the voice that a speaker without one is looked up as."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


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
