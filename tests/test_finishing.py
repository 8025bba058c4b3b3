"""Sections encoded in segments, joined, measured, and found again in the store."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from podforge import finishing, pieces
from podforge.chains import OFF
from podforge.delivering import Outputs
from podforge.encodings import Format, encoding_of
from podforge.errors import StorageError
from podforge.events import StageStarted
from podforge.finishing import finish
from podforge.media import decode
from podforge.pcm import to_wav
from podforge.pieces import join
from podforge.recording import Crew
from podforge.script import Header
from podforge.store import Store
from podforge.targets import TARGETS
from podforge.timeline import Placement, Section, Timeline
from tests.sounds import ebur128, speech

RATE = 44_100
SECONDS = 8.0
HEADER = Header()


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def short_segments(monkeypatch):
    """Segments of three seconds, so that short sounds have joins."""
    monkeypatch.setattr(pieces, "SEGMENT_SECONDS", 3.0)


def section(store: Store, seconds: float = SECONDS, seed: int = 1, gain: float = 6.0) -> Section:
    record = store.keep(
        "clip", f"key-{seed}-{round(1000 * seconds)}", {}, to_wav(speech(seconds, RATE, seed), RATE)
    )
    length = round(seconds * RATE)
    placed = Placement(record["blob"], "k", RATE, 0, length, 0, gain, 0.0, 200, 200, chain=OFF)
    return Section(f"Section {seed}", 0, length + 1234, (placed,))


def timeline(*sections: Section) -> Timeline:
    placed, at = [], 0
    for part in sections:
        placed.append(replace(part, at=at))
        at += part.length
    return Timeline(RATE, at, tuple(placed), (), ())


def finished(store, whole, *formats, workers=2, header=HEADER, events=None):
    wanted = tuple(map(Format, formats))
    tell = events.append if events is not None else lambda _: None
    return finish(header, whole, wanted, store, Crew(workers, {}), tell)


def written(done, path: Path) -> np.ndarray:
    join(done.pieces, done.encoding, path, done.channels)
    return np.concatenate(list(decode(path, RATE, done.channels)))


@pytest.mark.parametrize("name", ["mp3", "m4b", "opus", "flac"])
def test_the_number_of_processors_does_not_change_a_byte(name, tmp_path, short_segments):
    found = []
    for workers in (1, 3):
        store = Store(tmp_path / f"store-{workers}")
        whole = timeline(section(store))
        (done,) = finished(store, whole, name, workers=workers).values()
        found.append([piece.path.read_bytes() for piece in done.pieces])
    assert found[0] == found[1]


def test_segments_join_to_what_one_encoding_gives(tmp_path, store, short_segments, monkeypatch):
    whole = timeline(section(store))
    (done,) = finished(store, whole, "mp3").values()
    assert len(done.pieces[0].bodies) == 3
    joined = written(done, tmp_path / "joined.mp3")
    monkeypatch.setattr(pieces, "SEGMENT_SECONDS", 600.0)
    other = Store(tmp_path / "other")
    (serial,) = finished(other, timeline(section(other)), "mp3").values()
    assert len(serial.pieces[0].bodies) == 1
    alone = written(serial, tmp_path / "serial.mp3")
    assert len(joined) == len(alone) == whole.length
    assert np.array_equal(joined, alone)


@pytest.mark.parametrize("name", ["mp3", "m4b", "opus"])
def test_sections_join_without_drifting_from_the_timeline(name, tmp_path, store):
    frame = {"mp3": 1152, "m4b": 1024, "opus": 882}[name]
    whole = timeline(*(section(store, 1.0 + 0.003 * n, seed=n) for n in range(5)))
    (done,) = finished(store, whole, name).values()
    heard = written(done, tmp_path / f"x.{name}")[:, 0]
    assert abs(len(heard) - whole.length) <= 1024  # ffmpeg 5 does not cut the last AAC frame
    for number, part in enumerate(whole.sections):
        alone = replace(done, pieces=done.pieces[number : number + 1])
        own = written(alone, tmp_path / f"one.{name}")[:, 0]
        sample = own[20_000:30_000]
        around = heard[part.at + 20_000 - 2 * frame : part.at + 30_000 + 2 * frame]
        lag = np.correlate(around, sample, "valid").argmax() - 2 * frame
        assert abs(lag) <= frame / 2 + 1, number


def test_formats_that_share_their_sound_are_encoded_once(store, tmp_path):
    whole, events = timeline(section(store, 3.0)), []
    done = finished(store, whole, "wav", "flac", "m4a", "m4b", events=events)
    assert len({id(each) for each in done.values()}) == 2
    heard = [written(done[Format(name)], tmp_path / f"x.{name}") for name in ("wav", "flac")]
    assert np.array_equal(*heard)
    head = done[Format("flac")].pieces[0].path.read_bytes()[:12]
    assert head[8:] == 2 * (4096).to_bytes(2, "big")  # STREAMINFO: not as large as our packets


def test_what_is_in_the_store_is_not_made_again_wherever_it_stands(store):
    one, two = section(store, 2.0, 1), section(store, 2.0, 2)
    finished(store, timeline(one, two), "mp3")
    events: list[object] = []
    finished(store, timeline(replace(two, title="Another"), one), "mp3", events=events)
    assert not events
    changed = replace(two, tone_db=-70.0)
    finished(store, timeline(one, changed), "mp3", events=events)
    (started,) = (event for event in events if isinstance(event, StageStarted))
    assert started.seconds == pytest.approx(two.length / RATE)


def test_a_file_that_missed_is_encoded_again_and_counted(store, tmp_path, monkeypatch):
    real = encoding_of(Format("mp3"), 1, TARGETS["podcast"])
    wrong = replace(real, attenuation_db=2.0, overshoot_db=0.0)
    monkeypatch.setattr(finishing, "encoding_of", lambda *_: wrong)
    (done,) = finished(store, timeline(section(store)), "mp3").values()
    assert done.passes > 1
    written(done, tmp_path / "x.mp3")
    lufs, peak = ebur128(tmp_path / "x.mp3")
    assert lufs == pytest.approx(-16.0, abs=0.1)
    assert peak <= -0.9
    assert all(verdict.ok for verdict in done.gate(["x"], split=False) if verdict.name == "level")


def test_a_coder_that_slips_far_is_kept_below_the_ceiling(store, monkeypatch):
    attempt = finishing._Encoding._attempt

    def slipping(self, drive, path):
        piece, measured = attempt(self, drive, path)
        return piece, replace(measured, true_peak_db=drive.ceiling_db + 4.0)

    monkeypatch.setattr(finishing._Encoding, "_attempt", slipping)
    (done,) = finished(store, timeline(section(store, 2.0)), "mp3").values()
    assert done.passes == 4
    assert done.measured.true_peak_db <= -1.0


def test_the_first_encoding_is_usually_good(store, tmp_path):
    for seed in range(3):
        (done,) = finished(store, timeline(section(store, 9.0, seed)), "mp3").values()
        assert done.passes == 1
        assert done.measured.lufs == pytest.approx(-16.0, abs=0.1)
        assert done.measured.true_peak_db <= -1.0


@pytest.mark.parametrize("seconds", [0.01, 0.2])
@pytest.mark.parametrize("name", ["mp3", "m4b", "opus", "wav"])
def test_sections_of_less_than_a_frame(seconds, name, store, tmp_path):
    part = section(store, seconds)
    whole = timeline(replace(part, length=round(seconds * RATE)))
    (done,) = finished(store, whole, name).values()
    heard = written(done, tmp_path / f"x.{name}")
    assert abs(len(heard) - whole.length) <= 1024 * (name == "m4b")


def test_an_encoder_that_fails_leaves_nothing_behind(store, tmp_path, monkeypatch):
    fake = tmp_path / "ffmpeg"
    fake.write_text('#!/bin/sh\n[ "$1" = -version ] && echo "ffmpeg version 9" && exit\nexit 3\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PODFORGE_FFMPEG", str(fake))
    monkeypatch.setattr(pieces, "SEGMENT_SECONDS", 3.0)
    with pytest.raises(StorageError, match="ended with 3"):
        finished(store, timeline(section(store)), "mp3")
    assert not list((tmp_path / "store" / "tmp").iterdir())


def test_the_gate_names_the_section_that_fails(store):
    whole = timeline(*(section(store, 4.0, seed) for seed in range(3)))
    (done,) = finished(store, whole, "mp3").values()
    good, bad = done.measures[0], replace(done.measures[1], lufs=-19.0, tail_silence=30.0)
    done = replace(done, measures=(good, bad, good))
    titles = ["One", "Two", "Three"]
    failed = [v.name for v in done.gate(titles, split=True) if not v.ok]
    assert failed == ["Two: silence at tail", "Two: level"]
    failed = [v.name for v in done.gate(titles, split=False) if not v.ok]
    assert failed == ["silence inside", "Two: level"]  # of the tail nobody asks inside a book
    assert all(v.ok for v in replace(done, measures=(good,) * 3).gate(titles, split=True))


def test_the_gate_of_acx_looks_at_the_codec_and_its_rate(store):
    acx = replace(HEADER, loudness="acx")
    whole = timeline(section(store, 4.0))
    small, opus = (
        finish(acx, whole, (wanted,), store, Crew(1, {}), lambda _: None)[wanted]
        for wanted in (Format("mp3", 64), Format("opus"))
    )
    assert "bit rate" in next(v.name for v in small.gate(["x"], split=True)[-2:] if not v.ok)
    assert any("codec" in v.name for v in opus.gate(["x"], split=True) if not v.ok)


def test_opus_is_measured_as_its_decoder_gives_it(store, tmp_path):
    (done,) = finished(store, timeline(section(store, 6.0)), "opus").values()
    assert done.measured.rate == 48_000
    assert done.measured.seconds == pytest.approx(6.0 + 1234 / RATE, abs=1e-4)
    join(done.pieces, done.encoding, tmp_path / "x.opus", 1)
    lufs, peak = ebur128(tmp_path / "x.opus")
    assert done.measured.lufs == pytest.approx(lufs, abs=0.1)
    assert done.measured.true_peak_db == pytest.approx(peak, abs=0.3)


def test_a_file_is_called_as_it_was_named():
    outputs = Outputs(Path("out"), "Up", (Format("mp3"), Format("opus")), typed=".MP3")
    assert [path.name for path in outputs.audio()] == ["Up.MP3", "Up.opus"]


def test_only_files_that_are_called_like_chapters_are_strays(tmp_path):
    left = "ep-02-loaf.mp3", "ep-03.mp3", "ep-104-end.mp3"
    others = "ep-10th.mp3", "ep-2024-01.mp3", "ep-1.mp3", "ep-02_old.mp3", "ep-02.opus"
    for name in (*left, *others, "ep-01-oven.mp3", "ep.mp3"):
        (tmp_path / name).touch()
    outputs = Outputs(tmp_path, "ep", (Format("mp3"),), split=True, chapters=("Oven",))
    assert [path.name for path in outputs.strays()] == sorted(left)


def test_no_file_has_a_line_break_in_its_name():
    outputs = Outputs(Path("out"), "a\nb\x9bc  d", (Format("mp3"),))
    assert [path.name for path in outputs.audio()] == ["a-b-c  d.mp3"]
    assert all(path.name.isprintable() for path in outputs.everything())
