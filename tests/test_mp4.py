"""Our MP4 as ffmpeg, mutagen and a small reader of boxes see it."""

import dataclasses
import io
import re
import struct
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.mp4 import MP4, MP4Cover
from PIL import Image

from podforge.errors import DiskFull, StorageError
from podforge.media import ffmpeg_path
from podforge.plain import plain
from podforge.streams import CODECS, Part
from podforge.streams.mp4 import Sound, head
from tests.sounds import speech

RATE = 44_100
AAC = CODECS["aac"]
BUNDLED = imageio_ffmpeg.get_ffmpeg_exe()
EVERY_FFMPEG = sorted({ffmpeg_path(), BUNDLED})
CONFIG = {1: b"\x12\x08", 2: b"\x12\x10"}  # AAC LC, 44.1 kHz (ISO 14496-3, 1.6.2.1)


def ran(ffmpeg, *arguments, data=None):
    command = [ffmpeg, "-v", "error", *map(str, arguments)]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    assert not done.stderr
    return done.stdout


def adts(seconds, channels=1, seed=1):
    """Speech as AAC; in stereo the second channel is another voice."""
    x = np.stack([speech(seconds, RATE, seed + n) for n in range(channels)], axis=1)
    sound = ["-f", "f32le", "-ar", RATE, "-ac", channels, "-i", "-"]
    coder = ["-c:a", "aac", "-b:a", "96k", "-aac_coder", "fast", "-f", "adts", "-"]
    return ran(ffmpeg_path(), *sound, *coder, data=x.astype("<f4").tobytes())


def parts_of(stream, folder, cut=None):
    """The stream as one part, or as two that lie in one file."""
    frames = AAC.split(stream)
    first = len(frames) if cut is None else cut
    path, parts, data = folder / "bodies", [], b""
    for own in filter(None, (frames[:first], frames[first:])):
        made, body = AAC.body(own, len(own))
        parts.append(Part(path, body, body.frames, len(data)))
        data += made
    path.write_bytes(data)
    return parts


def decoded(path, ffmpeg=BUNDLED, *before):
    return np.frombuffer(
        ran(ffmpeg, *before, "-i", path, "-map", "0:a", "-f", "f32le", "-"), np.float32
    )


@pytest.fixture(scope="module")
def stream():
    return adts(3)


@pytest.fixture
def parts(stream, tmp_path):
    return parts_of(stream, tmp_path)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("samples", [3 * RATE, 3 * RATE // 1024 * 1024, 50_001, 1])
def test_what_is_heard_is_the_stream_without_its_priming(channels, samples, tmp_path):
    stream = adts(3, channels)
    (tmp_path / "x.aac").write_bytes(stream)
    path = tmp_path / "x.m4b"
    AAC.join(parts_of(stream, tmp_path, cut=40), path, samples, channels, ())
    assert (MP4(path).info.channels, MP4(path).info.sample_rate) == (channels, RATE)
    for ffmpeg in EVERY_FFMPEG:
        whole = decoded(tmp_path / "x.aac", ffmpeg).reshape(-1, channels)
        heard = decoded(path, ffmpeg).reshape(-1, channels)
        assert 0 <= len(heard) - samples < (1 if ffmpeg == BUNDLED else 1024)
        assert np.array_equal(heard[:samples], whole[1024 : 1024 + samples])
    assert len(boxes(path)["moov.trak.mdia.minf.stbl.stsz"][0][12:]) == 4 * (
        1 + -(-samples // 1024)
    )


def test_it_sounds_as_ffmpegs_own_mp4_does(stream, parts, tmp_path):
    ran(BUNDLED, "-f", "aac", "-i", "-", "-c", "copy", tmp_path / "theirs.m4a", data=stream)
    samples = (len(AAC.split(stream)) - 1) * 1024
    AAC.join(parts, tmp_path / "ours.m4a", samples, 1, [(0.0, "One")])
    theirs = decoded(tmp_path / "theirs.m4a")
    assert np.array_equal(decoded(tmp_path / "ours.m4a"), theirs[-samples:])
    infos = [MP4(tmp_path / name).info for name in ("ours.m4a", "theirs.m4a")]
    assert [info.codec for info in infos] == ["mp4a.40.2"] * 2
    assert infos[0].bitrate == pytest.approx(infos[1].bitrate, rel=0.01)


ODD = {
    "plain": "Half past four",
    "line breaks": "Trois à la\nfin\0",
    "marks": "Two = 2; #\\ more\\",
    "far": "第一章　灯室 مصباح 🎧",
    "nothing": "",
    "long": "ß" * 2000,  # two bytes each: the 255th is in the midst of one
}


def chapters_by(ffmpeg, path):
    """Start in seconds and title of each chapter as ffmpeg reads them."""
    told = ran(ffmpeg, "-i", path, "-f", "ffmetadata", "-").decode()
    found = re.findall(r"TIMEBASE=1/(\d+)\nSTART=(\d+)\nEND=\d+\n(?:title=(.*)\n)?", told)
    return [
        (int(start) / int(scale), re.sub(r"\\(.)", r"\1", title)) for scale, start, title in found
    ]


@pytest.mark.parametrize("ffmpeg", EVERY_FFMPEG)
def test_odd_titles_are_read_back(ffmpeg, parts, tmp_path):
    chapters = [(n * 0.4567, title) for n, title in enumerate(ODD.values())]
    AAC.join(parts, tmp_path / "x.m4b", 3 * RATE, 1, chapters)
    titles = [plain(title) for title in ODD.values()]
    starts = [start for start, _ in chapters]
    found = chapters_by(ffmpeg, tmp_path / "x.m4b")
    assert [start for start, _ in found] == pytest.approx(starts, abs=0.001)
    assert [title for _, title in found] == titles
    listed = MP4(tmp_path / "x.m4b").chapters
    assert [chapter.start for chapter in listed] == pytest.approx(starts, abs=1e-6)
    assert [chapter.title for chapter in listed][:-1] == titles[:-1]
    last = listed[-1].title
    assert titles[-1].startswith(last)
    assert len(last.encode()) == 254


@pytest.mark.parametrize("ffmpeg", EVERY_FFMPEG)
def test_what_is_before_the_first_chapter_belongs_to_it(ffmpeg, parts, tmp_path):
    AAC.join(parts, tmp_path / "x.m4b", 3 * RATE, 1, [(0.5, "One"), (2.0, "Two")])
    assert chapters_by(ffmpeg, tmp_path / "x.m4b") == [(0.0, "One"), (2.0, "Two")]


def test_without_chapters_there_is_one_track(parts, tmp_path):
    AAC.join(parts, tmp_path / "x.m4b", 3 * RATE, 1, ())
    found = boxes(tmp_path / "x.m4b")
    assert len(found["moov.trak"]) == 1
    assert not {"moov.trak.tref", "moov.udta.chpl"} & set(found)


CONTAINERS = {"moov", "trak", "mdia", "minf", "stbl", "udta", "edts", "tref", "gmhd", "dinf"}


def boxes(path, limit=None):
    """The contents of all boxes by their paths, that of media data left out."""
    found = {}

    def within(data, prefix):
        at = 0
        while at < len(data):
            size, kind = struct.unpack_from(">I4s", data, at)
            begin = at + 8
            if size == 1:
                size, begin = struct.unpack_from(">Q", data, begin)[0], at + 16
            name = prefix + kind.decode()
            assert size >= 8
            assert at + size <= len(data) or kind == b"mdat"
            found.setdefault(name, []).append(b"" if kind == b"mdat" else data[begin : at + size])
            if kind.decode() in CONTAINERS:
                within(data[begin : at + size], f"{name}.")
            at += size

    with path.open("rb") as file:
        within(file.read(limit), "")
    return found


def samples_of(path, track):
    """The samples of a track, in order, as the sample table tells of them."""
    found, data = boxes(path), path.read_bytes()
    table = "moov.trak.mdia.minf.stbl."
    sizes = struct.unpack_from(">xxxx2I", found[table + "stsz"][track])
    assert sizes[0] == 0
    each = np.frombuffer(found[table + "stsz"][track], ">u4", offset=12)
    assert len(each) == sizes[1]
    chunks = np.frombuffer(found[table + "stco"][track], ">u4", offset=8)
    runs = np.frombuffer(found[table + "stsc"][track], ">u4", offset=8).reshape(-1, 3)
    counts = np.zeros(len(chunks), int)
    for first, count, description in runs:
        assert description == 1
        counts[first - 1 :] = count
    assert counts.sum() == len(each)
    samples, number = [], 0
    for offset, count in zip(chunks, counts, strict=True):
        at = int(offset)
        for size in each[number : number + count]:
            samples.append(data[at : at + size])
            at += int(size)
        number += count
    return samples


def lasting(path, track):
    """How long each sample of a track lasts."""
    runs = np.frombuffer(boxes(path)["moov.trak.mdia.minf.stbl.stts"][track], ">u4", offset=8)
    return [each for count, each in runs.reshape(-1, 2).tolist() for _ in range(count)]


def framed(payload, channels=1):
    """A frame in ADTS: AAC LC, 44.1 kHz, without a checksum."""
    bits = 0xFFF1 << 40 | 1 << 38 | 4 << 34 | channels << 30 | (len(payload) + 7) << 13 | 0x7FF << 2
    return bits.to_bytes(7, "big") + payload


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 8184), min_size=2, max_size=150),
    cut=st.integers(1, 149),
    left_out=st.integers(0, 1),
    short=st.integers(0, 1023),
    marks=st.lists(st.tuples(st.floats(0, 4), st.text(max_size=300)), max_size=20),
)
def test_every_frame_and_title_is_where_the_tables_say(
    tmp_path_factory, sizes, cut, left_out, short, marks
):
    folder = tmp_path_factory.mktemp("mp4")
    rng = np.random.default_rng(len(sizes))
    frames = [rng.bytes(size) for size in sizes]
    parts = parts_of(b"".join(map(framed, frames)), folder, cut=min(cut, len(frames)))
    heard = max(2, len(frames) - left_out)
    samples = (heard - 1) * 1024 - short
    path = folder / "x.m4b"
    AAC.join(parts, path, samples, 1, sorted(marks))
    assert samples_of(path, 0) == frames[:heard]
    assert sum(lasting(path, 0)) == 1024 + samples
    found = boxes(path)
    assert next(iter(found)) == "ftyp"
    assert found["moov.trak.edts.elst"][0] == struct.pack(">5I", 0, 1, samples, 1024, 1 << 16)
    table = "moov.trak.mdia.minf.stbl."
    assert found[table + "sgpd"] == [struct.pack(">I4s2Ih", 1 << 24, b"roll", 2, 1, -1)]
    assert found[table + "sbgp"] == [struct.pack(">I4s3I", 0, b"roll", 1, heard, 1)]
    if not marks:
        return
    titles = [plain(title) for _, title in sorted(marks)]
    texts = samples_of(path, 1)
    assert [text[2 : 2 + int.from_bytes(text[:2], "big")].decode() for text in texts] == titles
    assert sum(lasting(path, 1)) == round(samples / 44.1)
    listed = MP4(path).chapters
    assert [chapter.start for chapter in listed] == pytest.approx(
        [start for start, _ in sorted(marks)], abs=1e-6
    )
    for chapter, title in zip(listed, titles, strict=True):
        assert title.startswith(chapter.title)
        assert len(chapter.title.encode()) > 251 or chapter.title == title


def picture(side):
    """A JPEG that cannot be made small."""
    data = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8)
    Image.fromarray(pixels).save(data, "JPEG", quality=95)
    return data.getvalue()


@pytest.mark.parametrize("side", [16, 300])
def test_tags_and_a_cover_are_added_by_mutagen(side, parts, tmp_path):
    path = tmp_path / "x.m4b"
    chapters = [(0.0, "One"), (1.5, "Two")]
    AAC.join(parts, path, 3 * RATE, 1, chapters)
    sound, cover = decoded(path), picture(side)
    for _ in range(2):
        file = MP4(path)
        file.tags["\xa9nam"] = ["A title"]
        file.tags["covr"] = [MP4Cover(cover)]
        file.save(padding=lambda info: max(info.padding, 0))
        assert np.array_equal(decoded(path), sound)
        assert chapters_by(BUNDLED, path) == chapters
        assert MP4(path).tags["covr"] == [cover]


def test_there_is_room_for_the_tags_of_a_large_file(tmp_path):
    """Saving them leaves the sound where it is."""
    sizes = np.full(1000, 8000, np.uint16)
    path = tmp_path / "x.m4b"
    with path.open("wb") as file:
        sound = Sound(CONFIG[1], RATE, 1, 999 * 1024, sizes)
        begin = file.write(b"".join(head(sound, [(0.0, "One")])))
        file.truncate(begin + int(sizes.sum()))
    before = path.stat().st_size
    file = MP4(path)
    file.tags["\xa9nam"] = ["A title"]
    file.tags["covr"] = [MP4Cover(bytes(30_000))]
    file.save(padding=lambda info: max(info.padding, 0))
    assert path.stat().st_size == before
    assert MP4(path).info.length == pytest.approx(1000 * 1024 / RATE)


def test_past_four_gibibytes_and_27_hours(tmp_path, stream):
    """A file with a hole between two stretches of sound."""
    frames = [frame[7:] for frame in AAC.split(stream)]
    hole = 4_400_000
    own = list(map(len, frames))
    sizes = np.concatenate([own, np.full(hole, 1000), own]).astype(np.uint16)
    samples = (len(sizes) - 1) * 1024
    assert samples > 2**32
    path = tmp_path / "x.m4b"
    chapters = [(0.0, "One"), (100_000.0, "Two")]
    with path.open("wb") as file:
        begin = file.write(b"".join(head(Sound(CONFIG[1], RATE, 1, samples, sizes), chapters)))
        file.write(b"".join(frames))
        file.seek(1000 * hole, io.SEEK_CUR)
        file.write(b"".join(frames))
    info = MP4(path).info
    assert info.length == pytest.approx((samples + 1024) / RATE)
    found = boxes(path, begin)
    assert len(found["moov.trak.mdia.minf.stbl.co64"]) == 2
    assert "moov.trak.mdia.minf.stbl.stco" not in found
    assert chapters_by(BUNDLED, path) == chapters
    start = (len(frames) + hole - 1 + 50) * 1024 / RATE
    (tmp_path / "x.aac").write_bytes(stream)
    for ffmpeg in EVERY_FFMPEG:
        heard = decoded(path, ffmpeg, "-ss", f"{start:.6f}")
        wanted = decoded(tmp_path / "x.aac", ffmpeg)[50 * 1024 :]
        assert len(heard) == pytest.approx(len(wanted), abs=1024)
        heard, wanted = heard[-60_000:], wanted[-60_000:]
        assert (heard - wanted).std() < 0.01 * wanted.std()  # but for noise that is made up


def test_parts_of_two_kinds_are_not_joined(parts, tmp_path):
    (tmp_path / "two").mkdir()
    two = parts_of(adts(1, channels=2), tmp_path / "two")
    for wrong, channels, said in ((parts + two, 1, "differ in kind"), (parts, 2, "2 channels")):
        with pytest.raises(StorageError, match=said):
            AAC.join(wrong, tmp_path / "x.m4b", RATE, channels, ())


@pytest.mark.parametrize(
    "wrong",
    [
        framed(b"x" * 50, channels=2),  # in the midst of a mono stream
        b"\xff\xf0" + framed(b"x" * 50)[2:],  # with a checksum
        framed(b""),
    ],
)
def test_frames_of_another_kind_are_refused(wrong):
    with pytest.raises(StorageError, match="ADTS"):
        AAC.split(framed(b"x" * 50) + wrong)


def test_a_stream_at_another_rate_is_refused():
    with pytest.raises(StorageError, match=r"44\.1 kHz"):
        AAC.split((int.from_bytes(framed(b"x")[:7], "big") ^ 7 << 34).to_bytes(7, "big") + b"x")


def test_no_place_and_no_room(parts, tmp_path):
    with pytest.raises(StorageError, match="No such file"):
        AAC.join(parts, tmp_path / "no" / "x.m4b", RATE, 1, ())
    lost = dataclasses.replace(parts[0], path=tmp_path / "lost")
    with pytest.raises(StorageError, match="lost"):
        AAC.join([lost], tmp_path / "x.m4b", RATE, 1, ())
    if Path("/dev/full").exists():
        with pytest.raises(DiskFull, match="no space left"):
            AAC.join(parts, Path("/dev/full"), RATE, 1, ())
