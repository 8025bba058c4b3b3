"""Pocket TTS, known without loading it."""

from dataclasses import asdict

from podforge.cast import Limits, RecordingUse, Settings
from podforge.engines.base import About, Engine, EngineSpec, Need
from podforge.engines.options import names
from podforge.engines.packages import check_installed, needs_of
from podforge.engines.pocket import model
from podforge.engines.pocket.model import INSTALL
from podforge.engines.pocket.options import DEFAULT, NAME, Options, VoiceOptions
from podforge.events import Tell

RATE = 24_000  # samples per second
MOST_CHARACTERS = 400  # in a call, which speaks them in pieces: about half a minute
PATIENCE_SECONDS = 300.0  # half a minute of a recording is heard in 11 s by one processor
PACKAGES = ("torch", "transformers", "safetensors")


class PocketTts(EngineSpec):
    """100 million parameters; voices are recordings, or come with the model."""

    name = NAME
    voice_key = NAME
    sound_version = 1
    known_settings = names(Options)
    about = About(
        "Pocket TTS in process: a small model that clones voices", cloning=True, licence="CC-BY-4.0"
    )

    def limits(self, settings: Settings) -> Limits:
        """A line a call; another seed gives another take.

        The published model speaks English.  Which language another one speaks it does not say.
        """
        options = Options.of(settings)
        return Limits(
            rate=RATE,
            most_characters=MOST_CHARACTERS,
            most_utterance=MOST_CHARACTERS,
            batch=4,
            stochastic=True,
            patience=PATIENCE_SECONDS,
            languages=("en",) if options.model == DEFAULT else (),
        )

    def needs(self, settings: Settings) -> tuple[Need, ...]:
        """Its packages, the model and the model's codec."""
        named = Options.of(settings).model
        lacking = model.missing(named)
        remedy = model.remedy(lacking) if lacking else ""
        there = Need(f"the model {lacking or named}", not lacking, remedy)
        return (*needs_of(PACKAGES, INSTALL), there)

    def fingerprint(self, settings: Settings) -> str:
        """The names and commits of the model and its codec, or digests of their folders."""
        return model.fingerprint(Options.of(settings).model)

    def fetch(self, settings: Settings, tell: Tell, *, offline: bool, update: bool) -> None:
        """Download the model and its codec where they are missing."""
        check_installed(NAME, PACKAGES, INSTALL)
        model.fetch(Options.of(settings).model, tell, offline=offline, update=update)

    def sound_settings(self, settings: Settings) -> Settings:
        """Seed, and temperature and steps where they are not the model's own."""
        return Options.of(settings).sound

    def voice_settings(self, settings: Settings) -> Settings:
        """The name of a voice that comes with the model, if it is to be one."""
        return {name: value for name, value in asdict(VoiceOptions.of(settings)).items() if value}

    def recording(self, settings: Settings) -> RecordingUse:
        """A voice that comes with the model needs none; any other has nothing else."""
        return "unused" if settings.get("voice") else "needed"

    def load(self, settings: Settings) -> Engine:
        """Load the model: some seconds."""
        check_installed(NAME, PACKAGES, INSTALL)
        from podforge.engines.pocket.engine import PocketEngine

        options = Options.of(settings)
        return PocketEngine(options, model.locate(options.model), self.fingerprint(settings))
