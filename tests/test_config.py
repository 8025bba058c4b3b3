"""Which of all that was said holds, and that it can be seen: flags, environment, files."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from podforge.cli.ordering import Asked, orders_of
from podforge.cli.render import render
from podforge.errors import InputError, UsageError
from podforge.project import Request, open_project
from podforge.reading import Asked as Reading
from podforge.reading import header, read
from podforge.reading.epub import PARTS
from podforge.reading.stating import stated_in
from podforge.script import PAUSES
from podforge.settings import (
    EngineFlags,
    consulted,
    environment_flags,
    find_user_file,
    parse_flag,
    read_config,
)
from podforge.settings import keys as settings_keys
from podforge.settings.engines import SHARED
from podforge.settings.keys import KEYS
from tests.in_process import podforge

BODY = "\n**Mara:** Good evening.\n\n**Tobias:** Good night.\n"
CAST = "speakers: {Mara: mara, Tobias: tobias}\n"


def user_file(text: str) -> Path:
    path = Path(os.environ["XDG_CONFIG_HOME"]) / "podforge" / "config.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def project(folder: Path, text: str = CAST, front: str = "title: T\n") -> Path:
    """A script in a folder of a project."""
    (folder / "podforge.yaml").write_text(text)
    script = folder / "season" / "s.md"
    script.parent.mkdir(exist_ok=True)
    script.write_text(f"---\n{front}---\n{BODY}")
    return script


def shown(*arguments: object, cwd: Path, **env: str) -> dict[str, tuple[str, str]]:
    """Each setting in effect: its value and its origin."""
    done = podforge("config", "show", *arguments, "--json", cwd=cwd, **env)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["settings"]
    return {row["name"]: (row["value"], row["origin"]) for row in rows}


# --- the matrix ------------------------------------------------------------------------------

FLAG, ENVIRONMENT, FRONT, PROJECT, USER = "flag", "environment", "front", "project", "user"
# Each setting of the command with two values, and with what `config show` says of them.
VALUES = {
    "engine": ("tone", "fake"),
    "format": ("wav", "flac"),
    "target": ("-18", "-20"),
    "voices": ("a", "b"),
    "cache": ("a", "b"),
    "output": ("a", "b"),
    "split": ("chapters", "no"),
    "jobs": ("3", "5"),
    "strict": ("yes", "no"),
    "encoding": ("ascii", "cp1252"),
    "include": ("notes", "index"),
    "offline": ("yes", "no"),
    "draft": ("yes", "no"),
}
SWITCHES = ("strict", "offline", "draft")
PATHS = ("voices", "cache", "output")
TWO = (*SWITCHES, "split")  # values there are: either may be said over the other


def levels(key: settings_keys.Key) -> list[str]:
    return [FLAG, ENVIRONMENT, *([FRONT] if key.front else []), PROJECT, USER]


MATRIX = [
    (key, high, low) for key in KEYS for high, low in [*combinations(levels(key), 2), (USER, "")]
]


def said(key: settings_keys.Key, level: str, value: str, tmp_path: Path) -> tuple[list[str], str]:
    """Have a level say a setting: the arguments that do, and the text of the variable."""
    match level:
        case "flag" if key.name in SWITCHES:
            return [f"--{'no-' * (value == 'no')}{key.name}"], ""
        case "flag":
            return [f"--{key.name}", value], ""
        case "environment":
            return [], value
        case "front":
            (tmp_path / "season" / "s.md").write_text(f"---\n{key.front}: {value}\n---\n{BODY}")
        case "project":
            (tmp_path / "podforge.yaml").write_text(f"# ours\n{key.name}: {value}\n")
        case "user":
            user_file(f"{key.name}: {value}\n")
    return [], ""


@pytest.fixture
def folders(tmp_path):
    """Folders `a` and `b` for paths to lead to, in the project and beside the user's file."""
    for base in (tmp_path, user_file("").parent):
        for name in "ab":
            (base / name).mkdir(exist_ok=True)
    project(tmp_path, "")
    return tmp_path


@pytest.mark.parametrize(("key", "high", "low"), MATRIX, ids=lambda x: getattr(x, "name", x))
def test_of_two_places_that_say_a_setting_the_higher_one_holds(key, high, low, folders):
    origins = {
        FLAG: f"--{key.name}",
        ENVIRONMENT: key.variable,
        FRONT: "season/s.md:2:1",
        PROJECT: "podforge.yaml:2:1",
        USER: f"{user_file('')}:1:1",
    }
    for first, second in (VALUES[key.name], VALUES[key.name][::-1])[: 1 + (key.name in TWO)]:
        weak, in_env = said(key, low, second, folders)
        strong, in_env_too = said(key, high, first, folders)
        variables = {key.variable: in_env or in_env_too} if in_env or in_env_too else {}
        row = shown("season/s.md", *weak, *strong, cwd=folders, **variables)[key.name]
        assert row[1] == origins[high]
        if key.name in PATHS:
            base = user_file("").parent if high == USER else folders
            assert (folders / row[0]).resolve() == base / first
        else:
            assert row[0] == first.replace("chapters", "yes")


def test_what_nobody_says_is_a_default(tmp_path):
    assert {shown(cwd=tmp_path)[key.name][1] for key in KEYS} == {"default"}


LEVELS_OF_ENGINES = {
    "--set fake-model.steps": (["--set", "fake-model.steps={}"], "", "", "", ""),
    "--steps": (["--steps", "{}"], "", "", "", ""),
    "PODFORGE_FAKE_MODEL_STEPS": ([], "PODFORGE_FAKE_MODEL_STEPS", "", "", ""),
    "PODFORGE_STEPS": ([], "PODFORGE_STEPS", "", "", ""),
    "s.md": ([], "", "{}", "", ""),
    "podforge.yaml": ([], "", "", "{}", ""),
    "config.yaml": ([], "", "", "", "{}"),
}


@pytest.mark.parametrize(("high", "low"), list(combinations(LEVELS_OF_ENGINES, 2)))
def test_of_two_places_that_say_a_setting_of_an_engine_the_higher_one_holds(high, low, tmp_path):
    arguments, env, files = [], {}, ["", "", ""]
    for level, value in ((low, "7"), (high, "9")):
        words, variable, *texts = LEVELS_OF_ENGINES[level]
        arguments += [word.format(value) for word in words]
        env |= {variable: value} if variable else {}
        wanted = "engines: {{fake-model: {{steps: {}}}}}\n".format
        files = [wanted(value) if text else kept for text, kept in zip(texts, files, strict=True)]
    front, ours, own = files
    user_file(own)
    script = project(tmp_path, ours, f"engine: fake-model\n{front}")
    value, origin = shown(script, *arguments, cwd=tmp_path, **env)["engines.fake-model.steps"]
    assert (value, high in origin) == ("9", True)


SAYINGS = {
    "mode": ("audiobook", "podcast"),
    "language": ("de", "fr"),
    "loudness": ("-18", "-20"),
    "format": ("wav", "flac"),
    "room_tone": ("-70", "off"),
    "urls": ("full", "skip"),
    "headings": ("read", "silent"),
    "unknown_tags": ("drop", "speak"),
    "chapters": ("1", "2"),
    "code": ("skip", "speak"),
    "tables": ("skip", "speak"),
    "footnotes": ("skip", "skip"),
    "pauses": ("{turn: 1}", "{turn: 2}"),
    "rate": ("1.1", "0.9"),
    "defaults": ("{gain: 1}", "{gain: 2}"),
    "disclosure": ("made by us", "off"),
    "speakers": ("{Mara: mara}", "{Mara: tobias}"),
    "lexicon": ("{Nginx: engine x}", "{Nginx: n jinx}"),
}
NAMES_OF_FILES = ("cover", "music")  # of a project: not in the user's file


@pytest.mark.parametrize("key", settings_keys.FRONT)
def test_a_script_says_more_than_the_project_and_that_more_than_the_user(key, tmp_path):
    high, low = SAYINGS.get(key, ("one.png", "two.png"))
    for name in ("one.png", "two.png"):
        (tmp_path / name).touch()
    places = ("season/s.md", "podforge.yaml", "config.yaml")
    for first, second in combinations(places, 2):
        if key in NAMES_OF_FILES and second == "config.yaml":
            continue
        said = dict.fromkeys(places, "") | {second: f"{key}: {low}\n", first: f"{key}: {high}\n"}
        script = project(tmp_path, said["podforge.yaml"], said["season/s.md"])
        user_file(said["config.yaml"])
        usual = read_config(script.parent).front
        found, _ = stated_in(script, Reading(usual=usual))
        assert found[key][0].place.file.endswith(first)


def test_maps_of_front_matter_are_joined_entry_by_entry(tmp_path):
    user_file("pauses: {scene: 3, turn: 9}\n")
    text = "pauses: {turn: 0.3}\nspeakers: {Mara: mara, Tobias: tobias}\nlexicon: {a: b, c: d}\n"
    script = project(tmp_path, text, "pauses: {head: 2}\nspeakers: {Mara: tobias}\nlexicon: {a: x}")
    script.write_text(script.read_text().replace("{a: x}---", "{a: x}\n---"))
    found = open_project(Request(script)).script.header
    assert (found.pauses.scene, found.pauses.turn, found.pauses.head) == (3, 0.3, 2)
    assert {role.name: role.voice for role in found.roles} == {"Mara": "tobias", "Tobias": "tobias"}
    assert found.lexicon == {"a": "x", "c": "d"}


def test_the_tables_of_settings_are_those_of_the_readers_and_of_the_command():
    known = {*header._HEADER, *header._OPTIONS, *header._OWN, *header._ALIASES}
    others = ("engine", "engines", "target")
    assert {*settings_keys.FRONT, *settings_keys.ONE_SCRIPT, *others} == known
    assert (*PARTS, "all") == settings_keys.PARTS
    flags = {word for option in render.params for word in getattr(option, "opts", ())}
    assert {f"--{key.name}" for key in KEYS} <= flags
    assert {f"--{name.replace('_', '-')}" for name in SHARED} <= flags


# --- what is wrong is told where it was said -------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "text", "says"),
    [
        ("PODFORGE_JOBS", "0", '"0" is not a number from 1 to 256'),
        ("PODFORGE_STRICT", "maybe", '"maybe" is neither yes nor no'),
        ("PODFORGE_TARGET", "loud", "no loudness target"),
        ("PODFORGE_FORMAT", "wav,ogx", 'no format called "ogx"'),
        ("PODFORGE_SPLIT", "lines", '"lines" is neither chapters nor no'),
        ("PODFORGE_ENCODING", "utf-9", "no text encoding"),
        ("PODFORGE_INCLUDE", "note", 'no part called "note"'),
        ("PODFORGE_VOICES", "nowhere", "there is no folder nowhere"),
        ("PODFORGE_CACHE", "/dev/null", "/dev/null is not a folder"),
        ("PODFORGE_CACHE", "/dev/null/store", "/dev/null is not a folder"),
        ("PODFORGE_OUTPUT", "/dev/null", "/dev/null is not a folder"),
        ("PODFORGE_ENGINE", "nix", 'no engine called "nix"'),
        ("PODFORGE_FAKE_MODEL_STEPS", "x", '"x" is not a number'),
        ("PODFORGE_STEPS", "x", '"x" is not a number'),
    ],
)
def test_a_wrong_value_of_the_environment_names_its_variable(variable, text, says, tmp_path):
    script = project(tmp_path, CAST + "engine: fake-model\n")
    done = podforge("render", script, "-n", cwd=tmp_path, **{variable: text})
    codes = {"PODFORGE_CACHE": 74, "PODFORGE_OUTPUT": 74}
    assert done.returncode == codes.get(variable, 2)
    assert done.stderr.startswith(f"podforge: error: {variable}: ")
    assert says in done.stderr


def test_an_empty_variable_is_not_set(tmp_path):
    names = [*(key.variable for key in KEYS), "PODFORGE_STEPS", "PODFORGE_FAKE_MODEL_STEPS"]
    empty = dict.fromkeys(names, " ")
    assert shown(cwd=tmp_path, **empty) == shown(cwd=tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("jobs: many", 'jobs: "many" is not a number'),
        ("strict: perhaps", '"perhaps" is neither yes nor no'),
        ("encoding: utf-9", "no text encoding"),
        ("include: [notes, nots]", 'no part called "nots"'),
        ("include: {a: b}", '"include" is one text'),
        ("voices:", '"voices" is one text'),
        ("formats: mp3", r'no key "formats" \(did you mean "format"\?\)'),
        ("auhtor: me", r'did you mean "author"\?'),
        ("title: All", '"title" is of one script'),
        ("target: -18\nloudness: -20", '"loudness" is said twice'),
        ("target: loud", "no loudness target"),
        ("mode: film", '"film" is not one of: podcast, audiobook'),
        ("pauses: {trun: 1}", 'unknown pause "trun" .did you mean "turn"'),
        ("speakers: {Mara: {vioce: mara}}", 'unknown setting "vioce" of a speaker'),
        ("cover: none.png", 'cover "none.png": there is no such file beside this one'),
        ("lexicon: none.yaml", "cannot read the lexicon"),
        ("voices: none", "voices: there is no folder none"),
        ("output: ../site", "lies outside the project"),
        ("cache: /data/store", "or in your own settings"),
        ("api_key: x", 'no key "api_key"; those of engines stand in "engines"'),
        ("speakers: {Mara: nobody, Tobias: tobias}", "nobody"),
    ],
)
def test_a_wrong_value_of_the_project_file_is_told_at_its_line(text, says, tmp_path):
    script = project(tmp_path, "# ours\n" + (CAST if "speakers" not in text else "") + text + "\n")
    done = podforge("render", script.relative_to(tmp_path), "-n", cwd=tmp_path)
    assert done.returncode in (65, 66)
    place, _, _ = done.stderr.removeprefix("podforge: error: ").partition(": ")
    assert place.startswith("podforge.yaml:"), done.stderr
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(done.stderr)


def test_what_is_wrong_in_both_files_is_told_at_once(tmp_path):
    (tmp_path / "podforge.yaml").write_text("jobs: x\n")
    own = user_file("jops: 1\n")
    with pytest.raises(InputError) as caught:
        read_config(tmp_path)
    assert [problem.place.file for problem in caught.value.problems] == [
        str(tmp_path / "podforge.yaml"),
        str(own),
    ]


# --- where the files are ---------------------------------------------------------------------


def test_a_user_without_a_home_has_no_settings(tmp_path, monkeypatch):
    def nobody() -> Path:
        raise RuntimeError

    monkeypatch.setenv("XDG_CONFIG_HOME", "")
    monkeypatch.setattr(Path, "home", nobody)
    assert find_user_file() is None
    assert consulted(tmp_path).files == ()
    assert shown(cwd=tmp_path)["jobs"][1] == "default"


def test_the_user_file_is_where_xdg_says(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    below_home = home / ".config" / "podforge" / "config.yaml"
    below_home.parent.mkdir(parents=True)
    below_home.touch()
    for unset in ("", "relative"):
        monkeypatch.setenv("XDG_CONFIG_HOME", unset)
        assert find_user_file() == below_home
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert find_user_file() is None
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    (tmp_path / "file").touch()  # in place of a folder
    assert find_user_file() is None


def test_config_path_lists_what_was_found_and_what_was_looked_for(tmp_path):
    script = project(tmp_path)
    (tmp_path / ".git").mkdir()
    own = Path(os.environ["XDG_CONFIG_HOME"]) / "podforge" / "config.yaml"
    here, near = tmp_path / "podforge.yaml", script.parent / "podforge.yaml"
    assert consulted(script.parent).files == (here,)
    assert consulted(script.parent).absent == (near, own)
    done = podforge("config", "path", script, cwd=tmp_path)
    assert done.stdout.splitlines()[1:] == [f"found\t{here}", f"absent\t{near}", f"absent\t{own}"]
    facts = json.loads(podforge("config", "path", script, "--json", cwd=tmp_path).stdout)
    assert facts == {
        "version": 1, "found": [str(here)], "absent": [str(near), str(own)], "ignored": [],
    }  # fmt: skip
    user_file("")
    assert consulted(script.parent).files == (here, own)


def test_showing_settings_imports_no_numpy(tmp_path):
    code = "import sys, podforge.cli.effective, podforge.cli.config; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"numpy", "scipy", "torch"}


def test_a_variable_that_nobody_reads_is_pointed_out(tmp_path):
    done = podforge("config", "show", cwd=tmp_path, PODFORGE_JOB="3", PODFORGE_FFMPEG="/bin/ffmpeg")
    text = "podforge: warning: PODFORGE_JOB is not read (did you mean PODFORGE_JOBS?)\n"
    assert done.stderr == text


def test_of_two_engines_a_variable_may_name_the_longer_one_is_meant():
    variables = {"PODFORGE_A_B_RATE": "1", "PODFORGE_A_RATE": "2", "PODFORGE_A_B": "3", "A_C": "4"}
    found = environment_flags(variables, ("a", "a-b"))
    assert {(flag.engine, flag.setting, flag.text) for flag in found} == {
        ("a-b", "rate", "1"),
        ("a", "rate", "2"),
        ("a", "b", "3"),
    }


def test_a_variable_for_an_engine_that_is_not_in_use_is_no_error(tmp_path):
    said = environment_flags({"PODFORGE_TONE_X": "1", "PODFORGE_NOISE": "2"}, ("tone",))
    EngineFlags(said).check({"fake": ()})


# --- secrets ---------------------------------------------------------------------------------


def test_a_secret_may_stand_in_the_user_file_or_the_environment_only(tmp_path):
    secret = "engines: {fake: {api_key: hush}}\n"
    with pytest.raises(UsageError, match="PODFORGE_FAKE_API_KEY"):
        parse_flag("fake.api_key=hush")
    for ours, front, place in ((secret, "", "podforge.yaml:1:18"), ("", secret, "s.md:3:18")):
        script = project(tmp_path, CAST + ours if not ours else ours + CAST, "title: T\n" + front)
        with pytest.raises(InputError) as caught:
            open_project(Request(script))
        (problem,) = caught.value.problems
        assert str(problem.place).endswith(place)
        assert "PODFORGE_FAKE_API_KEY" in problem.text
        assert "hush" not in problem.text


@pytest.mark.usefixtures("one_process")
def test_a_secret_is_given_to_the_engine_and_shown_or_written_nowhere(tmp_path):
    script = project(tmp_path, CAST + "engine: fake\n")
    user_file("engines: {fake: {api_key: hush}}\n")
    opened = open_project(Request(script))
    assert opened.settings["fake"] == {"api_key": "hush"}
    assert opened.cast.engines["fake"].settings == {}
    own = shown(script, cwd=tmp_path)["engines.fake.api_key"]
    assert own[0] == "(hidden)"
    assert own[1].endswith("config.yaml:1:18")
    in_env = shown(script, cwd=tmp_path, PODFORGE_FAKE_API_KEY="shh")["engines.fake.api_key"]
    assert in_env == ("(hidden)", "PODFORGE_FAKE_API_KEY")
    given = ("render", script, "--format", "wav", "--cache", tmp_path / "store")
    done = podforge(*given, "--depfile", "s.d", cwd=tmp_path, PODFORGE_FAKE_TOKEN="shh")
    assert done.returncode == 0, done.stderr
    files = [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix not in (".wav", "")]
    assert len(files) > 5
    for path in files:
        assert b"hush" not in path.read_bytes(), path
        assert b"shh" not in path.read_bytes(), path


# --- what holds is what happens --------------------------------------------------------------


def test_an_order_takes_what_holds_for_its_own_script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / ".git").mkdir()
    one = project(tmp_path, "output: site\njobs: 2\ncache: store\nstrict: yes\nsplit: chapters\n")
    two = project(tmp_path / "b", "encoding: latin-1\n")
    first, second = orders_of([one, two], Asked())
    assert first.outputs.folder == Path("site")
    assert (first.workers, first.store, first.strict) == (2, Path("store"), True)
    assert first.outputs.split
    assert second.outputs.folder == Path("output/s")
    assert second.request.encoding == "iso8859-1"
    assert not second.strict
    (third,) = orders_of([one], Asked(output="x.wav", strict=False, split="no", jobs=7))
    assert (third.outputs.folder, third.workers) == (Path(), 7)
    assert not third.strict
    assert not third.outputs.split


def test_two_scripts_that_would_become_one_file_in_the_projects_folder_are_refused(tmp_path):
    one = project(tmp_path, "output: site\n")
    other = tmp_path / "s.md"
    other.write_text(one.read_text())
    with pytest.raises(UsageError, match="would both become"):
        orders_of([one, other], Asked())


@pytest.mark.usefixtures("one_process")
def test_a_render_follows_the_project_file_and_its_stamp_does_too(tmp_path, spoken):
    text = CAST + "engine: fake\noutput: site\nformat: flac\nshow: The Long Night\ncache: store\n"
    script = project(tmp_path, text)

    def made() -> bool:
        done = podforge("render", script, "--json", cwd=tmp_path / "season")
        assert done.returncode == 0, done.stderr
        (facts,) = json.loads(done.stdout)["renders"]
        assert Path(facts["outputs"][0]).resolve() == tmp_path / "site" / "s.flac"
        return not facts["unchanged"]

    assert made()
    assert len(spoken()) == 2
    assert (tmp_path / "store").is_dir()
    assert b"The Long Night" in (tmp_path / "site" / "s.flac").read_bytes()
    assert not made()
    (tmp_path / "podforge.yaml").write_text(text.replace("Long", "Short"))
    assert made()
    assert b"The Short Night" in (tmp_path / "site" / "s.flac").read_bytes()
    user_file("author: Ada Quill\n")
    assert made()
    assert not made()
    user_file("jobs: 1\nauthor: Ada Quill\n")
    assert not made()
    assert spoken() == []


def test_the_files_of_settings_are_sources_of_the_episode(tmp_path):
    script = project(tmp_path)
    own = user_file("author: me\n")
    sources = open_project(Request(script)).cast.sources
    assert {str(tmp_path / "podforge.yaml"), str(own)} <= set(sources)


def test_every_command_follows_the_project_file(tmp_path):
    text = "cache: store\nvoices: cast\nencoding: latin-1\noutput: site\nengine: fake\n"
    script = project(tmp_path, text)
    voice = tmp_path / "cast" / "zoe"
    voice.mkdir(parents=True)
    (voice / "voice.yaml").write_text("name: zoe\nlanguage: en\nengines: {fake: {pitch: 3}}\n")
    text = "---\nspeakers: {Zo\xeb: zoe}\n---\n\n**Zo\xeb:** Hello.\n"
    script.write_bytes(text.encode("latin-1"))

    def output(*command: object) -> str:
        done = podforge(*command, cwd=tmp_path)
        assert done.returncode == 0, (command, done.stderr, done.stdout)
        return done.stdout

    assert output("check", script) == ""
    assert "Zoë (zoe)" in output("plan", script)
    assert "Zoë" in output("cast", script)
    assert "zoe" in output("voices", "list")
    assert "zoe" in output("voices", "show", "zoe")
    store = json.loads(output("cache", "stats", "--json"))["store"]
    assert (tmp_path / store).resolve() == tmp_path / "store"
    found = {check["name"]: check["found"] for check in doctor_of(tmp_path)}
    assert "zoe" in found["voices"]
    assert found["store"].startswith("store")
    assert found["output"].startswith("site")
    talk = tmp_path / "talk.srt"
    talk.write_bytes("1\n00:00:00,000 --> 00:00:01,000\nZo\xeb: Hello.\n".encode("latin-1"))
    assert "Zoë" in output("import", talk, "-o", "-")


def doctor_of(folder: Path) -> list[dict[str, str]]:
    from podforge import doctor

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doctor, "_render", lambda: doctor.Check("render", "ok", ""))
        return list(json.loads(podforge("doctor", "--json", cwd=folder).stdout)["checks"])


def test_what_a_file_without_front_matter_says_itself_wins(tmp_path):
    text = "author: Ada\nlanguage: de\nspeakers: {Ana: mara, Bo: tobias}\npauses: {turn: 1}\n"
    (tmp_path / "podforge.yaml").write_text(text)
    talk = tmp_path / "talk.vtt"
    talk.write_text("WEBVTT\nLanguage: fr\n\n00:00.000 --> 00:01.000\n<v Ana>Bonsoir.\n")
    found = read(talk, Reading(usual=read_config(tmp_path).front)).header
    assert (found.author, found.language, found.pauses.turn) == ("Ada", "fr", 1)
    assert [(role.name, role.voice) for role in found.roles] == [("Ana", "mara")]
    book = tmp_path / "book.txt"
    book.write_text("CHAPTER I\n\nThe path went up between the stones.\n")
    found = read(book, Reading(usual=read_config(tmp_path).front)).header
    assert found.pauses == replace(PAUSES["audiobook"], turn=1)


def test_files_count_from_the_file_that_names_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "art").mkdir()
    (tmp_path / "art" / "theme.wav").write_bytes(b"RIFF")
    (tmp_path / "art" / "words.yaml").write_text("evening: eavning\n")
    (tmp_path / "art" / "cover.png").write_bytes(b"\x89PNG")
    files = "cover: art/cover.png\nmusic: art/theme.wav\nlexicon: art/words.yaml\n"
    script = project(tmp_path, CAST + files)
    for path in (script, script.relative_to(tmp_path)):
        found = open_project(Request(path))
        assert found.script.header.cover == "../art/cover.png"
        assert found.script.items[0].file == "../art/theme.wav"
        assert found.script.header.lexicon == {"evening": "eavning"}
    done = podforge("check", "season/s.md")  # it is found, and no picture
    assert "cover" in done.stdout
    assert "no such file" not in done.stdout
    assert "outside" not in done.stdout


def test_files_of_a_project_are_not_named_by_the_user_file(tmp_path):
    for line in ("cover: a.png", "music: a.wav", "lexicon: a.yaml"):
        user_file(line + "\n")
        with pytest.raises(InputError, match=r"write it into podforge.yaml there"):
            read_config(tmp_path)
    user_file("lexicon: {a: b}\n")
    assert read_config(tmp_path).front


def test_an_unknown_engine_of_the_environment_is_told_before_anything_is_read(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("PODFORGE_ENGINE", "nix")
    with pytest.raises(UsageError, match=r"^PODFORGE_ENGINE: no engine"):
        orders_of([tmp_path / "none.md"], Asked())


def test_a_store_that_is_no_folder_is_told_with_its_flag(tmp_path):
    done = podforge("render", project(tmp_path), "--cache", "/dev/null", cwd=tmp_path)
    assert done.returncode == 74
    assert done.stderr.startswith("podforge: error: --cache: /dev/null is not a folder (")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_project_file_of_somebody_else_is_pointed_out(tmp_path):
    script = project(tmp_path)
    os.chown(tmp_path / "podforge.yaml", 12345, -1)
    (found,) = consulted(script.parent).ignored
    assert found == tmp_path / "podforge.yaml"
    row = podforge("config", "path", script, cwd=tmp_path).stdout.splitlines()[-1]
    assert row == f"ignored\t{found}"
    said = "podforge.yaml: warning: not used, as it belongs to another user"
    assert podforge("config", "show", script, cwd=tmp_path).stderr.startswith(said)
    script.write_text(f"---\n{CAST}---\n**Mara:** Hello.\n")
    told = podforge("render", script, cwd=tmp_path).stderr
    assert told.count(said) == 1


def test_a_home_that_cannot_be_written_is_not_called_a_full_disk(tmp_path):
    if not Path("/proc/self").exists():
        pytest.skip("needs Linux's /proc, which has no space and takes no folder")
    script = project(tmp_path)
    done = podforge("render", script, cwd=tmp_path, PODFORGE_CACHE="/proc/none")
    assert done.returncode == 74
    assert "the store cannot be written: writing /proc/none" in done.stderr
    assert "MB free" not in done.stderr
