"""The contract of an engine as tests; `docs/writing-an-engine.md` says how to use them.

    from podforge.testing import EngineContract

    class TestSonic(EngineContract):
        spec = Sonic
        voices = ({"voice": "anna"}, {"voice": "bert"})

pytest runs every test below for it, and needs to be told nothing else.  What the settings of an
engine need in order to be tested (a tiny model, a local server) a fixture of the same class makes.
"""

import hashlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import pytest

from podforge.cast import EngineUse, Settings, Voice
from podforge.engines import engine_names, find_engine
from podforge.engines.base import Engine, EngineSpec, Take
from podforge.errors import EngineError, Place, SettingError
from podforge.plan import Job, Utterance, digest, key_facts

if TYPE_CHECKING:
    import numpy as np

TEXTS = (
    "Good evening, and welcome back to the bakery.",
    "It is forty two past four, or so.",
    "Mind the step!",
    "Naïve café: no. Yes?",
)
# Takes or errors of ours; never another exception, never no end.
ODD_TEXTS = (
    "...",
    "日本語のテキスト and العربية",
    "Before \x01 the \x00 control character",
    "emoji \N{GRINNING FACE} and a lone half \ud83d",
    '<speak><audio src="/etc/passwd"/>here</speak> [[t@m]] {{x}} %s%n',
    "word " * 250,
)
HEAVY = (
    "numpy", "scipy", "torch", "transformers", "diffusers", "safetensors", "huggingface_hub",
    "onnxruntime", "kokoro_onnx", "phonemizer", "openai", "elevenlabs", "httpx",
)  # fmt: skip
MANY = 5  # times the lines: more than any engine has in hand when it is told to stop


class Watching:
    """A watch that counts signs of life and, after `most` of them, says that work should end."""

    def __init__(self, most: int = sys.maxsize) -> None:
        self.beats: list[str] = []
        self.most = most

    def beat(self, key: str, seconds: float, frames: int = 0) -> None:  # noqa: ARG002 - the protocol
        """Note a sign of life."""
        self.beats.append(key)

    @property
    def cancelled(self) -> bool:
        """Whether there were as many as this watch waits for."""
        return len(self.beats) >= self.most


def job_of(
    spec: EngineSpec, texts: Sequence[str], voices: Sequence[Voice], settings: Settings
) -> Job:
    """A job as `make_plan` would make it; the lines go round the voices."""
    said = tuple(
        Utterance(f"S{n}", n % len(voices), text, "en", "", n, 0, Place("script.md", n + 1, 1))
        for n, text in enumerate(texts)
    )
    sound, limits = spec.sound_settings(settings), spec.limits(settings)
    use = EngineUse(spec.name, limits, spec.fingerprint(settings), spec.sound_version, sound)
    used = tuple(voices[: len(texts)])
    return Job(digest(key_facts(said, used, use)), spec.name, said, used, sound, limits.rate)


def speak(engine: Engine, jobs: Sequence[Job], watch: Watching | None = None) -> list[Take]:
    """What an engine makes of jobs, as a studio has it done."""
    states = {voice.identity: engine.embed(voice) for job in jobs for voice in job.voices}
    return list(engine.speak(jobs, states, watch or Watching()))


class EngineContract:
    """What podforge expects of any engine.  Set `spec` and `voices`, maybe `settings`."""

    spec: ClassVar[type[EngineSpec]]
    voices: ClassVar[Sequence[Settings]] = ({},)  # a voice's settings for the engine, each another
    recordings: ClassVar[Sequence[str]] = ()  # of each voice, where the engine needs one
    settings: Settings = MappingProxyType({})  # of the run: a tiny model, a local server
    wrong_setting: ClassVar[str] = "no-such-setting"
    same_again: ClassVar[bool] = True  # the same seed makes the same sound
    sound_for_text: ClassVar[bool] = True  # False: a model of noise, whose length says nothing

    # --- what is known without loading ------------------------------------------------------

    def test_it_says_who_it_is(self) -> None:
        """A name in small letters, a line about itself, a sound version."""
        spec = self.spec()
        assert spec.name == spec.name.lower().strip()
        assert spec.voice_key
        assert spec.about.summary
        assert spec.sound_version >= 1

    def test_it_is_found_by_its_entry_point(self) -> None:
        """`[project.entry-points."podforge.engines"]` in its pyproject.toml."""
        assert self.spec.name in engine_names()
        assert isinstance(find_engine(self.spec.name), self.spec)

    def test_its_spec_is_light(self) -> None:
        """Planning imports neither numpy nor a model's library."""
        module, name = self.spec.__module__, self.spec.__qualname__
        code = (
            "import sys, json, importlib\n"
            f"spec = getattr(importlib.import_module({module!r}), {name!r})()\n"
            f"settings, voice = {dict(self.settings)!r}, {dict(self.voices[0])!r}\n"
            "spec.limits(settings), spec.fingerprint(settings), spec.sound_settings(settings)\n"
            "spec.voice_settings(voice), spec.needs(settings), spec.about\n"
            f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))\n"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[-1]) == []

    def test_its_limits_make_sense(self) -> None:
        """Positive, and an utterance fits into a job."""
        limits = self.spec().limits(self.settings)
        assert 8_000 <= limits.rate <= 192_000
        assert 0 < limits.most_utterance <= limits.most_characters
        assert 0 <= limits.least_characters <= limits.most_characters
        assert limits.batch >= 1
        assert limits.speakers >= 1
        assert limits.takes >= 1
        assert limits.patience > 0

    def test_settings_that_decide_the_sound_are_plain_and_stay_as_they_are(self) -> None:
        """They go into keys: JSON values, the same each time."""
        sound = self.spec().sound_settings(self.settings)
        assert json.loads(json.dumps(dict(sound))) == dict(sound)
        assert self.spec().sound_settings(self.settings) == sound
        assert self.spec().fingerprint(self.settings) == self.spec().fingerprint(self.settings)

    def test_a_setting_that_it_does_not_know_is_refused(self) -> None:
        """`SettingError` for one of the run, `ValueError` for one of a voice; each names it."""
        spec, wrong = self.spec(), {self.wrong_setting: "1"}
        with pytest.raises(SettingError, match=self.wrong_setting):
            spec.sound_settings({**self.settings, **wrong})
        with pytest.raises(ValueError, match=self.wrong_setting):
            spec.voice_settings({**self.voices[0], **wrong})

    def test_a_voice_keeps_its_settings(self) -> None:
        """Checked settings are accepted again, and are plain values: they are in the identity."""
        spec = self.spec()
        for given in self.voices:
            settled = spec.voice_settings(given)
            assert json.loads(json.dumps(dict(settled))) == dict(settled)
            assert spec.voice_settings(given) == settled

    def test_what_is_missing_comes_with_a_remedy(self) -> None:
        """`podforge engines` prints it."""
        for need in self.spec().needs(self.settings):
            assert need.what
            assert need.found or need.remedy

    def test_keys_are_the_same_in_another_process(self) -> None:
        """Nothing in them depends on a hash seed or on the order of a set."""
        spec = self.spec()
        mine = [digest(dict(spec.voice_settings(voice))) for voice in self.voices]
        module, name = self.spec.__module__, self.spec.__qualname__
        code = (
            "import importlib\nfrom podforge.plan import digest\n"
            f"spec = getattr(importlib.import_module({module!r}), {name!r})()\n"
            f"for voice in {[dict(v) for v in self.voices]!r}:\n"
            "    print(digest(dict(spec.voice_settings(voice))))\n"
            f"print(digest(dict(spec.sound_settings({dict(self.settings)!r}))))\n"
            f"print(spec.fingerprint({dict(self.settings)!r}))\n"
        )
        mine += [digest(dict(spec.sound_settings(self.settings))), spec.fingerprint(self.settings)]
        path = os.pathsep.join(filter(None, sys.path))
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "4711"}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == mine

    # --- loaded -----------------------------------------------------------------------------

    def test_takes_match_jobs(self) -> None:
        """A take a job: mono float32 within [-1, 1], with sound in it, spans and words inside."""
        with self._loaded() as engine:
            jobs, watch = self._jobs(), Watching()
            takes = {take.key: take for take in speak(engine, jobs, watch)}
        assert takes.keys() == {job.key for job in jobs}
        assert set(watch.beats) == {job.key for job in jobs}, "show life for every job"
        for job in jobs:
            self._check(job, takes[job.key])

    def test_the_same_seed_makes_the_same_sound(self) -> None:
        """Also when the batch is in another order."""
        if not self.same_again:
            pytest.skip("another time, another sound")
        jobs = self._jobs()
        with self._loaded() as engine:
            first = {take.key: _bytes(take.samples) for take in speak(engine, jobs)}
            again = {take.key: _bytes(take.samples) for take in speak(engine, jobs[::-1])}
        assert again == first

    def test_a_cancelled_engine_stops(self) -> None:
        """Without a take when it was cancelled from the first, and soon when later."""
        spec = self.spec()
        long = spec.limits(self.settings).windows and not spec.about.network
        times = 1 if long else MANY  # a server may have several in the making, which are paid for
        jobs = [job.retaken(take) for take in range(times) for job in self._jobs()]
        with self._loaded() as engine:
            assert speak(engine, jobs, Watching(most=0)) == []
            assert len(speak(engine, jobs, Watching(most=1))) < len(jobs)

    def test_odd_texts_are_spoken_or_refused(self) -> None:
        """With an error of ours that names the line: nothing else comes out of an engine."""
        spec, voices = self.spec(), self._voices()
        most = spec.limits(self.settings).most_utterance
        with self._loaded() as engine:
            for text in ODD_TEXTS:
                job = job_of(spec, [text[:most]], voices[:1], self.settings)
                with suppress(EngineError):
                    assert [take.key for take in speak(engine, [job])] == [job.key]

    def test_what_travels_to_a_worker_can_be_pickled(self) -> None:
        """Jobs with their voices, settings and limits go through a pipe."""
        for sent in self._jobs()[0], dict(self.settings), self.spec().limits(self.settings):
            assert pickle.loads(pickle.dumps(sent)) == sent  # noqa: S301 - made right here

    def test_it_may_be_closed_at_any_time(self) -> None:
        """Right after loading, and twice."""
        engine = self.spec().load(self.settings)
        engine.close()
        engine.close()

    # --- how ---------------------------------------------------------------------------------

    def _loaded(self) -> "closing[Engine]":
        return closing(self.spec().load(self.settings))

    def _voices(self) -> list[Voice]:
        spec = self.spec()
        return [
            Voice(
                f"v{number}",
                digest([number, dict(settings)]),
                spec.voice_settings(settings),
                reference=self.recordings[number] if self.recordings else "",
                digest=_digest_of(self.recordings[number]) if self.recordings else "",
            )
            for number, settings in enumerate(self.voices)
        ]

    def _jobs(self) -> list[Job]:
        spec, voices = self.spec(), self._voices()
        limits = spec.limits(self.settings)
        if limits.windows:
            several = voices[: limits.speakers]
            return [
                job_of(spec, TEXTS, several, self.settings),
                job_of(spec, TEXTS[:1], several[:1], self.settings),
            ]
        return [
            job_of(spec, [text], [voices[number % len(voices)]], self.settings)
            for number, text in enumerate(TEXTS)
        ]

    def _check(self, job: Job, take: Take) -> None:
        import numpy as np

        limits = self.spec().limits(self.settings)
        given = self.spec.about.network  # a server states its own
        assert given or take.rate == limits.rate
        assert take.samples.dtype == np.float32
        assert take.samples.ndim == 1
        assert np.isfinite(take.samples).all()
        assert 0.0 < np.abs(take.samples).max() <= 1.0
        seconds = len(take.samples) / take.rate
        if self.sound_for_text:
            assert 0.3 < job.characters / 15 / seconds < 3, f"{seconds:.1f} s for {job.characters}"
        for span in take.spans or ():
            assert 0 <= span.start < span.end <= len(take.samples)
        assert take.spans is None or len(take.spans) == len(job.utterances)
        assert take.words is None or len(take.words) == len(job.utterances)
        if self.spec.about.words and not limits.windows:
            assert take.words is not None, "it says that it knows when words are spoken"
        for said, words in zip(job.utterances, take.words or (), strict=False):
            for word in words:
                assert 0 <= word.first < word.last <= len(said.text)
                assert 0 <= word.start < word.end <= len(take.samples)


def _bytes(samples: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> str:
    return hashlib.sha256(samples.tobytes()).hexdigest()


def _digest_of(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
