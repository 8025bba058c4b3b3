"""Keys to accounts: from the environment or the user's own configuration, and never shown."""

import os

from podforge.cast import Settings
from podforge.engines.base import Need
from podforge.engines.network.addresses import SETTING as ADDRESS
from podforge.errors import Unavailable

SETTING = "api_key"
HIDDEN = "[key]"
WITHHELD = (
    "podforge.yaml names this server, and a key goes only where you send it: name the same address "
    "with --base-url, in the environment or in your own configuration"
)


def key_of(settings: Settings, variable: str = "") -> str:
    """The key of the user's settings, else of the environment; empty when there is none.

    One that is set to nothing is withheld: the environment is not asked either.  Raises
    `Unavailable` for a text that can be no key, and that no header can carry (RFC 9110, 5.5).
    """
    given = settings.get(SETTING)
    key = str(os.environ.get(variable, "") if given is None else given).strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        name = variable or SETTING
        raise Unavailable(f"{name} is no key: it has spaces, or letters beyond ASCII, in it")
    return key


def is_withheld(settings: Settings) -> bool:
    """Whether a key must not go to the server: a file that others wrote named it."""
    return settings.get(SETTING) == ""


def need_of(settings: Settings, variable: str) -> Need:
    """The key as something that must be here."""
    remedy = f"export {variable}=..., or set it in the user configuration"
    remedy = WITHHELD if is_withheld(settings) else remedy
    return Need(f"the key {variable}", bool(key_of(settings, variable)), remedy)


def hint_for(settings: Settings) -> str:
    """What to do when a server refuses us."""
    if is_withheld(settings):
        return WITHHELD
    return f"see the key, the {ADDRESS} and the model"


def without(text: str, key: str) -> str:
    """The text with the key taken out: servers repeat it in their errors."""
    if len(key) < 4:  # too short to be one; it would take letters out of words
        return text
    return text.replace(key, HIDDEN)
