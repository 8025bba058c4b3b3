import time
from pathlib import Path

import pytest
from hypothesis import given

from podforge.errors import InputError
from podforge.script import SceneBreak
from tests.imports import FUZZ, holds, imported, lines, texts

HEADER = """\
The Project Gutenberg eBook of A Night in the Hills

This ebook is for the use of anyone anywhere.

Title: A Night in the Hills:
        A Tale
Author: Ada Moor
Language: French

*** START OF THE PROJECT GUTENBERG EBOOK A NIGHT IN THE HILLS:
A TALE ***

Produced by somebody at a desk

"""
FOOTER = """

End of the Project Gutenberg EBook of A Night in the Hills

*** END OF THE PROJECT GUTENBERG EBOOK A NIGHT IN THE HILLS ***

The licence, which nobody hears.
"""
LONG = "The path went up between the stones, and the two of them went up with it until it was dark."


def book(tmp_path: Path, body: str) -> list[str]:
    """What the narrator says of a book."""
    found = lines(imported(tmp_path, HEADER + body + FOOTER, ".txt"))
    assert {who for who, _ in found} <= {"Narrator"}
    return [text for _, text in found]


def acted(tmp_path: Path, text: str) -> list[tuple[str, str]]:
    return [said for said in lines(imported(tmp_path, text, ".txt")) if said[0] != "Narrator"]


def test_a_book_of_project_gutenberg(tmp_path: Path) -> None:
    body = f"""\
[Illustration: a hill

[_with a caption_]]

A NIGHT IN THE HILLS

by Ada Moor

Contents

 CHAPTER I.    The Path
 CHAPTER II.   The Top


CHAPTER I.
The Path


{LONG} They had _nothing_
to eat[1], and of to-
morrow they did not speak--not a word.

“Well!” said Ada. [Illustration]

MR. DARCY. That was on the card.

     *     *     *     *     *

Note: it was late: very late.

[Footnote 1: Bread.]

CHAPTER II.

THE TOP

{LONG}
And so
they came home.

THE END
"""
    script = imported(tmp_path, HEADER + body + FOOTER, ".txt")
    assert [text for _, text in lines(script)] == [
        "CHAPTER I. The Path",
        f"{LONG} They had nothing to eat, and of to-morrow they did not speak--not a word.",
        "“Well!” said Ada.",
        "MR. DARCY. That was on the card.",
        "Note: it was late: very late.",
        "CHAPTER II. THE TOP",
        f"{LONG} And so they came home.",
        "THE END",
    ]
    header = script.header
    assert (header.title, header.author) == ("A Night in the Hills: A Tale", "Ada Moor")
    assert (header.language, header.mode, header.narrator) == ("fr", "audiobook", "Narrator")
    assert script.chapters() == ("CHAPTER I. The Path", "CHAPTER II. THE TOP")
    assert sum(isinstance(item, SceneBreak) for item in script.items) == 1


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("CHAPTER I", "CHAPTER II"),
        ("Chapter 1: The Path", "Chapter 2: The Top"),
        ("Chapter One", "Chapter Two"),
        ("CHAP. I.--_The Path._", "CHAP. II.--_The Top._"),
        ("BOOK THE FIRST", "BOOK THE SECOND"),
        ("LETTER 1", "LETTER 2"),
        ("STAVE ONE. MARLEY'S GHOST", "STAVE TWO. THE FIRST"),
        ("PREFACE", "CHAPTER I."),
        ("I", "II"),
        ("1.", "2."),
        ("I. A NIGHT IN THE HILLS", "II. A DAY IN THE HILLS"),
        ("THE PATH", "THE TOP"),
        ("Erstes Kapitel", "Siebzehntes Kapitel: Am Fluss"),
        ("1. Kapitel", "2. Kapitel"),
        ("Chapitre premier", "Chapitre II"),
        ("Capítulo 1", "Capítulo 2"),
        ("— I —", "— II —"),
        ("- 1 -", "- 2 -"),
        ("1. The Path", "2. The Top"),
        ("The Path", "The Top of the Hill"),
        ("# The Path", "## The Top"),
        ("The Path\n========", "The Top\n-------"),
    ],
)
def test_chapters(tmp_path: Path, one: str, two: str) -> None:
    body = f"A Tale\n\n\n\n{one}\n\n\n{LONG}\n\n\n\n{two}\n\n\n{LONG}\n"
    found = book(tmp_path, body)
    one, two = (said.replace("_", "").split("\n")[0].strip("-—# ") for said in (one, two))
    assert found == [one, LONG, two, LONG]


def test_parts_and_chapters_are_one_heading(tmp_path: Path) -> None:
    body = f"PART ONE\n\nCHAPTER I\n\nThe Path\n\n\n{LONG}\n\nCHAPTER II\n\n{LONG}\n\n"
    body += f"PART TWO\n\nCHAPTER I\n\n{LONG}\n"
    script = imported(
        tmp_path, HEADER + "CONTENTS\n\nPART ONE\n\nCHAPTER I\n\nCHAPTER II\n\n" + body, ".txt"
    )
    assert script.chapters() == (
        "PART ONE. CHAPTER I. The Path",
        "CHAPTER II",
        "PART TWO. CHAPTER I",
    )


def test_sentences_are_no_headings(tmp_path: Path) -> None:
    body = (
        f"CHAPTER I\n\n{LONG}\n\nPart two of it was better.\n\nChapter and verse.\n\nI.\n\n{LONG}\n"
        f"\n\n\n14 Baker Street\n\n{LONG}\n\nShe had gone.\n---\n\n{LONG}\n"
    )
    script = imported(tmp_path, HEADER + body + f"\nCHAPTER II\n\n{LONG}", ".txt")
    assert script.chapters() == ("CHAPTER I", "CHAPTER II")
    assert ("Narrator", "Part two of it was better.") in lines(script)


def test_the_small_print_of_old(tmp_path: Path) -> None:
    text = (
        "Project Gutenberg Etext of The Hill, by Ada Moor\n\nMuch law.\n\n"
        "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n"
        f"CHAPTER 1\n\n{LONG}\n\nEnd of The Project Gutenberg Etext of The Hill\n"
    )
    script = imported(tmp_path, text, ".txt")
    assert [said for _, said in lines(script)] == ["CHAPTER 1", LONG]
    assert (script.header.title, script.header.author) == ("The Hill", "Ada Moor")


def test_a_text_of_ones_own(tmp_path: Path) -> None:
    text = f'The Hill\n\nby Ada Moor\n\n"Who is there?" said Tom.\n\n{LONG}\n\nHe said: no.\n'
    script = imported(tmp_path, text, ".txt")
    assert [said for _, said in lines(script)] == [
        '"Who is there?" said Tom.',
        LONG,
        "He said: no.",
    ]
    assert (script.header.title, script.header.author) == ("The Hill", "Ada Moor")
    assert [str(problem.text) for problem in script.warnings] == [
        "the title page is not spoken: 5 words"
    ]
    assert [said for _, said in lines(imported(tmp_path, "Hello there", ".txt"))] == ["Hello there"]
    assert [said for _, said in lines(imported(tmp_path, "Hi.\r\n\r\nYou.", ".txt"))] == [
        "Hi.",
        "You.",
    ]


def test_paragraphs_without_blank_lines(tmp_path: Path) -> None:
    flowing = "\n".join([LONG * 2, LONG * 3, LONG * 2])
    assert len(lines(imported(tmp_path, flowing, ".txt"))) == 3
    indented = "\n".join([f"    {LONG}", LONG, LONG] * 3)
    assert len(lines(imported(tmp_path, indented, ".txt"))) == 3


def test_scripts_are_read_as_ever(tmp_path: Path) -> None:
    for text in (
        "---\nspeakers: {Ana: x, Bo: y}\n---\nAna: Hi.\nBo: Ho.\n",
        "Speaker 1: Hi.\nSpeaker 2: Ho.\nSpeaker 1: So.",
        "Ana: Hi.\n\nBo: Ho.\n\nAna: So.\n\nBo: No.\n\nAna: Yes.\n\nBo: Well.\n",
    ):
        script = imported(tmp_path, text, ".txt")
        assert len(script.speakers()) == 2
        assert script.header.mode == "podcast"


def test_latin_1_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--encoding latin-1"):
        imported(tmp_path, "Caf\xe9".encode("latin-1"), ".txt")


PLAY = """\
THE HILL

Dramatis Personæ

ADA, a climber.
BEN, her brother; JACK, a guide.
SHEPHERDS, LADIES.

SCENE. In the hills.

ACT I

SCENE I. A hut. Rain.

 Enter Ada and Ben, two climbers.

ADA.
Who’s there? I am _here_,
And so I stay. [_Knocks._] Well?

BEN.
[_Aside._] It rains.

 [_Exit Ben._]

ADA. What [he falls]!

And a second paragraph.

 Thunder. Enter Jack.

FIRST SHEPHERD.
Once only.

ADA and BEN. (_Together._) No!

BEN and SHEPHERDS. Oh!

JACK [sings]
  _O mistress mine, where do you go?
  O stay and hear, the wind is slow,
    That can sing high and low._

ALL.
Away! (as they may)

SCENE II. The same.

The curtain rises on an empty hut.

MRS. MOOR. Good night. [_Exeunt._

CURTAIN.
"""


def test_a_play(tmp_path: Path) -> None:
    script = imported(tmp_path, PLAY, ".txt")
    assert lines(script) == [
        ("Narrator", "ACT I"),
        ("Narrator", "SCENE I. A hut. Rain."),
        ("ADA", "Who’s there? I am here, And so I stay. Well?"),
        ("BEN", "It rains."),
        ("ADA", "What!"),
        ("ADA", "And a second paragraph."),
        ("FIRST SHEPHERD", "Once only."),
        ("ADA&BEN", "No!"),
        ("BEN&SHEPHERDS", "Oh!"),
        ("JACK", "O mistress mine, where do you go? O stay and hear, the wind is slow, "
                 "That can sing high and low."),
        ("ALL", "Away! (as they may)"),
        ("Narrator", "SCENE II. The same."),
        ("MRS. MOOR", "Good night."),
    ]  # fmt: skip
    assert script.chapters() == ("ACT I",)
    said = {speech.text: speech.delivery for speech in script.speeches() if speech.delivery}
    assert list(said.values()) == ["Aside", "Together", "sings"]
    assert script.header.mode == "audiobook"


def as_printed(form: str) -> str:
    """A play whose names are set in one form."""
    says = [("ADA", "Who is it?"), ("BEN", "It is I, and\nnobody else."), ("ADA", "Come in."),
            ("CLARA", "Oh, Ben."), ("BEN", "Yes."), ("ADA", "Sit down, both\nof you."),
            ("CLARA", "Thanks.")]  # fmt: skip
    return "ACT I\n\nSCENE I\n\n" + "\n\n".join(form.format(n, n.title(), t) for n, t in says)


@pytest.mark.parametrize(
    "form",
    [
        "{0}.\n{2}", "{0}. {2}", "{0}: {2}", "{0}\n{2}", "{0}.--{2}", "{0}.—{2}",
        "{0} (aside). {2}",
        "{0} [to them] {2}", "  {0}. {2}", "_{1}._ {2}", "_{1}_. {2}", "{1}. {2}", "{1}.\n{2}",
        "{1}: {2}", "_{0}._\n{2}", "{0} — {2}", "={1}.= {2}",
    ],
)  # fmt: skip
def test_names_as_printers_set_them(tmp_path: Path, form: str) -> None:
    found = acted(tmp_path, as_printed(form))
    assert [name.upper() for name, _ in found] == [
        "ADA",
        "BEN",
        "ADA",
        "CLARA",
        "BEN",
        "ADA",
        "CLARA",
    ]
    assert found[1][1] == "It is I, and nobody else."


def test_speeches_without_blank_lines(tmp_path: Path) -> None:
    text = (
        as_printed("{0}\n{2}")
        .replace("\n\n", "\n")
        .replace("ACT I\nSCENE I\n", "ACT I\n\nSCENE I\n\n")
    )
    assert len(acted(tmp_path, text)) == 7
    text = text.replace("BEN\nYes.", "BEN\nYes.\nExit\n\nEnter JACK\n")
    assert acted(tmp_path, text)[4][1] == "Yes."


def test_no_speaker_in_a_novel(tmp_path: Path) -> None:
    body = "".join(
        f"CHAPTER {n}\n\nTHE {word}\n\n{LONG}\n\nMR. DARCY. He was there.\n\nNo. I think not.\n\n"
        f"Yes. She said: it is so.\n\n{LONG}\n\nENTER HERE\n\n{LONG}\n\n"
        for n, word in enumerate(("PATH", "HILL", "TOP", "END"), 1)
    )
    assert len(book(tmp_path, body)) == 4 * 8


def test_a_novel_with_an_epilogue_is_no_play(tmp_path: Path) -> None:
    told = f"Henry VIII. hung over the fire.\n\nLouis XIV. looked away.\n\n{LONG}\n\n"
    text = f"THE BOX\n\nBY\n\nADA MOOR\n\n\nCHAPTER I.\n\n{told * 4}EPILOGUE\n\n{told}THE END\n"
    script = imported(tmp_path, f"{text}\nProduced by Bo at a desk.\n", ".txt")
    assert script.speakers() == ("Narrator",)
    assert (script.header.title, script.header.author) == ("THE BOX", "ADA MOOR")
    assert script.warnings[0].place.line == 1  # the title page, whatever else is left out


def test_a_screenplay_as_plain_text(tmp_path: Path) -> None:
    scene = "\n\n    INT. HUT - DAY\n\n    Rain.\n\n                    ADA\n          Hello.\n"
    assert lines(imported(tmp_path, "THE HILL" + 3 * scene, ".txt")) == [("ADA", "Hello.")] * 3


@FUZZ
@given(
    texts(
        HEADER, FOOTER, "CHAPTER I\n\n", "I.\n\n", "CONTENTS\n\n", "* * *\n\n", "ADA. Hi.\n\n",
        "ADA.\nHi.\n\n", "BEN [aside] Ho.\n\n", "ACT I\n\n", "SCENE I\n\n", "[_Exit._]", "_", "[",
        "]", "(", "[Illustration: a]", "[1]", "Dramatis Personae\n\n", LONG, "Ana: a\n", "&amp;",
        "\ue000", "\x0c", "Enter Ada.\n\n", "ADA and BEN. Hi.\n\n", "INT. HUT\n\n",
        "CAST\n\n", "Notes.\n\n", "1. a\n\n", "\n\n\n", "AN INTERLUDE\n\n", "Thunder. ",
        ", a", "(0:12)",
    )
)  # fmt: skip
def test_any_text_is_read_or_refused(tmp_path: Path, text: str) -> None:
    holds(tmp_path, text, ".txt")
    holds(tmp_path, PLAY + text, ".txt")


@pytest.mark.parametrize(
    "unit",
    ["[", "[Illustration ", "_", "A ", "A. ", "ADA. ", "A\n", "A\n\n", "I.\n\n", "CHAPTER I\n\n",
     "*", "Aa ", "(", "a", "ACT I\n\n", "ADA.\nHi.\n\n", "1 ", "- ", ": ", "A: a\n",
     ", a", "(0:12)", ".", "ADA, a ", "Notes.\n\n1. a\n\n", "CAST\n\n", "Enter ", "Thunder. ",
     "AD. ", "& "],
)  # fmt: skip
def test_texts_take_no_longer_than_they_are(tmp_path: Path, unit: str) -> None:
    text = unit * (30_000 // len(unit))
    holds(tmp_path, text, ".txt")
    holds(tmp_path, PLAY + text, ".txt")


def test_a_play_without_acts(tmp_path: Path) -> None:
    text = as_printed("{0}\n{2}").removeprefix("ACT I\n\nSCENE I\n\n")
    assert len(acted(tmp_path, text)) == 7
    assert len(acted(tmp_path, f"A PLAY\n\nPersons of the Play\n\nADA\nBEN\n\n{text}")) == 7


def test_titles_of_chapters_do_not_speak(tmp_path: Path) -> None:
    body = f"PROLOGUE\n\n{LONG}\n\n" + "".join(
        f"CHAPTER {n}\n\n{word}.\n\n{LONG}\n\n{LONG}\n\n"
        for n, word in enumerate(("LOOMINGS", "THE BAG", "THE INN", "BREAKFAST", "THE SHIP"), 1)
    )
    assert len(book(tmp_path, body)) == 2 + 5 * 3


def test_names_above_their_speeches(tmp_path: Path) -> None:
    text = """\
_The Persons of the Play_

  A BOY

THE FIRST ACT

_A hall with beds on each
side of it._

_The Boy (throws a dart)._

Enter, both of you!

_Gudfinna._

[_To the Boy._] Hitting whom?

  [_He joins her, whereupon they all
  sit down._

_M. Cic._

Dā mihi!

_Gudfinna._

No.



ANOTHER PLAY

DRAMATIS PERSONÆ

ODDNY, a maid.

ACT I

_The Boy._

Yes.
"""
    script = imported(tmp_path, text, ".txt")
    assert lines(script)[1:] == [
        ("The Boy", "Enter, both of you!"),
        ("Gudfinna", "Hitting whom?"),
        ("M. Cic", "Dā mihi!"),
        ("Gudfinna", "No."),
        ("Narrator", "ACT I"),
        ("The Boy", "Yes."),
    ]
    assert [speech.delivery for speech in list(script.speeches())[1:3]] == [
        "throws a dart",
        "To the Boy",
    ]


def test_a_bracket_that_closes_twice_takes_no_longer(tmp_path: Path) -> None:
    started = time.perf_counter()
    holds(tmp_path, f"{PLAY}\n\n[{'.' * 40_000}]x\n", ".txt")
    holds(tmp_path, f"Project Gutenberg Ebook of {'.' * 40_000}x\n{HEADER}{LONG}", ".txt")
    assert time.perf_counter() - started < 4


def warned(tmp_path: Path, text: str) -> list[str]:
    return [problem.text for problem in imported(tmp_path, text, ".txt").warnings]


def test_a_speech_about_the_cast_is_no_list_of_persons(tmp_path: Path) -> None:
    for said in ("The cast is ready now.", "Characters of that sort are rare."):
        text = as_printed("{0}.\n{2}").replace("Come in.", f"Come in.\n\n{said}")
        found = acted(tmp_path, text)
        assert len(found) == 8
        assert found[3] == ("ADA", said)
        assert warned(tmp_path, text) == []


def test_a_list_of_persons_ends_where_one_speaks(tmp_path: Path) -> None:
    text = as_printed("{0}.\n{2}").replace(
        "Come in.", "Come in.\n\nCAST\n\nADA, a climber\n\nBEN\n\nCLARA, her sister"
    )
    assert len(acted(tmp_path, text)) == 7
    assert warned(tmp_path, text) == ["a list of persons is not spoken: 8 words"]


def test_notes_have_numbers(tmp_path: Path) -> None:
    diary = f"CHAPTER I\n\n{LONG}\n\nNotes.\n\nWe came home late.\n\nIt rained.\n"
    assert book(tmp_path, diary) == [
        "CHAPTER I",
        LONG,
        "Notes.",
        "We came home late.",
        "It rained.",
    ]
    noted = f"CHAPTER I\n\n{LONG}\n\nNOTES\n\n1. Bread.\n\nMore.\n\n2. Salt.\n\nHe slept.\n"
    assert book(tmp_path, noted) == ["CHAPTER I", LONG, "He slept."]
    assert warned(tmp_path, HEADER + noted) == ["left out: footnotes (6 words)"]


def test_what_a_book_leaves_out_is_told(tmp_path: Path) -> None:
    body = f"Contents\n\n CHAPTER I\n\n\nCHAPTER I\n\n{LONG} [Illustration: A hill]\n\n[1] Bread.\n"
    assert warned(tmp_path, HEADER + body) == [
        "left out: contents (3 words)",
        "left out: notes in brackets (3 words)",
        "left out: footnotes (2 words)",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Thunder is a fine thing, and so is rain.", True),
        ("Enter the city by night. Take the road.", True),
        ("Exit is the only way that I see.", True),
        ("Enter, both of you!", True),
        ("The end of it was sad.", True),
        ("Curtains are red.", True),
        ("Enter Jack.", False),
        ("Enter two Gentlemen, who bow.", False),
        ("Enter clara with a lamp.", False),
        ("Re-enter BEN, who has been ill. He sits.", False),
        ("Flourish. Enter the King, the Queen, and lords with torches, who go round the hill "
         "twice and sit down by the fire.", False),
        ("Thunder and lightning.", False),
        ("Exeunt all but Ben.", False),
        ("The curtain falls.", False),
        ("FINIS.", False),
        ("[Enter Ben", False),
    ],
)  # fmt: skip
def test_entrances(tmp_path: Path, text: str, said: bool) -> None:
    play = as_printed("{0}.\n{2}").replace("Come in.", f"Come in.\n\n{text}")
    assert (("ADA", text) in acted(tmp_path, play)) is said
    assert len(acted(tmp_path, play)) == 7 + said


def test_what_nobody_says_is_told(tmp_path: Path) -> None:
    text = as_printed("{0}.\n{2}").replace(
        "Come in.",
        "Come in.\n\n\n\nAN INTERLUDE\n\nThe night is long, and it is cold.\n\n[_Rain._]",
    )
    assert len(acted(tmp_path, text)) == 7
    assert warned(tmp_path, text) == ["text that nobody says is not spoken: 10 words"]


CUT = """\
DRAMATIS PERSONAE

BENEDICT, a climber.
CLARA, a guide.
CLAUDIO, a guide.

ACT I

_Ben._ Who is it?

_Clar._ It is I.

_Ben._ Come in.

_Cla._ Oh.

_Ben._ Yes.

_Clara._ No.

_Ben._ Yes.

_Cla._ Thanks.

_Clar._ Well.

_Jan._ So.

_Janet._ So it is.

_Jan._ It is.
"""


def test_names_that_are_cut_short(tmp_path: Path) -> None:
    said = [name for name, _ in acted(tmp_path, CUT)]
    assert said == [
        "BENEDICT", "Clara", "BENEDICT", "Cla", "BENEDICT", "Clara", "BENEDICT", "Cla", "Clara",
        "Jan", "Janet", "Jan",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("label", "who"),
    [
        ("ADA AND BEN", "ADA&BEN"),
        ("ADA, BEN, and CLARA", "ADA&BEN&CLARA"),
        ("ADA & CLARA", "ADA&CLARA"),
        ("ADA et BEN", "ADA&BEN"),
        ("ADA y CLARA", "ADA&CLARA"),
    ],
)
def test_several_at_once(tmp_path: Path, label: str, who: str) -> None:
    text = as_printed("{0}.\n{2}") + f"\n\n{label}.\nNo!\n"
    assert acted(tmp_path, text)[-1] == (who, "No!")


def test_quotes_end_sentences_of_a_first_page(tmp_path: Path) -> None:
    found = lines(imported(tmp_path, f"He said it (to _her_).\n\n{LONG}\n", ".txt"))
    assert found[0] == ("Narrator", "He said it (to her).")
