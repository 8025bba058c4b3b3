"""espeak-ng as an engine of windows: turns joined with gaps, every span known exactly.

For tests, and for trying how a script behaves with an engine that speaks windows.
"""

from podforge.cast import Limits, Settings
from podforge.engines.base import About, Engine
from podforge.engines.espeak.spec import RATE, Espeak
from podforge.units import CHARACTERS_PER_SECOND

WINDOW_SECONDS = 240


class EspeakWindow(Espeak):
    """espeak-ng, up to four speakers and about four minutes a job."""

    name = "espeak-window"  # its voices are those of `espeak`
    about = About("espeak-ng in windows of several speakers, for tests", words=True)

    def limits(self, settings: Settings) -> Limits:
        """Windows, with spans and words."""
        self.sound_settings(settings)
        most = int(WINDOW_SECONDS * CHARACTERS_PER_SECOND)
        return Limits(
            rate=RATE, windows=True, speakers=4, most_characters=most, least_characters=most // 4
        )

    def load(self, settings: Settings) -> Engine:  # noqa: ARG002 - the protocol
        """The engine; the library is loaded anew for each utterance."""
        from podforge.engines.espeak.window import EspeakWindowEngine

        return EspeakWindowEngine()
