import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podforge.errors import InputError, MissingInput, Place, PodforgeError, UsageError
from podforge.reading import Asked, front_matter, read, suggest_cast
from podforge.reading.markdown.blocks import blocks
from podforge.reading.pauses import bracketed
from podforge.script import Chapter, Cue, Edit, Pause, SceneBreak, Script, Setting, Speech

CAST = "---\nspeakers: {Mara: m, Tobias: t, Jerod: j, Posit Connect: p}\n---\n"  # three lines
STARTED = CAST + "**Mara:** Hi.\n\n"  # five lines


def script_of(tmp_path: Path, text: str, suffix: str = ".md") -> Script:
    path = tmp_path / f"a{suffix}"
    path.write_text(text, encoding="utf-8")
    return read(path)


def heard(script: Script) -> list[tuple[str, str]]:
    return [(" & ".join(item.speakers), item.text) for item in script.speeches()]


def problems(tmp_path: Path, text: str, suffix: str = ".md") -> list[str]:
    with pytest.raises(InputError) as caught:
        script_of(tmp_path, text, suffix)
    return [str(p).removeprefix(f"{tmp_path}/") for p in caught.value.problems]


def warned(script: Script) -> list[str]:
    return [problem.text for problem in script.warnings]


NO_LABEL = '"Jerod" is read as text: a label begins a paragraph and ends with :'
NO_MARK = "this is left out as a stage direction"
EXAMPLE = """\
---
title: "The Bakery at the End of the Line"
speakers:
  Mara: {voice: mara, aliases: [Mara Quill, Host]}
  Tobias: {voice: tobias, style: warm}
---
**Runtime:** 20 minutes            <!-- preamble: unspoken -->
[music: audio/theme.mp3 | fade in 1s | under -14dB]
## Cold open
**Mara:** It's 4:30 in the morning.
[pause 1.5s]
**Tobias (whispering):** Mind the step.
**Mara:** [laughs] Too late. Note: wear boots.

That second paragraph is still me.
*(An oven door opens.)*
**Mara & Tobias:** Good night!
"""


def test_the_example_of_the_format(tmp_path: Path) -> None:
    script = script_of(tmp_path, EXAMPLE)
    file = script.path

    def at(line: int, column: int = 1) -> Place:
        return Place(file, line, column)

    assert script.items == (
        Cue("music", "audio/theme.mp3", "", ("fade in 1s", "under -14dB"), at(8)),
        Chapter("Cold open", at(9, 4)),
        Speech(("Mara",), "It's 4:30 in the morning.", at(10)),
        Pause(1.5, at(11)),
        Speech(("Tobias",), "Mind the step.", at(12), delivery="whispering"),
        Speech(("Mara",), "Too late. Note: wear boots.", at(13), events=((0, "laughs"),)),
        Speech(("Mara",), "That second paragraph is still me.", at(15)),
        Speech(("Mara", "Tobias"), "Good night!", at(17)),
    )
    assert script.header.title == "The Bakery at the End of the Line"
    assert script.header.roles[0].aliases == ("Mara Quill", "Host")
    assert script.header.roles[1].style == "warm"
    assert warned(script) == ["text before the first label is not spoken: 3 words"]


TWIN = """\
podforge: 1
title: Council night
speakers:
  ada: {name: Ada, voice: ada}
  "1": {name: Councillor Okafor, voice: okafor, aliases: [Speaker 1]}
script:
  - chapter: Opening
  - ada: "Welcome back."
  - {speaker: Speaker 1, text: "See https://example.org:8080/b, item 12:30.", pause_after: 300ms}
  - music: theme.mp3 | fade in 1s
  - pause: 2s
  - {speaker: [ada, "1"], text: "Good night.", style: softly}
"""


def test_the_twin_of_the_format(tmp_path: Path) -> None:
    script = script_of(tmp_path, TWIN, ".yaml")
    assert script.header.title == "Council night"
    assert heard(script) == [
        ("Ada", "Welcome back."),
        ("Councillor Okafor", "See https://example.org:8080/b, item 12:30."),
        ("Ada & Councillor Okafor", "Good night."),
    ]
    kinds = [type(item).__name__ for item in script.items]
    assert kinds == ["Chapter", "Speech", "Speech", "Pause", "Cue", "Pause", "Speech"]
    assert [item.seconds for item in script.items if isinstance(item, Pause)] == [0.3, 2.0]
    assert script.items[-1].delivery == "softly"
    assert (script.items[1].place.line, script.items[1].place.column) == (8, 10)


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("**Jerod:** t", "t"),
        ("**Jerod**: t", "t"),
        ("**JEROD (on phone)**: t", "t"),
        ("**Jerod:**t", "t"),
        ("**Jerod: ** t", "t"),
        ("__Jerod:__ t", "t"),
        ("Jerod: t", "t"),
        ("jEROD : t", "t"),
        ("Jerod：t", "t"),
        ("  Jerod: t", "t"),
        ("**Jerod:**\n\nt", "t"),
        ("Jerod:\nt", "t"),
        ("Jerod (00:01): t", "t"),
        ("Jerod [0:46]: t", "t"),
        ("[00:00:28] Jerod: t", "t"),
        ("**Jerod** 00:18\n\nt", "t"),
        ("Jerod – 00:03:20:\n\nt", "t"),
        ("- **Jerod:** t", "t"),
        ("<v Jerod>t", "t"),
        ("**Jerod: Jerod:** Yeah.", "Yeah."),
        ('**Jerod: "**Never stop"', '"Never stop"'),
        ("***Jerod:** Every lash*", "Every lash"),
        ("**Jerod:**&quot;SPA is fast.&quot;", '"SPA is fast."'),
        ("Jerod: 00:00:19\nthe speech", "the speech"),
        ("Jerod: Yeah. Jerod: Anyway", "Yeah. Anyway"),
        ("Jerod: At 4:30 we", "At 4:30 we"),
        ("## Jerod\n\nt", "t"),
        ("<p><strong>Jerod:</strong> t</p>", "t"),
        ('<div class="a"> <p><b>J&#101;rod</b>:&nbsp;t', "t"),
    ],
)
def test_every_form_of_label(tmp_path: Path, line: str, spoken: str) -> None:
    script = script_of(tmp_path, STARTED + line)
    assert heard(script) == [("Mara", "Hi."), ("Jerod", spoken)]
    assert warned(script) == []


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("Note: wear boots.", "Note: wear boots."),
        ("**Note:** wear boots.", "Note: wear boots."),
        ("Chapter 1: it begins", "Chapter 1: it begins"),
        ("All: yes", "All: yes"),
        ("12:30 is late", "12:30 is late"),
        ("At 4:30 we went", "At 4:30 we went"),
        ("std::x is a name", "std::x is a name"),
        ("**Never** 4:30 again", "Never 4:30 again"),
        ("**Never: stop** there", "Never: stop there"),
        ("- **Topic:** bread", "Topic: bread"),
        ("> **Jerod:** quoted", "Jerod: quoted"),
        ("2. Sure. Sometimes.", "2. Sure. Sometimes."),
        ("    indented is no code", "indented is no code"),
        ("(00:01:26): and more", "and more"),
        ("*A bare italic paragraph.*", "A bare italic paragraph."),
        ("a [link](http://x.y/z) and <b>x</b> &amp; `code *x*`", "a link and x & code *x*"),
        ("~~no~~ [[a|b]] f**k 2*3 *it* _em_ snake_case x[^1]", "b f**k 2*3 it em snake_case x"),
        (r"\*stars\* and \[laughter\] here", "*stars* and here"),
        ("**Mara** and **Tobias** too", "Mara and Tobias too"),
        ("a<b, and c>d", "a<b, and c>d"),
        ("He said (music up) twice.", "He said (music up) twice."),
        ("Time for (a break).", "Time for (a break)."),
    ],
)
def test_prose_is_said_by_the_current_speaker(tmp_path: Path, line: str, spoken: str) -> None:
    script = script_of(tmp_path, STARTED + line)
    assert heard(script) == [("Mara", "Hi."), ("Mara", spoken)]


@pytest.mark.parametrize(
    "line",
    [
        "*(An oven door opens.)*",
        "*[An oven door opens.]*",
        "[An oven door opens.]",
        "<!-- a comment -->",
        "%% a comment %%",
        "<!-- podforge: skip -->\n**Jerod:** no\n<!-- inner -->\n\nno\n<!-- podforge: resume -->",
        "> [!NOTE]\n> silent\n>\n> also silent",
        "[^1]: a footnote\n    that goes on\n\n    and on",
        "[1]: https://example.org",
        "- [ ] to do",
        "(00:01:26)",
        "[00:01:26]",
        "## A chapter",
        "**Sound:** rain",
        "[Paul waits. The music is soft.]",
        "*(The door stops.)*",
    ],
)
def test_what_is_never_spoken(tmp_path: Path, line: str) -> None:
    script = script_of(tmp_path, STARTED + line + "\n\nMore.")
    assert heard(script) == [("Mara", "Hi."), ("Mara", "More.")]
    assert warned(script) == []


@pytest.mark.parametrize(
    ("line", "warning"),
    [
        ("```\ncode: here\n\nmore\n```", "code is not spoken: 3 words"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a table is not spoken: 4 words"),
        ("![x](a.png)", "a picture is not spoken"),
        ("[x] WASM [waezm]", "[waezm] is not spoken: it is no known mark"),
        ("**Mara** says", '"Mara" is read as text: a label ends with a colon'),
        ("Tobais: hm", '"Tobais:" is read as text; did you mean "Tobias"?'),
        ("**Tobias:**\n\n**Mara:** hm", "nothing is said here: the empty turn is dropped"),
        ("x <insert sponsor here>", "<insert sponsor here> is not spoken: it is no known mark"),
        ("<TODO: name> x", "<TODO: name> is not spoken: it is no known mark"),
        ("##Sub", '"##Sub" is read as text: a heading has a space behind its #'),
        ("> **Jerod:** hm", NO_LABEL),
        ("“**Jerod:** hm”", NO_LABEL),
        ("Jerod; hm", NO_LABEL),
        ("[musik stop]", f"{NO_MARK}: music ends at [music stop]"),
        ("[music sotp | fade out 2s]", f"{NO_MARK}: music ends at [music stop]"),
        ("[Stop music]", f"{NO_MARK}: music ends at [music stop]"),
        ("*[puase]*", f"{NO_MARK}: a pause is [pause 2s]"),
        ("*(silence 2s)*", f"{NO_MARK}: a pause is [pause 2s]"),
        ("[2 seconds]", f"{NO_MARK}: a pause is [pause 2s]"),
        (
            "**Mara & Tobias:** Bye.\n\nBye.\n\n## Notes\n\n- A link.\n- Another.",
            "Mara and Tobias go on together into this chapter: a label says who speaks",
        ),
    ],
)
def test_warnings(tmp_path: Path, line: str, warning: str) -> None:
    assert warned(script_of(tmp_path, STARTED + line)) == [warning]


def test_unknown_speakers_are_all_reported(tmp_path: Path) -> None:
    text = STARTED + "**Tobais:** a\n\n**Mara:** b\n\n  **Maria (softly):** c\n\n[S9] d"
    assert problems(tmp_path, text) == [
        'a.md:6:1: error: unknown speaker "Tobais" (did you mean "Tobias"?)',
        'a.md:10:3: error: unknown speaker "Maria" (did you mean "Mara"?)',
        'a.md:12:1: error: unknown speaker "S9" (known: Mara, Tobias, Jerod, Posit Connect)',
        "a.md:12:1: warning: [S9] is not spoken: it is no known mark",
    ]


def test_labels_need_no_blank_lines(tmp_path: Path) -> None:
    text = "Speaker 1: Hello\nand so on\nSpeaker 2: Hi there: you\nSpeaker 1: Bye"
    assert heard(script_of(tmp_path, text)) == [
        ("Speaker 1", "Hello and so on"),
        ("Speaker 2", "Hi there: you"),
        ("Speaker 1", "Bye"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1]: Yes.\n\n[2]: No.\n\n[1]: Ok.", [("1", "Yes."), ("2", "No."), ("1", "Ok.")]),
        ("[S1] Hello [S2] Hi [S1] bye", [("S1", "Hello"), ("S2", "Hi"), ("S1", "bye")]),
        (
            "<Person1> <emphasis> \"Exactly! </emphasis> That's</Person1>\n<Person2>Yes</Person2>",
            [("Person1", "\"Exactly! That's"), ("Person2", "Yes")],
        ),
        (
            "**Clippy at the launch 5/31/2001:** a\n\n**$STDOUT:** b\n\n**Paul✌:** c",
            [("Clippy at the launch 5/31/2001", "a"), ("$STDOUT", "b"), ("Paul✌", "c")],
        ),
        (
            "**Topic:** bread\n\n**Ana:** a\n\n**Ben:** b\n\n**Ana:** c\n\nBen: d\n\nNote: e",
            [("Ana", "a"), ("Ben", "b"), ("Ana", "c"), ("Ben", "d"), ("Ben", "Note: e")],
        ),
        (
            "Q: a\n\nA: b\n\nQ: c\n\nA: d\n\nQ: e\n\nA: f",
            list(zip("QAQAQA", "abcdef", strict=True)),
        ),
    ],
)
def test_an_open_cast_is_inferred(tmp_path: Path, text: str, expected: list) -> None:
    script = script_of(tmp_path, text)
    assert heard(script) == expected
    assert warned(script)[0].startswith("no closed cast; speakers found by their labels: ")


def test_a_misspelt_name_in_an_open_cast_is_doubted(tmp_path: Path) -> None:
    text = "\n\n".join(["**Tobias:** a", "**Mara:** b"] * 3 + ["**Tobais:** c"])
    script = script_of(tmp_path, text)
    assert '"Tobais" speaks once; did you mean "Tobias"?' in warned(script)


def test_a_list_of_speakers_is_a_hint(tmp_path: Path) -> None:
    script = script_of(tmp_path, "---\nspeakers: [Ana, Nobody]\n---\nAna: hi\n\n**Ben:** ho")
    assert heard(script) == [("Ana", "hi"), ("Ben", "ho")]
    assert not script.header.closed


@pytest.mark.parametrize(
    ("inside", "seconds"),
    [
        ("pause", 1.0), ("pause 2s", 2.0), ("pause: 1.5s", 1.5), ("pause short", 0.4),
        ("long pause", 2.0), ("break", 1.0), ("pause 500", 0.5), ("PAUSE 3", 3.0),
        ("PAUSE 60 sec - let learner think", 60.0), ("pause for effect", 1.0), ("2s pause", 2.0),
        ("pause 9999", 9.999), ("pause 9999s", None), ("pause -1s", None), ("pause - 1s", 1.0),
        ("coffee break", None),
        ("break things", None), ("paused", None),
    ],
)  # fmt: skip
def test_pauses(inside: str, seconds: float | None) -> None:
    assert bracketed(inside) == seconds


def test_pauses_and_cues_cut_a_paragraph(tmp_path: Path) -> None:
    line = 'Jerod: a <break time="300ms"/> b [pause] c [sfx: x.wav | gain -3dB] d ![x](y.mp3)'
    script = script_of(tmp_path, CAST + line + "\nSFX: door")
    shown = [
        (item.place.column, getattr(item, "text", getattr(item, "seconds", None)))
        for item in script.items
        if not isinstance(item, Cue)
    ]
    assert shown == [(1, "a"), (10, 0.3), (32, "b"), (34, 1.0), (42, "c"), (69, "d")]
    cues = [(i.kind, i.file, i.description, i.options) for i in script.items if isinstance(i, Cue)]
    assert cues == [
        ("sfx", "x.wav", "", ("gain -3dB",)),
        ("sfx", "y.mp3", "", ("wait",)),
        ("sfx", "", "door", ()),
    ]


def test_pauses_in_round_brackets(tmp_path: Path) -> None:
    text = "Jerod: (beat) a (pause) b (a pause: 2s)\n\n*(pause 2s)*\n\n(Long pause.)\n\nc"
    items = script_of(tmp_path, CAST + text).items
    assert [getattr(item, "text", getattr(item, "seconds", None)) for item in items] == [
        1.0, "a", 1.0, "b (a pause: 2s)", 2.0, 2.0, "c",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "cue"),
    [
        ("[music stop | fade out 3s]", ("music", "", "stop", ("fade out 3s",))),
        (
            "[music: theme.mp3 | fade in 1s | under -14dB]",
            ("music", "theme.mp3", "", ("fade in 1s", "under -14dB")),
        ),
        ("[music gain -6dB]", ("music", "", "gain -6dB", ())),
        ("[Music stops]", ("music", "", "stops", ())),
        ("*(Music stops.)*", ("music", "", "stops", ())),
        ("[sfx: door.wav]", ("sfx", "door.wav", "", ())),
        ("MUSIC: theme.mp3", ("music", "theme.mp3", "", ())),
        ("MUSIC: theme.mp3 | loop", ("music", "theme.mp3", "", ("loop",))),
        ("![A bell](clips/bell.mp3)", ("sfx", "clips/bell.mp3", "", ("wait",))),
        ("**Music:** soft piano", ("music", "", "soft piano", ())),
        (r"# **Break:** \[25:59\] to \[27:11\]", ("music", "", "break: [25:59] to [27:11]", ())),
    ],
)
def test_cues(tmp_path: Path, line: str, cue: tuple) -> None:
    (found,) = (i for i in script_of(tmp_path, STARTED + line).items if isinstance(i, Cue))
    assert (found.kind, found.file, found.description, found.options) == cue


@pytest.mark.parametrize(
    ("item", "cue"),
    [
        ("{music: theme.mp3 | fade in 1s}", ("music", "theme.mp3", "", ("fade in 1s",))),
        (
            "{music: {file: theme.mp3, fade in: 1s, under: -14dB, loop: yes, wait: }}",
            ("music", "theme.mp3", "", ("fade in 1s", "under -14dB", "loop", "wait")),
        ),
        ("{music: stop | fade out 3s}", ("music", "", "stop", ("fade out 3s",))),
        ("{music: {description: under -20dB}}", ("music", "", "under -20dB", ())),
        ("{sfx: door.wav}", ("sfx", "door.wav", "", ())),
    ],
)
def test_cues_of_the_twin(tmp_path: Path, item: str, cue: tuple) -> None:
    (tmp_path / "t.yaml").write_text(f"script:\n  - {item}\n  - ana: Hello.\n")
    (found,) = (i for i in read(tmp_path / "t.yaml").items if isinstance(i, Cue))
    assert (found.kind, found.file, found.description, found.options) == cue
    assert found.place.line == 2


def test_delivery_and_sounds_of_the_voice(tmp_path: Path) -> None:
    text = CAST + "Mara: (very softly) So [laughs] it (sighs) goes [clears throat]\n\nTobias:\n\n"
    first, second = script_of(tmp_path, text + "[warmly] Yes.").speeches()
    assert (first.text, first.delivery) == ("So it goes", "very softly")
    assert first.events == ((3, "laughs"), (6, "sighs"), (10, "clears throat"))
    assert (second.text, second.delivery) == ("Yes.", "warmly")


def test_a_reading_given_inline(tmp_path: Path) -> None:
    line = 'Mara: Hi <say as="shi-vawn">Siobhán</say>, <sub alias="W3">x</sub>'
    (speech,) = script_of(tmp_path, CAST + line).speeches()
    assert speech.text == "Hi Siobhán, x"
    assert speech.spoken
    assert speech.spoken.text == "Hi shi-vawn, W3"
    assert speech.spoken.edits == (Edit(3, 11, 3, 10), Edit(13, 15, 12, 13))


def test_half_a_reading_is_none(tmp_path: Path) -> None:
    line = 'Mara: <say as="x">a ![x](y.mp3) b</say> c [sighs]'
    first, second = script_of(tmp_path, CAST + line).speeches()
    assert (first.said, second.said, second.events) == ("a", "b c", ((3, "sighs"),))


@pytest.mark.parametrize(
    "line", [r"\* \* \*", r"\*\*\*", r"\#", "<center>* * *</center>", "⁂", "• • •", "* * *"]
)
def test_scene_breaks(tmp_path: Path, line: str) -> None:
    items = script_of(tmp_path, f"{STARTED}{line}\n\nMore.").items
    assert [type(item) for item in items] == [Speech, SceneBreak, Speech]


def test_chapters_and_scenes(tmp_path: Path) -> None:
    body = "# Title\n\n## One\n\nMara: a\n\n* * *\n\nb\n---\n\n### Part\n\n## Two\n\nc"
    script = script_of(tmp_path, CAST + body)
    assert script.header.title == "Title"
    assert script.chapters() == ("One", "Two")
    assert sum(isinstance(item, SceneBreak) for item in script.items) == 2
    assert heard(script) == [("Mara", "a"), ("Mara", "b"), ("Mara", "c")]
    several = script_of(tmp_path, CAST + "# One\n\nMara: a\n\n## x\n\n# Two\n\nb")
    assert several.chapters() == ("One", "Two")


BOOK = """\
---
mode: audiobook
narrator: Nora
speakers: {Nora: n, Tom: t}
---
# Book

## One

Text here.

**Tom:** Hi.

More.

**Tom:**

Alone.

## Two

End.
"""


def test_an_audiobook_has_a_narrator(tmp_path: Path) -> None:
    script = script_of(tmp_path, BOOK)
    assert heard(script) == [
        ("Nora", "One"), ("Nora", "Text here."), ("Tom", "Hi."), ("Nora", "More."),
        ("Tom", "Alone."), ("Nora", "Two"), ("Nora", "End."),
    ]  # fmt: skip
    kinds = [type(item).__name__ for item in script.items[:3]]
    assert kinds == ["Chapter", "Speech", "Speech"]
    assert script.header.pauses.chapter == 2.5
    silent = script_of(tmp_path, BOOK.replace("mode:", "headings: silent\nmode:"))
    assert ("Nora", "One") not in heard(silent)


def test_an_audiobook_without_a_narrator_is_an_error(tmp_path: Path) -> None:
    found = problems(tmp_path, "---\nmode: audiobook\nspeakers: {A: x, B: y}\n---\nText.")
    assert found == [
        "a.md:5:1: error: nobody speaks this: an audiobook needs `narrator:` in the front matter"
    ]


def test_a_narrator_who_is_not_declared_gets_a_role(tmp_path: Path) -> None:
    script = script_of(tmp_path, "---\nnarrator: Nora\n---\nText.\n\n**Tom:** Hi.\n\n**Tom:** Ho.")
    assert heard(script) == [("Nora", "Text."), ("Tom", "Hi."), ("Tom", "Ho.")]
    assert [role.name for role in script.header.roles] == ["Nora"]


def test_front_matter_says_everything(tmp_path: Path) -> None:
    header = script_of(
        tmp_path,
        "---\npub_date: 2024-03-01\nepisode: 007\ntags: [a, b]\nformat: mp3, m4b\n"
        "loudness: -16 LUFS\npauses: {turn: 250ms, scene: 2}\nlexicon: {Siobhán: shi-vawn, "
        "X: {say: ex}}\nengines: {espeak: {rate: 160}}\nslug: x\ntitle: outer\n"
        "podforge: {version: 1, title: inner}\nspeakers:\n  A: {gain: -3 dB, pan: 0.5}\n---\nA: hi",
    ).header
    assert (header.date, header.episode, header.title) == ("2024-03-01", "007", "inner")
    assert (header.tags, header.formats) == (("a", "b"), ("mp3", "m4b"))
    assert (header.loudness, header.pauses.turn, header.pauses.scene) == ("-16", 0.25, 2.0)
    assert header.lexicon == {"Siobhán": "shi-vawn", "X": "ex"}
    rate = Setting("160", Place(str(tmp_path / "a.md"), 9, 20))
    assert header.engines == {"espeak": {"rate": rate}}
    assert (header.roles[0].gain_db, header.roles[0].pan) == (-3.0, 0.5)
    assert header.language == "en"


def test_a_speaker_stands_where_words_say(tmp_path: Path) -> None:
    text = "---\nspeakers:\n  A: {pan: Left}\n  B: {pan: centre}\n  C: {pan: right}\n---\nA: hi"
    assert [role.pan for role in script_of(tmp_path, text).header.roles] == [-1.0, 0.0, 1.0]
    found = problems(tmp_path, text.replace("Left", "up"))
    assert found == ['a.md:3:12: error: "up" is not a number from -1 to 1']


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        ("[musik: a.wav | fade in 1s]\n\nA: hi", 1),
        ("A: hi\n[intro: a.mp3]\nho", 1),
        ("*[jingle: my theme.ogg]*\n\nA: hi", 1),
        ("[note: the door]\n\nA: hi", 0),
        ("[He plays a.wav.]\n\nA: hi", 0),
    ],
)
def test_a_cue_of_no_known_kind_is_told(tmp_path: Path, text: str, warnings: int) -> None:
    script = script_of(tmp_path, "---\nspeakers: {A: mara}\n---\n" + text)
    told = [found for found in script.warnings if "begins with music: or sfx:" in found.text]
    assert len(told) == warnings
    assert not [item for item in script.items if isinstance(item, Cue)]


def test_a_word_of_a_lexicon_that_nothing_is_said_for_is_told(tmp_path: Path) -> None:
    script = script_of(tmp_path, "---\nlexicon: {Ana, Bo: boh}\nspeakers: {A: mara}\n---\nA: hi")
    assert script.header.lexicon == {"Bo": "boh"}
    assert warned(script) == ['nothing is written behind "Ana": how is it said?']


def test_toml_front_matter(tmp_path: Path) -> None:
    text = '+++\ntitle = "T"\n[speakers.Ana]\nvoice = "v"\ngain = 99\n+++\nAna: hi'
    found = problems(tmp_path, text)
    assert found == ['a.md:5:1: error: "99" is not a number of dB from -40 to 40']
    assert script_of(tmp_path, text.replace("99", "9")).header.roles[0].voice == "v"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("---\na: [\n---\nhi", "a.md:3:1: error: not valid YAML"),
        ("---\na: b: c\n---\nhi", "a.md:2:5: error: not valid YAML"),
        ("---\na: &x b\n---\nhi", "a.md:2:4: error: anchors are not allowed"),
        ("---\ntitle: x\ntitle: y\n---\nhi", 'a.md:3:1: error: the key "title" stands here again'),
        ("---\ntitle: x\nhi", "a.md:1:1: error: the front matter is never closed"),
        ("\ntitle: x\nspeakers:\n  A: y\n---\nA: hi", "a.md:2:1: error: front matter begins"),
        ("+++\nbad\n+++\nhi", "a.md:2: error: not valid TOML"),
        ("+++\nx = " + "[" * 5000 + "\n+++\nhi", "a.md:"),
        ("---\nx: " + "[" * 5000 + "\n---\nhi", "a.md:2:"),
        ("---\nx: " + "y" * 70_000 + "\n---\nhi", "a.md:1:1: error: 70003 characters"),
        ("---\n- a\n---\nhi", 'a.md:2:1: error: the front matter must be lines of "key: value"'),
        ("---\nspeakers: {A: {vioce: x}}\n---\nA: hi", "a.md:2:16: error: unknown setting"),
        ("---\nspeakers: {A: x, a: y}\n---\nA: hi", "a.md:2:18: error: "),
        ("---\npodforge: {titel: x}\n---\nhi", 'a.md:2:12: error: unknown setting "titel" (did'),
        ("---\npodforge: 2\n---\nhi", 'a.md:2:11: error: format version "2"'),
        ("---\nlanguage: english\n---\nhi", 'a.md:2:11: error: "english" is no language tag'),
        (
            "---\nspeakers: {A: {language: Deutsch}}\n---\nhi",
            'a.md:2:26: error: "Deutsch" is no la',
        ),
        ("---\nmode: book\n---\nhi", 'a.md:2:7: error: "book" is not one of: podcast, audiobook'),
        ("---\nloudness: 3\n---\nhi", "a.md:2:11: error: there is no loudness target '3'"),
        ("---\npauses: {turn: -1}\n---\nhi", 'a.md:2:16: error: "-1" is not a pause'),
        (STARTED + "<!-- never closed", "a.md:6:1: error: this comment never ends"),
        (STARTED + "<!-- podforge: skip -->\nx", "a.md:6:1: error: this skip never ends"),
        (STARTED + "[pause 9999s]", "a.md:6:1: error: [pause 9999s] is not a pause"),
        (
            STARTED.replace("---\ns", "---\nunknown_tags: error\ns") + "x [y]",
            "a.md:7:3: error: [y]",
        ),
        ("Just prose.\n\nAnd more.", "a.md:1:1: warning: text before the first label"),
        ("---\ntitle: x\n---\n", "a.md: error: nothing is spoken"),
    ],
)
def test_errors_have_their_place(tmp_path: Path, text: str, problem: str) -> None:
    assert any(found.startswith(problem) for found in problems(tmp_path, text)), problems(
        tmp_path, text
    )


def test_settings_that_would_do_nothing_are_told(tmp_path: Path) -> None:
    front = "target: spotify\nsplit: chapters\ndraft: true\nmusic: theme\nspeakers: {A: ada}"
    script = script_of(tmp_path, f"---\n{front}\n---\nA: hi")
    assert script.header.loudness == "spotify"
    assert warned(script) == [
        '"split" is ignored here: it belongs into podforge.yaml',
        '"theme" names no sound file: no music begins',
    ]


def test_a_near_miss_is_warned(tmp_path: Path) -> None:
    script = script_of(tmp_path, "---\nspeaker: x\nslug: y\naliases: z\n---\nA: 1\n\nA: 2\n\nA: 3")
    assert warned(script)[1:] == ['"speaker" is ignored; did you mean "speakers"?']


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("script:\n  - ana: Note: this", "a.yaml:2:14: error: not valid YAML"),
        ("speakers: {ana: x}\nscript: [{ann: a}, {bob: b}]", "a.yaml:2:11: error: unknown speaker"),
        ("title: x", "a.yaml:1:1: error: there is no list of what is said"),
        ("script: [{style: x}]", "a.yaml:1:10: error: this entry says nothing"),
        ("script: [[a]]", "a.yaml:1:10: error: a list inside"),
        ("script: [{pause: long}]", 'a.yaml:1:18: error: "long" is not a pause'),
        ("script: []", "a.yaml: error: nothing is spoken"),
        ("script: [{text: hi}]", "a.yaml:1:10: error: nobody speaks this"),
    ],
)
def test_errors_of_the_twin(tmp_path: Path, text: str, problem: str) -> None:
    assert any(found.startswith(problem) for found in problems(tmp_path, text, ".yaml"))


def test_json_of_other_tools(tmp_path: Path) -> None:
    segments = [{"speaker": "Ana", "startTime": 0.5, "body": "hi 😀"}, {"body": "and"}]
    for text in (
        json.dumps({"version": "1.0.0", "segments": segments}),
        json.dumps({"segments": segments}, indent="\t"),
        json.dumps({"transcript": segments}, separators=(",", ":")),
        json.dumps(segments),
    ):
        script = script_of(tmp_path, text, ".json")
        assert heard(script) == [("Ana", "hi 😀"), ("Ana", "and")]


def test_files_that_are_no_scripts(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    with pytest.raises(MissingInput):
        read(path)
    with pytest.raises(MissingInput, match="is a folder"):
        read(tmp_path)
    for data, message in (
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"ab\0c", "NUL"),
        (b"\xff\xfea\0", "UTF-16"),
        (b"ab\ncaf\xe9", "byte 6 cannot be read; try --encoding latin-1"),
    ):
        path.write_bytes(data)
        with pytest.raises(InputError, match=message):
            read(path)
    with pytest.raises(UsageError):
        read(path, Asked("no-such-encoding"))
    with pytest.raises(InputError, match=r"files that end in \.pdf are not read"):
        read(tmp_path / "a.pdf")


def test_a_merge_conflict_is_not_spoken(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    sides = "<<<<<<< HEAD\r\n**Mara:** one\r\n=======\r\n**Mara:** two\r\n>>>>>>> theirs\r\n"
    path.write_bytes((STARTED + sides).encode())
    with pytest.raises(InputError, match=r"a\.md:6:1: error: a merge conflict"):
        read(path)
    for text in ("A title\n=======\n\n**Mara:** <<<<<<< is a mark\n", "<<<<<<< is an arrow\n"):
        path.write_text(STARTED + text)
        assert len(heard(read(path))) == 2


def test_encodings_and_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"\xef\xbb\xbf" + (STARTED + "**Mara:** b").replace("\n", "\r\n").encode())
    assert [(s.text, s.place.line) for s in read(path).speeches()] == [("Hi.", 4), ("b", 6)]
    path.write_bytes("Ana: café\n\nAna: b\n\nAna: c".encode("latin-1"))
    assert heard(read(path, Asked("latin-1")))[0] == ("Ana", "café")


def test_a_cast_is_suggested(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# T: 1\n\n**Ana K:** a b\n\nc\n\n**Ben:** d\n\n**Cy:** e\n\n**Ana K:** f")
    found = suggest_cast(path)
    assert [(s.name, s.turns, s.words, s.place.line) for s in found.speakers] == [
        ("Ana K", 2, 4, 3), ("Ben", 1, 1, 7), ("Cy", 1, 1, 9),
    ]  # fmt: skip
    text = front_matter(found, ["ben", "nora", "tom"])
    assert text == '---\ntitle: "T: 1"\nspeakers:\n  Ana K: nora\n  Ben: ben\n  Cy: tom\n---\n'
    script = script_of(tmp_path, text + path.read_text())
    assert script.header.closed
    assert [role.voice for role in script.header.roles] == ["nora", "ben", "tom"]
    assert warned(script) == []


def test_a_cast_is_suggested_where_reading_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(STARTED + "**Tobais:** a\n\n**Tobais:** b")
    assert [s.name for s in suggest_cast(path).speakers] == ["Mara", "Tobais"]


def test_reading_and_speaking_import_no_numpy() -> None:
    code = "import sys, podforge.reading, podforge.speaking; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


MARKS = st.sampled_from(
    ["**Ana:** ", "Ana: ", "**", "*", "`", "```\n", "[", "](", "]", "(", "[pause ", "<!--", "-->",
     "%%", "---\n", "+++\n", "> ", "- ", "2. ", "# ", "\n\n", "\n", "\\", "&#1;", "<say as=\"x\">",
     "</say>", "<break time=\"1s\"/>", "[laughs]", "[S1] ", "[1]: ", ": ", "：", "|--|\n", "    ",
     "[^1]", "speakers:", "{", "}", "'", '"', "!", "podforge:", "\t", "\r", "\ue100", "\ue101"]
)  # fmt: skip
TEXTS = st.lists(MARKS | st.text(max_size=6), max_size=24).map("".join)
FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def holds(tmp_path: Path, text: str, suffix: str = ".md") -> None:
    """Reading works or raises one of our errors, and every speech is clean text in its place."""
    path = tmp_path / f"fuzz{suffix}"
    path.write_bytes(text.encode("utf-8", "replace"))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        script = read(path)
    except PodforgeError:
        return
    for item in script.items:
        assert 1 <= item.place.line <= len(lines)
        assert item.place.column >= 1
    for speech in script.speeches():
        assert speech.speakers
        assert speech.text
        assert speech.text == " ".join(speech.text.split())
        assert all(0 <= at <= len(speech.text) for at, _ in speech.events)


@FUZZ
@given(TEXTS)
def test_any_body_is_read_or_refused(tmp_path: Path, text: str) -> None:
    holds(tmp_path, text)
    holds(tmp_path, STARTED + text)


@FUZZ
@given(TEXTS)
def test_any_front_matter_is_read_or_refused(tmp_path: Path, text: str) -> None:
    holds(tmp_path, f"---\n{text}\n---\nAna: hi")
    holds(tmp_path, f"+++\n{text}\n+++\nAna: hi")


@FUZZ
@given(TEXTS)
def test_any_yaml_is_read_or_refused(tmp_path: Path, text: str) -> None:
    holds(tmp_path, f"script:\n  - ana: {text}", ".yaml")
    holds(tmp_path, text, ".json")


@pytest.mark.parametrize(
    "unit",
    ["*a ", "[", "](", "[a](", "<", "<a ", "`", "~~a ", "<!-- ", "%% ", "(", "_a", "> ", "- ",
     "a: ", "**a", "&", "[^", "\\", "![", "[[", "==", "<say as=", "1. ", "|", "Ana: x. ", "[S1]",
     "```\n", "~~~\n", "\n", "a\n---\n", "**Ana:", "(00:01) ", "A" , "Ana (", "[pause "],
)  # fmt: skip
def test_nothing_is_slow(tmp_path: Path, unit: str) -> None:
    path = tmp_path / "a.md"
    path.write_text(STARTED + unit * (40_000 // len(unit)))
    start = time.process_time()
    with suppress(PodforgeError):
        read(path)
    assert time.process_time() - start < 2.0


def test_a_slip_in_the_very_first_label_is_an_error_and_not_preamble(tmp_path):
    path = tmp_path / "s.md"
    path.write_text("---\nspeakers:\n  Mara: {voice: mara}\n---\n**Maro:** Hi.\n\n**Mara:** Ho.\n")
    with pytest.raises(InputError, match=r's\.md:5:\d+: error: unknown speaker "Maro".*"Mara"'):
        read(path)


def test_a_narrator_that_is_only_credited_leaves_the_reading_to_the_narrator(tmp_path):
    path = tmp_path / "s.md"
    path.write_text(
        "---\nmode: audiobook\nnarrator: W. Deep\n"
        "speakers: {Narrator: walter, Nell: nell}\n---\nIt rained.\n\n**Nell:** It did.\n"
    )
    script = read(path)
    assert script.speakers() == ("Narrator", "Nell")
    assert script.header.narrator == "W. Deep"


def test_items_and_headings_of_one_line_are_what_the_parser_makes_of_them() -> None:
    """Those found by hand, beside the same ones after a line that sends them to the parser."""
    for text in ("- a\n- b\n\n- c", "1. a\n2. b\n- c", "# A\n- b\n## C", "-   a\n-\tb\n\n* c\n#"):
        lines = text.split("\n")
        by_hand = list(blocks(lines, 0))
        parsed = list(blocks([*lines, "", "~~~"], 0))  # a fence in a region: all is parsed
        assert by_hand == parsed[:-1], text


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("so\n2. b\n3. c", ["so\n2. b\n3. c"]),  # only a 1 ends a paragraph
        ("so\n1. b\n2. c", ["so", "b", "c"]),
        ("- a\n- b\ngoes on", ["a", "b\ngoes on"]),
        ("- a\n\n  goes on\n- b", ["a", "goes on", "b"]),
        ("- a\n- b|\n---", ["a", "b|", "---"]),
        ("~~~\n- a\n- b\n~~~", ["~~~\n- a\n- b\n~~~"]),
    ],
)
def test_items_of_one_line_end_where_they_end(text: str, kinds: list[str]) -> None:
    assert [block.text for block in blocks(text.split("\n"), 0)] == kinds


@pytest.mark.parametrize(
    ("written", "read_as"), [("full", "full"), ("Skip", "skip"), ("", "domain")]
)
def test_the_header_says_how_addresses_are_read(tmp_path, written, read_as):
    script = tmp_path / "a.md"
    script.write_text(f"---\nurls: {written}\nspeakers: [Mara]\n---\n**Mara:** Hi.\n")
    assert read(script).header.urls == read_as
    script.write_text("---\nurls: whole\nspeakers: [Mara]\n---\n**Mara:** Hi.\n")
    with pytest.raises(InputError, match='"whole" is not one of: domain, full, skip'):
        read(script)
