"""What engines of small ONNX models share once they are loaded; in a worker process only.

Such a model is given phonemes, and turns one line a call into sound.
"""

import logging
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp

import espeakng_loader
import onnxruntime
from phonemizer.backend import EspeakBackend
from phonemizer.backend.espeak.wrapper import EspeakWrapper

from podforge.engines.base import Take, VoiceState
from podforge.errors import EngineError
from podforge.events import Watch
from podforge.plan import Job

ERRORS = 3  # the level of ONNX Runtime below which it is silent; it warns in colours


def open_session(model: Path, threads: int) -> onnxruntime.InferenceSession:
    """A network on the processor, computed with `threads`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = ERRORS
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


class Phonemes:
    """Phonemes of texts by a copy of espeak-ng: the engine espeak unloads the one in the wheel."""

    def __init__(self) -> None:
        logging.getLogger("phonemizer").setLevel(logging.ERROR)  # it warns of each odd word count
        for name in [name for name in os.environ if name.startswith("PHONEMIZER_ESPEAK_")]:
            del os.environ[name]  # another espeak-ng, of which no fingerprint knows
        self._folder = mkdtemp(prefix="podforge-")  # in the worker's own, that goes with it
        self.data = espeakng_loader.get_data_path()
        self.library = str(shutil.copy(espeakng_loader.get_library_path(), self._folder))
        self._backends: dict[str, EspeakBackend] = {}

    def of(self, text: str, language: str) -> str:
        """The phonemes of a text with stress and punctuation; a `language` of espeak-ng.

        A foreign word is said as in its own language, without the marks `(en)` around it: a model
        would speak their letters.
        """
        if language not in self._backends:
            self._backends[language] = self._backend(language)
        return str(self._backends[language].phonemize([" ".join(text.split())])[0])

    def close(self) -> None:
        """Remove the copy."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _backend(self, language: str) -> EspeakBackend:
        EspeakWrapper.set_data_path(self.data)  # of the class: another engine may have set it
        EspeakWrapper.set_library(self.library)
        return EspeakBackend(
            language, preserve_punctuation=True, with_stress=True, language_switch="remove-flags"
        )


class LineByLine:
    """An engine that speaks one line after the other: a subclass says how in `take_of`."""

    def __init__(self) -> None:
        self.phonemes = Phonemes()

    def take_of(self, job: Job, voice: VoiceState) -> Take:
        """Speak the single line of a job.  Raises `EngineError`."""
        raise NotImplementedError

    def speak(
        self, jobs: Sequence[Job], voices: Mapping[str, VoiceState], watch: Watch
    ) -> Iterator[Take]:
        """One after the other; no take of one that was cancelled meanwhile."""
        for job in jobs:
            if watch.cancelled:
                return
            take = self.take_of(job, voices[job.voices[0].identity])
            watch.beat(job.key, len(take.samples) / take.rate)
            if watch.cancelled:
                return
            yield take

    def close(self) -> None:
        """The model goes with the process."""
        self.phonemes.close()


def no_voice(name: str, known: Collection[str]) -> EngineError:
    """What is raised for a voice that a model lacks."""
    return EngineError(
        f'this model has no voice "{name}"', hint=f"there are {', '.join(known) or 'none'}"
    )
