"""KittenTTS, known without loading it."""

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from podforge.cast import Limits, Settings
from podforge.engines.base import About, Engine, EngineSpec, Need
from podforge.engines.digests import folder_digest
from podforge.engines.kitten.options import NAME, Options, VoiceOptions, files, model_in
from podforge.engines.options import names
from podforge.errors import SettingError, Unavailable
from podforge.threads import processors

RATE = 24_000  # samples per second
MOST_CHARACTERS = 400  # in a call: the model was made for that much
INSTALL = "pip install 'podforge[kitten]'"
MODEL = "hf download KittenML/kitten-tts-mini-0.8 --local-dir FOLDER, and name it: --model FOLDER"
PACKAGES = ("onnxruntime", "phonemizer")


class Kitten(EngineSpec):
    """15 to 80 million parameters, English, eight voices."""

    name = NAME
    voice_key = NAME
    sound_version = 1
    known_settings = names(Options)
    about = About("KittenTTS in process: a tiny model, preset voices", licence="Apache-2.0")

    def limits(self, settings: Settings) -> Limits:
        """A line a call; a worker a processor, as each computes with one thread."""
        Options.of(settings)
        return Limits(
            rate=RATE,
            most_characters=MOST_CHARACTERS,
            most_utterance=MOST_CHARACTERS,
            batch=4,
            most_workers=processors(),
            languages=("en",),
        )

    def needs(self, settings: Settings) -> tuple[Need, ...]:
        """Its packages, and a model."""
        folder = Options.of(settings).model
        packages = (Need(f"the package {name}", _is_here(name), INSTALL) for name in PACKAGES)
        return (*packages, Need("the model", bool(folder and files(Path(folder))), MODEL))

    def fingerprint(self, settings: Settings) -> str:
        """A digest of the model, its voices and their names."""
        return f"sha256:{folder_digest(_folder(settings), files)}"

    def sound_settings(self, settings: Settings) -> Settings:
        """There are none: model and voice decide."""
        Options.of(settings)
        return {}

    def voice_settings(self, settings: Settings) -> Settings:
        """The voice, and another speed than the usual."""
        options, usual = asdict(VoiceOptions.of(settings)), asdict(VoiceOptions())
        return {name: value for name, value in options.items() if value != usual[name]}

    def load(self, settings: Settings) -> Engine:
        """Load the model: a second or so."""
        missing = [name for name in PACKAGES if not _is_here(name)]
        if missing:
            raise Unavailable(f"the engine kitten needs {', '.join(missing)}", hint=INSTALL)
        from podforge.engines.kitten.engine import KittenEngine

        return KittenEngine(model_in(_folder(settings)), Options.of(settings).threads)


def _is_here(package: str) -> bool:
    return find_spec(package) is not None


def _folder(settings: Settings) -> Path:
    """Where the model lies.  Raises `Unavailable` or `SettingError`."""
    named = Options.of(settings).model
    if not named:
        raise Unavailable("the engine kitten has no model", hint=MODEL)
    folder = Path(named).expanduser()
    if not files(folder):
        raise SettingError(f"no *.onnx and voices*.npz in {folder}", "model", hint=MODEL)
    return folder
