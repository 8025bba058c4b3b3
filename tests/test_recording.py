import pytest

from podforge.cast import Limits
from podforge.errors import Incomplete
from podforge.events import JobDone, JobFailed, JobStarted
from podforge.pcm import from_wav
from podforge.plan import make_plan
from podforge.recording import Crew, missing_jobs, record
from podforge.store import Store
from tests.builders import cast_of, dialogue

LIMITS = Limits(rate=16_000, stochastic=True, batch=4)
CREW = Crew(workers=2, settings={})


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def plan_of(*texts):
    script = dialogue([("Ana", text) for text in texts])
    cast = cast_of(script, LIMITS)
    return make_plan(script, cast), cast


def test_every_job_gets_a_clip_and_a_second_run_speaks_nothing(store, spoken):
    plan, cast = plan_of(*(f"Line number {n}." for n in range(12)))
    events = []
    made = record(plan, cast, store, CREW, events.append)
    assert made.fresh == made.clips.keys() == {job.key for job in plan.jobs}
    assert len(spoken()) == 12
    assert sum(isinstance(e, JobStarted) for e in events) == 12
    assert sum(isinstance(e, JobDone) for e in events) == 12
    again = record(plan, cast, store, CREW, events.append)
    assert again.clips == made.clips
    assert again.fresh == frozenset()
    assert spoken() == []
    assert missing_jobs(plan, store) == []


def test_bad_lines_fail_alone_and_the_rest_is_kept(store, spoken):
    good = [f"Line number {n}." for n in range(8)]
    plan, cast = plan_of(*good, "SILENT", "NAN", "RAISE", "CRASH", "NOTHING")
    events = []
    with pytest.raises(Incomplete, match=r"s\.md:9") as error:
        record(plan, cast, store, CREW, events.append)
    assert "8 clips are kept" in str(error.value)
    failed = {event.place: event.reason for event in events if isinstance(event, JobFailed)}
    assert set(failed) == {f"s.md:{line}:1" for line in (9, 10, 11, 12, 13)}
    assert "silence" in failed["s.md:9:1"]
    assert "will not say" in failed["s.md:11:1"]
    assert "SIGSEGV" in failed["s.md:12:1"]
    assert len(missing_jobs(plan, store)) == 5


def test_a_failed_take_is_tried_again_with_the_next_seed(store, spoken):
    plan, cast = plan_of("A FLAKY line.")
    made = record(plan, cast, store, CREW, lambda _: None)
    (clip,) = made.clips.values()
    assert clip.attempt == 1
    assert clip.findings == ()
    assert len(spoken()) == 2


def test_verdicts_come_back_from_the_store(store):
    plan, cast = plan_of("A SLOW line of a few words that takes too long.")
    (made,) = record(plan, cast, store, CREW, lambda _: None).clips.values()
    (again,) = record(plan, cast, store, CREW, lambda _: None).clips.values()
    assert [finding.severity for finding in made.findings] == ["suspect"]
    assert again == made


def test_what_is_derived_from_a_clip_is_made_again_without_speaking(store, spoken, tmp_path):
    plan, cast = plan_of("One line.", "Two lines.")
    first = record(plan, cast, store, CREW, lambda _: None)
    spoken()
    for path in (store.root / "records" / "heard").rglob("*.json"):
        path.unlink()
    again = record(plan, cast, store, CREW, lambda _: None)
    assert again.clips == first.clips
    assert spoken() == []


def test_a_damaged_clip_is_spoken_again(store, spoken):
    plan, cast = plan_of("One line.")
    clips = record(plan, cast, store, CREW, lambda _: None).clips
    (clip,) = clips.values()
    (blob,) = (p for p in (store.root / "blobs").rglob("*") if p.is_file())
    data = bytearray(blob.read_bytes())
    data[1000] ^= 1
    blob.write_bytes(data)
    with pytest.raises(Exception, match="damaged"):
        store.read(clip.digest)
    spoken()
    assert record(plan, cast, store, CREW, lambda _: None).clips == clips
    assert len(spoken()) == 1
    samples, rate = from_wav(store.read(clip.digest))
    assert (len(samples), rate) == (clip.samples, clip.rate)


def test_afresh_speaks_everything_again(store, spoken):
    plan, cast = plan_of("One line.")
    record(plan, cast, store, CREW, lambda _: None)
    record(plan, cast, store, Crew(1, {}, afresh=True), lambda _: None)
    assert len(spoken()) == 2


def test_a_clip_that_was_judged_unusable_is_judged_again(store, spoken):
    plan, cast = plan_of("One line.")
    record(plan, cast, store, CREW, lambda _: None)
    (path,) = (store.root / "records" / "heard").rglob("*.json")
    facts = store.find("heard", path.stem)
    kept = {key: facts[key] for key in ("spans", "levels")}
    store.keep("heard", path.stem, {**kept, "findings": [[0, "failed", "silence"]]}, None)
    spoken()
    made = record(plan, cast, store, CREW, lambda _: None)
    assert spoken() == []  # it was listened to again, and is good
    assert all(clip.usable for clip in made.clips.values())
