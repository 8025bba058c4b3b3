"""The embedded engine: espeak-ng from its wheel, one utterance a job."""

from podforge.engines.espeak.spec import Espeak

__all__ = ["Espeak"]
