from pathlib import Path

import pytest
from hypothesis import given

from podforge.errors import InputError
from podforge.reading.captions.labels import lead
from tests.imports import FUZZ, holds, imported, lines, texts

VTT = "WEBVTT\n\n"
SRT = "1\n00:00:01,000 --> 00:00:02,000\n"


def vtt(tmp_path: Path, *cues: str) -> list[tuple[str, str]]:
    """What is said by captions, half a second apart, of a second each."""
    timed = (f"00:{1.5 * n:06.3f} --> 00:{1.5 * n + 1:06.3f}\n{cue}" for n, cue in enumerate(cues))
    return lines(imported(tmp_path, VTT + "\n\n".join(timed), ".vtt"))


def test_voices(tmp_path: Path) -> None:
    text = (
        "\ufeffWEBVTT - a title\r\nKind: captions\r\nLanguage: en-GB\r\n\r\n"
        "STYLE\r\n::cue(v) { color: red }\r\n\r\nREGION\r\nid:a\r\n\r\nNOTE\r\nnot said\r\n\r\n"
        "intro\r\n00:01.000 --> 00:04.000 line:0 align:start\r\n"
        "<v.loud.first Dr. Ada Moor>Fish &amp; <i>chips</i>,</v>\r\n\r\n"
        "00:00:04.100 --> 00:00:06.000\r\n<v Dr. Ada Moor>and <c.red>peas</c>.\r\n"
        "<v Ben>[laughs] <lang de>Ja<00:05.000></lang>.</v> <v Dr. Ada Moor>Good.\r\n\r\n"
        "NOTE not said\r\n\r\n00:09.000 --> 00:10.000\r\nAfter a pause.\r\n"
    )
    script = imported(tmp_path, text, ".vtt")
    assert lines(script) == [
        ("Dr. Ada Moor", "Fish & chips, and peas."),
        ("Ben", "Ja."),
        ("Dr. Ada Moor", "Good."),
        ("Dr. Ada Moor", "After a pause."),
    ]
    speech = list(script.speeches())[1]
    assert speech.events == ((0, "laughs"),)
    assert speech.place.line == 20
    assert (script.header.language, script.header.closed) == ("en-GB", True)
    assert [role.name for role in script.header.roles] == ["Dr. Ada Moor", "Ben"]


def test_subrip(tmp_path: Path) -> None:
    text = (
        "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>JOHN: Where is it?</i>\n- Here.\n\n"
        "2\n00:00:02,500 --> 00:00:04,000\n- MARY ANN: There.\n- I see: nothing.\n\n"
        "3\n00:00:04,200 --> 00:00:05,000\n[DOOR\nCREAKS]\n\n[applause]\n"
        "4\n00:00:05,500 --> 00:00:06,000\n♪ One line\nand two ♪\n"
        ">> JOHN (whispering): Psst,<br>you.\n"
    )
    script = imported(tmp_path, text, ".srt")
    assert lines(script) == [
        ("JOHN", "Where is it?"),
        ("Speaker", "Here."),
        ("MARY ANN", "There."),
        ("Speaker", "I see: nothing."),
        ("JOHN", "Psst, you."),
    ]
    assert list(script.speeches())[-1].delivery == "whispering"
    assert script.account
    assert script.account.sums["music"] == len("♪Oneline") + len("andtwo♪")
    assert script.account.sums["mark"] == len("[DOORCREAKS][applause]")


def test_names_in_front(tmp_path: Path) -> None:
    assert vtt(tmp_path, "Ana Ruiz: Hello.", "Bo: Hi.", "Ana Ruiz: One: two.") == [
        ("Ana Ruiz", "Hello."),
        ("Bo", "Hi."),
        ("Ana Ruiz", "One: two."),
    ]
    assert vtt(tmp_path, "[SPEAKER_00]: Hej.", "[SPEAKER_01]: Nej.", "[SPEAKER_00]: Jo.") == [
        ("SPEAKER_00", "Hej."),
        ("SPEAKER_01", "Nej."),
        ("SPEAKER_00", "Jo."),
    ]
    zoom = ["Jo Orr (he/him): A: b?", "Al Ng: Yes.", "Jo Orr (he/him): So."]
    assert vtt(tmp_path, *zoom)[0] == ("Jo Orr", "A: b?")
    prose = ["He said: go.", "And so", "it was: late.", "London: 1984.", "In the end", "nothing."]
    assert {who for who, _ in vtt(tmp_path, *prose)} == {"Speaker"}


def test_labels_in_odd_stars_leave_their_text(tmp_path: Path) -> None:
    assert vtt(tmp_path, '**Ana: "**Hello there my friend"', "***Ben:** I am lost here*") == [
        ("Ana", '"Hello there my friend"'),
        ("Ben", "I am lost here"),
    ]
    assert lead("**Ana: **so _it_ is", {"ana": "Ana"}).length == len("**Ana: **")


def test_one_name_in_capitals_may_be_anything(tmp_path: Path) -> None:
    prose = ["it is late and", "WEATHER: 10 degrees", "and so we went", "home again"]
    assert {who for who, _ in vtt(tmp_path, *prose)} == {"Speaker"}
    assert {who for who, _ in vtt(tmp_path, "TIME: 10 PM", "TIME: 11 PM")} == {"Speaker"}
    assert vtt(tmp_path, *prose[2:], "GUARD: Halt.", "x", "y", "JO: Hm.")[1:] == [
        ("GUARD", "Halt. x y"),
        ("JO", "Hm."),
    ]


def test_names_from_voices_can_be_labels(tmp_path: Path) -> None:
    assert vtt(tmp_path, "<v 2>Yes.", "<v [A] (b): {c}>No.", "<v " + "n" * 90 + ">So.") == [
        ("Speaker 2", "Yes."),
        ("A b c", "No."),
        ("n" * 60, "So."),
    ]


def test_a_stray_bracket_joins_no_lines(tmp_path: Path) -> None:
    lost = "ANA: One [two\nBEN: three\nANA: four\nBEN: five\nANA: six]\nBEN: seven"
    names = [who for who, _ in lines(imported(tmp_path, SRT + lost, ".srt"))]
    assert names == ["ANA", "BEN"] * 3
    assert lines(imported(tmp_path, SRT + "ANA: One [door\ncreaks] two", ".srt")) == [
        ("ANA", "One two")
    ]
    song = imported(tmp_path, SRT + "\u266a la\nlala\n\n" + SRT + "Hi.", ".srt")
    assert lines(song) == [("Speaker", "Hi.")]


def test_a_long_paragraph_ends_where_a_sentence_does(tmp_path: Path) -> None:
    before = "A sentence of some length that goes on. " * 20 + "We met Mr."
    said = [text for _, text in vtt(tmp_path, before, "Smith.", "He went.")]
    assert said == [f"{before} Smith.", "He went."]


def test_a_line_goes_on_and_a_pause_ends_it(tmp_path: Path) -> None:
    assert vtt(tmp_path, "one", "two", "three.") == [("Speaker", "one two three.")]
    long = "A sentence of some length that goes on. " * 20
    assert [len(text) for _, text in vtt(tmp_path, long, long)] == [len(long) - 1] * 2


def test_rolling_captions_are_said_once(tmp_path: Path) -> None:
    rolling = ["my work in", "my work in\nmany small<00:01.200><c> things</c>",
               "many small things", "many small things\nhas ended. No."]  # fmt: skip
    assert vtt(tmp_path, *rolling) == [("Speaker", "my work in many small things has ended. No.")]
    growing = ["I", "I think", "I think that", "I think that so"]
    assert vtt(tmp_path, *growing) == [("Speaker", "I think that so")]
    said = ["No.", "No.", "Well, yes.", "If so, then", "all is well.", "Yes.", "Then go.", "Bye."]
    assert vtt(tmp_path, *said)[0][1].startswith("No. No. Well")


def test_files_that_are_sloppy(tmp_path: Path) -> None:
    text = "WEBVTT\n\n1\n00:01.000 --> 00:02.000\none\n \n2\n00:02,000 -->  00:03,000\ntwo\nlost?\n"
    assert lines(imported(tmp_path, text, ".vtt")) == [("Speaker", "one two lost?")]
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\none\n\nno cue at all\n"
    script = imported(tmp_path, text, ".vtt")
    assert lines(script) == [("Speaker", "one")]
    assert [problem.place.line for problem in script.warnings] == [6]
    with pytest.raises(InputError, match="no captions"):
        imported(tmp_path, "WEBVTT\n\nnothing\n", ".vtt")


@FUZZ
@given(
    texts(
        "WEBVTT", "00:01.000 --> 00:02.000", "1\n00:00:01,000 --> 00:00:02,000\n", "<v Ana>",
        "</v>", "<c>", "<00:01.000>", "NOTE", "STYLE", "[laughs]", "(DOOR)", "♪", "ANA: ", ">> ",
        "- ",
        "&amp;", "&#0;", "{\\an8}", "\\N", "<", "[", "-->", "\ue0ff",
    )
)  # fmt: skip
def test_any_captions_are_read_or_refused(tmp_path: Path, text: str) -> None:
    for suffix in (".vtt", ".srt"):
        holds(tmp_path, text, suffix)
        holds(tmp_path, f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}", suffix)


@pytest.mark.parametrize(
    "unit",
    [
        "<v a ",
        "[",
        "(",
        "♪ a ",
        "A",
        "A.",
        "a ",
        "<",
        "{\\",
        "a\n",
        "00:01.000 --> ",
        "1:",
        "# ",
        "[a\n",
        "♪\n",
        "<v A>",
    ],
)
def test_captions_take_no_longer_than_they_are(tmp_path: Path, unit: str) -> None:
    for suffix in (".vtt", ".srt"):
        text = f"WEBVTT\n\n00:01.000 --> 00:02.000\n{unit * (40_000 // len(unit))}"
        holds(tmp_path, text, suffix)
    cue = f"00:01.000 --> 00:02.000\n{unit * 9}: {unit * 9}\n\n"
    holds(tmp_path, "WEBVTT\n\n" + cue * (40_000 // len(cue)), ".vtt")


@pytest.mark.parametrize(("one", "other"), [("Speaker 1", "Speaker 2"), ("Ana", "Ben")])
def test_names_in_brackets_without_a_colon(tmp_path: Path, one: str, other: str) -> None:
    said = [f"[{one}] Hello.", f"[{other}] Hi.", f"[{one}] Fine.", "[laughs] Really.", "[Music]"]
    cues = "".join(
        f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{line}\n\n" for n, line in enumerate(said, 1)
    )
    found = lines(imported(tmp_path, cues, ".srt"))
    assert found == [(one, "Hello."), (other, "Hi."), (one, "Fine. Really.")]


def test_a_voice_may_hold_an_entity(tmp_path: Path) -> None:
    assert vtt(tmp_path, "<v Mary &amp; Ann>Good night.") == [("Mary & Ann", "Good night.")]
