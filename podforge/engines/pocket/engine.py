"""Speaks with Pocket TTS; in a worker process only.

One line after the other: in a batch the numbers of a row depend, in their last digits, on the rows
beside it, and with them in the end the sound.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from podforge.cast import Voice
from podforge.engines.base import Embedding, Take, VoiceState
from podforge.engines.performing import sendable
from podforge.engines.pocket.latents import packed, preset, unpacked
from podforge.engines.pocket.model import presets
from podforge.engines.pocket.options import Options, VoiceOptions
from podforge.engines.pocket.speaking import Shown, Speaker
from podforge.engines.pocket.spec import RATE
from podforge.engines.references import reference_samples
from podforge.errors import EngineError
from podforge.events import Watch
from podforge.plan import Job

HEARD_SECONDS = 30.0  # of a recording; what comes after is not heard


class _Stopped(Exception):
    """Nobody wants the rest of the line."""


class PocketEngine:
    """A loaded model; `fingerprint` names it in the embeddings it makes."""

    def __init__(self, options: Options, folder: Path, fingerprint: str) -> None:
        self._fingerprint, self._presets = fingerprint, presets(folder)
        self._speaker = Speaker(options, folder)
        self._shown: dict[str, Shown] = {}  # by voice identity; 50 kB a frame of the voice

    def embed(self, voice: Voice) -> VoiceState:
        """The latents of a recording, or of a voice that came with the model.

        Raises `EngineError` for a name that the model has not, `InputError` for a recording that
        is of no use.
        """
        if name := VoiceOptions.of(voice.settings).voice:
            return self._preset(name)
        if not voice.reference:
            raise EngineError(
                f'pocket needs a recording of the voice "{voice.name}", or a "voice" of the model',
                hint=f"{self._known()}; `podforge voices add {voice.name} clip.wav`",
            )
        path = Path(voice.reference)
        samples = reference_samples(path, RATE, heard_seconds=HEARD_SECONDS)
        latents = self._speaker.hear(samples)
        return packed(latents, voice.digest, self._fingerprint)

    def speak(
        self, jobs: Sequence[Job], voices: Mapping[str, VoiceState], watch: Watch
    ) -> Iterator[Take]:
        """One after the other, each in pieces.  Raises `EngineError` where nothing can be said."""
        for job in jobs:
            if watch.cancelled:
                return
            try:
                take = self._speak(job, voices, watch)
            except _Stopped:
                return
            yield take

    def close(self) -> None:
        """Nothing is left to give back: the model goes with the process."""

    def _speak(self, job: Job, voices: Mapping[str, VoiceState], watch: Watch) -> Take:
        (said,), (voice,), frames = job.utterances, job.voices, 0
        shown = self._show(voice, voices)
        texts = [text for text in self._speaker.pieces(sendable(said.text)) if _has_words(text)]
        if not texts:
            raise EngineError("there is nothing to say", place=said.place)

        def on_frame() -> None:
            nonlocal frames
            frames += 1
            watch.beat(job.key, frames / self._speaker.frames_per_second, frames)
            if watch.cancelled:
                raise _Stopped

        with self._speaker.seeded(job.seed, on_frame):
            pieces = [self._speaker.say(text, shown) for text in texts]
        samples = np.concatenate([piece.samples for piece in pieces])
        return Take(job.key, samples, RATE, cut_short=not all(piece.ended for piece in pieces))

    def _show(self, voice: Voice, voices: Mapping[str, VoiceState]) -> Shown:
        if voice.identity not in self._shown:
            self._shown[voice.identity] = self._speaker.show(self._latents(voice, voices))
        return self._shown[voice.identity]

    def _latents(self, voice: Voice, voices: Mapping[str, VoiceState]) -> Tensor:
        """A voice of the model by its name, also where another voice's recording is known."""
        if name := VoiceOptions.of(voice.settings).voice:
            return self._preset(name)
        state = voices[voice.identity]
        assert isinstance(state, Embedding)
        return unpacked(state.payload, self._speaker.latent_size)

    def _preset(self, name: str) -> Tensor:
        if name not in self._presets:
            raise EngineError(f'this model has no voice "{name}"', hint=self._known())
        return preset(self._presets[name], self._speaker.latent_size)

    def _known(self) -> str:
        return f"there are {', '.join(self._presets)}" if self._presets else "it comes with none"


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)
