"""The table of changes in docs/architecture.md: what each change makes again, counted."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from podforge import finishing, inputs, surroundings
from podforge.delivering import Outputs
from podforge.delivery.drawing import draw
from podforge.encodings import Format
from podforge.errors import StorageError
from podforge.events import RenderDone, StageStarted
from podforge.produce import Order, produce
from podforge.project import Request
from podforge.store import Store
from tests import in_process

pytestmark = pytest.mark.usefixtures("one_process")
SCRIPT = """\
---
title: Table
speakers:
  Mara: {voice: mara, aliases: [Host]}
  Tobias: {voice: tobias}
---
<!-- a comment -->
## One

**Mara:** The first line of the script.

**Tobias:** The second line of it.

**Mara:** Yes.

## Two

**Tobias:** The fourth line, in chapter two.

**Mara:** And the last line of all.
"""

# A change; jobs spoken by an engine of utterances that is stochastic; by one of windows; and
# whether anything is mixed and encoded again.
TABLE = {
    "nothing": (lambda s: s, 0, 0, False),
    "a comment": (lambda s: s.replace("a comment", "another"), 0, 0, False),
    "the title": (lambda s: s.replace("title: Table", "title: Chair"), 0, 0, False),
    "tags": (lambda s: s.replace("title: Table", "title: Table\ngenre: Tests"), 0, 0, False),
    "an alias": (lambda s: s.replace("[Host]", "[Anchor]"), 0, 0, False),
    "a chapter's title": (lambda s: s.replace("## Two", "## Three"), 0, 0, False),
    "a word": (lambda s: s.replace("second line", "other line"), 1, 1, True),
    "a word in chapter two": (lambda s: s.replace("the last line", "the end"), 1, 1, True),
    "a line like an earlier one": (
        lambda s: s.replace("## Two", "**Mara:** Yes.\n\n## Two"), 1, 1, True),
    "a new paragraph": (
        lambda s: s.replace("## Two", "**Tobias:** A line of its own.\n\n## Two"), 1, 1, True),
    "a speaker's name": (lambda s: s.replace("Tobias:", "Toby:"), 0, 0, False),
    "a pause": (lambda s: s.replace("**Mara:** Yes.", "[pause 2s]\n\n**Mara:** Yes."), 0, 0, True),
    "gaps": (lambda s: s.replace("title: Table", "title: Table\npauses: {chapter: 4}"), 0, 0, True),
    "a gain": (lambda s: s.replace("{voice: tobias}", "{voice: tobias, gain: -3}"), 0, 0, True),
    "a chain": (
        lambda s: s.replace("{voice: tobias}", "{voice: tobias, chain: firm}"), 0, 0, True),
    "loudness": (lambda s: s.replace("title: Table", "title: Table\nloudness: -19"), 0, 0, True),
    "another voice": (lambda s: s.replace("voice: tobias", "voice: jonah"), 2, 2, True),
    "chapters moved": (
        lambda s: re.sub(r"(## One.*)(## Two.*)", r"\2\n\1", s, flags=re.S), 0, 0, True),
}  # fmt: skip


def render(
    folder: Path, text: str, engine: str, afresh: bool = False, workers: int = 1
) -> list[object]:
    folder.mkdir(exist_ok=True)
    script = folder / "s.md"
    script.write_text(text)
    events: list[object] = []
    request = Request(script, engine)
    outputs = Outputs(folder / "out", "s", (Format("wav"),))
    order = Order(request, outputs, folder / "store", workers=workers, afresh=afresh)
    produce(order, events.append)
    return events


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Path:
    """SCRIPT as each engine has rendered it, in a folder of its name; to be copied back here."""
    folder = tmp_path_factory.mktemp("before")
    for engine, jobs in (("fake", 5), ("fake-window", 2)):
        with in_process.engines(), pytest.MonkeyPatch.context() as patch:
            patch.setenv("FAKE_LOG", str(folder / "spoken.log"))
            render(folder / "here", SCRIPT, engine)
        assert len((folder / "spoken.log").read_text().split()) == jobs
        (folder / "spoken.log").unlink()
        (folder / "here").rename(folder / engine)
    return folder


@pytest.fixture
def here(before, engine) -> Iterator[Path]:
    """Where SCRIPT was rendered: a stamp knows its outputs by their paths and times."""
    here = before / "here"
    shutil.copytree(before / engine, here)
    yield here
    shutil.rmtree(here)


@pytest.mark.parametrize("engine", ["fake", "fake-window"])
@pytest.mark.parametrize("change", TABLE)
def test_a_change_makes_again_what_depends_on_it(change, engine, here, spoken):
    edit, utterances, windows, mixed = TABLE[change]
    if change != "nothing":
        assert edit(SCRIPT) != SCRIPT
    events = render(here, edit(SCRIPT), engine)
    assert len(spoken()) == (utterances if engine == "fake" else windows)
    assert any(isinstance(event, StageStarted) for event in events) is mixed
    (done,) = (event for event in events if isinstance(event, RenderDone))
    assert done.unchanged is (change in ("nothing", "a comment"))


@pytest.mark.parametrize("engine", ["fake"])
@pytest.mark.parametrize(("changed", "mixed"), [("__version__", False), ("MIX_VERSION", True)])
def test_another_podforge_speaks_nothing_and_mixes_what_it_mixes_otherwise(
    changed, mixed, engine, here, spoken, monkeypatch
):
    for module in (surroundings, inputs):
        name = "__version__" if changed == "__version__" else "VERSIONS"
        monkeypatch.setattr(module, name, "another")
    if mixed:
        monkeypatch.setattr(finishing, changed, "another")
    events = render(here, SCRIPT, engine)
    assert spoken() == []
    assert any(isinstance(event, StageStarted) for event in events) is mixed
    (done,) = (event for event in events if isinstance(event, RenderDone))
    assert not done.unchanged


@pytest.mark.parametrize("engine", ["fake"])
def test_another_build_of_an_engine_speaks_its_lines_again(engine, here, spoken, monkeypatch):
    monkeypatch.setattr("fake_engines.Fake.fingerprint", lambda *_: "fake 2")
    render(here, SCRIPT, engine)
    assert len(spoken()) == 5


@pytest.mark.parametrize("engine", ["fake"])
def test_the_number_of_workers_changes_nothing(engine, here, spoken):
    (here / "out" / "s.wav").unlink()
    events = render(here, SCRIPT, engine, workers=3)
    assert spoken() == []
    assert not any(isinstance(event, StageStarted) for event in events)


def test_a_line_like_an_earlier_one_costs_a_deterministic_engine_nothing(tmp_path):
    render(tmp_path, SCRIPT, "espeak")
    before = sorted((tmp_path / "store" / "blobs").rglob("*"))
    edited = SCRIPT.replace("## Two", "**Mara:** Yes.\n\n## Two")
    events = render(tmp_path, edited, "espeak")
    clips = list((tmp_path / "store" / "records" / "clip").rglob("*.json"))
    assert len(clips) == 5
    assert any(isinstance(event, StageStarted) for event in events)
    assert len(sorted((tmp_path / "store" / "blobs").rglob("*"))) > len(before)  # the new master


def test_an_unchanged_output_gets_a_fresh_time_so_that_make_is_content(tmp_path):
    render(tmp_path, SCRIPT, "fake")
    output = tmp_path / "out" / "s.wav"
    before = output.stat().st_mtime_ns
    for _ in range(2):
        (done,) = (e for e in render(tmp_path, SCRIPT, "fake") if isinstance(e, RenderDone))
        assert done.unchanged
        after = output.stat().st_mtime_ns
        assert after > before
        before = after


def test_an_output_that_was_touched_or_removed_is_written_again(tmp_path, spoken):
    render(tmp_path, SCRIPT, "fake")
    (tmp_path / "out" / "s.vtt").unlink()
    events = render(tmp_path, SCRIPT, "fake")
    assert (tmp_path / "out" / "s.vtt").exists()
    assert not any(isinstance(event, StageStarted) for event in events)
    (tmp_path / "out" / "s.wav").write_bytes(b"garbage")
    render(tmp_path, SCRIPT, "fake")
    assert (tmp_path / "out" / "s.wav").stat().st_size > 10_000
    assert len(spoken()) == 5


VOICE = """\
language: en-GB
consent: {owner: Ana, kind: self, date: 2026-01-01, allowed_uses: any}
reference: clip.wav
engines: {espeak: {voice: gmw/en, pitch: 40}}
"""


@pytest.mark.parametrize(("engine", "again"), [("fake", 0), ("fake-clone", 3)])
def test_consent_is_packaged_again_and_a_recording_speaks_its_lines_where_it_is_heard(
    tmp_path, spoken, engine, again
):
    mara = tmp_path / "voices" / "mara"
    mara.mkdir(parents=True)
    voice = f"{VOICE}engine: {engine}\n"
    (mara / "voice.yaml").write_text(voice)
    (mara / "clip.wav").write_bytes(b"one recording")
    render(tmp_path, SCRIPT, "")
    spoken()
    (mara / "voice.yaml").write_text(voice.replace("owner: Ana", "owner: Eva"))
    events = render(tmp_path, SCRIPT, "")
    assert spoken() == []
    assert not any(isinstance(event, StageStarted) for event in events)
    assert "Eva" in (tmp_path / "out" / "s.report.json").read_text()
    (mara / "clip.wav").write_bytes(b"another recording")
    render(tmp_path, SCRIPT, "")
    assert len(spoken()) == again  # of Mara's lines


def test_a_cover_that_changed_is_packaged_again(tmp_path):
    text = SCRIPT.replace("title: Table", "title: Table\ncover: c.jpg")
    tmp_path.joinpath("c.jpg").write_bytes(draw("One", "x"))
    render(tmp_path, text, "fake")
    tmp_path.joinpath("c.jpg").write_bytes(draw("Two", "x"))
    events = render(tmp_path, text, "fake")
    assert not any(isinstance(event, StageStarted) for event in events)
    (done,) = (event for event in events if isinstance(event, RenderDone))
    assert not done.unchanged


def test_force_makes_everything_again(tmp_path, spoken):
    render(tmp_path, SCRIPT, "fake")
    spoken()
    events = render(tmp_path, SCRIPT, "fake", afresh=True)
    assert len(spoken()) == 5
    assert any(isinstance(event, StageStarted) for event in events)


def test_a_store_that_cannot_be_written_gives_hits_and_no_failure(tmp_path, monkeypatch):
    render(tmp_path, SCRIPT, "fake")
    (tmp_path / "out" / "s.vtt").unlink()

    def refuse(*_: object, **__: object) -> None:
        raise StorageError("read-only")

    monkeypatch.setattr(Store, "keep", refuse)
    events = render(tmp_path, SCRIPT, "fake")
    assert isinstance(events[-1], RenderDone)
    assert (tmp_path / "out" / "s.vtt").exists()
