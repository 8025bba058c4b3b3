"""Finished files, measured: by us and by ffmpeg."""

import io
import json
import math
import re
import struct
import subprocess

import mutagen.id3
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from podforge.cli.inspect import inspect as command
from podforge.errors import InputError, MissingInput, UsageError
from podforge.inspecting import Inspector, Measured, inspect, joined, judge
from podforge.media import ffmpeg_path
from podforge.media.probing import Chapter, probe
from podforge.streams import CODECS, Part
from podforge.targets import TARGETS, target_of
from tests.sounds import ebur128, sine, speech

RATE = 44_100


def noise(seconds, level_db, rate=RATE, channels=1, seed=1):
    shape = (round(seconds * rate), channels)
    x = np.random.default_rng(seed).standard_normal(shape) * 10 ** (level_db / 20)
    return x.astype(np.float32)


def wav(path, x, rate=RATE):
    """A WAV of 32 bit floats."""
    data = np.ascontiguousarray(x, "<f4").tobytes()
    channels = x.shape[1]
    kind = struct.pack("<HHIIHH", 3, channels, rate, rate * channels * 4, channels * 4, 32)
    body = b"WAVEfmt " + struct.pack("<I", len(kind)) + kind
    body += b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def ffmpeg(*arguments):
    command = [ffmpeg_path(), "-nostdin", "-hide_banner", "-y", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def astats(path):
    said = ffmpeg("-i", path, "-af", "astats=measure_perchannel=none", "-f", "null", "-")
    return {name: float(v) for name, v in re.findall(r"\] ([\w ]+): (-?[\d.]+)$", said, re.M)}


def measure(x, rate=RATE):
    return inspect([x], rate, x.shape[1])


def run(*arguments):
    return CliRunner().invoke(command, [*map(str, arguments)], standalone_mode=False)


@pytest.fixture(scope="module")
def voiced():
    """12 s of stereo speech in room tone."""
    x = np.stack([speech(12, RATE, 5, -20), speech(12, RATE, 6, -20)], axis=1)
    x = np.pad(x, ((RATE, 2 * RATE), (0, 0)))
    return x + noise(15, -70, channels=2)


def test_what_overlaps_reads_as_with_ffmpeg(voiced, tmp_path):
    path = wav(tmp_path / "x.wav", voiced + np.float32(0.01))
    ours = measure(voiced + np.float32(0.01))
    lufs, peak = ebur128(path)
    other = astats(path)
    assert ours.lufs == pytest.approx(lufs, abs=0.05)
    assert ours.true_peak_db == pytest.approx(peak, abs=0.15)
    assert ours.sample_peak_db == pytest.approx(other["Peak level dB"], abs=0.01)
    assert ours.rms_db == pytest.approx(other["RMS level dB"], abs=0.01)
    assert ours.dc_offset == pytest.approx((0.01, 0.01), abs=5e-4)
    said = ffmpeg("-i", path, "-af", "ebur128", "-f", "null", "-")
    assert ours.range_lu == pytest.approx(float(re.findall(r"LRA:\s+([\d.]+) LU", said)[-1]), abs=1)


def test_the_noise_floor_is_the_quietest_half_second(voiced):
    assert measure(voiced).floor_db == pytest.approx(-70, abs=0.5)
    holes = voiced.copy()
    holes[3000:9000] = 0
    assert measure(holes).floor_db == pytest.approx(-70, abs=0.5)
    assert measure(np.zeros((RATE, 1), np.float32)).floor_db == -math.inf


def test_where_the_peak_is():
    x = noise(5, -40)
    x[3 * RATE + 7] = 0.9
    assert measure(x).true_peak_at == pytest.approx(3 + 7 / RATE, abs=2 / RATE)


@pytest.mark.parametrize(
    ("run_of", "level", "found"), [(2, 1.0, 0), (3, 1.0, 1), (40, -1.2, 1), (9, 0.999, 0)]
)
@pytest.mark.parametrize("at", [500, RATE - 1, RATE - 2, 0])
def test_clipping_is_three_samples_at_full_scale(run_of, level, found, at):
    x = noise(2.5, -40, channels=2)
    x[at : at + run_of, 1] = level
    x[2 * RATE : 2 * RATE + 8, 0] = np.tile([1, -1], 4)  # loud, but not flat
    assert measure(x).clipped == found


def test_silence_is_told_by_place():
    quiet, loud = noise(1, -66), noise(1, -20)
    x = np.concatenate(
        [quiet, loud, quiet[: RATE // 2], loud, quiet, quiet[:100], loud, quiet[:777]]
    )
    ours = measure(x)
    assert ours.head_silence == pytest.approx(1, abs=0.011)
    assert ours.inner_silence == pytest.approx(1, abs=0.021)
    assert ours.tail_silence == pytest.approx(777 / RATE, abs=0.011)
    assert ours.digital_silence == 0
    x[RATE // 4 : RATE // 2] = 0
    assert measure(x).digital_silence == pytest.approx(0.25, abs=0.011)


def test_what_is_no_number_does_not_spoil_the_rest(voiced):
    x = voiced.copy()
    x[5000, 0], x[200_000, 1], x[300_000, 0], x[300_001, 0] = np.nan, np.inf, -np.inf, 1e30
    ours, clean = measure(x), measure(voiced)
    assert ours.not_finite == 4
    assert ours.lufs == pytest.approx(clean.lufs, abs=0.01)
    assert ours.rms_db == pytest.approx(clean.rms_db, abs=0.01)
    assert ours.true_peak_db == pytest.approx(clean.true_peak_db, abs=0.01)


def test_one_sample_and_none():
    one = measure(np.full((1, 1), 0.5, np.float32))
    assert (one.samples, one.sample_peak_db) == (1, pytest.approx(-6.02, abs=0.01))
    assert one.rms_db == pytest.approx(-6.02, abs=0.01)
    none = inspect([], RATE, 2)
    assert (none.samples, none.lufs, none.rms_db, none.range_lu) == (0, -math.inf, -math.inf, 0)
    assert not all(verdict.ok for verdict in judge(none))


def test_channels_of_7_1_weigh_as_the_standard_says():
    x = np.zeros((3 * 48_000, 8), np.float32)
    tone = sine(1000, -23, 3, 48_000)
    readings = []
    for channel in range(8):
        x[:] = 0
        x[:, channel] = tone
        readings.append(inspect([x], 48_000, 8).lufs)
    front, side = pytest.approx(-26, abs=0.1), pytest.approx(-24.5, abs=0.1)
    assert readings == [front, front, front, -math.inf, front, front, side, side]


@given(st.lists(st.integers(0, 9000), min_size=1, max_size=8), st.integers(1, 2))
@settings(max_examples=20, deadline=None)
def test_nothing_depends_on_blocks(lengths, channels):
    rate = 8000
    x = noise(sum(lengths) / rate, -10, rate, channels)
    x[np.abs(x) > 0.9] = 1.0
    parts = np.split(x, np.cumsum(lengths)[:-1])
    whole, pieces = Inspector(rate, channels, traced=True), Inspector(rate, channels, traced=True)
    whole.feed(x)
    for part in parts:
        pieces.feed(part)
    assert whole.finish() == pieces.finish()
    assert np.array_equal(whole.trace().low, pieces.trace().low)


def test_facts_go_through_json(voiced):
    for x in (voiced, np.zeros((RATE, 1), np.float32)):
        ours = measure(x)
        text = json.dumps(ours.facts(), allow_nan=False)
        assert Measured.of_facts(json.loads(text)) == ours


def test_parts_add_up_to_the_whole(voiced):
    cuts = [RATE * 4, RATE * 9]
    quiet = [np.float32(1), np.float32(0.3), np.float32(1)]
    parts = [x * g for x, g in zip(np.split(voiced, cuts), quiet, strict=True)]
    silence = noise(2, -70, channels=2)
    parts = [silence, *parts, silence]
    whole, sum_of = measure(np.concatenate(parts)), joined([measure(x) for x in parts])
    assert sum_of.lufs == pytest.approx(whole.lufs, abs=0.1)
    assert sum_of.range_lu == pytest.approx(whole.range_lu, abs=1.5)
    for name in (
        "samples", "true_peak_db", "true_peak_at", "sample_peak_db", "rms_db", "clipped",
        "head_silence", "tail_silence", "inner_silence", "digital_silence", "dc_offset",
    ):  # fmt: skip
        assert getattr(sum_of, name) == pytest.approx(getattr(whole, name), abs=1e-6, rel=1e-6), (
            name
        )
    assert sum_of.floor_db == pytest.approx(whole.floor_db, abs=0.2)
    assert joined([whole]) == whole


def test_silent_parts_make_one_silence():
    silent, loud = measure(noise(1, -70)), measure(noise(1, -20))
    book = joined([silent, silent, loud, silent, silent, loud, silent])
    assert (book.head_silence, book.inner_silence, book.tail_silence) == (2, 2, 1)
    assert joined([silent, silent]).silent


def failed(verdicts):
    return {verdict.name for verdict in verdicts if not verdict.ok}


def test_verdicts_against_a_target(voiced):
    ours = measure(voiced)
    exact = target_of(f"{ours.lufs:.2f}/{math.ceil(ours.true_peak_db * 10) / 10:.1f}")
    assert failed(judge(ours, exact)) == set()
    assert failed(judge(ours, target_of("-30/-20"))) == {"level", "true peak"}
    mono = failed(judge(ours, TARGETS["podcast-mono"]))
    assert "channels" in mono


def test_verdicts_of_acx():
    def book(gain, head, tail, floor=-66):
        x = speech(8, RATE, 3)[:, None]
        x = np.pad(x, ((round(head * RATE), round(tail * RATE)), (0, 0)))
        return measure(x * np.float32(gain) + noise(len(x) / RATE, floor))

    base = book(1, 0.8, 2)
    gain = 10 ** ((-20.5 - base.rms_db) / 20)
    allowed = {"true peak"} & failed(judge(book(gain, 0.8, 2), TARGETS["acx"]))
    assert failed(judge(book(gain, 0.8, 2), TARGETS["acx"])) == allowed
    assert "level" in failed(judge(book(gain / 2, 0.8, 2), TARGETS["acx"]))
    assert "room tone at head" in failed(judge(book(gain, 0.2, 2), TARGETS["acx"]))
    assert "room tone at tail" in failed(judge(book(gain, 0.8, 0.4), TARGETS["acx"]))
    assert "noise floor" in failed(judge(book(gain, 0.8, 2, -55), TARGETS["acx"]))


def test_faults_without_a_target():
    x = noise(8, -20)
    assert failed(judge(measure(x))) == set()
    x[RATE : 7 * RATE] = 0
    x[:10] = 1
    x[20] = np.nan
    assert failed(judge(measure(x))) == {
        "clipping", "not finite", "silence inside", "digital silence",
    }  # fmt: skip
    assert failed(judge(measure(x * 0))) >= {"not silent", "digital silence"}


TITLE = "A=b;c#d\\e \x1b[31mred"
COMMENT = "one\ntwo = 2\\\n[CHAPTER]\nend\\"


@pytest.mark.parametrize(
    ("name", "options", "codec"),
    [
        ("x.mp3", ["-b:a", "192k"], "mp3"), ("x.m4b", ["-f", "ipod"], "aac"),
        ("x.opus", [], "opus"), ("x.ogg", ["-c:a", "libvorbis"], "vorbis"), ("x.flac", [], "flac"),
        ("x.wav", [], "pcm_s16le"), ("rf64.wav", ["-rf64", "always"], "pcm_s16le"),
        ("x.aiff", ["-write_id3v2", "1"], "pcm_s16be"), ("x.mka", ["-c:a", "flac"], "flac"),
    ],
)  # fmt: skip
def test_files_are_probed(name, options, codec, tmp_path):
    source, path = wav(tmp_path / "in.wav", noise(2, -20, channels=2)), tmp_path / name
    tags = ["-metadata", f"title={TITLE}", "-metadata", f"comment={COMMENT}"]
    ffmpeg("-i", source, *tags, *options, path)
    found = probe(path)
    assert (found.codec, found.channels, found.cover) == (codec, 2, False)
    assert found.rate == (48_000 if codec == "opus" else RATE)
    assert found.seconds == pytest.approx(2, abs=0.1)
    assert found.tags["title"] == TITLE
    assert found.tags["comment"] == COMMENT
    if codec == "mp3":
        assert found.bit_rate == 192_000


def with_chapters(source, chapters):
    """An M4B of a sound that lasts whole seconds, beside it."""
    stream, body, path = (source.with_suffix(suffix) for suffix in (".aac", ".body", ".m4b"))
    ffmpeg("-i", source, "-ar", "44100", stream)
    aac = CODECS["aac"]
    frames = aac.split(stream.read_bytes())
    data, facts = aac.body(frames, len(frames))
    body.write_bytes(data)
    seconds = len(frames) * aac.frame // aac.rate
    aac.join([Part(body, facts, facts.frames)], path, seconds * aac.rate, 1, chapters)
    return path


def test_chapters_of_an_m4b_and_an_mp3(tmp_path):
    source = wav(tmp_path / "in.wav", noise(3, -20))
    path = with_chapters(source, [(0.0, "One = 1; #\\x"), (1.25, "Zwei\\")])
    first, second = probe(path).chapters
    assert first == Chapter(0.0, 1.25, "One = 1; #\\x")
    assert (second.start, second.title) == (1.25, "Zwei\\")

    ffmpeg("-i", source, tmp_path / "x.mp3")
    tags = mutagen.id3.ID3(tmp_path / "x.mp3")
    tags.add(
        mutagen.id3.CTOC(element_id="toc", flags=3, child_element_ids=["a", "b"], sub_frames=[])
    )
    for name, begin, end, title in (("a", 0, 1250, "Eins"), ("b", 1250, 3000, "Two")):
        frame = mutagen.id3.TIT2(text=[title])
        tags.add(mutagen.id3.CHAP(name, begin, end, sub_frames=[frame]))
    picture = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(picture, "PNG")
    tags.add(mutagen.id3.APIC(mime="image/png", type=3, data=picture.getvalue()))
    tags.save(v2_version=3)
    found = probe(tmp_path / "x.mp3")
    assert found.cover
    assert found.chapters == (Chapter(0.0, 1.25, "Eins"), Chapter(1.25, 3.0, "Two"))


def test_only_sound_files_are_probed(tmp_path):
    playlist = tmp_path / "x.m3u8"
    playlist.write_text("#EXTM3U\n#EXTINF:2,\n/etc/passwd\n")
    for path in (playlist, tmp_path, tmp_path / "x.txt"):
        if path.suffix == ".txt":
            path.write_text("Duration: 00:00:01.00\n  Stream #0:0: Audio: mp3, 44100 Hz, mono")
        with pytest.raises(InputError):
            probe(path)
    with pytest.raises(MissingInput):
        probe(tmp_path / "none.wav")


def test_a_tag_cannot_play_the_stream(tmp_path):
    forged = "\n  Stream #0:0: Audio: opus, 8000 Hz, 7.1\n  Duration: 99:00:00.00"
    source = wav(tmp_path / "in.wav", noise(1, -20))
    ffmpeg("-i", source, "-metadata", f"title={forged}", tmp_path / "x.flac")
    found = probe(tmp_path / "x.flac")
    assert (found.codec, found.rate, found.channels) == ("flac", RATE, 1)
    assert found.seconds == pytest.approx(1)


def test_inspect_prints_and_judges(voiced, tmp_path):
    path = tmp_path / "x.flac"
    source = wav(tmp_path / "in.wav", voiced * np.float32(0.8))
    ffmpeg("-i", source, "-metadata", f"title={TITLE}", path)
    done = run(path)
    assert done.return_value == 0, done.output
    assert "\x1b" not in done.output
    assert "A=b;c#d\\e [31mred" in done.output
    assert run(path, "--target", "-40").return_value == 1
    assert "FAILED\tlevel" in run(path, "--target", "-40").output


@pytest.mark.parametrize("suffix", ["aiff", "mp3"])
def test_a_file_that_was_cut_off_is_told(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    ffmpeg("-i", wav(tmp_path / "in.wav", noise(4, -20)), path)
    assert run(path).return_value == 0
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    done = run(path)
    assert done.return_value == 1
    assert re.search(r"FAILED\tmissing\t(1\.9|2\.0)", done.output)


def test_a_file_that_is_damaged_is_told(tmp_path):
    path = tmp_path / "x.m4a"
    ffmpeg("-i", wav(tmp_path / "in.wav", noise(2, -20)), "-movflags", "+faststart", path)
    assert "ok\tdamage\tnone" in run(path).output
    data = path.read_bytes()
    path.write_bytes(data[:-9000] + bytes(reversed(data[-9000:-5000])) + data[-5000:])
    done = run(path, "--json")
    assert done.return_value == 1
    verdict = next(v for v in json.loads(done.output)["files"][0]["verdicts"] if not v["ok"])
    assert verdict["name"] == "damage"
    assert verdict["note"]


@pytest.mark.parametrize("suffix", ["opus", "ogg"])
def test_an_ogg_without_its_end_is_damaged(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    ffmpeg("-i", wav(tmp_path / "in.wav", noise(3, -20)), "-strict", "-2", path)
    data = path.read_bytes()
    assert run(path).return_value == 0
    for cut in (data[: data.rindex(b"OggS")], data[:-1]):  # between pages, and inside the last
        path.write_bytes(cut)
        done = run(path)
        assert done.return_value == 1
        assert "FAILED\tdamage\tfound" in done.output


def test_the_encoder_is_the_one_that_the_file_names(tmp_path):
    path = tmp_path / "x.mp3"
    ffmpeg("-i", wav(tmp_path / "in.wav", noise(1, -20)), "-fflags", "+bitexact", path)
    assert "encoder" not in probe(path).tags
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.TSSE(encoding=3, text="Somebody's"))
    tags.save(path)
    assert probe(path).tags["encoder"] == "Somebody's"


def test_inspect_as_json(voiced, tmp_path):
    one, two = wav(tmp_path / "1.wav", voiced), wav(tmp_path / "2.wav", voiced[:0])
    done = run(one, two, "--json", "--target", "acx")
    facts = json.loads(done.stdout)
    assert facts["version"] == 1
    assert [each["file"] for each in facts["files"]] == [str(one), str(two)]
    first, second = facts["files"]
    assert set(first) == {"file", "ok", "probed", "measured", "verdicts"}
    assert first["measured"]["seconds"] == 15
    assert first["probed"]["codec"] == "pcm_f32le"
    assert {"name", "value", "limit", "ok", "note"} == set(first["verdicts"][0])
    assert second["measured"]["lufs"] is None
    assert done.return_value == 1


def test_a_file_in_7_1(tmp_path):
    x = noise(3, -30, channels=8)
    x[:, 3:] = 0  # where ffmpeg's weights are those of the standard
    path = wav(tmp_path / "x.wav", x)
    facts = json.loads(run(path, "--json").stdout)["files"][0]
    assert facts["measured"]["channels"] == facts["probed"]["channels"] == 8
    assert facts["measured"]["lufs"] == pytest.approx(ebur128(path, peak=False)[0], abs=0.05)


def test_inspect_goes_on_after_what_cannot_be_read(voiced, tmp_path):
    good, bad = wav(tmp_path / "good.wav", voiced), tmp_path / "bad.wav"
    bad.write_text("no sound")
    done = run(bad, good)
    assert done.return_value == 65
    assert "good.wav" in done.output
    assert run(tmp_path / "none.wav").return_value == 66
    with pytest.raises(UsageError):
        raise run(good, good, "--picture", tmp_path / "x.png").exception
    with pytest.raises(UsageError):
        raise run(good, "--target", "loud").exception


def test_a_picture_of_the_sound(voiced, tmp_path):
    pictures = []
    clipped = (voiced * np.float32(8)).clip(-1, 1)
    for name, x in (("a", voiced), ("b", clipped), ("c", voiced[:1]), ("d", voiced[:0])):
        run(wav(tmp_path / f"{name}.wav", x), "--picture", tmp_path / f"{name}.png")
        pictures.append(Image.open(tmp_path / f"{name}.png"))
    assert {picture.size for picture in pictures} == {(1600, 600)}
    quiet, loud, *_ = (np.asarray(picture, int) for picture in pictures)

    def red(pixels, rows):
        pixels = pixels[rows]
        return int(((pixels[:, :, 0] > 190) & (pixels[:, :, 1:].max(axis=2) < 60)).sum())

    marks, wave, names = slice(98, 104), slice(110, 340), slice(350, 370)
    assert red(quiet, marks) == red(quiet, wave) == red(quiet, names) == 0
    assert red(loud, marks) > 500
    assert red(loud, wave) > 1000
    assert red(loud, names) > 50  # what the colour means, on clear ground
    clear = loud[names, 300:1400]
    assert (clear == 255).all()


def test_a_picture_names_its_chapters(tmp_path):
    source = wav(tmp_path / "in.wav", noise(4, -20))
    drawn = []
    for title in ("One", "Another"):
        path = with_chapters(source, [(0.0, title), (2.0, "Two")])
        run(path, "--picture", tmp_path / "x.png")
        drawn.append(np.asarray(Image.open(tmp_path / "x.png"), int))
    rows, columns = np.nonzero(np.abs(drawn[0] - drawn[1]).sum(axis=2))
    assert rows.min() > 70
    assert rows.max() < 104  # in the strip above the waveform
    assert columns.max() < 826
