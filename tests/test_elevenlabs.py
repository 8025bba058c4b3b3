"""ElevenLabs through its own client, against a local server that speaks its protocol."""

import base64
import gzip
import json
from contextlib import suppress
from typing import ClassVar

import pytest

from podforge.aligning import align
from podforge.cast import Voice
from podforge.engines.elevenlabs.spec import ElevenLabs
from podforge.engines.network.patience import Patience
from podforge.errors import EngineError, SettingError, Unavailable
from podforge.project import Request, open_project
from podforge.settings import EngineFlags, Flag
from podforge.testing import EngineContract, job_of, speak
from tests.in_process import podforge
from tests.speech_server import HALF, HANG_UP, Reply, SpeechServer, serving, speech

KEY = "sk-eleven-123456"
SAID = ("Good evening to all of you.", "And a good one to you, too.", "Shall we begin?",
        "I think so. Yes.", "Then let us begin.")  # fmt: skip
FLASH, V3 = {"model": "eleven_flash_v2_5"}, {"model": "eleven_v3"}


@pytest.fixture(scope="module")
def server():
    with serving(SpeechServer(key=KEY)) as server:
        yield server


@pytest.fixture(autouse=True)
def _key(server, monkeypatch):
    monkeypatch.setenv("ELEVENLABS_API_KEY", KEY)
    monkeypatch.setattr(Patience, "wait", lambda *_: 0.0)
    server.asked.clear()
    server.faults.clear()


class TestElevenLabs(EngineContract):
    spec = ElevenLabs
    voices = ({"voice_id": "21m00Tcm"}, {"voice_id": "AZnzlk1X", "stability": "0.3"})
    rest: ClassVar[dict[str, str]] = {}

    @pytest.fixture(autouse=True)
    def _server(self, server):
        self.settings = {"base_url": server.url, **self.rest}


class TestDialogue(TestElevenLabs):
    rest: ClassVar[dict[str, str]] = {**V3, "dialogue": "yes"}


def said(server, texts, voices=({"voice_id": "abc"},), **settings):
    """The job and the take of some lines in one call."""
    spec, settings = ElevenLabs(), {"base_url": server.url, **settings}
    cast = [Voice(f"v{n}", f"id{n}", spec.voice_settings(each)) for n, each in enumerate(voices)]
    job, engine = job_of(spec, texts, cast, settings), spec.load(settings)
    try:
        (take,) = speak(engine, [job])
    finally:
        engine.close()
    return job, take


def test_what_is_sent_for_a_line(server):
    voice = {"voice_id": "abc", "stability": "0.3", "style": "0.2", "boost": "no", "speed": "0.9"}
    job, take = said(server, ["Good evening."], [voice])
    (asked,) = server.asked
    assert asked.path == "/v1/text-to-speech/abc/with-timestamps?output_format=pcm_24000"
    assert asked.headers["xi-api-key"] == KEY
    assert asked.json == {
        "text": "Good evening.", "model_id": "eleven_multilingual_v2", "seed": job.seed % 2**32,
        "voice_settings": {"stability": 0.3, "similarity_boost": 0.75, "style": 0.2, "speed": 0.9,
                           "use_speaker_boost": False},
    }  # fmt: skip
    assert [job.utterances[0].text[w.first : w.last] for w in take.words[0]] == ["Good", "evening."]


@pytest.mark.parametrize(("settings", "code"), [({}, None), (FLASH, "en"), (V3, "en")])
def test_a_language_is_told_to_models_that_take_one(settings, code, server):
    said(server, ["Good evening."], **settings)
    assert server.asked[0].json.get("language_code") == code


def test_a_key_in_an_error_is_hidden_and_a_wrong_key_ends_it(server, monkeypatch):
    monkeypatch.setenv("ELEVENLABS_API_KEY", "sk-wrong-42424242")
    with pytest.raises(Unavailable, match=r"HTTP 401: Incorrect API key provided: \[key\]"):
        said(server, ["Good evening."])


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (Reply(422, b'{"detail": [{"msg": "too long"}]}'), EngineError, "too long"),
        (Reply(200, b"<html>Log in</html>"), Unavailable, "nobody understands: <html>"),
        (Reply(200, b'{"audio_base64": "sk-*"}'), EngineError, "sent broken sound$"),
        (Reply(302, b"", {"Location": "http://127.0.0.1:1/"}), Unavailable, "redirect"),
    ],
)
def test_answers_that_nobody_repeats(fault, error, says, server):
    server.faults += [fault] * 9
    with pytest.raises(error, match=says):
        said(server, ["Good evening."])
    assert len(server.asked) == 1


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_without_end_is_not_read_to_it(packed, server, monkeypatch):
    monkeypatch.setattr("podforge.engines.elevenlabs.answers.MOST_BYTES", 100_000)
    body = json.dumps({"audio_base64": "A" * 200_000}).encode()
    pack = {"Content-Encoding": "gzip"} if packed else {}
    server.faults += [Reply(200, gzip.compress(body) if packed else body, pack)] * 9
    with pytest.raises(EngineError, match="far more than the text can be"):
        said(server, ["Good evening."])
    assert len(server.asked) == 1


def test_a_packed_answer_is_unpacked_once(server):
    body = json.dumps({"audio_base64": base64.b64encode(bytes(48_000)).decode()}).encode()
    server.faults += [Reply(200, gzip.compress(body), {"Content-Encoding": "gzip"})]
    _, take = said(server, ["Good evening."])
    assert (len(take.samples), len(server.asked)) == (24_000, 1)


def test_a_busy_service_is_asked_again(server):
    server.faults += [Reply(429, b'{"detail": {"message": "slower"}}'), HALF, HANG_UP]
    assert said(server, ["Good evening."])
    assert len(server.asked) == 4


@pytest.mark.parametrize("settings", [{}, {**V3, "dialogue": "yes"}])
@pytest.mark.parametrize(
    "body",
    [b"{}", b"[1]", b"null", b'"x"', b'{"audio_base64": 3}', b'{"audio_base64": "\xc3\xa4"}',
     b'{"audio_base64": "AAAA", "alignment": 7, "voice_segments": 7}', b"\xff\xfe"],
)  # fmt: skip
def test_an_odd_answer_is_no_take_or_an_error_and_is_paid_once(body, settings, server):
    server.faults += [Reply(200, body)] * 9
    with suppress(EngineError):
        said(server, ["Good evening."], **settings)
    assert len(server.asked) == 1


@pytest.mark.parametrize("wrong", [[0.1], [None] * 13, [float("nan")] * 13, "soon", None])
def test_times_that_make_no_sense_are_left_out(wrong, server):
    sound = base64.b64encode(speech("Good evening.").astype("<f4").tobytes()).decode()
    body = {
        "audio_base64": sound,
        "alignment": {"characters": list("Good evening."), "character_start_times_seconds": wrong,
                      "character_end_times_seconds": wrong},
        "voice_segments": [{"dialogue_input_index": wrong, "end_time_seconds": wrong}, wrong],
    }  # fmt: skip
    server.faults += [Reply(200, json.dumps(body).encode())] * 2
    for settings in ({}, {**V3, "dialogue": "yes"}):
        with suppress(EngineError):
            _, take = said(server, ["Good evening."], **settings)
            assert not take.words
            assert not take.marks


def test_turns_of_a_dialogue_are_where_the_service_says(server):
    voices = [{"voice_id": "abc"}, {"voice_id": "xyz"}]
    texts = ["Good evening to all of you.", "And a good one to you, too.", "Shall we begin?"]
    job, take = said(server, texts, voices, **V3, dialogue="yes")
    (asked,) = server.asked
    assert asked.path.startswith("/v1/text-to-dialogue/with-timestamps?")
    assert [(each["voice_id"], each["text"]) for each in asked.json["inputs"]] == [
        ("abc", texts[0]), ("xyz", texts[1]), ("abc", texts[2]),
    ]  # fmt: skip
    spans = align(take.samples, take.rate, job.utterances, take.marks)
    at, gap = 0, 24_000 * 3 // 10
    for text, span in zip(texts, spans, strict=True):
        end = at + len(speech(text))
        assert abs(span.start - at) < 6_000
        assert abs(span.end - end) < 6_000
        at = end + gap


def test_a_dialogue_needs_a_model_that_speaks_one():
    with pytest.raises(SettingError, match="eleven_multilingual_v2 speaks no dialogues"):
        ElevenLabs().limits({"dialogue": "yes"})


# --- renders ---------------------------------------------------------------------------------


@pytest.fixture
def render(tmp_path, server):
    """Renders a talk of two with these settings."""
    for name in ("ana", "bob"):
        (tmp_path / "voices" / name).mkdir(parents=True)
        text = f"language: en\nengines: {{elevenlabs: {{voice_id: {name}-id}}}}\n"
        (tmp_path / "voices" / name / "voice.yaml").write_text(text)
    lines = ("Ana: Good evening to all of you.", "Bob: And a good one to you, too.",
             "Ana: (softly) Shall we begin?", "Bob: I think so. [laughs] Yes.",
             "Ana: Then let us begin.")  # fmt: skip
    (tmp_path / "talk.md").write_text(
        "---\ntitle: T\nspeakers: {Ana: ana, Bob: bob}\n---\n" + "\n\n".join(lines)
    )

    def run(*settings, command="render", more=()):
        flags = [word for setting in settings for word in ("--set", f"elevenlabs.{setting}")]
        given = ("--engine", "elevenlabs", "--base-url", server.url, *flags, *more)
        done = podforge(command, "talk.md", *given, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run.folder = tmp_path
    return run


def spoken(folder, server, *settings):
    """The same talk, as far as the engine; what is asked for it."""
    flags = [Flag("base_url", server.url)]
    flags += [Flag(*setting.split("="), engine="elevenlabs") for setting in settings]
    request = Request(folder / "talk.md", "elevenlabs", flags=EngineFlags(tuple(flags)))
    project = open_project(request)
    engine = ElevenLabs().load(project.settings["elevenlabs"])
    try:
        assert len(speak(engine, project.plan.jobs)) == 5
    finally:
        engine.close()
    return [asked.json for asked in server.asked]


def test_lines_are_sent_with_those_around_them(render, server):
    found = spoken(render.folder, server, "at_once=1")
    assert [body.get("previous_text") for body in found] == [None, *SAID[:-1]]
    assert [body.get("next_text") for body in found] == [*SAID[1:], None]
    assert not any("[" in body["text"] for body in found), "this model performs nothing"


def test_ids_of_the_last_three_takes_stand_for_their_text(render, server):
    found = spoken(render.folder, server, "continuity=ids")
    ids = [body.get("previous_request_ids") for body in found]
    assert ids == [
        None, ["req-1"], ["req-1", "req-2"], ["req-1", "req-2", "req-3"],
        ["req-2", "req-3", "req-4"],
    ]  # fmt: skip
    assert not any("previous_text" in body for body in found)


def test_the_third_version_performs_and_wants_nothing_around(render, server):
    found = spoken(render.folder, server, "model=eleven_v3", "at_once=1")
    assert found[2]["text"] == "[softly] Shall we begin?"
    assert found[3]["text"] == "I think so. [laughs] Yes."
    assert not [body for body in found if body.keys() & {"previous_text", "next_text"}]


def test_a_dialogue_is_one_request_and_its_characters_are_counted(render, server):
    planned = json.loads(render("model=eleven_v3", "dialogue=yes", command="plan", more=["--json"]))
    render("model=eleven_v3", "dialogue=yes")
    (asked,) = server.asked
    assert [each["voice_id"] for each in asked.json["inputs"]] == ["ana-id", "bob-id"] * 2 + [
        "ana-id"
    ]
    assert planned["paid_characters"] == {"elevenlabs": sum(len(text) for text in SAID)}
    report = json.loads((render.folder / "output" / "talk" / "talk.report.json").read_text())
    assert report["paid_characters"] == planned["paid_characters"]
    assert report["findings"] == []
    assert asked.json["inputs"][3]["text"] == "I think so. [laughs] Yes."
    render("model=eleven_v3", "dialogue=yes")
    assert len(server.asked) == 1
