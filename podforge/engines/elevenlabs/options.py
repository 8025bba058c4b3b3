"""The settings of a run and of a voice, for ElevenLabs."""

from dataclasses import dataclass

from podforge.cast import Settings
from podforge.engines.network.addresses import checked_address
from podforge.engines.options import (
    choice,
    number,
    read,
    read_voice,
    secret,
    setting,
    words,
    yes,
)

NAME = "elevenlabs"
ADDRESS = "https://api.elevenlabs.io"
RATES = ("16000", "22050", "24000", "44100", "48000")  # above 24 000: for larger accounts
TAGGED = "eleven_v3"  # models of this family perform `[laughs]`, and speak whole dialogues
ENFORCED = ("_v2_5", TAGGED)  # those that take a language code; others answer with an error
DIALOGUE_CHARACTERS = 2_000  # in one call, of all its turns
DIALOGUE_VOICES = 10
CONTEXT = 400  # characters of the text around a line that are sent with it


def _rate(name: str, value: object) -> int:
    return int(choice(*RATES)(name, value))


@dataclass(frozen=True)
class Options:
    """Settings of a run.

    `continuity`: `text` sends the text around a line; `ids` names the last takes as well, one
    request after the other.  `dialogue` speaks several turns in one call, with a model that can.
    """

    base_url: str = setting(ADDRESS, words("an address"))
    model: str = setting("eleven_multilingual_v2", words("the name of a model"))
    api_key: str = setting("", secret)
    dialogue: bool = setting(False, yes)
    continuity: str = setting("text", choice("text", "ids", "none"))
    rate: int = setting(24_000, _rate)
    at_once: int = setting(3, number(int, 1, 30))
    per_minute: float = setting(0.0, number(float, 0, 100_000))
    timeout: float = setting(240.0, number(float, 1, 3_600))
    tries: int = setting(6, number(int, 1, 20))
    seed: int = setting(0, number(int, 0, 2**31 - 1))
    plain_http: bool = setting(False, yes)

    @classmethod
    def of(cls, settings: Settings) -> "Options":
        """Raises `SettingError`."""
        options = read(cls, NAME, settings)
        checked_address(options.base_url, options.plain_http)
        return options

    @property
    def address(self) -> str:
        """Where the service is."""
        return checked_address(self.base_url, self.plain_http)

    @property
    def tagged(self) -> bool:
        """Whether the model performs what stands in brackets."""
        return self.model.startswith(TAGGED)

    @property
    def context(self) -> int:
        """Characters around a line that are sent; models of the third version refuse any."""
        return 0 if self.continuity == "none" or self.dialogue or self.tagged else CONTEXT

    @property
    def takes_language(self) -> bool:
        """Whether the model may be told a language."""
        return any(family in self.model for family in ENFORCED)

    @property
    def requests(self) -> int:
        """How many are out at a time: one where each names those before."""
        return 1 if self.continuity == "ids" and self.context else self.at_once


@dataclass(frozen=True)
class VoiceOptions:
    """What a `voice.yaml` says: the id of a voice there, and how it speaks (0 to 1)."""

    voice_id: str = setting("", words("the id of a voice", most=100))
    stability: float = setting(0.5, number(float, 0, 1))
    similarity: float = setting(0.75, number(float, 0, 1))
    style: float = setting(0.0, number(float, 0, 1))
    speed: float = setting(1.0, number(float, 0.7, 1.2))
    boost: bool = setting(True, yes)

    @classmethod
    def of(cls, settings: Settings) -> "VoiceOptions":
        """Raises `ValueError`."""
        options = read_voice(cls, NAME, settings)
        if not options.voice_id:
            raise ValueError('elevenlabs needs a "voice_id"; its web site shows them')
        return options
