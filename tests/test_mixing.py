from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from podforge.chains import CHAINS, OFF
from podforge.mixing import mix
from podforge.timeline import Placement, Section
from tests.sounds import sine

RATE = 44_100
ONE = Placement("one", "one", RATE, 0, RATE, 1000, 0.0, 0.0, 0, 0, chain=OFF)


def mixed(clips, *placements, length=3 * RATE, channels=1, seed=1, tone=None):
    section = Section("", 0, length, placements, tone_db=tone)
    blocks = list(mix(section, RATE, lambda placed: clips[placed.digest], Path, seed, channels))
    assert {len(block) for block in blocks[:-1]} <= {RATE}
    assert all(block.dtype == np.float32 and block.shape[1] == channels for block in blocks)
    return np.concatenate(blocks)


@pytest.mark.parametrize("length", [1, RATE - 1, RATE, 2 * RATE + 7])
def test_a_mix_has_exactly_the_length_of_its_timeline(length):
    assert len(mixed({}, length=length)) == length


def test_clips_sound_where_they_are_placed_and_add_up():
    x = sine(440, -6, 1, RATE)
    heard = mixed({"one": x}, ONE, replace(ONE, at=30_000, gain_db=-6.0206))[:, 0]
    wanted = np.zeros(3 * RATE)
    wanted[1000 : 1000 + RATE] += x
    wanted[30_000 : 30_000 + RATE] += x / 2
    assert np.allclose(heard, wanted, atol=1e-6)


def test_a_stretch_of_a_clip_at_another_rate_is_cut_at_its_edges():
    x = sine(300, -6, 2, 22_050)
    heard = mixed({"one": x}, replace(ONE, clip_rate=22_050, start=11_025, end=33_075))[:, 0]
    assert np.abs(heard[1000 + RATE :]).max() < 1e-9
    inside = slice(1000 + 2000, 1000 + RATE - 2000)
    assert np.allclose(
        heard[inside], sine(300, -6, 2, RATE)[22_050:][2000 : RATE - 2000], atol=1e-4
    )


def test_fades_are_straight_and_inside():
    x = np.ones(60_000, np.float32)
    placed = replace(ONE, end=60_000, at=RATE - 50, fade_in=100, fade_out=RATE)
    heard = mixed({"one": x}, placed)[RATE - 50 :, 0]
    assert np.allclose(heard[:100], (np.arange(100) + 0.5) / 100)
    assert np.allclose(heard[100 : 60_000 - RATE], 1)
    assert np.allclose(heard[60_000 - RATE : 60_000], 1 - (np.arange(RATE) + 0.5) / RATE, atol=1e-6)


def test_joins_with_fades_do_not_click():
    x = sine(211, -6, 1, RATE, 90)
    faded = replace(ONE, fade_in=176, fade_out=176)
    heard = mixed({"one": x}, faded, replace(faded, at=1000 + RATE + 500))[:, 0]
    steepest = np.abs(np.diff(x)).max()
    assert np.abs(np.diff(heard)).max() < 1.3 * steepest


def test_a_gain_that_the_script_asks_for_is_not_taken_back_by_the_compressor():
    x = sine(300, -12, 1, RATE)
    usual = replace(ONE, chain=CHAINS["firm"])
    louder = mixed({"one": x}, replace(usual, gain_db=6.0, asked_db=6.0))
    assert np.allclose(louder, mixed({"one": x}, usual) * 10 ** (6 / 20), atol=1e-6)


def test_a_window_placed_in_pieces_is_read_once():
    reads = []
    clips = {name: np.ones(RATE, np.float32) for name in ("one", "two")}
    pieces = [
        replace(ONE, digest=name, start=1000 * i, end=1000 * i + 1000, at=9000 * i)
        for i in range(12)
        for name in ("one", "two")
    ]
    section = Section("", 0, 3 * RATE, tuple(pieces))
    list(mix(section, RATE, lambda p: reads.append(p.digest) or clips[p.digest], Path, 1))
    assert sorted(reads) == ["one", "two"]


def test_two_channels_keep_the_loudness_and_follow_the_pan():
    x = sine(440, -6, 1, RATE)
    for pan, left, right in ((-1, 1, 0), (0, 0.5**0.5, 0.5**0.5), (1, 0, 1)):
        heard = mixed({"one": x}, replace(ONE, pan=pan), channels=2)[1000 : 1000 + RATE]
        assert np.allclose(heard, np.outer(x, (left, right)), atol=1e-6)


def test_the_room_is_under_everything_and_repeats_for_its_seed():
    quiet = mixed({}, tone=-65, channels=2)
    assert 20 * np.log10(quiet.std()) == pytest.approx(-65, abs=0.5)
    assert abs(np.corrcoef(quiet.T)[0, 1]) < 0.1
    assert np.array_equal(quiet, mixed({}, tone=-65, channels=2))
    assert not np.array_equal(quiet, mixed({}, tone=-65, channels=2, seed=2))
    assert np.array_equal(
        mixed({}, tone=-65, length=12 * RATE)[10 * RATE :], mixed({}, tone=-65, length=2 * RATE)
    )
