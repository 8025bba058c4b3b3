"""How far a render is, as numbers, as lines in a log, and as a bar."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from podforge import console
from podforge.delivering import Outputs
from podforge.encodings import Format
from podforge.events import (
    FetchDone,
    FetchFailed,
    FetchProgress,
    FetchStarted,
    JobDone,
    JobFailed,
    JobProgress,
    JobStarted,
    Planned,
    StageStarted,
)
from podforge.produce import Order, produce
from podforge.progress import Fetching, Speaking, in_bytes
from podforge.project import Request
from podforge.units import CHARACTERS_PER_SECOND


class Watch:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def started(key: str, seconds: float) -> JobStarted:
    return JobStarted(key, "fake", "s.md:1", seconds)


def speaking(expected: float, *events: object) -> Speaking:
    found = Speaking(expected)
    for event in events:
        found.take(event)
    return found


def test_the_total_is_corrected_by_every_job_that_is_done():
    found = speaking(30.0, started("a", 10.0), JobProgress("a", 4.0, 30))
    assert (found.made, found.total, found.frames) == (4.0, 30.0, 30)
    found.take(JobProgress("a", 12.0, 90))  # longer than was thought
    assert (found.made, found.total) == (12.0, 32.0)
    found.take(JobDone("a", 13.0, 0))
    assert (found.made, found.total, found.frames) == (13.0, 33.0, 90)
    found.take(started("b", 20.0))
    found.take(JobProgress("b", 5.0, 38))
    assert (found.made, found.total, found.frames) == (18.0, 33.0, 128)
    found.take(JobDone("b", 15.0, 1))
    assert (found.made, found.total) == (28.0, 28.0)


def test_a_job_that_fails_or_begins_again_makes_nothing():
    found = speaking(20.0, started("a", 10.0), JobProgress("a", 8.0), JobProgress("a", 1.0))
    assert found.made == 1.0
    found.take(JobFailed("a", "s.md:1", "silent"))
    assert (found.made, found.total) == (0.0, 10.0)


def test_jobs_that_were_not_planned_add_to_the_total():
    found = speaking(10.0, started("a", 10.0), JobDone("a", 9.0, 0), started("a1", 5.0))
    assert (found.made, found.total) == (9.0, 14.0)


SECONDS = st.floats(0, 100)


@given(st.lists(st.tuples(SECONDS, SECONDS, st.none() | SECONDS), max_size=8))
def test_never_more_is_made_than_there_will_be(jobs):
    found = speaking(sum(expected for expected, _, _ in jobs))
    for number, (expected, heard, seconds) in enumerate(jobs):
        found.take(started(str(number), expected))
        found.take(JobProgress(str(number), heard))
        if seconds is not None:
            found.take(JobDone(str(number), seconds, 0))
        assert 0 <= found.made <= found.total + 1e-6
    if all(seconds is not None for _, _, seconds in jobs):
        assert found.made == pytest.approx(found.total, abs=1e-6)


def test_the_facts_say_seconds_frames_speed_and_time_left():
    watch = Watch()
    found = Speaking(300.0, watch)
    assert found.facts() == "0:00 of 5:00"
    watch.time += 60  # the engine is loaded
    found.take(started("a", 200.0))
    watch.time += 20
    found.take(started("b", 100.0))
    watch.time += 5
    found.take(JobProgress("a", 80.0))
    assert found.facts() == "1:20 of 5:00, 3.2x real time, 1:09 left"
    found.take(JobProgress("a", 80.0, 600))
    assert found.facts() == "1:20 of 5:00, 600 frames, 3.2x real time, 1:09 left"


def test_a_download_says_bytes_total_speed_and_time_left():
    watch = Watch()
    found = Fetching(5_400_000_000, watch)
    assert found.facts(0) == "0 bytes of 5.4 GB"
    watch.time += 20
    assert found.facts(900_000_000) == "900 MB of 5.4 GB, 45 MB/s, 1:40 left"
    assert [in_bytes(size) for size in (7, 1_234, 12_345_678)] == ["7 bytes", "1.2 kB", "12 MB"]


def test_a_render_says_what_it_expects_of_each_job_and_how_far_it_is(tmp_path):
    script = tmp_path / "s.md"
    lines = "".join(f"**Mara:** Line {n} of the talk.\n\n" for n in "abc")
    script.write_text("---\nspeakers: {Mara: mara}\n---\n\n" + lines)
    outputs = Outputs(tmp_path / "out", "s", (Format("wav"),))
    order = Order(Request(script, "fake-model"), outputs, tmp_path / "store")
    events: list[object] = []
    produce(order, events.append)
    (planned,) = (event for event in events if isinstance(event, Planned))
    expected = [event.expected_seconds for event in events if isinstance(event, JobStarted)]
    assert expected == pytest.approx([len("Line a of the talk.") / CHARACTERS_PER_SECOND] * 3)
    assert planned.new_seconds == pytest.approx(sum(expected))
    beats = [event for event in events if isinstance(event, JobProgress)]
    assert (0.5, 4) in {(beat.seconds, beat.frames) for beat in beats}
    produce(order, events.append)
    assert [event.new_seconds for event in events if isinstance(event, Planned)][1] == 0


# --- in a log --------------------------------------------------------------------------------


def test_a_log_gets_a_line_every_ten_seconds_with_the_same_facts(capsys):
    watch = Watch()
    lines = console._Lines(watch)
    lines.tell(FetchStarted("a/b", 3_000_000_000))
    for second in range(60):
        watch.time += 1
        lines.tell(FetchProgress("a/b", 50_000_000 * (second + 1)))
    lines.tell(FetchDone("a/b"))
    lines.tell(Planned(2, 2, 400.0, 360.0))
    lines.tell(started("k", 300.0))
    for second in range(1, 31):
        watch.time += 1
        lines.tell(JobProgress("k", 2.0 * second, 15 * second))
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "  downloading a/b: 3.0 GB"
    assert said[1] == "  downloading a/b: 500 MB of 3.0 GB, 50 MB/s, 0:50 left"
    assert said[7] == "  downloaded a/b"
    assert said[8].startswith("  2 jobs, 2 to speak")
    assert said[9:] == [
        "  spoken: 0:20 of 6:00, 150 frames, 2x real time, 2:50 left",
        "  spoken: 0:40 of 6:00, 300 frames, 2x real time, 2:40 left",
        "  spoken: 1:00 of 6:00, 450 frames, 2x real time, 2:30 left",
    ]


def test_a_download_that_fails_is_told(capsys):
    console._Lines().tell(FetchFailed("a/b"))
    assert "a/b did not come whole" in capsys.readouterr().err


def test_new_fields_stand_beside_the_old_ones(capsys):
    console._tell_json(JobProgress("k", 1.5, 11))
    facts = json.loads(capsys.readouterr().err)
    assert facts.pop("time").endswith("Z")
    assert facts == {"v": 1, "event": "JobProgress", "key": "k", "seconds": 1.5, "frames": 11}


# --- on a terminal ---------------------------------------------------------------------------


@pytest.fixture
def bar():
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=100, _environ={})
    with console._Bar(terminal) as found:
        yield found, lambda: shown(found)


def shown(bar) -> str:
    """What the bar looks like now."""
    paper = Console(file=io.StringIO(), width=100, _environ={})
    paper.print(bar._progress.get_renderable())
    return paper.file.getvalue()


def test_the_speaking_bar_moves_by_seconds_of_audio(bar):
    found, look = bar
    found.tell(Planned(9, 2, 100.0, 40.0))
    assert "0 %" in look()
    found.tell(started("a", 20.0))
    found.tell(JobProgress("a", 10.0, 75))
    (task,) = found._progress.tasks
    assert (task.completed, task.total) == (10.0, 40.0)
    assert "25 %" in look()
    assert "0:10 of 0:40, 75 frames" in look()
    assert "x real time" in look()
    found.tell(JobDone("a", 30.0, 0))
    (task,) = found._progress.tasks
    assert (task.completed, task.total) == (30.0, 50.0)
    found.tell(StageStarted("mixing", 100.0))
    assert "mixing" in look()
    found.tell(started("b", 20.0))  # a damaged clip is spoken again
    assert "speaking" in look()


def test_the_download_bar_shows_bytes_and_speed(bar):
    found, look = bar
    found.tell(FetchStarted("a/b", 2_000_000_000))
    found.tell(FetchProgress("a/b", 500_000_000))
    assert "0.5/2.0 GB" in look()
    (task,) = found._progress.tasks
    assert task.percentage == 25
    found.tell(FetchDone("a/b"))
    assert not found._progress.tasks
