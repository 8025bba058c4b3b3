"""`podforge voices preview`, and what `voices list` and `show` say of each engine."""

import errno
import json
import re
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from podforge.cli.voices import _tell_added
from podforge.delivery.writing import staging
from podforge.engines import find_engine
from podforge.errors import StorageError
from podforge.metering import gated_level
from podforge.pcm import from_wav, to_wav
from podforge.previewing import LEVEL_LUFS, engine_for, play, player, text_for
from podforge.settings import Config, read_config
from podforge.voices import read_voice
from tests import in_process
from tests.sounds import speech


def run(folder: Path, *arguments, code=0, **env):
    done = in_process.podforge("voices", *arguments, cwd=folder, **env)
    assert done.returncode == code, done.stderr
    return done


def voice(folder: Path, name: str, *lines: str) -> Path:
    place = folder / "voices" / name
    place.mkdir(parents=True)
    (place / "voice.yaml").write_text("\n".join(["language: en-GB", *lines, ""]))
    return place


def recorded(folder: Path, name: str) -> None:
    consent = "consent: {owner: A, kind: self, date: 2026-01-01, allowed_uses: any}"
    place = voice(folder, name, "reference: reference.wav", consent)
    (place / "reference.wav").write_bytes(to_wav(speech(12, 24_000, 1), 24_000))


# --- preview ---------------------------------------------------------------------------------


def test_a_sample_is_levelled_and_costs_nothing_the_second_time(tmp_path, spoken):
    voice(tmp_path, "ana")
    done = run(tmp_path, "preview", "ana", "--engine", "fake", "--json")
    (made,) = json.loads(done.stdout)["samples"]
    assert made["path"] == "output/previews/ana.fake.wav"
    assert made["spoken"]
    assert made["text"] == text_for("en-GB")[0]
    assert len(spoken()) == 1
    samples, rate = from_wav((tmp_path / made["path"]).read_bytes())
    assert len(samples) / rate == pytest.approx(made["seconds"])
    assert gated_level(samples, rate).lufs == pytest.approx(LEVEL_LUFS, abs=0.1)
    before = (tmp_path / made["path"]).read_bytes()
    again = run(tmp_path, "preview", "ana", "--engine", "fake")
    assert again.stdout == "output/previews/ana.fake.wav\n"
    assert spoken() == []
    assert (tmp_path / made["path"]).read_bytes() == before


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "nothing in --text is said"), ("  ", "nothing in --text is said"),
     ("... !", "nothing in --text is said"), ("\U0001f600", "nothing in --text is said"),
     ("word " * 500, "longer than 2 000 characters")],
)  # fmt: skip
def test_a_text_that_cannot_be_a_sample_is_refused(tmp_path, spoken, text, says):
    voice(tmp_path, "ana")
    done = run(tmp_path, "preview", "ana", "--engine", "fake", "--text", text, code=2)
    assert says in done.stderr
    assert spoken() == []


def test_a_sample_that_fails_is_told_once_and_of_no_line(tmp_path):
    voice(tmp_path, "ana")
    say = ("preview", "ana", "--engine", "fake", "--text", "RAISE this.")
    done = run(tmp_path, *say, code=75)
    assert "change the line" not in done.stderr
    assert "ana could not say it on the engine fake" in done.stderr
    assert not re.search(r"(\S*voice.yaml): \1", done.stderr)


def test_a_folder_that_takes_no_file_is_named_itself(tmp_path, monkeypatch):
    def refuse(prefix, dir):  # noqa: A002 - as tempfile calls it; root may write anywhere
        raise PermissionError(errno.EACCES, "Permission denied", f"{dir}/{prefix}x")

    monkeypatch.setattr("podforge.temporary.tempfile.mkdtemp", refuse)
    with pytest.raises(StorageError) as caught, staging(tmp_path):
        pass
    assert f"{tmp_path} failed: Permission denied" in str(caught.value)


def test_text_and_file_are_as_they_are_asked_for(tmp_path):
    done = run(tmp_path, "preview", "mara", "--text", "Chapter 2.", "-o", "x/two.wav")
    assert done.stdout == "x/two.wav\n"
    short = len(from_wav((tmp_path / "x" / "two.wav").read_bytes())[0])
    run(tmp_path, "preview", "mara", "--text", "Chapter 2, and a good deal more.", "-o", "y.wav")
    assert len(from_wav((tmp_path / "y.wav").read_bytes())[0]) > 2 * short
    assert "no WAV file" in run(tmp_path, "preview", "mara", "-o", "two.mp3", code=2).stderr
    assert "name voices" in run(tmp_path, "preview", code=2).stderr


def test_several_voices_make_a_page_and_all_passes_over_those_that_cannot(tmp_path, monkeypatch):
    monkeypatch.setattr("podforge.project.shipped_voices", lambda: tmp_path / "voices")
    voice(tmp_path, "ana", "description: nothing for espeak")
    for name in ("mara", "walter"):
        voice(tmp_path, name, "engines:", "  espeak: {voice: en}")
    only = ("--text", "<b>Hi</b>.")
    done = run(tmp_path, "preview", "mara", "walter", *only)
    folder = "output/previews"
    assert done.stdout.split() == [
        f"{folder}/mara.espeak.wav", f"{folder}/walter.espeak.wav", f"{folder}/index.html"
    ]  # fmt: skip
    page = (tmp_path / folder / "index.html").read_text()
    assert 'src="walter.espeak.wav"' in page
    assert "&lt;b&gt;Hi" in page
    assert "has no settings" in run(tmp_path, "preview", "mara", "ana", *only, code=65).stderr
    done = run(tmp_path, "preview", "--all", *only, "--engine", "espeak", "-o", "all")
    assert "ana is passed over: " in done.stderr
    assert len(list((tmp_path / "all").glob("*.espeak.wav"))) == 2


def test_the_engine_is_the_voices_then_the_projects_then_one_it_is_set_for(tmp_path):
    plain = read_voice(voice(tmp_path, "a"))
    set_for = read_voice(voice(tmp_path, "b", "engines:", "  kokoro: {voice: af_heart}"))
    own = read_voice(voice(tmp_path, "c", "engine: tone", "engines:", "  espeak: {voice: en}"))
    (tmp_path / "podforge.yaml").write_text("engine: fake\n")
    project = read_config(tmp_path)
    assert [engine_for(each, Config()) for each in (plain, set_for, own)] == [
        "espeak", "kokoro", "tone"
    ]  # fmt: skip
    assert [engine_for(each, project) for each in (plain, set_for, own)] == ["fake", "fake", "tone"]


def test_a_voice_says_its_sample_in_its_own_language_as_far_as_there_is_one():
    assert text_for("de-AT")[1] == "de-AT"
    assert text_for("fr")[0] != text_for("en")[0]
    assert text_for("sv") == (text_for("en")[0], "en")


def test_it_is_played_with_what_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert player() == []
    program = tmp_path / "aplay"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/played\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    play(Path("some.wav"), player())
    assert (tmp_path / "played").read_text().split() == ["-q", str(Path("some.wav").absolute())]
    (tmp_path / "ffplay").symlink_to(program)
    assert player()[0].endswith("ffplay")
    play(Path("some.wav"), [str(tmp_path / "gone")])  # no more than that


# --- list and show ---------------------------------------------------------------------------


def test_show_says_what_there_is_for_each_engine_and_what_is_missing(tmp_path):
    recorded(tmp_path, "ana")
    found = json.loads(run(tmp_path, "show", "ana", "--json").stdout)
    by_name = {each["engine"]: each for each in found["engines"]}
    assert by_name["fake-clone"] == {
        "engine": "fake-clone", "own": True, "settings": {}, "recording": True, "embedding": "",
        "missing": "",
    }  # fmt: skip
    assert 'add "espeak:" under "engines:"' in by_name["espeak"]["missing"]
    assert not by_name["tone"]["own"]
    run(tmp_path, "preview", "ana", "--engine", "fake-clone", "--text", "Hello there, all of you.")
    shown = run(tmp_path, "show", "ana").stdout
    assert "its recording; embedding in the store" in shown
    shown = run(tmp_path, "show", "mara").stdout
    assert "needs a recording" in shown
    assert "podforge voices add mara clip.wav" in shown
    (pocket,) = (line for line in shown.splitlines() if line.startswith("engine pocket"))
    assert "missing: " in pocket
    assert 'under "pocket:"' in pocket


def test_an_embedding_is_shown_also_of_an_engine_that_could_do_without(tmp_path, monkeypatch):
    kind = type(find_engine("fake-clone"))
    monkeypatch.setattr(kind, "needs_reference", False)
    monkeypatch.setattr(kind, "recording", lambda self, settings: "used")
    recorded(tmp_path, "ana")
    run(tmp_path, "preview", "ana", "--engine", "fake-clone", "--text", "Hello there, all of you.")
    shown = run(tmp_path, "show", "ana").stdout
    assert "its recording; embedding in the store" in shown


def test_a_voice_that_was_added_says_which_engines_have_all_of_it(tmp_path, monkeypatch, capsys):
    recorded(tmp_path, "ana")
    monkeypatch.chdir(tmp_path)
    consent = SimpleNamespace(kind="self", owner="A", date="2026-01-01")
    added = SimpleNamespace(folder=tmp_path / "voices" / "ana", clip="a.wav", consent=consent)
    _tell_added(added, SimpleNamespace(steps=(), warnings=(), seconds=12.0))
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "engines" in line)
    assert {"pocket", "vibevoice"} <= set(line.split())
    assert "espeak" not in line


def test_list_has_the_engines_that_a_voice_has_all_for(tmp_path):
    recorded(tmp_path, "ana")
    voice(tmp_path, "ben", "engine: espeak", "engines:", "  espeak: {voice: en}", "  nix: {x: y}")
    voice(tmp_path, "cay")
    rows = dict(line.split("\t")[::2] for line in run(tmp_path, "list").stdout.splitlines())
    assert {"fake-clone", "vibevoice"} <= set(rows["ana"].split())
    assert {"espeak", "nix"} <= set(rows["ben"].split())
    assert rows["cay"] == ""
    facts = json.loads(run(tmp_path, "list", "--json").stdout)["voices"]
    (ben,) = (each for each in facts if each["name"] == "ben")
    assert ben["engine"] == "espeak"
    assert "nix" not in {each["engine"] for each in ben["engines"]}
    assert "x y (not installed)" in run(tmp_path, "show", "ben").stdout
