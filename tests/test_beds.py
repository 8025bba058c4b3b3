"""Beds by what is heard of them: loops, fades, levels, places; no matter where blocks begin."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.beds import BedReader, pan_gains
from podforge.errors import StorageError
from podforge.pcm import FULL_SCALE, codes, from_wav, header, open_wav, to_wav
from podforge.timeline import Asset, Bed
from tests.sounds import sine

RATE = 8_000


class Shelf:
    """A few sounds in files, and beds of them."""

    def __init__(self, folder):
        self.folder = folder
        self.reader = BedReader(folder.joinpath, RATE)

    def bed(self, sound, end, at=0, offset=0, **more):
        sound = sound.reshape(len(sound), -1)
        name = f"s{len(list(self.folder.iterdir()))}"
        wav = header(len(sound), sound.shape[1], RATE) + codes(sound)
        (self.folder / name).write_bytes(wav)
        asset = Asset(name, sound.shape[1], len(sound), -20.0, -1.0)
        return Bed(asset, offset, at, end, **more)

    def heard(self, bed, length, channels=1, block=3_000):
        parts = []
        for start in range(0, length, block):
            part = np.zeros((min(block, length - start), channels), np.float32)
            self.reader.add(part, bed, start)
            parts.append(part)
        return np.concatenate(parts)


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path)


def noise(samples, seed, channels=1, level=0.1):
    return np.random.default_rng(seed).normal(0, level, (samples, channels)).astype(np.float32)


def db(sound):
    return 10 * math.log10(np.mean(np.square(sound, dtype=np.float64)))


def exact(sound):
    """As 16 bits keep it."""
    return (np.rint(sound * FULL_SCALE) / FULL_SCALE).astype(np.float32)


def test_a_bed_sounds_from_its_place_in_the_file_at_its_place_in_the_section(shelf):
    x = noise(5_000, 1)
    heard = shelf.heard(shelf.bed(x, end=4_000, at=1_234, offset=777), 6_000)
    assert np.array_equal(heard[1_234:4_000], exact(x)[777 : 777 + 4_000 - 1_234])
    assert not heard[:1_234].any()
    assert not heard[4_000:].any()


def test_a_bed_is_added_to_what_is_there(shelf):
    x, block = noise(500, 1), noise(500, 2)
    both = block.copy()
    shelf.reader.add(both, shelf.bed(x, end=500), 0)
    assert np.allclose(both, block + exact(x), atol=1e-7)


def test_a_file_that_ends_too_early_leaves_silence(shelf):
    heard = shelf.heard(shelf.bed(noise(1_000, 1), end=4_000, offset=200), 4_000)
    assert heard[:800].any()
    assert not heard[800:].any()


@given(
    cuts=st.lists(st.integers(1, 2_999), max_size=8, unique=True),
    samples=st.integers(1, 900),
    offset=st.integers(0, 899),
    crossfade=st.integers(0, 700),
    fades=st.tuples(st.integers(0, 2_000), st.integers(0, 2_000)),
    level=st.lists(st.tuples(st.integers(-500, 3_500), st.sampled_from([-60.0, -14.5, 0.0, 3.0]))),
    channels=st.tuples(st.sampled_from([1, 2]), st.sampled_from([1, 2])),
    loops=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_blocks_may_begin_anywhere(
    tmp_path_factory, cuts, samples, offset, crossfade, fades, level, channels, loops
):
    shelf = Shelf(tmp_path_factory.mktemp("beds"))
    bed = shelf.bed(
        noise(samples, 1, channels[0]), end=2_700, at=321, offset=offset, gain_db=-3.3, pan=0.3,
        fade_in=fades[0], fade_out=fades[1], level=tuple(sorted(level)), loops=loops,
        crossfade=crossfade,
    )  # fmt: skip
    whole = shelf.heard(bed, 3_000, channels[1], 3_000)
    around = (at + step for at, _ in level for step in (-1, 0, 1))
    edges = [0, *sorted({*cuts, *(at for at in around if 0 < at < 3_000)}), 3_000]
    split = np.zeros_like(whole)
    for start, end in pairwise(edges):
        shelf.reader.add(split[start:end], bed, start)
    assert split.tobytes() == whole.tobytes()


# --- loops ---------------------------------------------------------------------------------


def test_without_a_crossfade_a_loop_begins_again_right_after_its_end(shelf):
    x = noise(1_000, 1)
    heard = shelf.heard(shelf.bed(x, end=3_500, offset=300, loops=True), 3_500)
    assert np.array_equal(heard, np.concatenate([exact(x)[300:], *3 * [exact(x)]])[:3_500])


def test_seams_are_at_equal_power_and_do_not_click(shelf):
    """Noise keeps its level through them; a tone that ends anywhere is not broken off."""
    period, overlap = 9_000, 1_000
    x = noise(period + overlap, 1)
    heard = shelf.heard(shelf.bed(x, end=400_000, loops=True, crossfade=overlap), 400_000)[:, 0]
    seams = np.concatenate([heard[k * period :][:overlap] for k in range(1, 40)])
    assert db(seams) == pytest.approx(db(x), abs=0.5)

    tone = sine(441, -6, 1.0007, RATE)
    assert abs(tone[-1] - tone[0]) > 0.2
    for crossfade, clicks in ((0, True), (800, False)):
        bed = shelf.bed(tone, end=30_000, loops=True, crossfade=crossfade)
        steps = np.abs(np.diff(shelf.heard(bed, 30_000)[:, 0], 2))
        usual = np.abs(np.diff(tone, 2)).max()
        assert (steps.max() > 1.6 * usual) == clicks


def test_the_first_run_may_be_shorter_than_the_overlap(shelf):
    x = np.full(1_000, 0.5, np.float32)
    bed = shelf.bed(x, end=2_000, offset=990, loops=True, crossfade=400)
    heard = shelf.heard(bed, 2_000)[:, 0]
    assert heard[0] == pytest.approx(0.5, rel=0.1)
    assert heard[10:590] == pytest.approx(0.5, rel=1e-4)  # of the second run, before its seam


def test_an_overlap_is_at_most_half_of_the_file(shelf):
    x = noise(100, 1)
    heard = [
        shelf.heard(shelf.bed(x, end=1_000, loops=True, crossfade=n), 1_000) for n in (50, 9_999)
    ]
    assert np.array_equal(*heard)


# --- levels --------------------------------------------------------------------------------


def test_fades_have_equal_power(shelf):
    """One bed goes while another comes: two noises that have nothing in common stay as loud."""
    n = 40_000
    out = shelf.bed(noise(n, 1), end=n, fade_out=n)
    into = shelf.bed(noise(n, 2), end=n, fade_in=n)
    both = shelf.heard(out, n) + shelf.heard(into, n)
    for part in np.split(both, 8):
        assert db(part) == pytest.approx(-20, abs=0.5)
    constant = shelf.bed(np.full(n, 0.5), end=n, at=0, fade_in=1_000, fade_out=3_000)
    heard = shelf.heard(constant, n)[:, 0] / 0.5
    assert heard[500] == pytest.approx(math.sin(500.5 / 1_000 * math.pi / 2), abs=1e-4)
    assert heard[n - 1_501] == pytest.approx(math.sin(1_500.5 / 3_000 * math.pi / 2), abs=1e-4)
    assert heard[1_000 : n - 3_000] == pytest.approx(1)


def test_ducking_is_measured(shelf):
    n = 60_000
    level = ((10_000, 0.0), (12_000, -14.0), (40_000, -14.0), (46_000, -2.0))
    heard = shelf.heard(shelf.bed(noise(n, 1), end=n, gain_db=-6.0, level=level), n)[:, 0]
    assert db(heard[:10_000]) == pytest.approx(-26, abs=0.2)
    assert db(heard[12_000:40_000]) == pytest.approx(-40, abs=0.2)
    assert db(heard[46_000:]) == pytest.approx(-28, abs=0.2)


def test_levels_are_straight_lines_in_decibels(shelf):
    n = 20_000
    level = ((5_000, 0.0), (9_000, -20.0), (9_000, -6.0), (15_000, 3.0))
    heard = shelf.heard(shelf.bed(np.full(n, 0.5), end=n, at=0, level=level), n, 1, 700)[:, 0]
    decibels = 20 * np.log10(heard / 0.5)
    before, after = level[:2], level[2:]
    at = np.arange(n)
    for part, points in ((slice(0, 9_000), before), (slice(9_000, n), after)):
        wanted = np.interp(at[part], *zip(*points, strict=True))
        assert decibels[part] == pytest.approx(wanted, abs=1e-4)


# --- places --------------------------------------------------------------------------------


@pytest.mark.parametrize("pan", [-1, -0.5, 0, 0.4, 1])
def test_mono_is_placed_at_equal_power(shelf, pan):
    bed = shelf.bed(np.full(100, 0.5), end=100, pan=pan)
    left, right = shelf.heard(bed, 100, 2)[50] / 0.5
    assert left**2 + right**2 == pytest.approx(1)
    assert right - left == pytest.approx(math.sqrt(2) * math.sin(pan * math.pi / 4), abs=1e-6)
    assert shelf.heard(bed, 100, 1)[50] == pytest.approx(0.5)
    assert pan_gains(pan, 2) == pytest.approx([left, right])


def test_stereo_keeps_its_image_and_pan_turns_the_other_side_down(shelf):
    x = np.stack([np.full(100, 0.5), np.full(100, -0.25)], axis=1)
    heard = {
        pan: shelf.heard(shelf.bed(x, end=100, pan=pan), 100, 2)[50] for pan in (-1, 0, 0.5, 1)
    }
    assert heard[0] == pytest.approx([0.5, -0.25])
    assert heard[-1] == pytest.approx([0.5, 0], abs=1e-6)
    assert heard[1] == pytest.approx([0, -0.25], abs=1e-6)
    assert 0 < heard[0.5][0] < 0.5
    assert heard[0.5][1] == pytest.approx(-0.25)


def test_mono_and_the_same_in_two_channels_are_equally_loud_in_a_mono_mix(shelf):
    """The second measures 3 dB more (BS.1770 adds the channels), so a layout takes 3 dB off."""
    x = noise(20_000, 1)
    one = shelf.heard(shelf.bed(x, end=20_000), 20_000)
    two = shelf.bed(np.repeat(x, 2, axis=1), end=20_000, gain_db=10 * math.log10(0.5))
    assert shelf.heard(two, 20_000) == pytest.approx(one, abs=1e-6)


# --- files ---------------------------------------------------------------------------------


def test_a_wav_is_read_in_parts(tmp_path):
    path, x = tmp_path / "x", noise(1_000, 1, 2)
    path.write_bytes(header(1_000, 2, RATE) + codes(x))
    file = open_wav(path)
    assert (file.samples, file.channels, file.rate) == (1_000, 2, RATE)
    assert np.array_equal(file.read(100, 300), exact(x)[100:300])
    assert np.array_equal(file.read(-5, 2_000), exact(x))
    assert file.read(1_000, 1_001).shape == (0, 2)


def test_speech_is_still_a_mono_wav(tmp_path):
    path, x = tmp_path / "x", noise(1_000, 1)[:, 0]
    path.write_bytes(to_wav(x, RATE))
    assert np.array_equal(open_wav(path).read(0, 1_000)[:, 0], from_wav(path.read_bytes())[0])
    with pytest.raises(StorageError, match="mono"):
        from_wav(header(10, 2, RATE) + bytes(40))


@pytest.mark.parametrize("data", [b"", b"RIFF", header(10, 2, RATE) + bytes(41), bytes(144)])
def test_what_is_no_wav_of_ours_is_refused(data, tmp_path):
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(StorageError, match="not a WAV file of ours"):
        open_wav(tmp_path / "x")


def test_a_bed_at_another_rate_or_cut_short_is_an_error(shelf, tmp_path):
    bed = shelf.bed(noise(1_000, 1), end=1_000)
    with pytest.raises(StorageError, match="8000 samples a second"):
        BedReader(shelf.folder.joinpath, 44_100).add(np.zeros((10, 1), np.float32), bed, 0)
    shelf.heard(bed, 100)
    (shelf.folder / bed.asset.digest).write_bytes(header(1_000, 1, RATE))
    with pytest.raises(StorageError, match="became shorter"):
        shelf.heard(bed, 1_000)
