"""Kokoro, known without loading it."""

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from podforge.cast import Limits, Settings
from podforge.engines.base import About, Engine, EngineSpec, Need
from podforge.engines.digests import folder_digest
from podforge.engines.kokoro.options import NAME, PRIMARY, Options, VoiceOptions, files
from podforge.engines.options import names
from podforge.errors import SettingError, Unavailable
from podforge.threads import processors

RATE = 24_000  # samples per second
INSTALL = "pip install 'podforge[kokoro]'"
MODEL = (
    "get kokoro-v1.0.onnx and voices-v1.0.bin (releases of the project kokoro-onnx) into a folder, "
    "and name it: --model FOLDER"
)
# The model hears 510 phonemes: most texts below this are fewer, longer ones are spoken in parts.
MOST_CHARACTERS = 400
PACKAGE = Need("the package kokoro-onnx", find_spec("kokoro_onnx") is not None, INSTALL)


class Kokoro(EngineSpec):
    """82 million parameters, faster than real time on a processor; voices can be blended."""

    name = NAME
    voice_key = NAME
    sound_version = 1
    known_settings = names(Options)
    about = About("Kokoro 82M in process: preset voices, that can be blended", licence="Apache-2.0")

    def limits(self, settings: Settings) -> Limits:
        """A line a call; a worker a processor, as each computes with one thread."""
        Options.of(settings)
        return Limits(
            rate=RATE,
            most_characters=MOST_CHARACTERS,
            most_utterance=MOST_CHARACTERS,
            batch=4,
            most_workers=processors(),
            languages=PRIMARY,
        )

    def needs(self, settings: Settings) -> tuple[Need, ...]:
        """Its package, and the two files of the model."""
        folder = Options.of(settings).model
        return (PACKAGE, Need("the model", bool(folder and files(Path(folder))), MODEL))

    def fingerprint(self, settings: Settings) -> str:
        """A digest of the model and the voices."""
        return f"sha256:{folder_digest(_folder(settings), files)}"

    def sound_settings(self, settings: Settings) -> Settings:
        """There are none: model and voice decide."""
        Options.of(settings)
        return {}

    def voice_settings(self, settings: Settings) -> Settings:
        """The voice or the blend, and another speed than the usual."""
        options = VoiceOptions.of(settings)
        usual = asdict(VoiceOptions())
        return {name: value for name, value in asdict(options).items() if value != usual[name]}

    def load(self, settings: Settings) -> Engine:
        """Load the model: a few seconds."""
        if not PACKAGE.found:
            raise Unavailable("the engine kokoro needs its package", hint=INSTALL)
        from podforge.engines.kokoro.engine import KokoroEngine

        model, voices = files(_folder(settings))
        return KokoroEngine(model, voices, Options.of(settings).threads)


def _folder(settings: Settings) -> Path:
    """Where the model lies.  Raises `Unavailable` or `SettingError`."""
    named = Options.of(settings).model
    if not named:
        raise Unavailable("the engine kokoro has no model", hint=MODEL)
    folder = Path(named).expanduser()
    if not files(folder):
        raise SettingError(f"no *.onnx and voices*.bin in {folder}", "model", hint=MODEL)
    return folder
