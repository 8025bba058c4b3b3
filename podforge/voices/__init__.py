"""The voices folders: who can speak, found by exact name, never by default."""

from podforge.voices.book import EngineLike, VoiceBook, open_voices, shipped_voices
from podforge.voices.files import FILE, Consent, VoiceFile, read_voice

__all__ = [
    "FILE",
    "Consent",
    "EngineLike",
    "VoiceBook",
    "VoiceFile",
    "open_voices",
    "read_voice",
    "shipped_voices",
]
