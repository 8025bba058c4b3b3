"""The files of cues: what is refused and where it says so, what is heard of the others."""

import math
import os
import struct
import subprocess

import numpy as np
import pytest

from podforge import assets
from podforge.assets import asset_problems, find_assets, load_assets
from podforge.errors import InputError, Place
from podforge.events import StageDone, StageFailed, StageStarted
from podforge.media import ffmpeg_path
from podforge.pcm import open_wav
from podforge.script import Cue, Header, Script
from podforge.store import Store
from tests.sounds import ebur128, sine

RATE = 44_100


class Desk:
    """A script in a folder of its own, the sound files beside it, and a store."""

    def __init__(self, folder):
        self.folder = folder / "show"
        self.folder.mkdir()
        self.outside = folder
        self.store = Store(folder / "store")
        self.events = []

    def __truediv__(self, name):
        return self.folder / name

    def script(self, *names):
        path = str(self / "s.md")
        cues = [Cue("music", name, "", (), Place(path, n + 1, 3)) for n, name in enumerate(names)]
        return Script(path, Header(), tuple(cues))

    def problems(self, *names):
        return [str(problem) for problem in asset_problems(self.script(*names))]

    def load(self, *names):
        return load_assets(self.script(*names), self.store, RATE, self.events.append)

    def sound(self, name):
        """The asset and what lies in the store, shape (samples, channels)."""
        asset = self.load(name).assets[name]
        file = open_wav(self.store.checked_path(asset.digest))
        assert (file.samples, file.channels, file.rate) == (asset.samples, asset.channels, RATE)
        return asset, file.read(0, file.samples)

    def refused(self, name):
        with pytest.raises(InputError) as caught:
            self.load(name)
        assert caught.value.problems[0].place == Place(str(self / "s.md"), 1, 3)
        return caught.value.problems[0].text

    def warnings(self, *names):
        return [problem.text for problem in self.load(*names).warnings]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def ffmpeg(*arguments, data=None):
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    if data is not None:
        command.remove("-nostdin")
    subprocess.run(command, check=True, input=data)


def write(path, sound, rate=RATE, *arguments):
    """A file by ffmpeg, of float32 in shape (samples, channels)."""
    sound = np.asarray(sound, "<f4")
    sound = sound[:, None] if sound.ndim == 1 else sound
    source = ["-f", "f32le", "-ar", rate, "-ac", sound.shape[1], "-i", "-"]
    ffmpeg(*source, *arguments, path, data=sound.tobytes())


def tone(rate=RATE, seconds=2.0, level_db=-12.0, frequency=440):
    return sine(frequency, level_db, seconds, rate)


def heard_pitch(x):
    """The frequency of the tone in mono sound."""
    x = x[len(x) // 8 : -len(x) // 8]
    return np.argmax(np.abs(np.fft.rfft(x * np.hanning(len(x)), 1 << 18))) * RATE / (1 << 18)


def heard_level(x, frequency=440):
    """The peak level of a tone in mono sound, and how far below it everything else is, in dB."""
    x = x[len(x) // 8 : -len(x) // 8].astype(np.float64)
    angle = 2 * np.pi * frequency * np.arange(len(x)) / RATE
    waves = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    parts = np.linalg.lstsq(waves, x, rcond=None)[0]
    level = 20 * math.log10(math.hypot(*parts))
    return level, level - 3 - 10 * math.log10(np.mean((x - waves @ parts) ** 2))


# --- formats -------------------------------------------------------------------------------

FORMATS = {
    "wav": ("x.wav", RATE, ()),
    "24 bits": ("x.wav", RATE, ("-c:a", "pcm_s24le")),
    "float": ("x.wav", RATE, ("-c:a", "pcm_f32le")),
    "8 bits": ("x.wav", RATE, ("-c:a", "pcm_u8")),
    "8 kHz": ("x.wav", 8_000, ()),
    "192 kHz": ("x.flac", 192_000, ()),
    "48 kHz": ("x.aiff", 48_000, ()),
    "mp3": ("x.mp3", RATE, ()),
    "flac": ("x.flac", RATE, ()),
    "ogg": ("x.ogg", RATE, ("-c:a", "libvorbis")),
    "opus": ("x.opus", 48_000, ()),
    "m4a": ("x.m4a", RATE, ()),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_pitch_level_and_length_come_through(kind, desk):
    name, rate, arguments = FORMATS[kind]
    write(desk / name, tone(rate), rate, *arguments)
    asset, sound = desk.sound(name)
    level, clean = heard_level(sound[:, 0])
    lossy = kind in ("mp3", "ogg", "opus", "m4a")
    assert asset.channels == 1
    assert asset.samples == pytest.approx(2 * RATE, abs=1_100 if kind == "m4a" else 2)
    assert heard_pitch(sound[:, 0]) == pytest.approx(440, abs=0.2)
    assert level == pytest.approx(-12, abs=0.5 if lossy else 0.02)
    assert clean > {"8 bits": 35, "opus": 20}.get(kind, 30 if lossy else 75)
    assert lossy or asset.peak_db == pytest.approx(-12, abs=0.4)


def test_loudness_is_that_of_another_meter(desk):
    x = np.random.default_rng(1).normal(0, 0.1, (3 * RATE, 2))
    write(desk / "x.wav", x)
    asset, _ = desk.sound("x.wav")
    assert asset.channels == 2
    assert asset.lufs == pytest.approx(ebur128(desk / "x.wav", peak=False)[0], abs=0.1)


def test_two_channels_stay_apart(desk):
    x = np.stack([tone(), tone(frequency=1_000, level_db=-20)], axis=1)
    write(desk / "x.flac", x)
    _, sound = desk.sound("x.flac")
    assert np.abs(sound - x).max() < 1e-4


def test_more_channels_become_two(desk):
    sides = [tone(frequency=100 * (n + 3)) for n in range(8)]
    write(desk / "x.wav", np.stack(sides, axis=1))
    asset, sound = desk.sound("x.wav")
    assert asset.channels == 2
    left, right = (heard_pitch(side) for side in sound.T)
    assert (left, right) == (pytest.approx(300, abs=0.2), pytest.approx(400, abs=0.2))
    assert asset.peak_db < 0


def test_what_cannot_be_kept_at_44100_is_taken_away(desk):
    """A tone above the new band does not come back as another one."""
    write(desk / "x.wav", tone(96_000, frequency=30_000), 96_000, "-c:a", "pcm_f32le")
    _, sound = desk.sound("x.wav")
    assert np.abs(sound[2_000:-2_000]).max() <= 1 / 32_768


def test_the_band_ends_steeply(desk):
    """20 kHz are as loud as before; of 23 kHz, close above the new band, little comes back."""
    write(desk / "in.wav", tone(48_000, frequency=20_000), 48_000)
    write(desk / "out.wav", tone(48_000, frequency=23_000), 48_000)
    assert heard_level(desk.sound("in.wav")[1][:, 0], 20_000)[0] == pytest.approx(-12, abs=0.2)
    assert np.abs(desk.sound("out.wav")[1][2_000:-2_000]).max() < 10 ** ((-12 - 45) / 20)


def test_a_wrong_suffix_does_not_matter(desk):
    write(desk / "x.mp3", tone())
    (desk / "x.mp3").rename(desk / "really.wav")
    assert heard_pitch(desk.sound("really.wav")[1][:, 0]) == pytest.approx(440, abs=0.2)


def test_one_sample_is_a_sound(desk):
    write(desk / "x.wav", np.array([0.5]))
    asset, sound = desk.sound("x.wav")
    assert asset.samples == 1
    assert sound[0] == pytest.approx(0.5, abs=1e-4)
    assert math.isfinite(asset.lufs)


def test_louder_than_full_scale_is_clipped_and_said(desk):
    write(desk / "x.wav", tone(level_db=6), RATE, "-c:a", "pcm_f32le")
    asset, sound = desk.sound("x.wav")
    assert np.abs(sound).max() == pytest.approx(1, abs=1e-4)
    assert asset.peak_db == 0
    assert "6.0 dB louder than full scale" in desk.warnings("x.wav")[0]
    write(desk / "y.wav", tone(level_db=2), RATE, "-c:a", "pcm_f32le")
    assert not desk.warnings("y.wav")


def test_silence_is_warned_about_each_time(desk):
    write(desk / "x.wav", np.zeros(RATE))
    for _ in range(2):
        assert desk.warnings("x.wav") == ['"x.wav" is silent']
    asset, _ = desk.sound("x.wav")
    assert (asset.lufs, asset.peak_db) == (-math.inf, -math.inf)


# --- what is no sound ----------------------------------------------------------------------


def test_text_playlists_pictures_and_headers_are_refused(desk):
    write(desk / "secret.wav", tone())
    (desk / "text.mp3").write_text("Dear diary\n" * 99)
    (desk / "list.mp3").write_text("#EXTM3U\n#EXTINF:1,\nsecret.wav\n")
    (desk / "concat.mp3").write_text("ffconcat version 1.0\nfile secret.wav\n")
    (desk / "hls.mp3").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n"
    )
    (desk / "session.mp3").write_text(
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n"
    )
    (desk / "titles.mp3").write_text("1\n00:00:00,000 --> 00:00:05,000\nHello\n")
    for name in ("text.mp3", "list.mp3", "concat.mp3", "hls.mp3", "session.mp3", "titles.mp3"):
        assert f'"{name}": cannot be read as audio' in desk.refused(name)
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=0.1:s=32x32", desk / "film.mp4")
    (desk / "film.mp4").rename(desk / "film.m4a")
    assert "no sound track" in desk.refused("film.m4a")
    write(desk / "none.wav", np.zeros((0, 1)))
    assert "no sound in it" in desk.refused("none.wav")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_values_that_are_no_sound_are_refused(value, desk):
    data = np.append(tone(), value).astype("<f4").tobytes()
    form = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 3, 1,
                       RATE, 4 * RATE, 4, 32, b"data", len(data))  # fmt: skip
    (desk / "x.wav").write_bytes(form + data)
    assert "no sound (NaN)" in desk.refused("x.wav")


def test_of_a_film_the_sound_is_used(desk):
    write(desk / "tone.wav", tone())
    picture = ("-f", "lavfi", "-i", "testsrc=d=2:s=32x32:r=5")
    ffmpeg(*picture, "-i", desk / "tone.wav", "-c:v", "mpeg4", "-f", "mp4", desk / "film.m4a")
    assert heard_pitch(desk.sound("film.m4a")[1][:, 0]) == pytest.approx(440, abs=0.2)


def test_what_a_header_claims_is_not_believed(desk):
    """A WAV that claims 4 GiB is what there is; rates and channels that cannot be are refused."""
    write(desk / "x.wav", tone())
    data = bytearray((desk / "x.wav").read_bytes())
    at = data.index(b"data") + 4
    data[4:8] = data[at : at + 4] = b"\xf0\xff\xff\xff"
    (desk / "long.wav").write_bytes(data)
    assert desk.sound("long.wav")[0].samples == pytest.approx(2 * RATE, abs=2)
    assert "cut off" in desk.warnings("long.wav")[0]
    for name, start, claim in (("rate", 24, 4), ("channels", 22, 2)):
        (desk / f"{name}.wav").write_bytes(data[:start] + bytes(claim) + data[start + claim :])
        assert "cannot be read as audio" in desk.refused(f"{name}.wav")


CUT = {  # whether it is noticed
    "wav": True, "mp3": True, "flac": True, "m4a": True, "ogg": False, "opus": False,
    "aiff": False,
}  # fmt: skip


@pytest.mark.parametrize("suffix", CUT)
def test_of_a_file_that_was_cut_off_what_is_there_is_used(suffix, desk):
    arguments = {"ogg": ("-c:a", "libvorbis"), "m4a": ("-movflags", "+faststart")}
    write(desk / f"x.{suffix}", tone(seconds=10), RATE, *arguments.get(suffix, ()))
    data = (desk / f"x.{suffix}").read_bytes()
    (desk / f"x.{suffix}").write_bytes(data[: len(data) * 6 // 10])
    asset, sound = desk.sound(f"x.{suffix}")
    assert 4 * RATE < asset.samples < 7 * RATE
    assert heard_pitch(sound[:, 0]) == pytest.approx(440, abs=0.2)
    assert any("cut off" in text for text in desk.warnings(f"x.{suffix}")) == CUT[suffix]


def test_an_mp4_whose_index_was_cut_off_is_refused(desk):
    write(desk / "x.m4a", tone(seconds=3))
    (desk / "x.m4a").write_bytes((desk / "x.m4a").read_bytes()[:-3_000])
    assert "moov atom not found" in desk.refused("x.m4a")


def test_a_file_has_at_most_so_many_hours(desk, monkeypatch):
    monkeypatch.setattr(assets, "MOST_HOURS", 1 / 3600)
    write(desk / "x.wav", tone(seconds=1))
    desk.load("x.wav")
    write(desk / "y.wav", tone(seconds=1.1))
    assert "longer than" in desk.refused("y.wav")


def test_a_file_that_changes_while_it_is_read_is_not_kept(desk, monkeypatch):
    write(desk / "x.wav", tone())

    def other(*arguments):
        facts = decode(*arguments)
        (desk / "x.wav").write_bytes(b"other")
        return facts

    decode = assets._decode
    monkeypatch.setattr(assets, "_decode", other)
    assert "changed while it was read" in desk.refused("x.wav")
    assert not list(desk.store.root.glob("records/asset/*/*"))


# --- finding -------------------------------------------------------------------------------


def test_every_file_that_cannot_be_used_is_told_at_its_cue_in_one_go(desk):
    (desk / "empty.mp3").touch()
    (desk / "folder.mp3").mkdir()
    os.mkfifo(desk / "pipe.mp3")
    write(desk.outside / "out.wav", tone())
    write(desk / "good.wav", tone())
    (desk / "link.mp3").symlink_to(desk.outside / "out.wav")
    (desk / "loop.mp3").symlink_to("loop.mp3")
    (desk / "device.mp3").symlink_to("/dev/zero")
    reasons = {
        "missing.mp3": "is not there",
        "a\\b.mp3": "write / between folders",
        "nul\0.mp3": "is not there",
        "loop.mp3": "is not there",
        "empty.mp3": "is empty",
        "folder.mp3": "is not a file",
        "pipe.mp3": "is not a file",
        "link.mp3": "lies outside the project",
        "device.mp3": "lies outside the project",
        "../out.wav": "lies outside the project",
        "/etc/a.mp3": "not relative to the script",
        "~/a.mp3": "not relative to the script",
        "C:\\a.mp3": "not relative to the script",
        "https://example.org/a.mp3": "is an address",
    }
    found = desk.problems("good.wav", *reasons)
    assert len(found) == len(reasons)
    for line, (text, reason) in enumerate(zip(found, reasons.values(), strict=True), start=2):
        assert text.startswith(f"{desk / 's.md'}:{line}:3: error: ")
        assert reason in text
    with pytest.raises(InputError) as caught:
        desk.load("good.wav", *reasons)
    assert len(caught.value.problems) == len(reasons)


def test_a_file_that_is_named_twice_is_wrong_twice(desk):
    assert len(desk.problems("no.mp3", "no.mp3")) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(desk):
    write(desk / "x.wav", tone())
    (desk / "x.wav").chmod(0)
    assert "permissions" in desk.problems("x.wav")[0]


def test_a_project_file_further_up_makes_room(desk):
    write(desk.outside / "theme.wav", tone())
    (desk / "inside.wav").symlink_to("../theme.wav")
    assert len(desk.problems("../theme.wav", "inside.wav")) == 2
    (desk.outside / "podforge.yaml").write_text("engine: espeak\n")
    assert not desk.problems("../theme.wav", "inside.wav")
    found = find_assets(desk.script("../theme.wav", "inside.wav"))
    assert set(found.values()) == {desk.outside / "theme.wav", desk / "inside.wav"}  # the link


def test_a_script_in_the_working_folder(desk, monkeypatch):
    write(desk / "x.wav", tone())
    monkeypatch.chdir(desk.folder)
    script = Script("s.md", Header(), (Cue("sfx", "x.wav", "", (), Place("s.md", 1, 1)),))
    assert find_assets(script) == {"x.wav": (desk / "x.wav").resolve()}


def test_finding_imports_no_numpy():
    program = "import sys, podforge.assets; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([os.sys.executable, "-c", program], check=False).returncode == 0


# --- the store -----------------------------------------------------------------------------


@pytest.fixture
def decoded(monkeypatch):
    """The names of the files that were decoded."""
    names = []

    def counted(path, *more):
        names.append(path.name)
        return decode(path, *more)

    decode = assets._decode
    monkeypatch.setattr(assets, "_decode", counted)
    return names


def test_a_file_is_decoded_once_whatever_it_is_called(desk, decoded):
    write(desk / "x.wav", tone())
    first = desk.load("x.wav", "x.wav").assets
    (desk / "x.wav").rename(desk / "y.wav")
    assert desk.load("y.wav").assets["y.wav"] == first["x.wav"]
    assert decoded == ["x.wav"]
    assert desk.events == [StageStarted("reading x.wav", 0.0), StageDone("reading x.wav")]
    write(desk / "y.wav", tone(level_db=-13))
    assert desk.load("y.wav").assets["y.wav"] != first["x.wav"]
    assert decoded == ["x.wav", "y.wav"]


def test_another_rate_or_ffmpeg_is_another_sound(desk, decoded, monkeypatch):
    write(desk / "x.wav", tone())
    desk.load("x.wav")
    other = load_assets(desk.script("x.wav"), desk.store, 48_000, desk.events.append)
    assert other.assets["x.wav"].samples == 96_000
    monkeypatch.setattr("podforge.media.ffmpeg_version", lambda: "99")
    desk.load("x.wav")
    assert len(decoded) == 3


@pytest.mark.parametrize("damage", ["changed", "shorter", "gone"])
def test_a_damaged_sound_is_decoded_again(damage, desk, decoded):
    write(desk / "x.wav", tone())
    asset, sound = desk.sound("x.wav")
    path = desk.store.checked_path(asset.digest)
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data[:-2] + (b"xx" if damage == "changed" else b""))
    again, same = desk.sound("x.wav")
    assert again == asset
    assert np.array_equal(same, sound)
    assert len(decoded) == 2


def test_what_fails_says_so_and_leaves_nothing(desk):
    (desk / "x.mp3").write_text("no")
    desk.refused("x.mp3")
    assert desk.events == [StageStarted("reading x.mp3", 0.0), StageFailed("reading x.mp3")]
    assert not list(desk.store.root.glob("tmp/*"))
    assert not (desk.store.root / "blobs").exists()
