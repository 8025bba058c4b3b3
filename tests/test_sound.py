"""Music, effects, panning, speed and chapters, as they come out of a render."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mutagen.id3
import mutagen.mp3
import numpy as np
import pytest

from podforge.delivering import Outputs
from podforge.encodings import format_of
from podforge.errors import InputError
from podforge.events import JobStarted, StageStarted, Warned
from podforge.media import decode
from podforge.produce import Order, Product, produce
from podforge.project import Request
from tests import in_process
from tests.measuring import level, loudness
from tests.sounds import sine

pytestmark = pytest.mark.usefixtures("one_process")
RATE = 44_100
TONE = 1_000.0  # of the music in these tests, Hz; speech has next to nothing so exactly there

HEADER = "---\ntitle: Sound\nspeakers: {Mara: {voice: mara}, Tobias: {voice: tobias}}\n---\n"
SPEECH = "**Mara:** These are words that take a while to say, and more of them.\n\n"


def music(path: Path, seconds: float, channels: int = 2, level_db: float = -20.0) -> None:
    from podforge.media import encode

    path.parent.mkdir(parents=True, exist_ok=True)
    tone = sine(TONE, level_db, seconds, RATE)
    sound = np.stack([tone] * channels, axis=1)
    encode([sound], path, RATE, channels, (("f", "wav"), ("c:a", "pcm_s16le")))


def render(
    folder: Path, text: str, formats: str = "wav", split: bool = False, name: str = "s"
) -> tuple[Product, list[object]]:
    folder.mkdir(exist_ok=True)
    script = folder / f"{name}.md"
    script.write_text(text)
    events: list[object] = []
    outputs = Outputs(folder / "out", name, tuple(map(format_of, formats.split(","))), split)
    return produce(Order(Request(script), outputs, folder / "store", 2), events.append), events


def decoded(path: Path, channels: int = 2) -> np.ndarray:
    return np.concatenate(list(decode(path, RATE, channels)))


def strength(sound: np.ndarray, start: float, seconds: float = 0.5) -> float:
    """Level in dB of the music's own frequency."""
    part = sound[int(start * RATE) :][: int(seconds * RATE)]
    turn = np.exp(-2j * np.pi * TONE * np.arange(len(part)) / RATE) * np.hanning(len(part))
    return 20 * np.log10(abs(np.dot(part, turn)) * 2 / np.hanning(len(part)).sum() + 1e-9)


def said(product: Product) -> list[dict[str, Any]]:
    """The segments of the transcript."""
    path = product.report.with_name("s.transcript.json")
    found: list[dict[str, Any]] = json.loads(path.read_text())["segments"]
    return found


def lines(product: Product) -> list[tuple[float, float]]:
    """When each caption begins and ends."""
    return [(segment["startTime"], segment["endTime"]) for segment in said(product)]


def test_music_plays_alone_ducks_under_speech_and_stops(tmp_path):
    music(tmp_path / "a.wav", 30)
    text = f"{HEADER}[music: a.wav | fade in 1s | under -14dB]\n\n[pause 4s]\n\n{SPEECH}"
    text += f"[pause 4s]\n\n[music stop | fade out 1s]\n\n[pause 3s]\n\n{SPEECH}"
    product, _ = render(tmp_path, text)
    sound = decoded(product.outputs[0])[:, 0]
    (start, _), *_, (last, _) = lines(product)
    alone = strength(sound, 2.0)
    assert strength(sound, 0.05, 0.1) < alone - 6  # it fades in
    under = strength(sound, start + 1.0, 1.0)
    assert under - alone == pytest.approx(-14, abs=1.0)
    assert strength(sound, start - 0.6, 0.3) == pytest.approx(alone, abs=1.0)
    assert strength(sound, last - 1.5, 0.5) < alone - 30  # it has stopped


def test_a_stereo_bed_makes_a_stereo_file_and_speech_alone_a_mono_one(tmp_path):
    music(tmp_path / "a.wav", 3)
    bed, _ = render(tmp_path, f"{HEADER}[music: a.wav]\n\n{SPEECH}", "mp3", name="bed")
    bare, _ = render(tmp_path, HEADER + SPEECH, "mp3", name="bare")
    mono = HEADER.replace("title: Sound", "title: Sound\nloudness: podcast-mono")
    kept, _ = render(tmp_path, f"{mono}[music: a.wav]\n\n{SPEECH}", "mp3", name="kept")
    channels = [mutagen.mp3.MP3(p.outputs[0]).info.channels for p in (bed, bare, kept)]
    assert channels == [2, 1, 1]
    assert loudness(kept.outputs[0])[0] == pytest.approx(-19, abs=0.2)


def test_speakers_stand_where_they_are_panned(tmp_path):
    header = HEADER.replace("{voice: mara}", "{voice: mara, pan: -0.8}")
    header = header.replace("{voice: tobias}", "{voice: tobias, pan: 0.8}")
    text = f"{header}{SPEECH}**Tobias:** And I stand on the other side of the room.\n"
    product, _ = render(tmp_path, text)
    sound = decoded(product.outputs[0])
    segments = json.loads(product.outputs[0].with_suffix(".transcript.json").read_text())[
        "segments"
    ]
    balance: dict[str, list[float]] = {"Mara": [], "Tobias": []}
    for segment in segments:
        part = sound[int(segment["startTime"] * RATE) : int(segment["endTime"] * RATE)]
        balance[segment["speaker"]].append(level(part[:, 0]) - level(part[:, 1]))
    assert min(balance["Mara"]) > 6
    assert max(balance["Tobias"]) < -6


def test_speed_changes_the_length_and_nothing_else_of_the_words(tmp_path):
    usual, events = render(tmp_path, HEADER + SPEECH)
    (before,) = (end - start for start, end in lines(usual))
    faster = HEADER.replace("{voice: mara}", "{voice: mara, speed: 1.25}")
    quick, again = render(tmp_path, faster + SPEECH)
    (after,) = (end - start for start, end in lines(quick))
    assert any(isinstance(event, JobStarted) for event in events)
    assert not any(isinstance(event, JobStarted) for event in again)  # the clip is the same
    assert before / after == pytest.approx(1.25, rel=0.03)


def test_an_inserted_recording_is_waited_for(tmp_path):
    music(tmp_path / "clip.wav", 5, channels=1)
    text = f"{HEADER}{SPEECH}![what she said](clip.wav)\n\n{SPEECH}"
    product, _ = render(tmp_path, text)
    (_, end), (start, _) = lines(product)
    assert start - end == pytest.approx(5 + 2 * 0.55, abs=0.1)
    sound = decoded(product.outputs[0], 1)[:, 0]
    assert strength(sound, (end + start) / 2) > -30


@pytest.mark.parametrize(
    ("cue", "complaint"),
    [
        ("[music: gone.mp3]", "is not there"),
        ("[sfx: ../outside.wav]", "outside the project"),
        ("[music: words.mp3]", "cannot be read"),
        ("[music: a.wav | under -14dB | fade inn 1s]", "fade in"),
        ("[music: a.wav | gain 900dB]", "gain"),
        ("[music: a.wav | from 10s]", "nothing is left"),
    ],
)
def test_a_cue_that_cannot_sound_is_an_error_before_anything_is_spoken(cue, complaint, tmp_path):
    music(tmp_path / "a.wav", 1)
    music(tmp_path.parent / "outside.wav", 1)
    (tmp_path / "words.mp3").write_text("these are words, not sound\n" * 50)
    events: list[object] = []
    script = tmp_path / "s.md"
    script.write_text(f"{HEADER}{SPEECH}{cue}\n\n{SPEECH}")
    outputs = Outputs(tmp_path / "out", "s", (format_of("wav"),))
    with pytest.raises(InputError, match=complaint) as caught:
        produce(Order(Request(script), outputs, tmp_path / "store"), events.append)
    assert [p.place.line for p in caught.value.problems if p.severity == "error"] == [7]
    assert not any(isinstance(event, JobStarted) for event in events)


BOOK = HEADER.replace("title: Sound", "title: Sound\nmode: audiobook\nnarrator: Mara") + (
    "## One\n\nThe first chapter has a paragraph of words in it, and it is not long.\n\n"
    "## Two\n\nThe second one has other words in it, and is of about the same length.\n\n"
    "**Tobias:** I speak in this one, too.\n\n"
    "## Three\n\nAnd this is the last of them, with words that nobody has said before.\n"
)


def mixed_seconds(events: list[object]) -> float:
    """How much audio was mixed and encoded."""
    return sum(e.seconds for e in events if isinstance(e, StageStarted) and "mixing" in e.stage)


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> tuple[Path, float]:
    """A folder where BOOK was rendered as MP3, and how much was mixed for that."""
    folder = tmp_path_factory.mktemp("book")
    with in_process.engines():
        _, events = render(folder / "here", BOOK, "mp3")
    (folder / "here").rename(folder / "kept")
    return folder, mixed_seconds(events)


@pytest.fixture
def here(book) -> Iterator[Path]:
    """Where BOOK was rendered: a stamp knows its outputs by their paths and times."""
    here = book[0] / "here"
    shutil.copytree(book[0] / "kept", here)
    yield here
    shutil.rmtree(here)


@pytest.mark.parametrize("name", ["mp3", "m4b", "opus"])
def test_chapters_of_a_book_begin_where_they_should_and_join_without_a_click(name, here):
    product, _ = render(here, BOOK, name)
    path = product.outputs[0]
    marks = json.loads(path.with_suffix(".chapters.json").read_text())["chapters"]
    assert [mark["title"] for mark in marks] == ["One", "Two", "Three"]
    report = json.loads(path.with_suffix(".report.json").read_text())
    sound = decoded(path, 1)[:, 0]
    frame = 1152 / RATE
    assert len(sound) / RATE == pytest.approx(report["seconds"], abs=frame + 0.001)
    starts = [start for start, _ in lines(product)]
    for mark in marks[1:]:
        at = mark["startTime"]
        joint = sound[int((at - 0.4) * RATE) : int((at + 0.4) * RATE)]
        assert 20 * np.log10(np.abs(joint).max()) < -46  # room tone on both sides, nothing else
        assert -75 < level(joint) < -55
        heading = min(start for start in starts if start > at)
        # speech begins within a frame of where the transcript has it
        loud = np.abs(sound[int((at + 0.1) * RATE) : int((heading + 1) * RATE)]) > 10 ** (-40 / 20)
        assert at + 0.1 + np.argmax(loud) / RATE == pytest.approx(heading, abs=2 * frame)


def test_a_change_in_a_book_makes_one_chapter_again(here, book):
    _, whole = book
    changes = {
        "word": BOOK.replace("other words", "different words"),
        "gain of Tobias": BOOK.replace("{voice: tobias}", "{voice: tobias, gain: -2}"),
        "chain of Tobias": BOOK.replace("{voice: tobias}", "{voice: tobias, chain: firm}"),
        "voice of Tobias": BOOK.replace("{voice: tobias}", "{voice: jonah}"),
    }
    for what, text in changes.items():
        _, events = render(here, text, "mp3")
        spoken = sum(isinstance(event, JobStarted) for event in events)
        assert spoken == (1 if what in ("word", "voice of Tobias") else 0), what
        assert 0.2 * whole < mixed_seconds(events) < 0.6 * whole, what
    _, events = render(here, BOOK, "mp3")  # back again: all of it is in the store
    assert mixed_seconds(events) == 0


def test_what_does_not_touch_the_sound_of_a_book_mixes_nothing(here):
    one, two, three = BOOK.index("## One"), BOOK.index("## Two"), BOOK.index("## Three")
    moved = BOOK[:one] + BOOK[two:three] + BOOK[one:two] + BOOK[three:]
    renamed = BOOK.replace("Tobias", "Toby").replace("voice: tobias", "voice: tobias")
    titled = BOOK.replace("title: Sound", "title: Noise")
    for text in (moved, renamed, titled):
        product, events = render(here, text, "mp3")
        assert mixed_seconds(events) == 0
        assert not any(isinstance(event, JobStarted) for event in events)
        assert not product.unchanged
    _, events = render(here, BOOK.replace("mode:", "loudness: -19\nmode:"), "mp3")
    assert not any(isinstance(event, JobStarted) for event in events)
    assert mixed_seconds(events) > 10


def test_another_ffmpeg_encodes_everything_again_and_speaks_nothing(here, monkeypatch):
    monkeypatch.setattr("podforge.finishing.ffmpeg_version", lambda: "another")
    monkeypatch.setattr("podforge.surroundings.said", lambda order: "another")
    monkeypatch.setattr("podforge.inputs.ffmpeg_version", lambda: "another")
    _, events = render(here, BOOK, "mp3")
    assert mixed_seconds(events) > 10
    assert not any(isinstance(event, JobStarted) for event in events)


def test_another_asset_mixes_the_chapter_where_it_sounds(here, book):
    text = BOOK.replace("## Two\n", "## Two\n\n[sfx: a.wav]\n")
    _, whole = book
    for level_db in (-20, -12):
        music(here / "a.wav", 2, level_db=level_db)
        _, events = render(here, text, "mp3")
    assert 0.2 * whole < mixed_seconds(events) < 0.6 * whole
    assert not any(isinstance(event, JobStarted) for event in events)


def test_a_bed_ends_with_its_chapter_and_says_so(here):
    music(here / "a.wav", 60)
    product, _ = render(here, BOOK.replace("## Two\n", "## Two\n\n[music: a.wav]\n"))
    report = json.loads(product.report.read_text())
    (said,) = (w for w in report["warnings"] if "chapter" in w["text"])
    assert said["place"].startswith(str(here / "s.md:"))
    marks = json.loads(product.outputs[0].with_suffix(".chapters.json").read_text())["chapters"]
    sound = decoded(product.outputs[0])[:, 0]
    end = marks[2]["startTime"]
    assert strength(sound, end - 4) > -45
    assert strength(sound, end - 0.45, 0.4) < -80


def test_split_chapters_are_files_of_their_own_with_a_playlist(here):
    product, _ = render(here, BOOK.replace("## Two", "## Zwölf & \u4e8c"), "mp3", split=True)
    names = [path.name for path in product.outputs]
    assert names == ["s-01-one.mp3", "s-02-zwolf.mp3", "s-03-three.mp3"]
    listed = (here / "out" / "s.m3u").read_text().splitlines()
    assert [line for line in listed if not line.startswith("#")] == names
    assert listed[0] == "#EXTM3U"
    lengths = [int(line[8 : line.index(",")]) for line in listed if line.startswith("#EXTINF:")]
    for number, path in enumerate(product.outputs, start=1):
        tags = mutagen.id3.ID3(path)
        assert (str(tags["TRCK"]), str(tags["TALB"])) == (str(number), "Sound")
        assert len(decoded(path)) / RATE == pytest.approx(lengths[number - 1], abs=0.6)
        assert loudness(path)[0] == pytest.approx(-16, abs=0.2)
    assert str(mutagen.id3.ID3(product.outputs[1])["TIT2"]) == "Zwölf & \u4e8c"


def test_a_chapter_of_an_earlier_render_is_pointed_out(here):
    render(here, BOOK, "mp3", split=True)
    _, events = render(here, BOOK.replace("## Two", "## Deux"), "mp3", split=True)
    (warned,) = (event.text for event in events if isinstance(event, Warned))
    assert "s-02-two.mp3" in warned


def test_acx_gets_what_it_asks_for(here):
    text = BOOK.replace("mode:", "loudness: acx\nmode:")
    product, _ = render(here, text, "mp3", split=True)
    report = json.loads(product.report.read_text())
    (output,) = report["outputs"]
    assert output["kbits"] == 192
    assert all(verdict["ok"] for verdict in output["gate"])
    for path in product.outputs:
        sound = decoded(path, 1)[:, 0]
        assert level(sound) == pytest.approx(-20.5, abs=0.3)
        assert 20 * np.log10(np.abs(sound).max()) <= -3.0
        assert 0.5 <= np.argmax(np.abs(sound) > 0.003) / RATE <= 1.1
        assert 1.0 <= np.argmax(np.abs(sound[::-1]) > 0.003) / RATE <= 5.0
