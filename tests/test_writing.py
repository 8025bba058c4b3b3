import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podforge.errors import InputError, Place
from podforge.project import Request, open_project
from podforge.reading import Findings, read, tidied, write_markdown
from podforge.reading.markdown.reader import read_markdown
from podforge.script import (
    Chapter,
    Cue,
    Header,
    Item,
    Pause,
    Role,
    SceneBreak,
    Script,
    Speech,
    replaced,
)
from tests import in_process

PLACE = Place("x")
CAST = ("Narrator", "Ana", "Ben", "First Clown", "Music", "Note", "2", "Zoë & Co")
ODD = """
Ana Ana: Ben: **Ana:** [laughs] (softly) # - + * 1. 2) > ` ``` ~~~ ~~x~~ <b> </b> &amp; & \\ \\*
[pause] [music:x] [1]: http://a.b [^1] [^1]: --- *** ___ _x_ *x* **x** == :  | a|b %% <!-- -->
$5 4:30 (0:12) [0:12] [S1] <v Ana> <Person1> {x} ~ !x ![a](b.mp3) [a](b) [[a|b]] (sighs) [x]
Break: Note: Music: Ana： “Yes,” it's café 你好。 = - [ ] — ... podforge:skip <br/> <say> ^ &#65;
"""
words = st.one_of(
    st.sampled_from(ODD.split()),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Co", "Cc"]), max_size=8),
)
texts = st.lists(words, min_size=1, max_size=7).map(lambda parts: " ".join(" ".join(parts).split()))
texts = texts.filter(lambda text: any(c.isalnum() for c in text))


@st.composite
def speeches(draw: st.DrawFn) -> Speech:
    who = draw(st.lists(st.sampled_from(CAST[:4]), min_size=1, max_size=2, unique=True))
    text = draw(texts)
    spoken = None
    if draw(st.booleans()):
        text = draw(st.sampled_from(["Siobhán came.", "We met Siobhán [there] *twice*."]))
        at = text.index("Siobhán")
        spoken = replaced(
            text, [(at, at + 7, draw(st.sampled_from(["shi-vawn", 'a "b" <c> & d'])))]
        )
    edges = [0, len(text), *(at for at, c in enumerate(text) if c == " ")]
    at = draw(st.sampled_from(edges))
    events = ((at + (0 < at < len(text)), "laughs"),) if draw(st.booleans()) else ()
    said = draw(st.sampled_from(["", "", "softly", "with a sigh"]))
    language = draw(st.sampled_from(["", "", "fr", "de-CH"]))
    return Speech(tuple(who), text, PLACE, said, events, language, spoken)


items = st.one_of(
    speeches(),
    st.builds(Chapter, texts, st.just(PLACE)),
    st.sampled_from([0.25, 1.0, 12.5]).map(lambda seconds: Pause(seconds, PLACE)),
    st.just(SceneBreak(PLACE)),
    st.just(Cue("sfx", "", "a door opens", (), PLACE)),
    st.just(Cue("music", "a b.mp3", "", ("fade in 1s",), PLACE)),
)


def script_of(mode: str, found: list[Item]) -> Script:
    header = Header(
        title='A "title": yes',
        mode=mode,
        roles=tuple(map(Role, CAST)),
        closed=True,
        deals=True,  # type: ignore[arg-type]
    )
    return Script("x.md", header, tuple(found))


def read_back(script: Script) -> Script:
    text = write_markdown(script, {role.name: "ada" for role in script.header.roles})
    findings = Findings("x.md")
    back = read_markdown(text, findings)
    assert not [p for p in findings.problems if p.severity == "error"], text
    return back


def without_places(script: Script) -> list[Item]:
    return [replace(item, place=PLACE) for item in script.items]


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["podcast", "audiobook"]), st.lists(items, min_size=1, max_size=6))
def test_what_is_written_reads_back_to_the_same_items(mode: str, found: list[Item]) -> None:
    script = tidied(script_of(mode, found))
    back = read_back(script)
    assert without_places(back) == without_places(script)
    assert back.header.title == script.header.title


def test_the_header_is_written_and_read_back() -> None:
    header = Header(
        title="no", author='A: "B"', date="2026-01-02", language="fr", tags=("a, b", "c"),
        lexicon={"Siobhán": "shi-vawn", "yes": "no # 1"}, mode="audiobook", deals=True, closed=True,
        roles=(Role("Narrator"), Role("Ana: the *first*", aliases=("A",), gain_db=-1.5, pan=0.5)),
    )  # fmt: skip
    speech = Speech(("Narrator",), "Hello there.", PLACE)
    script = tidied(Script("x", header, (speech,)))
    back = read_back(script).header
    same = ("title", "author", "date", "language", "tags", "lexicon", "mode")
    assert [getattr(back, key) for key in same] == [getattr(header, key) for key in same]
    assert [(role.name, role.aliases, role.gain_db, role.pan) for role in back.roles] == [
        ("Narrator", (), 0, 0),
        ("Ana the first", ("A",), -1.5, 0.5),
    ]


SAMPLES = {
    "a.vtt": "WEBVTT\n\n00:00.000 --> 00:02.000\n<v Ana B.>Is it *you*?\n\n"
    "00:03.000 --> 00:04.000\n<v SPEAKER_01>Yes [laughs].\n",
    "a.srt": "1\n00:00:00,000 --> 00:00:02,000\nANA: Hello.\n\n"
    "2\n00:00:02,000 --> 00:00:04,000\nBEN: Hi.\n\n3\n00:00:05,000 --> 00:00:06,000\nANA: Oh.\n",
    "a.json": '{"segments": [{"speaker": "Ana", "startTime": 0, "body": "Hi #1."},'
    ' {"speaker": "Ben", "startTime": 2, "body": "- Hello."}]}',
    "a.fountain": "INT. HOUSE - DAY\n\nA door.\n\nANA (V.O.)\n(softly)\nHello.\n\nBEN\nHi.\n",
    "a.txt": "CHAPTER I.\n\nIt was late, and the\nroad was long.\n\n* * * * *\n\nHe went on.\n",
    "b.txt": "Speaker 1: Hello there.\nSpeaker 2: Hi. Note: it is 4:30.\n",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_an_imported_script_makes_the_same_jobs_as_the_file_itself(
    tmp_path: Path, name: str
) -> None:
    source, target = tmp_path / name, tmp_path / "imported.md"
    source.write_text(SAMPLES[name], encoding="utf-8")
    assert in_process.podforge("import", str(source), "-o", str(target)).returncode == 0
    direct, imported = (open_project(Request(path)) for path in (source, target))
    assert [job.key for job in imported.plan.jobs] == [job.key for job in direct.plan.jobs]
    assert without_places(read(target)) == without_places(read(source))
    assert direct.script.account is None or direct.script.account.missing == 0


def test_names_become_labels_and_what_says_nothing_goes() -> None:
    odd = Speech(("MR. *SMITH*: [aside]", "Ana"), "  So\x00 it\nis. \ue000 ", PLACE)
    same = Speech(("mr. smith aside",), "Yes.", PLACE)
    script = Script("x", Header(), (odd, same, Speech(("Ana",), "\ue000", PLACE)))
    tidy = tidied(script)
    assert [(item.speakers, item.text) for item in tidy.speeches()] == [
        (("MR. SMITH aside", "Ana"), "So it is."),
        (("MR. SMITH aside",), "Yes."),
    ]
    assert [role.name for role in tidy.header.roles] == ["MR. SMITH aside", "Ana"]


def test_nothing_raw_is_imported_and_no_file_is_written_over(tmp_path: Path) -> None:
    source, target = tmp_path / "a.json", tmp_path / "a.md"
    title = "\\u001b]0;x\\u0007 \\u202eOne"
    said = f'{{"title": "{title}", "segments": [{{"speaker": "Ana", "text": "Hi."}}]}}'
    source.write_text(said, encoding="utf-8")
    assert in_process.podforge("import", source).returncode == 0
    assert 'title: "]0;x One"' in target.read_text(encoding="utf-8")
    target.write_text("precious", encoding="utf-8")
    assert in_process.podforge("import", source).returncode == 2
    assert target.read_text(encoding="utf-8") == "precious"
    assert in_process.podforge("import", source, "--force").returncode == 0
    assert target.read_text(encoding="utf-8") != "precious"
    assert in_process.podforge("import", source, "-o", tmp_path, "--force").returncode == 2


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_lexicon_is_a_file_in_the_folder_of_the_script(tmp_path: Path, kind: str) -> None:
    folder, outside = tmp_path / "project", tmp_path / "words.yaml"
    folder.mkdir()
    outside.write_text("Ana: anna", encoding="utf-8")
    if kind == "link":
        (folder / "words.yaml").symlink_to(outside)
    else:
        os.mkfifo(folder / "words.yaml")
    script = folder / "a.md"
    script.write_text("---\nlexicon: words.yaml\nspeakers: {Ana: ada}\n---\n**Ana:** Hi.\n")
    with pytest.raises(InputError, match="lexicon"):
        open_project(Request(script))
