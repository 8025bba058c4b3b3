"""What a channel strip does to the sound of a speaker."""

from podforge.treating.strip import treat

__all__ = ["treat"]
