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
    assert script.account.sums["timestamp"] == len("0.50.750.751.54.555.16")


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


def entry(who: str, text: str, **more: Any) -> dict[str, Any]:
    return {"speaker": who, "text": text, **more}


def test_lists_that_go_on_with_each_other(tmp_path: Path) -> None:
    document: Any = {
        "intro": [entry("Ana", "Hi."), entry("Ben", "Hello.")],
        "interview": [entry("Ana", "Who?"), entry("Cy", "Me."), entry("Ana", "So?")],
        "outro": [entry("Ana", "Bye.")],
        "quiz": [{"text": "What did we learn?"}],
        "tags": ["a", "b"],
    }
    expected = ["Hi.", "Hello.", "Who?", "Me.", "So?", "Bye."]
    script = imported(tmp_path, json.dumps(document, indent=1), ".json")
    assert [text for _, text in lines(script)] == expected
    assert [speech.place.line for speech in script.speeches()] == [5, 9, 15, 19, 23, 29]
    (warning,) = script.warnings
    assert warning.text == "4 words in `quiz` are not spoken"
    assert warning.place.line == 32
    acts = {f"part {n}": {"title": "T", "lines": [entry("A", text)]} for n, text in enumerate("ab")}
    assert said(tmp_path, acts) == [("A", "a"), ("A", "b")]


def test_other_forms_of_what_is_said(tmp_path: Path) -> None:
    text = "It was late and the road was long and we went on."
    segments = [entry("Ana", text, start=0), entry("Ben", "So it is then.", start=5)]
    words = [{"word": word} for word in text.split()]
    for key, other in (
        ("sentences", [entry("Ana", text), entry("Ana", "So it is then.")]),
        ("word_segments", words),
        ("highlights", [{"text": "the road was long and we"}]),
    ):
        script = imported(tmp_path, json.dumps({key: other, "segments": segments}), ".json")
        assert lines(script) == [("Ana", text), ("Ben", "So it is then.")]
        assert not script.warnings
    german = [entry("Ana", "Es war spät.", start=0), entry("Ben", "So ist es.", start=5)]
    script = imported(tmp_path, json.dumps({"segments": segments, "german": german}), ".json")
    assert [who for who, _ in lines(script)] == ["Ana", "Ben"]
    assert [one.text for one in script.warnings] == ["6 words in `german` are not spoken"]


def test_chapters_with_segments_or_a_text(tmp_path: Path) -> None:
    document = {
        "chapters": [
            {"title": "One", "questions": [{"text": "Why so?"}], "segments": [entry("Ana", "a")]},
            {"title": "Two", "text": "b"},
            {"title": "Three", "notes": ["five words of a note"], "text": "c"},
        ]
    }
    script = imported(tmp_path, json.dumps(document), ".json")
    assert script.chapters() == ("One", "Two", "Three")
    assert [text for _, text in lines(script)] == ["a", "b", "c"]
    assert {one.text for one in script.warnings} == {
        "2 words in `questions` are not spoken",
        "5 words in `notes` are not spoken",
    }


def test_many_lists_that_nobody_speaks_are_told_in_short(tmp_path: Path) -> None:
    others = {f"k{n}": [{"text": f"not {n} said", "start": n}] for n in range(3_000)}
    document = {**others, "segments": [entry("A", "a"), entry("B", "b", take=1)]}
    warnings = imported(tmp_path, json.dumps(document), ".json").warnings
    assert len(warnings) == 21
    assert "8940 words in 2980 more lists are not spoken" in {one.text for one in warnings}


def test_strings_between_entries_are_counted_once_and_told(tmp_path: Path) -> None:
    document = {"segments": [entry("A", "a", take=1), entry("B", "b"), "junk junk", 7]}
    script = imported(tmp_path, json.dumps(document), ".json")
    assert lines(script) == [("A", "a"), ("B", "b")]
    assert [one.text for one in script.warnings] == ["2 words in `segments` are not spoken"]


def test_numbers_of_speakers_are_kept_exactly(tmp_path: Path) -> None:
    many = [1234567, 1234568, 12345678901234567890, 2.0, 2.5]
    document = [entry(who, "a") for who in many]  # type: ignore[arg-type]
    assert [who for who, _ in said(tmp_path, document)] == [
        "Speaker 1234567", "Speaker 1234568", "Speaker 12345678901234567890", "Speaker 2",
        "Speaker 2.5",
    ]  # fmt: skip
    text = f'[{{"text": "a", "speaker": {"9" * 9_000}, "start": -{"9" * 9_000}}}]'
    assert len(lines(imported(tmp_path, text, ".json"))) == 1


def test_an_empty_text_hides_nothing(tmp_path: Path) -> None:
    words = [{"word": " Hi"}, {"word": " you."}]
    assert said(tmp_path, [entry("A", "", words=words), entry("B", " ", body="b")]) == [
        ("A", "Hi you."),
        ("B", "b"),
    ]
    again = {"alternatives": [{"words": words}]}  # the words of the whole, with their speakers
    assert said(tmp_path, [{"alternatives": [{"transcript": "Hi you."}]}, again]) == [
        ("Speaker", "Hi you.")
    ]


@pytest.mark.parametrize("escape", [("/", "\\/"), ("\\u00c9", "\\u00C9")])
def test_places_whatever_the_escapes(tmp_path: Path, escape: tuple[str, str]) -> None:
    source = [entry("A", f"1/2 É {n}", start=4 * n, more="x" * 30_000 * (n == 1)) for n in range(4)]
    text = json.dumps(source, indent=1)
    assert escape[0] in text
    script = imported(tmp_path, text.replace(*escape), ".json")
    assert [speech.place.line for speech in script.speeches()] == [4, 10, 16, 22]


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
