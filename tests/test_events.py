"""The stream of events: its schema, its promises, and the log beside it."""

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from podforge.errors import DiskFull
from podforge.events import RenderDone
from podforge.logbook import open_log, redacted
from podforge.telling import sentence
from tests import event_schema
from tests.in_process import podforge

DOCS = Path(__file__).parents[1] / "docs"
VALIDATOR = Draft202012Validator(event_schema.schema())
NAMES = {kind.__name__ for kind in event_schema.KINDS}
SHORT = """\
---
speakers: {Mara: mara, Tobias: tobias}
---

**Mara:** Good evening to all of you.

**Tobias:** And good night.
"""


def events_of(stderr: str) -> list[dict]:
    """The events of a command; every line is one, and as the schema says."""
    found = [json.loads(line) for line in stderr.splitlines()]
    for event in found:
        VALIDATOR.validate(event)
        assert event["event"] in NAMES
        shape = event_schema.schema()["$defs"][event["event"]]
        assert set(event) == {"v", "time", "event", *shape["properties"]}
    return found


def check_pairs(events: list[dict]) -> Counter[str]:
    """Every start has one end.  How often things started."""
    started: Counter[str] = Counter()
    still: set[tuple[str, str]] = set()
    for event in events:
        kind, what = re.fullmatch(r"([A-Z][a-z]+)([A-Z][a-z]+)?", event["event"]).groups()
        name = next((event[field] for field in ("key", "stage", "what", "script")
                     if field in event), "")  # fmt: skip
        if what == "Started":
            assert (kind, name) not in still, event
            still.add((kind, name))
            started[kind] += 1
        elif what in ("Done", "Failed"):
            still.remove((kind, name))
        elif what == "Progress":
            assert (kind, name) in still
    assert not still
    return started


@pytest.fixture
def short(tmp_path: Path) -> Path:
    (tmp_path / "short.md").write_text(SHORT)
    return tmp_path / "short.md"


def rendered(*arguments: object, cwd: Path, **env: str) -> tuple[int, list[dict]]:
    done = podforge("render", *arguments, "--events", "jsonl", cwd=cwd, **env)
    return done.returncode, events_of(done.stderr)


@pytest.mark.parametrize(
    ("name", "made"),
    [("events.schema.json", event_schema.schema_text), ("events.md", event_schema.tables)],
)
def test_the_pages_say_what_the_dataclasses_say(name, made):
    page = DOCS / name
    head = re.match(r"(.*?^## All events\n\n)?", page.read_text() if page.exists() else "",
                    re.S | re.M)[0]  # fmt: skip
    if os.environ.get("UPDATE_SNAPSHOTS"):
        page.write_text(head + made())
    assert page.read_text() == head + made()


def test_the_schema_is_one_and_says_no():
    Draft202012Validator.check_schema(event_schema.schema())
    line = {"v": 1, "time": "2026-03-01T22:04:05.678Z", "event": "StageDone", "stage": "mixing"}
    assert VALIDATOR.is_valid(line)
    assert VALIDATOR.is_valid(line | {"later": 1})  # fields and events may come
    assert VALIDATOR.is_valid(line | {"event": "Later"})
    for wrong in ({"stage": 1}, {"v": 2}, {"time": "22:04"}, {"event": "JobDone"}):
        assert not VALIDATOR.is_valid(line | wrong), wrong


def test_a_batch_tells_of_all_its_scripts_whatever_becomes_of_them(short, tmp_path):
    (tmp_path / "bad.md").write_text(SHORT.replace("**Tobias:**", "**Tobais:**"))
    code, events = rendered("short.md", "bad.md", "gone.md", "-o", "site/", cwd=tmp_path)
    assert code == 65
    assert check_pairs(events) == {"Batch": 1, "Render": 3, "Job": 2, "Stage": 1}
    assert events[0]["event"] == "BatchStarted"
    assert events[0]["scripts"] == ["short.md", "bad.md", "gone.md"]
    assert events[-1]["event"] == "BatchDone"
    numbers = ("made", "unchanged", "failed", "not_started", "exit_code")
    assert [events[-1][name] for name in numbers] == [1, 0, 2, 0, 65]
    bad, gone = (event for event in events if event["event"] == "Erred")
    assert (bad["code"], bad["script"], bad["file"], bad["line"], bad["exit_code"]) == (
        "InputError", "bad.md", "bad.md", 7, 65,
    )  # fmt: skip
    assert bad["column"] > 0
    assert (gone["code"], gone["exit_code"], gone["script"]) == ("MissingInput", 66, "gone.md")
    assert gone["hint"]
    # Again, with a log on a full disk, which stops nothing.
    code, events = rendered("short.md", "-o", "site/", "--log", "/dev/full", cwd=tmp_path)
    assert (code, check_pairs(events)) == (0, {"Batch": 1, "Render": 1})
    assert events[-1]["unchanged"] == 1


def test_lines_without_a_take_and_suspect_ones_are_told(tmp_path):
    text = SHORT.replace("Good evening", "SILENT evening").replace("good night", "SLOW night")
    (tmp_path / "s.md").write_text(text)
    code, events = rendered("s.md", "--engine", "fake", cwd=tmp_path)
    assert code == 75
    assert check_pairs(events)["Job"] == 2
    (failed,) = (event for event in events if event["event"] == "JobFailed")
    assert failed["place"].startswith("s.md:5")
    (erred,) = (event for event in events if event["event"] == "Erred")
    assert (erred["code"], erred["exit_code"], erred["line"]) == ("Incomplete", 75, 5)
    (tmp_path / "s.md").write_text(text.replace("SILENT", "calm"))
    code, events = rendered("s.md", "--engine", "fake", cwd=tmp_path)
    assert code == 0
    assert any(event["event"] == "Warned" and "suspect" in event["text"] for event in events)
    check_pairs(events)


def test_an_ffmpeg_that_fails_and_a_full_disk_end_every_stage(short, tmp_path, monkeypatch):
    from podforge.media.programs import ffmpeg_path

    fake = tmp_path / "ffmpeg"
    asked = f'case "$*" in *version*) exec {ffmpeg_path()} "$@";; esac'
    fake.write_text(f"#!/bin/sh\n{asked}\nexit 3\n")
    fake.chmod(0o755)
    code, events = rendered("short.md", cwd=tmp_path, PODFORGE_FFMPEG=str(fake))
    assert code != 0
    assert "StageFailed" in {event["event"] for event in events}
    check_pairs(events)

    def full(*_: object) -> None:
        raise DiskFull("no space left", hint="free some")

    monkeypatch.setattr("podforge.store.Store.keep", full)
    code, events = rendered("short.md", cwd=tmp_path, XDG_CACHE_HOME=str(tmp_path / "other"))
    assert code == 74
    assert check_pairs(events)["Job"] == 2
    assert [event["code"] for event in events if event["event"] == "Erred"] == ["DiskFull"]


@pytest.mark.parametrize("arguments", [("--frobnicate",), ("short.md", "short.md"), ("-j", "0")])
def test_a_refused_command_tells_one_error_and_no_text(short, arguments, tmp_path):
    code, (event,) = rendered(*arguments, cwd=tmp_path)
    assert (code, event["event"], event["exit_code"]) == (2, "Erred", 2)


def test_a_dry_run_tells_only_warnings(tmp_path):
    (tmp_path / "s.md").write_text(SHORT.replace("---\n\n**M", "---\n\nToo early.\n\n**M"))
    code, (event,) = rendered("s.md", "-n", cwd=tmp_path)
    assert (code, event["event"]) == (0, "Warned")
    assert event["place"].startswith("s.md:5")


def test_no_character_of_a_script_reaches_the_terminal_or_breaks_a_line(tmp_path):
    name = "a\u202e\x9b31m\u2028.md"
    (tmp_path / name).write_text(SHORT.replace("Tobias: tobias", "Tobias: nobody"))
    done = podforge("render", name, "--events", "jsonl", cwd=tmp_path)
    assert done.stderr.isascii()
    assert events_of(done.stderr)[1]["script"] == name


def test_the_console_says_errors_also_when_it_is_quiet(tmp_path):
    done = podforge("render", "gone.md", "-q", cwd=tmp_path)
    assert done.returncode == 66
    assert done.stderr.startswith("podforge: error: cannot read gone.md")
    (tmp_path / "bad.md").write_text(SHORT.replace("**Tobias:**", "**Tobais:**"))
    said = podforge("render", "-q", "bad.md", cwd=tmp_path).stderr
    assert re.match(r"bad\.md:7:\d+: error: ", said)


# --- the log ---------------------------------------------------------------------------------


def test_the_log_has_what_one_wants_to_know_the_next_morning(short, tmp_path):
    (tmp_path / "short.md").write_text(SHORT.replace("good night", "SLOW night"))
    arguments = ("short.md", "gone.md", "-o", "site/", "--engine", "fake", "--log", "night.log")
    for quiet in (("-q",), ("--events", "jsonl")):
        assert podforge("render", *arguments, *quiet, cwd=tmp_path).returncode == 66
    lines = (tmp_path / "night.log").read_text().splitlines()
    begin = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [a-z]+ +\S")
    assert all(begin.match(line) for line in lines)
    text = "\n".join(line[25:] for line in lines)
    for wanted in (
        r"begin    podforge \d\S+, Python 3\.\d+\.\d+, ffmpeg \S+, .*: podforge render short.md",
        r"plan     2 jobs, 2 to speak",
        r"job      short.md:5:1: started on fake, key [0-9a-f]{12}",
        r"job      short.md:5:1: done: \d\.\d s of audio in \d+\.\d s, attempt 1",
        r"warning  short.md:7: suspect",
        r"stage    mixing and encoding: done in \d+\.\d s",
        r"render   short.md: done: site/short.mp3, 0:0\d of audio in \d+\.\d s",
        r"error    cannot read gone.md: .*",
        r"render   gone.md: failed after \d+\.\d s",
        r"end      exit code 66 after \d+\.\d s: 1 made, 0 unchanged, 1 failed",
    ):
        assert re.search(f"^{wanted}", text, re.M), (wanted, text)
    assert text.count("begin ") == text.count("end ") == 2  # appended


def test_a_log_that_cannot_be_opened_stops_before_the_work(short, tmp_path):
    done = podforge("render", "short.md", "--log", "no/such/folder.log", cwd=tmp_path)
    assert done.returncode == 74
    assert "opening the log" in done.stderr
    assert not (tmp_path / "output").exists()


def test_secrets_of_a_command_line_are_not_logged(tmp_path):
    words = ["podforge", "render", "a b.md", "--set", "x.api_key=HUSH1", "--token", "HUSH2",
             "--model", "https://a:HUSH3@host/m?access_token=HUSH4&v=1", "--seed", "7"]  # fmt: skip
    shown = " ".join(redacted(words))
    assert "HUSH" not in shown
    assert "--seed 7" in shown
    assert "@host/m?access_token=REDACTED&v=1" in shown
    with open_log(tmp_path / "log", words, "podforge"):
        pass


def test_a_log_is_never_written_into_something_else(tmp_path):
    script = tmp_path / "k.md"
    script.write_text("Hello there.\n")
    done = podforge("render", script, "-o", tmp_path / "k.wav", "--log", script)
    assert done.returncode == 2
    assert "no log of podforge" in done.stderr
    assert script.read_text() == "Hello there.\n"
    assert not (tmp_path / "k.wav").exists()


def test_chapters_of_their_own_have_one_length_together():
    both = RenderDone("a.md", ("out/a.mp3", "out/a.m4b"), 61.0)
    assert sentence(both) == "  out/a.mp3  1:01\n  out/a.m4b  1:01"
    split = RenderDone("a.md", ("out/a-01.mp3", "out/a-02.mp3"), 61.0)
    assert sentence(split) == "  out/a-01.mp3\n  out/a-02.mp3\n  2 files  1:01"
