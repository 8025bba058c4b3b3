import gc
import os
import shutil
import signal
import sys
from pathlib import Path

import imageio_ffmpeg
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
# Where the question is what ffmpeg reads or writes, the system's answers, as for most users.
ABOUT_FFMPEG = {
    "test_assets", "test_delivery", "test_doctor", "test_encodings", "test_episode",
    "test_mastering", "test_media", "test_metering", "test_mp4", "test_sound", "test_streams",
}  # fmt: skip


def pytest_collection_finish() -> None:
    """What is imported by now stays: nobody need look for garbage in it, again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def bundled(tmp_path_factory) -> Path:
    """A folder with the ffmpeg of imageio-ffmpeg, which starts in a tenth of the time.

    The system's loads two hundred libraries: more than half of what a short render costs.
    """
    folder = tmp_path_factory.mktemp("bin")
    found = shutil.which(imageio_ffmpeg.get_ffmpeg_exe())
    assert found
    (folder / "ffmpeg").symlink_to(found)
    return folder


@pytest.fixture(scope="module", autouse=True)
def _ffmpeg(request, bundled):
    with pytest.MonkeyPatch.context() as patch:
        if request.module.__name__.rpartition(".")[2] not in ABOUT_FFMPEG:
            patch.setenv("PATH", str(bundled), prepend=os.pathsep)
        yield


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
