"""Speech servers behind OpenAI's protocol, against a real local one that misbehaves when told."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace

import pytest

from podforge.cast import Voice
from podforge.engines.network.patience import Patience
from podforge.engines.openai.profiles import PROFILES
from podforge.engines.openai.spec import (
    Cosyvoice,
    Fish,
    KokoroFastapi,
    Moss,
    Openai,
    Qwen3Tts,
    Speaches,
    Voicebox,
)
from podforge.errors import EngineError, InputError, Unavailable
from podforge.project import Request, open_project
from podforge.settings import EngineFlags, Flag
from podforge.testing import EngineContract, job_of, speak
from tests.in_process import podforge
from tests.speech_server import HALF, HANG_UP, PAGE, Reply, SpeechServer, serving, slow, speech, wav

KEY = "sk-proj-3141592653589793"
ALLOY = {"voice": "alloy"}
NUMBERS = ("one", "two", "three", "four", "five", "six")


@pytest.fixture(scope="module")
def contract_server():
    with serving() as server:
        yield server


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def waits(monkeypatch):
    """What is waited between tries, and nobody waits."""
    found = []

    def wait(patience, number, asked, dice):
        found.append(asked)
        return 0.0

    monkeypatch.setattr(Patience, "wait", wait)
    monkeypatch.setattr("podforge.engines.network.pace.Pace.hold", lambda *_: None)
    return found


class TestOpenai(EngineContract):
    spec = Openai
    voices = (ALLOY, {"voice": "echo", "speed": "1.1"})

    @pytest.fixture(autouse=True)
    def _server(self, contract_server):
        self.settings = {"base_url": contract_server.base, "model": "tts-1"}


class TestQwen3Tts(TestOpenai):
    spec = Qwen3Tts


PRESETS = [Fish, KokoroFastapi, Speaches, Voicebox]


class TestOthers(EngineContract):
    """The other servers; what another process says of their one module is tested above."""

    test_its_spec_is_light = test_keys_are_the_same_in_another_process = None

    @pytest.fixture(autouse=True, params=[*PRESETS, Cosyvoice, Moss], ids=lambda spec: spec.name)
    def _server(self, request, contract_server, tmp_path):
        self.spec = request.param
        self.settings = {"base_url": contract_server.base, "model": "tts-1"}
        self.voices = ({"voice": "alloy"},)
        if self.spec.needs_reference:
            path = tmp_path / "reference.wav"
            path.write_bytes(wav(speech("reference")))
            self.recordings = (str(path),)
            self.voices = ({"ref_text": "reference"},)


# --- the engine, one line at a time ----------------------------------------------------------


def said(spec, server, texts=("Hello there, all of you.",), voice=ALLOY, **settings):
    """Takes of lines, and what the server was asked for them."""
    spec = spec()
    settings = {"base_url": server.base, **settings}
    voice = voice if isinstance(voice, Voice) else Voice("v", "id", spec.voice_settings(voice))
    engine = spec.load(settings)
    try:
        return speak(engine, [job_of(spec, [text], [voice], settings) for text in texts])
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("fault", "asked"),
    [
        (Reply(429, b"{}", {"Retry-After": "7"}), 7.0),
        (Reply(500, b"Traceback"), 0.0),
        (Reply(503, b"<html>busy</html>", {"Content-Type": "text/html"}), 0.0),
        (HALF, 0.0),
        (HANG_UP, 0.0),
    ],
    ids=["429", "500", "503", "half", "hang-up"],
)
def test_what_passes_is_asked_again_after_as_long_as_the_server_says(fault, asked, server, waits):
    server.faults += [fault, fault]
    (take,) = said(Openai, server)
    assert len(take.samples) == len(speech("Hello there, all of you."))
    assert waits == [asked] * 2
    assert len(server.asked) == 3


def test_a_server_may_name_the_time_when_it_is_to_be_asked_again(server, waits):
    date = formatdate(time.time() + 50, usegmt=True)
    server.faults += [Reply(429, b"{}", {"Retry-After": date})]
    assert said(Openai, server)
    assert waits == [pytest.approx(49, abs=3)]


def test_a_slow_answer_is_asked_for_again(server, waits):
    server.faults += [slow(1.3)]
    assert said(Openai, server, timeout="1")
    assert len(waits) == 1


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Reply(401, b'{"error": {"message": "expired"}}'), "HTTP 401: expired .see the key"),
        (Reply(404, b'{"detail": "no such model"}'), "HTTP 404: no such model"),
        (PAGE, "text/html and no WAV. <html><title>Log in to the hotel"),
        (Reply(307, b"", {"Location": "http://127.0.0.1:1/v1/audio/speech"}), "redirect"),
    ],
    ids=["401", "404", "page", "redirect"],
)
def test_what_no_line_is_to_blame_for_ends_it_at_once(fault, says, server, waits):
    server.faults += [fault] * 40
    with pytest.raises(Unavailable, match=says):
        said(Openai, server, [f"Line {n}." for n in range(16)], at_once="1")
    assert len(server.asked) == 1


def test_a_redirect_is_followed_nowhere(server, waits):
    with serving() as other:
        server.faults += [Reply(308, b"", {"Location": f"{other.base}/audio/speech"})]
        with pytest.raises(Unavailable, match="308"):
            said(Openai, server)
        assert other.asked == []


def test_a_server_that_says_the_same_to_every_line_is_asked_no_more(server, waits):
    server.lines["Line"] = Reply(400, b'{"error": {"message": "unknown voice"}}')
    with pytest.raises(Unavailable, match=r"line after line.*unknown voice"):
        said(Openai, server, [f"Line {n}." for n in range(100)])
    assert len(server.asked) <= 12
    server.asked.clear()
    server.lines = {"Line 3": server.lines["Line"]}
    with pytest.raises(EngineError, match="unknown voice"):
        said(Openai, server, [f"Line {n}." for n in range(9)])


def test_no_more_are_out_than_allowed_and_no_more_a_minute(server):
    server.lines["Line"] = slow(0.05)
    said(Openai, server, [f"Line {n}." for n in range(9)], at_once="3")
    assert server.most_at_once == 3
    server.lines.clear()
    began = time.monotonic()
    said(Openai, server, [f"Line {n}." for n in range(5)], per_minute="600")
    assert time.monotonic() - began > 0.39


def test_what_openai_is_asked_for(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "https://elsewhere.example.org")
    said(Openai, server, voice={"voice": "alloy", "instructions": "Calm", "speed": "1.2"})
    (asked,) = server.asked
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.json == {
        "input": "Hello there, all of you.", "model": "gpt-4o-mini-tts", "voice": "alloy",
        "response_format": "wav", "speed": 1.2, "instructions": "Calm.",
    }  # fmt: skip


def test_what_servers_of_qwen_get_of_a_recording(server, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)  # which is not for them
    path = tmp_path / "reference.wav"
    path.write_bytes(wav(speech("reference")))
    spec = Qwen3Tts()
    for given in ({}, {"ref_text": "What I said."}):
        voice = Voice("v", "id", spec.voice_settings(given), reference=str(path))
        said(Qwen3Tts, server, voice=voice)
    without, with_text = (asked.json for asked in server.asked)
    assert base64.b64decode(without["ref_audio"].partition(",")[2]) == path.read_bytes()
    assert without["ref_audio"].startswith("data:audio/wav;base64,")
    assert without["x_vector_only_mode"] is True
    assert with_text["ref_text"] == "What I said."
    assert "x_vector_only_mode" not in with_text
    assert with_text["language"] == "English"
    assert "task_type" not in with_text, "the server knows it better"
    assert with_text["seed"] != without["seed"] or with_text["seed"] > 0
    assert server.asked[0].headers["authorization"] == "Bearer none"


def test_a_recording_whose_words_a_server_must_know(server, tmp_path):
    path = tmp_path / "reference.wav"
    path.write_bytes(wav(speech("reference")))
    with pytest.raises(ValueError, match="ref_text"):
        Cosyvoice().voice_settings({})
    with pytest.raises(InputError, match=r"reference.wav.*ref_text"):
        said(Fish, server, voice=Voice("v", "id", {}, reference=str(path)))
    assert server.asked == []


def test_an_answer_without_end_is_not_read_to_it(server, monkeypatch):
    monkeypatch.setattr("podforge.engines.openai.engine.MOST_BYTES", 1000)
    with pytest.raises(EngineError, match="far more than the text can be"):
        said(Openai, server)
    assert len(server.asked) == 1


def test_an_error_without_end_is_not_read_to_it(server):
    server.faults.append(Reply(500, b"no " * 700_000, {"Content-Encoding": "gzip"}))
    with pytest.raises(EngineError, match="far more than an error can be"):
        said(Openai, server)
    assert len(server.asked) == 1


def test_kokoro_is_asked_for_a_whole_file(server):
    said(KokoroFastapi, server, voice={"voice": "af_heart+bf_emma"})
    assert server.asked[0].json["stream"] is False


def test_models_that_cannot_be_told_how_are_not(server):
    assert not Qwen3Tts().limits({}).delivery
    assert Qwen3Tts().limits({"model": "Qwen/Qwen3-TTS-12Hz-1.7B-CustomVoice"}).delivery
    assert not Openai().limits({"model": "tts-1-hd"}).events
    assert len({profile.name for profile in PROFILES}) == len(PROFILES) == 8


def test_a_key_that_is_none_is_refused_without_showing_it(server, monkeypatch):
    for wrong in ("sk-ä-1234567", "sk-one two-12345", "sk-line\nbreak-99"):
        monkeypatch.setenv("OPENAI_API_KEY", wrong)
        with pytest.raises(Unavailable, match="OPENAI_API_KEY is no key") as caught:
            said(Openai, server)
        assert wrong not in str(caught.value)


# --- renders ---------------------------------------------------------------------------------


@pytest.fixture
def episode(tmp_path):
    """A project with a script of six lines, and how to render it."""
    lines = [f"Ana: Now number {n}." for n in NUMBERS]
    script = tmp_path / "talk.md"
    script.write_text("---\ntitle: T\nspeakers: {Ana: ana}\n---\n" + "\n\n".join(lines))
    voice = tmp_path / "voices" / "ana"
    voice.mkdir(parents=True)
    (voice / "voice.yaml").write_text("language: en\nengines: {openai: {voice: alloy}}\n")

    def render(*more, base="", command="render", **env):
        flags = ["--base-url", base] if base else []
        return podforge(
            command, "talk.md", "--engine", "openai", *flags, *more, cwd=tmp_path, **env
        )

    return SimpleNamespace(folder=tmp_path, script=script, render=render)


def test_a_line_that_is_refused_leaves_the_others(episode, server, waits):
    server.lines["number three"] = Reply(422, b'{"error": {"message": "not that one"}}')
    done = episode.render(base=server.base)
    assert done.returncode == 75
    assert "talk.md:9" in done.stderr
    server.asked.clear()
    server.lines.clear()
    again = episode.render(base=server.base)
    assert again.returncode == 0, again.stderr
    assert server.spoken() == ["Now number three."]
    assert episode.render(base=server.base).returncode == 0
    assert len(server.asked) == 1


def test_a_server_that_dies_in_the_middle_is_paid_once_for_each_line(episode, server, waits):
    server.lives = 2
    done = episode.render("--set", "openai.at_once=1", base=server.base)
    assert done.returncode == 69, done.stderr
    assert "does not answer" in done.stderr
    assert "only what is missing is asked for" in done.stderr
    paid = server.spoken()[:2]
    server.asked.clear()
    server.lives = sys.maxsize
    assert episode.render(base=server.base).returncode == 0
    assert len(server.spoken()) == 4
    assert not set(paid) & set(server.spoken())


def test_a_server_that_is_not_there_ends_it_soon(episode, waits):
    with serving() as gone:
        base = gone.base
    began = time.monotonic()
    done = episode.render(base=base)
    assert done.returncode == 69
    assert f"the server does not answer: no connection to {base}" in done.stderr
    assert time.monotonic() - began < 5


def test_an_expired_key_ends_it_and_what_was_spoken_is_kept(episode, server, waits):
    server.faults += [Reply()] * 3 + [Reply(401, b'{"error": {"message": "expired"}}')] * 9
    done = episode.render("--set", "openai.at_once=1", base=server.base)
    assert done.returncode == 69
    assert "HTTP 401: expired" in done.stderr
    assert len(server.asked) == 4
    server.faults.clear()
    assert episode.render(base=server.base).returncode == 0
    assert len(server.asked) == 4 + 3


def test_ctrl_c_stops_asking_and_keeps_what_came(episode, server):
    server.lines["number"] = slow(0.3)
    command = [sys.executable, "-m", "podforge", "render", "talk.md", "--engine", "openai",
               "--base-url", server.base, "--set", "openai.at_once=2"]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=episode.folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 20
    while len(server.asked) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT, errors
    asked = server.spoken()
    assert len(asked) < 6
    server.lines.clear()
    time.sleep(0.1)
    assert server.spoken() == asked, "nobody asks any more"
    assert episode.render(base=server.base).returncode == 0
    assert len(server.spoken()) == 6, "what was out when it stopped was kept, too"


# --- addresses and keys ----------------------------------------------------------------------


def test_no_script_says_where_its_text_goes(episode, server):
    text = episode.script.read_text()
    for setting in (f"base_url: {server.base}", "plain_http: yes"):
        front = f"title: T\nengines:\n  openai:\n    {setting}"
        episode.script.write_text(text.replace("title: T", front))
        done = episode.render()
        assert done.returncode == 65
        assert "talk.md:5:5" in done.stderr
        assert "a script may not say where its text is sent" in done.stderr
    assert server.asked == []


def test_a_server_that_only_the_project_names_gets_no_key(episode, server, waits, monkeypatch):
    server.key = KEY
    project = episode.folder / "podforge.yaml"
    project.write_text(f"engines:\n  openai:\n    base_url: {server.base}\n")
    done = episode.render(OPENAI_API_KEY=KEY, PODFORGE_OPENAI_API_KEY=KEY)
    assert done.returncode == 69
    assert "podforge.yaml names this server, and a key goes only where you send it" in done.stderr
    assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer none"}
    monkeypatch.setenv("XDG_CONFIG_HOME", str(episode.folder / "config"))
    user = episode.folder / "config" / "podforge" / "config.yaml"
    user.parent.mkdir(parents=True)

    def withheld(*flags):
        request = Request(episode.script, "openai", flags=EngineFlags(flags))
        return open_project(request).settings["openai"].get("api_key") == ""

    assert withheld()
    for own, held in ((server.url + "/another", False), ("http://127.0.0.1:9/v1", True)):
        user.write_text(f"engines: {{openai: {{base_url: {own}, api_key: {KEY}}}}}\n")
        assert withheld() == held
    flag = Flag("base_url", server.base)
    assert not withheld(flag)
    assert not withheld(replace(flag, variable="PODFORGE_BASE_URL"))
    assert withheld(Flag("seed", "1"))
    project.write_text("engines: {openai: {base_url: https://API.openai.com:443/v1}}\n")
    assert not withheld()


def test_a_key_is_written_nowhere(episode, server, waits):
    """The server says it in its errors and headers; nothing that we say or write repeats it."""
    echo = json.dumps({"error": {"message": f"bad key {KEY}", "param": KEY}}).encode()
    user = episode.folder / "user" / "podforge" / "config.yaml"
    for folder in (user.parent, episode.folder / "tmp"):
        folder.mkdir(parents=True)
    user.write_text(f"engines: {{openai: {{api_key: {KEY}}}}}\n")
    places = {
        "TMPDIR": str(episode.folder / "tmp"),
        "XDG_CONFIG_HOME": str(episode.folder / "user"),
    }
    said = []

    def run(code, *words, command="render", **env):
        flags = ["--engine", "openai", "--base-url", server.base]
        given = flags if command != "doctor" else []
        done = podforge(command, *words, *given, cwd=episode.folder, **{**places, **env})
        assert done.returncode == code, done.stderr
        said.extend([done.stdout, done.stderr])

    server.faults += [Reply(500, echo, {"X-Key": KEY, "Set-Cookie": KEY}), Reply(429, echo), HALF]
    server.lines["number two"] = Reply(422, echo, {"Location": f"http://127.0.0.1/{KEY}"})
    run(75, "talk.md", "--log", "night.log")
    run(75, "talk.md", "--events", "jsonl")
    server.lines["number"] = Reply(401, echo)
    run(69, "talk.md", "--force", "--json")
    for name in ("OPENAI_API_KEY", "PODFORGE_OPENAI_API_KEY"):
        user.unlink(missing_ok=True)
        run(69, "talk.md", "--force", **{name: KEY})
    assert "[key]" in said[-1]
    user.write_text(f"engines: {{openai: {{api_key: {KEY}}}}}\n")
    server.lines.clear()
    run(0, "talk.md", "--depfile", "t.d")
    run(0, "show", "talk.md", "--origin", command="config")
    run(0, "talk.md", "--why", command="plan")
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {KEY}"}
    assert not [text for text in said if KEY in text]
    user.unlink()
    tops = episode.folder, Path(os.environ["HOME"])
    files = [path for top in tops for path in top.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


# --- voices that the server keeps ------------------------------------------------------------


def test_a_voice_is_given_to_the_server_with_its_consent(tmp_path):
    folder = tmp_path / "voices" / "mara"
    folder.mkdir(parents=True)
    sound = wav(speech("this is what mara says"))
    (folder / "reference.wav").write_bytes(sound)
    own = "language: en\nengines: {qwen3-tts: {ref_text: this is what mara says}}\n"
    consent = (
        "reference: reference.wav\nconsent:\n  owner: Mara Quill\n  kind: written\n"
        "  date: 2026-01-31\n  allowed_uses: our own podcasts\n"
    )
    (folder / "voice.yaml").write_text(own + consent)
    with serving(SpeechServer(voices={"vivian": {}})) as server:
        where = ("--engine", "qwen3-tts", "--base-url", server.base)
        done = podforge("voices", "remote", "add", "mara", *where, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout == 'engines:\n  qwen3-tts: {voice: "mara"}\n'
        form = server.voices["mara"]
        assert form["audio_sample"].encode("latin-1") == sound
        assert form["consent"] == "written: Mara Quill, 2026-01-31; our own podcasts"
        assert form["ref_text"] == "this is what mara says"
        done = podforge("voices", "remote", "list", *where, cwd=tmp_path)
        assert done.stdout.split() == ["mara", "vivian"]
        server.asked.clear()
        (folder / "voice.yaml").write_text(own)
        for name, code, says in (("mara", 65, "no recording"), ("nobody", 65, "nobody")):
            done = podforge("voices", "remote", "add", name, *where, cwd=tmp_path)
            assert done.returncode == code
            assert says in done.stderr
        (folder / "voice.yaml").write_text(own + "reference: reference.wav\n")
        done = podforge("voices", "remote", "add", "mara", *where, cwd=tmp_path)
        assert done.returncode == 65
        assert "consent" in done.stderr
        assert server.asked == []
        server.faults += [Reply(403, b'{"error": {"message": "not you"}}')]
        done = podforge("voices", "remote", "list", *where, cwd=tmp_path)
        assert done.returncode == 69
        assert "not you" in done.stderr
    for engine in ("openai", "espeak"):
        done = podforge("voices", "remote", "list", "--engine", engine, cwd=tmp_path)
        assert done.returncode in (2, 69)


def test_headers_of_the_environment_go_to_openai_only(server, monkeypatch):
    for variable in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(variable, "secret-of-mine")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: secret-of-mine")
    engine = Openai().load({"base_url": server.base, "model": "tts-1"})
    alloy = Voice("v", "i", {"voice": "alloy"})
    job = job_of(Openai(), ["Hello."], [alloy], {"base_url": server.base, "model": "tts-1"})
    speak(engine, [job])
    engine.close()
    assert server.asked
    assert not any("secret-of-mine" in str(asked.headers) for asked in server.asked)


def test_a_recording_goes_to_no_server_that_a_stranger_named(server, tmp_path):
    settings = {"base_url": server.base, "model": "m", "api_key": ""}
    engine = Qwen3Tts().load(settings)
    recording = tmp_path / "reference.wav"
    recording.write_bytes(b"RIFF")
    with pytest.raises(Unavailable, match="goes only to a server that you name"):
        engine.embed(Voice("mara", "i", {}, reference=str(recording)))
    engine.close()
