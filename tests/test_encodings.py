from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from podforge.encodings import STREAMS, Format, encoding_of, format_of
from podforge.engines.espeak import data
from podforge.engines.espeak.library import Tuning, say
from podforge.errors import UsageError
from podforge.media import decode, encode
from podforge.metering import Meter
from podforge.targets import TARGETS
from tests.sounds import sine

RATE = 44_100
AAC_PRIMING = 1024  # samples
TEXT = (
    "It is half past four in the morning, and the bakery at the end of the line has its lights on. "
    "Six people have fallen here since the spring, and I was two of them."
)


@pytest.mark.parametrize("text", ["mp3", "m4b:64k", "mp3:v2", "mp3:320k", "opus:24k", "wav"])
def test_a_format_reads_as_it_is_written(text):
    assert str(format_of(text)) == text


def test_formats_are_read_as_people_write_them():
    assert format_of(" .MP3:192 ") == Format("mp3", 192)
    assert format_of("opus:48kbps") == Format("opus", 48)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("mp4", "no format called"),
        ("mp3:100k", "no quality for mp3"),
        ("mp3:v12", "no quality"),
        ("m4b:v2", "from 24k to 320k"),
        ("m4b:9999k", "no quality"),
        ("flac:128k", "lossless"),
        ("opus:", ""),
    ],
)
def test_other_formats_are_refused(text, complaint):
    if not complaint:
        assert format_of(text) == Format("opus")
        return
    with pytest.raises(UsageError, match=complaint):
        format_of(text)


def test_acx_gets_a_constant_192k_and_others_the_usual():
    podcast, acx = TARGETS["podcast"], TARGETS["acx"]
    assert encoding_of(Format("mp3"), 1, acx).kbits == 192
    assert encoding_of(Format("mp3"), 1, podcast).kbits == 128
    assert encoding_of(Format("mp3", 256), 1, acx).kbits == 256
    assert (
        encoding_of(Format("m4b"), 2, podcast).kbits > encoding_of(Format("m4b"), 1, podcast).kbits
    )


def test_formats_that_differ_only_in_their_container_share_their_sound():
    target = TARGETS["podcast"]
    for one, other in (("m4a", "m4b"), ("wav", "flac")):
        assert encoding_of(Format(one), 1, target) == encoding_of(Format(other), 1, target)
    assert len({encoding_of(Format(name), 1, target) for name in STREAMS}) == 4


@pytest.fixture(scope="module")
def spoken():
    """Real speech: the noises of `sounds.speech` are harder to code."""
    with data.private_data() as folder:
        said = say(data.library_file(), Path(folder), TEXT, Tuning("gmw/en", 50, 50, 175, 100, 0))
    x = resample_poly(np.frombuffer(said.pcm, "<i2") / 2**16, 2, 1)
    return x.astype(np.float32)[:, None]


def coded(x, path, kbits):
    """The sound decoded, with what comes before it, and the encoding."""
    channels = x.shape[1]
    encoding = encoding_of(Format(path.suffix[1:], kbits), channels, TARGETS["podcast"])
    encode(iter([x]), path, RATE, channels, encoding.arguments)
    return np.concatenate(list(decode(path, RATE, channels))), encoding


def lufs(x):
    meter = Meter(RATE, x.shape[1])
    meter.feed(x)
    return meter.lufs


@pytest.mark.parametrize(("kbits", "channels"), [(48, 1), (96, 1), (64, 2), (192, 2)])
def test_what_aac_takes_of_speech_is_foreseen(spoken, tmp_path, kbits, channels):
    x = np.repeat(spoken, channels, axis=1)
    after, encoding = coded(x, tmp_path / "x.m4a", kbits)
    taken = lufs(x) - lufs(after[AAC_PRIMING:][: len(x)])
    assert taken == pytest.approx(encoding.attenuation_db, abs=0.04)


@pytest.mark.parametrize("kbits", [192, 224, 320])
def test_what_lame_takes_is_as_the_table_says(tmp_path, kbits):
    x = sine(1000, -20, 3, RATE)[:, None]
    after, encoding = coded(x, tmp_path / "x.mp3", kbits)
    middle = slice(RATE, 2 * RATE)
    taken = 20 * np.log10(x[middle].std() / after[middle].std())
    assert taken == pytest.approx(encoding.attenuation_db, abs=0.005)
