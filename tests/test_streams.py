import dataclasses
import json
import re
import struct
import subprocess
import zlib
from functools import cache

import imageio_ffmpeg
import mutagen.mp3
import mutagen.mp4
import mutagen.oggopus
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.encodings import STREAMS
from podforge.errors import StorageError
from podforge.media import ffmpeg_path
from podforge.streams import CODECS, Body, Part
from podforge.streams.crc16 import crc16, joined_crc16
from podforge.streams.lame import parsed
from podforge.units import rescale
from tests.sounds import speech

RATE = 44_100
BUNDLED = imageio_ffmpeg.get_ffmpeg_exe()  # trims the last AAC frame; ffmpeg 5 does not
AFTER = 3  # frames of following sound
COMMANDS = {
    "cbr": ("mp3", "-f mp3 -write_xing 0 -id3v2_version 0 -reservoir 0 -c:a libmp3lame -b:a 128k"),
    "vbr": ("mp3", "-f mp3 -write_xing 0 -id3v2_version 0 -reservoir 0 -c:a libmp3lame -q:a 4"),
    "aac": ("m4b", "-f adts -c:a aac -b:a 96k -aac_coder fast"),
    "opus": ("opus", "-f ogg -c:a libopus -b:a 64k -ar 48000"),
}
EVERY = pytest.mark.parametrize("kind", COMMANDS)
CHANNELS = pytest.mark.parametrize("channels", [1, 2])


@cache
def sound(seconds, channels=1, seed=1):
    """Speech over room tone, of shape (samples, channels)."""
    tracks = [speech(seconds, RATE, seed + n) for n in range(channels)]
    x = np.stack(tracks, axis=1)
    return x + tone(len(x), channels)


def tone(samples, channels=1):
    """Room tone at -65 dBFS."""
    rng = np.random.default_rng(9)
    return rng.normal(0, 10 ** (-65 / 20), (samples, channels)).astype(np.float32)


def frame_of(codec):
    """Samples a frame at 44.1 kHz."""
    return rescale(codec.frame, codec.rate, RATE)


def encoded(x, kind):
    command = [ffmpeg_path(), "-v", "error", "-f", "f32le", "-ar", str(RATE), "-ac"]
    command += [str(x.shape[1]), "-i", "pipe:0", *COMMANDS[kind][1].split(), "-"]
    data = np.ascontiguousarray(x, np.float32).tobytes()
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def segments(x, kind, step, folder, name="body"):
    """The parts of a section that is encoded every `step` frames anew, in one file."""
    codec = CODECS[STREAMS[COMMANDS[kind][0]]]
    frame = frame_of(codec)
    kept = -(-len(x) // frame)
    parts, at, path = [], 0, folder / f"{name}.{kind}"
    with path.open("wb") as file:
        for first in range(0, kept, step):
            last = min(first + step, kept)
            begin = max(0, first - codec.lead) // codec.period * codec.period
            stretch = x[begin * frame : (last + AFTER) * frame]
            frames = codec.split(encoded(stretch, kind))[first - begin :]
            own = frames if last == kept else frames[: last - first]
            data, body = codec.body(own, last - first)
            body = Body.of(json.loads(json.dumps(dataclasses.asdict(body))))
            parts.append(Part(path, body, body.frames if last == kept else body.kept, at))
            at += file.write(data)
    return parts


def joined(parts, kind, samples, channels, path, chapters=()):
    """The file of parts, and its samples at the codec's rate."""
    codec = CODECS[STREAMS[COMMANDS[kind][0]]]
    wanted = rescale(samples, RATE, codec.rate)
    codec.join(parts, path, wanted, channels, chapters)
    return wanted


def decoded(path, channels, rate=RATE, ffmpeg=BUNDLED):
    command = [ffmpeg, "-v", "error", "-i", str(path), "-f", "f32le", "-ac", str(channels)]
    done = subprocess.run([*command, "-ar", str(rate), "-"], capture_output=True, check=True)
    assert not done.stderr
    return np.frombuffer(done.stdout, np.float32).reshape(-1, channels)


def noise_db(x, y):
    """How far two sounds differ, in dB below the first."""
    return 10 * np.log10(np.sum(np.square(y - x)) / np.sum(np.square(x)))


def suffix(kind):
    return COMMANDS[kind][0]


@EVERY
@CHANNELS
def test_segments_joined_decode_like_one_serial_encoding(kind, channels, tmp_path):
    x = sound(6.3, channels)
    codec = CODECS[STREAMS[suffix(kind)]]
    step = 210  # in the midst of speech
    heard = []
    for number, frames in enumerate((1 << 30, step)):
        path = tmp_path / f"{number}.{suffix(kind)}"
        parts = segments(x, kind, frames, tmp_path)
        wanted = joined(parts, kind, len(x), channels, path)
        assert len(decoded(path, channels, codec.rate)) == wanted
        slack = 1024 if kind == "aac" else 0
        assert 0 <= len(decoded(path, channels, codec.rate, ffmpeg_path())) - wanted <= slack
        heard.append(decoded(path, channels)[: len(x)])
    serial, cut = heard
    assert len(parts) == 2
    if suffix(kind) == "mp3":
        assert np.array_equal(serial, cut)
        return
    assert noise_db(x, cut) < noise_db(x, serial) + 0.7
    for at in range(step, -(-len(x) // frame_of(codec)), step):  # no clicks
        around = slice((at - 2) * frame_of(codec), (at + 2) * frame_of(codec))
        assert np.abs(cut - x)[around].max() < 1.3 * np.abs(serial - x).max()


@EVERY
@CHANNELS
def test_sections_made_alone_meet_without_a_click(kind, channels, tmp_path):
    """The first gives a frame less than it keeps; both begin and end in room tone."""
    codec = CODECS[STREAMS[suffix(kind)]]
    frame = frame_of(codec)
    edge = 20_000
    sections = []
    for seed, seconds in ((1, 1.0), (5, 1.3)):
        middle = sound(seconds, channels, seed)
        sections.append(np.concatenate([tone(edge, channels), middle, tone(edge, channels)]))
    first, second = (
        segments(x, kind, 1 << 30, tmp_path, f"{n}")[0] for n, x in enumerate(sections)
    )
    first = dataclasses.replace(first, frames=first.body.kept - 1)
    length = first.frames * frame + len(sections[1])
    path = tmp_path / f"x.{suffix(kind)}"
    wanted = joined([first, second], kind, length, channels, path)
    assert len(decoded(path, channels, codec.rate)) == wanted
    heard = decoded(path, channels)[:length]
    at = first.frames * frame
    assert np.abs(heard[at - 5000 : at + 5000]).max() < 10 ** (-50 / 20)
    rest = heard[at:]
    assert noise_db(sections[1][: len(rest)], rest) < -8


@EVERY
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_any_length_that_the_frames_can_give(kind, data, one_second):
    codec = CODECS[STREAMS[suffix(kind)]]
    part = one_second[kind]
    most = part.frames * codec.frame - codec.delay
    samples = data.draw(st.integers(most - codec.frame + 1, most))
    path = part.path.parent / f"any.{suffix(kind)}"
    codec.join([part], path, samples, 1, ())
    assert len(decoded(path, 1, codec.rate)) == samples
    with pytest.raises(ValueError, match="frames"):
        codec.join([part], path, most + 1, 1, ())


@pytest.fixture(scope="module")
def one_second(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    return {kind: segments(sound(1), kind, 1 << 30, folder)[0] for kind in COMMANDS}


@EVERY
def test_the_same_parts_give_the_same_bytes(kind, one_second, tmp_path):
    files = [tmp_path / f"{name}.{suffix(kind)}" for name in "ab"]
    last = one_second[kind]
    first = dataclasses.replace(last, frames=last.body.kept)
    for path in files:
        joined([first, last], kind, 2 * RATE, 1, path)
    assert files[0].read_bytes() == files[1].read_bytes()


@EVERY
def test_what_is_no_stream_is_refused(kind):
    split = CODECS[STREAMS[suffix(kind)]].split
    stream = encoded(sound(0.2), kind)
    for bad in (b"RIFF" + bytes(60), stream[:-1], stream + b"x", stream[1:], stream[:3]):
        with pytest.raises(StorageError):
            split(bad)


@EVERY
def test_a_body_that_is_cut_short(kind, one_second, tmp_path):
    part = one_second[kind]
    path = tmp_path / "short"
    path.write_bytes(part.path.read_bytes()[:-100])
    with pytest.raises(StorageError, match="short"):
        joined(
            [dataclasses.replace(part, path=path)], kind, RATE, 1, tmp_path / f"x.{suffix(kind)}"
        )


def plain_crc(data, polynomial, bits, value=0):
    """A CRC bit by bit, the highest first."""
    for byte in data:
        value ^= byte << bits - 8
        for _ in range(8):
            value = value << 1 ^ (polynomial if value >> bits - 1 else 0)
            value &= (1 << bits) - 1
    return value


def plain_crc16(data):
    mirrored = bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)
    return int(f"{plain_crc(mirrored, 0x8005, 16):016b}"[::-1], 2)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 300))
def test_crc16_is_the_plain_one_and_joins(data, cut):
    assert crc16(data) == plain_crc16(data)
    first, second = data[:cut], data[cut:]
    assert joined_crc16(crc16(first), crc16(second), len(second)) == crc16(data)


@pytest.mark.parametrize("size", [131_070, 131_073, 300_001])
def test_crc16_of_long_data(size):
    assert crc16(b"123456789") == 0xBB3D  # the check value of CRC-16/ARC
    data = np.random.default_rng(1).bytes(size)
    assert crc16(data) == plain_crc16(data)


@pytest.mark.parametrize("kind", ["cbr", "vbr"])
@CHANNELS
def test_mp3_tag(kind, channels, tmp_path):
    x = sound(3, channels)
    parts = segments(x, kind, 49, tmp_path)
    path = tmp_path / "x.mp3"
    joined(parts, kind, len(x), channels, path)
    data = path.read_bytes()
    frames = CODECS["mp3"].split(data)
    count = len(frames) - 1
    info = mutagen.mp3.MP3(path).info
    assert (info.encoder_info, info.sketchy, info.channels) == ("LAME 3.100.0+", False, channels)
    assert info.length == pytest.approx(len(x) / RATE, abs=1e-4)
    assert str(info.bitrate_mode) == f"BitrateMode.{kind.upper()}"
    at = frames[0].index(b"Info" if kind == "cbr" else b"Xing")
    assert at == 4 + (17 if channels == 1 else 32)
    _, flags, told, size = struct.unpack_from(">4s3I", data, at)
    assert (flags, told, size) == (15, count, len(data))
    tag = at + 120
    trim = int.from_bytes(data[tag + 21 : tag + 24], "big")
    assert (trim >> 12, trim & 0xFFF) == (576, count * 1152 - 576 - len(x))
    length, music, own = struct.unpack_from(">IHH", data, tag + 28)
    assert length == len(data)
    assert music == plain_crc16(data[len(frames[0]) :])
    assert own == plain_crc16(data[: tag + 34])
    offsets = np.cumsum([0, *map(len, frames)])
    true = offsets[1 + np.arange(100) * count // 100] * 256 / len(data)
    toc = np.frombuffer(data, np.uint8, 100, at + 16)
    assert np.abs(toc - true).max() / 256 * 3 < 0.1  # seconds


HEADERS = {  # header: rate, kbit/s, channels, samples, bytes; ISO 11172-3, 13818-3
    "fffb9000": (44_100, 128, 2, 1152, 417),
    "fffb92c0": (44_100, 128, 1, 1152, 418),
    "fffbe444": (48_000, 320, 2, 1152, 960),
    "fff380c4": (22_050, 64, 1, 576, 208),
    "ffe31800": (8_000, 8, 2, 576, 72),
}


@pytest.mark.parametrize("data", HEADERS)
def test_headers_of_all_versions(data):
    header = parsed(bytes.fromhex(data))
    found = (header.rate, header.kbps, header.channels, header.samples, header.size)
    assert found == HEADERS[data]


@pytest.mark.parametrize("data", ["fffd9000", "fffbf000", "fffb0000", "fffb9c00", "ffeb9000", "ff"])
def test_what_is_no_header_of_layer_three(data):
    assert parsed(bytes.fromhex(data)) is None


def test_parts_of_two_kinds_are_not_joined(one_second, tmp_path):
    x = sound(1, 2)
    two = segments(x, "cbr", 1 << 30, tmp_path)[0]
    with pytest.raises(StorageError, match="channels"):
        joined([one_second["cbr"], two], "cbr", RATE, 1, tmp_path / "x.mp3")


@CHANNELS
def test_opus_pages(channels, tmp_path):
    x = sound(3, channels)
    path = tmp_path / "x.opus"
    wanted = joined(segments(x, "opus", 60, tmp_path), "opus", len(x), channels, path)
    data = path.read_bytes()
    starts = [match.start() for match in re.finditer(b"OggS\0", data)]
    pages = [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]
    granules = []
    for number, page in enumerate(pages):
        flags, granule, found, crc = struct.unpack_from("<BqxxxxII", page, 5)
        blank = page[:22] + bytes(4) + page[26:]
        assert (found, crc) == (number, plain_crc(blank, 0x04C11DB7, 32))
        assert flags == {0: 2, len(pages) - 1: 4}.get(number, 0)
        granules.append(granule)
    assert granules == sorted(granules)
    assert granules[-1] == 312 + wanted
    info = mutagen.oggopus.OggOpus(path).info
    assert (info.channels, info.length) == (channels, pytest.approx(3, abs=1e-4))


def test_three_hundred_chapters_in_an_m4b(one_second, tmp_path):
    """All are in the text track; Nero's list, which mutagen reads, ends at 255."""
    path = tmp_path / "x.m4b"
    chapters = [(n * 0.0301, f"Chapter {n}") for n in range(300)]
    parts = [one_second["aac"]] * 10
    joined(parts, "aac", 10 * RATE - 1024, 1, path, chapters)
    for ffmpeg in {ffmpeg_path(), BUNDLED}:
        command = [ffmpeg, "-v", "error", "-i", str(path), "-f", "ffmetadata", "-"]
        told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        scales = re.findall(r"TIMEBASE=1/(\d+)\nSTART=(\d+)", told)
        starts = [int(start) / int(scale) for scale, start in scales]
        assert starts == pytest.approx([start for start, _ in chapters], abs=0.001)
        assert re.findall("title=(.*)", told) == [title for _, title in chapters]
    found = mutagen.mp4.MP4(path).chapters
    assert [(c.title, c.start) for c in found] == [
        (title, pytest.approx(start, abs=0.001)) for start, title in chapters[:255]
    ]


def test_zlib_agrees_on_oggs_polynomial():
    """What the page writer rests on: zlib's CRC is Ogg's, mirrored and inverted."""
    assert zlib.crc32(b"\x80", 0xFFFFFFFF) ^ 0xFFFFFFFF == 0xEDB88320
