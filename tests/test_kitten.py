"""KittenTTS, on a tiny model with the real inputs, outputs and files."""

import json
from importlib.metadata import version

import numpy as np
import pytest

from podforge.cast import Voice
from podforge.engines.kitten.engine import NUMBERS, TAIL
from podforge.engines.kitten.options import model_in
from podforge.engines.kitten.spec import MOST_CHARACTERS, Kitten
from podforge.errors import EngineError, SettingError, Unavailable
from podforge.testing import EngineContract, job_of, speak
from tests import tiny_onnx


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_onnx.kitten(tmp_path_factory.mktemp("kitten"))


@pytest.fixture(scope="module")
def engine(folder):
    return Kitten().load({"model": str(folder)})


class TestKitten(EngineContract):
    spec = Kitten
    voices = ({"voice": "Bella"}, {"voice": "expr-voice-3-m", "speed": "1.2"})
    same_again = False

    @pytest.fixture(autouse=True)
    def _model(self, folder):
        self.settings = {"model": str(folder)}


def voice(name, **more):
    return Voice("v", name, Kitten().voice_settings({"voice": name, **more}))


def test_what_goes_into_the_model_is_what_it_was_made_for(engine, folder, monkeypatch):
    given = []

    class Network:
        def run(self, names, inputs):
            given.append(inputs)
            return [np.full((1, 20_000), 0.1, np.float32)]

    monkeypatch.setattr(engine, "_network", Network())
    text = "Mind the step"
    [take] = speak(engine, [job_of(Kitten(), [text], [voice("Jasper")], {"model": str(folder)})])
    [inputs] = given
    ids = inputs["input_ids"][0].tolist()
    assert ids[0] == ids[-1] == 0
    assert ids[-2] == 10
    assert ids[-3] == NUMBERS["."], "a text without an end gets one"
    letters = {number: symbol for symbol, number in NUMBERS.items()}
    assert "".join(letters[i] for i in ids[1:-3]).replace(" ", "") == "mˈaɪndðəstˈɛp"
    assert inputs["style"].shape == (1, tiny_onnx.STYLE)
    assert np.allclose(inputs["style"], 0.08 * (1 + len(text) / 400))
    assert np.allclose(inputs["speed"], 0.8)
    assert len(take.samples) == 20_000 - TAIL


def test_a_sound_that_is_all_tail_is_an_error(engine, folder, monkeypatch):
    class Network:
        def run(self, names, inputs):
            return [np.full((1, TAIL), 0.1, np.float32)]

    monkeypatch.setattr(engine, "_network", Network())
    with pytest.raises(EngineError, match=r"script\.md:1:1: the model made no sound"):
        speak(engine, [job_of(Kitten(), ["Mind"], [voice("Bella")], {"model": str(folder)})])


@pytest.mark.parametrize("text", ["So he said.", "So he said!”", '(“So he said.")', "So he said"])
def test_a_text_gets_one_end_and_no_more(engine, text):
    assert sum(engine.tokens(text).count(NUMBERS[mark]) for mark in ".!?") == 1


def test_each_take_is_another_one(engine, folder):
    job = job_of(Kitten(), ["Mind the step."], [voice("Bella")], {"model": str(folder)})
    assert Kitten().limits({}).stochastic
    [one], [other] = speak(engine, [job]), speak(engine, [job])
    assert not np.array_equal(one.samples, other.samples)


def test_the_fingerprint_names_what_decides_the_phonemes(folder):
    found = Kitten().fingerprint({"model": str(folder)})
    for name in ("phonemizer", "espeakng-loader"):
        assert f", {name} {version(name)}" in found


def test_no_text_is_longer_than_the_model_was_made_for():
    limits = Kitten().limits({})
    assert limits.most_utterance == limits.most_characters == MOST_CHARACTERS == 400


def test_a_voice_that_the_model_lacks_names_those_it_has(engine):
    with pytest.raises(EngineError, match="Bella, Jasper, expr-voice-2-f"):
        engine.embed(voice("Nobody"))


def test_a_model_without_a_configuration_has_its_own_names(tmp_path):
    folder = tiny_onnx.kitten(tmp_path)
    (folder / "config.json").unlink()
    assert model_in(folder).aliases == ()
    assert not Kitten().fingerprint({"model": str(folder)}).endswith("?")


def test_a_configuration_that_leads_out_of_the_folder_is_not_followed(tmp_path):
    folder = tiny_onnx.kitten(tmp_path / "model")
    (tmp_path / "other.onnx").write_bytes(b"x")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_file": "../other.onnx"}))
    assert model_in(folder).network == folder / "kitten_tts_mini.onnx"


def test_the_fingerprint_is_of_the_files_that_the_configuration_names(tmp_path):
    folder = tiny_onnx.kitten(tmp_path)
    speaks, settings = model_in(folder).network, {"model": str(folder)}
    before = Kitten().fingerprint(settings)
    (folder / "a.onnx").write_bytes(b"another")
    assert Kitten().fingerprint(settings) == before
    assert model_in(folder).network == speaks
    speaks.write_bytes(speaks.read_bytes() + b"x")
    assert Kitten().fingerprint(settings) != before
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "voices": "voices_b.npz"}))
    (folder / "voices_b.npz").touch()
    assert model_in(folder).voices == folder / "voices_b.npz"


@pytest.mark.parametrize("broken", ["[]", "{", '{"speed_priors": {"a": "fast"}}', "3"])
def test_a_broken_configuration_is_an_error(tmp_path, broken):
    folder = tiny_onnx.kitten(tmp_path)
    (folder / "config.json").write_text(broken)
    with pytest.raises(SettingError, match="config"):
        model_in(folder)


def test_without_a_model_it_says_how_to_get_one(tmp_path):
    spec = Kitten()
    [model] = [need for need in spec.needs({}) if not need.found]
    assert model.remedy == "hf download KittenML/kitten-tts-mini-0.8 --local-dir kitten"
    with pytest.raises(Unavailable, match=r"hf download .* kitten, then --model kitten"):
        spec.fingerprint({})
    with pytest.raises(SettingError, match="onnx"):
        spec.fingerprint({"model": str(tmp_path)})


def test_the_names_of_its_voices_are_known_without_loading_it(folder, tmp_path):
    assert Kitten().unheld({"model": str(folder)}, {"voice": "expr-voice-3-m"}) == ""
    assert Kitten().unheld({"model": str(folder)}, {"voice": "Bella"}) == ""
    told = Kitten().unheld({"model": str(folder)}, {"voice": "Bela"})
    assert told.endswith('has no voice "Bela" (did you mean "Bella"?)')
    assert Kitten().unheld({"model": str(tmp_path)}, {"voice": "Bela"}) == ""
