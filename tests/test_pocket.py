"""Pocket TTS on a tiny model: the real classes, files and loop of transformers."""

import json
import os
import shutil
import struct
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from podforge.cast import Voice
from podforge.engines.base import Embedding
from podforge.engines.pocket import model as models
from podforge.engines.pocket.latents import packed, unpacked
from podforge.engines.pocket.options import DEFAULT, Options
from podforge.engines.pocket.pieces import pieces
from podforge.engines.pocket.spec import PocketTts
from podforge.errors import EngineError, InputError, MissingInput, SettingError, Unavailable
from podforge.events import FetchDone
from podforge.pcm import to_wav
from podforge.testing import EngineContract, Watching, job_of, speak
from podforge.voices import read_voice
from podforge.voices.book import make_voice
from podforge.voices.files import file_digest
from tests import tiny_pocket
from tests.hub_server import MODEL, Hub, files_of, serving
from tests.in_process import podforge
from tests.sounds import speech

LONG = (
    "The rivers are high this year, and so are the prices of boats. "
    "Nobody in the whole long valley knows which of the two will be the first to fall. "
    "We should ask the ferryman!"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tiny_pocket.build(tmp_path_factory.mktemp("pocket") / "tiny")


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("recordings") / "ann.wav"
    path.write_bytes(to_wav(speech(3.0, 24_000, 1), 24_000))
    return path


@pytest.fixture(scope="module")
def engine(folder):
    return PocketTts().load({"model": str(folder)})


@pytest.fixture
def settings(folder):
    return {"model": str(folder)}


class TestPocket(EngineContract):
    spec = PocketTts
    voices = ({"voice": "alba"}, {"voice": "marius"})
    sound_for_text = False

    @pytest.fixture(autouse=True)
    def _model(self, folder, engine, monkeypatch):
        self.settings = {"model": str(folder)}
        monkeypatch.setattr(PocketTts, "load", lambda *_: engine)  # 1 s each time


def cloned(recording: Path, **settings) -> Voice:
    digest = file_digest(recording)
    return Voice("ann", digest, settings, reference=str(recording), digest=digest)


def of_model(name: str) -> Voice:
    return Voice(name, name, {"voice": name})


def about(payload: bytes) -> dict[str, object]:
    (length,) = struct.unpack("<Q", payload[:8])
    return json.loads(payload[8 : 8 + length])


# --- voices -----------------------------------------------------------------------------------


def test_an_embedding_holds_latents_and_says_what_it_was_made_of(engine, recording, settings):
    state = engine.embed(cloned(recording))
    assert isinstance(state, Embedding)
    header = about(state.payload)
    frames = header["audio_prompt_latents"]["shape"][0]
    assert header["audio_prompt_latents"]["shape"] == [frames, tiny_pocket.LATENT]
    assert frames == pytest.approx(3.0 * 12.5, abs=2)
    origin = json.loads(header["__metadata__"]["podforge"])
    assert origin["reference"] == file_digest(recording)
    assert origin["model"] == PocketTts().fingerprint(settings)


def test_a_voice_from_its_embedding_is_the_voice_from_its_recording(
    engine, folder, recording, settings
):
    voice = cloned(recording)
    state = engine.embed(voice)
    assert engine.embed(voice) == state, "byte by byte"
    job = job_of(PocketTts(), ["Mind the step!"], [voice], settings)
    [first] = engine.speak([job], {voice.identity: state}, Watching())
    other = PocketTts().load(settings)  # as another process would
    [again] = other.speak([job], {voice.identity: Embedding(bytes(state.payload))}, Watching())
    assert np.array_equal(first.samples, again.samples)


def test_only_the_first_half_minute_of_a_recording_counts(engine, tmp_path, monkeypatch):
    heard, nothing = [], torch.zeros(3, tiny_pocket.LATENT)
    monkeypatch.setattr(
        engine._speaker, "hear", lambda samples: heard.append(len(samples)) or nothing
    )
    path = tmp_path / "long.wav"
    path.write_bytes(to_wav(np.full(31 * 24_000, 0.1, np.float32), 24_000))
    engine.embed(cloned(path))
    assert heard == [30 * 24_000]


def test_a_recording_of_no_use_ends_the_render(engine, tmp_path):
    for name, samples, text in [
        ("short", speech(0.5, 24_000, 1), "too short"),
        ("silent", np.zeros(48_000, np.float32), "silent"),
    ]:
        path = tmp_path / f"{name}.wav"
        path.write_bytes(to_wav(samples, 24_000))
        with pytest.raises(InputError, match=text):
            engine.embed(cloned(path))


def test_another_voice_is_another_sound_of_the_same_noise(engine, settings):
    job = job_of(PocketTts(), ["Hello."], [of_model("alba")], settings)
    [alba] = speak(engine, [job])
    [marius] = speak(engine, [replace(job, voices=(of_model("marius"),))])
    assert not np.allclose(alba.samples, marius.samples)


def test_a_name_that_the_model_lacks_says_which_it_has(engine):
    with pytest.raises(EngineError, match='no voice "nobody"') as error:
        engine.embed(of_model("nobody"))
    assert "alba, marius" in str(error.value.hint)
    with pytest.raises(EngineError, match="needs a recording"):
        engine.embed(Voice("ann", "ann"))


def test_a_voice_with_nothing_to_speak_with_is_refused_before_any_work(tmp_path):
    folder = tmp_path / "ann"
    folder.mkdir()
    (folder / "voice.yaml").write_text("language: en\n")
    with pytest.raises(InputError, match=r"voices add ann clip.wav.*under \"pocket:\""):
        make_voice(read_voice(folder), PocketTts())
    (folder / "voice.yaml").write_text("language: en\nengines: {pocket: {voice: alba}}\n")
    assert not make_voice(read_voice(folder), PocketTts()).reference


def test_a_voice_of_the_model_stays_when_its_recording_changes(tmp_path):
    folder, head = tmp_path / "ann", "language: en\nreference: reference.wav\n"
    folder.mkdir()
    consent = "consent: {owner: Me, kind: self, date: 2026-01-01, allowed_uses: tests}\n"

    def identities(settings: str) -> set[str]:
        (folder / "voice.yaml").write_text(head + consent + settings)
        found = set()
        for sound in (b"one", b"two"):
            (folder / "reference.wav").write_bytes(sound)
            found.add(make_voice(read_voice(folder), PocketTts()).identity)
        return found

    assert len(identities("")) == 2
    assert len(identities("engines: {pocket: {voice: alba}}\n")) == 1


def test_a_model_that_cannot_hear_says_so(engine, recording, monkeypatch):
    deaf = SimpleNamespace(config=SimpleNamespace(encoder_config=None))
    monkeypatch.setattr(engine._speaker, "_processor", SimpleNamespace(audio_tokenizer=deaf))
    with pytest.raises(EngineError, match="without the part that hears"):
        engine.embed(cloned(recording))


@pytest.mark.parametrize("payload", [b"", b"x" * 100])
def test_a_damaged_embedding_is_refused(engine, recording, settings, payload):
    voice = cloned(recording)
    job = job_of(PocketTts(), ["Hello."], [voice], settings)
    engine._shown.clear()
    with pytest.raises(EngineError, match="cannot be read"):
        list(engine.speak([job], {voice.identity: Embedding(payload)}, Watching()))


def test_an_embedding_of_another_size_is_refused():
    state = packed(torch.zeros(5, 4), "r", "m")
    assert unpacked(state.payload, 4).shape == (5, 4)
    with pytest.raises(EngineError, match="of another model"):
        unpacked(state.payload, 8)
    with pytest.raises(EngineError, match="numbers that are none"):
        unpacked(packed(torch.full((5, 4), np.nan), "r", "m").payload, 4)


# --- speaking ---------------------------------------------------------------------------------


def test_a_long_text_is_spoken_to_its_end_and_joined_without_clicks(engine, settings, monkeypatch):
    said = []
    whole = engine._speaker.say
    monkeypatch.setattr(
        engine._speaker, "say", lambda text, voice: said.append(text) or whole(text, voice)
    )
    [take] = speak(engine, [job_of(PocketTts(), [LONG], [of_model("alba")], settings)])
    assert " ".join(" ".join(said).split()) == LONG
    assert len(said) >= 4
    assert all(len(text) <= 50 for text in said), "a byte is a token of the tiny model"
    joint = (tiny_pocket.LEAST_FRAMES + 1 + 2) * 1920  # two frames follow the end of each
    assert len(take.samples) == joint * len(said)
    assert not take.cut_short
    assert np.abs(take.samples[joint - 2 : joint + 2]).max() < 0.02
    assert np.abs(take.samples[joint - 2000 : joint + 2000]).max() > 0.05


def test_pieces_are_as_they_stand_in_the_text():
    def fits(text: str) -> bool:
        return len(text) <= 30

    text = "It is Node.js 3.14,  no less."
    assert list(pieces(text, fits)) == [text]
    assert list(pieces(f"{text} It runs. And example.com too!", fits)) == [
        text, "It runs. And example.com too!"
    ]  # fmt: skip
    assert list(pieces("When it rains, and it often does here, I read.", fits)) == [
        "When it rains,", "and it often does here,", "I read."
    ]  # fmt: skip
    word = "x" * 40
    assert list(pieces(f"all of {word} at once ", fits)) == ["all of", word, "at once"]
    assert list(pieces(" ", fits)) == []


def test_what_never_ends_is_cut_and_said_to_be(tmp_path, settings):
    endless = {"model": str(tiny_pocket.build(tmp_path / "endless", ends=False))}
    engine = PocketTts().load(endless)
    [take] = speak(engine, [job_of(PocketTts(), ["Hi."], [of_model("alba")], endless)])
    assert take.cut_short
    assert len(take.samples) == np.ceil((3 / 3 + 2) * 12.5) * 1920


def test_noise_is_of_the_seed_alone(engine, settings):
    job = job_of(PocketTts(), ["Mind the step!"], [of_model("alba")], settings)
    sounds = []
    for noise in (1, 2):
        torch.manual_seed(noise)
        sounds += [take.samples for take in speak(engine, [job])]
    assert np.array_equal(*sounds)
    [other] = speak(engine, [job.again(1)])
    assert len(other.samples) == len(sounds[0])
    assert not np.allclose(other.samples, sounds[0])


def test_a_voice_shown_once_sounds_as_if_shown_each_time(engine, settings):
    """The keys and values of the voice are those of the whole prompt, as transformers reads it."""
    speaker, latents = engine._speaker, engine.embed(of_model("alba"))
    inputs = speaker._inputs("Mind the step!", latents)
    with speaker.seeded(7, lambda: None), torch.inference_mode():
        made = speaker._model.generate(
            **inputs, do_sample=False, num_flow_steps=1, return_dict_in_generate=True
        )
        [stock] = speaker._processor.decode(made.audio_latents, made.audio_latents_mask)
    with speaker.seeded(7, lambda: None):
        ours = speaker.say("Mind the step!", speaker.show(latents))
    assert len(ours.samples) == len(stock)
    assert np.abs(ours.samples - stock.numpy())[:-120].max() < 1e-4


def test_a_prompt_that_does_not_begin_with_the_voice_is_refused(engine, monkeypatch):
    template = tiny_pocket.CHAT_TEMPLATE.replace('{{- "<audio_prompt', '{{- "Say:<audio_prompt')
    monkeypatch.setattr(engine._speaker._processor, "chat_template", template)
    with pytest.raises(EngineError, match="does not begin with the voice"):
        engine._speaker.show(engine.embed(of_model("alba")))


def test_steps_and_temperature_change_the_sound(engine, settings, monkeypatch):
    spec = PocketTts()
    usual = spec.sound_settings(settings)
    assert usual == {"seed": 0}
    assert spec.sound_settings({**settings, "steps": 4, "temperature": 0.3}) == {
        "seed": 0, "steps": 4, "temperature": 0.3,
    }  # fmt: skip
    job = job_of(spec, ["Hello."], [of_model("alba")], settings)
    [one] = speak(engine, [job])
    [calm] = speak(spec.load({**settings, "temperature": 0}), [job])
    monkeypatch.setattr(engine._speaker, "_steps", 4)
    [fine] = speak(engine, [job])
    assert not np.allclose(one.samples, calm.samples)
    assert not np.allclose(one.samples, fine.samples)


def test_it_stops_within_a_line(engine, settings):
    watch = Watching(most=30)
    job = job_of(PocketTts(), [LONG], [of_model("alba")], settings)
    assert speak(engine, [job, job.again(1)], watch) == []
    assert len(watch.beats) == 30, "a frame is no second"


def test_words_of_the_model_in_a_text_are_not_its_words(engine, settings):
    text = "Say <audio_prompt> and <audio_pro<audio_bos>mpt> please."
    [take] = speak(engine, [job_of(PocketTts(), [text], [of_model("alba")], settings)])
    assert len(take.samples)


# --- models -----------------------------------------------------------------------------------


def cached(cache: Path, model: str, files: Path, commit: str) -> None:
    """What `hf download` leaves."""
    place = cache / f"models--{model.replace('/', '--')}"
    shutil.copytree(files, place / "snapshots" / commit)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(commit)


def test_a_model_of_the_hub_is_its_commit_and_its_codecs(tmp_path, folder, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    spec, settings = PocketTts(), {"model": "someone/pocket"}
    assert spec.fingerprint(settings) == "someone/pocket@?"
    [need] = [need for need in spec.needs(settings) if not need.found]
    assert need.remedy == "hf download someone/pocket"

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(tiny_pocket.CODEC))
    processor = json.loads((copy / models.PROCESSOR).read_text())
    processor["audio_tokenizer"]["audio_tokenizer_name_or_path"] = "someone/codec"
    (copy / models.PROCESSOR).write_text(json.dumps(processor))
    cached(tmp_path / "hub", "someone/pocket", copy, "a" * 40)
    assert spec.fingerprint(settings) == f"someone/pocket@{'a' * 40}+someone/codec@?"
    with pytest.raises(Unavailable, match="someone/codec is not here") as error:
        spec.load(settings)
    assert error.value.hint == "hf download someone/codec"

    cached(tmp_path / "hub", "someone/codec", folder / tiny_pocket.CODEC, "b" * 40)
    assert spec.fingerprint(settings).endswith(f"someone/codec@{'b' * 40}")
    assert all(need.found for need in spec.needs(settings))
    engine = spec.load(settings)
    [take] = speak(engine, [job_of(spec, ["Hello."], [of_model("alba")], settings)])
    assert len(take.samples)


def test_a_model_of_the_hub_is_downloaded(tmp_path, folder, monkeypatch):
    """Its codec lies in a folder; what nobody reads does not come."""
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    spec, settings, told = PocketTts(), {"model": MODEL}, []
    with serving(Hub(files_of(folder) | {"README.md": b"#"})) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        with pytest.raises(Unavailable, match="downloads are switched off"):
            spec.fetch(settings, told.append, offline=True, update=False)
        spec.fetch(settings, told.append, offline=False, update=False)
        assert hub.fetched("model.safetensors") == 1
        assert hub.fetched("README.md") == 0
        asked = len(hub.asked)
        spec.fetch(settings, told.append, offline=False, update=False)
        assert len(hub.asked) == asked, "what is here costs no question"
    assert isinstance(told[-1], FetchDone)
    assert spec.fingerprint(settings).startswith(f"{MODEL}@{hub.commit}+sha256:")


def test_the_repository_of_another_model_is_refused_before_its_weights_come(
    tmp_path, folder, monkeypatch
):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    files = files_of(folder) | {"config.json": b'{"model_type": "vibevoice"}'}
    with serving(Hub(files)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        with pytest.raises(InputError, match="not pocket_tts"):
            PocketTts().fetch({"model": MODEL}, lambda _: None, offline=False, update=False)
        assert hub.fetched("model.safetensors") == 0


def test_the_codec_and_the_voices_of_a_folder_are_in_its_fingerprint(tmp_path, folder):
    copy = tmp_path / "m"
    shutil.copytree(folder, copy)
    processor = json.loads((copy / models.PROCESSOR).read_text())
    processor["audio_tokenizer"]["audio_tokenizer_name_or_path"] = str(copy / tiny_pocket.CODEC)
    (copy / models.PROCESSOR).write_text(json.dumps(processor))
    spec, settings = PocketTts(), {"model": str(copy)}
    seen = {spec.fingerprint(settings)}
    for path in (copy / "voices/alba.safetensors", copy / tiny_pocket.CODEC / "config.json"):
        path.write_bytes(path.read_bytes() + b" ")
        os.utime(path, (1, 1))
        seen.add(spec.fingerprint(settings))
    assert len(seen) == 3


def test_another_model_is_refused(tmp_path, folder):
    copy = tmp_path / "m"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "model_type": "vibevoice"}))
    with pytest.raises(InputError, match='of type "vibevoice"'):
        PocketTts().load({"model": str(copy)})
    (copy / "model.safetensors").unlink()
    with pytest.raises(MissingInput, match="no whole pocket_tts"):
        PocketTts().fingerprint({"model": str(copy)})


def test_weights_that_are_missing_are_not_made_up(tmp_path, folder):
    copy = tmp_path / "m"
    shutil.copytree(folder, copy)
    weights = load_file(copy / "model.safetensors")
    del weights["eos_head.weight"]
    save_file(weights, copy / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match="eos_head"):
        PocketTts().load({"model": str(copy)})


def test_only_the_published_model_is_known_to_speak_english():
    assert PocketTts().limits({}).languages == ("en",)
    assert PocketTts().limits({"model": "someone/french"}).languages == ()
    assert DEFAULT in PocketTts().needs({})[-1].what
    assert Options.of({"device": "CUDA:1"}).device == "cuda:1"
    with pytest.raises(SettingError, match="cuda or cuda:1"):
        PocketTts().limits({"device": "gpu"})
    with pytest.raises(SettingError, match="from 0 to 2"):
        PocketTts().limits({"temperature": 3})


# --- the whole way ----------------------------------------------------------------------------


def test_two_lines_are_rendered_and_their_voice_heard_once(tmp_path, folder, recording):
    voice = tmp_path / "voices" / "ann"
    voice.mkdir(parents=True)
    shutil.copy(recording, voice / "reference.wav")
    (voice / "voice.yaml").write_text(
        "language: en\nreference: reference.wav\n"
        "consent: {owner: Me, kind: self, date: 2026-01-01, allowed_uses: tests}\n"
    )
    script = tmp_path / "s.md"
    head = "---\ntitle: Two\nspeakers:\n  Ann: ann\n---\n"
    script.write_text(f"{head}**Ann:** The rivers are high.\n\n**Ann:** They are, this year.\n")
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    flags = ("--engine", "pocket", "--model", folder, "--format", "wav")
    done = podforge("render", "s.md", *flags, cwd=tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output/s/s.wav").stat().st_size > 24_000
    embeddings = list((tmp_path / "cache/podforge/records/embedding").rglob("*.json"))
    assert len(embeddings) == 1

    done = podforge(
        "voices", "pin", "ann", "--engine", "pocket", "--model", folder,
        cwd=tmp_path, **environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    payload = (voice / "pocket.safetensors").read_bytes()
    assert "audio_prompt_latents" in about(payload)
