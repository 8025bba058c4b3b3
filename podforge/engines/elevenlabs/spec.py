"""ElevenLabs, known without asking it anything."""

from dataclasses import asdict
from importlib.util import find_spec

from podforge.cast import ANY, Limits, Settings
from podforge.engines.base import About, Engine, EngineSpec, Need
from podforge.engines.elevenlabs.options import (
    ADDRESS,
    DIALOGUE_CHARACTERS,
    DIALOGUE_VOICES,
    NAME,
    Options,
    VoiceOptions,
)
from podforge.engines.network.keys import WITHHELD, hint_for, is_withheld, key_of, need_of
from podforge.engines.options import names
from podforge.errors import SettingError, Unavailable

KEY = "ELEVENLABS_API_KEY"
INSTALL = "pip install 'podforge[elevenlabs]'"
PACKAGE = Need("the package elevenlabs", find_spec("elevenlabs") is not None, INSTALL)
MOST_CHARACTERS = 3_000  # in a request; the service takes more, and drifts
WAVES = 4  # batches are so many times what is out at once


class ElevenLabs(EngineSpec):
    """Text to speech line by line, or dialogues of several voices in one call."""

    name = NAME
    voice_key = NAME
    address = ADDRESS
    sound_version = 1
    known_settings = names(Options)
    about = About(
        "ElevenLabs, a paid service: voices of its library or of your account",
        words=True,
        network=True,
        cost="by the character",
    )

    def limits(self, settings: Settings) -> Limits:
        """A line a request; with `dialogue`, turns by up to ten voices and 2 000 characters.

        Raises `SettingError` for a dialogue with a model that speaks none.
        """
        options = Options.of(settings)
        if options.dialogue and not options.tagged:
            raise SettingError(f"{options.model} speaks no dialogues", "dialogue",
                               hint="set model: eleven_v3")  # fmt: skip
        most = DIALOGUE_CHARACTERS if options.dialogue else MOST_CHARACTERS
        return Limits(
            rate=options.rate,
            windows=options.dialogue,
            speakers=DIALOGUE_VOICES if options.dialogue else 1,
            most_characters=most,
            least_characters=most // 4 if options.dialogue else 0,
            most_utterance=most,
            batch=options.requests * WAVES,
            most_workers=1,
            stochastic=True,
            takes=2,  # each is paid
            delivery=options.tagged,
            events=ANY if options.tagged else (),
            context=options.context,
            paid=True,
        )

    def needs(self, settings: Settings) -> tuple[Need, ...]:
        """Its client, and a key."""
        return (PACKAGE, need_of(settings, KEY))

    def fingerprint(self, settings: Settings) -> str:
        """The model's name: the service says no more."""
        return Options.of(settings).model

    def sound_settings(self, settings: Settings) -> Settings:
        """What differs from the usual: a seed, how lines go on from one another, dialogues.

        The text around a line is no part of it: an edit stays one line.
        """
        options, usual = Options.of(settings), Options()
        sound = ("seed", "continuity", "dialogue")
        found = {name: getattr(options, name) for name in sound}
        return {name: value for name, value in found.items() if value != getattr(usual, name)}

    def voice_settings(self, settings: Settings) -> Settings:
        """The voice's id, and what else differs from the usual."""
        options = asdict(VoiceOptions.of(settings))
        usual = asdict(VoiceOptions())
        return {name: value for name, value in options.items() if value != usual[name]}

    def load(self, settings: Settings) -> Engine:
        """A client; nothing is asked yet.  Raises `Unavailable` without a key."""
        options, key = Options.of(settings), key_of(settings, KEY)
        if not PACKAGE.found:
            raise Unavailable("the engine elevenlabs needs its package", hint=INSTALL)
        if not key:
            hint = WITHHELD if is_withheld(settings) else f"export {KEY}=..."
            raise Unavailable("the engine elevenlabs needs a key", hint=hint)
        from podforge.engines.elevenlabs.engine import ElevenLabsEngine

        return ElevenLabsEngine(options, key, hint_for(settings))
