"""kill -9 at a few random moments; `make torture` does it two hundred times."""

import random

import pytest

from podforge.errors import StorageError
from podforge.temporary import sweep, temporary_folder
from tests.faults.kills import VICTIMS, Tally, Undisturbed, torment
from tests.faults.scene import Scene, front, lines

SMALL_BOOK = front("A book", "tone", mode="audiobook", format="m4b") + lines(4, 2)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    return Undisturbed.of(Scene.of(tmp_path_factory.mktemp("whole"), SMALL_BOOK, workers=1))


@pytest.mark.parametrize("victim", VICTIMS)
def test_what_was_killed_goes_on_where_it_was(victim, wanted, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.faults.kills.MOST_KILLS", 1)
    monkeypatch.setattr("tests.faults.kills.VICTIMS", (victim,))
    tally = Tally()
    scene = Scene.of(tmp_path, SMALL_BOOK, workers=1)
    torment(scene, wanted, random.Random(victim), tally)
    assert tally.kills == tally.renders == tally.identical == 1
    assert tally.clean, tally.notes


def test_a_folder_whose_process_was_killed_goes_with_the_next_one(tmp_path):
    with temporary_folder(tmp_path, "podforge-") as mine:
        (tmp_path / "podforge-elsewhere").mkdir()  # not ours: nothing in it says so
        abandoned = tmp_path / "podforge-abandoned"
        abandoned.mkdir()
        (abandoned / ".podforge-held").touch()
        (abandoned / "large").touch()
        with temporary_folder(tmp_path, "podforge-") as other:
            assert {path.name for path in tmp_path.iterdir()} == {
                mine.name, other.name, "podforge-elsewhere",
            }  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["podforge-elsewhere"]
    sweep(tmp_path / "none", "podforge-")
    with pytest.raises(StorageError, match="none"), temporary_folder(tmp_path / "none", "x"):
        pass
