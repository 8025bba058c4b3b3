"""A test engine that ships: every voice a tone of its own pitch, every word a burst.

Windows of up to four voices, exact spans and words, thousands of times faster than real time.
"""

from podforge.cast import Limits, Settings
from podforge.engines.base import About, Engine, EngineSpec
from podforge.errors import SettingError
from podforge.units import CHARACTERS_PER_SECOND

RATE = 24_000  # samples per second
WINDOW_SECONDS = 240


class Tone(EngineSpec):
    """Tones instead of speech; any voice will do."""

    name = "tone"
    about = About("tones instead of speech, for tests of timing", words=True)
    voice_key = "tone"
    sound_version = 1

    def limits(self, settings: Settings) -> Limits:
        """Windows, with spans and words; another seed gives another take."""
        self.sound_settings(settings)
        most = int(WINDOW_SECONDS * CHARACTERS_PER_SECOND)
        return Limits(
            rate=RATE,
            windows=True,
            speakers=4,
            most_characters=most,
            least_characters=most // 4,
            batch=4,
            stochastic=True,
        )

    def fingerprint(self, settings: Settings) -> str:  # noqa: ARG002 - the protocol
        """There is no model."""
        return "tone"

    def sound_settings(self, settings: Settings) -> Settings:
        """There are none."""
        for setting in settings:
            raise SettingError(f'the engine "tone" has no setting "{setting}"', setting)
        return {}

    def voice_settings(self, settings: Settings) -> Settings:
        """There are none: the pitch follows from the voice's identity."""
        if settings:
            raise ValueError(f'tone has no setting "{next(iter(settings))}"')
        return {}

    def load(self, settings: Settings) -> Engine:  # noqa: ARG002 - the protocol
        """The engine; nothing but numpy is loaded."""
        from podforge.engines.tones import ToneEngine

        return ToneEngine()
