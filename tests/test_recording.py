from dataclasses import replace

import pytest

from podforge.cast import Limits, Voice
from podforge.engines.base import Embedding
from podforge.errors import EngineError, Incomplete, Unavailable
from podforge.events import JobDone, JobFailed, JobStarted
from podforge.executors.staff import Staff
from podforge.pcm import from_wav
from podforge.plan import make_plan
from podforge.recording import Crew, missing_jobs, record
from podforge.store import Store
from podforge.studio import open_studio
from podforge.voices.files import file_digest
from tests.builders import cast_of, dialogue
from tests.test_engines import Watching

LIMITS = Limits(rate=16_000, stochastic=True, batch=4)
CREW = Crew(workers=1, settings={})


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
    made = record(plan, cast, store, Crew(workers=2, settings={}), events.append)
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


def test_takes_before_the_best_one_survive_a_crash(store, spoken, monkeypatch):
    plan, cast = plan_of("This is a SLOW line.", "Another SLOW line.", "SILENT")
    use = cast.engines["fake"]
    studio = open_studio(use, {}, store.root, afresh=False)
    speak = studio._engine.speak

    def crash(jobs, voices, watch):
        if jobs[0].attempt == 2:
            raise KeyboardInterrupt
        yield from speak(jobs, voices, watch)

    monkeypatch.setattr(studio._engine, "speak", crash)
    with pytest.raises(KeyboardInterrupt):
        list(studio.work(plan.jobs, Watching()))
    assert len(spoken()) == 3 + 3
    whole = dict(open_studio(use, {}, store.root, afresh=False).work(plan.jobs, Watching()))
    # Of the slow lines the third take; the silent one has nothing worth keeping.
    assert len(spoken()) == 2 + 3
    slow = [whole[job.key].clip for job in plan.jobs[:2]]
    assert [clip.attempt for clip in slow] == [0, 0]
    undisturbed = open_studio(use, {}, store.root.parent / "other", afresh=False)
    assert [made.clip for _, made in undisturbed.work(plan.jobs[:2], Watching())] == slow


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


def test_a_recording_that_changes_while_rendering_is_never_kept_under_the_old_digest(
    store, tmp_path
):
    clip = tmp_path / "clip.wav"
    clip.write_bytes(b"first")
    voice = Voice("ana", "id", reference=str(clip), digest=file_digest(clip))
    script = dialogue([("Ana", "Hello.")])
    cast = cast_of(script, LIMITS, "fake-clone")
    studio = open_studio(
        replace(cast.engines["fake-clone"], model="fake-clone 1"), {}, store.root, False
    )
    assert isinstance(studio.voice_state(voice), Embedding)
    clip.write_bytes(b"second")
    with pytest.raises(EngineError, match="changed while rendering"):
        studio.voice_state(voice)


def loads(log):
    """Names of the engines that were loaded, in order."""
    return [line.split()[0] for line in log.read_text().splitlines()]


def test_the_engine_that_is_loaded_speaks_first(store, tmp_path, monkeypatch):
    log = tmp_path / "loads"
    monkeypatch.setenv("FAKE_LOADS", str(log))
    with Staff() as staff:
        crew = Crew(1, {}, staff=staff)
        for text in ("One.", "Two.", "Three."):
            script = dialogue([("Ana", text), ("Ben", text)])
            engines = {"fake": LIMITS, "fake-window": LIMITS}
            cast = cast_of(script, engines=engines, engine_of={"Ben": "fake-window"})
            record(make_plan(script, cast), cast, store, crew, lambda _: None)
    assert loads(log) == ["fake", "fake-window", "fake", "fake-window"]


def test_a_model_that_changes_while_rendering_is_not_used(store):
    plan, cast = plan_of("A line.")
    moved = replace(cast, engines={"fake": replace(cast.engines["fake"], model="fake 0")})
    with pytest.raises(Unavailable, match="changed while rendering"):
        record(plan, moved, store, CREW, lambda _: None)
