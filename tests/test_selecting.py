"""`podforge render --only` and `--lines`: a part, of the clips that the whole is made of."""

import json
from pathlib import Path

import numpy as np
import pytest

from podforge.cli.destinations import destinations, draft, preview
from podforge.errors import Place, UsageError
from podforge.media import decode
from podforge.pcm import to_wav
from podforge.plan import make_plan
from podforge.project import Request, open_project
from podforge.script import Chapter, Cue, Header
from podforge.selecting import OUTSIDE, select, speeches_at
from tests import in_process
from tests.builders import WINDOWS, cast_of, say, script_of

SCRIPT = script_of(
    say("Ana", "Before any chapter.", 2),
    Chapter("One", Place("s.md", 4, 1)),
    say("Ana", "The first line, which is written in two lines of the file.", 6),
    say("Ben", "The second.", 9),
    Chapter("The long night", Place("s.md", 11, 1)),
    Cue("sfx", "", "a door", (), Place("s.md", 13, 1)),
    say("Ben", "The third.", 15),
    say("Ana", "And the last.", 17),
)


def spoken(chapters=(), lines=(), script=SCRIPT):
    return [speech.place.line for speech in select(script, chapters, lines).script.speeches()]


@pytest.mark.parametrize(
    ("chapters", "lines", "found"),
    [
        (["One"], [], [6, 9]),
        (["1"], [], [6, 9]),
        (["  the LONG  night"], [], [15, 17]),
        (["2", "One"], [], [6, 9, 15, 17]),
        ([], ["9-15"], [9, 15]),
        ([], ["9-"], [9, 15, 17]),
        ([], ["-6"], [2, 6]),
        ([], ["15"], [15]),
        ([], ["7"], [6]),
        ([], ["2", "17"], [2, 17]),
        (["One"], ["17"], [6, 9, 17]),
    ],
)
def test_a_part_holds_what_was_asked_for(chapters, lines, found):
    assert spoken(chapters, lines) == found


@pytest.mark.parametrize(
    ("chapters", "lines", "said"),
    [
        (["The long nigth"], [], 'did you mean "The long night"'),
        (["3"], [], 'there are 2, such as "One", "The long night"'),
        ([], ["11-14"], "nobody speaks in there .*9, 15"),
        ([], ["400"], "nobody speaks"),
        ([], ["17-15"], "not a range"),
        ([], ["a-b"], "not a range"),
        ([], ["-"], "not a range"),
    ],
)
def test_a_part_that_there_is_not_is_an_error_that_helps(chapters, lines, said):
    with pytest.raises(UsageError, match=said):
        select(SCRIPT, chapters, lines)


def test_a_line_belongs_to_the_paragraph_that_goes_on_in_it():
    assert speeches_at(SCRIPT, 6) == speeches_at(SCRIPT, 7) == (2,)
    assert speeches_at(SCRIPT, 12) == speeches_at(SCRIPT, 13) == ()  # a heading, a cue


def test_the_jobs_of_a_part_are_those_of_the_whole():
    plan = make_plan(SCRIPT, cast_of(SCRIPT, WINDOWS))
    part = select(SCRIPT, (), ("9",))
    (job,) = part.planned(plan).jobs
    assert job.key == plan.jobs[1].key
    assert [said.item for said in job.utterances] == [OUTSIDE, 0]


def cued(*options, mode="podcast", action="theme.mp3"):
    place = Place("s.md", 1, 1)
    stop = [] if action == "theme.mp3" else [Cue("music", "", action, (), place)]
    return script_of(
        Chapter("A", place),
        Cue("music", "theme.mp3", "", options, place),
        *stop,
        say("Ana", "One.", 3),
        Chapter("B", Place("s.md", 5, 1)),
        say("Ana", "Two.", 7),
        header=Header(mode=mode),
    )


def cues_of(script, chapter):
    part = select(script, (chapter,), ()).script
    return [item.file for item in part.items if isinstance(item, Cue)]


def test_a_bed_that_loops_sounds_on_into_a_part_and_nothing_else_does():
    assert cues_of(cued("loop"), "B") == ["theme.mp3"]
    assert cues_of(cued("loop"), "A") == ["theme.mp3"]
    assert cues_of(cued(), "B") == []
    assert cues_of(cued("loop", "for 20s"), "B") == []
    assert cues_of(cued("loop", action="stop"), "B") == []
    assert cues_of(cued("loop", mode="audiobook"), "B") == []


EPISODE = """\
---
title: Part
speakers:
  Mara: {voice: mara}
  Tobias: {voice: tobias}
---
[music: bed.wav | loop]

## One

**Mara:** The first line of the script, as it is.

**Tobias:** The second line of it.

## Two

**Tobias:** The fourth line, in chapter two.

**Mara:** And the last line of all.
"""


@pytest.fixture
def script(tmp_path):
    rate = 44_100
    hum = 0.1 * np.sin(np.arange(2 * rate) / 20).astype(np.float32)
    (tmp_path / "bed.wav").write_bytes(to_wav(hum, rate))
    path = tmp_path / "s.md"
    path.write_text(EPISODE)
    return path


def render(script: Path, *options, engine="tone", ok=True):
    done = in_process.podforge(
        "render", script.name, "--engine", engine, "--format", "wav", "--cache", "store",
        *options, cwd=script.parent,
    )  # fmt: skip
    assert (done.returncode == 0) is ok, done.stderr
    return done


def seconds(path: Path) -> float:
    return sum(len(block) for block in decode(path, 8_000, 1)) / 8_000


@pytest.mark.usefixtures("one_process")
def test_a_preview_speaks_its_windows_and_leaves_the_rest_to_the_episode(script, tmp_path):
    script.write_text(EPISODE.replace("[music: bed.wav | loop]", ""))
    done = render(script, "--only", "Two", "--json")
    folder = tmp_path / "output" / "s"
    (told,) = json.loads(done.stdout)["renders"]
    assert (told["outputs"], told["report"]) == (["output/s/s.preview.wav"], None)
    assert [path.name for path in folder.iterdir()] == ["s.preview.wav"]
    assert len(clips(tmp_path)) == 1
    assert not (tmp_path / "store" / "records" / "plan").exists()  # what a render remembers
    jobs = json.loads(render(script, "--json", "-n").stdout)["jobs"]
    assert [job["status"] for job in jobs] == ["new", "cached"]

    before = (folder / "s.preview.wav").read_bytes()
    render(script, "--lines", "11")  # another part, into the same file
    assert (folder / "s.preview.wav").read_bytes() != before
    assert len(clips(tmp_path)) == 2
    assert render(script).stderr.count("all spoken already") == 1
    assert 2 < seconds(folder / "s.preview.wav") < 0.7 * seconds(folder / "s.wav")

    whole = (folder / "s.wav").read_bytes()
    done = render(script, "--lines", "13", "-o", "output/s/s.wav", ok=False)
    assert done.returncode == 2
    assert "s.wav is an episode" in done.stderr
    assert (folder / "s.wav").read_bytes() == whole


@pytest.mark.usefixtures("one_process")
def test_a_window_that_is_made_in_parts_is_so_in_a_preview_too(script, spoken):
    """The pause lies outside of the preview, inside the window of its line."""
    text = EPISODE.replace("[music: bed.wav | loop]", "").replace("## Two\n\n", "")
    script.write_text(
        text.replace("**Tobias:** The second", "[pause 2s]\n\n**Tobias:** The second")
    )
    tight = ("--set", "fake-window.gap=0.01")
    render(script, "--lines", "19", *tight, engine="fake-window")
    preview = spoken()
    assert len(preview) == 2  # the window, and of its parts the one with the line
    render(script, *tight, engine="fake-window")
    assert len(spoken()) == 1  # the other part


def clips(folder: Path) -> list[Path]:
    return list((folder / "store" / "records" / "clip").rglob("*.json"))


def test_a_preview_goes_where_it_is_told_with_nothing_beside_it(tmp_path):
    (named,) = destinations([Path("s.md")], str(tmp_path / "part.MP3"), ())
    assert preview(named).completed((), ()).everything() == (tmp_path / "part.MP3",)
    (usual,) = destinations([Path("s.md")], None, (), split=True)
    assert preview(usual).completed((), ()).everything() == (Path("output/s/s.preview.mp3"),)


@pytest.mark.parametrize("kind", [preview, draft])
def test_an_episode_that_is_called_like_a_preview_or_a_draft_is_not_written_over(kind, tmp_path):
    (episode,) = destinations([Path(f"s.{kind.__name__}.md")], f"{tmp_path}/", ())
    episode.beside(".report.json").write_text("{}")
    (other,) = destinations([Path("s.md")], f"{tmp_path}/", ())
    with pytest.raises(UsageError, match=rf"s\.{kind.__name__}.* is an? .*episode"):
        kind(other)


def test_the_bed_of_the_whole_is_under_the_part(script):
    part = open_project(Request(script, "tone", chapters=("Two",))).script
    assert [item.file for item in part.items if isinstance(item, Cue)] == ["bed.wav"]
