import json
import math

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly, sosfilt

from podforge import weighting
from podforge.cli.inspect import inspect as inspect_files
from podforge.inspecting import inspect
from podforge.metering import Loudness, Meter, gated_level, integrated
from podforge.pcm import to_wav
from podforge.peaks import _FILTER, OVERSHOOT, PeakSearch, hop_peaks
from tests.sounds import ebur128, sine, speech

RATE = 48_000


def stereo(*parts):
    """(level, seconds) of a 1 kHz sine in both channels."""
    x = np.concatenate([sine(1000, level, seconds, RATE) for level, seconds in parts])
    return np.stack([x, x], axis=1)


def surround():
    """EBU Tech 3341, case 6."""
    levels = (-28, -28, -24, -30, -30)
    return np.stack([sine(1000, level, 20, RATE) for level in levels], axis=1)


LOUDNESS_CASES = {  # EBU Tech 3341 v3, table 1
    1: (lambda: stereo((-23, 20)), -23),
    2: (lambda: stereo((-33, 20)), -33),
    3: (lambda: stereo((-36, 10), (-23, 60), (-36, 10)), -23),
    4: (lambda: stereo((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)), -23),
    5: (lambda: stereo((-26, 20), (-20, 20.1), (-26, 20)), -23),
    6: (surround, -23),
}
PEAK_CASES = {  # frequency as a part of the rate, phase, amplitude, dBTP
    15: (1 / 4, 0, 0.50, -6),
    16: (1 / 4, 45, 0.50, -6),
    17: (1 / 6, 60, 0.50, -6),
    18: (1 / 8, 67.5, 0.50, -6),
    19: (1 / 4, 45, 1.41, 3),
}


def measured(x, size=RATE):
    meter = Meter(RATE, x.shape[1])
    for start in range(0, len(x), size):
        meter.feed(x[start : start + size])
    return meter


def by_ffmpeg(x, folder, peak=True):
    path = folder / "x.f32"
    x.tofile(path)
    return ebur128(path, "-f", "f32le", "-ar", str(RATE), "-ac", str(x.shape[1]), peak=peak)


@pytest.mark.parametrize("case", LOUDNESS_CASES)
def test_loudness_cases_of_ebu_3341(case, tmp_path):
    make, lufs = LOUDNESS_CASES[case]
    x = make()
    ours = measured(x).lufs
    assert ours == pytest.approx(lufs, abs=0.1)
    assert ours == pytest.approx(by_ffmpeg(x, tmp_path, peak=False)[0], abs=0.05)


@pytest.mark.parametrize("case", PEAK_CASES)
def test_true_peak_cases_of_ebu_3341(case, tmp_path):
    part, phase, amplitude, peak = PEAK_CASES[case]
    x = sine(part * RATE, 20 * math.log10(amplitude), 1, RATE, phase)[:, None]
    edge = np.hanning(2000)[:1000, None]
    x[:1000] *= edge
    x[-1000:] *= edge[::-1]
    ours = measured(x).true_peak_db
    assert peak - 0.4 <= ours <= peak + 0.2
    assert ours == pytest.approx(by_ffmpeg(x, tmp_path)[1], abs=0.3)


def oversampled(offset):
    """Cases 20 to 23: a louder period between samples, made at 4 times the rate.

    One period of fs/4 at 1.0 in a sine of fs/6 at 0.5; the last step down starts at `offset`.
    """
    t = np.arange(RATE * 4)
    quiet = 0.5 * np.sin(2 * np.pi * t / 24)
    loud = np.sin(2 * np.pi * np.arange(16) / 16)
    x = np.concatenate([quiet, loud, quiet])
    edge = np.hanning(8000)[:4000]
    x[:4000] *= edge
    x[-4000:] *= edge[::-1]
    made = resample_poly(np.pad(x, (offset, 0)), 1, 4, window=("kaiser", 9.0))
    return made.astype(np.float32)[:, None]


@pytest.mark.parametrize("offset", range(4))
def test_true_peak_cases_20_to_23_of_ebu_3341(offset, tmp_path):
    x = oversampled(offset)
    ours = measured(x).true_peak_db
    assert -0.4 <= ours <= 0.2
    assert ours == pytest.approx(by_ffmpeg(x, tmp_path)[1], abs=0.3)


def test_the_filter_of_true_peaks_is_flat_and_its_phases_lie_a_quarter_apart():
    at = np.arange(12) - 5.5
    for taps, shift in zip(_FILTER, (0.375, 0.125, -0.125, -0.375), strict=True):
        for frequency in np.arange(0.05, 0.45, 0.05):  # of the rate
            wave = 2j * np.pi * frequency
            assert abs(taps @ np.exp(wave * at) - np.exp(wave * shift)) < 0.04


@pytest.mark.parametrize("offset", [0, 1, 2, 3, 7, 13, 19])
def test_short_term_cases_9_and_10_of_ebu_3341(offset):
    repeated = stereo(*[(-20, 1.34), (-30, 1.66)] * 5)
    assert inspect([repeated], RATE, 2).short_term_lufs == pytest.approx(-23, abs=0.1)
    once = np.pad(stereo((-23, 3)), ((round(offset * 0.15 * RATE), RATE), (0, 0)))
    assert inspect([once], RATE, 2).short_term_lufs == pytest.approx(-23, abs=0.1)


def test_momentary_case_12_of_ebu_3341():
    repeated = stereo(*[(-20, 0.18), (-30, 0.22)] * 25)
    assert inspect([repeated], RATE, 2).momentary_lufs == pytest.approx(-23, abs=0.1)


RANGE_CASES = {  # EBU Tech 3342, table 1
    1: ((-20, -30), 10),
    2: ((-20, -15), 5),
    3: ((-40, -20), 20),
    4: ((-50, -35, -20, -35, -50), 15),
}


@pytest.mark.parametrize("case", RANGE_CASES)
def test_range_cases_of_ebu_3342(case):
    levels, range_lu = RANGE_CASES[case]
    x = stereo(*[(level, 20) for level in levels])
    assert inspect([x], RATE, 2).range_lu == pytest.approx(range_lu, abs=1)


def test_speech_reads_as_with_ffmpeg(tmp_path):
    x = speech(12, RATE, 5)[:, None]
    x[-2000:] *= np.linspace(1, 0, 2000)[:, None]
    lufs, peak = by_ffmpeg(x, tmp_path)
    assert measured(x).lufs == pytest.approx(lufs, abs=0.05)
    assert measured(x).true_peak_db == pytest.approx(peak, abs=0.15)


def test_the_filter_is_that_of_the_standard():
    (b, a), (_, a2) = weighting._high_shelf(48_000), weighting._high_pass(48_000)
    assert b == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285], abs=1e-9)
    assert a == pytest.approx([1, -1.69065929318241, 0.73248077421585], abs=1e-9)
    assert a2 == pytest.approx([1, -1.99004745483398, 0.99007225036621], abs=1e-9)


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 24_000, 44_100, 96_000])
def test_the_filter_agrees_with_a_recursive_one(rate):
    x = 0.1 * np.random.default_rng(1).standard_normal(rate) + sine(30, -10, 1, rate)
    loudness = Loudness(rate, 1)
    loudness.feed(x.astype(np.float32)[:, None])
    sections = [
        np.concatenate(weighting._high_shelf(rate)),
        np.concatenate(weighting._high_pass(rate)),
    ]
    hop = round(rate / 10)
    squares = sosfilt(sections, x)[: len(loudness.energies) * hop] ** 2
    assert loudness.energies == pytest.approx(squares.reshape(-1, hop).mean(axis=1), rel=1e-4)


@given(st.lists(st.integers(1, 9000), min_size=1, max_size=8), st.integers(1, 2))
@settings(max_examples=30, deadline=None)
def test_readings_do_not_depend_on_blocks(lengths, channels):
    x = np.random.default_rng(2).standard_normal((sum(lengths), channels)).astype(np.float32)
    whole, parts = measured(x, len(x)), Meter(RATE, channels)
    for end, length in zip(np.cumsum(lengths), lengths, strict=True):
        parts.feed(x[end - length : end])
    assert parts.lufs == pytest.approx(whole.lufs, abs=1e-4)
    assert parts.true_peak_db == pytest.approx(whole.true_peak_db, abs=1e-4)
    assert (parts.sample_peak_db, parts.seconds) == (whole.sample_peak_db, whole.seconds)


@given(st.integers(0, 2**32), st.floats(0.05, 2.0))
@settings(max_examples=30, deadline=None)
def test_leaving_out_low_places_never_hides_a_peak(seed, above):
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal((2, 12 + 320)) * rng.random(332) ** 4).astype(np.float32)
    exact, quick = hop_peaks(x, 32, -1.0), hop_peaks(x, 32, above)
    assert np.allclose(np.where(exact > above, exact, 0), np.where(quick > above, quick, 0))
    assert (exact <= np.abs(x).max() * OVERSHOOT + 1e-6).all()


@given(st.integers(0, 2**32), st.lists(st.integers(1, 3000), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_the_search_for_the_highest_peak_leaves_none_out(seed, lengths):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, sum(lengths))).astype(np.float32)
    x *= rng.random(x.shape[1]).astype(np.float32) ** 8
    search = PeakSearch(2)
    for end, length in zip(np.cumsum(lengths), lengths, strict=True):
        search.feed(x[:, end - length : end])
    peak, at = search.found()
    everywhere = hop_peaks(np.pad(x, ((0, 0), (6, 6))), 1, -1.0)
    assert peak == pytest.approx(everywhere.max(), rel=1e-6)
    assert abs(at - everywhere.argmax()) <= 1


def test_silence_is_silent():
    meter = measured(np.zeros((RATE, 1), np.float32))
    assert (meter.lufs, meter.true_peak_db, meter.sample_peak_db) == (-math.inf,) * 3
    assert integrated(np.zeros(0)) == -math.inf
    assert Meter(RATE, 1).lufs == -math.inf


@pytest.mark.parametrize("seconds", [0.02, 0.15, 0.39])
def test_short_sounds_have_a_loudness(seconds):
    assert measured(sine(1000, -20, seconds, RATE)[:, None]).lufs == pytest.approx(-23, abs=1.0)


def test_the_level_of_an_utterance():
    level = gated_level(np.pad(sine(1000, -20, 2, RATE), (RATE, RATE)), RATE)
    assert level.lufs == pytest.approx(-23.6, abs=0.1)  # the blocks at the edges count
    assert level.seconds == pytest.approx(2.3, abs=0.3)
    assert gated_level(sine(1000, -20, 0.2, RATE), RATE).seconds == pytest.approx(0.2)
    assert gated_level(np.zeros(RATE, np.float32), RATE).seconds == 0
    assert gated_level(np.zeros(0, np.float32), RATE).lufs == -70


@given(
    count=st.integers(1, 100),
    channels=st.integers(1, 2),
    turn=st.floats(0, 3),
    shrink=st.floats(0, 0.999),
)
@settings(max_examples=30, deadline=None)
def test_states_are_linked_as_one_after_the_other(count, channels, turn, shrink):
    decay = shrink * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    steps = np.random.default_rng(count).standard_normal((channels, count, 2))
    state, expected = np.zeros((channels, 2)), []
    for number in range(count):
        state = state @ decay + steps[:, number]
        expected.append(state)
    found = weighting.Scan(decay)(steps)
    assert np.allclose(found, np.stack(expected, axis=1), atol=1e-9)


@pytest.mark.parametrize("cutoff", [300, 3000, 20_000])  # smooth sound, and a sound of steps
def test_frames_that_are_not_interpolated_hold_no_higher_peak(cutoff):
    noise = np.random.default_rng(cutoff).standard_normal(RATE)
    spectrum = np.fft.rfft(noise)
    spectrum[cutoff:] = 0
    x = np.fft.irfft(spectrum, RATE).astype(np.float32)[None]
    x /= np.abs(x).max()
    every = hop_peaks(x, 48, 0.0)
    for above in (0.3, 0.6, 0.9, 1.1):
        found = hop_peaks(x, 48, above)
        assert np.array_equal(found > above, every > above)
        assert found[every > above] == pytest.approx(every[every > above], rel=1e-6)


def test_inspect_prints_no_control_character(tmp_path):
    path = tmp_path / "a\x1b[31m\x9b2J\u202eb.wav"
    path.write_bytes(to_wav(sine(440, -20, 1.0, RATE), RATE))
    said = CliRunner().invoke(inspect_files, [str(path), "--json"]).stdout
    assert said.strip().isprintable()
    assert json.loads(said)["files"][0]["file"] == str(path)
