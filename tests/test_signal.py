from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.errors import StorageError
from podforge.pcm import from_wav, to_wav
from podforge.signal import (
    blocks_of,
    resample,
    resample_part,
    rms_envelope,
    room_tone,
    speech_bounds,
)
from podforge.units import rescale, to_samples
from tests.sounds import sine, speech

RATES = [(22_050, 44_100), (24_000, 44_100), (16_000, 44_100), (48_000, 44_100), (22_255, 48_000)]


@given(st.lists(st.integers(0, 50), max_size=12), st.integers(1, 40), st.integers(0, 7))
@settings(max_examples=150, deadline=None)
def test_blocks_of_cuts_any_stream_alike(lengths, size, margin):
    x = np.arange(1, sum(lengths) + 1, dtype=np.float32)[:, None]
    edges = np.cumsum([0, *lengths])
    pieces = (x[a:b] for a, b in pairwise(edges))
    cut = list(blocks_of(pieces, size, margin))
    padded = np.pad(x, ((margin, margin), (0, 0)))
    starts = range(0, len(x), size)
    assert len(cut) == len(starts)
    for start, block in zip(starts, cut, strict=True):
        assert np.array_equal(block, padded[start : start + size + 2 * margin])


@pytest.mark.parametrize(("source", "target"), RATES)
def test_resampling_keeps_tones_and_makes_no_images(source, target):
    heard = resample(sine(1000, -6, 1, source), source, target)
    assert len(heard) == rescale(source, source, target)
    inside = slice(target // 10, -target // 10)
    assert np.abs(heard - sine(1000, -6, 1, target)[: len(heard)])[inside].max() < 1e-4

    tone = 0.42 * min(source, target)
    spectrum = spectrum_of(resample(sine(tone, 0, 1, source), source, target)[inside], target)
    near = np.abs(spectrum[0] - tone) < 100
    assert spectrum[1][near].max() == pytest.approx(0, abs=0.4)  # between two bins
    assert spectrum[1][~near].max() < -90


@pytest.mark.parametrize("source", [48_000, 96_000])
def test_what_the_lower_rate_cannot_hold_is_left_out(source):
    heard = resample(sine(22_900, 0, 1, source), source, 44_100)[4410:-4410]
    assert spectrum_of(heard, 44_100)[1].max() < -90


def spectrum_of(x, rate):
    """Frequencies, and levels in dB of a sine of full scale."""
    window = np.kaiser(len(x), 20)
    level = np.abs(np.fft.rfft(x * window)) / (window.sum() / 2)
    return np.fft.rfftfreq(len(x), 1 / rate), 20 * np.log10(level + 1e-12)


def test_resampling_agrees_with_scipy():
    from scipy.signal import resample_poly

    x = speech(1, 24_000, 3)
    theirs = resample_poly(x.astype(float), 147, 80, window=("kaiser", 9.0))[:44_100]
    difference = resample(x, 24_000, 44_100) - theirs
    assert difference.std() < 0.01 * x.std()


@pytest.mark.parametrize(("source", "target"), RATES)
def test_a_part_is_resampled_like_the_whole(source, target):
    x = np.random.default_rng(0).standard_normal(source // 3).astype(np.float32)
    whole = resample(x, source, target)
    for start, end in ((0, 1), (1, 130), (5000, 5001), (7000, len(whole)), (300, 300)):
        part = resample_part(x, source, target, start, end)
        assert np.allclose(part, whole[start:end], atol=1e-6)
        assert len(part) == end - start


@pytest.mark.parametrize("samples", [0, 1, 5])
def test_tiny_sounds_are_resampled(samples):
    assert len(resample(np.ones(samples, np.float32), 22_050, 44_100)) == 2 * samples


def test_room_tone_is_seamless_quiet_and_repeatable():
    tone = room_tone(44_100, 2.0, 7, -65.0)
    assert len(tone) == 88_200
    assert 20 * np.log10(tone.std()) == pytest.approx(-65, abs=0.01)
    assert np.array_equal(tone, room_tone(44_100, 2.0, 7, -65.0))
    assert not np.array_equal(tone, room_tone(44_100, 2.0, 8, -65.0))
    steps = np.abs(np.diff(np.concatenate([tone, tone])))
    assert steps[len(tone) - 1] < steps.max()
    low, high = (np.abs(np.fft.rfft(tone))[a:b].mean() for a, b in ((400, 800), (16_000, 32_000)))
    assert 2 < low / high < 10


def test_the_envelope_follows_the_level():
    x = np.concatenate([sine(441, -20, 0.5, 44_100), sine(441, -40, 0.503, 44_100)])
    envelope = 20 * np.log10(rms_envelope(x, 44_100))
    assert len(envelope) == 101
    assert envelope[:49] == pytest.approx(-23.01, abs=0.2)
    assert envelope[51:100] == pytest.approx(-43.01, abs=0.2)


def test_speech_bounds_find_speech_in_noise():
    rate = 22_050
    x = np.zeros(3 * rate, np.float32)
    x[rate : 2 * rate] = sine(300, -20, 1, rate)
    x += room_tone(rate, 3, 1, -70)
    start, end = speech_bounds(x, rate)
    assert rate - to_samples(0.04, rate) <= start <= rate
    assert 2 * rate <= end <= 2 * rate + to_samples(0.04, rate)


@pytest.mark.parametrize("x", [np.zeros(0), np.zeros(9000), np.full(9000, 1e-5)])
def test_silence_has_no_speech(x):
    assert speech_bounds(x.astype(np.float32), 22_050) == (0, 0)


@given(
    st.lists(st.integers(-32_768, 32_767), max_size=50), st.sampled_from([8000, 22_050, 192_000])
)
@settings(deadline=None)
def test_clips_survive_the_store(codes, rate):
    samples = np.array(codes, np.float32) / 32_768
    payload = to_wav(samples, rate)
    again, told = from_wav(payload)
    assert told == rate
    assert np.array_equal(again, samples)
    assert to_wav(again, rate) == payload


def test_other_programs_read_our_clips(tmp_path):
    import wave

    path = tmp_path / "clip.wav"
    path.write_bytes(to_wav(np.array([0, 0.5, -2, 2], np.float32), 24_000))
    with wave.open(str(path)) as clip:
        assert (clip.getnchannels(), clip.getsampwidth(), clip.getframerate()) == (1, 2, 24_000)
        frames = np.frombuffer(clip.readframes(9), "<i2")
    assert frames.tolist() == [0, 16_384, -32_768, 32_767]


@pytest.mark.parametrize(
    "payload", [b"", b"RIFF", b"\0" * 46, to_wav(np.zeros(4, np.float32), 8000)[:-2]]
)
def test_a_damaged_clip_is_refused(payload):
    with pytest.raises(StorageError):
        from_wav(payload)
