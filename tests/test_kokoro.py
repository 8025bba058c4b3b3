"""Kokoro through kokoro-onnx, on a tiny model with the real inputs and outputs."""

from contextlib import closing
from itertools import pairwise

import numpy as np
import pytest

from podforge.cast import Voice
from podforge.engines.kokoro.options import blend
from podforge.engines.kokoro.spec import Kokoro
from podforge.errors import EngineError, SettingError, Unavailable
from podforge.testing import EngineContract, job_of, speak
from tests import tiny_onnx

MOST_PHONEMES = 510


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_onnx.kokoro(tmp_path_factory.mktemp("kokoro"))


@pytest.fixture(scope="module")
def engine(folder):
    engine = Kokoro().load({"model": str(folder)})
    yield engine
    engine.close()


class TestKokoro(EngineContract):
    spec = Kokoro
    voices = ({"voice": "af_heart"}, {"voice": "af_heart*0.5 + bf_emma*0.5", "speed": "1.1"})

    @pytest.fixture(autouse=True)
    def _model(self, folder):
        self.settings = {"model": str(folder)}


def voice(**settings):
    return Voice("v", "i" + str(settings), Kokoro().voice_settings(settings))


def spoken(engine, folder, text, **settings):
    job = job_of(Kokoro(), [text], [voice(**settings)], {"model": str(folder)})
    [take] = speak(engine, [job])
    return take


def test_a_text_beyond_the_model_is_spoken_in_parts_and_none_of_it_is_lost(
    engine, folder, monkeypatch
):
    lengths = []
    infer = engine._library._infer

    def noting(tokens, style, speed):
        lengths.append(len(tokens))
        return infer(tokens, style, speed)

    monkeypatch.setattr(engine._library, "_infer", noting)
    text = "The quick brown fox jumps over the lazy dog, and then it thought about it. " * 12
    tokenizer = engine._library.tokenizer
    whole = len(tokenizer.phonemize(text.strip(), "en-us"))
    assert whole > MOST_PHONEMES
    take = spoken(engine, folder, text, voice="af_heart")
    assert len(lengths) >= 2
    assert max(lengths) <= MOST_PHONEMES
    assert whole - len(lengths) <= sum(lengths) <= whole
    assert len(take.samples) > 0.9 * whole * tiny_onnx.SAMPLES


def test_a_blend_is_the_weighted_sum_of_its_voices(engine):
    style, _ = engine.embed(voice(voice="af_heart*1 + bf_emma*3"))
    assert np.allclose(style, 0.02 * 0.25 + 0.06 * 0.75, atol=1e-6)
    assert blend("af_heart*2 + bf_emma*2") == (("af_heart", 0.5), ("bf_emma", 0.5))
    spec = Kokoro()
    same = [{"voice": "af_heart*1+bf_emma*1"}, {"voice": "af_heart*0.5 + bf_emma*0.5"}]
    assert spec.voice_settings(same[0]) == spec.voice_settings(same[1])


@pytest.mark.parametrize("text", ["heart", "af_heart*0", "af_heart + af_heart", "af_heart*x", ""])
def test_a_voice_that_cannot_be_is_refused(text):
    with pytest.raises(ValueError, match="voice"):
        Kokoro().voice_settings({"voice": text})


def test_a_voice_that_the_model_lacks_names_those_it_has(engine):
    with pytest.raises(EngineError, match="af_heart, bf_emma, ff_siwis"):
        engine.embed(voice(voice="af_nobody"))


def test_words_have_times_where_the_model_tells(tmp_path):
    folder = tiny_onnx.kokoro(tmp_path / "timed", durations=True)
    text = "One, two: three."
    with closing(Kokoro().load({"model": str(folder)})) as timed:
        take = spoken(timed, folder, text, voice="af_heart")
    assert [text[w.first : w.last] for w in take.words[0]] == ["One,", "two:", "three."]
    assert all(one.end <= other.start for one, other in pairwise(take.words[0]))
    assert take.words[0][-1].end <= len(take.samples)


def test_a_line_in_another_language_is_pronounced_in_it(engine, folder):
    job = job_of(Kokoro(), ["Die Zeit"], [voice(voice="af_heart")], {"model": str(folder)})
    from dataclasses import replace

    from podforge.engines.kokoro.engine import _language

    (said,) = job.utterances
    wanted = {"en": "en-us", "en-GB": "en-us", "fr": "fr-fr", "zh": "cmn", "de": "en-us"}
    found = {tag: _language("af_heart", replace(said, language=tag)) for tag in wanted}
    assert found == wanted
    assert _language("bf_emma", said) == "en-gb"


def test_without_a_model_it_says_how_to_get_one(tmp_path):
    spec = Kokoro()
    assert not all(need.found for need in spec.needs({}))
    with pytest.raises(Unavailable, match=r"voices-v1\.0\.bin"):
        spec.fingerprint({})
    with pytest.raises(SettingError, match="onnx"):
        spec.fingerprint({"model": str(tmp_path)})
