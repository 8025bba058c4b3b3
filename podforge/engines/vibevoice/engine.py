"""VibeVoice in a worker process: recordings become embeddings, windows become takes."""

import gc
import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path

import torch

from podforge.cast import Voice
from podforge.engines.base import Embedding, Take, VoiceState
from podforge.engines.references import reference_samples
from podforge.engines.vibevoice import memory
from podforge.engines.vibevoice.decoding import Beat, Decoded, Window, decode, window_noise
from podforge.engines.vibevoice.frames import Rows
from podforge.engines.vibevoice.latents import Latents, encode, packed, unpacked
from podforge.engines.vibevoice.loading import load
from podforge.engines.vibevoice.options import Options
from podforge.engines.vibevoice.prompting import prompt_of
from podforge.engines.vibevoice.sampling import Sampler, schedule_of
from podforge.engines.vibevoice.spec import FRAMES_PER_SECOND, RATE
from podforge.errors import EngineError
from podforge.events import Watch
from podforge.plan import Job
from podforge.units import CHARACTERS_PER_SECOND, spoken_length

USUAL_ROWS = {"cuda": 8, "mps": 2, "cpu": 4}  # windows at once, memory permitting
MOST_ROWS = 64
CAPACITY_STEP = 256  # tokens: buffers are kept from batch to batch where they suffice
MOST_SECONDS = 60.0  # of a recording
HEADROOM = 2.0  # times the frames that the text should take: slow speech is not clipped
SPARE_FRAMES = round(4 * FRAMES_PER_SECOND)  # breaths and pauses
TURN_TOKENS = 4  # a turn may cost: its end, the start of the next, and a pause


class VibeVoiceEngine:
    """A loaded model; `fingerprint` names it in the embeddings it makes."""

    def __init__(self, options: Options, folder: Path, fingerprint: str) -> None:
        self._options, self._fingerprint = options, fingerprint
        self._loaded = load(options, folder)
        self._device = self._loaded.device
        head = self._loaded.model.model.diffusion_head
        schedule = schedule_of(self._loaded.scheduler, options.steps)
        self._sampler = Sampler(head, schedule, options.guidance)
        self._latents: dict[str, Latents] = {}
        self._rows: Rows | None = None
        self._most = MOST_ROWS  # fewer once memory has run out

    def embed(self, voice: Voice) -> VoiceState:
        """The latents of the voice's recording.  Raises `InputError` for one that is of no use."""
        samples = reference_samples(Path(voice.reference), RATE, most_seconds=MOST_SECONDS)
        seed = int(voice.digest[:16], 16) >> 1
        latents = encode(samples, self._loaded.model, self._loaded.processor, seed)
        return packed(latents, voice.digest, self._fingerprint)

    def speak(
        self, jobs: Sequence[Job], voices: Mapping[str, VoiceState], watch: Watch
    ) -> Iterator[Take]:
        """Takes as they finish, long windows first; each with the marks the model made.

        Where memory runs out, half as many windows go on beside each other.  Raises `EngineError`
        for a window that cannot be spoken at all.
        """

        def beat(key: str, frames: int) -> bool:
            watch.beat(key, frames / FRAMES_PER_SECOND, frames)
            return not watch.cancelled

        windows = [self._window(job, voices) for job in jobs]
        left = {w.key: w for w in sorted(windows, key=lambda w: w.tokens, reverse=True)}
        count = self._count(windows)
        while not (yield from self._speak(left, count, beat)):
            if count == 1:
                job = next(job for job in jobs if job.key == next(iter(left)))
                raise _too_little_memory(job, self._device)
            self._most = count = count // 2
            self._forget()

    def _speak(
        self, left: dict[str, Window], count: int, beat: Beat
    ) -> Generator[Take, None, bool]:
        """Speak what is left, `count` windows at a time; false when memory ran out.

        Only once this has returned is all that the error held on to free.
        """
        if not left:
            return True
        try:
            rows = self._room(count, max(window.tokens for window in left.values()))
            for done in decode(rows, count, list(left.values()), beat):
                del left[done.key]
                yield _take(done)
        except (RuntimeError, MemoryError) as error:
            if memory.is_out_of_memory(error):
                return False
            raise
        return True

    def close(self) -> None:
        """Give the device's memory back; nothing is left to do the second time."""
        self.__dict__.pop("_loaded", None)
        self.__dict__.pop("_sampler", None)
        self._forget()

    @torch.inference_mode()
    def _window(self, job: Job, voices: Mapping[str, VoiceState]) -> Window:
        """A job as the model gets it.  Raises `EngineError` where the model cannot hold it."""
        config = self._loaded.model.config
        latents = {voice.identity: self._known(voice, voices) for voice in job.voices}
        frozen = self._options.noise == "frozen"
        prompt = prompt_of(job, latents, self._loaded.model, self._loaded.processor, frozen)
        expected = _expected_frames(job)
        most = min(
            math.ceil(HEADROOM * expected) + SPARE_FRAMES + TURN_TOKENS * len(job.utterances),
            config.text_config.max_position_embeddings - len(prompt),
        )
        if most < expected:
            raise EngineError(
                f"a window of {len(prompt)} tokens leaves the model no room to speak it",
                place=job.place,
                hint="set a smaller window, or use shorter recordings of the voices",
            )
        noise = window_noise(job.seed, most, config.audio_config.hidden_size)
        return Window(job.key, prompt.cpu(), noise, most)

    def _known(self, voice: Voice, voices: Mapping[str, VoiceState]) -> Latents:
        if voice.identity not in self._latents:
            state = voices[voice.identity]
            assert isinstance(state, Embedding)
            size = self._loaded.model.config.audio_config.hidden_size
            self._latents[voice.identity] = unpacked(state.payload, size)
        return self._latents[voice.identity]

    def _count(self, windows: Sequence[Window]) -> int:
        """How many windows to speak beside each other."""
        wanted = min(self._options.batch or USUAL_ROWS[self._device.type], len(windows), self._most)
        capacity = max(window.tokens for window in windows)
        if self._rows and self._rows.count >= wanted and self._rows.capacity >= capacity:
            return wanted
        self._forget()
        free = memory.free_bytes(self._device)
        need = memory.need_of(self._loaded.model.config, capacity, self._loaded.dtype.itemsize)
        return wanted if free is None else max(1, min(wanted, need.rows(free)))

    def _room(self, count: int, tokens: int) -> Rows:
        """Rows with room for `tokens` each; those of the last batch where they suffice."""
        if not self._rows or self._rows.count < count or self._rows.capacity < tokens:
            self._forget()
            capacity = -(-tokens // CAPACITY_STEP) * CAPACITY_STEP
            self._rows = Rows(self._loaded.model, self._sampler, count, capacity)
        return self._rows

    def _forget(self) -> None:
        self._rows = None
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        elif self._device.type == "mps":
            torch.mps.empty_cache()


def _expected_frames(job: Job) -> float:
    characters = sum(spoken_length(said.text) for said in job.utterances)
    return characters / CHARACTERS_PER_SECOND * FRAMES_PER_SECOND


def _take(done: Decoded) -> Take:
    return Take(done.key, done.samples, RATE, marks=done.marks, cut_short=done.cut_short)


def _too_little_memory(job: Job, device: torch.device) -> EngineError:
    return EngineError(
        f"too little memory on {device} for a single window",
        place=job.place,
        hint="set a smaller window, the dtype bfloat16, or another device",
    )
