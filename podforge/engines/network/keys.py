"""Keys to accounts: from the environment or the user's own configuration, and never shown."""

import os

from podforge.cast import Settings
from podforge.engines.base import Need

SETTING = "api_key"
HIDDEN = "[key]"


def key_of(settings: Settings, variable: str) -> str:
    """The key of the user's settings, else of the environment; empty when there is none."""
    return str(settings.get(SETTING, "") or os.environ.get(variable, "")).strip()


def need_of(settings: Settings, variable: str) -> Need:
    """The key as something that must be here."""
    remedy = f"export {variable}=..., or set it in the user configuration"
    return Need(f"the key {variable}", bool(key_of(settings, variable)), remedy)


def without(text: str, key: str) -> str:
    """The text with the key taken out: servers repeat it in their errors."""
    if len(key) < 4:  # too short to be one; it would take letters out of words
        return text
    return text.replace(key, HIDDEN)
