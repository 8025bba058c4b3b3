import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podforge.errors import InputError
from podforge.reading import read
from tests.imports import FUZZ, holds, imported, lines, written


def said(tmp_path: Path, document: Any) -> list[tuple[str, str]]:
    return lines(imported(tmp_path, json.dumps(document, indent=1), ".json"))


def test_podcasting_2(tmp_path: Path) -> None:
    document = {
        "version": "1.0.0",
        "segments": [
            {"speaker": "Ana", "startTime": 0.5, "endTime": 0.75, "body": "Well"},
            {"speaker": "Ana", "startTime": 0.75, "endTime": 1.5, "body": "then. [laughs]"},
            {"startTime": 4.5, "endTime": 5, "body": "After a pause."},
            {"speaker": "Ben", "startTime": 5.1, "endTime": 6, "body": "(softly) No & yes (so)."},
        ],
    }
    script = imported(tmp_path, json.dumps(document, indent=1), ".json")
    assert lines(script) == [
        ("Ana", "Well then."),
        ("Ana", "After a pause."),
        ("Ben", "No & yes (so)."),
    ]
    speeches = list(script.speeches())
    assert speeches[0].events == ((10, "laughs"),)
    assert speeches[2].delivery == "softly"
    assert [speech.place.line for speech in speeches] == [8, 19, 25]
    assert script.header.closed
    assert script.account
    assert script.account.sums["timestamp"] == len("0.50.750.751.54.55.05.16.0")


WORDS = [{"word": "Hi", "start": 0.1, "end": 0.4, "speaker": 0}]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (  # Whisper
            {"text": "Hi you. So.", "language": "en", "segments": [
                {"id": 0, "seek": 0, "start": 0.0, "end": 1.5, "text": " Hi you.", "tokens": [1, 2],
                 "temperature": 0.0, "no_speech_prob": None, "words": WORDS},
                {"id": 1, "start": 1.6, "end": 2.5, "text": " So."}]},
            [("Speaker", "Hi you. So.")],
        ),
        (  # WhisperX
            {"segments": [{"start": 0, "end": 1, "text": "Hi.", "speaker": "SPEAKER_00"}],
             "word_segments": WORDS},
            [("SPEAKER_00", "Hi.")],
        ),
        (  # AssemblyAI, in milliseconds
            {"id": "x", "text": "Hi. Yes.", "words": WORDS, "utterances": [
                {"speaker": "A", "text": "Hi.", "start": 200, "end": 1400, "words": WORDS},
                {"speaker": "A", "text": "So.", "start": 2400, "end": 3400},
                {"speaker": "A", "text": "Yes.", "start": 5500, "end": 6400}]},
            [("A", "Hi. So."), ("A", "Yes.")],
        ),
        (  # Deepgram
            {"metadata": {"duration": 3.5}, "results": {
                "channels": [{"alternatives": [{"transcript": "hi yes", "words": WORDS}]}],
                "utterances": [{"start": 0.1, "end": 1, "transcript": "hi", "speaker": 0},
                               {"start": 1.1, "end": 2, "transcript": "yes", "speaker": 1}]}},
            [("Speaker 0", "hi"), ("Speaker 1", "yes")],
        ),
        (  # Amazon Transcribe, word by word
            {"results": {"transcripts": [{"transcript": "Hi, you."}], "items": [
                {"type": "pronunciation", "start_time": "0.1", "end_time": "0.3",
                 "speaker_label": "spk_0", "alternatives": [{"confidence": "1", "content": "Hi"}]},
                {"type": "punctuation", "speaker_label": "spk_0",
                 "alternatives": [{"content": ","}]},
                {"type": "pronunciation", "start_time": "0.4", "end_time": "0.5",
                 "speaker_label": "spk_0",
                 "alternatives": [{"content": "you"}, {"content": "ewe"}]},
            ]}},
            [("spk_0", "Hi, you")],
        ),
        (  # Rev
            {"monologues": [{"speaker": 0, "elements": [
                {"type": "text", "value": "Hi", "ts": 0.1}, {"type": "punct", "value": " "},
                {"type": "text", "value": "you"}, {"type": "punct", "value": "."}]}]},
            [("Speaker 0", "Hi you.")],
        ),
        (  # Otter
            {"speech": {"speakers": [{"id": 7, "speaker_name": "Jo"}],
                        "transcripts": [{"transcript": "hm", "speaker_id": 7}]}},
            [("Jo", "hm")],
        ),
        (  # ElevenLabs
            {"inputs": [{"text": "[whispers] Hey", "voice_id": "v1"},
                        {"text": "Yes", "voice_id": "v2"}],
             "settings": {"seed": 1, "fast": True}},
            [("v1", "Hey"), ("v2", "Yes")],
        ),
        (
            [{"speaker": 0, "text": "a"}, {"speaker": 1, "text": "b"}],
            [("Speaker 0", "a"), ("Speaker 1", "b")],
        ),
        ({"Paragraphs": [{"SpeakerId": "1", "Text": "a", "StartTime": 0}]}, [("Speaker 1", "a")]),
        (
            {"script": {"segments": [{"speaker": {"name": "Ana"}, "text": "a", "n": None}]}},
            [("Ana", "a")],
        ),
        (
            {"chapters": [{"title": "One", "lines": [{"character": "Ana", "line": "a"}]},
                          {"title": "Two", "lines": [{"character": "Ben", "line": "b"}]}]},
            [("Ana", "a"), ("Ben", "b")],
        ),
    ],
)  # fmt: skip
def test_what_tools_write(tmp_path: Path, document: Any, expected: list[tuple[str, str]]) -> None:
    assert said(tmp_path, document) == expected


def test_chapters_and_facts(tmp_path: Path) -> None:
    document = {
        "title": "Night",
        "language": "de",
        "scenes": [
            {"title": "One", "dialogue": [{"speaker": "Ana", "text": "a", "take": 1}]},
            {"title": "Two", "dialogue": [{"speaker": "Ben", "text": "b", "emotion": "warmly"}]},
        ],
    }
    script = imported(tmp_path, json.dumps(document), ".json")
    assert script.chapters() == ("One", "Two")
    assert (script.header.title, script.header.language) == ("Night", "de")
    assert [speech.delivery for speech in script.speeches()] == ["", "warmly"]


def test_a_script_of_ours_is_read_as_one(tmp_path: Path) -> None:
    document = {
        "title": "T",
        "speakers": {"Ana": "ana"},
        "script": [{"chapter": "One"}, {"speaker": "Ana", "text": "*Hi* [pause 2s] you"}],
    }
    script = read(written(tmp_path, json.dumps(document), ".json"))
    assert lines(script) == [("Ana", "Hi"), ("Ana", "you")]
    assert [role.voice for role in script.header.roles] == ["ana"]


def test_json_that_is_no_transcript(tmp_path: Path) -> None:
    for text, problem in (
        ('{"segments": [', "a.json:1:15: error: this is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"name": "x", "scripts": {"a": "b"}}', "there is no list of what is said"),
    ):
        with pytest.raises(InputError, match=problem):
            read(written(tmp_path, text, ".json"))


def test_half_a_character(tmp_path: Path) -> None:
    text = '[{"text": "a \\ud800 b \\ud83d\\ude00", "start": 1e999, "end": NaN}]'
    assert lines(imported(tmp_path, text, ".json")) == [("Speaker", "a ? b 😀")]


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["text", "speaker", "start", "end", "words", "segments", "results", "name", "body",
             "alternatives", "title", "speakers", "id", "lines"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=25,
)  # fmt: skip


@FUZZ
@given(VALUE)
def test_any_json_is_read_or_refused(tmp_path: Path, document: Any) -> None:
    holds(tmp_path, json.dumps(document), ".json")
    holds(tmp_path, json.dumps({"segments": document}), ".json")


@pytest.mark.parametrize("indent", [None, 1])
def test_a_long_transcript(tmp_path: Path, indent: int | None) -> None:
    segments = [
        {"speaker": f"S{n % 3}", "start": n * 1.5, "end": n * 1.5 + 1, "text": f"a {n}\u00e9 b" * 9}
        for n in range(2_000)
    ]
    holds(tmp_path, json.dumps({"segments": segments}, indent=indent), ".json")
    nested: Any = {"text": "a"}
    for _ in range(400):
        nested = {"a": nested, "b": [nested] if len(str(nested)) < 2_000 else []}
    holds(tmp_path, json.dumps(nested), ".json")
