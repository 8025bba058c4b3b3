"""KittenTTS, known without loading it."""

from pathlib import Path

from podforge.cast import Settings
from podforge.engines.base import About, Engine
from podforge.engines.kitten.options import NAME, VoiceOptions, files, model_in
from podforge.engines.presets import MOST_CHARACTERS, PresetSpec, arrays_in

__all__ = ["MOST_CHARACTERS", "Kitten"]
PUBLISHED = "KittenML/kitten-tts-mini-0.8"


class Kitten(PresetSpec):
    """15 to 80 million parameters, English, eight voices."""

    name = NAME
    voice_key = NAME
    about = About("KittenTTS in process: a tiny model, preset voices", licence="Apache-2.0")
    packages = ("onnxruntime", "phonemizer")
    phonemizers = ("phonemizer", "espeakng-loader")
    languages = ("en",)
    lacking = "*.onnx and voices*.npz"

    def files(self, folder: Path) -> list[Path]:
        """Network, voices, and the configuration that names them."""
        return files(folder)

    def getting(self, folder: str) -> str:
        """A download by the program of huggingface-hub."""
        return f"hf download {PUBLISHED} --local-dir {folder}"

    def held(self, folder: Path) -> tuple[str, ...]:
        """The presets in the file of voices, and the names that they have beside."""
        model = model_in(folder)
        held = arrays_in(model.voices)
        return (*(alias for alias, _ in model.aliases), *held) if held else ()

    def voice_options(self, settings: Settings) -> VoiceOptions:
        """Raises `ValueError`."""
        return VoiceOptions.of(settings)

    def load(self, settings: Settings) -> Engine:
        """Load the model: a second or so."""
        self.check_installed()
        from podforge.engines.kitten.engine import KittenEngine

        return KittenEngine(model_in(self.folder(settings)), self.options(settings).threads)
