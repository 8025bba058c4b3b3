import os
import signal
import sys
from pathlib import Path

import pytest

from podforge.threads import stay_single
from tests import in_process

stay_single()
# Where byte code is not kept, each of the processes that tests start compiles podforge again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Background jobs of a shell ignore Ctrl-C, and so would the processes that tests start from one.
signal.signal(signal.SIGINT, signal.default_int_handler)
FAKES = Path(__file__).parent / "fakes"
sys.path.append(str(FAKES))  # its engines are registered; workers inherit the path
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(FAKES)]))


@pytest.fixture(scope="session", autouse=True)
def _homes(tmp_path_factory):
    """What fixtures of a module render is not the user's own either."""
    with pytest.MonkeyPatch.context() as patch:
        _move(tmp_path_factory, patch)
        yield


@pytest.fixture(autouse=True)
def _home(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's own store, voices or settings."""
    _move(tmp_path_factory, monkeypatch)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)  # an engine loaded here has set it


def _move(folders, patch):
    home = folders.mktemp("home")
    patch.setenv("HOME", str(home))
    patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    for name in [name for name in os.environ if name.startswith("PODFORGE_")]:
        patch.delenv(name)


@pytest.fixture
def one_process():
    """Engines speak in the process of the tests."""
    with in_process.engines():
        yield


@pytest.fixture
def spoken(tmp_path, monkeypatch):
    """Keys of the jobs that the fake engines spoke since the last look."""
    log = tmp_path / "spoken.log"
    monkeypatch.setenv("FAKE_LOG", str(log))

    def look() -> list[str]:
        keys = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return keys

    return look
