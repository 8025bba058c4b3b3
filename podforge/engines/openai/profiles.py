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
    (`(softly)`), or not at all.  `body` is sent with each request.
    """

    name: str
    summary: str
    model: str  # the usual one; empty: must be set
    address: str = ""  # the usual one; empty: must be set
    rate: int = 24_000  # samples per second, usually
    most: int = 1_500  # characters in a request
    delivery: Literal["", "instructions", "marks"] = ""
    events: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    language_names: Mapping[str, str] = field(default_factory=dict)  # what it calls them
    clones: bool = False  # it takes `ref_audio`
    must_clone: bool = False  # and speaks with nothing else
    listed: bool = False  # it keeps voices at `/v1/audio/voices`
    seed: bool = False  # it takes one
    key: bool = False  # it wants one
    cost: str = ""
    licence: str = ""
    body: Mapping[str, str] = field(default_factory=dict)


_QWEN_LANGUAGES = {
    "zh": "Chinese", "en": "English", "ja": "Japanese", "ko": "Korean", "de": "German",
    "fr": "French", "ru": "Russian", "pt": "Portuguese", "es": "Spanish", "it": "Italian",
}  # fmt: skip

PROFILES = (
    Profile(
        "openai", "any server that speaks OpenAI's protocol, and OpenAI itself",
        model="gpt-4o-mini-tts", address="https://api.openai.com/v1", most=4_000,
        delivery="instructions", events=ANY, key=True, cost="by the character",
    ),
    Profile(
        "qwen3-tts", "Qwen3-TTS on vLLM-Omni: cloned and designed voices in ten languages",
        model="Qwen/Qwen3-TTS-12Hz-1.7B-Base", delivery="instructions",
        languages=tuple(_QWEN_LANGUAGES), language_names=_QWEN_LANGUAGES, clones=True,
        listed=True, licence="Apache-2.0", body={"task_type": "Base"},
    ),
    Profile(
        "cosyvoice", "CosyVoice on vLLM-Omni: cloned voices, told how to speak",
        model="FunAudioLLM/Fun-CosyVoice3-0.5B-2512", delivery="instructions", clones=True,
        must_clone=True, licence="Apache-2.0",
    ),
    Profile(
        "fish", "Fish Audio S2 on vLLM-Omni: cloned voices, deliveries and sounds in the text",
        model="fishaudio/s2-pro", rate=44_100, most=1_000, delivery="marks", events=ANY,
        clones=True, listed=True, licence="research only",
    ),
    Profile(
        "moss", "MOSS-TTS on vLLM-Omni: cloned voices",
        model="OpenMOSS-Team/MOSS-TTS-Nano", clones=True, must_clone=True, licence="Apache-2.0",
    ),
    Profile(
        "kokoro-fastapi", "a Kokoro-FastAPI server: preset voices that can be blended (`a+b`)",
        model="kokoro", address="http://127.0.0.1:8880/v1",
        languages=("en", "es", "fr", "hi", "it", "ja", "pt", "zh"), listed=True,
        licence="Apache-2.0",
    ),
    Profile(
        "speaches", "a Speaches server, with Kokoro or Piper voices",
        model="speaches-ai/Kokoro-82M-v1.0-ONNX", address="http://127.0.0.1:8000/v1",
    ),
    Profile(
        "voicebox", "a Voicebox server, as far as it answers OpenAI's protocol",
        model="qwen3-tts", address="http://127.0.0.1:17493/v1",
    ),
)  # fmt: skip
