"""Speech servers behind OpenAI's protocol, against a real local one that misbehaves when told."""

import pytest

from podforge.engines.openai.spec import Openai, Qwen3Tts
from podforge.testing import EngineContract
from tests.speech_server import serving


@pytest.fixture(scope="module")
def contract_server():
    with serving() as server:
        yield server


class TestOpenai(EngineContract):
    spec = Openai
    voices = ({"voice": "alloy"}, {"voice": "echo", "speed": "1.1"})

    @pytest.fixture(autouse=True)
    def _server(self, contract_server):
        self.settings = {"base_url": contract_server.base, "model": "tts-1"}


class TestQwen3Tts(TestOpenai):
    spec = Qwen3Tts
