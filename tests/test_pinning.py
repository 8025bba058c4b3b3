"""An embedding is made once for ever, and becomes the voice when it is pinned."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from podforge.delivering import Outputs
from podforge.encodings import Format
from podforge.engines import find_engine
from podforge.errors import EngineError, InputError, UsageError
from podforge.events import RenderDone
from podforge.pcm import to_wav
from podforge.pinning import pin, unpin
from podforge.produce import Order, produce
from podforge.project import Request, open_project
from podforge.settings import EngineFlags, Flag
from podforge.store import Store
from podforge.voices import open_voices
from podforge.voices.book import make_voice
from podforge.voices.pinned import Origin, origin_of
from tests.in_process import engines, podforge
from tests.sounds import speech

SCRIPT = """\
---
title: Two
speakers:
  Ana: {voice: ana}
  Ben: {voice: ben}
---
**Ana:** The first line of all.

**Ben:** The second line of it.

**Ana:** And this is the last one.
"""
VOICE = """\
language: en  # British, somewhat
consent: {owner: Ana, kind: self, date: 2026-01-01, allowed_uses: any}
reference: reference.wav
"""


def clip(seed):
    return to_wav(np.random.default_rng(seed).normal(0, 0.1, 8000).astype(np.float32), 24_000)


@pytest.fixture
def project(tmp_path):
    for seed, name in enumerate(("ana", "ben")):
        folder = tmp_path / "voices" / name
        folder.mkdir(parents=True)
        (folder / "voice.yaml").write_text(VOICE)
        (folder / "reference.wav").write_bytes(clip(seed))
    (tmp_path / "s.md").write_text(SCRIPT)
    return tmp_path


@pytest.fixture
def embedded(tmp_path, monkeypatch):
    """How many recordings fake-clone embedded since the last look, and what it spoke with."""
    path = tmp_path / "embedded.log"
    monkeypatch.setenv("FAKE_EMBEDDED", str(path))

    def look():
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        made = [line for line in lines if line.startswith("embed ")]
        return len(made), {line for line in lines if line.startswith("speak ")}

    return look


def render(folder, script="s.md", name="s"):
    with engines():
        return render_with(1, folder, script, name)


def render_with(workers, folder, script="s.md", name="s"):
    events = []
    outputs = Outputs(folder / "out", name, (Format("wav"),))
    request = Request(folder / script, "fake-clone", folder / "voices")
    produce(Order(request, outputs, folder / "store", workers=workers), events.append)
    return next(event for event in events if isinstance(event, RenderDone))


def keys(folder, model="1"):
    flags = EngineFlags((Flag("model", model),))
    request = Request(folder / "s.md", "fake-clone", folder / "voices", flags=flags)
    return [job.key for job in open_project(request).plan.jobs]


def voice(folder, name="ana"):
    return open_voices(folder / "voices").find(name)


def pinned(folder, name="ana", **flags):
    store = Store(folder / "store")
    with engines():
        return pin(voice(folder, name), "fake-clone", EngineFlags(**flags), store, lambda _: None)


# --- made once ------------------------------------------------------------------------------


def test_an_embedding_is_made_once_across_runs_and_processes(project, embedded, spoken):
    render_with(2, project)
    assert embedded()[0] == 2
    (project / "s.md").write_text(SCRIPT.replace("last one", "end"))
    render_with(1, project)
    assert len(spoken()) == 3 + 1
    assert embedded()[0] == 0
    assert render(project).unchanged


def test_two_renders_at_once_make_it_once(project, embedded):
    (project / "t.md").write_text(SCRIPT.replace("line", "sentence"))
    command = [sys.executable, "-m", "podforge", "render", "--engine", "fake-clone", "--quiet",
               "--cache", project / "store", "--format", "wav", "-j", "1"]  # fmt: skip
    both = [
        subprocess.Popen([*command, f"{name}.md"], cwd=project, stdout=subprocess.DEVNULL)
        for name in "st"
    ]
    assert [process.wait(60) for process in both] == [0, 0]
    assert embedded()[0] == 2


def test_a_changed_recording_makes_a_new_one_for_its_own_lines(project, embedded, spoken):
    render(project)
    before = keys(project)
    embedded(), spoken()
    (project / "voices" / "ana" / "reference.wav").write_bytes(clip(9))
    after = keys(project)
    assert [a == b for a, b in zip(after, before, strict=True)] == [False, True, False]
    render(project)
    made, used = embedded()
    assert (made, len(used), len(spoken())) == (1, 1, 2)
    (project / "voices" / "ana" / "reference.wav").write_bytes(clip(0))
    assert keys(project) == before
    render(project)
    assert embedded()[0] == 0


def test_one_that_is_damaged_in_the_store_is_made_again(project, embedded):
    render(project)
    embedded()
    store = Store(project / "store")
    for path in (project / "store" / "records" / "embedding").rglob("*.json"):
        record = store.find("embedding", path.stem)
        blob = project / "store" / "blobs" / record["blob"][:2] / record["blob"]
        blob.write_bytes(b"x" * record["length"])
    (project / "s.md").write_text(SCRIPT.replace("line", "sentence"))
    render(project)
    assert embedded()[0] == 2


# --- a voice needs a recording --------------------------------------------------------------


def test_a_voice_without_a_recording_is_refused_where_the_script_asks_for_it(project, embedded):
    (project / "voices" / "ben" / "voice.yaml").write_text("language: en\n")
    with pytest.raises(InputError) as caught:
        render(project)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{project / 's.md'}:5:")
    assert "`podforge voices add ben clip.wav`" in problem.text
    assert embedded() == (0, set())


def test_a_cloning_engine_needs_no_settings_of_a_voice(project):
    made = make_voice(voice(project), find_engine("fake-clone"))
    assert made.settings == {}
    assert made.digest == origin_digest(project)
    assert made.embedding == ""


def origin_digest(folder, name="ana"):
    return hashlib.sha256((folder / "voices" / name / "reference.wav").read_bytes()).hexdigest()


# --- pinned ---------------------------------------------------------------------------------


def test_pinning_takes_it_from_the_store_and_makes_it_the_voice(project, embedded, spoken):
    render(project)
    before = keys(project)
    _, used = embedded()
    spoken()
    path = pinned(project)
    assert path == project / "voices" / "ana" / "fake-clone.safetensors"
    assert embedded()[0] == 0
    assert origin_of(path) == Origin(origin_digest(project), "fake-clone 1")
    after = keys(project)
    assert [a == b for a, b in zip(after, before, strict=True)] == [False, True, False]
    render(project)
    assert len(spoken()) == 2
    made, now = embedded()
    assert made == 0
    assert now < used, "it speaks with the very bytes"


def test_a_pinned_voice_stays_when_its_recording_and_the_store_are_gone(project, embedded):
    path = pinned(project)
    before = keys(project)
    assert embedded()[0] == 1
    (project / "voices" / "ana" / "reference.wav").write_bytes(clip(9))
    assert keys(project) == before
    text = (project / "voices" / "ana" / "voice.yaml").read_text()
    (project / "voices" / "ana" / "voice.yaml").write_text(
        text.replace("reference: reference.wav\n", "")
    )
    (project / "voices" / "ana" / "reference.wav").unlink()
    assert keys(project) == before
    render(project)
    assert embedded()[0] == 1, "Ben's"
    sources = open_project(Request(project / "s.md", "fake-clone", project / "voices")).cast.sources
    assert str(path) in sources


def test_another_pinned_file_is_another_voice_and_is_spoken_again(project, spoken):
    path = pinned(project)
    render(project)
    spoken()
    path.write_bytes(path.read_bytes() + b"x")
    render(project)
    assert len(spoken()) == 2


def test_pinning_twice_changes_nothing_and_with_another_model_the_file_alone(project):
    path = pinned(project)
    payload = path.read_bytes()
    assert pinned(project) == path
    assert path.read_bytes() == payload
    pinned(project, flags=(Flag("model", "2"),))
    assert origin_of(path).model == "fake-clone 2"
    assert (project / "voices" / "ana" / "voice.yaml").read_text() == VOICE


def test_unpinning_restores_the_voice(project):
    before, files = keys(project), set((project / "voices" / "ana").iterdir())
    pinned(project)
    assert unpin(voice(project), "fake-clone") is None
    assert set((project / "voices" / "ana").iterdir()) == files
    assert keys(project) == before


def test_unpinning_keeps_a_file_that_cannot_be_made_again(project):
    made = set()
    for seed in (9, 10):
        path = pinned(project)
        payload = path.read_bytes()
        (project / "voices" / "ana" / "reference.wav").write_bytes(clip(seed))
        kept = unpin(voice(project), "fake-clone")
        assert kept.name.startswith("fake-clone.safetensors.")
        assert kept.read_bytes() == payload
        assert voice(project).embeddings == {}
        made.add(kept)
    assert len({kept.read_bytes() for kept in made}) == 2, "none is written over another"


def test_what_cannot_be_pinned_is_said_and_leaves_everything_as_it_was(project):
    folder = project / "voices" / "ana"
    store, flags = Store(project / "store"), EngineFlags()
    with pytest.raises(UsageError, match='"fake" has no speaker embeddings'):
        pin(voice(project), "fake", flags, store, lambda _: None)
    with pytest.raises(UsageError, match="nothing pinned"):
        unpin(voice(project), "fake-clone")
    (folder / "reference.wav").write_bytes(b"broken")
    with pytest.raises(EngineError, match="the fake cannot clone this"):
        pinned(project)
    assert {path.name for path in folder.iterdir()} == {"voice.yaml", "reference.wav"}
    assert (folder / "voice.yaml").read_text() == VOICE
    (folder / "voice.yaml").write_text("language: en\n")
    with pytest.raises(UsageError, match="has no recording"):
        pinned(project)


def test_what_lies_in_the_folder_is_pinned_and_nothing_else(project):
    path = pinned(project)
    folder, text = project / "voices" / "ana", (project / "voices" / "ana" / "voice.yaml")
    assert text.read_text() == VOICE
    path.rename(folder / "kept")
    (folder / "inside.safetensors").symlink_to("kept")
    (folder / "outside.safetensors").symlink_to(project / "voices" / "ben" / "reference.wav")
    (folder / "lost.safetensors").symlink_to("nothing")
    (folder / "folder.safetensors").mkdir()
    (folder / ".hidden.safetensors").write_bytes(b"")
    (folder / "old.safetensors.1").write_bytes(b"")
    assert voice(project).embeddings == {"inside": folder / "inside.safetensors"}
    (folder / "inside.safetensors").rename(path)
    assert pinned(project) == path
    assert path.read_bytes() == (folder / "kept").read_bytes()
    assert not path.is_symlink(), "the link is replaced, not what it leads to"


def test_a_key_in_the_voice_file_pins_nothing(project):
    text = VOICE + "engines:\n  fake-clone: {embedding: fake-clone.safetensors}\n"
    (project / "voices" / "ana" / "voice.yaml").write_text(text)
    assert voice(project).embeddings == {}
    with pytest.raises(InputError, match="fake-clone has no settings"):
        keys(project)


def test_a_pinned_voice_needs_consent_too(project):
    pinned(project)
    path = project / "voices" / "ana" / "voice.yaml"
    path.write_text("language: en\n")
    with pytest.raises(InputError, match=r'needs "consent:"') as caught:
        voice(project)
    assert str(caught.value.problems[0].place) == f"{path}:1:1"


# --- the model ------------------------------------------------------------------------------


def test_what_another_model_made_is_never_spoken_with(project, embedded):
    for name in ("ana", "ben"):
        pinned(project, name, flags=(Flag("model", "2"),))
    embedded()
    with pytest.raises(InputError) as caught:
        render(project)
    assert [str(problem) for problem in caught.value.problems] == [
        f"{project / 'voices' / name}: error: {name} is pinned for the model fake-clone 2, and "
        "this run uses fake-clone 1: pin it again or name that model"
        for name in ("ana", "ben")
    ]
    assert embedded() == (0, set())
    assert len(keys(project, model="2")) == 3
    for name in ("ana", "ben"):
        pinned(project, name)
    assert len(keys(project)) == 3


def test_a_model_that_is_not_here_yet_is_not_compared(project):
    pinned(project, flags=(Flag("model", "owner/name@c0ffee"),))
    assert len(keys(project, model="owner/name@?")) == 3
    with pytest.raises(InputError, match="this run uses fake-clone owner/name@beef"):
        keys(project, model="owner/name@beef")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"not of the kind",
        (2**63).to_bytes(8, "little") + b"{}",
        (4).to_bytes(8, "little") + b"null",
        (2).to_bytes(8, "little") + b"{}",
        (90_000).to_bytes(8, "little") + b"[" * 90_000,
    ],
    ids=["empty", "other", "long", "null", "bare", "deep"],
)
def test_a_file_that_does_not_say_its_model_is_not_compared(project, payload):
    path = project / "voices" / "ana" / "fake-clone.safetensors"
    path.write_bytes(payload)
    assert origin_of(path) == Origin()
    assert len(keys(project)) == 3


def test_vibevoice_says_where_its_embeddings_are_from(tmp_path):
    torch = pytest.importorskip("torch")
    from podforge.engines.vibevoice.latents import Latents, packed

    path = tmp_path / "vibevoice.safetensors"
    path.write_bytes(packed(Latents(torch.ones(2, 4), torch.ones(2, 4)), "abc", "m@1").payload)
    assert origin_of(path) == Origin("abc", "m@1")


# --- the commands ---------------------------------------------------------------------------


def test_the_commands_pin_show_and_unpin(project):
    done = podforge("voices", "pin", "ana", "--engine", "fake-clone", cwd=project)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("voices/ana/fake-clone.safetensors\n")
    shown = podforge("voices", "show", "ana", cwd=project).stdout
    assert "fake-clone.safetensors, made of this recording, model fake-clone 1" in shown
    (project / "voices" / "ana" / "reference.wav").write_bytes(clip(9))
    shown = podforge("voices", "show", "ana", cwd=project).stdout
    assert "made of another recording, model" in shown
    done = podforge("voices", "unpin", "ana", "--engine", "fake-clone", cwd=project)
    assert done.returncode == 0
    assert "made of another recording: kept as fake-clone.safetensors." in done.stderr
    assert "pinned" not in podforge("voices", "show", "ana", cwd=project).stdout
    podforge("voices", "pin", "ana", "--engine", "fake-clone", cwd=project)
    done = podforge("voices", "unpin", "ana", "--engine", "fake-clone", cwd=project)
    assert "`podforge voices pin ana --engine fake-clone` makes it again" in done.stderr
    pinned(project)
    rows = podforge("voices", "list", cwd=project).stdout.splitlines()
    (ana,) = (row.split("\t") for row in rows if row.startswith("ana\t"))
    assert "fake-clone" in ana[2].split()
    done = podforge("voices", "pin", "ana", "--engine", "espeak", cwd=project)
    assert done.returncode in (2, 65)
    assert "Traceback" not in done.stderr


def test_a_new_recording_says_that_the_old_one_is_still_pinned(project):
    pinned(project)
    (project / "new.wav").write_bytes(to_wav(speech(12, 24_000, 1), 24_000))
    add = ("voices", "add", "ana", "new.wav", "--i-have-rights", "--owner", "Ana", "--force")
    for still in (True, False):
        done = podforge(*add, cwd=project)
        assert done.returncode == 0, done.stderr
        assert ("warning: fake-clone.safetensors is still pinned" in done.stderr) == still
        pinned(project)
