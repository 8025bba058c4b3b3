"""The examples, each as the plan it becomes.  UPDATE_SNAPSHOTS=1 writes the plans again."""

import json
import os
from pathlib import Path

import pytest

from podforge.cli.plan import plan_facts
from podforge.project import Request, open_project
from podforge.reading import SCRIPTS
from podforge.store import Store

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(p for p in (ROOT / "scripts_examples").iterdir() if p.suffix in SCRIPTS)


@pytest.mark.parametrize("engine", ["espeak", "espeak-window"])
@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.name)
def test_the_plan_of_an_example_is_what_it_was(script, engine, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    project = open_project(Request(script.relative_to(ROOT), engine))
    assert project.script.warnings == ()
    facts = plan_facts(project, Store(tmp_path))
    found = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    snapshot = ROOT / "tests" / "snapshots" / f"{script.stem}.{engine}.json"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        snapshot.parent.mkdir(exist_ok=True)
        snapshot.write_text(found)
    assert found == snapshot.read_text()


def test_there_are_the_examples_that_the_readme_speaks_of():
    assert {path.name for path in EXAMPLES} >= {"bakery.md", "lamp-room.md", "council.yaml"}
