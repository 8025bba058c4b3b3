"""`podforge doctor` says what is missing, what to do, and goes on with the rest."""

import json
import pwd
from pathlib import Path

import pytest

from podforge.store import Store, default_store_root
from tests.in_process import podforge


def examined(tmp_path: Path, *arguments: object, **env: str) -> tuple[int, dict[str, dict]]:
    done = podforge("doctor", "--json", *arguments, cwd=tmp_path, **env)
    facts = json.loads(done.stdout)
    assert facts["well"] == (done.returncode == 0)
    return done.returncode, {check["name"]: check for check in facts["checks"]}


def test_here_all_is_well(tmp_path: Path) -> None:
    code, checks = examined(tmp_path)
    assert code == 0, checks
    here = ("Python", "system", "open files", "podforge", "ffmpeg", "encoders", "home", "store")
    for name in (*here, "engine espeak"):
        assert checks[name]["verdict"] == "ok", checks[name]
    assert "libopus" in checks["encoders"]["found"]
    assert "mara" in checks["voices"]["found"]
    assert "s of speech" in checks["render"]["found"]
    assert list(tmp_path.iterdir()) == []  # and nothing was left behind
    assert not default_store_root().exists()


def test_without_ffmpeg_and_home_it_says_so_and_looks_at_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import imageio_ffmpeg

    def nobody(_: int) -> None:
        raise KeyError

    def no_wheel() -> str:
        raise RuntimeError("no ffmpeg in the wheel")

    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", no_wheel)
    code, checks = examined(tmp_path, PATH=str(tmp_path))
    assert code == 1
    verdicts = {name: check["verdict"] for name, check in checks.items()}
    assert [verdicts[name] for name in ("ffmpeg", "encoders", "render")] == ["problem"] * 3
    assert "apt install ffmpeg" in checks["ffmpeg"]["advice"]
    assert verdicts["home"] == "warning"
    assert verdicts["store"] == "problem"
    assert "--cache" in checks["store"]["advice"]
    assert verdicts["engine espeak"] == verdicts["voices"] == verdicts["output"] == "ok"


def test_a_render_without_a_home_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_: int) -> None:
        raise KeyError

    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    done = podforge("cache", "stats", cwd=tmp_path)
    assert done.returncode == 74
    assert "name one with --cache" in done.stderr


def test_an_ffmpeg_without_an_encoder_is_a_problem(tmp_path: Path) -> None:
    fake = tmp_path / "ffmpeg"
    fake.write_text(
        "#!/bin/sh\n"
        'case "$*" in *-encoders*) printf " A....D aac  AAC\\n A....D flac  FLAC\\n";;\n'
        "*) echo ffmpeg version 9.9;; esac\n"
    )
    fake.chmod(0o755)
    code, checks = examined(tmp_path, PODFORGE_FFMPEG=str(fake))
    assert code == 1
    assert checks["ffmpeg"]["found"].startswith("9.9")
    assert "lacks libmp3lame, libopus" in checks["encoders"]["found"]


def test_an_engine_that_is_not_installed_comes_with_its_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from podforge import doctor
    from podforge.engines.base import Need
    from podforge.engines.vibevoice.spec import VibeVoice

    install, download = "pip install 'podforge[vibevoice]'", "hf download a/model"
    needs = Need("a", False, install), Need("b", True), Need("c", False, install)
    monkeypatch.setattr(VibeVoice, "needs", lambda *_: (*needs, Need("a/model", False, download)))
    monkeypatch.setattr(doctor, "_render", lambda: doctor.Check("render", "ok", ""))
    code, checks = examined(tmp_path)
    assert code == 0
    engine = checks["engine vibevoice"]
    assert engine["verdict"] == "warning"
    assert engine["found"] == "not ready: without a, c, a/model"
    assert engine["advice"] == f"{install}; then {download}"


@pytest.mark.parametrize(("most", "verdict"), [(1024, "ok"), (200, "warning"), (30, "problem")])
def test_too_few_open_files_are_told_with_the_command(most, verdict, monkeypatch):
    from podforge import doctor

    monkeypatch.setattr(doctor.resource, "getrlimit", lambda _: (most, 4096))
    check = doctor._open_files()
    assert check.verdict == verdict
    assert check.advice == ("" if verdict == "ok" else "ulimit -n 256")


def test_a_damaged_store_and_a_wrong_folder_are_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from podforge import doctor

    monkeypatch.setattr(doctor, "_render", lambda: doctor.Check("render", "ok", ""))
    store = Store(tmp_path / "store")
    blob = store.keep("clip", "abc", {}, b"sound")["blob"]
    assert examined(tmp_path, "--cache", store.root)[1]["store"]["verdict"] == "ok"
    (store.root / "blobs" / blob[:2] / blob).write_bytes(b"DAMAGED")
    checks = examined(tmp_path, "--cache", store.root)[1]
    assert checks["store"]["verdict"] == "problem"
    checks = examined(tmp_path, "--cache", store.root)[1]
    assert checks["store"]["verdict"] == "warning"  # it is in quarantine
    (tmp_path / "file").write_text("no folder")
    code, checks = examined(tmp_path, "--cache", Path(__file__).parent, "-o", tmp_path / "file")
    assert code == 1
    assert "another folder" in checks["store"]["found"]
    assert checks["output"]["verdict"] == "problem"
    assert len(list((store.root / "quarantine").iterdir())) == 1


def test_the_table_says_what_to_do_below_the_row(tmp_path: Path) -> None:
    done = podforge("doctor", cwd=tmp_path, PODFORGE_FFMPEG="/nope")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    (row,) = [n for n, line in enumerate(lines) if line.startswith("problem  ffmpeg")]
    assert "-> unset PODFORGE_FFMPEG" in lines[row + 1]
