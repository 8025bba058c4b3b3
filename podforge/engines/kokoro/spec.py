"""Kokoro, known without loading it."""

from pathlib import Path

from podforge.cast import Settings
from podforge.engines.base import About, Engine
from podforge.engines.kokoro.options import NAME, PRIMARY, VoiceOptions, files
from podforge.engines.presets import PresetSpec


class Kokoro(PresetSpec):
    """82 million parameters, faster than real time on a processor; voices can be blended.

    It hears 510 phonemes: most lines are fewer, and longer ones are spoken in parts.
    """

    name = NAME
    voice_key = NAME
    about = About("Kokoro 82M in process: preset voices, that can be blended", licence="Apache-2.0")
    packages = ("kokoro_onnx",)
    languages = PRIMARY
    getting = (
        "get kokoro-v1.0.onnx and voices-v1.0.bin (releases of the project kokoro-onnx) into a "
        "folder, and name it: --model FOLDER"
    )
    lacking = "*.onnx and voices*.bin"

    def files(self, folder: Path) -> list[Path]:
        """The model and the voices."""
        return files(folder)

    def voice_options(self, settings: Settings) -> VoiceOptions:
        """Raises `ValueError`."""
        return VoiceOptions.of(settings)

    def load(self, settings: Settings) -> Engine:
        """Load the model: a few seconds."""
        self.check_installed()
        from podforge.engines.kokoro.engine import KokoroEngine

        model, voices = files(self.folder(settings))
        return KokoroEngine(model, voices, self.options(settings).threads)
