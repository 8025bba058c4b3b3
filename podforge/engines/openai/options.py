"""The settings of a run and of a voice, for a speech server."""

from dataclasses import dataclass

from podforge.cast import Settings
from podforge.engines.network.addresses import checked_address
from podforge.engines.openai.profiles import Profile
from podforge.engines.options import number, read, read_voice, secret, setting, words, yes
from podforge.errors import SettingError


@dataclass(frozen=True)
class Options:
    """`at_once` requests are out at a time, `per_minute` at most (0: any); `timeout` in seconds."""

    base_url: str = setting("", words("an address"))
    model: str = setting("", words("the name of a model"))
    api_key: str = setting("", secret)
    at_once: int = setting(4, number(int, 1, 64))
    per_minute: float = setting(0.0, number(float, 0, 100_000))
    timeout: float = setting(300.0, number(float, 1, 3_600))
    tries: int = setting(6, number(int, 1, 20))
    plain_http: bool = setting(False, yes)
    seed: int = setting(0, number(int, 0, 2**31 - 1))

    @classmethod
    def of(cls, profile: Profile, settings: Settings) -> "Options":
        """The options, with what is usual for the server.  Raises `SettingError`."""
        usual = {"base_url": profile.address, "model": profile.model}
        given = {**{name: text for name, text in usual.items() if text}, **settings}
        options = read(cls, profile.name, given)
        if options.base_url:
            checked_address(options.base_url, options.plain_http)
        return options

    @property
    def address(self) -> str:
        """Where the server is.  Raises `SettingError` when nobody said."""
        if not self.base_url:
            raise SettingError("where is the server?", "base_url",
                               hint="--base-url http://127.0.0.1:8091/v1")  # fmt: skip
        return checked_address(self.base_url, self.plain_http)


@dataclass(frozen=True)
class VoiceOptions:
    """What a `voice.yaml` may say for a server: its own name there, and how it speaks."""

    voice: str = setting("", words("the name of a voice"))
    instructions: str = setting("", words("how the voice speaks"))
    speed: float = setting(1.0, number(float, 0.25, 4.0))
    ref_text: str = setting("", words("what is said in the recording"))
    task_type: str = setting("", words("what the server calls it"))

    @classmethod
    def of(cls, profile: Profile, settings: Settings) -> "VoiceOptions":
        """Raises `ValueError`."""
        return read_voice(cls, profile.name, settings)
