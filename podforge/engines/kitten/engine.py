"""Speaks with KittenTTS; in a worker process only.

What goes in and what comes out is as the published package `kittentts` 0.8 has it: symbols of
phonemes between two pads, a style chosen by the length of the text, and a tail of the sound that
belongs to nobody.
"""

import re
from typing import TYPE_CHECKING

import numpy as np

from podforge.cast import Voice
from podforge.engines.base import Take, VoiceState
from podforge.engines.kitten.options import Model, VoiceOptions
from podforge.engines.onnx import LineByLine, no_voice, open_session
from podforge.engines.performing import sendable
from podforge.engines.presets import RATE
from podforge.errors import EngineError
from podforge.plan import Job

if TYPE_CHECKING:
    from numpy.typing import NDArray

TAIL = 5_000  # samples at the end that are cut off, as the published package does
PAD, END = 0, 10  # token ids; 10 is an ellipsis
# The alphabet of the model, each symbol at its own number; some quotation marks stand twice.
_SYMBOLS = (
    "$"
    ';:,.!?¡¿—…"«»"" '
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    "ɑɐɒæɓʙβɔɕçɗɖðʤəɘɚɛɜɝɞɟʄɡɠɢʛɦɧħɥʜɨɪʝɭɬɫɮʟɱɯɰŋɳɲɴøɵɸθœɶʘɹɺɾɻʀʁɽʂʃʈʧʉʊʋⱱʌɣɤʍχʎʏʑʐʒʔʡʕʢǀǁǂǃ"
    "ˈˌːˑʼʴʰʱʲʷˠˤ˞↓↑→↗↘'̩'ᵻ"
)
_CLOSING = "\"'”’»)]} "  # may stand behind the mark that ends a text
NUMBERS = {symbol: number for number, symbol in enumerate(_SYMBOLS)}


class KittenEngine(LineByLine):
    """A loaded model."""

    def __init__(self, model: Model, threads: int) -> None:
        super().__init__()
        self._network = open_session(model.network, threads)
        with np.load(model.voices) as voices:
            self._styles = {name: voices[name] for name in voices.files}
        self._aliases, self._speeds = dict(model.aliases), dict(model.speeds)

    def embed(self, voice: Voice) -> "tuple[NDArray[np.float32], float]":
        """The styles of a preset, shape (lengths, width), and the speed that it speaks with."""
        options = VoiceOptions.of(voice.settings)
        name = self._aliases.get(options.voice, options.voice)
        if name not in self._styles:
            raise no_voice(options.voice, [*self._aliases, *self._styles])
        return self._styles[name].astype(np.float32), options.speed * self._speeds.get(name, 1.0)

    def take_of(self, job: Job, voice: VoiceState) -> Take:
        """The sound of a line without its tail."""
        (said,) = job.utterances
        assert isinstance(voice, tuple)
        styles, speed = voice
        text = sendable(said.text).strip()
        tokens = self.tokens(text)
        if not tokens:
            raise EngineError("there is nothing to say", place=said.place)
        row = min(len(text), len(styles) - 1)  # a style for each length, or one for all
        inputs = {
            "input_ids": np.array([[PAD, *tokens, END, PAD]], np.int64),
            "style": styles[row : row + 1].reshape(1, -1),
            "speed": np.array([speed], np.float32),
        }
        sound = np.asarray(self._network.run(None, inputs)[0], np.float32).ravel()
        if len(sound) <= TAIL:
            raise EngineError("the model made no sound of it", place=said.place)
        return Take(job.key, np.clip(sound[:-TAIL], -1.0, 1.0), RATE)

    def tokens(self, text: str) -> list[int]:
        """The numbers of the phonemes of a text; none when there is nothing to say.

        A text without an end is given a full stop, or its last word is swallowed.
        """
        if not any(c.isalnum() for c in text):
            return []
        ended = text if text.rstrip(_CLOSING)[-1] in ".!?,;:…" else f"{text}."
        phonemes = " ".join(re.findall(r"\w+|[^\w\s]", self.phonemes.of(ended, "en-us")))
        if not any(symbol.isalpha() for symbol in phonemes):
            return []
        return [NUMBERS[symbol] for symbol in phonemes if symbol in NUMBERS]
