"""What each speech server wants, by name: one protocol, many dialects.

All of them answer `POST /v1/audio/speech`; what they add goes beside it in the body.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from podforge.cast import ANY


@dataclass(frozen=True)
class Profile:
    """A server as `--engine NAME` means it.

    `delivery` says how it is told to perform: by the field `instructions`, by marks in the text
    (`[softly]`), or not at all; models whose names end as one of `deaf` do not either way.  `body`
    is sent with each request.  What is said here of vLLM-Omni is from its `speech_api.md` and
    `protocol/audio.py`, of the others from their `schemas.py`, `speech.py`, `openai_compat.py`.
    """

    name: str
    summary: str
    model: str  # the usual one; empty: must be set
    address: str = ""  # the usual one; empty: must be set
    rate: int = 24_000  # samples per second, usually
    most: int = 1_500  # characters in a request
    delivery: Literal["", "instructions", "marks"] = ""
    deaf: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    language_names: Mapping[str, str] = field(default_factory=dict)  # what it calls them
    clones: bool = False  # it takes `ref_audio`
    must_clone: bool = False  # and speaks with nothing else
    transcribed: bool = False  # a recording needs its `ref_text`
    listed: bool = False  # it lists voices at `/v1/audio/voices`
    keeps: bool = False  # and takes recordings there
    seed: bool = False  # it takes one
    key: str = ""  # the variable that holds one, for the server at `address`
    cost: str = ""
    licence: str = ""
    body: Mapping[str, str | bool] = field(default_factory=dict)

    def performs(self, model: str) -> bool:
        """Whether a model is told how a line is said."""
        return bool(self.delivery) and not (self.deaf and model.endswith(self.deaf))


_QWEN_LANGUAGES = {
    "zh": "Chinese", "en": "English", "ja": "Japanese", "ko": "Korean", "de": "German",
    "fr": "French", "ru": "Russian", "pt": "Portuguese", "es": "Spanish", "it": "Italian",
}  # fmt: skip

PROFILES = (
    Profile(
        "openai", "any server that speaks OpenAI's protocol, and OpenAI itself",
        model="gpt-4o-mini-tts", address="https://api.openai.com/v1", most=4_000,
        delivery="instructions", deaf=("tts-1", "tts-1-hd"), events=ANY, key="OPENAI_API_KEY",
        cost="by the character",
    ),
    Profile(
        "qwen3-tts", "Qwen3-TTS on vLLM-Omni: cloned and designed voices in ten languages",
        model="Qwen/Qwen3-TTS-12Hz-1.7B-Base", delivery="instructions",
        deaf=("-Base", "-0.6B-CustomVoice"), languages=tuple(_QWEN_LANGUAGES),
        language_names=_QWEN_LANGUAGES, clones=True, listed=True, keeps=True, seed=True,
        licence="Apache-2.0",
    ),
    Profile(
        "cosyvoice", "CosyVoice 3 on vLLM-Omni: cloned voices",
        model="FunAudioLLM/Fun-CosyVoice3-0.5B-2512", clones=True, must_clone=True,
        transcribed=True, listed=True, keeps=True, seed=True, licence="Apache-2.0",
    ),
    Profile(
        "fish", "Fish Audio S2 on vLLM-Omni: cloned voices, deliveries and sounds in the text",
        model="fishaudio/s2-pro", rate=44_100, most=1_000, delivery="marks", events=ANY,
        clones=True, transcribed=True, listed=True, keeps=True, seed=True,
        licence="research only",
    ),
    Profile(
        "moss", "MOSS-TTS on vLLM-Omni: cloned voices",
        model="OpenMOSS-Team/MOSS-TTS-Nano", rate=48_000, clones=True, must_clone=True,
        listed=True, keeps=True, seed=True, licence="Apache-2.0",
    ),
    Profile(
        "kokoro-fastapi", "a Kokoro-FastAPI server: preset voices that can be blended (`a+b`)",
        model="kokoro", address="http://127.0.0.1:8880/v1",
        languages=("en", "es", "fr", "hi", "it", "ja", "pt", "zh"), listed=True,
        licence="Apache-2.0", body={"stream": False},  # whole, so that its header knows the size
    ),
    Profile(
        "speaches", "a Speaches server, with Kokoro or Piper voices",
        model="speaches-ai/Kokoro-82M-v1.0-ONNX", address="http://127.0.0.1:8000/v1",
    ),
    Profile(
        "voicebox", "a Voicebox server, as far as it answers OpenAI's protocol",
        model="tts-1",  # there: the engine of the voice's own profile
        address="http://127.0.0.1:17493/v1", delivery="instructions",
    ),
)  # fmt: skip
