"""ElevenLabs, a paid service."""
