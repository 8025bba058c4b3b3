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
    assert by_name["tone"]["speakers"] == "4"
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
    assert done.returncode == 69
    assert "installed: " in done.stderr
