"""Whole episodes, decoded and measured with another meter than the one that made them."""

import json
import shutil
from pathlib import Path

import mutagen.id3
import mutagen.mp4
import numpy as np
import pytest

from podforge.delivering import Outputs
from podforge.encodings import Format
from podforge.kept import find_clip
from podforge.layout import lay_out
from podforge.produce import Order, produce
from podforge.project import Request, open_project
from podforge.store import Store
from podforge.units import rescale
from tests.measuring import level, loudness, samples, silences
from tests.probe import probe

EXAMPLES = Path(__file__).parents[1] / "scripts_examples"
RATE = 44_100


def render(script: Path, folder: Path, *formats: str, engine: str = "", jobs: int = 2) -> Path:
    outputs = Outputs(folder, script.stem, tuple(map(Format, formats)))
    order = Order(Request(script, engine), outputs, folder / "store", jobs)
    events: list[object] = []
    produce(order, events.append)
    return folder / script.stem


@pytest.fixture(scope="module")
def bakery(tmp_path_factory) -> Path:
    """The bakery, abridged, in all formats; the path has no suffix."""
    folder = tmp_path_factory.mktemp("bakery")
    return render(abridged(folder), folder, "mp3", "m4b", "opus", "flac", "wav")


def abridged(folder: Path) -> Path:
    """The script of the bakery with the first paragraphs of each chapter."""
    shutil.copytree(EXAMPLES / "audio", folder / "audio")
    front, *chapters = (EXAMPLES / "bakery.md").read_text().split("\n## ")
    parts = [front, *("\n\n".join(chapter.split("\n\n")[:6]) for chapter in chapters)]
    script = folder / "bakery.md"
    script.write_text("\n\n## ".join(parts) + "\n")
    return script


@pytest.mark.parametrize("suffix", [".mp3", ".m4b", ".opus", ".flac", ".wav"])
def test_the_decoded_file_is_as_loud_as_promised(bakery, suffix):
    lufs, peak = loudness(bakery.with_suffix(suffix))
    assert lufs == pytest.approx(-16.0, abs=0.3)
    assert peak <= -1.0
    report = json.loads(bakery.with_suffix(".report.json").read_text())
    (said,) = (o for o in report["outputs"] if o["file"] == bakery.name + suffix)
    assert said["lufs"] == pytest.approx(lufs, abs=0.11)
    assert said["true_peak_db"] == pytest.approx(peak, abs=0.6)


@pytest.mark.parametrize("suffix", [".mp3", ".m4b", ".opus", ".flac", ".wav"])
def test_all_formats_last_as_long_as_the_timeline(bakery, suffix):
    report = json.loads(bakery.with_suffix(".report.json").read_text())
    decoded = len(samples(bakery.with_suffix(suffix))) / RATE
    assert decoded == pytest.approx(report["seconds"], abs=0.05)


def test_the_whole_bakery_lasts_as_long_as_an_episode(tmp_path):
    path = render(EXAMPLES / "bakery.md", tmp_path, "mp3")
    assert 180 <= json.loads(path.with_suffix(".report.json").read_text())["seconds"] <= 300
    assert loudness(path.with_suffix(".mp3"))[0] == pytest.approx(-16.0, abs=0.3)


@pytest.mark.parametrize("suffix", [".mp3", ".m4b"])
def test_chapters_and_tags_are_read_back(bakery, suffix):
    found = probe(bakery.with_suffix(suffix))
    wanted = json.loads(bakery.with_suffix(".chapters.json").read_text())["chapters"]
    assert [c.title for c in found.chapters] == [c["title"] for c in wanted]
    assert len(wanted) == 3
    for chapter, mark in zip(found.chapters, wanted, strict=True):
        assert chapter.start == pytest.approx(mark["startTime"], abs=0.03)
    assert found.tags["title"] == "The Bakery at the End of the Line"
    assert found.tags["album"] == "Small Hours"
    assert "synthetic speech" in found.tags["comment"]
    assert any(stream.kind == "video" for stream in found.streams), "no cover"


def test_mutagen_sees_the_table_of_contents_and_the_cover(bakery):
    tags = mutagen.id3.ID3(bakery.with_suffix(".mp3"))
    assert len(tags.getall("CHAP")) == 3
    assert tags.getall("CTOC")[0].child_element_ids
    assert tags.getall("APIC")[0].data[:2] == b"\xff\xd8"
    m4b = mutagen.mp4.MP4(bakery.with_suffix(".m4b"))
    assert next(chapter.title for chapter in m4b.chapters) == "Half past four"
    assert m4b.tags["covr"]


def test_a_chapter_begins_in_a_silence_that_speech_follows(bakery):
    sound = samples(bakery.with_suffix(".mp3"))
    for mark in json.loads(bakery.with_suffix(".chapters.json").read_text())["chapters"][1:]:
        at = int(mark["startTime"] * RATE)
        assert level(sound[at - RATE // 2 : at + RATE // 5]) < -50
        assert level(sound[at + RATE // 2 : at + 2 * RATE]) > -30


def test_words_sound_when_the_transcript_says_so(bakery):
    sound = samples(bakery.with_suffix(".wav"))
    segments = json.loads(bakery.with_suffix(".transcript.json").read_text())["segments"]
    words = [word for segment in segments for word in segment["words"]]
    assert len(words) > 150
    heard = 0
    for word in words:
        start, end = int(word["startTime"] * RATE), int(word["endTime"] * RATE)
        heard += end > start and level(sound[start:end]) > -45
    assert heard / len(words) > 0.99


def test_there_is_room_tone_and_never_digital_silence(bakery):
    sound = samples(bakery.with_suffix(".flac"))
    found = silences(sound, RATE)
    assert len(found) > 15
    for start, end in found:
        assert level(sound[int(start * RATE) : int(end * RATE)]) > -80
    assert level(sound[-RATE // 4 :]) < -58


@pytest.mark.usefixtures("one_process")
def test_joins_do_not_click(tmp_path):
    """Noise that begins and ends at full level, cut hard by the engine, is faded at each join."""
    script = tmp_path / "s.md"
    script.write_text(WINDOW)
    path = render(script, tmp_path, "wav", engine="fake").with_suffix(".wav")
    project = open_project(Request(script, "fake"))
    clips = {job.key: find_clip(Store(tmp_path / "store"), job) for job in project.plan.jobs}
    timeline = lay_out(project.script, project.plan, clips, project.cast)
    sound = samples(path)
    steps = np.abs(np.diff(sound))
    assert len(timeline.sections[0].placements) == 4
    for placed in timeline.sections[0].placements:
        end = placed.at + rescale(placed.end - placed.start, placed.clip_rate, RATE)
        inside = np.quantile(steps[placed.at + RATE // 10 : end - RATE // 10], 0.9)
        for edge in (placed.at, end):
            assert steps[edge - 10 : edge + 10].max() < inside / 4


def test_both_speakers_are_equally_loud(bakery):
    sound = samples(bakery.with_suffix(".wav"))
    segments = json.loads(bakery.with_suffix(".transcript.json").read_text())["segments"]
    of = {"Mara": [], "Tobias": []}
    for segment in segments:
        if segment["speaker"] in of:
            start, end = int(segment["startTime"] * RATE), int(segment["endTime"] * RATE)
            of[segment["speaker"]].append(sound[start:end])
    mara, tobias = (level(np.concatenate(parts)) for parts in of.values())
    assert mara == pytest.approx(tobias, abs=2.0)


def test_same_script_same_bytes_with_another_j_in_another_folder(bakery, tmp_path):
    again = render(abridged(tmp_path), tmp_path / "out", "mp3", "m4b", jobs=1)
    for suffix in (".mp3", ".m4b"):
        assert again.with_suffix(suffix).read_bytes() == bakery.with_suffix(suffix).read_bytes()


WINDOW = """\
---
title: Window
speakers:
  Mara: {voice: mara}
  Tobias: {voice: tobias}
---
**Mara:** This is the first of the lines in the window.

**Tobias:** And this one follows it as the engine likes.

[pause 2s]

**Mara:** Two seconds later there is a third line.

[sfx: a door closes]

**Tobias:** And after the door there is a fourth.
"""


@pytest.mark.usefixtures("one_process")
def test_a_pause_and_a_cue_inside_a_window_are_where_they_belong(tmp_path):
    script = tmp_path / "w.md"
    script.write_text(WINDOW)
    path = render(script, tmp_path, "wav", engine="espeak-window").with_suffix(".wav")
    report = json.loads(path.with_suffix(".report.json").read_text())
    assert report["jobs_made"] == 1
    sound = samples(path)
    segments = json.loads(path.with_suffix(".transcript.json").read_text())["segments"]
    starts, ends = {}, {}
    for segment in segments:  # by line: a line may be several segments
        line = next(
            n for n, w in enumerate(("first", "follows", "Two", "after")) if w in segment["body"]
        )
        starts.setdefault(line, segment["startTime"])
        ends[line] = segment["endTime"]
    gaps = [starts[n + 1] - ends[n] for n in range(3)]
    assert 0.1 < gaps[0] < 0.5  # the engine's own
    assert gaps[1] == pytest.approx(2.0, abs=0.01)
    assert gaps[2] == pytest.approx(0.4, abs=0.01)  # a cue without a file takes no time
    for end, gap in zip((ends[1], ends[2]), gaps[1:], strict=True):
        quiet = [s for s in silences(sound, RATE, -45) if s[0] < end + gap / 2 < s[1]]
        assert quiet
        assert quiet[0][1] - quiet[0][0] == pytest.approx(gap, abs=0.12)


def test_the_bakery_renders_in_windows(tmp_path):
    path = render(abridged(tmp_path), tmp_path, "mp3", engine="espeak-window")
    report = json.loads(path.with_suffix(".report.json").read_text())
    assert report["jobs_made"] <= 5
    assert loudness(path.with_suffix(".mp3"))[0] == pytest.approx(-16, abs=0.3)
    assert report["findings"] == []


@pytest.mark.usefixtures("one_process")
def test_a_window_without_room_for_a_pause_is_made_again_in_parts(tmp_path, spoken):
    script = tmp_path / "w.md"
    script.write_text(
        WINDOW.replace("title: Window", "title: W\nengines: {fake-window: {gap: 0.05}}")
    )
    events: list[object] = []
    outputs = Outputs(tmp_path, "w", (Format("wav"),))
    produce(Order(Request(script, "fake-window"), outputs, tmp_path / "store"), events.append)
    assert len(spoken()) == 1 + 3
    assert any("in parts" in getattr(event, "text", "") for event in events)
    report = json.loads((tmp_path / "w.report.json").read_text())
    assert report["jobs_made"] == 4
    assert "in parts" in report["warnings"][0]["text"]
