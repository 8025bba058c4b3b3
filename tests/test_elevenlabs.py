"""ElevenLabs through its own client, against a local server that speaks its protocol."""

from typing import ClassVar

import pytest

from podforge.engines.elevenlabs.spec import ElevenLabs
from podforge.testing import EngineContract
from tests.speech_server import serving


@pytest.fixture(scope="module")
def server():
    with serving() as server:
        server.key = "sk-eleven-123456"
        yield server


class TestElevenLabs(EngineContract):
    spec = ElevenLabs
    voices = ({"voice_id": "21m00Tcm"}, {"voice_id": "AZnzlk1X", "stability": "0.3"})
    rest: ClassVar[dict[str, str]] = {}

    @pytest.fixture(autouse=True)
    def _server(self, server, monkeypatch):
        monkeypatch.setenv("ELEVENLABS_API_KEY", server.key)
        self.settings = {"base_url": server.url, **self.rest}


class TestDialogue(TestElevenLabs):
    rest: ClassVar[dict[str, str]] = {"model": "eleven_v3", "dialogue": "yes"}
