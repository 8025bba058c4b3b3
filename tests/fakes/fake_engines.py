"""Engines that misbehave on demand, found by entry point like any other.

What they do is written in the text: CRASH, HANG, SILENT, NAN, RAISE, NOTHING; SLOW takes four
times as long as it should, WAIT is slow to come, FLAKY is silent on the first take.  Each job
that is spoken is logged in the file that FAKE_LOG names.
"""

import os
import signal
import time
from pathlib import Path

import numpy as np

from podforge.cast import Limits
from podforge.clip import Span
from podforge.engines.base import EngineSpec, Take
from podforge.errors import EngineError

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
        return FakeEngine(GAP_SECONDS)


class FakeWindow(Fake):
    """Speaks windows and leaves the gap between turns that the settings ask for."""

    name = "fake-window"

    def limits(self, settings):
        return Limits(rate=RATE, windows=True, speakers=4, most_characters=2000)

    def load(self, settings):
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
            if "RAISE" in text:
                raise EngineError("the fake will not say this", place=job.place)
            if "NOTHING" not in text:
                yield self.take(job, text)

    def take(self, job, text):
        rng = np.random.default_rng(job.seed)
        parts, spans, at = [], [], 0
        for said in job.utterances:
            seconds = len(said.text) / 15 * (4 if "SLOW" in text else 1) + 0.1
            sound = rng.normal(0, 0.1, int(seconds * RATE))
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


def log(key):
    if path := os.environ.get("FAKE_LOG"):
        with Path(path).open("a") as file:
            file.write(key + "\n")
