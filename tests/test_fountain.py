from pathlib import Path

import pytest
from hypothesis import given

from podforge.script import Pause, SceneBreak
from tests.imports import FUZZ, holds, imported, lines, texts

PAGE = """\
Title:
    _**THE LONG**_
    **NIGHT**
Credit: written by
Author: A. Writer
Draft date: 1/2/2024

"""


def spoken(tmp_path: Path, text: str) -> list[tuple[str, str]]:
    return lines(imported(tmp_path, text, ".fountain"))


def test_a_screenplay(tmp_path: Path) -> None:
    text = PAGE + (
        "FADE IN:\n\nEXT. A YARD - DAY #1A#\n\nRain.  MARA runs.\n\n"
        "MARA\nIt's *cold*!\n\n"
        "TOBIAS (V.O.)(CONT'D)\n(closer; he stops)\nIs it? [[a note\nover two lines]]\n(pause)\n"
        "So (laughs) it \\*is\\*.\n  \nAfter two blanks.\n\n"
        "MARA\n(softly)\nYes.\n\nTOBIAS ^\nYes.\n\nSMASH CUT TO:\n\n= a synopsis\n\n"
        "/* gone\n\nMARA\nNo.\n*/\n\n\t\tint. a hut - night\n\n"
        "\t\t\tJACK\n\t\t(in German)\n\t~La la\n"
        "\n.THE SKY\n\nClouds.\n\n@McAvoy\nWell.\n\nMARA AND TOBIAS\nTogether (at last)!\n\n"
        "> A CARD <\n\n===\n\n!BANG\nit goes\n\n> FADE OUT.\n"
    )
    script = imported(tmp_path, text, ".fountain")
    assert lines(script) == [
        ("MARA", "It's cold!"),
        ("TOBIAS", "Is it?"),
        ("TOBIAS", "So it *is*. After two blanks."),
        ("MARA", "Yes."),
        ("TOBIAS", "Yes."),
        ("JACK", "La la"),
        ("McAvoy", "Well."),
        ("MARA&TOBIAS", "Together (at last)!"),
    ]
    assert script.chapters() == ("EXT. A YARD - DAY", "int. a hut - night", "THE SKY")
    speeches = list(script.speeches())
    assert [speech.delivery for speech in speeches if speech.delivery] == ["softly", "in German"]
    assert speeches[2].events == ((3, "laughs"),)
    assert [item.seconds for item in script.items if isinstance(item, Pause)] == [1.0]
    assert (script.header.title, script.header.author) == ("THE LONG NIGHT", "A. Writer")
    assert (script.header.mode, script.header.closed) == ("podcast", True)
    assert script.account
    assert script.account.sums["comment"] == len("[[anoteovertwolines]]") + len("/*goneMARANo.*/")


def test_sections_are_the_chapters_where_there_are_any(tmp_path: Path) -> None:
    text = "# One\n\n## Part\n\nINT. HUT\n\nMARA\nA.\n\n# Two\n\nINT. HALL\n\nMARA\nB.\n"
    script = imported(tmp_path, text, ".fountain")
    assert script.chapters() == ("One", "Two")
    assert sum(isinstance(item, SceneBreak) for item in script.items) == 2


def test_a_narrator_reads_the_action(tmp_path: Path) -> None:
    text = (
        "Title: T\nNarrator: Nora\n\nINT. HUT\n\nIt *rains*.\n\nMARA\nHm.\n\nCUT TO:\n\nShe goes.\n"
    )
    script = imported(tmp_path, text, ".fountain")
    assert lines(script) == [
        ("Nora", "INT. HUT"),
        ("Nora", "It rains."),
        ("MARA", "Hm."),
        ("Nora", "She goes."),
    ]
    assert (script.header.mode, script.header.narrator) == ("audiobook", "Nora")


def test_action_that_nobody_reads_is_warned_about_once(tmp_path: Path) -> None:
    text = "INT. HUT\n\nIt rains.\n\nMARA\nHm.\n\nShe goes\nout.\n\n> THE END <\n"
    (warning,) = imported(tmp_path, text, ".fountain").warnings
    assert (warning.place.line, warning.text.split(";")[0]) == (
        3,
        "9 words of action are not spoken",
    )
    assert "Narrator: Name" in warning.text
    assert not imported(tmp_path, "Title: T\nNarrator: Nora\n\n" + text, ".fountain").warnings
    assert not imported(tmp_path, "INT. HUT\n\nMARA\nHm.\n", ".fountain").warnings


@pytest.mark.parametrize(
    "action",
    [
        "MARA\n", "MARA:\nwaits", "WHAT WAS THAT?!\nNothing", "CUT TO:\n", "THE END...\n(So.)",
        "mara\nsays", "(MARA)\nsays", "A loud BANG\nis heard", "45.\nMARA",
    ],
)  # fmt: skip
def test_what_is_no_name(tmp_path: Path, action: str) -> None:
    assert spoken(tmp_path, f"INT. HUT\n\n{action}\n\nANA\nHi.\n") == [("ANA", "Hi.")]


def test_names_in_other_dress(tmp_path: Path) -> None:
    text = "\n".join(
        f"{cue}\nHi.\n"
        for cue in ("DR. MOOR", "R2D2", "McCLANE", "ÉLODIE", "O'NEIL (O.S.)", "**ANA**")
    )
    names = [who for who, _ in spoken(tmp_path, text)]
    assert names == ["DR. MOOR", "R2D2", "McCLANE", "ÉLODIE", "O'NEIL", "ANA"]


@FUZZ
@given(
    texts(
        "Title: x", "Narrator: N", "INT. A", ".B", "ANA\n", "@b\n", "(softly)\n", "(beat)\n", "~la",
        "^", "# a", "= b", "===", "> c <", "> TO:", "[[", "]]", "/*", "*/", "**", "_", "\\", "!x",
        "(laughs)", "\ue000", "&amp;", "(",
    )
)  # fmt: skip
def test_any_screenplay_is_read_or_refused(tmp_path: Path, text: str) -> None:
    holds(tmp_path, text, ".fountain")
    holds(tmp_path, f"ANA\n{text}", ".spmd")


@pytest.mark.parametrize(
    "unit",
    ["[[", "/*", "(", "(\n", "A", "A ", "A\n", "*", "* a", "_", "\\", "A (", "#", "> ", "~ ", "^"],
)
def test_screenplays_take_no_longer_than_they_are(tmp_path: Path, unit: str) -> None:
    text = unit * (50_000 // len(unit))
    holds(tmp_path, f"ANA\n{text}\n\n{text}", ".fountain")
