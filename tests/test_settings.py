"""Settings of engines come from many places; each problem is told where the setting was made."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from podforge.cast import Limits
from podforge.delivering import Outputs
from podforge.encodings import Format
from podforge.errors import (
    InputError,
    Place,
    PodforgeError,
    SettingError,
    Unavailable,
    UsageError,
)
from podforge.events import FetchDone, FetchProgress, FetchStarted, Planned
from podforge.plan import make_plan
from podforge.produce import Order, produce
from podforge.project import Engines, Request, foreign_speech, open_project
from podforge.reading import read
from podforge.script import Header, Setting
from podforge.settings import (
    Config,
    ConfigFile,
    EngineFlags,
    Flag,
    find_project_file,
    parse_flag,
    placed,
    read_config,
    values,
)
from tests.builders import cast_of, say, script_of
from tests.in_process import podforge

HEAD = "---\ntitle: T\nspeakers: {Mara: mara, Tobias: tobias}\n"
BODY = "---\n\n**Mara:** Good evening.\n\n**Tobias:** Good night.\n"


def episode(folder: Path, *front: str, body: str = BODY) -> Path:
    path = folder / "s.md"
    path.write_text(HEAD + "".join(f"{line}\n" for line in front) + body)
    return path


def project_file(folder: Path, text: str) -> Path:
    (folder / "podforge.yaml").write_text(text)
    return folder / "podforge.yaml"


def flags(*given: Flag, **more: bool) -> EngineFlags:
    return EngineFlags(given, **more)


def opened(script: Path, *given: Flag, engine: str = "fake-model"):
    return open_project(Request(script, engine, flags=flags(*given)))


def problem(error: InputError) -> str:
    return re.sub(r"^.*/", "", str(error))


# --- which value wins ------------------------------------------------------------------------


def test_a_flag_wins_over_the_script_and_the_script_over_the_project_file(tmp_path):
    script = episode(tmp_path)
    assert opened(script).cast.engines["fake-model"].settings == {"steps": 10}
    project_file(tmp_path, "engines: {fake-model: {steps: 5, device: mps}}\n")
    assert opened(script).settings["fake-model"] == {"steps": "5", "device": "mps"}
    script = episode(tmp_path, "engines: {fake-model: {steps: 7}}")
    assert opened(script).settings["fake-model"] == {"steps": "7", "device": "mps"}
    project = opened(script, Flag("steps", "20"))
    assert project.settings["fake-model"] == {"steps": "20", "device": "mps"}
    assert project.cast.engines["fake-model"].settings == {"steps": 20}
    assert project.plan.jobs[0].key != opened(script).plan.jobs[0].key


PLACES = st.dictionaries(st.sampled_from("abc"), st.text("xyz", min_size=1), max_size=3)


@tried(deadline=None, max_examples=30)  # each asks for the installed engines
@given(PLACES, PLACES, PLACES)
def test_each_setting_comes_from_the_first_place_that_has_it(file, header, typed):
    def written(place: str, texts: dict[str, str]) -> dict[str, Setting]:
        return {name: Setting(text, Place(place)) for name, text in texts.items()}

    engines = Engines(
        Place("s.md"),
        {"fake": written("s.md", header)},
        Config((ConfigFile(engines={"fake": written("podforge.yaml", file)}),)),
        flags(*(Flag(name, text, "fake") for name, text in typed.items())),
    )
    found = engines.written("fake")
    assert {name: setting.text for name, setting in found.items()} == {**file, **header, **typed}
    for name, setting in found.items():
        if name in typed:
            assert setting.flag == f"--set fake.{name}"
        else:
            assert setting.place.file == ("s.md" if name in header else "podforge.yaml")


def test_the_engine_of_the_project_file_is_for_those_who_name_none(tmp_path):
    script = episode(tmp_path)
    project_file(tmp_path, "engine: fake-model\n")
    assert list(open_project(Request(script)).cast.engines) == ["fake-model"]
    assert list(open_project(Request(script, "tone")).cast.engines) == ["tone"]
    assert list(open_project(Request(episode(tmp_path, "engine: fake"))).cast.engines) == ["fake"]


def test_an_unknown_engine_of_the_project_file_is_told_at_its_place(tmp_path):
    script = episode(tmp_path)
    project_file(tmp_path, "# ours\nengine: fake-modl\n")
    with pytest.raises(InputError, match=r'podforge.yaml:2:1: error: no engine called "fake-modl"'):
        open_project(Request(script))


def test_the_project_file_belongs_to_what_a_project_is_made_of(tmp_path):
    path = project_file(tmp_path, "engine: fake\n")
    sources = open_project(Request(episode(tmp_path))).cast.sources
    assert str(path) in sources


# --- flags -----------------------------------------------------------------------------------

TWO = "speakers: {Mara: {voice: mara, engine: fake-model}, Tobias: {voice: tobias, engine: fake}}"


def test_a_flag_goes_to_every_engine_that_knows_it_and_to_no_other(tmp_path):
    script = tmp_path / "s.md"
    script.write_text(f"---\n{TWO}\n" + BODY)
    project = open_project(Request(script, flags=flags(Flag("steps", "20"))))
    assert project.settings == {"fake-model": {"steps": "20"}, "fake": {}}
    more = flags(Flag("steps", "20"), parse_flag("fake.gap=0.5"), parse_flag("fake-model.steps=9"))
    project = open_project(Request(script, flags=more))
    assert project.settings == {"fake-model": {"steps": "9"}, "fake": {"gap": "0.5"}}


def test_a_flag_that_no_engine_knows_names_those_in_use_and_what_they_know(tmp_path):
    script = tmp_path / "s.md"
    script.write_text(f"---\n{TWO}\n" + BODY)
    with pytest.raises(UsageError, match=r"--guidance: no engine in use knows it") as caught:
        open_project(Request(script, flags=flags(Flag("guidance", "2"))))
    assert "fake-model (model, device, steps, window)" in str(caught.value)
    assert "fake (no flags)" in str(caught.value)
    with pytest.raises(UsageError, match=r'--set tone.x: the engine "tone" is not in use'):
        open_project(Request(script, flags=flags(parse_flag("tone.x=1"))))


def test_set_takes_an_engine_a_setting_and_a_value():
    assert parse_flag("a-b.steps=x=1") == Flag("steps", "x=1", "a-b")
    assert parse_flag("a.b.steps=") == Flag("steps", "", "a.b")
    for text in ("steps=1", "a.steps", ".steps=1", "a.=1", ""):
        with pytest.raises(UsageError, match=r"ENGINE\.SETTING=VALUE"):
            parse_flag(text)


# --- where a problem is told -----------------------------------------------------------------


def test_a_wrong_value_is_told_where_it_stands(tmp_path):
    script = episode(tmp_path, "engines:", "  fake-model:", "    device: cpu", "    steps: many")
    with pytest.raises(InputError) as caught:
        opened(script)
    assert problem(caught.value) == 's.md:7:5: error: steps: "many" is not a number'
    script = episode(tmp_path)
    project_file(tmp_path, "engines:\n  fake-model:\n    window: wide\n")
    with pytest.raises(InputError) as caught:
        opened(script)
    assert problem(caught.value) == 'podforge.yaml:3:5: error: window: "wide" is not a number'
    with pytest.raises(UsageError, match=r'^--window: "x" is not a number$'):
        opened(script, Flag("window", "x"))
    with pytest.raises(UsageError, match=r"^--set fake-model\.stepz: .* \(try steps\)$"):
        opened(script, Flag("window", "1"), parse_flag("fake-model.stepz=1"))


def test_a_wrong_setting_of_an_engine_that_has_none_is_told_at_its_place(tmp_path):
    script = episode(tmp_path, "engines: {espeak: {foo: 1}}")
    with pytest.raises(InputError, match='no setting "foo"') as caught:
        open_project(Request(script, "espeak"))
    assert problem(caught.value).startswith("s.md:4:20: error:")


def test_a_complaint_without_a_setting_is_about_the_only_one_or_the_script():
    usual, one, other = Place("s.md"), Setting("1", Place("s.md", 4, 2)), Setting("2", Place("p"))
    complaint = UsageError("it is no good")

    def told(error: UsageError, written: dict[str, Setting]) -> PodforgeError:
        return placed(error, written, usual)

    assert str(told(complaint, {"a": one})) == "s.md:4:2: error: it is no good"
    assert str(told(complaint, {"a": one, "b": other})) == "s.md: error: it is no good"
    assert str(told(SettingError("no", "b"), {"a": one, "b": other})) == "p: error: b: no"
    assert str(told(SettingError("no", "c"), {"a": one})) == "s.md: error: c: no"


def test_settings_of_an_engine_nearly_called_like_another_are_warned_about(tmp_path):
    script = episode(tmp_path, "engines: {fake-modle: {steps: 1}, elsewhere: {x: 1}}")
    (warning,) = opened(script).script.warnings
    assert warning.text == 'no engine is called "fake-modle" (did you mean "fake-model"?)'
    assert (warning.place.line, warning.severity) == (4, "warning")


# --- the project file ------------------------------------------------------------------------


def test_the_one_in_the_documentation_reads(tmp_path):
    page = Path(__file__).parents[1] / "docs" / "settings.md"
    example, own, front = re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.M | re.S)
    project_file(tmp_path, example)
    user = Path(os.environ["XDG_CONFIG_HOME"]) / "podforge" / "config.yaml"
    user.parent.mkdir(parents=True)
    user.write_text(own)
    found = read_config(tmp_path)
    assert found.option("cache")
    assert found.engines["NAME"]["api_key"].text
    assert found.engine
    assert set(found.engines[found.engine.text]) == {"model", "steps", "window"}
    (tmp_path / "s.md").write_text(front + "\n**Mara:** Good evening.\n")
    header = read(tmp_path / "s.md").header
    assert {name: s.text for name, s in header.engines[header.engine].items()} == {
        "steps": "20", "seed": "7",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("engin: x\n", "1:1", r'no key "engin" \(did you mean "engine"\?\)'),
        ("store: x\n", "1:1", r'no key "store" \(there are author, cache, '),
        ("engine: [a]\n", "1:1", '"engine" is one text'),
        ("engine:\n", "1:1", '"engine" is one text'),
        ("engines: espeak\n", "1:10", '"engines" is a map'),
        ("engines:\n  fake: fast\n", "2:9", "the settings for fake are a map"),
        ("engines:\n  fake:\n    gap: {a: 1}\n", "3:5", '"gap" is one text'),
        ("- a\n", "1:1", "podforge.yaml is a map"),
        ("a: 1\na: 2\n", "2:1", "stands here again"),
        ("engine: &x fake\n", "1:9", "anchors"),
    ],
)
def test_what_is_wrong_with_it_is_told_at_its_place(text, where, says, tmp_path):
    project_file(tmp_path, text)
    with pytest.raises(InputError, match=says) as caught:
        read_config(tmp_path)
    assert problem(caught.value).startswith(f"podforge.yaml:{where}: error:")


def test_all_that_is_wrong_with_it_is_told_at_once(tmp_path):
    project_file(tmp_path, "engin: x\nstore: y\nengines: {fake: 1}\n")
    with pytest.raises(InputError) as caught:
        read_config(tmp_path)
    assert [p.place.line for p in caught.value.problems] == [1, 2, 3]


def test_it_is_utf_8_and_may_be_empty(tmp_path):
    path = project_file(tmp_path, "# nothing yet\nengines:\n")
    assert read_config(tmp_path) == Config((ConfigFile(path, shared=True),))
    path.write_bytes(b"engine: \xff\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_config(tmp_path)
    path.write_bytes(b"\xef\xbb\xbfengine: fake\n")
    found = read_config(tmp_path).engine
    assert found
    assert found.text == "fake"


def test_the_nearest_one_counts_up_to_the_repository(tmp_path):
    inner = tmp_path / "repository" / "season" / "episode"
    inner.mkdir(parents=True)
    far = project_file(tmp_path, "engine: fake\n")
    assert find_project_file(inner) == far
    (tmp_path / "repository" / ".git").touch()  # a worktree has a file there
    assert find_project_file(inner) is None
    near = project_file(tmp_path / "repository", "engine: fake\n")
    assert find_project_file(inner) == near
    nearest = project_file(inner, "engine: fake\n")
    assert find_project_file(inner) == nearest
    assert find_project_file(inner / ".." / "..") == near


def test_the_home_folder_is_no_project_of_what_lies_below_it(tmp_path, monkeypatch):
    home = tmp_path / "home"
    inner = home / "shows" / "one"
    inner.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    project_file(tmp_path, "engine: fake\n")
    own = project_file(home, "engine: fake\n")
    assert find_project_file(inner) is None
    assert find_project_file(home) == own
    assert find_project_file(project_file(home / "shows", "").parent) == home / "shows" / own.name


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_nothing_counts_above_a_folder_that_others_may_write_into(mode, tmp_path):
    script = tmp_path / "open" / "mine"
    script.mkdir(parents=True)
    far = project_file(tmp_path, "engine: fake\n")
    assert find_project_file(script) == far
    (tmp_path / "open").chmod(mode)
    assert find_project_file(script) is None
    near = project_file(tmp_path / "open", "engine: fake\n")
    assert find_project_file(script) == near  # our own


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_or_folder_of_somebody_else_does_not_count(tmp_path):
    script = tmp_path / "folder" / "mine"
    script.mkdir(parents=True)
    far = project_file(tmp_path, "engine: fake\n")
    near = project_file(script, "engine: espeak\n")
    os.chown(near, 12345, -1)
    assert find_project_file(script) == far
    os.chown(tmp_path / "folder", 12345, -1)
    assert find_project_file(script) is None
    os.chown(script, 12345, -1)  # a folder that was mounted: its owner is who wrote the script
    assert find_project_file(script) == near


# --- folders ---------------------------------------------------------------------------------


def test_a_models_folder_is_relative_to_the_file_that_says_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    season = tmp_path / "season"
    (season / "models" / "here").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def model(text: str, place: str = "season/podforge.yaml", **flag: str) -> object:
        return values({"model": Setting(text, Place(place), **flag)})["model"]

    assert model("models/here") == str(season / "models" / "here")
    assert model("./models/none") == str(season / "models" / "none")
    assert model("../season/models") == str(season / "models")
    assert model("~/m") == str(tmp_path / "home" / "m")
    assert model("/m/../n") == "/n"
    assert model("models/none") == "models/none"  # the name of a published model
    assert model("models/here", "s.md") == "models/here"
    assert model("models/here", flag="--model") == "models/here"
    assert model("./season", flag="--model") == str(season)
    assert model("") == ""
    assert model("x" * 5000) == "x" * 5000
    assert model("a\0b") == "a\0b"
    with pytest.raises(SettingError):
        model("~nobody-at-all/m")
    assert values({"device": Setting("./cpu", Place("s.md"))}) == {"device": "./cpu"}


def test_a_project_file_above_the_script_says_where_its_models_are(tmp_path):
    (tmp_path / "models" / "tiny").mkdir(parents=True)
    project_file(tmp_path, "engines: {fake-model: {model: models/tiny}}\n")
    (tmp_path / "season").mkdir()
    project = opened(episode(tmp_path / "season"))
    assert project.settings["fake-model"]["model"] == str(tmp_path / "models" / "tiny")


# --- fetching models -------------------------------------------------------------------------


@pytest.fixture
def fetches(tmp_path, monkeypatch):
    """What was fetched since the last look."""
    log = tmp_path / "fetches.log"
    monkeypatch.setenv("FAKE_FETCHES", str(log))

    def look() -> list[str]:
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    return look


def order(script: Path, tmp_path: Path, given: EngineFlags) -> Order:
    outputs = Outputs(tmp_path / "out", "s", (Format("wav"),))
    return Order(Request(script, "fake-model", flags=given), outputs, tmp_path / "store")


def test_only_a_render_fetches_and_once_an_engine(tmp_path, fetches):
    script = episode(tmp_path)
    opened(script)
    assert fetches() == []
    events: list[object] = []
    produce(order(script, tmp_path, flags()), events.append)
    assert fetches() == ["fake/base offline=False update=False"]
    kinds = [type(event) for event in events[1:5]]
    assert kinds == [FetchStarted, FetchProgress, FetchDone, Planned]


def test_flags_reach_the_fetching(tmp_path, fetches):
    script = episode(tmp_path)
    given = flags(Flag("model", "a/b"), offline=True, update=True)
    produce(order(script, tmp_path, given), lambda _: None)
    assert fetches() == ["a/b offline=True update=True"]


def test_a_missing_model_offline_says_what_to_do(tmp_path):
    given = flags(Flag("model", "missing/model"), offline=True)
    with pytest.raises(Unavailable, match=r"missing/model is not here \(render without --off"):
        produce(order(episode(tmp_path), tmp_path, given), lambda _: None)


def test_nothing_is_fetched_for_a_setting_or_a_voice_that_is_wrong(tmp_path, fetches):
    with pytest.raises(UsageError):
        produce(order(episode(tmp_path), tmp_path, flags(Flag("window", "x"))), lambda _: None)
    script = episode(tmp_path)
    script.write_text(script.read_text().replace("mara", "nobody"))
    with pytest.raises(InputError):
        produce(order(script, tmp_path, flags()), lambda _: None)
    assert fetches() == []


# --- languages -------------------------------------------------------------------------------

FRENCH = """\
---

**Mara:** Good evening.

**Tobias:** Bonsoir.

**Tobias:** Encore.

**Mara:** Good night.
"""


def languages(script: Path) -> list[str]:
    return [f"{w.place.line} {w.text}" for w in opened(script).script.warnings]


def test_a_language_the_engine_was_not_made_for_is_warned_about_once_a_speaker(tmp_path):
    head = HEAD.replace("Tobias: tobias", "Tobias: {voice: tobias, language: fr-CA}")
    script = tmp_path / "s.md"
    script.write_text(head + FRENCH)
    (said,) = languages(script)
    assert said == (
        "8 the engine fake-model was made for en, zh; Tobias speaks fr: expect wrong pronunciation"
    )
    assert open_project(Request(script, "fake")).script.warnings == ()  # made for any


def test_the_language_of_the_script_counts_where_it_says_one(tmp_path):
    said = languages(episode(tmp_path, "language: de"))
    assert [line.split(";")[1] for line in said] == [
        " Mara speaks de: expect wrong pronunciation",
        " Tobias speaks de: expect wrong pronunciation",
    ]
    assert languages(episode(tmp_path, "language: zh-Hans")) == []


def test_a_speaker_or_line_marked_with_a_language_is_not_in_that_of_the_script(tmp_path):
    script = episode(tmp_path, "language: de")
    script.write_text(script.read_text().replace("Mara: mara", "Mara: {voice: mara, language: en}"))
    (said,) = languages(script)
    assert "Tobias speaks de" in said
    lines = say("Ana", "Hello.", 1, language="en"), say("Ana", "Hallo.", 2), say("Ana", "Ja.", 3)
    marked = script_of(*lines, header=Header(language="de"))
    cast = cast_of(marked, Limits(rate=16_000, languages=("en",)))
    (warning,) = foreign_speech(marked, make_plan(marked, cast), cast)
    assert warning.place.line == 2


# --- at the command line ---------------------------------------------------------------------


def test_flags_are_read_by_plan_and_by_render(tmp_path, fetches):
    episode(tmp_path, "language: de")
    engine = ("--engine", "fake-model")
    done = podforge("plan", "s.md", *engine, "--steps", "many", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        'podforge: error: --steps: "many" is not a number\n',
    )
    done = podforge("plan", "s.md", *engine, "--set", "fake-model.steps=many", cwd=tmp_path)
    assert (done.returncode, "--set fake-model.steps: " in done.stderr) == (2, True)
    done = podforge("render", "s.md", "-n", *engine, "--set", "fake-model.steps=12", cwd=tmp_path)
    assert done.returncode == 0
    assert "Mara speaks de" in done.stderr
    assert "Mara speaks de" in podforge("plan", "s.md", *engine, cwd=tmp_path).stderr
    assert fetches() == []
    given = ["--model", "./m", "--offline", "--update-model", "--steps", "3", "--device", "cpu"]
    done = podforge("render", "s.md", *engine, *given, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert fetches() == [f"{tmp_path / 'm'} offline=True update=True"]
    assert "Mara speaks de" in done.stderr
    assert f"  downloading {tmp_path / 'm'}: 3.0 MB" in done.stderr


def test_check_reads_the_project_file(tmp_path):
    episode(tmp_path, "language: de")
    project_file(tmp_path, "engine: fake-model\n")
    assert "was made for en, zh" in podforge("check", "s.md", cwd=tmp_path).stdout
    project_file(tmp_path, "engine: fake-model\nengines: {fake-model: {steps: x}}\n")
    done = podforge("check", "s.md", cwd=tmp_path)
    assert done.returncode == 65
    assert done.stdout == 'podforge.yaml:2:24: error: steps: "x" is not a number\n'
