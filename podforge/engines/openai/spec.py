"""Speech servers that answer `POST /v1/audio/speech`, known without asking them anything."""

from dataclasses import asdict
from importlib.util import find_spec
from typing import ClassVar

from podforge.cast import Limits, Settings
from podforge.engines.base import About, Engine, EngineSpec, Need
from podforge.engines.network.addresses import host_of
from podforge.engines.network.keys import key_of, need_of
from podforge.engines.openai.options import Options, VoiceOptions
from podforge.engines.openai.profiles import PROFILES, Profile
from podforge.engines.options import names
from podforge.errors import Unavailable

KEY = "OPENAI_API_KEY"
INSTALL = "pip install 'podforge[openai]'"
PACKAGE = Need("the package openai", find_spec("openai") is not None, INSTALL)
WAVES = 4  # batches are so many times what is out at once, so that nobody waits for the slowest


class SpeechServer(EngineSpec):
    """A server, spoken to as its profile says; one utterance a request."""

    profile: ClassVar[Profile]
    sound_version = 1
    known_settings = names(Options)

    def limits(self, settings: Settings) -> Limits:
        """One worker with some requests at a time; every request may sound otherwise."""
        profile, options = self.profile, Options.of(self.profile, settings)
        return Limits(
            rate=profile.rate,
            most_characters=profile.most,
            most_utterance=profile.most,
            batch=options.at_once * WAVES,
            most_workers=1,
            stochastic=True,
            takes=2 if profile.cost else 3,
            patience=120.0,
            languages=profile.languages,
            delivery=bool(profile.delivery),
            events=profile.events,
            paid=bool(profile.cost) and host_of(options.base_url) == host_of(profile.address),
        )

    def needs(self, settings: Settings) -> tuple[Need, ...]:
        """The client, a key where one is wanted, and an address."""
        options = Options.of(self.profile, settings)
        where = Need("the address of the server", bool(options.base_url), "--base-url URL")
        key = (need_of(settings, KEY),) if self._wants_key(options) else ()
        return (PACKAGE, where, *key)

    def fingerprint(self, settings: Settings) -> str:
        """Profile and model; of a server that has no profile of its own, its host and the model."""
        options = Options.of(self.profile, settings)
        if self.profile.name != PROFILES[0].name:
            return f"{self.profile.name} {options.model}"
        return f"{host_of(options.address)} {options.model}"

    def sound_settings(self, settings: Settings) -> Settings:
        """The seed, where somebody set one; the model is in the fingerprint."""
        options = Options.of(self.profile, settings)
        return {"seed": options.seed} if options.seed else {}

    def voice_settings(self, settings: Settings) -> Settings:
        """The voice's name at the server, and what else differs from the usual."""
        options = VoiceOptions.of(self.profile, settings)
        usual = asdict(VoiceOptions())
        found = {name: value for name, value in asdict(options).items() if value != usual[name]}
        if not options.voice and not self.profile.clones:
            raise ValueError(f'{self.profile.name} needs a "voice", a name that the server knows')
        return found

    def load(self, settings: Settings) -> Engine:
        """A client; nothing is asked of the server yet.  Raises `Unavailable` without a key."""
        options = Options.of(self.profile, settings)
        if not PACKAGE.found:
            raise Unavailable(f"the engine {self.name} needs the package openai", hint=INSTALL)
        key = key_of(settings, KEY)
        if self._wants_key(options) and not key:
            raise Unavailable(f"the engine {self.name} needs a key", hint=f"export {KEY}=...")
        from podforge.engines.openai.engine import SpeechServerEngine

        return SpeechServerEngine(self.profile, options, key)

    def _wants_key(self, options: Options) -> bool:
        """Servers of one's own mostly have none; the one that the profile names wants one."""
        return self.profile.key and host_of(options.base_url) == host_of(self.profile.address)


def _spec(profile: Profile) -> type[SpeechServer]:
    """The engine of a profile, as a class with its name."""
    about = About(
        profile.summary,
        cloning=profile.clones,
        network=True,
        cost=profile.cost,
        licence=profile.licence,
    )
    facts = {
        "__module__": __name__,
        "__doc__": f"{profile.summary[0].upper()}{profile.summary[1:]}.",
        "profile": profile,
        "name": profile.name,
        "voice_key": profile.name,
        "about": about,
        "needs_reference": profile.must_clone,
    }
    return type(profile.name.title().replace("-", ""), (SpeechServer,), facts)


Openai, Qwen3Tts, Cosyvoice, Fish, Moss, KokoroFastapi, Speaches, Voicebox = map(_spec, PROFILES)
