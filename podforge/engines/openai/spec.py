"""Speech servers that answer `POST /v1/audio/speech`, known without asking them anything."""

from dataclasses import asdict
from importlib.util import find_spec
from typing import ClassVar

from podforge.cast import Limits, RecordingUse, Settings
from podforge.engines.base import About, Engine, EngineSpec, Need
from podforge.engines.network.addresses import host_of, is_at
from podforge.engines.network.keys import WITHHELD, hint_for, is_withheld, key_of, need_of
from podforge.engines.network.samples import Sample
from podforge.engines.openai.options import Options, VoiceOptions
from podforge.engines.openai.profiles import PROFILES, Profile
from podforge.engines.options import names
from podforge.errors import Unavailable

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
            delivery=profile.performs(options.model),
            events=profile.events if profile.performs(options.model) else (),
            paid=bool(profile.cost) and is_at(options.base_url, profile.address),
        )

    def needs(self, settings: Settings) -> tuple[Need, ...]:
        """The client, a key where one is wanted, and an address."""
        options = Options.of(self.profile, settings)
        where = Need("the address of the server", bool(options.base_url), "--base-url URL")
        key = (need_of(settings, self.profile.key),) if self._wants_key(options) else ()
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
        profile = self.profile
        if not options.voice and not profile.clones:
            raise ValueError(f'{profile.name} needs a "voice", a name that the server knows')
        if not (options.voice or options.ref_text) and profile.must_clone and profile.transcribed:
            raise ValueError(f'{profile.name} needs the "ref_text", what is said in the recording')
        return found

    def recording(self, settings: Settings) -> RecordingUse:
        """A voice that the server knows by name is spoken without its recording."""
        return "unused" if settings.get("voice") else super().recording(settings)

    def load(self, settings: Settings) -> Engine:
        """A client; nothing is asked of the server yet.  Raises `Unavailable` without a key."""
        options, key = self._opened(settings)
        from podforge.engines.openai.engine import SpeechServerEngine

        hint, shy = hint_for(settings), is_withheld(settings)
        return SpeechServerEngine(self.profile, options, key, hint, shy)

    def remote_voices(self, settings: Settings) -> tuple[str, ...]:
        """The names of voices that the server knows.  Raises `Unavailable`."""
        if not self.profile.listed:
            raise Unavailable(f"{self.name}: the server has no list of its voices")
        options, key = self._opened(settings)
        from podforge.engines.openai.voices import names_at

        return names_at(options, key, hint_for(settings))

    def add_remote_voice(self, settings: Settings, sample: Sample) -> str:
        """Have the server keep a recording; its name there.  Raises `Unavailable`."""
        if not self.profile.keeps:
            raise Unavailable(f"{self.name}: the server takes no recordings")
        options, key = self._opened(settings)
        from podforge.engines.openai.voices import keep_at

        return keep_at(options, key, hint_for(settings), sample)

    def _opened(self, settings: Settings) -> tuple[Options, str]:
        """What a client is made of.  Raises `Unavailable` and `SettingError`."""
        options = Options.of(self.profile, settings)
        if not PACKAGE.found:
            raise Unavailable(f"the engine {self.name} needs the package openai", hint=INSTALL)
        key = key_of(settings, self.profile.key)
        if self._wants_key(options) and not key:
            hint = WITHHELD if is_withheld(settings) else f"export {self.profile.key}=..."
            raise Unavailable(f"the engine {self.name} needs a key", hint=hint)
        options.address  # noqa: B018 - raises where nobody said one
        return options, key

    def _wants_key(self, options: Options) -> bool:
        """Servers of one's own mostly have none; the one that the profile names wants one."""
        return bool(self.profile.key) and is_at(options.base_url, self.profile.address)


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
        "address": profile.address,
    }
    return type(profile.name.title().replace("-", ""), (SpeechServer,), facts)


Openai, Qwen3Tts, Cosyvoice, Fish, Moss, KokoroFastapi, Speaches, Voicebox = map(_spec, PROFILES)
