import os
import signal
import sys
from pathlib import Path

import pytest

from podforge.threads import stay_single

stay_single()
# Background jobs of a shell ignore Ctrl-C, and so would the processes that tests start from one.
signal.signal(signal.SIGINT, signal.default_int_handler)
FAKES = Path(__file__).parent / "fakes"
sys.path.append(str(FAKES))  # its engines are registered; workers inherit the path
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(FAKES)]))


@pytest.fixture(autouse=True)
def _home(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's own store, voices or settings."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    for name in [name for name in os.environ if name.startswith("PODFORGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)  # an engine loaded here has set it


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
