"""What can be known about VibeVoice without loading it; imports neither numpy nor torch."""

from pathlib import Path

from podforge.cast import Limits, Settings
from podforge.engines.base import About, Engine, EngineSpec, Need
from podforge.engines.packages import check_installed, needs_of
from podforge.engines.vibevoice import hub
from podforge.engines.vibevoice.options import SETTINGS, Options
from podforge.errors import SettingError, Unavailable
from podforge.events import Tell
from podforge.units import CHARACTERS_PER_SECOND

PACKAGES = ("torch", "transformers", "diffusers", "safetensors")
INSTALL = "pip install 'podforge[vibevoice]'"
RATE = 24_000  # samples per second
HOP = 3_200  # samples a frame
FRAMES_PER_SECOND = RATE / HOP
SPEAKERS = 4  # that the model was trained with
LINE_CHARACTERS = 1_500  # about 250 words: within longer turns the model speaks ever faster
PROMPT_TOKENS = 1_200  # of four voices of half a minute, and of what stands around the text
CHARACTERS_PER_TOKEN = 4.0  # of English, in Qwen2's vocabulary, about
CONTEXTS = {hub.LARGE: 32_768}  # tokens, of models that are not here yet
USUAL_CONTEXT = 65_536
LEAST_AT_ONCE, MOST_AT_ONCE = 8, 32  # windows handed over, so that the rows are never idle
MINUTES_AT_ONCE = 128  # of speech: their sound must have room
PATIENCE_SECONDS = 600.0  # a recording or a piece of a prompt may take minutes on a slow processor


class VibeVoice(EngineSpec):
    """Windows of many turns by up to four cloned voices, in one pass each."""

    name = "vibevoice"
    about = About(
        "long windows of up to four cloned voices, in one pass", cloning=True, licence="MIT"
    )
    voice_key = "vibevoice"
    sound_version = 1
    known_settings = SETTINGS
    needs_reference = True

    def limits(self, settings: Settings) -> Limits:
        """Windows of about four minutes; another seed gives another take.

        Raises `SettingError` for a window that the model cannot hold.
        """
        options = Options.of(settings)
        most = round(options.window * 60 * CHARACTERS_PER_SECOND)
        longest = _longest_window(_context(options.model))
        if most > longest:
            minutes = longest / CHARACTERS_PER_SECOND / 60
            raise SettingError(
                f"{options.window:g} minutes are more than {options.model} can hold",
                "window",
                hint=f"{minutes:.0f} at most; voices are steadiest below 5",
            )
        return Limits(
            rate=RATE,
            windows=True,
            speakers=SPEAKERS,
            most_characters=most,
            least_characters=most // 4,
            most_utterance=min(LINE_CHARACTERS, most),
            batch=_at_once(options.window),
            patience=PATIENCE_SECONDS,
            most_workers=1,  # one holds the model, and fills the device
            stochastic=True,
            languages=("en", "zh"),
        )

    def needs(self, settings: Settings) -> tuple[Need, ...]:
        """Its packages, and the model."""
        model = Options.of(settings).model
        there = Need(f"the model {model}", hub.locate(model) is not None, f"hf download {model}")
        return (*needs_of(PACKAGES, INSTALL), there)

    def fingerprint(self, settings: Settings) -> str:
        """The model's name and commit, or a digest of a folder's files."""
        return hub.fingerprint(Options.of(settings).model)

    def fetch(self, settings: Settings, tell: Tell, *, offline: bool, update: bool) -> None:
        """Download the model where it is missing, and look at what lies there."""
        check_installed(self.name, PACKAGES, INSTALL)
        model = Options.of(settings).model
        hub.fetch(model, tell, offline=offline, update=update)
        hub.check_folder(_folder(model))

    def sound_settings(self, settings: Settings) -> Settings:
        """Steps, guidance, seed and noise; a dtype where one was asked for."""
        return Options.of(settings).sound

    def voice_settings(self, settings: Settings) -> Settings:
        """There are none: a voice is its recording."""
        if settings:
            raise ValueError(f'vibevoice has no setting "{next(iter(settings))}" of a voice')
        return {}

    def load(self, settings: Settings) -> Engine:
        """Load the model; takes a minute for a large one."""
        check_installed(self.name, PACKAGES, INSTALL)
        from podforge.engines.vibevoice.engine import VibeVoiceEngine

        options = Options.of(settings)
        return VibeVoiceEngine(options, _folder(options.model), self.fingerprint(settings))


def _folder(model: str) -> Path:
    folder = hub.locate(model)
    if folder is None:
        raise Unavailable(f"the model {model} is not here", hint=f"hf download {model}")
    return folder


def _context(model: str) -> int:
    """How many tokens the model can hold."""
    folder = hub.locate(model)
    known = hub.context_tokens(folder) if folder else None
    return known or CONTEXTS.get(model, USUAL_CONTEXT)


def _longest_window(context: int) -> int:
    """The most characters whose prompt and speech fit into `context` tokens."""
    token_share = 1 / CHARACTERS_PER_TOKEN + FRAMES_PER_SECOND / CHARACTERS_PER_SECOND
    return max(1, int((context - PROMPT_TOKENS) / token_share))


def _at_once(minutes: float) -> int:
    """How many windows of so many minutes are handed over together."""
    return min(MOST_AT_ONCE, max(LEAST_AT_ONCE, round(MINUTES_AT_ONCE / minutes)))
