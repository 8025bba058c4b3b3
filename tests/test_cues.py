"""What cues ask for: options, actions, and what is said about the ones that cannot be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podforge.cues import Instruction, cue_problems, instruction
from podforge.errors import InputError, Place
from podforge.script import Cue, Header, Script, Speech

PLACE = Place("s.md", 7, 3)


def cue(text: str, kind: str = "music", line: int = 7) -> Cue:
    """`theme.mp3 | option | option`, or `stop | option`; not as the reader does it, but enough."""
    first, *options = (part.strip() for part in text.split("|"))
    file = first if "." in first[-5:] else ""
    return Cue(kind, file, "" if file else first, tuple(options), Place("s.md", line, 3))


def errors(text: str, kind: str = "music") -> list[str]:
    with pytest.raises(InputError) as caught:
        instruction(cue(text, kind))
    assert {(problem.place, problem.severity) for problem in caught.value.problems} == {
        (PLACE, "error")
    }
    return [problem.text for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("option", "fields"),
    [
        ("fade in 1s", {"fade_in": 1.0}),
        ("fade in 1.5 seconds", {"fade_in": 1.5}),
        ("FADE  IN: 300ms", {"fade_in": 0.3}),
        ("fade-in=.5", {"fade_in": 0.5}),
        ("fadeout 1m", {"fade_out": 60.0}),
        ("under -14dB", {"under_db": -14.0}),
        ("Under \u221214 db", {"under_db": -14.0}),
        ("under -14.5", {"under_db": -14.5}),
        ("under off", {"under_db": 0.0}),
        ("gain -3dB", {"gain_db": -3.0}),
        ("gain +6 dB", {"gain_db": 6.0}),
        ("pan -0.5", {"pan": -0.5}),
        ("pan \u22121", {"pan": -1.0}),
        ("pan Left", {"pan": -1.0}),
        ("pan right", {"pan": 1.0}),
        ("pan centre", {"pan": 0.0}),
        ("loop", {"loops": True}),
        ("loop 2s", {"loops": True, "seam": 2.0}),
        ("from 10s", {"skip": 10.0}),
        ("from 0:10", {"skip": 10.0}),
        ("from 1:02:03.5", {"skip": 3723.5}),
        ("for 20s", {"length": 20.0}),
        ("for 1 min", {"length": 60.0}),
        ("for 0s", {"length": 0.0}),
        ("crossfade 3s", {"crossfade": 3.0}),
        ("wait", {"waits": True}),
        ("over", {"waits": False}),
    ],
)
def test_an_option_has_its_value(option, fields):
    assert instruction(cue(f"theme.mp3 | {option}")) == Instruction("start", **fields)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stop | fade out 3s", Instruction("stop", fade_out=3.0)),
        ("Stop", Instruction("stop")),
        ("stops", Instruction("stop")),
        ("end", Instruction("stop")),
        ("off", Instruction("stop")),
        ("out", Instruction("stop")),
        ("fade out", Instruction("stop")),
        ("fades out", Instruction("stop")),
        ("fade out 3s", Instruction("stop", fade_out=3.0)),
        ("under -20dB", Instruction("change", under_db=-20.0)),
        ("under off", Instruction("change", under_db=0.0)),
        ("up", Instruction("change", under_db=0.0)),
        ("gain -6dB | under -20dB", Instruction("change", under_db=-20.0, gain_db=-6.0)),
        ("", Instruction("none")),
        ("a slow piano | softly | gain: a lot", Instruction("none")),
        ("under the bridge", Instruction("none")),
        ("up and away", Instruction("none")),
        ("gain of a chorus", Instruction("none")),
        ("fade out slowly", Instruction("none")),
        ("ends with a bang | loop 99h", Instruction("none")),
    ],
)
def test_an_action_without_a_file(text, expected):
    assert instruction(cue(text)) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a.mp3 | fad in 1s", 'unknown option "fad in 1s" (did you mean "fade in"?)'),
        ("a.mp3 | fade 1s", 'unknown option "fade 1s" (did you mean "fade in"?)'),
        ("a.mp3 | croosfade 1s", '(did you mean "crossfade"?)'),
        ("a.mp3 | reverse", "(known: fade in, fade out, under,"),
        ("a.mp3 | 12", "(known: fade in, fade out, under,"),
        ("a.mp3 | fade in", "fade in takes a time from 0s to 1m"),
        ("a.mp3 | fade in 61s", "from 0s to 1m"),
        ("a.mp3 | fade in -1s", "from 0s to 1m"),
        ("a.mp3 | fade in 1 h", "from 0s to 1m"),
        ("a.mp3 | fade in 2dB", "from 0s to 1m"),
        ("a.mp3 | fade in 1,5s", "from 0s to 1m"),
        ("a.mp3 | from 0:75", "from 0s to 24h"),
        ("a.mp3 | for 25:00:00", "from 0s to 24h"),
        ("a.mp3 | under 14dB", "a level from -60dB to 0dB"),
        ("a.mp3 | under -61dB", "a level from -60dB to 0dB"),
        ("a.mp3 | under -14s", "a level from -60dB to 0dB"),
        ("a.mp3 | gain 25dB", "a level from -60dB to 24dB"),
        ("a.mp3 | gain +60dB", "a level from -60dB to 24dB"),
        ("a.mp3 | gain 50%", "a level from -60dB to 24dB"),
        ("a.mp3 | gain loud", "a level from -60dB to 24dB"),
        ("a.mp3 | pan 1.1", "a number from -1 to 1"),
        ("a.mp3 | pan 200", "a number from -1 to 1"),
        ("a.mp3 | pan up", "a number from -1 to 1"),
        ("a.mp3 | loop twice", "the overlap of its ends from 0s to 30s"),
        ("a.mp3 | loop 31s", "from 0s to 30s"),
        ("a.mp3 | wait 3s", '"wait 3s" cannot be: wait takes no value'),
        ("a.mp3 | wait | over", '"over" contradicts another option'),
        ("a.mp3 | gain 1dB | gain 1dB", "contradicts another option"),
        ("stop | gain -3dB", '"gain -3dB" has no meaning in a cue that only stops what sounds'),
        ("stop | fade 3s", "did you mean"),
        ("under -20dB | loop", '"loop" has no meaning in a cue that only changes what sounds'),
        ("under 14dB", "a level from -60dB to 0dB"),
        ("fade out 90s", "from 0s to 1m"),
    ],
)
def test_what_cannot_be_is_an_error_at_the_cue(text, said):
    (error,) = errors(text)
    assert said in error


def test_an_effect_has_no_crossfade():
    assert "is for music" in errors("door.wav | crossfade 1s", "sfx")[0]
    assert instruction(cue("door.wav | under -6dB", "sfx")).under_db == -6.0


def test_all_errors_of_a_cue_are_told_at_once():
    assert len(errors("a.mp3 | fad in 1s | gain 99dB | wait | pan 3")) == 3


@given(st.text(max_size=30), st.booleans())
def test_whatever_is_written_is_read_or_refused(option, has_file):
    text = "a.mp3" if has_file else option.replace("|", " ")
    written = Cue("music", "a.mp3" * has_file, text * (not has_file), (option,), PLACE)
    try:
        asked = instruction(written)
    except InputError:
        return
    assert (asked.action == "start") == has_file


@given(
    st.sampled_from(["fade in", "fade out", "crossfade"]), st.floats(0, 60), st.booleans()
)  # fmt: skip
def test_a_time_is_what_was_written(name, seconds, milliseconds):
    shown = f"{seconds * 1000:.3f}ms" if milliseconds else f"{seconds:.6f}s"
    asked = instruction(cue(f"a.mp3 | {name} {shown}"))
    assert getattr(asked, name.replace(" ", "_")) == pytest.approx(seconds, abs=1e-6)


def test_the_problems_of_a_script():
    items = (
        cue("stop", line=1),
        cue("theme.mp3 | lop", line=2),
        Speech(("Ana",), "Hello.", Place("s.md", 3)),
        cue("under -20dB", line=4),
        cue("stop | fade out 90s", line=5),
        cue("up", line=6),
        cue("stop", "sfx", line=7),
        cue("door.wav | for 0s", "sfx", line=8),
        cue("a slow piano | softly", line=9),
        cue("fades out", line=10),
    )
    found = list(cue_problems(Script("s.md", Header(), items)))
    assert [(one.place.line, one.severity, one.text.split(":")[0]) for one in found] == [
        (1, "warning", "no music is playing here"),
        (2, "error", 'unknown option "lop" (did you mean "loop"?)'),
        (5, "error", '"fade out 90s" cannot be'),
        (6, "warning", "no music is playing here"),
        (7, "warning", "no sound effect is playing here"),
        (8, "warning", "door.wav is not heard"),
    ]


@pytest.mark.parametrize(
    ("description", "warned"),
    [
        ("theme.mp3 fade in 1s", True),
        ("theme.WAV, under -14dB", True),
        ("a slow piano | fil theme.mp3", True),
        ("audio/theme.mp4", True),  # what a cue names must be told from prose by its ending
        ("the theme.", False),
        ("Symphony no.4 by www.wavering.org", False),
    ],
)
def test_prose_that_names_a_file_is_warned_about(description, warned):
    first, *options = description.split(" | ")
    items = (Cue("music", "", first, tuple(options), PLACE),)
    found = [one.text for one in cue_problems(Script("s.md", Header(), items))]
    assert len(found) == warned
    assert all(text.startswith(f'"{description}"') and "after a |" in text for text in found)
