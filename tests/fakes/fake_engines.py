"""Engines that misbehave on demand, found by entry point like any other.

What they do is written in the text: CRASH, HANG, SILENT, NAN, RAISE, NOTHING, EAT (memory);
SLOW takes four times as long as it should, WAIT is slow to come, FLAKY is silent on the first
take.  Each job that is spoken is logged in the file that FAKE_LOG names, each engine that is
loaded in FAKE_LOADS.
"""

import hashlib
import json
import os
import resource
import signal
import time
from pathlib import Path

import numpy as np

from podforge.cast import Limits
from podforge.clip import Span
from podforge.engines.base import Embedding, EngineSpec, Take
from podforge.errors import EngineError, SettingError, Unavailable
from podforge.events import FetchDone, FetchProgress, FetchStarted

RATE = 16_000
GAP_SECONDS = 0.25


class Fake(EngineSpec):
    name = "fake"
    voice_key = "espeak"
    sound_version = 1

    def limits(self, settings):
        return Limits(rate=RATE, stochastic=True, batch=4)

    def fingerprint(self, settings):
        return "fake 1"

    def sound_settings(self, settings):
        return dict(settings)

    def voice_settings(self, settings):
        return dict(settings)

    def load(self, settings):
        log(f"{self.name} {os.getpid()}", "FAKE_LOADS")
        return FakeEngine(GAP_SECONDS)


class FakeWindow(Fake):
    """Speaks windows and leaves the gap between turns that the settings ask for."""

    name = "fake-window"

    def limits(self, settings):
        return Limits(rate=RATE, windows=True, speakers=4, most_characters=2000)

    def load(self, settings):
        log(f"{self.name} {os.getpid()}", "FAKE_LOADS")
        return FakeEngine(float(settings.get("gap", GAP_SECONDS)))


class FakeEngine:
    def __init__(self, gap):
        self.gap = gap

    def embed(self, voice):
        return voice.identity

    def speak(self, jobs, voices, watch):
        for job in jobs:
            text = " ".join(said.text for said in job.utterances)
            log(job.key)
            if "CRASH" in text:
                os.kill(os.getpid(), signal.SIGSEGV)
            if "WAIT" in text:
                time.sleep(0.05)
            while "HANG" in text:
                time.sleep(0.1)
            if "EAT" in text:
                eat()
            if "RAISE" in text:
                raise EngineError("the fake will not say this", place=job.place)
            if "NOTHING" not in text:
                yield self.take(job, text)

    def take(self, job, text):
        rng = np.random.default_rng(job.seed)
        parts, spans, at = [], [], 0
        for said in job.utterances:
            seconds = len(said.text) / 15 * (4 if "SLOW" in text else 1) + 0.1
            sound = babble(rng, int(seconds * RATE))
            spans.append(Span(at, at + len(sound)))
            parts += [sound, np.zeros(int(self.gap * RATE))]
            at += len(sound) + int(self.gap * RATE)
        samples = np.concatenate(parts).astype(np.float32)
        if "SILENT" in text or ("FLAKY" in text and job.attempt == 0):
            samples[:] = 0
        if "NAN" in text:
            samples[5] = np.nan
        return Take(job.key, samples, RATE, spans=tuple(spans))

    def close(self):
        pass


def eat():
    """Ask for more memory than there is: 256 MB beyond what this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + 256_000_000
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
    hoard = []
    while True:
        hoard.append(np.ones(1_000_000))


def babble(rng, samples):
    """Noise that changes its colour every 60 ms, as speech does: steady noise is a fault."""
    hop = RATE * 60 // 1000
    colours = rng.normal(0, 1, (-(-samples // hop), 16))
    parts = [np.convolve(rng.normal(0, 0.025, hop), colour, "same") for colour in colours]
    return np.concatenate(parts)[:samples]


def log(key, variable="FAKE_LOG"):
    if path := os.environ.get(variable):
        with Path(path).open("a") as file:
            file.write(key + "\n")


class FakeModel(Fake):
    """Has settings and a model that must be fetched; fetches are logged in FAKE_FETCHES.

    The model `missing/model` cannot be had offline.
    """

    name = "fake-model"
    known_settings = ("model", "device", "steps", "window")

    def limits(self, settings):
        window = number(settings, "window", 4.0)
        return Limits(rate=RATE, most_characters=int(900 * window), languages=("en", "zh"))

    def fingerprint(self, settings):
        return "model " + str(settings.get("model", "fake/base"))

    def sound_settings(self, settings):
        for name in settings:
            if name not in self.known_settings:
                raise SettingError(f'fake-model has no setting "{name}"', name, hint="try steps")
        return {"steps": int(number(settings, "steps", 10))}

    def fetch(self, settings, tell, *, offline, update):
        model = str(settings.get("model", "fake/base"))
        if path := os.environ.get("FAKE_FETCHES"):
            with Path(path).open("a") as file:
                file.write(f"{model} offline={offline} update={update}\n")
        if model == "missing/model" and offline:
            raise Unavailable(f"the model {model} is not here", hint="render without --offline")
        tell(FetchStarted(model, 3_000_000))
        tell(FetchProgress(model, 1_500_000))
        tell(FetchDone(model))

    def load(self, settings):
        return FakeModelEngine(GAP_SECONDS)


class FakeModelEngine(FakeEngine):
    def speak(self, jobs, voices, watch):
        for job in jobs:
            watch.beat(job.key, 0.5, 4)
            yield from super().speak([job], voices, watch)


def number(settings, name, usual):
    try:
        return float(settings.get(name, usual))
    except ValueError as error:
        raise SettingError(f'"{settings[name]}" is not a number', name) from error


class FakeClone(Fake):
    """Speaks like a recording.  FAKE_EMBEDDED logs `embed` with the digest of each recording it
    makes an embedding of, and `speak` with that of each embedding it speaks with.
    """

    name = "fake-clone"
    voice_key = "fake-clone"
    known_settings = ("model",)
    needs_reference = True

    def fingerprint(self, settings):
        return "fake-clone " + settings.get("model", "1")

    def sound_settings(self, settings):
        return {}

    def voice_settings(self, settings):
        if settings:
            raise ValueError("fake-clone has no settings")
        return {}

    def load(self, settings):
        return CloneEngine(self.fingerprint(settings))


class CloneEngine(FakeEngine):
    def __init__(self, model):
        super().__init__(GAP_SECONDS)
        self.model = model

    def embed(self, voice):
        heard = Path(voice.reference).read_bytes()
        if heard == b"broken":
            raise EngineError("the fake cannot clone this")
        log(f"embed {hashlib.sha256(heard).hexdigest()}", "FAKE_EMBEDDED")
        time.sleep(0.3)  # so that another process comes to wait
        return Embedding(safetensors(heard[-64:].ljust(64), self.model, voice.digest))

    def speak(self, jobs, voices, watch):
        for job in jobs:
            for voice in job.voices:
                state = voices[voice.identity]
                assert isinstance(state, Embedding)
                log(f"speak {hashlib.sha256(state.payload).hexdigest()}", "FAKE_EMBEDDED")
        yield from super().speak(jobs, voices, watch)


def safetensors(data, model, reference):
    """64 bytes as a tensor of 16 float32."""
    about = json.dumps({"layout": 1, "model": model, "reference": reference})
    header = {
        "__metadata__": {"podforge": about},
        "mean": {"dtype": "F32", "shape": [16], "data_offsets": [0, 64]},
    }
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data
