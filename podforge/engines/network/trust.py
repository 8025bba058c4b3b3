"""Keys go to no server that only a stranger named, and no script says where its text goes.

A server is the user's where a flag, the environment or their own configuration names it, or where
it is the engine's usual one.  A project's `podforge.yaml` may name another: it gets no key.
"""

from podforge.cast import Settings
from podforge.engines.base import EngineSpec
from podforge.engines.network.addresses import SETTING as ADDRESS
from podforge.engines.network.addresses import is_at
from podforge.engines.network.keys import SETTING as KEY
from podforge.errors import InputError
from podforge.settings import Config, Written, values

OF_USERS = (ADDRESS, "plain_http")  # settings that no script makes


def check_script(written: Written) -> None:
    """Raise `InputError` where front matter says something about the address of a server."""
    for setting in OF_USERS:
        if setting in written:
            text = (
                f"{setting}: a script may not say where its text is sent: say it with --base-url, "
                "in podforge.yaml or in your own settings"
            )
            raise InputError.at(written[setting].place, text)


def guarded(spec: EngineSpec, written: Written, config: Config) -> Settings:
    """The settings of an engine as it gets them; an empty key where its server is a stranger's."""
    found = values(written)
    address = written.get(ADDRESS)
    if address is None or address.flag:
        return found
    users = [file.engines.get(spec.name, {}) for file in config.files if not file.shared]
    named = [own[ADDRESS].text for own in users if ADDRESS in own]
    if any(is_at(address.text, own) for own in (*named, spec.address)):
        return found
    return {**found, KEY: ""} if KEY in spec.known_settings else found
