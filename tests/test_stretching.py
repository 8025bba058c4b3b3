import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.mix import make_clips
from podforge.pcm import from_wav
from podforge.stretching import stretch
from podforge.units import at_speed
from tests.sounds import noise, sine

SPEEDS = (0.5, 0.8, 0.93, 1.1, 1.4, 2.0)
RATE = 22_050


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """Lines of espeak, one array."""
    folder = tmp_path_factory.mktemp("clips")
    make_clips(folder, 15)
    return np.concatenate([from_wav(path.read_bytes())[0] for path in sorted(folder.glob("*.wav"))])


def level(x):
    return 10 * np.log10(np.mean(np.square(x, dtype=np.float64)))


def period(x, at, about=None):
    """Samples from a piece of 40 ms to the next one like it, by autocorrelation; None unvoiced."""
    size = round(0.04 * RATE)
    shortest, longest = (RATE // 250, RATE // 60) if about is None else about
    piece = x[at : at + size + longest].astype(np.float64)
    energies = np.convolve(piece**2, np.ones(size), "valid")
    if energies.min() < 1e-2:
        return None
    alike = np.correlate(piece, piece[:size], "valid") / np.sqrt(energies[0] * energies)
    lag = shortest + int(np.argmax(alike[shortest:-1]))
    before, top, after = alike[lag - 1 : lag + 2]
    if top < 0.9 or not before < top > after:
        return None
    return lag + (before - after) / (2 * (before - 2 * top + after))


@given(st.integers(0, 3000), st.floats(0.5, 2.0), st.sampled_from([8_000, 22_050, 48_000]))
@settings(max_examples=80, deadline=None)
def test_any_sound_gets_exactly_its_length(samples, speed, rate):
    x = noise(0.2)[:samples]
    before = x.copy()
    out = stretch(x, rate, speed)
    assert len(out) == at_speed(len(x), speed) == int(len(x) / speed + 0.5)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert np.array_equal(x, before)


def test_speed_one_is_the_sound_itself():
    x = noise(0.3)
    assert np.array_equal(stretch(x, RATE, 1.0), x)


@pytest.mark.parametrize("speed", SPEEDS)
def test_the_first_and_the_last_sound_are_there(speed):
    x = np.zeros(RATE, np.float32)
    x[20], x[-20] = 0.5, -0.5
    out = stretch(x, RATE, speed)
    assert np.argmax(out) == 20
    assert np.argmin(out) == len(out) - 20
    assert out.max() > 0.4
    assert out.min() < -0.4


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("under", ["silence", "voice"])
def test_sounds_land_where_their_time_says(speed, under):
    """Knocks of 20 ms, in silence and over a voice of 110 Hz that wants other shifts."""
    places = np.arange(0.25, 5.7, 0.307)
    x = np.zeros(6 * RATE, np.float32)
    if under == "voice":
        t = np.arange(len(x)) / RATE
        x += sum(0.02 * np.sin(2 * np.pi * 110 * k * t + k * k) for k in range(1, 12))
    knock = np.hanning(440) * sine(4000, -3, 440 / RATE, RATE)
    for place in places:
        at = round(place * RATE)
        x[at - 220 : at + 220] += knock
    height = np.diff(stretch(x, RATE, speed), 2) ** 2  # the voice has little of it
    for place in places:
        home = round(place / speed * RATE)
        around = height[home - 2200 : home + 2200]
        around = np.where(around > 0.1 * around.max(), around, 0)
        assert around @ np.arange(-2200, 2200) / around.sum() / RATE == pytest.approx(0, abs=0.012)


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("frequency", [110.0, 220.0, 1000.0, 3000.0])
def test_tones_keep_pitch_and_level_and_get_no_clicks(speed, frequency):
    x = sine(frequency, -6, 2, RATE)
    out = stretch(x, RATE, speed)[600:-600]  # the last piece stands where the end needs it
    assert level(out) == pytest.approx(level(x), abs=0.1)
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out)), 8 * RATE))
    assert np.argmax(spectrum) / 8 == pytest.approx(frequency, rel=0.01)
    assert np.abs(np.diff(out, 2)).max() < 1.15 * np.abs(np.diff(x, 2)).max()


@pytest.mark.parametrize("speed", SPEEDS)
def test_noise_keeps_its_level_all_along(speed):
    x = noise(4)
    out = stretch(x, RATE, speed)
    assert level(out) == pytest.approx(level(x), abs=0.1)
    hop = round(0.012 * RATE)  # that of the pieces: fades must not be heard as a flutter
    frames = out[: len(out) // hop * hop].reshape(-1, hop)
    profile = np.mean(np.square(frames), axis=0)[: hop // 10 * 10].reshape(10, -1).mean(axis=1)
    assert np.ptp(10 * np.log10(profile)) < 0.7


@pytest.mark.parametrize("speed", [0.7, 0.9, 1.15, 1.5])
def test_speech_keeps_pitch_and_level(spoken, speed):
    out = stretch(spoken, RATE, speed)
    assert level(out) == pytest.approx(level(spoken), abs=0.5)
    ratios = []
    for at in range(2000, len(out) - 4000, 500):
        old = period(spoken, round(at * speed))
        if old and (new := period(out, at, (int(old * 0.8), int(old * 1.25)))):
            ratios.append(new / old)
    assert len(ratios) > 0.1 * len(out) / 500
    assert np.median(ratios) == pytest.approx(1, abs=0.01)
    assert np.mean(np.abs(np.log2(ratios)) < 0.05) > 0.9
    steps, wanted = (np.quantile(np.abs(np.diff(s, 2)), 0.9999) for s in (out, spoken))
    assert steps < 1.1 * wanted


def test_it_repeats_itself_and_silence_stays_silent(spoken):
    assert np.array_equal(stretch(spoken, RATE, 1.2), stretch(spoken, RATE, 1.2))
    assert not stretch(np.zeros(5000, np.float32), RATE, 0.7).any()


def test_it_is_far_faster_than_speech(spoken):
    start = time.process_time()
    stretch(spoken, RATE, 0.8)
    assert len(spoken) / RATE > 50 * (time.process_time() - start)
