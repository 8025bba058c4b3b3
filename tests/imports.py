"""What every import must hold, for the tests of each."""

import time
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from podforge.errors import PodforgeError
from podforge.reading import read, write_markdown
from podforge.reading.ledger import visible
from podforge.reading.source import load
from podforge.script import Chapter, Pause, SceneBreak, Script, Speech

FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def written(tmp_path: Path, text: str | bytes, suffix: str) -> Path:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return path


def imported(tmp_path: Path, text: str | bytes, suffix: str) -> Script:
    """The script, after it was found sound: all accounted for, and it reads back."""
    path = written(tmp_path, text, suffix)
    script = read(path)
    sound(script)
    if suffix != ".json":
        assert script.account
        assert script.account.total == visible(load(path))
    reads_back(tmp_path, script)
    return script


def sound(script: Script) -> None:
    assert script.account
    assert script.account.missing == 0, dict(script.account.sums)
    known = {role.name for role in script.header.roles}
    for speech in script.speeches():
        assert speech.text == " ".join(speech.text.split()) != ""
        assert speech.speakers
        assert not script.header.deals or set(speech.speakers) <= known
        assert all(0 <= at <= len(speech.text) for at, _ in speech.events)


def reads_back(tmp_path: Path, script: Script) -> None:
    voices = {role.name: "x" for role in script.header.roles}
    path = tmp_path / "back.md"
    path.write_text(write_markdown(script, voices), encoding="utf-8")
    assert told(read(path)) == told(script)


def told(script: Script) -> list[object]:
    """The items without their places."""
    found: list[object] = []
    for item in script.items:
        match item:
            case Speech():
                found.append((item.speakers, item.text, item.delivery, item.events))
            case Chapter(title):
                found.append(title)
            case Pause(seconds):
                found.append(seconds)
            case SceneBreak():
                found.append("***")
    return found


def lines(script: Script) -> list[tuple[str, str]]:
    return [("&".join(speech.speakers), speech.text) for speech in script.speeches()]


def holds(tmp_path: Path, text: str | bytes, suffix: str) -> None:
    """Read or refused, with nothing lost, and soon."""
    path = written(tmp_path, text, suffix)
    begun = time.process_time()
    try:
        script = read(path)
    except PodforgeError:
        return
    finally:
        assert time.process_time() - begun < 1.5 + 20e-6 * len(text)  # a busy core counts twice
    if script.header.deals:
        sound(script)


def texts(*parts: str) -> st.SearchStrategy[str]:
    """Texts that put together what means something in a format."""
    piece = st.one_of(st.sampled_from([*parts, "\n", "\n\n", " ", "\t"]), st.text(max_size=12))
    return st.lists(piece, max_size=30).map("".join)
