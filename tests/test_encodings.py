import pytest

from podforge.encodings import STREAMS, Format, encoding_of, format_of
from podforge.errors import UsageError
from podforge.targets import TARGETS


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
