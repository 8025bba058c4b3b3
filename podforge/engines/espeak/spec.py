"""What can be known about espeak-ng without loading it: limits, version, a voice's settings."""

import re
from difflib import get_close_matches

from podforge.cast import Limits, Settings
from podforge.engines.base import About, Engine, EngineSpec
from podforge.engines.espeak import data
from podforge.errors import SettingError
from podforge.threads import processors

RATE = 22_050  # samples per second of every espeak-ng voice

# Smallest, usual and largest value.  `rate` is words per minute, `wordgap` tens of
# milliseconds, the others are espeak-ng's own scales.
NUMBERS = {
    "pitch": (0, 50, 99),
    "range": (0, 50, 99),
    "rate": (80, 175, 450),
    "volume": (1, 100, 200),
    "wordgap": (0, 0, 50),
}


class Espeak(EngineSpec):
    """espeak-ng, one utterance a job, with word timings; the same bytes on every run."""

    name = "espeak"
    about = About("espeak-ng, embedded: drafts at hundreds of times real time", words=True)
    voice_key = "espeak"
    sound_version = 1

    def limits(self, settings: Settings) -> Limits:
        """One utterance a job; espeak-ng itself is best below 2 kB of text a call."""
        self.sound_settings(settings)
        return Limits(
            rate=RATE,
            most_characters=1_500,
            most_utterance=1_500,
            batch=8,
            most_workers=processors(),  # more of them only wait
        )

    def fingerprint(self, settings: Settings) -> str:  # noqa: ARG002 - the protocol
        """The version of the wheel, which holds both the library and its data."""
        return f"espeak-ng from {data.WHEEL} {data.wheel_version()}"

    def sound_settings(self, settings: Settings) -> Settings:
        """There are none: everything is set by the voice."""
        for setting in settings:
            raise SettingError(
                f'the engine "{self.name}" has no setting "{setting}"',
                setting,
                hint="set the sound in the voice: voice, variant, " + ", ".join(NUMBERS),
            )
        return {}

    def voice_settings(self, settings: Settings) -> Settings:
        """`voice` (needed), `variant`, and `NUMBERS`; names and ranges are checked.

        Raises `ValueError`.
        """
        known = ("voice", "variant", *NUMBERS)
        for name in settings:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f'did you mean "{near[0]}"?' if near else "there are " + ", ".join(known)
                raise ValueError(f'espeak has no setting "{name}" ({hint})')
        if not settings.get("voice"):
            raise ValueError('espeak needs a "voice", such as gmw/en or en-US')
        variant = str(settings.get("variant", ""))
        return {
            "voice": data.find_voice(str(settings["voice"])),
            "variant": data.find_variant(variant) if variant else "",
            **{name: _number(name, settings) for name in NUMBERS},
        }

    def speaks(self, language: str) -> bool:
        """Whether espeak-ng has a voice for it."""
        try:
            return bool(data.find_language(language))
        except ValueError:
            return False

    def load(self, settings: Settings) -> Engine:  # noqa: ARG002 - the protocol
        """The engine; the library is loaded anew for each utterance."""
        from podforge.engines.espeak.engine import EspeakEngine

        return EspeakEngine()


def _number(name: str, settings: Settings) -> int:
    low, usual, high = NUMBERS[name]
    given = settings.get(name, usual)
    text = str(given)
    if isinstance(given, bool) or not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise ValueError(f'espeak\'s "{name}" must be a whole number, not "{text}"')
    if not low <= int(text) <= high:
        raise ValueError(f'espeak\'s "{name}" must lie between {low} and {high}, not {text}')
    return int(text)
