"""Engines that hang, crash, raise, or eat all memory: each costs its own line, and only that."""

from contextlib import nullcontext
from unittest import mock

import pytest

from podforge.cast import Limits
from tests.fakes.fake_engines import RATE
from tests.faults.scene import Scene, assert_sound, front
from tests.in_process import podforge

LINES = "".join(f"**Mara:** This is line {n}.\n\n" for n in range(6))
MISTAKES = ("HANG", "CRASH", "RAISE", "NAN", "EAT")


@pytest.fixture
def real_workers(monkeypatch):
    """The workers are processes; one that hangs is given up soon."""
    monkeypatch.setattr("tests.in_process.engines", nullcontext)
    limits = Limits(rate=RATE, batch=4, patience=2.0)
    with mock.patch("fake_engines.Fake.limits", return_value=limits):
        yield


def test_a_bad_engine_costs_the_lines_that_it_fails_at(real_workers, tmp_path, spoken):
    bad = "".join(f"**Tobias:** {what} and no more.\n\n" for what in MISTAKES)
    scene = Scene.of(tmp_path, front("Bad", "fake", format="wav") + LINES + bad, workers=2)
    done = podforge(*scene.command[3:])
    assert done.returncode == 75, done.stderr
    assert "Traceback" not in done.stderr
    assert not scene.output.exists()
    for number in range(18, 28, 2):
        assert done.stderr.count(f"s.md:{number + 1}") >= 1
    spoken()
    assert_sound(scene.store)
    (tmp_path / "s.md").write_text(front("Bad", "fake", format="wav") + LINES)
    assert podforge(*scene.command[3:]).returncode == 0
    assert not spoken()  # all six were kept
