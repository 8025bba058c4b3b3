"""What `voices list` and `voices show` say of a voice and each engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podforge.readiness import Standing
    from podforge.voices import VoiceFile


def standings_of(cache: Path | None) -> "Callable[[VoiceFile], Sequence[Standing]]":
    """What looks at a voice, with the settings and the store that hold here."""
    from podforge.cli.choices import choices_for, store_of, with_environment
    from podforge.engines import engine_names, find_engine
    from podforge.errors import Place
    from podforge.project import Engines
    from podforge.readiness import standings
    from podforge.settings import EngineFlags
    from podforge.store import Store

    choices = choices_for()
    flags = with_environment(EngineFlags(), choices)
    engines = Engines(Place(""), config=choices.config, flags=flags)
    store = Store(store_of(choices, cache))
    specs = [find_engine(name) for name in engine_names()]
    return lambda voice: list(standings(voice, specs, engines, store))


def engines_of(voice: "VoiceFile", found: "Sequence[Standing]") -> str:
    """The engines that a voice has all for, and those it has settings for that are not here."""
    ready = [each.engine for each in found if each.own and not each.missing]
    here = {each.engine for each in found}
    absent = [name for name in {**voice.engines, **voice.embeddings} if name not in here]
    return " ".join([*ready, *absent])


def facts_of(voice: "VoiceFile", found: "Sequence[Standing]") -> dict[str, object]:
    """A voice as plain values."""
    consent = voice.consent
    return {
        "name": voice.name,
        "language": voice.language,
        "description": voice.description,
        "folder": str(voice.folder),
        "engine": voice.engine,
        "reference": str(voice.reference) if voice.reference else None,
        "consent": asdict(consent) if consent else None,
        "engines": [asdict(each) for each in found],
    }


def rows_of(voice: "VoiceFile", found: "Sequence[Standing]") -> dict[str, str]:
    """A row an engine: what the voice has for it, or what is missing."""
    here = {each.engine for each in found}
    absent = {
        f"engine {name}": f"{_said(settings)} (not installed)"
        for name, settings in voice.engines.items()
        if name not in here
    }
    return {f"engine {each.engine}": _row(each) for each in found} | absent


def _row(each: "Standing") -> str:
    embedding = f"embedding {each.embedding}" if each.embedding else ""
    has = [_said(each.settings), "its recording" * each.recording, embedding]
    missing = f"missing: {each.missing}" if each.missing else ""
    return "; ".join(filter(None, [*has, missing])) or "speaks without settings"


def _said(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in settings.items())
