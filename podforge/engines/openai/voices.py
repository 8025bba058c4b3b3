"""The voices that a server keeps, at `/v1/audio/voices` (vLLM-Omni, Kokoro-FastAPI, Speaches)."""

from collections.abc import Callable
from typing import Any, TypeVar

import openai

from podforge.engines.network.samples import Sample
from podforge.engines.network.troubles import Trouble
from podforge.engines.openai.client import asking, open_client
from podforge.engines.openai.options import Options
from podforge.errors import Unavailable

PATH = "/audio/voices"
MOST_BYTES = 10 * 1024**2  # of a recording, for vLLM-Omni
AnswerT = TypeVar("AnswerT")


def names_at(options: Options, key: str, hint: str) -> tuple[str, ...]:
    """The names of all of them.  Raises `Unavailable`."""
    said = _asked(options, key, hint, lambda client: client.get(PATH, cast_to=object))
    found = said.get("voices") if isinstance(said, dict) else said
    if not isinstance(found, list):
        raise Unavailable("the server gave no list of voices", hint=hint)
    return tuple(sorted(filter(None, map(_name, found))))


def keep_at(options: Options, key: str, hint: str, sample: Sample) -> str:
    """Have the server keep a recording; the name that it has there.  Raises `Unavailable`."""
    data = sample.recording.read_bytes()
    if len(data) > MOST_BYTES:
        raise Unavailable(f"{sample.recording} is larger than servers take: 10 MB")
    fields = {
        "name": sample.name,
        "consent": sample.consent,
        "ref_text": sample.transcript,
        "speaker_description": sample.description,
    }

    def post(client: openai.OpenAI) -> object:
        return client.post(
            PATH,
            cast_to=object,
            body={name: text for name, text in fields.items() if text},
            files={"audio_sample": (sample.recording.name, data, "audio/wav")},
            options={"headers": {"Content-Type": "multipart/form-data"}},
        )

    said = _asked(options, key, hint, post)
    voice = said.get("voice") if isinstance(said, dict) else None
    return _name(voice) or sample.name


def _asked(
    options: Options, key: str, hint: str, ask: Callable[[openai.OpenAI], AnswerT]
) -> AnswerT:
    try:
        with open_client(options, key) as client, asking(options, key):
            return ask(client)
    except Trouble as trouble:
        raise Unavailable(trouble.text, hint=hint) from None


def _name(voice: Any) -> str:
    """Of a voice as a name, or as a map that has one."""
    if isinstance(voice, dict):
        voice = voice.get("id") or voice.get("name")
    return voice if isinstance(voice, str) else ""
