"""`podforge engines`: what can speak, what each can do, and how to add what is missing."""

import json

from podforge.cli.engines import listed
from podforge.engines import engine_names, find_engine
from podforge.engines.base import Need
from tests.in_process import podforge


def test_every_engine_is_listed_with_what_it_can_do():
    done = podforge("engines")
    rows = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
    assert [row[0] for row in rows[1:]] == list(engine_names())
    by_name = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    assert by_name["espeak"]["ready"] == "yes"
    assert by_name["espeak"]["voices"] == "presets"
    assert by_name["vibevoice"]["voices"] == "recordings"
    assert by_name["pocket"]["voices"] == "both"
    assert by_name["vibevoice"]["languages"] == "en, zh"
    assert by_name["qwen3-tts"]["languages"] == "10"
    assert by_name["tone"]["words"] == "yes"
    assert [by_name[name]["network"] for name in ("espeak", "fish", "elevenlabs")] == [
        "no", "yes", "paid"
    ]  # fmt: skip
    assert all(row["what it is"] for row in by_name.values() if not row["name"].startswith("fake"))


def test_what_is_missing_is_told_once_with_its_remedy(monkeypatch):
    pip = "pip install 'podforge[x]'"
    needs = (Need("the package a", False, pip), Need("the package b", False, pip), Need("c", True))
    monkeypatch.setattr("podforge.engines.tone.Tone.needs", lambda self, settings: needs)
    assert f"tone needs the package a, the package b: {pip}" in podforge("engines").stdout
    assert not listed(find_engine("tone")).ready
    shown = podforge("engines", "show", "tone").stdout
    assert "missing: pip install" in shown
    assert "found" in shown


def test_json_says_the_same():
    engines = json.loads(podforge("engines", "list", "--json").stdout)["engines"]
    one = json.loads(podforge("engines", "show", "espeak", "--json").stdout)
    assert one.pop("version") == 1
    assert one == next(each for each in engines if each["name"] == "espeak")


def test_an_unknown_engine_is_an_error_that_names_the_others():
    done = podforge("engines", "show", "espaek")
    assert done.returncode == 2
    assert 'did you mean "espeak"?' in done.stderr
    assert "installed: " in podforge("engines", "show", "zzz").stderr


def test_a_server_that_nobody_asked_is_not_called_ready():
    assert "not asked" in podforge("engines", "show", "kokoro-fastapi").stdout
    assert "not asked" not in podforge("engines", "show", "espeak").stdout


def test_an_engine_is_listed_with_the_settings_of_the_project(tmp_path):
    assert any(what.startswith("the model") for what in missing_in(tmp_path, "kokoro"))
    (tmp_path / "model").mkdir()
    for name in ("kokoro-v1.0.onnx", "voices-v1.0.bin"):
        (tmp_path / "model" / name).write_bytes(b"x")
    (tmp_path / "podforge.yaml").write_text("engines:\n  kokoro: {model: model}\n")
    assert not any(what.startswith("the model") for what in missing_in(tmp_path, "kokoro"))
    shown = podforge("engines", "show", "kokoro", cwd=tmp_path).stdout
    assert f"model: {tmp_path / 'model'}" in shown


def test_one_broken_model_or_setting_hides_no_other_engine(tmp_path):
    model = tmp_path / "pocket"
    model.mkdir()
    for name in ("config.json", "processor_config.json", "tokenizer.json", "model.safetensors"):
        (model / name).write_text("{}")
    (tmp_path / "podforge.yaml").write_text(
        "engines:\n  pocket: {model: pocket}\n  vibevoice: {steps: none}\n"
    )
    done = podforge("engines", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    ready = dict(line.split("\t")[:2] for line in done.stdout.splitlines() if "\t" in line)
    assert (ready["espeak"], ready["pocket"], ready["vibevoice"]) == ("yes", "no", "no")
    assert f"pocket: {model / 'processor_config.json'}: error: names no audio" in done.stdout
    assert "vibevoice: " in done.stdout
    assert "podforge.yaml:3:15: error: " in done.stdout
    listed = json.loads(podforge("engines", "list", "--json", cwd=tmp_path).stdout)["engines"]
    assert [each["name"] for each in listed if each["broken"]] == ["pocket", "vibevoice"]
    assert podforge("engines", "show", "pocket", cwd=tmp_path).returncode == 65


def test_what_is_wrong_with_a_setting_of_the_project_is_told_at_its_place(tmp_path):
    (tmp_path / "podforge.yaml").write_text("engines:\n  vibevoice: {steps: none}\n")
    done = podforge("engines", "show", "vibevoice", cwd=tmp_path)
    assert done.returncode == 65
    assert "podforge.yaml:2:15: error: " in done.stderr


def test_secrets_are_not_shown(tmp_path):
    (tmp_path / "config" / "podforge").mkdir(parents=True)
    user = tmp_path / "config" / "podforge" / "config.yaml"
    user.write_text("engines:\n  elevenlabs: {api_key: hush-hush}\n")
    done = podforge("engines", "show", "elevenlabs", XDG_CONFIG_HOME=str(tmp_path / "config"))
    assert done.returncode == 0, done.stderr
    assert "hush" not in done.stdout


def missing_in(folder, name):
    found = json.loads(podforge("engines", "show", name, "--json", cwd=folder).stdout)
    return [need["what"] for need in found["needs"] if not need["found"]]
