import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from podforge import media
from podforge.errors import DiskFull, InputError, MissingInput, StorageError, Unavailable
from podforge.media import decode, encode, ffmpeg_path, ffmpeg_version, read_clip
from podforge.media.decoding import read_sound
from podforge.media.probing import probe
from podforge.pcm import to_wav
from tests.sounds import WHOLE, blocks, sine, speech

RATE = 44_100
MP3 = WHOLE["mp3"]


def encoded(folder, name, x):
    path = folder / f"sound.{name}"
    encode(blocks(x, 10_000), path, RATE, 1, WHOLE[name])
    return path


def decoded(path, rate=RATE, channels=1):
    return np.concatenate(list(decode(path, rate, channels)))


@pytest.mark.parametrize("name", WHOLE)
def test_what_goes_in_comes_out_and_always_as_the_same_bytes(name, tmp_path):
    x = speech(3, RATE, 1)
    first = encoded(tmp_path, name, x).read_bytes()
    (tmp_path / "other").mkdir()
    path = encoded(tmp_path / "other", name, x)
    assert path.read_bytes() == first
    heard = decoded(path)[:, 0]
    assert len(heard) == pytest.approx(len(x), abs=1024 if name == "m4b" else 1)
    gain = 10 ** (-0.4455 / 20) if name == "mp3" else 1.0  # LAME
    difference = heard[: len(x)] - gain * x[: len(heard)]
    assert difference.std() < 0.2 * x.std()


def test_lossless_formats_are(tmp_path):
    x = np.rint(32_768 * speech(1, RATE, 1)).astype(np.float32) / 32_768
    for name in ("wav", "flac"):
        assert np.array_equal(decoded(encoded(tmp_path, name, x))[:, 0], x)


def test_two_channels_stay_apart(tmp_path):
    x = np.stack([sine(440, -6, 1, RATE), sine(660, -12, 1, RATE)], axis=1)
    path = tmp_path / "x.wav"
    encode([x], path, RATE, 2, WHOLE["wav"])
    assert np.abs(decoded(path, RATE, 2) - x).max() < 1e-4
    assert decoded(path, 22_050, 1).shape == (22_050, 1)


def test_names_that_look_like_options_or_protocols(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("-y.mp3", "http:x.mp3", "a%03d.mp3", "concat:a|b.mp3"):
        encode(blocks(sine(440, -6, 0.1, RATE), 5000), Path(name), RATE, 1, MP3)
        assert len(decoded(Path(name))) == 4410


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize("seconds", [0.2, 30])
def test_a_full_disk_is_called_that(seconds):
    with pytest.raises(DiskFull, match="no space left"):
        encode(blocks(speech(seconds, RATE, 1), RATE), Path("/dev/full"), RATE, 1, MP3)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StorageError, match="No such file"):
        encode(blocks(speech(9, RATE, 1), RATE), tmp_path / "no" / "x.mp3", RATE, 1, MP3)


def children():
    path = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    return path.read_text().split()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_in_the_blocks_ends_the_encoder(error, tmp_path):
    def broken():
        yield np.zeros((RATE, 1), np.float32)
        raise error

    threads = threading.active_count()
    with pytest.raises(error):
        encode(broken(), tmp_path / "x.mp3", RATE, 1, MP3)
    assert threading.active_count() == threads
    assert not children()


def test_a_reader_that_stops_ends_the_decoder(tmp_path):
    path = encoded(tmp_path, "wav", sine(440, -6, 20, RATE))
    reading = decode(path, RATE, 1)
    next(reading)
    reading.close()
    assert not children()


def test_an_encoder_that_hangs_is_given_up(tmp_path, monkeypatch):
    fake = tmp_path / "ffmpeg"
    fake.write_text("#!/bin/sh\nexec sleep 60\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PODFORGE_FFMPEG", str(fake))
    for module in ("encoding", "children"):
        monkeypatch.setattr(f"podforge.media.{module}.STALL_SECONDS", 0.4)
    with pytest.raises(StorageError, match="took nothing"):
        encode(blocks(speech(20, RATE, 1), RATE), tmp_path / "x.mp3", RATE, 1, MP3)
    assert not children()


def test_nothing_is_left_running_after_kill_9(tmp_path):
    program = f"""
import numpy as np
from itertools import repeat
from pathlib import Path
from podforge.media import encode
silence = repeat(np.zeros((44100, 1), np.float32))
encode(silence, Path({str(tmp_path / "x.mp3")!r}), 44100, 1, {MP3!r})
"""
    process = subprocess.Popen([sys.executable, "-c", program])
    until = time.monotonic() + 20
    while not (tmp_path / "x.mp3").exists() and time.monotonic() < until:
        time.sleep(0.02)
    encoders = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(encoders) == 1
    process.send_signal(signal.SIGKILL)
    process.wait()
    while Path(f"/proc/{encoders[0]}/exe").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert time.monotonic() < until


HOSTILE = {
    "playlist.mp3": "ffconcat version 1.0\nfile secret.wav\n",
    "playlist.m3u8": "#EXTM3U\n#EXTINF:1,\nsecret.wav\n",
    "script.avs": "secret.wav",
    "text.wav": "this is not audio\n" * 100,
    "empty.mp3": "",
}


READERS = {
    "decode": decoded,
    "read_sound": lambda path: list(read_sound(path, RATE, print)),
    "read_clip": read_clip,
    "probe": probe,
}


@pytest.mark.parametrize(
    ("name", "reader"),
    [(name, "decode") for name in HOSTILE]
    + [("playlist.mp3", each) for each in READERS if each != "decode"],
)
def test_what_is_not_sound_is_refused(name, reader, tmp_path):
    (tmp_path / "secret.wav").write_bytes(to_wav(sine(440, -6, 1, RATE), RATE))
    (tmp_path / name).write_text(HOSTILE[name])
    with pytest.raises(InputError, match="cannot be read as audio"):
        READERS[reader](tmp_path / name)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", ["subfile,,start,0,end,0,,:{path}", "http://127.0.0.1:{port}/x"])
def test_ffmpeg_itself_opens_files_and_pipes_only(name, reader, tmp_path, monkeypatch):
    """Also where a name got past us: here names go to ffmpeg as they are."""
    path = tmp_path / "secret.wav"
    path.write_bytes(to_wav(sine(440, -6, 1, RATE), RATE))
    with socket.create_server(("127.0.0.1", 0)) as server:
        given = name.format(path=path, port=server.getsockname()[1])
        for module in ("decoding", "probing"):
            monkeypatch.setattr(f"podforge.media.{module}.url", lambda _: given)
        with pytest.raises(InputError, match="cannot be read as audio"):
            READERS[reader](path)
        assert not select.select([server], [], [], 0)[0], "nobody called"


def test_no_other_module_starts_an_ffmpeg_with_a_file_of_the_user():
    sources = Path(media.__file__).parents[1].rglob("*.py")
    start = re.compile(r"\bffmpeg\.input\(|\"-i\"")
    starts = {path.name for path in sources if start.search(path.read_text())}
    assert starts == {"decoding.py", "probing.py", "encoding.py"}  # the last reads a pipe


def test_what_is_not_a_file_is_refused(tmp_path):
    with pytest.raises(MissingInput):
        decoded(tmp_path / "nothing.wav")
    with pytest.raises(InputError, match="not a regular file"):
        decoded(tmp_path)
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(InputError, match="not a regular file"):
        decoded(tmp_path / "pipe.wav")


def test_ffmpeg_is_found_as_told(tmp_path, monkeypatch):
    monkeypatch.delenv("PODFORGE_FFMPEG", raising=False)
    assert ffmpeg_path() == shutil.which("ffmpeg") or "imageio" in ffmpeg_path()
    assert ffmpeg_version()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "imageio" in ffmpeg_path()
    monkeypatch.setenv("PODFORGE_FFMPEG", str(tmp_path / "none"))
    with pytest.raises(Unavailable, match="not a program"):
        ffmpeg_path()
    monkeypatch.delenv("PODFORGE_FFMPEG")
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(Unavailable, match="install"):
        ffmpeg_path()


def test_a_program_that_is_not_ffmpeg(monkeypatch):
    monkeypatch.setenv("PODFORGE_FFMPEG", shutil.which("true") or "true")
    with pytest.raises(Unavailable, match="does not answer like ffmpeg"):
        ffmpeg_version()
