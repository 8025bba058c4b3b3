import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt

from benchmarks.mix import VOICES, make_clips
from podforge.chains import CHAINS, GENTLE, OFF, Chain
from podforge.metering import gated_level
from podforge.pcm import from_wav
from podforge.signal import lines
from podforge.treating import treat
from podforge.units import REFERENCE_LUFS
from tests.sounds import sine

RATES = (22_050, 24_000, 44_100)
HIGH_PASS = Chain(high_pass_hz=70.0)
DE_ESS = Chain(de_ess_db=6.0)
COMPRESS = Chain(compress=2.0)


def rms_db(x):
    return 10 * np.log10(np.mean(np.square(x, dtype=np.float64)) + 1e-20)


def tone_db(x, frequency, rate):
    """RMS of one sine in a sound."""
    turn = np.exp(-2j * np.pi * frequency * np.arange(len(x)) / rate) * np.hanning(len(x))
    return 20 * np.log10(2 * np.abs(turn @ x) / np.hanning(len(x)).sum()) - 3.01


def hiss(seconds, rate, low, high, level_db, seed=1):
    """Noise between two frequencies with an RMS of `level_db`."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(round(seconds * rate)))
    f = np.fft.rfftfreq(round(seconds * rate), 1 / rate)
    x = np.fft.irfft(spectrum * ((f > low) & (f < high)), round(seconds * rate))
    return (x / x.std() * 10 ** (level_db / 20)).astype(np.float32)


def vowel(seconds, rate, level_db, pitch=120.0):
    """Harmonics up to 3 kHz that fall by 6 dB an octave, RMS `level_db`."""
    t = np.arange(round(seconds * rate)) / rate
    x = sum(np.sin(2 * np.pi * k * pitch * t + k * k) / k for k in range(1, 26))
    return (x / x.std() * 10 ** (level_db / 20)).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("corner", [40.0, 70.0, 300.0])
def test_the_high_pass_is_a_butterworth_of_second_order(rate, corner):
    x = np.random.default_rng(1).normal(0, 0.2, 3 * rate + 17).astype(np.float32)
    wanted = sosfilt(butter(2, corner, "high", fs=rate, output="sos"), x.astype(np.float64))
    assert np.abs(treat(x, rate, Chain(high_pass_hz=corner), 0.0) - wanted).max() < 2e-6


def test_rumble_goes_and_the_voice_stays():
    for frequency, change in ((20, -21.8), (40, -10.1), (70, -3.0), (200, -0.06), (3000, 0.0)):
        x = sine(frequency, -20, 2, 22_050)
        change_made = rms_db(treat(x, 22_050, HIGH_PASS, 0.0)[11_025:]) - rms_db(x[11_025:])
        assert change_made == pytest.approx(change, abs=0.15)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("most", [3.0, 6.0])
def test_a_sharp_s_is_reduced_to_the_limit_and_the_vowel_under_it_is_not(rate, most):
    under, sharp = vowel(1, rate, -20), hiss(1, rate, 6000, 8000, -9)
    sharp[: rate // 4] = sharp[-rate // 4 :] = 0
    out = treat(under + sharp, rate, Chain(de_ess_db=most), 0.0)
    inside = slice(round(0.3 * rate), round(0.7 * rate))
    for harmonic in (120, 480, 1440, 2400, 3000):
        assert tone_db(out[inside], harmonic, rate) == pytest.approx(
            tone_db((under + sharp)[inside], harmonic, rate), abs=0.1
        )
    left = out - under
    assert rms_db(left[inside]) - rms_db(sharp[inside]) == pytest.approx(-most, abs=0.3)
    early, late = slice(0, round(0.24 * rate)), slice(round(0.82 * rate), None)
    for away in (early, late):
        assert np.abs(left[away]).max() < 1e-6


def test_the_gain_to_come_decides_what_is_sharp():
    x = hiss(0.5, 22_050, 6000, 8000, -9)
    assert np.array_equal(treat(x, 22_050, DE_ESS, -16.0), x)
    soft = x * np.float32(0.1)
    assert np.allclose(treat(soft, 22_050, DE_ESS, 20.0), 0.1 * treat(x, 22_050, DE_ESS, 0.0))


@pytest.mark.parametrize("name", ["gentle", "firm"])
def test_the_de_esser_leaves_vowels_and_a_plain_s_alone(name):
    chain = Chain(de_ess_db=CHAINS[name].de_ess_db)
    for x in (vowel(0.5, 22_050, -8), hiss(0.5, 22_050, 5000, 9000, -22)):
        assert np.array_equal(treat(x, 22_050, chain, 0.0), x)


def test_the_top_of_a_loud_bright_vowel_is_no_s():
    x = vowel(0.5, 22_050, -3) + hiss(0.5, 22_050, 5000, 9000, -16)
    assert np.array_equal(treat(x, 22_050, DE_ESS, 0.0), x)
    s = hiss(0.5, 22_050, 5000, 9000, -16)
    assert not np.array_equal(treat(s, 22_050, DE_ESS, 0.0), s)


@pytest.mark.parametrize("ratio", [2.0, 3.5])
def test_the_compressor_follows_its_curve(ratio):
    """Steady tones: nothing below the knee, a slope of 1 / ratio above it."""
    levels = np.arange(-40.0, -2.0, 2.0)
    gains = np.array(
        [
            rms_db(treat(x, 22_050, Chain(compress=ratio), 0.0)[5000:-5000]) - rms_db(x[5000:-5000])
            for x in (sine(400, level + 3.01, 1, 22_050) for level in levels)
        ]
    )
    makeup = gains[0]
    assert 1.0 < makeup < 3.5
    assert gains[levels < -20] == pytest.approx(makeup, abs=0.05)
    above = levels >= -10
    wanted = makeup - (1 - 1 / ratio) * (levels[above] + 15)
    assert gains[above] == pytest.approx(wanted, abs=0.1)
    assert np.all(np.diff(levels + gains) > 0)  # louder stays louder


def test_the_compressor_falls_before_a_burst_and_recovers_after_it():
    x = np.concatenate([sine(400, level, 0.5, 22_050) for level in (-30, -3, -30)])
    gain = treat(x, 22_050, COMPRESS, 0.0)[20:] / np.where(np.abs(x) > 1e-3, x, np.nan)[20:]
    at = np.arange(len(x))[20:] / 22_050
    rest = np.nanmedian(gain[at < 0.4])
    deep = np.nanmedian(gain[(at > 0.6) & (at < 0.9)])
    assert 20 * np.log10(deep / rest) == pytest.approx(-4.5, abs=0.2)
    assert np.nanmax(gain[(at > 0.5) & (at < 1.0)]) < deep * 1.18  # the edge too, to 1.5 dB
    assert np.nanmax(gain[(at > 0.507) & (at < 0.993)]) < deep * 1.01
    assert np.nanmin(gain[at < 0.475]) > rest * 0.999
    assert np.nanmin(gain[at > 1.15]) > rest * 0.999
    assert np.nanmax(gain[(at > 1.0) & (at < 1.04)]) < rest * 0.9


def test_the_compressor_takes_its_time():
    """Never more than 0.4 dB a millisecond down, 0.04 up."""
    x = np.concatenate([sine(1000, level, 0.5, 24_000, 90) for level in (-30, -3, -30)])
    gain = 20 * np.log10(np.abs(treat(x, 24_000, COMPRESS, 0.0)[::12] / x[::12]))  # at its peaks
    steps = np.diff(gain[::2])
    assert -0.45 < steps.min() < -0.3
    assert 0.03 < steps.max() < 0.045


@pytest.mark.parametrize("chain", [GENTLE, CHAINS["firm"]])
def test_no_clicks(chain):
    """A sine of changing level stays as smooth as a sine of its highest level."""
    t = np.arange(4 * 24_000) / 24_000
    x = (sine(300, 0, 4, 24_000) * 10 ** (-1 + np.sin(7 * t) * 0.95)).astype(np.float32)
    out = treat(x, 24_000, chain, 0.0)
    assert np.abs(np.diff(out, 2)).max() < 1.5 * np.abs(np.diff(x, 2)).max()
    spectrum = np.abs(np.fft.rfft(out * np.kaiser(len(out), 14)))
    assert 20 * np.log10(spectrum[4 * 2000 :].max() / spectrum.max()) < -90


def test_off_returns_what_came():
    x = sine(300, -3, 0.1, 22_050)
    assert treat(x, 22_050, OFF, 3.0) is x


@given(
    st.integers(0, 700),
    st.sampled_from([8_000, 16_000, 22_050, 24_000, 48_000]),
    st.sampled_from([GENTLE, CHAINS["firm"], HIGH_PASS, DE_ESS, COMPRESS]),
    st.floats(-24, 24),
    st.sampled_from([0.0, 1e-30, 0.1, 1.0]),
)
@settings(max_examples=100, deadline=None)
def test_any_length_keeps_its_length_and_stays_finite(samples, rate, chain, gain_db, level):
    x = (np.random.default_rng(samples).uniform(-1, 1, samples) * level).astype(np.float32)
    before = x.copy()
    out = treat(x, rate, chain, gain_db)
    assert out.shape == x.shape
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert np.abs(out).max(initial=0) <= 6 * level
    assert np.array_equal(x, before)


def test_real_speech_gets_less_peaky_and_no_louder_or_softer(tmp_path):
    """Crest here: what one sample in 5000 exceeds, above loudness; a limiter works on that."""
    make_clips(tmp_path, 60)
    clips = [from_wav(path.read_bytes()) for path in sorted(tmp_path.glob("*.wav"))]
    rate = clips[0][1]
    for voice in range(len(VOICES)):
        said = [clip for clip, _ in clips[voice :: len(VOICES)]]
        whole = np.concatenate(said)
        loudness = gated_level(whole, rate).lufs
        for name, least in (("gentle", 1.0), ("firm", 1.2)):
            gain_db = REFERENCE_LUFS - loudness
            out = np.concatenate([treat(clip, rate, CHAINS[name], gain_db) for clip in said])
            louder = gated_level(out, rate).lufs - loudness
            lower = high(whole) - high(out)
            assert abs(louder) < 0.5
            assert lower + louder > least


def high(x):
    return 20 * np.log10(np.quantile(np.abs(x), 0.9998))


def test_gains_run_straight_between_their_points():
    points = np.array([0.0, 0.0, -6.0, -20.0, 3.0])
    found = lines(points, 10)
    expected = np.interp(np.arange(40) / 10, np.arange(5), 10 ** (points / 20))
    assert found == pytest.approx(expected, abs=1e-6)
    assert len(found) == 40
