"""Kokoro through kokoro-onnx, on a tiny model with the real inputs and outputs."""

import os
from contextlib import closing
from importlib.metadata import version
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.cast import Voice
from podforge.engines.kokoro.engine import _language
from podforge.engines.kokoro.options import blend, files
from podforge.engines.kokoro.spec import Kokoro
from podforge.errors import EngineError, SettingError, Unavailable
from podforge.plan import make_plan
from podforge.testing import EngineContract, job_of, speak
from tests import tiny_onnx
from tests.builders import cast_of, say, script_of
from tests.in_process import podforge

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
    same_again = False

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
    whole = len(engine.spelled(text, "en-us"))
    assert whole > MOST_PHONEMES
    take = spoken(engine, folder, text, voice="af_heart")
    assert len(lengths) >= 2
    assert max(lengths) <= MOST_PHONEMES
    assert whole - len(lengths) <= sum(lengths) <= whole
    assert len(take.samples) > 0.9 * whole * tiny_onnx.SAMPLES


def test_a_blend_is_the_weighted_sum_of_its_voices(engine):
    style, *_ = engine.embed(voice(voice="af_heart*1 + bf_emma*3"))
    assert np.allclose(style, 0.02 * 0.25 + 0.06 * 0.75, atol=1e-6)
    assert blend("af_heart*2 + bf_emma*2") == (("af_heart", 0.5), ("bf_emma", 0.5))
    spec = Kokoro()
    same = [{"voice": "af_heart*1+bf_emma*1"}, {"voice": "af_heart*0.5 + bf_emma*0.5"}]
    assert spec.voice_settings(same[0]) == spec.voice_settings(same[1])


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=5), st.randoms())
@settings(max_examples=50)
def test_a_blend_is_the_same_however_it_is_written(shares, dice):
    parts = [f"af_v{number}*{share:.9f}" for number, share in enumerate(shares)]
    (written,) = Kokoro().voice_settings({"voice": " + ".join(parts)}).values()
    assert Kokoro().voice_settings({"voice": written}) == {"voice": written}
    dice.shuffle(parts)
    assert Kokoro().voice_settings({"voice": "+".join(parts)}) == {"voice": written}


def test_a_small_share_is_written_without_an_exponent():
    found = Kokoro().voice_settings({"voice": "bf_emma*0.99999 + af_heart*0.00001"})
    assert found == {"voice": "af_heart*0.00001 + bf_emma*0.99999"}
    assert Kokoro().voice_settings(found) == found


@pytest.mark.parametrize(
    "text",
    [
        "heart",
        "af_heart*0",
        "af_heart*0 + bf_emma",
        "af_heart*0.0000001 + bf_emma",
        f"af_heart*{'9' * 400} + bf_emma",
        "af_heart + af_heart",
        "af_heart*x",
        "",
    ],
)
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


def test_a_line_in_another_language_is_pronounced_in_it():
    wanted = {"en": "en-us", "en-GB": "en-us", "fr": "fr-fr", "pt_PT": "pt-br", "de": "en-us"}
    assert {tag: _language("en-us", tag) for tag in wanted} == wanted
    assert _language("en-gb", "en") == "en-gb"
    assert _language("fr-fr", "de") == "fr-fr"


def test_the_language_of_a_voice_is_that_of_its_largest_share(engine):
    wanted = {
        "af_heart": "en-us",
        "bf_emma*0.6 + af_heart*0.4": "en-gb",
        "af_heart*0.4 + bf_emma*0.6": "en-gb",
        "ff_siwis": "fr-fr",
    }
    assert {name: engine.embed(voice(voice=name))[2] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("language", "text", "phonemes"),
    [
        ("fr-fr", "Le weekend à New York.", "lə- wiːkˈɛnd a njˈuː jˈɔːk."),
        ("hi", "यह computer है।", "jˌəh kəmpjˈuːtə hɛː"),
        ("en-us", "It is (so they say) late.", "ɪɾ ˈɪz (sˌoʊ ðeɪ sˈeɪ) lˈeɪt."),
    ],
)
def test_no_mark_of_a_foreign_word_is_spoken(engine, language, text, phonemes):
    assert engine.spelled(text, language) == engine._library.tokenizer.known(phonemes)


def test_each_take_is_another_one(engine, folder):
    one, other = (spoken(engine, folder, "Mind the step.", voice="af_heart") for _ in range(2))
    assert not np.array_equal(one.samples, other.samples)
    script = script_of(say("Ana", "Mind the step.", 3), say("Ana", "Mind the step.", 4))
    plan = make_plan(script, cast_of(script, Kokoro().limits({}), "kokoro"))
    assert len({job.key for job in plan.jobs}) == 2


def test_the_fingerprint_names_what_decides_the_phonemes(folder, monkeypatch):
    settings = {"model": str(folder)}
    before = Kokoro().fingerprint(settings)
    for name in ("kokoro-onnx", "phonemizer", "espeakng-loader"):
        assert f", {name} {version(name)}" in before
    monkeypatch.setattr("podforge.engines.presets.version", lambda name: "9")
    assert Kokoro().fingerprint(settings) != before


def test_another_espeak_of_the_environment_does_not_count(folder, monkeypatch):
    monkeypatch.setenv("PHONEMIZER_ESPEAK_LIBRARY", "/nowhere/libespeak.so")
    with closing(Kokoro().load({"model": str(folder)})) as engine:
        assert engine.spelled("Mind the step.", "en-us") == "mˈaɪnd ðə stˈɛp."
    assert "PHONEMIZER_ESPEAK_LIBRARY" not in os.environ


def test_onnx_runtime_writes_no_warnings(folder, capfd):
    Kokoro().load({"model": str(folder)}).close()  # parts of the model are used by nothing
    assert capfd.readouterr().err == ""


def test_of_several_models_the_usual_one_speaks_and_others_are_asked_about(tmp_path):
    folder = tiny_onnx.kokoro(tmp_path)
    (folder / "kokoro-v1.0.fp16.onnx").write_bytes(b"less")
    assert [path.name for path in files(folder)] == ["kokoro-v1.0.onnx", "voices-v1.0.bin"]
    (folder / "kokoro-v1.0.onnx").rename(folder / "kokoro-v1.0.int8.onnx")
    with pytest.raises(SettingError, match=r"fp16\.onnx, .*int8\.onnx.*call it kokoro-v1\.0\.onnx"):
        Kokoro().fingerprint({"model": str(folder)})


@pytest.mark.parametrize("language", ["zh", "ja", "ru", "xx"])
def test_what_it_could_only_spell_it_does_not_speak(language):
    assert not Kokoro().speaks(language)
    assert language not in Kokoro().limits({}).languages
    assert Kokoro().speaks("de")
    assert Kokoro().speaks("hi")


def test_a_folder_below_home_is_found(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert all(need.found for need in Kokoro().needs({"model": f"~/{folder.name}"}))


def test_without_a_model_it_says_how_to_get_one(tmp_path):
    spec = Kokoro()
    [model] = [need for need in spec.needs({"model": "my models"}) if not need.found]
    first, second = model.remedy.split(" && ")
    assert first.startswith("curl -L --create-dirs -o 'my models'/kokoro-v1.0.onnx https://")
    assert second.endswith("/voices-v1.0.bin")
    with pytest.raises(Unavailable, match=r"curl .*voices-v1\.0\.bin, then --model kokoro"):
        spec.fingerprint({})
    with pytest.raises(SettingError, match="onnx"):
        spec.fingerprint({"model": str(tmp_path)})


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("af_hart", 'no voice "af_hart" (did you mean "af_heart"?)'),
        ("af_heart + zz_top", 'no voice "zz_top" (there are af_heart'),
    ],
)
def test_a_voice_that_the_model_lacks_is_told_before_any_work(folder, tmp_path, named, says):
    voice = tmp_path / "voices" / "ana"
    voice.mkdir(parents=True)
    (voice / "voice.yaml").write_text(f"language: en\nengines:\n  kokoro: {{voice: {named}}}\n")
    (tmp_path / "s.md").write_text("---\nspeakers: {Ana: {}}\n---\n**Ana:** Hello.\n")
    given = ("plan", "s.md", "--engine", "kokoro", "--model")
    done = podforge(*given, folder, cwd=tmp_path)
    assert done.returncode == 65
    assert "voices/ana/voice.yaml:3:" in done.stderr
    assert says in done.stderr
    (tmp_path / "empty").mkdir()
    assert "no voice" not in podforge(*given, tmp_path / "empty", cwd=tmp_path).stderr
