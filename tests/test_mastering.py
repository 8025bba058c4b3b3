from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.encodings import STREAMS, Format, encoding_of
from podforge.errors import UsageError
from podforge.inspecting import inspect
from podforge.limiting import block_samples, limit
from podforge.mastering import (
    MOST_GAIN_DB,
    apply,
    solve,
)
from podforge.media import decode, encode
from podforge.peaks import MARGIN
from podforge.pieces import BEYOND_SAMPLES, encode_piece, join
from podforge.signal import blocks_of, room_tone
from podforge.surveying import open_spool, survey
from podforge.targets import TARGETS, Target, target_of
from tests.sounds import blocks, ebur128, sine, speech

RATE = 44_100
PODCAST = TARGETS["podcast"]


def voice(seconds=20.0):
    """Speech over room tone that begins and ends softly."""
    x = speech(seconds, RATE, 1) + room_tone(RATE, seconds, 1, -65)
    edge = np.linspace(0, 1, min(400, len(x) // 2), dtype=np.float32)
    x[: len(edge)] *= edge
    x[len(x) - len(edge) :] *= edge[::-1]
    return x


def clicks():
    x = voice()
    for at in (200_000, 500_000, 700_000):
        x[at : at + 3] += np.array([0.9, -0.9, 0.5], np.float32)
    return x


def mastered(x, target, encoding):
    """What the blocks become, and what was planned."""
    with open_spool() as spool:
        found = survey(blocks(x, RATE) if x.ndim == 1 else [x], spool, RATE)
        drive = solve(found, target, encoding)
        return list(apply(spool, found, drive)), drive


def coded(name, target=PODCAST):
    return encoding_of(Format(name), 1, target)


def delivered(x, target, name, folder):
    encoding, path = coded(name, target), folder / f"x.{name}"
    with open_spool() as spool:
        padded = np.concatenate([x, np.zeros(BEYOND_SAMPLES, np.float32)])
        found = survey(blocks(padded, RATE), spool, RATE, len(x))
        drive = solve(found, target, encoding)
        master = partial(apply, spool, found, drive)
        piece = encode_piece(
            master, len(x), RATE, 1, encoding, folder / "body", side_by_side=map, told=iter
        )
        join([piece], encoding, path, 1)
    return path, drive


SOUNDS = {
    "speech": voice,
    "loud clicks": clicks,
    "quiet": lambda: voice() * 10 ** (-12 / 20),
    "clipped": lambda: np.clip(4 * voice(), -1, 1),
    "one second": lambda: voice(1.0),
    "a tone": lambda: sine(220, -3, 10, RATE),
}


@pytest.mark.parametrize("sound", SOUNDS)
def test_the_decoded_mp3_is_on_target(sound, tmp_path):
    path, drive = delivered(SOUNDS[sound](), PODCAST, "mp3", tmp_path)
    lufs, peak = ebur128(path)
    assert not drive.capped
    assert lufs == pytest.approx(-16, abs=0.2)
    assert peak <= -1.0


@pytest.mark.parametrize("name", [name for name in STREAMS if name != "mp3"])
def test_every_format_decodes_on_target(name, tmp_path):
    path, _ = delivered(clicks(), PODCAST, name, tmp_path)
    lufs, peak = ebur128(path)
    assert lufs == pytest.approx(-16, abs=0.2)
    assert peak <= -1.0


@pytest.mark.parametrize("target", [TARGETS["podcast-mono"], TARGETS["broadcast"]])
def test_lower_targets_are_met_more_closely(target, tmp_path):
    path, _ = delivered(voice(), target, "mp3", tmp_path)
    assert ebur128(path)[0] == pytest.approx(target.level_db, abs=0.1)


def test_our_reading_of_the_file_is_that_of_ffmpeg(tmp_path):
    path, _ = delivered(voice(), PODCAST, "mp3", tmp_path)
    measured = inspect(decode(path, RATE, 1), RATE, 1)
    lufs, peak = ebur128(path)
    assert measured.lufs == pytest.approx(lufs, abs=0.03)
    assert measured.true_peak_db == pytest.approx(peak, abs=0.15)
    assert measured.sample_peak_db <= measured.true_peak_db
    assert measured.seconds == pytest.approx(20, abs=0.001)


def test_near_silence_is_not_blown_up():
    tone = room_tone(RATE, 5, 1, -65)
    made, drive = mastered(tone, PODCAST, coded("mp3"))
    assert drive.capped
    assert drive.gain_db == MOST_GAIN_DB
    loud = np.concatenate(list(made))[:, 0]
    assert np.allclose(loud, tone * 10 ** (MOST_GAIN_DB / 20), rtol=1e-5)
    assert drive.lufs == pytest.approx(inspect([loud[:, None]], RATE, 1).lufs - 0.4455, abs=0.05)


@pytest.mark.parametrize("x", [np.zeros(0), np.zeros(10_000), np.zeros(3 * RATE)])
def test_silence_stays_silence(x):
    made, drive = mastered(x.astype(np.float32), PODCAST, coded("mp3"))
    heard = np.concatenate([np.zeros((0, 1)), *made])
    assert drive.capped
    assert heard.shape == (len(x), 1)
    assert not heard.any()


@pytest.mark.parametrize("seconds", [0.05, 0.3, 0.41])
def test_a_moment_of_sound_is_mastered(seconds):
    x = sine(500, -30, seconds, RATE)
    made, _ = mastered(x, PODCAST, coded("wav"))
    assert inspect(made, RATE, 1).lufs == pytest.approx(-16, abs=0.3)


def test_the_spool_holds_the_mix():
    x = voice(2.5)
    with open_spool() as spool:
        found = survey(blocks(x, 777), spool, RATE, 100_000)
        spool.sound.seek(0)
        assert np.array_equal(np.frombuffer(spool.sound.read(4 * len(x)), np.float32), x)
    assert (found.samples, found.spooled, found.channels) == (100_000, len(x), 1)
    assert len(found.energies) == len(found.powers) == found.peaks.hops == 100_000 // 4410


@pytest.mark.parametrize("start", [1, 44_000, 100_001, 400_000])
def test_a_part_of_a_master_is_that_part_of_the_whole(start):
    x = clicks()
    with open_spool() as spool:
        found = survey(blocks(x, RATE), spool, RATE)
        drive = solve(found, TARGETS["spotify"], coded("mp3"))
        whole = np.concatenate(list(apply(spool, found, drive)))
        part = np.concatenate(list(apply(spool, found, drive, start, start + 90_000)))
    assert np.array_equal(part, whole[start : start + 90_000])


def limited(x, ceiling, size=RATE, gain=0.0):
    cut = (x[start : start + size] for start in range(0, len(x), size))
    windows = blocks_of(cut, block_samples(RATE), MARGIN)
    return np.concatenate(list(limit(windows, RATE, gain, ceiling)))


@given(st.integers(0, 1000), st.integers(1, 2), st.floats(-12, -1), st.integers(500, 100_000))
@settings(max_examples=15, deadline=None)
def test_nothing_gets_over_the_ceiling_whatever_the_blocks(seed, channels, ceiling, size):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2 * RATE, channels)) * 0.1
    x[rng.integers(0, len(x), 20)] += rng.normal(0, 2, (20, channels))
    x = x.astype(np.float32)
    whole = limited(x, ceiling, len(x))
    padded = np.pad(whole, ((100, 100), (0, 0)))
    assert inspect([padded], RATE, channels).true_peak_db <= ceiling + 0.1
    assert np.array_equal(limited(x, ceiling, size), whole)


def test_what_is_below_the_ceiling_is_only_amplified():
    x = voice(3)[:, None]
    assert np.array_equal(limited(x, 40.0, gain=6.0), x * np.float32(10 ** (6 / 20)))


def test_the_limiter_links_channels_and_recovers():
    x = np.stack([sine(1000, -20, 2, RATE), sine(300, -20, 2, RATE)], axis=1)
    x[RATE, 0] = 1.0
    heard = limited(x, -6.0)
    gain = np.divide(heard[:, 1], x[:, 1], out=np.ones(len(x)), where=np.abs(x[:, 1]) > 0.01)
    dip = np.flatnonzero(gain < 0.999)
    assert gain.min() < 0.6
    assert RATE - 0.02 * RATE < dip[0] < RATE < dip[-1] < RATE + 0.1 * RATE


def test_two_channels_meet_the_target():
    x = np.stack([voice(8), np.roll(voice(8), 5000)], axis=1)
    made, _ = mastered(x, PODCAST, coded("wav"))
    measured = inspect(made, RATE, 2)
    assert measured.lufs == pytest.approx(-16, abs=0.15)
    assert measured.true_peak_db <= -1.0


def test_targets_have_names_and_numbers():
    assert target_of("broadcast") == Target("broadcast", -23.0)
    assert target_of("-17.5") == Target("-17.5", -17.5, -1.0)
    assert replace(target_of("podcast"), name="") == Target("", -16.0, -1.0)


@pytest.mark.parametrize(
    ("text", "hint"),
    [("podcst", "did you mean podcast"), ("3", "LUFS like -16"), ("nan", "LUFS"), ("-99", "LUFS")],
)
def test_other_targets_are_refused(text, hint):
    with pytest.raises(UsageError, match=hint):
        target_of(text)


def test_lame_is_as_quiet_as_the_table_says(tmp_path):
    x = sine(1000, -20, 3, RATE)
    mp3 = coded("mp3")
    encode(blocks(x, RATE), tmp_path / "x.mp3", RATE, 1, mp3.arguments)
    heard = np.concatenate(list(decode(tmp_path / "x.mp3", RATE, 1)))[RATE : 2 * RATE]
    assert 20 * np.log10(x.std() / heard.std()) == pytest.approx(mp3.attenuation_db, abs=0.005)


def test_the_survey_of_two_channels_holds_the_higher_peaks():
    one, other = speech(3.0, RATE, 1), speech(3.0, RATE, 2)
    found = []
    for block in (one[:, None], other[:, None], np.stack([one, other], axis=1)):
        with open_spool() as spool:
            peaks = survey(iter([block]), spool, RATE).peaks
            found.append(peaks.read(0, peaks.hops))
    left, right, both = found
    assert np.array_equal(both, np.maximum(left, right))
    assert not np.array_equal(left, right)
