"""Kokoro, known without loading it."""

from pathlib import Path

from podforge.cast import Settings
from podforge.engines.base import About, Engine
from podforge.engines.kokoro.options import (
    MODEL,
    NAME,
    PRIMARY,
    VOICES,
    VoiceOptions,
    blend,
    files,
)
from podforge.engines.presets import PresetSpec, arrays_in

# With times of phonemes, which the older model-files-v1.0 lacks (README of kokoro-onnx 0.6.1).
PUBLISHED = "https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.1"


class Kokoro(PresetSpec):
    """82 million parameters, faster than real time on a processor; voices can be blended.

    It hears 510 phonemes: most lines are fewer, and longer ones are spoken in parts.
    """

    name = NAME
    voice_key = NAME
    about = About("Kokoro 82M in process: preset voices, that can be blended", licence="Apache-2.0")
    packages = ("kokoro_onnx", "onnxruntime", "phonemizer")
    phonemizers = ("kokoro-onnx", "phonemizer", "phonemizer-fork", "espeakng-loader")
    languages = PRIMARY
    lacking = "*.onnx and voices*.bin"

    def files(self, folder: Path) -> list[Path]:
        """The model and the voices."""
        return files(folder)

    def getting(self, folder: str) -> str:
        """Two downloads, 326 and 28 MB."""
        return " && ".join(
            f"curl -L --create-dirs -o {folder}/{name} {PUBLISHED}/{name}"
            for name in (MODEL, VOICES)
        )

    def held(self, folder: Path) -> tuple[str, ...]:
        """The presets in the file of voices."""
        return arrays_in(files(folder)[1])

    def named(self, voice: Settings) -> tuple[str, ...]:
        """The parts of a blend."""
        return tuple(name for name, _ in blend(str(voice["voice"])))

    def voice_options(self, settings: Settings) -> VoiceOptions:
        """Raises `ValueError`."""
        return VoiceOptions.of(settings)

    def load(self, settings: Settings) -> Engine:
        """Load the model: a few seconds."""
        self.check_installed()
        from podforge.engines.kokoro.engine import KokoroEngine

        model, voices = files(self.folder(settings))
        return KokoroEngine(model, voices, self.options(settings).threads)
