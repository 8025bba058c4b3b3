import threading
import time
from itertools import repeat

import numpy as np
import pytest

from podforge.events import StageDone, StageFailed, StageProgress, StageStarted
from podforge.sidebyside import Stage, Stopped, side_by_side

BLOCK = np.zeros((441, 1), np.float32)


@pytest.mark.parametrize("most", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(most):
    def work(item: int) -> int:
        time.sleep(0.002 * (7 - item))
        return item * item

    with Stage("s", 1.0, lambda _: None) as stage:
        assert list(side_by_side(work, range(7), most, stage)) == [n * n for n in range(7)]


def test_several_work_at_once():
    both = threading.Barrier(2, timeout=5)
    with Stage("s", 1.0, lambda _: None) as stage:
        assert list(side_by_side(lambda _: both.wait() >= 0, range(2), 2, stage)) == [True, True]


@pytest.mark.parametrize("guilty", [0, 1, 2])
def test_the_first_error_stops_the_others_and_is_the_one_that_is_raised(guilty):
    blocks = []
    events: list[object] = []

    def work(item: int) -> None:
        if item == guilty:
            raise ValueError(f"from {item}")
        for block in stage.told(repeat(BLOCK), 44_100, 1.0):
            blocks.append(block)
            time.sleep(0.001)
            assert len(blocks) < 5000, "nobody stops it"

    with pytest.raises(ValueError, match=f"from {guilty}"):  # noqa: SIM117 - the stage ends first
        with Stage("s", 1.0, events.append) as stage:
            list(side_by_side(work, range(3), 3, stage))
    assert isinstance(events[-1], StageFailed)


def test_a_stage_that_was_stopped_gives_no_more_blocks():
    with Stage("s", 1.0, lambda _: None) as stage:
        told = stage.told(iter([BLOCK, BLOCK]), 44_100, 1.0)
        next(told)
        stage.stop()
        with pytest.raises(Stopped):
            next(told)


def test_progress_adds_up_over_threads_and_never_passes_the_whole(monkeypatch):
    monkeypatch.setattr("podforge.sidebyside.TELL_SECONDS", 0.0)
    events: list[object] = []

    def work(_: int) -> None:
        for _block in stage.told([BLOCK] * 50, 44_100, 1.0):
            pass

    with Stage("s", 1.5, events.append) as stage:
        list(side_by_side(work, range(4), 4, stage))
    assert events[0] == StageStarted("s", 1.5)
    assert events[-1] == StageDone("s")
    told = [event.seconds for event in events if isinstance(event, StageProgress)]
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.5)
    assert told[-2] > 1.0
